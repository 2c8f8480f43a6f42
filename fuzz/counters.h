/* counters.h: where a kernel that was compiled with -fsanitize-coverage=inline-8bit-counters keeps
 * its counters: read from its ELF file, so that the kernel does not have to say it, and any that
 * has an agent will do (Clang, SanitizerCoverage; System V ABI, chapter 4).
 *
 * With pc-table the file also says where in the code each counter's block begins. */
#ifndef FUZZ_COUNTERS_H
#define FUZZ_COUNTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct counters {
    uint32_t pa, count;  /* in physical memory; a byte each */
    uint32_t *addresses; /* of their blocks; malloc; NULL: the file does not say */
};

/* False: why says what is wrong with the file.  Without counters count is 0. */
bool counters_find(struct counters *counters, const char *path, char *why, size_t why_size);

#endif
