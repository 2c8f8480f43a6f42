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

struct space *space_find(const struct vmm *vmm, uint32_t s)
{
    return s < vmm->config.spaces && vmm->spaces[s].used ? &vmm->spaces[s] : NULL;
}

static vpn_t user_pages(const struct vmm *vmm)
{
    return vmm->machine.user_pdes << vmm->machine.level_bits;
}

static vpn_t vpn_of(const struct vmm *vmm, va_t va)
{
    return va >> (vmm->machine.level_bits + 2);
}

/* Page-aligned, not empty, inside of [1, user_pages); written so that nothing can wrap. */
bool range_valid(const struct vmm *vmm, va_t va, uint32_t n_pages)
{
    vpn_t first = vpn_of(vmm, va), end = user_pages(vmm);
    bool aligned = first << (vmm->machine.level_bits + 2) == va;
    return aligned && n_pages > 0 && first > 0 && first < end && n_pages <= end - first;
}

struct region *region_at_or_after(const struct vmm *vmm, struct space *space, vpn_t vpn)
{
    struct region *region = vmm->index->at_or_after(space, vpn);
    space->hint = region ? region : space->hint;
    return region;
}

struct region *region_find(const struct vmm *vmm, struct space *space, vpn_t vpn)
{
    struct region *region = region_at_or_after(vmm, space, vpn);
    return region && region->first <= vpn ? region : NULL;
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
    vmm->index->insert(space, region);
    space->region_count++;
    return region;
}

/* Makes vpn the first page of a region, if a region contains it. */
static void split(struct vmm *vmm, struct space *space, vpn_t vpn)
{
    struct region *lower = region_find(vmm, space, vpn);
    if (!lower || lower->first == vpn)
        return;
    struct region upper = *lower;
    upper.offset = region_index(lower, vpn);
    upper.first = vpn;
    lower->last = vpn - 1;
    region_add(vmm, space, &upper);
}

/* The number of regions that carve adds. */
static uint32_t cuts(struct vmm *vmm, struct space *space, vpn_t first, vpn_t last)
{
    struct region *low = region_find(vmm, space, first);
    struct region *high = region_find(vmm, space, last);
    return (low && low->first < first) + (high && high->last > last);
}

static void carve(struct vmm *vmm, struct space *space, vpn_t first, vpn_t last)
{
    split(vmm, space, first);
    split(vmm, space, last + 1);
}

/* Removes the regions in a range that was carved.  Frames are freed only after the tables and the
 * TLB have forgotten them. */
void region_remove_all(struct vmm *vmm, struct space *space, vpn_t first, vpn_t last)
{
    struct region *region, *removed = NULL;
    while ((region = region_at_or_after(vmm, space, first)) && region->first <= last) {
        vmm->index->remove(space, region);
        space->region_count--;
        region->next = removed;
        removed = region;
    }
    if (!removed)
        return;
    pmap_changed(vmm, space, first, last);
    page_drop_range(vmm, &space->object, first, last);
    while ((region = removed)) {
        removed = region->next;
        if (region->backing == VMM_BACKING_SEGMENT)
            segment_hide(vmm, region->object->segment, region);
        pool_give(&vmm->regions, region);
    }
}

/* The lowest hole of n pages; 0 if there is none. */
static vpn_t hole(const struct vmm *vmm, struct space *space, uint32_t n_pages)
{
    vpn_t first = 1;
    struct region *region = vmm->index->at_or_after(space, first);
    for (; region; region = vmm->index->next(region)) {
        if (region->first - first >= n_pages)
            return first;
        first = region->last + 1;
    }
    return user_pages(vmm) - first >= n_pages ? first : 0;
}

/* What filling an eager region takes; it may show pages of a segment that are there already. */
static struct need eager_need(struct vmm *vmm, struct space *space, const struct region *region)
{
    struct need need = {.frames = pmap_tables_missing(vmm, space, region->first, region->last)};
    uint32_t n_pages = region->last - region->first + 1, present = 0, resident = 0;
    struct page *page = page_at_or_after(region->object, region->offset);
    for (; page && page->node.key - region->offset < n_pages; page = page_next(page)) {
        present++;
        resident += in_memory(vmm, page->at);
    }
    need.frames += n_pages - resident;
    need.pages = n_pages - present;
    return need;
}

static enum vmm_status map(struct vmm *vmm, struct space *space, struct region *like, bool eager)
{
    struct need need = {0};
    struct region *region = region_at_or_after(vmm, space, like->first);
    if (region && region->first <= like->last)
        return VMM_EXISTS;
    if (eager)
        need = eager_need(vmm, space, like);
    need.regions = 1;
    if (!reserve(vmm, need))
        return VMM_NO_MEMORY;
    region = region_add(vmm, space, like);
    if (eager) {
        for (vpn_t vpn = region->first; vpn <= region->last; vpn++)
            page_ready(vmm, region, vpn, false);
        pmap_add_tables(vmm, space, region->first, region->last);
        pmap_changed(vmm, space, region->first, region->last);
    }
    return VMM_OK;
}

enum vmm_status vmm_map(struct vmm *vmm, uint32_t s, va_t *va, uint32_t n_pages, enum vmm_prot prot,
                        unsigned flags, uint32_t g, uint32_t offset_pages)
{
    struct space *space = space_find(vmm, s);
    struct segment *segment = flags & VMM_MAP_SEGMENT ? segment_find(vmm, g) : NULL;
    struct region like = {.prot = prot, .backing = VMM_BACKING_PRIVATE};

    if (!space || (flags & VMM_MAP_SEGMENT && !segment))
        return VMM_BAD_SLOT;
    if (segment && (n_pages > segment->n_pages || offset_pages > segment->n_pages - n_pages))
        return VMM_BAD_ARGUMENT;
    if (flags & VMM_MAP_ANY ? !n_pages : !range_valid(vmm, *va, n_pages))
        return VMM_BAD_ARGUMENT;
    like.first = flags & VMM_MAP_ANY ? hole(vmm, space, n_pages) : vpn_of(vmm, *va);
    if (!like.first)
        return VMM_NO_SPACE;
    like.last = like.first + (n_pages - 1);
    like.object = &space->object;
    like.offset = like.first;
    if (segment) {
        like.backing = VMM_BACKING_SEGMENT;
        like.object = &segment->object;
        like.offset = offset_pages;
    }
    enum vmm_status status = map(vmm, space, &like, flags & VMM_MAP_EAGER && prot != VMM_PROT_NONE);
    if (!status)
        *va = like.first << (vmm->machine.level_bits + 2);
    return status;
}

enum vmm_status vmm_map_device(struct vmm *vmm, uint32_t s, va_t va, uint32_t n_pages,
                               uint32_t frame)
{
    struct space *space = space_find(vmm, s);
    uint32_t frames = vmm->machine.device_frames;
    if (!space)
        return VMM_BAD_SLOT;
    if (!range_valid(vmm, va, n_pages) || n_pages > frames || frame > frames - n_pages)
        return VMM_BAD_ARGUMENT;
    struct region like = {.first = vpn_of(vmm, va), .prot = VMM_PROT_WRITE, .offset = frame};
    like.last = like.first + (n_pages - 1);
    like.backing = VMM_BACKING_DEVICE;
    return map(vmm, space, &like, false);
}

enum vmm_status vmm_unmap(struct vmm *vmm, uint32_t s, va_t va, uint32_t n_pages)
{
    struct space *space = space_find(vmm, s);
    if (!space)
        return VMM_BAD_SLOT;
    if (!range_valid(vmm, va, n_pages))
        return VMM_BAD_ARGUMENT;
    vpn_t first = vpn_of(vmm, va), last = first + (n_pages - 1);
    /* A region that contains the whole range becomes two; otherwise the ends only shrink, but a
     * carved piece needs a structure until it is removed. */
    if (!reserve(vmm, (struct need){.regions = cuts(vmm, space, first, last)}))
        return VMM_NO_MEMORY;
    carve(vmm, space, first, last);
    region_remove_all(vmm, space, first, last);
    return VMM_OK;
}

/* Whether regions cover the whole range. */
static bool covered(struct vmm *vmm, struct space *space, vpn_t first, vpn_t last)
{
    struct region *region = region_find(vmm, space, first);
    while (region && region->last < last) {
        struct region *next = vmm->index->next(region);
        region = next && next->first == region->last + 1 ? next : NULL;
    }
    return region;
}

enum vmm_status vmm_protect(struct vmm *vmm, uint32_t s, va_t va, uint32_t n_pages,
                            enum vmm_prot prot)
{
    struct space *space = space_find(vmm, s);
    if (!space)
        return VMM_BAD_SLOT;
    if (!range_valid(vmm, va, n_pages))
        return VMM_BAD_ARGUMENT;
    vpn_t first = vpn_of(vmm, va), last = first + (n_pages - 1);
    if (!covered(vmm, space, first, last))
        return VMM_NOT_MAPPED;
    if (!reserve(vmm, (struct need){.regions = cuts(vmm, space, first, last)}))
        return VMM_NO_MEMORY;
    carve(vmm, space, first, last);
    struct region *region = region_find(vmm, space, first);
    for (; region && region->first <= last; region = vmm->index->next(region))
        region->prot = prot;
    pmap_changed(vmm, space, first, last);
    return VMM_OK;
}
