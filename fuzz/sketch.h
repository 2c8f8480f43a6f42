/* sketch.h: what lives at some operation of a case, as far as its text says.  For choosing
 * arguments that matter; nobody has run the case, so it may be wrong (an operation may have failed,
 * and where `map any` went is not known).  The model would know no more without a target's answers,
 * and costs ten times as much. */
#ifndef FUZZ_SKETCH_H
#define FUZZ_SKETCH_H

#include "../harness/case/case.h"

enum { SKETCH_PLACES = 32 };

struct sketch {
    uint8_t bits;              /* of the case's machine */
    uint16_t spaces, segments; /* a bit for each slot that is in use */
    uint8_t recent;            /* the space of the last operation */
    uint32_t segment_pages[OP_SLOTS];

    /* The last ranges of pages that operations named: where regions begin, end, or were cut. */
    struct sketch_place {
        uint8_t s;
        uint32_t first, n;
    } places[SKETCH_PLACES];
    uint32_t place_count; /* ever; the newest is at (place_count - 1) % SKETCH_PLACES */
};

/* After the first count operations. */
void sketch_follow(struct sketch *sketch, const struct test_case *c, uint32_t count);

/* An operation of this code there, its arguments chosen by random: mostly slots that are in use (or
 * are not, where it needs that), and pages at the edges of places. */
void sketch_op(const struct sketch *sketch, enum op_code code, uint64_t *random, struct op *op);

/* Chooses one argument of an operation anew, by its letter in ops.def. */
void sketch_argument(const struct sketch *sketch, char letter, uint64_t *random, struct op *op);

#endif
