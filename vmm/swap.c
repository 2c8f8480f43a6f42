/* swap.c: moving pages to the backing store.  They come back in page_ready. */
#include "internal.h"

/* Translations of a page are out of date: of a private page its space has one, of a segment's page
 * every region that shows it. */
static void page_changed(struct vmm *vmm, const struct page *page)
{
    uint32_t index = page->node.key;
    if (page->object->space)
        pmap_changed(vmm, page->object->space, index, index);
    else
        for (struct region *r = page->object->segment->sharers; r; r = r->sharers)
            if (index >= r->offset && index <= region_index(r, r->last)) {
                vpn_t vpn = r->first + (index - r->offset);
                pmap_changed(vmm, r->space, vpn, vpn);
            }
}

enum vmm_status vmm_evict(struct vmm *vmm, uint32_t s, va_t va)
{
    struct range range;
    enum vmm_status status = range_make(vmm, s, va, 1, &range);
    if (status)
        return status;
    struct region *region = region_find(vmm, range.space, range.first);
    if (!region)
        return VMM_NOT_MAPPED;
    if (region->backing == VMM_BACKING_DEVICE)
        return VMM_BAD_ARGUMENT;
    struct page *page = page_find(region->object, region_index(region, range.first));
    if (!page || !in_memory(vmm, page->at))
        return VMM_OK;
    if (!reserve(vmm, &(struct need){.slots = 1}))
        return VMM_NO_MEMORY;

    place_t frame = page->at, slot = slot_take(vmm);
    pmap_save(vmm, frame, slot);
    place_move(vmm, frame, slot);
    for (page = vmm->frames[slot].holders; page; page = page->next_holder)
        page_changed(vmm, page);
    place_give(vmm, frame); /* only now has everyone forgotten it */
    return VMM_OK;
}
