/* gen.h: random cases, aware of the model: mostly legal operations at interesting places.
 *
 * Each case has its own random subset of operations (swarm testing: Groce et al., ISSTA 2012), a
 * small window of pages, and usually a limit of 6 to 64 frames.  In some cases the first regions of
 * a space fill everything below or above the window (*walls*).  The same seed gives the same case
 * as long as the VMM answers as it did (the generator looks at the model, which follows the
 * answers). */
#ifndef GEN_H
#define GEN_H

#include "../case/case.h"
#include "../lib/rng.h"
#include "../model/model.h"

/* Operations in a case; some bugs need a history, and a long one hides what it needed. */
enum { GEN_OPERATIONS = 256 };

/* What the user fixed; the rest is chosen for each case. */
struct gen_options {
    struct design design; /* CHOICE_ANY: chosen for each case */
    uint8_t tlb;          /* enum tlb, or CHOICE_ANY */
    uint32_t ram;         /* frames; 0: RAM_DEFAULT */
    bool uniform;         /* operations without regard to the model (uniform.h) */
};

enum { GEN_CARDS_MAX = 512 };

enum { WALL_LOW = 1, WALL_HIGH = 2 };

struct gen {
    uint64_t random, dice;        /* pick.h */
    uint8_t cards[GEN_CARDS_MAX]; /* codes of operations, each as often as it weighs */
    uint32_t card_count;
    uint8_t bits, spaces, segments; /* slots in use */
    uint8_t recent;                 /* the space of the last operation */
    bool destroys;                  /* destroy is among the cards */
    bool uniform;                   /* of the options */
    uint8_t walls;                  /* WALL_*: what lies beside the window is mapped, too */
    bool defers;                    /* update=deferred */
    uint8_t then;     /* the code of the next operation, when the last leads to it; or 0 */
    uint32_t then_va; /* where */
    uint32_t window_first, window_pages;
    uint32_t cancel_in; /* operations until a sticky fail is cancelled; 0: there is none */
    uint32_t word;      /* last word written; no two are the same */
};

/* Starts a case: chooses its head, cards and window from the seed. */
void gen_begin(struct gen *gen, uint64_t seed, const struct gen_options *options,
               struct case_head *head);

/* The next operation for the state that the model is in. */
void gen_next(struct gen *gen, const struct model *model, struct op *op);

#endif
