/* inspect.c: what a checker may ask (vmm.h, last part).  Changes nothing, not even a hint. */
#include "internal.h"

bool vmm_exists(const struct vmm *vmm, uint32_t s)
{
    return space_find(vmm, s);
}

pfn_t vmm_directory(const struct vmm *vmm, uint32_t s)
{
    return vmm->spaces[s].directory;
}

struct vmm_own_entries vmm_own_entries(const struct vmm *vmm)
{
    uint32_t low = vmm->self < vmm->borrow ? vmm->self : vmm->borrow;
    return (struct vmm_own_entries){low, low ? low + 2 : 0}; /* they are neighbours */
}

uint32_t vmm_segment_id(const struct vmm *vmm, uint32_t g)
{
    const struct segment *segment = segment_find(vmm, g);
    return segment ? segment->id : 0;
}

bool vmm_region_at_or_after(const struct vmm *vmm, uint32_t s, vpn_t vpn,
                            struct vmm_region_view *view)
{
    const struct region *region = vmm->index->at_or_after(&vmm->spaces[s], vpn);
    if (!region)
        return false;
    bool shared = region->backing == VMM_BACKING_SEGMENT;
    *view = (struct vmm_region_view){
        .first = region->first,
        .last = region->last,
        .prot = region->prot,
        .backing = region->backing,
        .segment = shared ? region->object->segment->id : 0,
        .offset = region->offset,
    };
    return true;
}

struct vmm_frame_view vmm_frame(const struct vmm *vmm, pfn_t pfn)
{
    place_t place = pfn - vmm->machine.free_first;
    if (place >= vmm->machine.free_frames || place >= vmm->ram.fresh)
        return (struct vmm_frame_view){VMM_FRAME_FREE, 0};
    return (struct vmm_frame_view){vmm->frames[place].state, vmm->frames[place].refs};
}

struct vmm_pool_view vmm_pools(const struct vmm *vmm)
{
    return (struct vmm_pool_view){
        .frames = vmm->ram.left,
        .pages = vmm->pages.left,
        .regions = vmm->regions.left,
        .segments = vmm->segments.left,
        .slots = vmm->slots.left,
        .tables = vmm->tables->pooled ? vmm->tables_left : UINT32_MAX,
    };
}

static size_t pool_bytes(const struct pool *pool)
{
    return (size_t)(pool->total - pool->left) * pool->size;
}

size_t vmm_structure_bytes(const struct vmm *vmm)
{
    return pool_bytes(&vmm->regions) + pool_bytes(&vmm->tiles) + pool_bytes(&vmm->pages) +
           pool_bytes(&vmm->segments);
}
