/* addresses.c: addresses closer together, and slots numbered in the order in which they are used.
 *
 * The pages that a case names form a line; what is behind a gap is moved towards what is before it,
 * all of it together, so that it keeps its distances. */
#include "minimize_private.h"
#include <stdlib.h>

/* ---- Addresses. ---- */

static bool has_address(const struct op *op)
{
    return op_takes(op, 'p') || op_takes(op, 'w') || (op_takes(op, 'a') && !(op->flags & OP_ANY));
}

static int by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* The page numbers that the best case names, ascending, each once; malloc'ed. */
static uint32_t *pages_named(const struct minimizer *m, uint32_t *count)
{
    const struct test_case *c = m->best;
    uint32_t *pages = malloc((c->count + 1) * sizeof *pages), named = 0;

    *count = 0;
    if (!pages)
        return NULL;
    for (uint32_t i = 0; i < c->count; i++)
        if (has_address(&c->ops[i]))
            pages[named++] = c->ops[i].va >> (c->head.bits + 2u);
    qsort(pages, named, sizeof *pages, by_number);
    for (uint32_t i = 0; i < named; i++)
        if (*count == 0 || pages[*count - 1] != pages[i])
            pages[(*count)++] = pages[i];
    return pages;
}

/* Addresses in pages [first, last] go down by so many pages. */
static bool move(struct minimizer *m, uint32_t first, uint32_t last, uint32_t down)
{
    struct test_case *c = candidate(m);
    unsigned shift = c->head.bits + 2u;

    if (!down)
        return false;
    for (uint32_t i = 0; i < c->count; i++) {
        uint32_t vpn = c->ops[i].va >> shift;
        if (has_address(&c->ops[i]) && vpn >= first && vpn <= last)
            c->ops[i].va -= down << shift;
    }
    return keep_if_good(m);
}

/* The longest run of pages that an operation at this page names. */
static uint32_t length_at(const struct minimizer *m, uint32_t page)
{
    const struct test_case *c = m->best;
    uint32_t longest = 1;

    for (uint32_t i = 0; i < c->count; i++)
        if (has_address(&c->ops[i]) && c->ops[i].va >> (c->head.bits + 2u) == page &&
            op_takes(&c->ops[i], 'n') && c->ops[i].n > longest)
            longest = c->ops[i].n;
    return longest;
}

/* What is at page: to the page before it, if that can be.  Else, with all that is above: after
 * what is at `before` (0: nothing is): right behind it, or behind the run there, or as near as it
 * can be and keep its place in its page table; else by halves. */
static bool close_gap(struct minimizer *m, uint32_t before, uint32_t page)
{
    uint32_t gap = page - before - 1, length = before ? length_at(m, before) : 1;
    uint32_t table = 1u << m->best->head.bits;

    if (before && move(m, page, page, page - before))
        return true;
    if (!gap)
        return false;
    if (move(m, page, UINT32_MAX, gap) ||
        (length <= gap && move(m, page, UINT32_MAX, page - before - length)) ||
        (gap >= table && move(m, page, UINT32_MAX, gap / table * table)))
        return true;
    for (uint32_t down = gap / 2; down; down /= 2)
        if (move(m, page, UINT32_MAX, down))
            return true;
    return false;
}

/* Addresses of operations with this letter to the beginning of their pages. */
static bool straighten(struct minimizer *m, char letter)
{
    struct test_case *c = candidate(m);
    uint32_t in_page = (1u << (c->head.bits + 2u)) - 1;

    for (uint32_t i = 0; i < c->count; i++)
        if (op_takes(&c->ops[i], letter))
            c->ops[i].va &= ~in_page;
    return keep_if_good(m);
}

bool close_gaps(struct minimizer *m)
{
    bool found = false, again = true;

    for (const char *letter = "wpa"; *letter; letter++)
        found = straighten(m, *letter) || found;

    while (again && !stopped(m)) {
        uint32_t count, *pages = pages_named(m, &count);
        again = false;
        for (uint32_t i = 0; i < count && !again; i++)
            again = close_gap(m, i ? pages[i - 1] : 0, pages[i]);
        free(pages);
        found = found || again;
    }
    return found;
}

/* ---- Slots. ---- */

struct names {
    uint8_t of[OP_SLOTS]; /* new name, or NONE */
    uint8_t used;
};
enum { NONE = 0xff };

static uint8_t name(struct names *names, uint8_t slot)
{
    if (names->of[slot] == NONE)
        names->of[slot] = names->used++;
    return names->of[slot];
}

bool rename_slots(struct minimizer *m)
{
    struct test_case *c = candidate(m);
    struct names spaces = {.used = 0}, segments = {.used = 0};

    for (unsigned i = 0; i < OP_SLOTS; i++)
        spaces.of[i] = segments.of[i] = NONE;
    for (uint32_t i = 0; i < c->count; i++) {
        struct op *op = &c->ops[i];
        if (op_takes(op, 's'))
            op->s = name(&spaces, op->s);
        if (op_takes(op, 't'))
            op->t = name(&spaces, op->t);
        if (op_takes(op, 'g') || op->flags & OP_BACKED)
            op->g = name(&segments, op->g);
    }
    return keep_if_good(m);
}
