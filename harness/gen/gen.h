/* gen.h: random cases, aware of the model: mostly legal operations at interesting places.
 *
 * Each case has its own random subset of operations (swarm testing: Groce et al., ISSTA 2012), a
 * small window of pages, and usually a limit of 6 to 64 frames.  The same seed gives the same case
 * as long as the VMM answers as it did (the generator looks at the model, which follows the
 * answers). */
#ifndef GEN_H
#define GEN_H

#include "../case/case.h"
#include "../lib/rng.h"
#include "../model/model.h"

/* What the user fixed; the rest is chosen for each case. */
struct gen_options {
    struct design design; /* CHOICE_ANY: chosen for each case */
    uint8_t tlb;          /* enum tlb, or CHOICE_ANY */
    uint32_t ram;         /* frames; 0: RAM_DEFAULT */
};

struct gen {
    struct rng rng;
    uint16_t weight[OP_CODES]; /* of this case; 0: never */
    uint32_t weights;          /* their sum */
    /* more of the case's own choices: window, slots in use, ... */
    uint32_t window_first, window_pages;
    uint8_t spaces, segments;
};

/* Starts a case: chooses its head, weights and window from the seed. */
void gen_begin(struct gen *gen, uint64_t seed, const struct gen_options *options,
               struct case_head *head);

/* The next operation for the state that the model is in. */
void gen_next(struct gen *gen, const struct model *model, struct op *op);

#endif
