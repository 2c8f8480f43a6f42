/* page.c: pages: made, brought back, and copied when someone writes to what others hold too.
 *
 * A page is in memory or in the backing store; pages of several spaces hold the same frame after a
 * copy-on-write fork. */
#include "internal.h"

/* A new page of object; it was reserved. */
void page_add(struct vmm *vmm, struct object *object, uint32_t index, place_t at)
{
    struct page *page = pool_take(&vmm->pages);
    page->node.key = index;
    page->object = object;
    rb_insert(&object->pages, &page->node);
    object->count++;
    place_hold(vmm, at, page);
}

void page_drop_range(struct vmm *vmm, struct object *object, uint32_t first, uint32_t last)
{
    struct page *page = page_at_or_after(object, first), *next;
    for (; page && page->node.key <= last; page = next) {
        next = page_next(page);
        rb_remove(&object->pages, &page->node);
        object->count--;
        place_let_go(vmm, page);
        pool_give(&vmm->pages, page);
    }
}

/* What page_ready of this page will take. */
struct need page_need(const struct vmm *vmm, const struct region *region, vpn_t vpn, bool write)
{
    struct page *page = page_find(region->object, region_index(region, vpn));
    if (!page)
        return (struct need){.frames = 1, .pages = 1};
    bool absent = !in_memory(vmm, page->at);
    return (struct need){.frames = absent + (write && page_shared(vmm, page))};
}

/* Makes the page ready to be read, or written: filled with zeros, swapped in for all who hold it,
 * and if it is to be written, copied if others hold it.  The page tables are not touched. */
void page_ready(struct vmm *vmm, const struct region *region, vpn_t vpn, bool write)
{
    uint32_t index = region_index(region, vpn);
    struct page *page = page_find(region->object, index);
    place_t new = NOWHERE;
    if (!page) {
        new = frame_take(vmm, VMM_FRAME_PAGE);
        pmap_clear(vmm, new);
        page_add(vmm, region->object, index, new);
        return;
    }
    if (!in_memory(vmm, page->at)) {
        place_t slot = page->at;
        new = pmap_copy(vmm, slot);
        place_move(vmm, slot, new);
        place_give(vmm, slot);
    }
    if (write && page_shared(vmm, page)) {
        new = pmap_copy(vmm, page->at);
        place_let_go(vmm, page);
        place_hold(vmm, new, page);
    }
}
