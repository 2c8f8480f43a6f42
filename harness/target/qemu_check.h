/* qemu_check.h: what qemu_start asks before it starts anything. */
#ifndef QEMU_CHECK_H
#define QEMU_CHECK_H

#include "qemu.h"

/* Is everything there that options name: the program, new enough, the kernel's image, the
 * accelerator?  False: why says what is missing.  That a program is a QEMU is asked once; it takes
 * 10 ms. */
bool qemu_check(const struct qemu_options *options, char *why, size_t why_size);

/* What `program --version` says, its first line.  Returns 0, or an errno: it could not be run. */
int qemu_version(const char *program, char *text, size_t size);

#endif
