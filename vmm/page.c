/* page.c: pages: where they are, who holds them, and when they are shared or brought back.
 *
 * A page is in memory or in the backing store; pages of several spaces hold the same frame after a
 * copy-on-write fork.  What a translation of a page may look like is decided here, in page_entry.
 */
#include "internal.h"

struct page *page_at_or_after(const struct object *object, uint32_t index)
{
    struct rb_node *node = rb_at_or_after(object->pages, index);
    return node ? RB_ENTRY(node, struct page, node) : NULL;
}

struct page *page_find(const struct object *object, uint32_t index)
{
    struct page *page = page_at_or_after(object, index);
    return page && page->node.key == index ? page : NULL;
}

struct page *page_next(struct page *page)
{
    struct rb_node *node = rb_next(&page->node);
    return node ? RB_ENTRY(node, struct page, node) : NULL;
}

/* A frame is held while a page is in it; the last one to let go frees it. */
static void hold(struct vmm *vmm, struct page *page, place_t place)
{
    page->at = place;
    page->next_holder = vmm->frames[place].holders;
    vmm->frames[place].holders = page;
    frame_count(vmm, place, 1);
}

static void let_go(struct vmm *vmm, struct page *page)
{
    struct frame *frame = &vmm->frames[page->at];
    struct page **link = &frame->holders;
    while (*link != page)
        link = &(*link)->next_holder;
    *link = page->next_holder;
    frame_count(vmm, page->at, -1);
    if (!frame->refs)
        place_give(vmm, page->at);
}

/* A new page of object; it was reserved. */
struct page *page_add(struct vmm *vmm, struct object *object, uint32_t index, place_t at)
{
    struct page *page = pool_take(&vmm->pages);
    page->node.key = index;
    page->object = object;
    rb_insert(&object->pages, &page->node);
    object->count++;
    hold(vmm, page, at);
    return page;
}

void page_drop_range(struct vmm *vmm, struct object *object, uint32_t first, uint32_t last)
{
    struct page *page = page_at_or_after(object, first), *next;
    for (; page && page->node.key <= last; page = next) {
        next = page_next(page);
        rb_remove(&object->pages, &page->node);
        object->count--;
        let_go(vmm, page);
        pool_give(&vmm->pages, page);
    }
}

/* All holders of a place move to another, which nobody holds.  The caller gives the old one back.
 */
void page_move(struct vmm *vmm, place_t from, place_t to)
{
    struct frame *old = &vmm->frames[from], *new = &vmm->frames[to];
    new->holders = old->holders;
    for (struct page *page = new->holders; page; page = page->next_holder)
        page->at = to;
    old->holders = NULL;
    frame_count(vmm, to, (int)old->refs);
    frame_count(vmm, from, -(int)old->refs);
}

/* The content of a place in a new frame. */
place_t page_copy(struct vmm *vmm, place_t from)
{
    place_t to = frame_take(vmm, VMM_FRAME_PAGE);
    va_t to_va = vmm->tables->frame(vmm, place_pfn(vmm, to), WINDOW_TO);
    if (in_memory(vmm, from))
        machine_copy_page(to_va, vmm->tables->frame(vmm, place_pfn(vmm, from), WINDOW_FROM));
    else
        machine_backing_read(place_slot(vmm, from), to_va);
    return to;
}

static bool must_own(const struct vmm *vmm, const struct region *region, const struct page *page)
{
    return region->backing == VMM_BACKING_PRIVATE && vmm->frames[page->at].refs > 1;
}

/* What page_ready of this page will take. */
struct need page_need(const struct vmm *vmm, const struct region *region, vpn_t vpn, bool write)
{
    struct need need = {0};
    struct page *page = page_find(region->object, region_index(region, vpn));
    need.pages = !page;
    need.frames = !page || !in_memory(vmm, page->at);
    need.frames += page && write && must_own(vmm, region, page);
    return need;
}

/* Makes the page ready to be read, or written: filled with zeros, swapped in for all who hold it,
 * and if it is to be written, not shared.  The page tables are not touched. */
void page_ready(struct vmm *vmm, const struct region *region, vpn_t vpn, bool write)
{
    uint32_t index = region_index(region, vpn);
    struct page *page = page_find(region->object, index);
    if (!page) {
        place_t place = frame_take(vmm, VMM_FRAME_PAGE);
        machine_clear_page(vmm->tables->frame(vmm, place_pfn(vmm, place), WINDOW_TO));
        page_add(vmm, region->object, index, place);
        return;
    }
    if (!in_memory(vmm, page->at)) {
        place_t slot = page->at;
        page_move(vmm, slot, page_copy(vmm, slot));
        place_give(vmm, slot);
    }
    if (write && must_own(vmm, region, page)) {
        place_t copy = page_copy(vmm, page->at);
        let_go(vmm, page);
        hold(vmm, page, copy);
    }
}

/* The page table entry that a page of a region should have now; 0: none.  A private page that
 * others hold is read-only, so that a write faults and page_ready can copy it. */
uint32_t page_entry(const struct vmm *vmm, const struct region *region, vpn_t vpn)
{
    uint32_t index = region_index(region, vpn);
    bool writable = region->prot == VMM_PROT_WRITE;
    pfn_t pfn = vmm->machine.device_first + index;
    if (region->prot == VMM_PROT_NONE)
        return 0;
    if (region->object) {
        struct page *page = page_find(region->object, index);
        if (!page || !in_memory(vmm, page->at))
            return 0;
        pfn = place_pfn(vmm, page->at);
        writable = writable && !must_own(vmm, region, page);
    }
    return pfn << PTE_PFN_SHIFT | PTE_PRESENT | PTE_USER | (writable ? PTE_WRITE : 0);
}
