/* drop.c: fewer operations.
 *
 * Backwards, since later operations need earlier ones.  Operations name their slots and addresses,
 * so removing one renumbers nothing; what it does shift is how many allocations come before one
 * that is to fail (`fail`, `limit=`), which is why a removal is also tried with fewer of these. */
#include "minimize_private.h"

/* The last `fail k`, k > 1, before operation i; count: there is none. */
static uint32_t fail_before(const struct test_case *c, uint32_t i)
{
    while (i-- > 0)
        if (c->ops[i].code == OP_FAIL && c->ops[i].x > 1)
            return i;
    return c->count;
}

static bool drop_one_with_less(struct minimizer *m, uint32_t i)
{
    enum { LESS_MAX = 3 }; /* a page: directory, table and frame */
    uint32_t fail = fail_before(m->best, i);

    for (uint32_t less = 1; less <= LESS_MAX; less++) {
        struct test_case *c = candidate(m);
        if (fail < c->count && c->ops[fail].x > less) {
            c->ops[fail].x -= less;
            cut_out(c, i, i + 1);
            if (keep_if_good(m))
                return true;
            c = candidate(m);
        }
        if (c->head.limit > less) {
            c->head.limit -= less;
            cut_out(c, i, i + 1);
            if (keep_if_good(m))
                return true;
        }
    }
    return false;
}

static bool drop_run(struct minimizer *m, uint32_t from, uint32_t to)
{
    cut_out(candidate(m), from, to);
    return keep_if_good(m) || (to - from == 1 && drop_one_with_less(m, from));
}

/* In pieces of this size, each once. */
static bool drop_sweep(struct minimizer *m, uint32_t size)
{
    bool found = false;

    for (uint32_t end = removable(m); end > 0;) {
        uint32_t from = end > size ? end - size : 0;
        found = drop_run(m, from, end) || found;
        end = from < removable(m) ? from : removable(m);
    }
    return found;
}

bool drop_runs(struct minimizer *m)
{
    bool found = false, again = true;

    for (uint32_t size = removable(m) / 2; size > 1 && !stopped(m); size /= 2)
        found = drop_sweep(m, size) || found;
    while (again && !stopped(m)) {
        again = drop_sweep(m, 1);
        found = found || again;
    }
    return found;
}

bool drop_pairs(struct minimizer *m)
{
    enum { FEW = 40 };
    bool found = false;

    for (uint32_t j = removable(m); j-- > 1 && m->best->count <= FEW && !stopped(m);)
        for (uint32_t i = j; i-- > 0 && j < removable(m);) {
            struct test_case *c = candidate(m);
            cut_out(c, j, j + 1);
            cut_out(c, i, i + 1);
            if (keep_if_good(m)) {
                found = true;
                break;
            }
        }
    return found;
}
