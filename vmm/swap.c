/* swap.c: moving pages to the backing store.  They come back in page_ready. */
#include "internal.h"

/* Someone's translation of a page is out of date: of a private page its space has one, of a
 * segment's page every region that shows it. */
static void holder_changed(struct vmm *vmm, const struct page *page)
{
    struct object *object = page->object;
    uint32_t index = page->node.key;
    if (object->space) {
        pmap_changed(vmm, object->space, index, index);
        return;
    }
    for (struct region *r = object->segment->sharers; r; r = r->sharers) {
        vpn_t vpn = r->first + (index - r->offset);
        if (index >= r->offset && vpn <= r->last)
            pmap_changed(vmm, r->space, vpn, vpn);
    }
}

enum vmm_status vmm_evict(struct vmm *vmm, uint32_t s, va_t va)
{
    struct space *space = space_find(vmm, s);
    if (!space)
        return VMM_BAD_SLOT;
    if (!range_valid(vmm, va, 1))
        return VMM_BAD_ARGUMENT;
    vpn_t vpn = va >> (vmm->machine.level_bits + 2);
    struct region *region = region_find(vmm, space, vpn);
    if (!region)
        return VMM_NOT_MAPPED;
    if (!region->object)
        return VMM_BAD_ARGUMENT;
    struct page *page = page_find(region->object, region_index(region, vpn));
    if (!page || !in_memory(vmm, page->at))
        return VMM_OK;
    if (!reserve(vmm, (struct need){.slots = 1}))
        return VMM_NO_MEMORY;

    place_t frame = page->at, slot = slot_take(vmm);
    machine_backing_write(place_slot(vmm, slot),
                          vmm->tables->frame(vmm, place_pfn(vmm, frame), WINDOW_FROM));
    page_move(vmm, frame, slot);
    for (page = vmm->frames[slot].holders; page; page = page->next_holder)
        holder_changed(vmm, page);
    place_give(vmm, frame); /* only now has everyone forgotten it */
    return VMM_OK;
}
