/* mutate.h: changes cases as lists of operations, for every engine.  The same random state gives
 * the same change. */
#ifndef FUZZ_MUTATE_H
#define FUZZ_MUTATE_H

#include "../harness/case/case.h"

/* The names of the edits that were made, with commas. */
enum { MUTATE_NAMES_MAX = 64 };

/* In each round one to four edits of the head or the operations.  What comes out has at most
 * INPUT_OPS_MAX operations, and mostly none that checks. */
void mutate_case(struct test_case *c, uint32_t rounds, uint64_t *random,
                 char names[MUTATE_NAMES_MAX]);

/* A part of other into c, or in the place of its end; mostly without what checks. */
void mutate_splice(struct test_case *c, const struct test_case *other, uint64_t *random);

/* The byte form, in at most max bytes: operations that do not fit are left out at the end, and also
 * of c; 0: not even the head fits. */
size_t mutate_write(struct test_case *c, uint8_t *bytes, size_t max);

/* Removes count operations from at on; both must be there. */
void mutate_remove(struct test_case *c, uint32_t at, uint32_t count);

#endif
