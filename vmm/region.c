/* region.c: regions: map, unmap, protect.
 *
 * The regions of a space never overlap.  A range that cuts regions is first carved, so that it
 * consists of whole regions:
 *
 *      |-----a-----|   |---b---|            |--a--|-a'--|   |-b-|-b'|
 *            ^first      ^last       ->           ^first     ^last
 *
 * after which unmap removes regions and protect changes them, and neither can fail. */
#include "internal.h"

/* Looks up a space and checks a range of it: page-aligned, not empty, inside of [1, user_pages).
 * Written so that nothing can wrap. */
enum vmm_status range_make(const struct vmm *vmm, uint32_t s, va_t va, uint32_t n_pages,
                           struct range *range)
{
    vpn_t first = vpn_of(vmm, va), end = user_pages(vmm);
    bool aligned = first << (vmm->machine.level_bits + 2) == va;
    *range = (struct range){space_find(vmm, s), first, first + (n_pages - 1)};
    if (!range->space)
        return VMM_BAD_SLOT;
    if (!aligned || !n_pages || !first || first >= end || n_pages > end - first)
        return VMM_BAD_ARGUMENT;
    return VMM_OK;
}

/* A new region of space, otherwise like another; it was reserved, and its place is free. */
struct region *region_add(struct vmm *vmm, struct space *space, const struct region *like)
{
    struct region *region = pool_take(&vmm->regions);
    *region = *like;
    region->space = space;
    region->node.key = region->first;
    if (region->backing == VMM_BACKING_PRIVATE)
        region->object = &space->object;
    if (region->backing == VMM_BACKING_SEGMENT)
        segment_show(region->object->segment, region);
    region_insert(vmm, region);
    return region;
}

/* Makes vpn, which lies inside of a region, the first page of one. */
static void split(struct vmm *vmm, struct space *space, vpn_t vpn)
{
    struct region *lower = region_find(vmm, space, vpn);
    struct region upper = *lower;
    upper.offset = region_index(lower, vpn);
    upper.first = vpn;
    lower->last = vpn - 1;
    region_add(vmm, space, &upper);
}

/* Makes a range consist of whole regions.  False: no structures for the pieces. */
static bool carve(struct vmm *vmm, const struct range *range)
{
    struct region *low = region_find(vmm, range->space, range->first);
    struct region *high = region_find(vmm, range->space, range->last);
    bool cut_low = low && low->first < range->first, cut_high = high && high->last > range->last;
    if (!reserve(vmm, &(struct need){.regions = cut_low + cut_high}))
        return false;
    if (cut_low)
        split(vmm, range->space, range->first);
    if (cut_high)
        split(vmm, range->space, range->last + 1);
    return true;
}

/* Removes the regions of a range that was carved.  Frames are freed only after the tables and the
 * TLB have forgotten them. */
void region_remove_all(struct vmm *vmm, const struct range *range)
{
    struct space *space = range->space;
    struct region *region = region_at_or_after(vmm, space, range->first), *next, *removed = NULL;
    for (; region && region->first <= range->last; region = next) {
        next = vmm->index->next(region);
        region_remove(vmm, region);
        region->next = removed;
        removed = region;
    }
    if (!removed)
        return;
    pmap_changed(vmm, space, range->first, range->last);
    page_drop_range(vmm, &space->object, range->first, range->last);
    while ((region = removed)) {
        removed = region->next;
        if (region->backing == VMM_BACKING_SEGMENT)
            segment_hide(vmm, region->object->segment, region);
        pool_give(&vmm->regions, region);
    }
}

/* Gives every page of a new region its frame; reserved. */
static void fill(struct vmm *vmm, const struct region *region)
{
    for (vpn_t vpn = region->first; vpn <= region->last; vpn++)
        page_ready(vmm, region, vpn, false);
    pmap_show_eager(vmm, region->space, region->first, region->last);
}

enum vmm_status vmm_map(struct vmm *vmm, uint32_t s, va_t *va, uint32_t n_pages, enum vmm_prot prot,
                        unsigned flags, uint32_t g, uint32_t offset)
{
    struct range range;
    enum vmm_status status = range_make(vmm, s, *va, n_pages, &range);
    struct region like = {.prot = prot, .backing = VMM_BACKING_DEVICE, .offset = offset};
    uint32_t size = vmm->machine.device_frames;
    bool eager = flags & VMM_MAP_EAGER && prot != VMM_PROT_NONE && !(flags & VMM_MAP_DEVICE);

    if (flags & VMM_MAP_SEGMENT) {
        struct segment *segment = segment_find(vmm, g);
        if (!segment)
            return VMM_BAD_SLOT;
        like.backing = VMM_BACKING_SEGMENT;
        like.object = &segment->object;
        size = segment->n_pages;
    }
    if (status == VMM_BAD_ARGUMENT && flags & VMM_MAP_ANY && n_pages)
        status = VMM_OK;
    if (status)
        return status;
    if (!(flags & (VMM_MAP_SEGMENT | VMM_MAP_DEVICE)))
        like.backing = VMM_BACKING_PRIVATE;
    else if (n_pages > size || offset > size - n_pages)
        return VMM_BAD_ARGUMENT;

    like.first = flags & VMM_MAP_ANY ? region_hole(vmm, range.space, n_pages) : range.first;
    like.last = like.first + (n_pages - 1);
    if (!like.first)
        return VMM_NO_SPACE;
    if (like.backing == VMM_BACKING_PRIVATE)
        like.offset = like.first;
    struct region *region = region_at_or_after(vmm, range.space, like.first);
    if (region && region->first <= like.last)
        return VMM_EXISTS;
    struct need need = {.regions = 1, .space = range.space};
    if (eager) {
        need.pages = need.frames = n_pages;
        pmap_need_eager(vmm, range.space, like.first, like.last, &need);
    }
    if (!reserve(vmm, &need))
        return VMM_NO_MEMORY;
    region = region_add(vmm, range.space, &like);
    if (eager)
        fill(vmm, region);
    *va = like.first << (vmm->machine.level_bits + 2);
    return VMM_OK;
}

enum vmm_status vmm_unmap(struct vmm *vmm, uint32_t s, va_t va, uint32_t n_pages)
{
    struct range range;
    enum vmm_status status = range_make(vmm, s, va, n_pages, &range);
    if (status)
        return status;
    if (!carve(vmm, &range))
        return VMM_NO_MEMORY;
    region_remove_all(vmm, &range);
    return VMM_OK;
}

enum vmm_status vmm_protect(struct vmm *vmm, uint32_t s, va_t va, uint32_t n_pages,
                            enum vmm_prot prot)
{
    struct range range;
    enum vmm_status status = range_make(vmm, s, va, n_pages, &range);
    if (status)
        return status;
    if (!regions_cover(vmm, range.space, range.first, range.last))
        return VMM_NOT_MAPPED;
    if (!carve(vmm, &range))
        return VMM_NO_MEMORY;
    struct region *region = region_find(vmm, range.space, range.first);
    for (; region && region->first <= range.last; region = vmm->index->next(region))
        region->prot = prot;
    pmap_changed(vmm, range.space, range.first, range.last);
    return VMM_OK;
}
