/* frame.c: the page frame table, one structure for each frame of RAM and each slot of the backing
 * store; taking and giving back.  Every change is told to machine_frame_changed.
 *
 * Those who hold a place are on its list, so that all translations of a page can be found. */
#include "internal.h"

static place_t place_take(struct vmm *vmm, struct place_list *list, enum vmm_frame_state state)
{
    place_t place = list->first_free;
    vmm_assert(list->left > 0); /* reserved */
    if (place != NOWHERE)
        list->first_free = vmm->frames[place].next_free;
    else
        place = list->fresh++;
    list->left--;
    vmm->frames[place] = (struct frame){.state = state};
    return place;
}

static void changed(struct vmm *vmm, place_t place)
{
    if (in_memory(vmm, place))
        machine_frame_changed(place_pfn(vmm, place));
}

place_t frame_take(struct vmm *vmm, enum vmm_frame_state state)
{
    place_t place = place_take(vmm, &vmm->ram, state);
    changed(vmm, place);
    return place;
}

place_t slot_take(struct vmm *vmm)
{
    return place_take(vmm, &vmm->slots, VMM_FRAME_PAGE);
}

void place_give(struct vmm *vmm, place_t place)
{
    struct place_list *list = in_memory(vmm, place) ? &vmm->ram : &vmm->slots;
    vmm_assert(place < list->fresh);
    vmm_assert(vmm->frames[place].state != VMM_FRAME_FREE);
    vmm_assert(vmm->frames[place].state != VMM_FRAME_PAGE || !vmm->frames[place].refs);
    vmm->frames[place] = (struct frame){.next_free = list->first_free};
    list->first_free = place;
    list->left++;
    changed(vmm, place);
}

void frame_count(struct vmm *vmm, place_t place, int change)
{
    vmm_assert(change >= 0 || vmm->frames[place].refs >= (uint32_t)-change);
    vmm->frames[place].refs += (uint32_t)change;
    changed(vmm, place);
}

void place_hold(struct vmm *vmm, place_t place, struct page *page)
{
    page->at = place;
    page->next_holder = vmm->frames[place].holders;
    vmm->frames[place].holders = page;
    frame_count(vmm, place, 1);
}

/* The last one to let go frees the place. */
void place_let_go(struct vmm *vmm, struct page *page)
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

void place_move(struct vmm *vmm, place_t from, place_t to)
{
    struct frame *old = &vmm->frames[from], *new = &vmm->frames[to];
    vmm_assert(!new->refs && !new->holders);
    new->holders = old->holders;
    for (struct page *page = new->holders; page; page = page->next_holder)
        page->at = to;
    frame_count(vmm, to, (int)old->refs);
    old->holders = NULL;
    frame_count(vmm, from, -(int)old->refs);
}
