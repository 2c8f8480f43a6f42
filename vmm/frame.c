/* frame.c: the page frame table, one structure for each frame of RAM and each slot of the backing
 * store; taking and giving back.  Every change is told to machine_frame_changed. */
#include "internal.h"

static place_t place_take(struct vmm *vmm, struct place_list *list, enum vmm_frame_state state)
{
    place_t place = list->first_free;
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
    vmm->frames[place] = (struct frame){.next_free = list->first_free};
    list->first_free = place;
    list->left++;
    changed(vmm, place);
}

void frame_count(struct vmm *vmm, place_t place, int change)
{
    vmm->frames[place].refs += (uint32_t)change;
    changed(vmm, place);
}
