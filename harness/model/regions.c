/* regions.c: the regions of a space, a sorted array without overlap.  Nothing here knows what is
 * behind a region's pages. */
#include "model_private.h"

/* The answer is i: regions[i] is the first that ends at or after vpn.  One branch, taken by all of
 * the conditions together: branches that chance decides cost more than what they skip. */
static inline bool found(const struct space *space, uint32_t i, uint32_t vpn)
{
    const struct model_region *region = &space->regions[i];
    return (i < space->count) & (region->last >= vpn) &
           ((i == 0) | (region[-(int)(i > 0)].last < vpn));
}

/* Binary search, for the same reason without a branch that depends on what it finds. */
static uint32_t search(const struct space *space, uint32_t vpn)
{
    const struct model_region *regions = space->regions;
    uint32_t low = 0;
    for (uint32_t n = space->count, half; n; n -= half) {
        half = (n + 1) / 2;
        low += half & -(uint32_t)(regions[low + half - 1].last < vpn);
    }
    return low;
}

/* Most questions are about the region of the last one, so that answer is tried first. */
uint32_t model_regions_find(const struct space *space, uint32_t vpn)
{
    uint32_t hint = *space->hint;
    return found(space, hint, vpn) ? hint : model_regions_seek(space, vpn);
}

uint32_t model_regions_seek(const struct space *space, uint32_t vpn)
{
    return *space->hint = search(space, vpn);
}

const struct model_region *model_regions_at(const struct space *space, uint32_t vpn)
{
    uint32_t i = model_regions_find(space, vpn);
    return i < space->count && space->regions[i].first <= vpn ? &space->regions[i] : NULL;
}

bool model_regions_free(const struct space *space, uint32_t first, uint32_t last)
{
    uint32_t i = model_regions_find(space, first);
    return i == space->count || space->regions[i].first > last;
}

bool model_regions_cover(const struct space *space, uint32_t first, uint32_t last)
{
    for (uint32_t i = model_regions_find(space, first); i < space->count; i++) {
        const struct model_region *region = &space->regions[i];
        if (region->first > first)
            return false;
        if (region->last >= last)
            return true;
        first = region->last + 1;
    }
    return false;
}

uint32_t model_regions_hole(const struct space *space, uint32_t n, uint32_t user_last)
{
    uint32_t first = 1;

    for (uint32_t i = 0; i < space->count; i++) {
        if (space->regions[i].first - first >= n)
            return first;
        first = space->regions[i].last + 1;
    }
    return user_last + 1 - first >= n ? first : 0;
}

uint32_t model_regions_tables(const struct space *space, unsigned level_bits)
{
    uint32_t tables = 0, next = 0; /* entries below next are counted */

    for (uint32_t i = 0; i < space->count; i++) {
        uint32_t first = space->regions[i].first >> level_bits;
        uint32_t end = (space->regions[i].last >> level_bits) + 1;
        if (first < next)
            first = next;
        if (first < end)
            tables += end - first;
        next = end;
    }
    return tables;
}

/* Moves regions [from, count) to begin at `to`. */
static void shift(struct space *space, uint32_t from, uint32_t to)
{
    memmove(&space->regions[to], &space->regions[from],
            (space->count - from) * sizeof space->regions[0]);
    space->count = space->count - from + to;
}

void model_regions_insert(struct space *space, const struct model_region *region)
{
    assert(region->first <= region->last);
    assert(model_regions_free(space, region->first, region->last));
    uint32_t i = model_regions_find(space, region->first);
    shift(space, i, i + 1);
    space->regions[i] = *region;
}

/*      [first ........ last]   becomes   [first .. vpn-1][vpn .. last]   */
uint32_t model_regions_split(struct space *space, uint32_t vpn)
{
    uint32_t i = model_regions_find(space, vpn);

    if (i == space->count || space->regions[i].first >= vpn)
        return i;
    shift(space, i, i + 1);
    struct model_region *left = &space->regions[i], *right = &space->regions[i + 1];
    left->last = vpn - 1;
    right->first = vpn;
    if (right->backing != MODEL_PRIVATE)
        right->offset += vpn - left->first;
    return i + 1;
}

void model_regions_remove(struct space *space, uint32_t from, uint32_t to)
{
    shift(space, to, from);
}

static bool mergeable(const struct model_region *a, const struct model_region *b)
{
    if (a->last + 1 != b->first || a->prot != b->prot || a->backing != b->backing)
        return false;
    if (a->backing == MODEL_PRIVATE)
        return true;
    return a->object == b->object && a->offset + (b->first - a->first) == b->offset;
}

void model_regions_merge(struct space *space)
{
    uint32_t kept = 0;

    for (uint32_t i = 1; i < space->count; i++) {
        if (mergeable(&space->regions[kept], &space->regions[i]))
            space->regions[kept].last = space->regions[i].last;
        else
            space->regions[++kept] = space->regions[i];
    }
    if (space->count)
        space->count = kept + 1;
}
