/* minimize_private.h: what the steps of the minimiser share.
 *
 *     minimize.c   the order of the steps; how a candidate is tried
 *     drop.c       fewer operations
 *     lower.c      smaller arguments and numbers of the head
 *     addresses.c  addresses closer together, slots by number
 *
 * A step makes a candidate of the best case so far (candidate), changes it, and asks whether it
 * still diverges in the same way (keep_if_good); if so it is the best one from then on.  A step
 * returns whether it has found anything. */
#ifndef TRIAGE_MINIMIZE_PRIVATE_H
#define TRIAGE_MINIMIZE_PRIVATE_H

#include "../explore/states.h"
#include "minimize.h"

struct minimizer {
    const struct minimize_judge *judge;
    struct minimize_result *result;
    struct test_case *best;
    struct test_case trial;
    struct states tried; /* hashes of all cases that the judge ran */
};

/* A copy of the best case, in m->trial. */
struct test_case *candidate(struct minimizer *m);

/* Tries m->trial, unless that was done before. */
bool keep_if_good(struct minimizer *m);

bool stopped(struct minimizer *m);

/* Operations that a step may remove: all but the one that diverges. */
static inline uint32_t removable(const struct minimizer *m)
{
    return m->best->count - (m->result->finding.op.code < OP_CODES && m->best->count);
}

/* Without operations [from, to). */
static inline void cut_out(struct test_case *c, uint32_t from, uint32_t to)
{
    for (uint32_t i = to; i < c->count; i++)
        c->ops[from + i - to] = c->ops[i];
    c->count -= to - from;
}

static inline bool op_takes(const struct op *op, char letter)
{
    for (const char *at = op_infos[op->code].args; *at; at++)
        if (*at == letter)
            return true;
    return false;
}

/* drop.c */
bool drop_runs(struct minimizer *m);  /* by halves, down to one by one */
bool drop_pairs(struct minimizer *m); /* any two; when there are few */

/* lower.c */
bool lower_head(struct minimizer *m);
bool lower_arguments(struct minimizer *m);

/* addresses.c */
bool close_gaps(struct minimizer *m);
bool rename_slots(struct minimizer *m);

#endif
