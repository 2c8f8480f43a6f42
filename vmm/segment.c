/* segment.c: shared memory objects.  A segment lives while it has a name or a region shows it. */
#include "internal.h"

enum vmm_status vmm_segment(struct vmm *vmm, uint32_t g, uint32_t n_pages)
{
    if (g >= vmm->config.segments || vmm->names[g])
        return VMM_BAD_SLOT;
    if (!n_pages || n_pages > user_pages(vmm))
        return VMM_BAD_ARGUMENT;
    if (!reserve(vmm, &(struct need){.segments = 1}))
        return VMM_NO_MEMORY;
    struct segment *segment = pool_take(&vmm->segments);
    *segment = (struct segment){.n_pages = n_pages, .id = ++vmm->segment_ids, .named = true};
    segment->object.segment = segment;
    vmm->names[g] = segment;
    return VMM_OK;
}

static void free_unused(struct vmm *vmm, struct segment *segment)
{
    if (segment->named || segment->sharers)
        return;
    page_drop_range(vmm, &segment->object, 0, UINT32_MAX);
    pool_give(&vmm->segments, segment);
}

enum vmm_status vmm_release(struct vmm *vmm, uint32_t g)
{
    struct segment *segment = segment_find(vmm, g);
    if (!segment)
        return VMM_BAD_SLOT;
    vmm->names[g] = NULL;
    segment->named = false;
    free_unused(vmm, segment);
    return VMM_OK;
}

void segment_show(struct segment *segment, struct region *region)
{
    region->sharers = segment->sharers;
    segment->sharers = region;
}

void segment_hide(struct vmm *vmm, struct segment *segment, struct region *region)
{
    struct region **link = &segment->sharers;
    while (*link != region)
        link = &(*link)->sharers;
    *link = region->sharers;
    free_unused(vmm, segment);
}
