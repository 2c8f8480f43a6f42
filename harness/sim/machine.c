/* machine.c: vmm/machine.h as the simulated machine provides it.  The VMM spends its time here: an
 * access whose translation is cached does not leave this file. */
#include "sim_private.h"

#define unlikely(condition) __builtin_expect(!!(condition), 0)

struct sim *sim_active;

void sim_activate(struct sim *sim)
{
    sim_active = sim;
}

/* The active machine, for one more call of the VMM's. */
static inline struct sim *called(void)
{
    struct sim *sim = sim_active;
    if (unlikely(sim->private->calls_left-- == 0))
        sim_end(sim, SIM_HANG, "the call does not end", 0);
    return sim;
}

/* The frame behind an address, for an access of the supervisor. */
static pfn_t translate(struct sim *sim, va_t va, uint32_t access)
{
    const struct sim_private *p = sim->private;
    if (va % 4)
        sim_end(sim, SIM_PANIC, "address is not word-aligned", va);
    if (va & p->refused_bits)
        sim_end(sim, SIM_PANIC, "kernel page fault", va);
    if (debt_any(p) && debt_owed(sim, va >> p->page_shift))
        sim_end(sim, SIM_STALE, "supervisor access through a translation that was not flushed", va);
    return mmu_supervisor(sim, va, access);
}

/* The same, when there is nothing to look out for and the TLB allows the access, or paging is off.
 * True: *pfn is the frame; false: translate has to be asked. */
static inline bool translate_fast(const struct sim *sim, va_t va, uint32_t access, pfn_t *pfn)
{
    const struct sim_private *p = sim->private;
    if (unlikely(va & p->refused_bits || debt_any(p)))
        return false;
    if (unlikely(!p->kept->paging)) {
        *pfn = va >> p->page_shift;
        return *pfn < sim->ram.count;
    }
    const uint64_t *cached = tlb_find(&p->tlb, va >> p->page_shift);
    if (!cached || access & ~tlb_translation(*cached))
        return false;
    *pfn = tlb_translation(*cached) >> TLB_PFN_SHIFT;
    return true;
}

static pfn_t translate_page(struct sim *sim, va_t va, uint32_t access)
{
    if (va & ((1u << sim->private->page_shift) - 1))
        sim_end(sim, SIM_PANIC, "address is not page-aligned", va);
    return translate(sim, va, access);
}

static uint32_t load(struct sim *sim, pfn_t pfn, va_t va)
{
    return pages_get(&sim->ram, pfn, va >> 2 & sim->private->index_mask);
}

uint32_t machine_load(va_t va)
{
    struct sim *sim = called();
    pfn_t pfn;
    if (unlikely(!translate_fast(sim, va, ACCESS_READ, &pfn)))
        pfn = translate(sim, va, ACCESS_READ);
    return load(sim, pfn, va);
}

void machine_store(va_t va, uint32_t word)
{
    struct sim *sim = called();
    pfn_t pfn;
    sim->private->counts.stores++;
    if (unlikely(!translate_fast(sim, va, ACCESS_WRITE, &pfn)))
        pfn = translate(sim, va, ACCESS_WRITE);
    uint32_t index = va >> 2 & sim->private->index_mask;
    if (debt_narrows(pages_get(&sim->ram, pfn, index), word))
        debt_word(sim, pfn, index);
    pages_set(&sim->ram, pfn, index, word);
    journal_word(sim, pfn, index);
}

void machine_clear_page(va_t to)
{
    struct sim *sim = called();
    sim->private->counts.pages++;
    pfn_t pfn = translate_page(sim, to, ACCESS_WRITE);
    debt_page(sim, pfn, NULL, 0);
    pages_clear(&sim->ram, pfn);
    journal_page(sim, pfn);
}

static void replace_page(struct sim *sim, pfn_t pfn, const struct pages *with, uint32_t page)
{
    sim->private->counts.pages++;
    debt_page(sim, pfn, with, page);
    pages_copy(&sim->ram, pfn, with, page);
    journal_page(sim, pfn);
}

void machine_copy_page(va_t to, va_t from)
{
    struct sim *sim = called();
    pfn_t page = translate_page(sim, from, ACCESS_READ);
    replace_page(sim, translate_page(sim, to, ACCESS_WRITE), &sim->ram, page);
}

static void check_slot(struct sim *sim, uint32_t slot)
{
    if (slot >= sim->config.backing_slots)
        sim_end(sim, SIM_PANIC, "no such slot in the backing store", slot);
}

void machine_backing_read(uint32_t slot, va_t to)
{
    struct sim *sim = called();
    check_slot(sim, slot);
    pfn_t pfn = translate_page(sim, to, ACCESS_WRITE);
    replace_page(sim, pfn, &sim->private->kept->backing, slot);
}

void machine_backing_write(uint32_t slot, va_t from)
{
    struct sim *sim = called();
    struct sim_kept *kept = sim->private->kept;
    check_slot(sim, slot);
    sim->private->counts.pages++;
    pages_copy(&kept->backing, slot, &sim->ram, translate_page(sim, from, ACCESS_READ));
    if (slot >= kept->backing_used)
        kept->backing_used = slot + 1;
}

void machine_invlpg(va_t va)
{
    struct sim *sim = called();
    struct sim_private *p = sim->private;
    vpn_t vpn = va >> p->page_shift;
    p->counts.invlpgs++;
    if (vpn >> 2 * sim->ram.level_bits)
        return;
    uint64_t *cached = tlb_find(&p->tlb, vpn);
    if (cached)
        tlb_drop(&p->tlb, cached);
    if (debt_any(p))
        debt_invlpg(sim, vpn);
}

void machine_load_cr3(pfn_t directory)
{
    struct sim *sim = called();
    struct sim_private *p = sim->private;
    p->counts.cr3_loads++;
    if (directory >= sim->config.ram_frames)
        sim_end(sim, SIM_TRIPLE_FAULT, "page directory outside of RAM", directory);
    p->kept->cr3 = directory;
    p->kept->paging = true;
    tlb_drop_all(&p->tlb);
    sim_debt_clear(sim);
}

pfn_t machine_read_cr3(void)
{
    return sim_active->private->kept->cr3;
}

void machine_frame_changed(pfn_t pfn)
{
    struct sim *sim = called();
    struct sim_private *p = sim->private;
    if (pfn >= sim->ram.count)
        sim_end(sim, SIM_PANIC, "change of a frame that does not exist", pfn);
    if (p->changed_stamp[pfn] == p->journal_number)
        return;
    p->changed_stamp[pfn] = p->journal_number;
    sim->journal.changed[sim->journal.changed_count++] = pfn;
}

void machine_panic(const char *what, uint32_t value)
{
    sim_end(sim_active, SIM_PANIC, what, value);
}
