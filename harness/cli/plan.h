/* plan.h: the cases of a run by their numbers, the first is 0: each one's seed, machine and
 * operations are a function of the run's seed and its number. */
#ifndef CLI_PLAN_H
#define CLI_PLAN_H

#include "../gen/whole.h"

struct plan {
    struct gen_options options; /* of all cases; ram: 0: the usual, now and then a small one */
    uint64_t seed;              /* the run's */
    /* Worlds of the target sim, for the usual machine and for the small one, which run a case to
     * generate it; NULL: cases are generated where they are run.  Not owned. */
    struct rig *planners[2];

    struct gen gen; /* of the case that was begun last */
    struct op ops[GEN_OPERATIONS];
    struct test_case c; /* that was made last, if one was */
    bool made;
    uint64_t number;
    bool busy; /* it is being made */
};

/* The first case's is the run's, so a run with a case's seed repeats that case alone. */
uint64_t plan_seed(const struct plan *plan, uint64_t number);

/* On a machine so small that its pools run out? */
bool plan_is_small(const struct plan *plan, uint64_t number);

/* The option --ram that it needs; 0: none. */
uint32_t plan_ram(const struct plan *plan, uint64_t number);

/* Begins a case, which gen_next with plan->gen goes on with. */
void plan_begin(struct plan *plan, uint64_t number, struct case_head *head);

/* With planners: makes a whole case, unless it is made; and copies the one that was made or is
 * being made last to c, which has the room. */
void plan_make(struct plan *plan, uint64_t number);
void plan_take(const struct plan *plan, struct test_case *c);

#endif
