/* tables.c: the example's frames and slots, and its page tables. */
#include "plain.h"

/* ---- Frames and slots. ---- */

static void set_place(struct vmm *v, uint32_t place, uint32_t state, uint32_t refs)
{
    v->places[place] = (struct place){(uint8_t)state, (uint16_t)refs};
    if (place < v->m.free_frames)
        machine_frame_changed(v->m.free_first + place);
}

uint32_t plain_take(struct vmm *v, uint32_t from, uint32_t state, uint32_t refs)
{
    uint32_t place = from;
    while (v->places[place].state)
        place++;
    *(from ? &v->slots_free : &v->frames_free) -= 1;
    set_place(v, place, state, refs);
    return place;
}

void plain_give(struct vmm *v, uint32_t place)
{
    *(place < v->m.free_frames ? &v->frames_free : &v->slots_free) += 1;
    set_place(v, place, VMM_FRAME_FREE, 0);
}

bool plain_reserve(struct vmm *v, uint32_t frames, uint32_t pages, uint32_t regions, uint32_t slots)
{
    uint32_t all = frames + pages + regions + slots;
    bool due = v->fail && v->fail <= all;
    if (due)
        v->fail = v->sticky;
    else if (v->fail)
        v->fail -= all;
    return !due && frames <= v->frames_free && pages <= place_count(&v->m) - v->page_count &&
           regions <= REGIONS_MAX - v->region_count && slots <= v->slots_free;
}

/* ---- Page tables. ---- */

va_t plain_show(struct vmm *v, uint32_t window, pfn_t pfn)
{
    va_t va = v->windows + window * page_bytes(v);
    machine_store(v->window_entries + 4 * window, pfn << PTE_PFN_SHIFT | PTE_PRESENT | PTE_WRITE);
    machine_invlpg(va);
    return va;
}

pfn_t plain_take_cleared(struct vmm *v, uint32_t state, uint32_t window)
{
    pfn_t pfn = pfn_of(v, plain_take(v, 0, state, state == VMM_FRAME_PAGE));
    machine_clear_page(plain_show(v, window, pfn));
    return pfn;
}

static va_t directory_entry(struct vmm *v, uint32_t s, vpn_t vpn)
{
    return plain_show(v, 0, v->directory[s]) + 4 * (vpn >> v->m.level_bits);
}

bool plain_has_table(struct vmm *v, uint32_t s, vpn_t vpn)
{
    return machine_load(directory_entry(v, s, vpn)) & PTE_PRESENT;
}

void plain_set(struct vmm *v, uint32_t s, vpn_t vpn, uint32_t entry)
{
    va_t pde = directory_entry(v, s, vpn), at;
    if (!(machine_load(pde) & PTE_PRESENT)) {
        if (!entry)
            return;
        pfn_t table = plain_take_cleared(v, VMM_FRAME_TABLE, 1);
        machine_store(pde, table << PTE_PFN_SHIFT | PTE_PRESENT | PTE_WRITE | PTE_USER);
    }
    pfn_t table = machine_load(pde) >> PTE_PFN_SHIFT;
    at = plain_show(v, 1, table) + 4 * (vpn & ((1u << v->m.level_bits) - 1));
    uint32_t old = machine_load(at), place = table - v->m.free_first;
    machine_store(at, entry);
    if (old & PTE_PRESENT && s == v->current)
        machine_invlpg(vpn << (v->m.level_bits + 2));
    set_place(v, place, VMM_FRAME_TABLE,
              v->places[place].refs + (entry & PTE_PRESENT) - (old & PTE_PRESENT));
    if (v->places[place].refs)
        return;
    machine_store(pde, 0); /* an empty table goes */
    if (s == v->current)
        machine_load_cr3(v->directory[s]);
    plain_give(v, place);
}
