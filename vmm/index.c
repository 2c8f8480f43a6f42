/* index.c: what every index can do, given at_or_after and next: see internal.h. */
#include "internal.h"

void regions_begin(struct vmm *vmm, struct space *space)
{
    if (vmm->index->begin)
        vmm->index->begin(vmm, space);
}

void regions_end(struct vmm *vmm, struct space *space)
{
    if (vmm->index->end)
        vmm->index->end(vmm, space);
}

void region_insert(struct vmm *vmm, struct region *region)
{
    vmm->index->insert(vmm, region);
    region->space->region_count++;
}

void region_remove(struct vmm *vmm, struct region *region)
{
    vmm->index->remove(vmm, region);
    region->space->region_count--;
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

bool regions_cover(const struct vmm *vmm, struct space *space, vpn_t first, vpn_t last)
{
    struct region *region = region_find(vmm, space, first);
    while (region && region->last < last) {
        struct region *next = vmm->index->next(region);
        region = next && next->first == region->last + 1 ? next : NULL;
    }
    return region;
}

vpn_t region_hole(const struct vmm *vmm, struct space *space, uint32_t n_pages)
{
    if (vmm->index->hole)
        return vmm->index->hole(space, n_pages);
    vpn_t first = 1;
    struct region *region = vmm->index->at_or_after(space, first);
    for (; region; region = vmm->index->next(region)) {
        if (region->first - first >= n_pages)
            return first;
        first = region->last + 1;
    }
    return user_pages(vmm) - first >= n_pages ? first : 0;
}
