/* lower.c: smaller arguments of operations, and of the head what can be by default. */
#include "minimize_private.h"
#include <assert.h>

/* ---- A number somewhere in a case, halved until it cannot be less. ---- */

struct place {
    size_t offset; /* in struct op, or in struct case_head */
    uint32_t op;   /* IN_HEAD: the latter */
};
enum { IN_HEAD = UINT32_MAX };

static uint32_t *number_at(struct test_case *c, struct place place)
{
    char *base = place.op == IN_HEAD ? (char *)&c->head : (char *)&c->ops[place.op];
    return (uint32_t *)(void *)(base + place.offset);
}

static bool gone(const struct minimizer *m, struct place place)
{
    return place.op != IN_HEAD && place.op >= m->best->count;
}

static bool set(struct minimizer *m, struct place place, uint32_t value)
{
    *number_at(candidate(m), place) = value;
    return keep_if_good(m);
}

/* As if a number that is too small were one for all numbers below it. */
static bool lower(struct minimizer *m, struct place place, uint32_t least)
{
    uint32_t good = *number_at(m->best, place), bad = least;
    bool found = false;

    if (good <= least)
        return false;
    if (set(m, place, least))
        return true;
    while (good - bad > 1 && !gone(m, place) && !stopped(m)) {
        uint32_t middle = bad + (good - bad) / 2;
        if (set(m, place, middle)) {
            good = middle;
            found = true;
        } else {
            bad = middle;
        }
    }
    return found;
}

/* ---- Arguments. ---- */

static bool set_op(struct minimizer *m, uint32_t i, const struct op *op)
{
    candidate(m)->ops[i] = *op;
    return keep_if_good(m);
}

/* How the argument of a letter can be plainer; those that are addresses are not for here. */
static bool lower_argument(struct minimizer *m, uint32_t i, char letter)
{
    const struct place n = {offsetof(struct op, n), i}, x = {offsetof(struct op, x), i};
    struct op op = m->best->ops[i];
    bool found = false;

    switch (letter) {
    case 'n':
        return lower(m, n, 1);
    case 'k':
        return lower(m, x, 1);
    case 'd':
        return lower(m, x, 0);
    case 'v': /* not 0, which is what a page begins with */
        return lower(m, x, 1);
    case 'm':
        if (op.flags & OP_EAGER) {
            op.flags &= (uint8_t)~OP_EAGER;
            found = set_op(m, i, &op);
        }
        op = m->best->ops[i < m->best->count ? i : m->best->count - 1];
        if (i < m->best->count && op.flags & OP_BACKED) {
            op.flags &= (uint8_t)~OP_BACKED;
            op.g = 0;
            op.x = 0;
            found = set_op(m, i, &op) || lower(m, x, 0) || found;
        }
        return found;
    case 'r':
        op.prot = PROT_RW;
        return set_op(m, i, &op);
    case 'y':
        op.flags &= (uint8_t)~OP_STICKY;
        return set_op(m, i, &op);
    case 's':
        op.s = 0;
        return set_op(m, i, &op);
    case 't':
        op.t = 0;
        return set_op(m, i, &op);
    case 'g':
        op.g = 0;
        return set_op(m, i, &op);
    }
    return false;
}

bool lower_arguments(struct minimizer *m)
{
    bool found = false;

    for (uint32_t i = 0; i < m->best->count && !stopped(m); i++)
        for (const char *at = op_infos[m->best->ops[i].code].args; *at; at++)
            if (i < m->best->count)
                found = lower_argument(m, i, *at) || found;
    return found;
}

/* ---- The head. ---- */

/* Addresses name the same pages and words when pages have another size. */
static void resize_pages(struct test_case *c, uint8_t bits)
{
    unsigned from = c->head.bits + 2u, to = bits + 2u;

    for (uint32_t i = 0; i < c->count; i++) {
        uint32_t *va = &c->ops[i].va;
        *va = *va >> from << to | (*va & ((1u << from) - 1));
    }
    c->head.bits = bits;
}

/* The default where the failure does not need another: each item alone, since most cases need one
 * or none. */
bool lower_head(struct minimizer *m)
{
    const struct case_head *standard = &case_head_default;
    bool found = false;

    candidate(m)->head.tlb = standard->tlb;
    found = keep_if_good(m) || found;
    for (unsigned axis = 0; axis < AXES; axis++) {
        candidate(m)->head.design.choice[axis] = standard->design.choice[axis];
        found = keep_if_good(m) || found;
    }
    if (m->best->head.bits < standard->bits) {
        resize_pages(candidate(m), standard->bits);
        found = keep_if_good(m) || found;
    }
#define HEAD_NUMBER(name, least, most, preset)                                                     \
    candidate(m)->head.name = preset;                                                              \
    found = keep_if_good(m) || found;
#include "../case/head.def"
    /* No limit is the plainest, but if there must be one, the least leaves the least to do. */
    if (m->best->head.limit)
        found = lower(m, (struct place){offsetof(struct case_head, limit), IN_HEAD}, 1) || found;
    if (m->best->head.ram != standard->ram)
        found =
            lower(m, (struct place){offsetof(struct case_head, ram), IN_HEAD}, RAM_MIN) || found;
    return found;
}
