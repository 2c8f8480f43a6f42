/* rewind.h: a case in QEMU that gdb can go backwards in; for `pagerig hold --record`. */
#ifndef CLI_REWIND_H
#define CLI_REWIND_H

#include "scene.h"
#include "target_option.h"

/* Runs the scene's case, which has not begun, up to and with this operation (from 1) in QEMU; then
 * the same by a kernel that is alone, which QEMU records in the directory; then starts QEMU on the
 * recording, with gdb served on the socket.  Prints the verdict and
 *
 *     lost in call K         if the kernel does not come back from that operation, its K-th
 *     ready N of M: OPERATION
 *
 * and ends QEMU at the end of standard input.  directory: has an empty disk.qcow2.  Returns an exit
 * status. */
int rewind_case(struct scene *scene, uint32_t number, struct target_option *option, const char *gdb,
                const char *directory);

#endif
