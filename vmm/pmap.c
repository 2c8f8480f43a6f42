/* pmap.c: page tables: a cache of what regions and pages say (Mach's pmap).
 *
 * Tables may always lack a translation, since a fault brings it back, but what they have must be
 * right.  Everything that makes them so is sync, which recomputes a range; nobody else edits an
 * entry of a table.  How tables are reached is the design's (pmap_window.c, pmap_recursive.c,
 * pmap_direct.c). */
#include "internal.h"

enum {
    ENTRY_RIGHTS = PTE_PRESENT | PTE_WRITE | PTE_USER,
    ENTRY_USED = PTE_ACCESSED | PTE_DIRTY, /* set by the hardware */
};

/* ---- Which directory entries name a table. ---- */

static bool has_table(const struct space *space, uint32_t pde)
{
    return space->tables[pde / 64] >> pde % 64 & 1;
}

/* The first directory entry from pde up to last that names a table; last + 1 if there is none. */
static uint32_t next_table(const struct space *space, uint32_t pde, uint32_t last)
{
    while (pde <= last) {
        uint64_t rest = space->tables[pde / 64] >> pde % 64;
        if (rest) {
            pde += (uint32_t)__builtin_ctzll(rest);
            break;
        }
        pde = (pde | 63) + 1;
    }
    return pde <= last ? pde : last + 1;
}

/* ---- Flushing (the design axis `flush`). ---- */

static void invalidate(const struct vmm *vmm, vpn_t vpn)
{
    machine_invlpg(vpn << (vmm->machine.level_bits + 2));
}

/* From so many pages on it is cheaper to load CR3 once and to walk again for what is still used;
 * smaller tables have a smaller batch, so that an exhaustive search comes past its end. */
static uint32_t batch_most(const struct vmm *vmm)
{
    unsigned level_bits = vmm->machine.level_bits;
    return level_bits > 8 ? BATCH_MAX >> (MACHINE_LEVEL_BITS_MAX - level_bits) : 2;
}

/* A present translation of the current space was narrowed, moved or removed (Intel SDM vol. 3A
 * 4.10.4.2).  Other spaces are not cached: loading CR3 dropped them. */
static void flush_page(struct vmm *vmm, const struct space *space, vpn_t vpn)
{
    if (space != vmm->current)
        return;
    if (vmm->config.design.flush == VMM_FLUSH_PAGE)
        invalidate(vmm, vpn);
    else if (vmm->config.design.flush == VMM_FLUSH_BATCH && vmm->batched < batch_most(vmm))
        vmm->batch[vmm->batched++] = vpn;
    else
        vmm->reload = true;
}

static void flush_done(struct vmm *vmm)
{
    if (vmm->reload)
        machine_load_cr3(machine_read_cr3());
    for (uint32_t i = 0; i < vmm->batched && !vmm->reload; i++)
        invalidate(vmm, vmm->batch[i]);
    vmm->reload = false;
    vmm->batched = 0;
}

/* ---- Tables. ---- */

/* New translations of a table that was not present need no flush (SDM 4.10.4.3). */
static void add_tables(struct vmm *vmm, struct space *space, vpn_t first, vpn_t last)
{
    unsigned level_bits = vmm->machine.level_bits;
    for (uint32_t pde = first >> level_bits; pde <= last >> level_bits; pde++) {
        if (has_table(space, pde))
            continue;
        place_t table = frame_take(vmm, VMM_FRAME_TABLE);
        vmm_assert(vmm->tables_left > 0); /* reserved */
        vmm->tables_left--;
        vmm->frames[table].owner = (uint8_t)(space - vmm->spaces + 1);
        vmm->frames[table].pde = (uint16_t)pde;
        pmap_clear(vmm, table);
        machine_store(vmm->tables->directory(vmm, space) + 4 * pde,
                      place_pfn(vmm, table) << PTE_PFN_SHIFT | ENTRY_RIGHTS);
        space->tables[pde / 64] |= (uint64_t)1 << pde % 64;
    }
}

void pmap_need_fault(const struct vmm *vmm, const struct space *space, vpn_t vpn, struct need *need)
{
    bool missing = !has_table(space, vpn >> vmm->machine.level_bits);
    need->frames += missing;
    need->tables += missing;
}

void pmap_need_eager(const struct vmm *vmm, const struct space *space, vpn_t first, vpn_t last,
                     struct need *need)
{
    unsigned level_bits = vmm->machine.level_bits;
    if (vmm->config.design.update != VMM_UPDATE_LAZY)
        for (uint32_t pde = first >> level_bits; pde <= last >> level_bits; pde++)
            pmap_need_fault(vmm, space, pde << level_bits, need);
}

static void give_table(struct vmm *vmm, place_t table)
{
    vmm->tables_left++;
    place_give(vmm, table);
}

static place_t table_place(struct vmm *vmm, struct space *space, uint32_t pde)
{
    uint32_t entry = machine_load(vmm->tables->directory(vmm, space) + 4 * pde);
    return (entry >> PTE_PFN_SHIFT) - vmm->machine.free_first;
}

/* A directory entry stands for as many translations as a table has, and where the table can be seen
 * through the directory (self-map) for one more; one CR3 load covers all.  The frame is free only
 * after that. */
static void drop_table(struct vmm *vmm, struct space *space, uint32_t pde)
{
    vmm_assert(has_table(space, pde));
    place_t table = table_place(vmm, space, pde);
    machine_store(vmm->tables->directory(vmm, space) + 4 * pde, 0);
    space->tables[pde / 64] &= ~((uint64_t)1 << pde % 64);
    if (space == vmm->current || (vmm->tables->shows && vmm->tables->shows(vmm, space))) {
        vmm->reload = true;
        flush_done(vmm);
    }
    give_table(vmm, table);
}

enum vmm_status vmm_discard(struct vmm *vmm, uint32_t s)
{
    struct space *space = space_find(vmm, s);
    if (!space)
        return VMM_BAD_SLOT;
    uint32_t last = vmm->machine.user_pdes - 1;
    for (uint32_t pde = 0; (pde = next_table(space, pde, last)) <= last;)
        drop_table(vmm, space, pde);
    return VMM_OK;
}

/* ---- Taking tables from spaces (the design axis `discard`). ---- */

static bool may_take(const struct vmm *vmm, place_t place, const struct need *need)
{
    const struct frame *frame = &vmm->frames[place];
    return frame->state == VMM_FRAME_TABLE && frame->owner &&
           &vmm->spaces[frame->owner - 1] != need->space;
}

/* The next table after the last that was taken, so that all spaces have to give in turn. */
static void take_table(struct vmm *vmm, const struct need *need)
{
    do
        vmm->hand = vmm->hand + 1 < vmm->ram.fresh ? vmm->hand + 1 : 0;
    while (!may_take(vmm, vmm->hand, need));
    const struct frame *table = &vmm->frames[vmm->hand];
    drop_table(vmm, &vmm->spaces[table->owner - 1], table->pde);
}

bool pmap_reclaimable(const struct vmm *vmm, const struct need *need)
{
    uint32_t tables = 0;
    for (place_t place = 0; vmm->config.design.discard == VMM_DISCARD_ON && place < vmm->ram.fresh;
         place++)
        tables += may_take(vmm, place, need);
    return need->frames <= vmm->ram.left + tables && need->tables <= vmm->tables_left + tables;
}

void pmap_reclaim(struct vmm *vmm, const struct need *need)
{
    while (need->frames > vmm->ram.left || need->tables > vmm->tables_left)
        take_table(vmm, need);
}

/* ---- Entries. ---- */

/* The entry that a page of a region should have now; 0: none.  page: what the region's object has
 * there, or NULL.  A private page that others hold is read-only, so that a write faults and
 * page_ready can copy it. */
static uint32_t page_entry(const struct vmm *vmm, const struct region *region, vpn_t vpn,
                           const struct page *page)
{
    bool writable = region->prot == VMM_PROT_WRITE;
    pfn_t pfn = vmm->machine.device_first + region_index(region, vpn);
    if (region->prot == VMM_PROT_NONE)
        return 0;
    if (region->object) {
        if (!page || !in_memory(vmm, page->at))
            return 0;
        pfn = place_pfn(vmm, page->at);
        writable = writable && !page_shared(vmm, page);
    }
    return pfn << PTE_PFN_SHIFT | PTE_PRESENT | PTE_USER | (writable ? PTE_WRITE : 0);
}

/* The first page of a region's object that shows at vpn or later; NULL for a device. */
static struct page *page_from(const struct region *region, vpn_t vpn)
{
    vpn_t from = vpn > region->first ? vpn : region->first;
    return region->object ? page_at_or_after(region->object, region_index(region, from)) : NULL;
}

/* Goes over the pages at which a space's regions show something, in their order. */
struct cursor {
    const struct region *region; /* NULL: there are no more */
    struct page *page;           /* the next of its object, if it has one */
};

/* The first page from vpn on at which something shows; NOWHERE: there is none. */
static vpn_t cursor_seek(const struct vmm *vmm, struct cursor *cursor, vpn_t vpn)
{
    while (cursor->region) {
        const struct region *region = cursor->region;
        vpn_t at = vpn > region->first ? vpn : region->first;
        if (region->object) {
            if (cursor->page && cursor->page->node.key < region_index(region, at))
                cursor->page = page_next(cursor->page);
            if (cursor->page && cursor->page->node.key < region_index(region, at))
                cursor->page = page_from(region, at);
            at = cursor->page ? region->first + (cursor->page->node.key - region->offset) : NOWHERE;
        }
        if (at <= region->last)
            return at;
        cursor->region = vmm->index->next(region);
        cursor->page = cursor->region ? page_from(cursor->region, vpn) : NULL;
    }
    return NOWHERE;
}

/* A table has at most 64 parts of 1 << part_shift entries.  frame.parts has a bit for each, by the
 * number of its first page. */
static unsigned part_shift(const struct vmm *vmm)
{
    return vmm->machine.level_bits > 6 ? vmm->machine.level_bits - 6 : 0;
}

/* The first page from vpn on, in the same table, whose entry may be present; NOWHERE: there is
 * none. */
static vpn_t next_entered(const struct vmm *vmm, const struct frame *table, vpn_t vpn)
{
    unsigned shift = part_shift(vmm);
    uint64_t rest = table->parts >> (vpn >> shift & 63);
    if (!rest)
        return NOWHERE;
    return rest & 1 ? vpn : ((vpn >> shift) + (vpn_t)__builtin_ctzll(rest)) << shift;
}

/* What update=lazy leaves of an entry that should be another: the rights that both have. */
static uint32_t narrowed(uint32_t had, uint32_t want)
{
    bool same_page = had & want & PTE_PRESENT && !((had ^ want) >> PTE_PFN_SHIFT);
    return same_page ? want & (had | ~(uint32_t)ENTRY_RIGHTS) : 0;
}

/* Makes one entry what it should be (fill), or takes from it what it should not have.  Returns how
 * many present entries the table gained. */
static int sync_entry(struct vmm *vmm, const struct space *space, va_t at, vpn_t vpn, uint32_t want,
                      bool fill)
{
    uint32_t had = machine_load(at);
    if (!fill)
        want = narrowed(had, want);
    if ((had & ~(uint32_t)ENTRY_USED) == want)
        return 0;
    machine_store(at, want);
    uint32_t lost = had & ~want & ENTRY_RIGHTS;
    if (lost || (had & PTE_PRESENT && (had ^ want) >> PTE_PFN_SHIFT))
        flush_page(vmm, space, vpn);
    return (int)(want & PTE_PRESENT) - (int)(had & PTE_PRESENT);
}

/* Recomputes the entries of pages first to last, which lie in one table.  Looks only at those that
 * may be present or (fill) should be. */
static void sync_table(struct vmm *vmm, struct space *space, vpn_t first, vpn_t last, bool fill)
{
    unsigned level_bits = vmm->machine.level_bits;
    uint32_t index_mask = (1u << level_bits) - 1, pde = first >> level_bits;
    place_t place = table_place(vmm, space, pde);
    struct frame *frame = &vmm->frames[place];
    va_t table = vmm->tables->table(vmm, space, pde);
    struct cursor cursor = {vmm->index->at_or_after(space, first), NULL};
    int gained = 0;

    if (cursor.region)
        cursor.page = page_from(cursor.region, first);
    for (vpn_t vpn = first; vpn <= last; vpn++) {
        vpn_t entered = next_entered(vmm, frame, vpn);
        vpn = fill ? vpn : entered;
        if (vpn > last)
            break;
        vpn_t shows = cursor_seek(vmm, &cursor, vpn);
        vpn = shows < entered ? shows : entered;
        if (vpn > last)
            break;
        uint32_t want = vpn == shows ? page_entry(vmm, cursor.region, vpn, cursor.page) : 0;
        if (want)
            frame->parts |= (uint64_t)1 << (vpn >> part_shift(vmm) & 63);
        gained += sync_entry(vmm, space, table + 4 * (vpn & index_mask), vpn, want, fill);
    }
    if (gained)
        frame_count(vmm, place, gained);
    if (!frame->refs)
        drop_table(vmm, space, pde);
}

/* Makes what tables there are agree with the regions and pages in [first, last]; frees tables that
 * become empty; flushes.  Without fill, what is not in the tables stays out of them. */
static void sync(struct vmm *vmm, struct space *space, vpn_t first, vpn_t last, bool fill)
{
    unsigned level_bits = vmm->machine.level_bits;
    uint32_t last_pde = last >> level_bits;
    for (uint32_t pde = first >> level_bits; (pde = next_table(space, pde, last_pde)) <= last_pde;
         pde++) {
        vpn_t low = pde << level_bits, high = low | ((1u << level_bits) - 1);
        sync_table(vmm, space, low > first ? low : first, high < last ? high : last, fill);
    }
    flush_done(vmm);
}

/* ---- When tables follow (the design axis `update`). ---- */

void pmap_changed(struct vmm *vmm, struct space *space, vpn_t first, vpn_t last)
{
    if (vmm->config.design.update != VMM_UPDATE_DEFERRED) {
        sync(vmm, space, first, last, vmm->config.design.update == VMM_UPDATE_IMMEDIATE);
        return;
    }
    if (first < space->pending_first)
        space->pending_first = first;
    if (last > space->pending_last)
        space->pending_last = last;
}

void pmap_settle(struct vmm *vmm, struct space *space)
{
    vpn_t first = space->pending_first, last = space->pending_last;
    space->pending_first = UINT32_MAX;
    space->pending_last = 0;
    if (first <= last)
        sync(vmm, space, first, last, true);
}

/* The kernel's own copies are no faults, so with update=lazy they only take away. */
void pmap_show(struct vmm *vmm, struct space *space, vpn_t vpn, bool fault)
{
    if (fault)
        add_tables(vmm, space, vpn, vpn);
    sync(vmm, space, vpn, vpn, fault || vmm->config.design.update != VMM_UPDATE_LAZY);
}

void pmap_show_eager(struct vmm *vmm, struct space *space, vpn_t first, vpn_t last)
{
    if (vmm->config.design.update == VMM_UPDATE_LAZY)
        return;
    add_tables(vmm, space, first, last);
    pmap_changed(vmm, space, first, last);
}

enum vmm_status vmm_commit(struct vmm *vmm, uint32_t s)
{
    struct space *space = space_find(vmm, s);
    if (!space)
        return VMM_BAD_SLOT;
    pmap_settle(vmm, space);
    return VMM_OK;
}

/* ---- Directories. ---- */

void pmap_create(struct vmm *vmm, struct space *space)
{
    space->directory = place_pfn(vmm, frame_take(vmm, VMM_FRAME_DIRECTORY));
    space->pending_first = UINT32_MAX;
    va_t directory = vmm->tables->frame(vmm, space->directory, WINDOW_TO);
    machine_clear_page(directory);
    for (uint32_t i = 0; i < vmm->kernel_count; i++)
        machine_store(directory + 4 * vmm->kernel_entries[2 * i], vmm->kernel_entries[2 * i + 1]);
    if (vmm->tables->adopt)
        vmm->tables->adopt(vmm, space, directory);
}

void pmap_load(struct vmm *vmm, struct space *space)
{
    if (vmm->tables->leave)
        vmm->tables->leave(vmm);
    vmm->current = space;
    machine_load_cr3(space ? space->directory : vmm->machine.boot_directory);
}

void pmap_destroy(struct vmm *vmm, struct space *space)
{
    vmm_assert(space != vmm->current);
    uint32_t last = vmm->machine.user_pdes - 1;
    if (vmm->tables->shows && vmm->tables->shows(vmm, space)) {
        vmm->tables->leave(vmm);
        machine_load_cr3(machine_read_cr3());
    }
    va_t directory = vmm->tables->frame(vmm, space->directory, WINDOW_TO);
    for (uint32_t pde = 0; (pde = next_table(space, pde, last)) <= last; pde++) {
        uint32_t entry = machine_load(directory + 4 * pde);
        give_table(vmm, (entry >> PTE_PFN_SHIFT) - vmm->machine.free_first);
        space->tables[pde / 64] &= ~((uint64_t)1 << pde % 64);
    }
    place_give(vmm, space->directory - vmm->machine.free_first);
}

/* ---- Contents of pages, through the MMU. ---- */

va_t pmap_reach(struct vmm *vmm, const struct region *region, va_t va)
{
    vpn_t vpn = vpn_of(vmm, va);
    uint32_t entry = page_entry(vmm, region, vpn, page_from(region, vpn));
    va_t offset = va & ((1u << (vmm->machine.level_bits + 2)) - 1);
    return vmm->tables->frame(vmm, entry >> PTE_PFN_SHIFT, WINDOW_TO) | offset;
}

void pmap_clear(struct vmm *vmm, place_t frame)
{
    machine_clear_page(vmm->tables->frame(vmm, place_pfn(vmm, frame), WINDOW_TO));
}

place_t pmap_copy(struct vmm *vmm, place_t from)
{
    place_t to = frame_take(vmm, VMM_FRAME_PAGE);
    va_t to_va = vmm->tables->frame(vmm, place_pfn(vmm, to), WINDOW_TO);
    if (in_memory(vmm, from))
        machine_copy_page(to_va, vmm->tables->frame(vmm, place_pfn(vmm, from), WINDOW_FROM));
    else
        machine_backing_read(place_slot(vmm, from), to_va);
    return to;
}

void pmap_save(struct vmm *vmm, place_t frame, place_t slot)
{
    machine_backing_write(place_slot(vmm, slot),
                          vmm->tables->frame(vmm, place_pfn(vmm, frame), WINDOW_FROM));
}
