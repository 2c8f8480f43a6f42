/* index_list.c: the regions of a space in a sorted doubly linked list (Gottlieb's first design).
 * Searches start at the hint, the region found last, and walk from there in either direction. */
#include "internal.h"

static struct region *at_or_after(const struct space *space, vpn_t vpn)
{
    struct region *region = space->hint ? space->hint : space->first_region;
    while (region && region->prev && region->prev->last >= vpn)
        region = region->prev;
    while (region && region->last < vpn)
        region = region->next;
    return region;
}

static void insert(struct vmm *vmm, struct region *region)
{
    struct space *space = region->space;
    (void)vmm;
    struct region *next = at_or_after(space, region->first), *prev = NULL;
    if (next) {
        prev = next->prev;
    } else {
        for (prev = space->hint ? space->hint : space->first_region; prev && prev->next;)
            prev = prev->next;
    }
    region->next = next;
    region->prev = prev;
    if (next)
        next->prev = region;
    if (prev)
        prev->next = region;
    else
        space->first_region = region;
}

static void remove(struct vmm *vmm, struct region *region)
{
    struct space *space = region->space;
    (void)vmm;
    if (space->hint == region)
        space->hint = region->next ? region->next : region->prev;
    if (region->next)
        region->next->prev = region->prev;
    if (region->prev)
        region->prev->next = region->next;
    else
        space->first_region = region->next;
}

static struct region *next(const struct region *region)
{
    return region->next;
}

static const char *invariant(const struct vmm *vmm, const struct space *space, uint32_t *tiles)
{
    (void)vmm, (void)tiles;
    uint32_t count = 0;
    bool hint_seen = !space->hint;
    const struct region *prev = NULL;
    for (const struct region *r = space->first_region; r; prev = r, r = r->next) {
        if (++count > space->region_count)
            return "list: too many regions";
        if (r->prev != prev)
            return "list: back link";
        hint_seen |= r == space->hint;
    }
    if (count != space->region_count)
        return "list: number of regions";
    return hint_seen ? NULL : "list: the hint is not in the list";
}

const struct index index_list = {
    .insert = insert,
    .remove = remove,
    .at_or_after = at_or_after,
    .next = next,
    .invariant = invariant,
};
