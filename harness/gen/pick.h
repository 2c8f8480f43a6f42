/* pick.h: what the generator draws from: chance, slots, pages, sizes.  For begin.c and next.c.
 *
 * Every look at the model is one lookup, never a walk: this runs several times for each operation
 * of millions a second. */
#ifndef GEN_PICK_H
#define GEN_PICK_H

#include "gen.h"
#include <assert.h>

enum { NO_SLOT = OP_SLOTS };

/* True once in n times; n is a power of two, so that one random number does for many questions: the
 * dice are its bits, used from the lowest, and its highest bit marks the end. */
static inline bool one_in(struct gen *gen, uint32_t n)
{
    unsigned bits = (unsigned)__builtin_ctz(n);

    assert((n & (n - 1)) == 0);
    if (gen->dice >> bits == 0)
        gen->dice = rng_splitmix(&gen->random) | (uint64_t)1 << 63;
    bool hit = (gen->dice & (n - 1)) == 0;
    gen->dice >>= bits;
    return hit;
}

/* 0 to n-1.  splitmix64 instead of rng_next: half the work, and good enough to choose by. */
static inline uint32_t below(struct gen *gen, uint32_t n)
{
    return (uint32_t)(((rng_splitmix(&gen->random) >> 32) * n) >> 32);
}

/* ---- Slots. ---- */

/* A space that exists, or does not; NO_SLOT when a few tries found none. */
static inline uint8_t find_space(struct gen *gen, const struct model *model, bool exists)
{
    for (int i = 0; i < 4; i++) {
        uint8_t s = (uint8_t)below(gen, gen->spaces);
        if (model_exists(model, s) == exists)
            return s;
    }
    if (exists && model_exists(model, gen->recent))
        return gen->recent;
    return NO_SLOT;
}

static inline uint8_t find_segment(struct gen *gen, const struct model *model, bool exists)
{
    for (int i = 0; i < 4; i++) {
        uint8_t g = (uint8_t)below(gen, gen->segments);
        if ((model_segment(model, g) != 0) == exists)
            return g;
    }
    return NO_SLOT;
}

/* ---- Pages. ---- */

static inline uint32_t window_page(struct gen *gen)
{
    return gen->window_first + below(gen, gen->window_pages);
}

/* Where arithmetic on addresses goes wrong. */
static inline uint32_t odd_page(struct gen *gen, const struct model *model)
{
    uint32_t user_last = model_user_last(model), last = (1u << 2 * gen->bits) - 1;

    switch (below(gen, 8)) {
    case 0:
        return 0;
    case 1:
        return 1;
    case 2:
        return user_last;
    case 3:
        return user_last + 1;
    case 4:
        return last;
    case 5: /* the first or the last of a table */
        return (below(gen, 1u << gen->bits) << gen->bits) - below(gen, 2);
    case 6: /* the kernel's */
        return user_last + 1 + below(gen, last - user_last);
    default:
        return below(gen, last + 1);
    }
}

/* A region of s, most likely one that the window shows; NULL: s has none. */
static inline const struct model_region *find_region(struct gen *gen, const struct model *model,
                                                     uint8_t s)
{
    const struct model_region *region = NULL;
    if (!one_in(gen, 16))
        region = model_region_seek(model, s, window_page(gen));
    return region ? region : model_region_seek(model, s, 0);
}

/* The pages from first up to end, without end, that no region has: those around page, or when a
 * region has it, those between that region and the next; there may be none. */
struct hole {
    uint32_t first, end;
};

static inline struct hole hole_from(const struct model *model, uint32_t s, uint32_t page)
{
    uint32_t count, end = model_user_last(model) + 1;
    const struct model_region *regions = model_regions(model, s, &count);
    const struct model_region *next = model_region_seek(model, s, page);

    if (!next)
        next = regions + count;
    else if (next->first <= page)
        next++;
    return (struct hole){next > regions ? next[-1].last + 1 : 1,
                         next < regions + count ? next->first : end};
}

/* A page of the region: its first, its last, or (of the part that the window shows, or lies next to
 * the window) any. */
static inline uint32_t page_of(struct gen *gen, const struct model_region *region)
{
    uint32_t first = region->first, last = region->last;
    uint32_t window_last = gen->window_first + gen->window_pages - 1;

    switch (below(gen, 8)) {
    case 0:
        return first;
    case 1:
        return last;
    }
    if (first < gen->window_first && gen->window_first <= last)
        first = gen->window_first;
    if (last > window_last && window_last >= first)
        last = window_last;
    if (last - first >= gen->window_pages) { /* a wall */
        first = first > window_last ? first : last + 1 - gen->window_pages;
        last = first + gen->window_pages - 1;
    }
    return first + below(gen, last - first + 1);
}

/* A page of the region, or one next to it. */
static inline uint32_t page_about(struct gen *gen, const struct model_region *region)
{
    switch (below(gen, 16)) {
    case 0:
        return region->first - 1;
    case 1:
        return region->last + 1;
    default:
        return page_of(gen, region);
    }
}

/* As an address; now and then one that is not a page's. */
static inline uint32_t page_address(struct gen *gen, uint32_t page)
{
    uint32_t va = page << (gen->bits + 2);
    return one_in(gen, 128) ? va + 1 + below(gen, (4u << gen->bits) - 1) : va;
}

/* Of the machine, as target/sim_target.c makes it: three quarters of the address space, or half of
 * a tiny one. */
static inline uint32_t user_pages(const struct gen *gen)
{
    return gen->bits < 5 ? 1u << (2 * gen->bits - 1) : 3u << (2 * gen->bits - 2);
}

/* How many pages: few, mostly. */
static inline uint32_t page_count(struct gen *gen, uint32_t page)
{
    uint32_t table = 1u << gen->bits;

    if (!one_in(gen, 32))
        return 1 + below(gen, one_in(gen, 4) ? gen->window_pages : 4);
    switch (below(gen, 8)) {
    case 0:
        return 0;
    case 1:
        return UINT32_MAX - below(gen, 2);
    case 2: /* ends where the address space ends, or wraps to page 1 */
        return (1u << 2 * gen->bits) - page + below(gen, 2);
    case 3: /* as many bytes as wrap to few */
        return (1u << (30 - gen->bits)) + below(gen, 4);
    case 4: /* all that a user may have, or one more */
        return user_pages(gen) - 1 + below(gen, 3);
    default:
        return table - 1 + below(gen, 3);
    }
}

#endif
