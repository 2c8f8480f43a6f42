/* index_tiling.c: a list of tiles that covers the user's addresses without a gap (Lee): the
 * regions, and a tile for each range between them that is free.
 *
 *      first_region -> | free | region | region | free | region | free |
 *                      0                                               user_pages - 1
 *
 * Two free tiles never meet, so a free range is one tile, and a hole is found without looking at
 * the regions around it.  Between n regions there are at most n + 1 free tiles, so a pool of as
 * many as there can be regions, and one for each space, never runs dry: nothing needs to be
 * reserved.
 *
 * Two hints: the tile found last, from which searches walk, and the free tile that the last hole
 * was found in, from which the next is sought (next fit). */
#include "internal.h"

static void join(struct space *space, struct region *before, struct region *after)
{
    if (before)
        before->next = after;
    else
        space->first_region = after;
    if (after)
        after->prev = before;
}

/* A tile leaves the list; hints must not lead to it. */
static void give_tile(struct vmm *vmm, struct space *space, struct region *tile)
{
    if (space->free_hint == tile)
        space->free_hint = NULL;
    pool_give(&vmm->tiles, tile);
}

static void begin(struct vmm *vmm, struct space *space)
{
    struct region *tile = pool_take(&vmm->tiles);
    *tile = (struct region){.free = true, .first = 0, .last = user_pages(vmm) - 1};
    join(space, NULL, tile);
    join(space, tile, NULL);
    space->hint = tile;
}

static void end(struct vmm *vmm, struct space *space)
{
    vmm_assert(space->first_region->free);
    vmm_assert(!space->first_region->next);
    give_tile(vmm, space, space->first_region);
}

/* NULL: vpn is beyond the user's addresses. */
static struct region *tile_at(const struct space *space, vpn_t vpn)
{
    struct region *tile = space->hint;
    while (tile->first > vpn)
        tile = tile->prev;
    while (tile && tile->last < vpn)
        tile = tile->next;
    return tile;
}

static struct region *mapped_from(struct region *tile)
{
    return tile && tile->free ? tile->next : tile;
}

static struct region *at_or_after(const struct space *space, vpn_t vpn)
{
    return mapped_from(tile_at(space, vpn));
}

static struct region *next(const struct region *region)
{
    return mapped_from(region->next);
}

/* The upper part of a region that was just cut: it fills the gap above the lower part, which the
 * search for the cut has left as the hint. */
static void insert_part(struct space *space, struct region *region, struct region *after)
{
    struct region *lower = after ? after->prev : space->hint;
    vmm_assert(lower->last + 1 == region->first);
    join(space, lower, region);
    join(space, region, after);
}

/* The free tile around the region becomes what is left of it on both sides. */
static void insert(struct vmm *vmm, struct region *region)
{
    struct space *space = region->space;
    struct region *tile = tile_at(space, region->first);
    if (!tile || tile->first > region->first) {
        insert_part(space, region, tile);
        return;
    }
    struct region *before = tile->prev, *after = tile->next;
    bool left = tile->first<region->first, right = tile->last> region->last;
    vpn_t last = tile->last;
    vmm_assert(tile->free);
    vmm_assert(region->last <= last);

    if (left) {
        tile->last = region->first - 1;
        before = tile;
    }
    if (right) {
        struct region *rest = left ? pool_take(&vmm->tiles) : tile;
        *rest = (struct region){.free = true, .first = region->last + 1, .last = last};
        join(space, rest, after);
        after = rest;
    }
    if (!left && !right)
        give_tile(vmm, space, tile);
    join(space, before, region);
    join(space, region, after);
    space->hint = region;
}

/* Its range becomes free, one with the free tiles beside it. */
static void remove(struct vmm *vmm, struct region *region)
{
    struct space *space = region->space;
    struct region *before = region->prev, *after = region->next, *tile = NULL;
    struct region free = {.free = true, .first = region->first, .last = region->last};

    if (before && before->free) {
        tile = before;
        free.first = tile->first;
        before = tile->prev;
    }
    if (after && after->free) {
        struct region *gone = tile ? after : NULL;
        tile = tile ? tile : after;
        free.last = after->last;
        after = after->next;
        if (gone)
            give_tile(vmm, space, gone);
    }
    tile = tile ? tile : pool_take(&vmm->tiles);
    *tile = free;
    join(space, before, tile);
    join(space, tile, after);
    space->hint = tile;
}

static vpn_t hole(struct space *space, uint32_t n_pages)
{
    struct region *start = space->free_hint ? space->free_hint : space->first_region;
    struct region *tile = start;
    do {
        vpn_t first = tile->first ? tile->first : 1; /* page 0 is never mapped */
        if (tile->free && tile->last + 1 - first >= n_pages) {
            space->free_hint = tile;
            return first;
        }
        tile = tile->next ? tile->next : space->first_region;
    } while (tile != start);
    return 0;
}

static const char *invariant(const struct vmm *vmm, const struct space *space, uint32_t *tiles)
{
    uint32_t mapped = 0, most = 2 * space->region_count + 1, count = 0;
    bool hint_seen = false, free_hint_seen = !space->free_hint;
    const struct region *before = NULL;
    for (const struct region *tile = space->first_region; tile; before = tile, tile = tile->next) {
        if (++count > most)
            return "tiling: too many tiles";
        if (tile->prev != before)
            return "tiling: back link";
        if (tile->first != (before ? before->last + 1 : 0) || tile->last < tile->first)
            return "tiling: a gap or an overlap";
        if (tile->free && before && before->free)
            return "tiling: two free tiles meet";
        mapped += !tile->free;
        hint_seen |= tile == space->hint;
        free_hint_seen |= tile == space->free_hint && tile->free;
    }
    *tiles += count - mapped;
    if (!before || before->last != user_pages(vmm) - 1)
        return "tiling: the end is not covered";
    if (mapped != space->region_count)
        return "tiling: number of regions";
    return hint_seen && free_hint_seen ? NULL : "tiling: a hint is not in the list";
}

const struct index index_tiling = {
    .begin = begin,
    .end = end,
    .insert = insert,
    .remove = remove,
    .at_or_after = at_or_after,
    .next = next,
    .hole = hole,
    .invariant = invariant,
};
