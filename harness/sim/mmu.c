/* mmu.c: 2-level paging with CR0.WP = 1, Intel SDM vol. 3A, 4.3 to 4.8 and 4.10: the walk, accessed
 * and dirty bits, what the TLB may answer, and the accesses of users. */
#include "sim_private.h"

/* What the tables say of vpn; when that is a translation, *pde and *pte are the entries behind it.
 */
static inline uint32_t walk_tables(const struct sim *sim, vpn_t vpn, uint32_t **pde, uint32_t **pte)
{
    *pde = &pages_words(&sim->ram, sim->private->kept->cr3)[vpn >> sim->ram.level_bits];
    pfn_t table = **pde >> PTE_PFN_SHIFT;
    if (!(**pde & PTE_PRESENT))
        return 0;
    if (table >= sim->config.ram_frames)
        return TRANSLATION_OUTSIDE;
    *pte = &pages_words(&sim->ram, table)[vpn & sim->private->index_mask];
    pfn_t pfn = **pte >> PTE_PFN_SHIFT;
    if (!(**pte & PTE_PRESENT))
        return 0;
    if (pfn >= sim->ram.count)
        return TRANSLATION_OUTSIDE;
    return pfn << TLB_PFN_SHIFT | (**pde & **pte & (PTE_PRESENT | PTE_WRITE | PTE_USER)) |
           (**pte & PTE_DIRTY ? TLB_DIRTY : 0);
}

uint32_t mmu_walk(const struct sim *sim, vpn_t vpn)
{
    uint32_t *pde = NULL, *pte = NULL;
    return walk_tables(sim, vpn, &pde, &pte);
}

/* Translates by the tables, since the TLB cannot: cached is NULL, or does not know that the page is
 * dirty.  Sets accessed and dirty bits (4.8); words that are present are not zero and stay so, so
 * nothing else in struct pages changes. */
static uint32_t fill(struct sim *sim, uint64_t *cached, vpn_t vpn, uint32_t access)
{
    struct tlb *tlb = &sim->private->tlb;
    uint32_t *pde = NULL, *pte = NULL;
    uint32_t translation = walk_tables(sim, vpn, &pde, &pte);
    if (!(access & ~(uint32_t)TLB_DIRTY & ~translation)) {
        *pde |= PTE_ACCESSED;
        *pte |= PTE_ACCESSED | (access & TLB_DIRTY ? PTE_DIRTY : 0);
        sim->private->counts.walks++;
        translation |= access & TLB_DIRTY;
        tlb_insert(tlb, cached, vpn, translation);
        return translation;
    }
    if (cached)
        tlb_drop(tlb, cached);
    if (!translation)
        tlb_insert_absent(tlb, vpn);
    return translation;
}

/* A cached translation decides alone, even when the tables have since been widened; a page fault
 * drops it, so the next try succeeds (4.10.4.1, 4.10.4.3).  Only when the access is allowed but the
 * dirty bit not known to be set, the tables are walked (4.10.2.3). */
uint32_t mmu_translate(struct sim *sim, vpn_t vpn, uint32_t access)
{
    struct tlb *tlb = &sim->private->tlb;
    uint32_t rights = access & ~(uint32_t)TLB_DIRTY;
    uint64_t *cached = tlb_find(tlb, vpn);
    uint32_t translation = cached ? tlb_translation(*cached) : 0;
    if (cached && !(access & ~translation))
        return translation;
    if (!cached || !(rights & ~translation))
        return fill(sim, cached, vpn, access);
    tlb_drop(tlb, cached);
    if (!(translation & TLB_PRESENT) && !(rights & ~mmu_walk(sim, vpn)))
        sim->negative_faults++;
    return translation;
}

pfn_t mmu_supervisor(struct sim *sim, va_t va, uint32_t access)
{
    const struct sim_private *p = sim->private;
    vpn_t vpn = va >> p->page_shift;
    if (!p->kept->paging) {
        if (vpn >= sim->ram.count)
            sim_end(sim, SIM_TRIPLE_FAULT, "physical address outside of memory", va);
        return vpn;
    }
    uint32_t rights = access & ~(uint32_t)TLB_DIRTY;
    uint32_t translation = mmu_translate(sim, vpn, access);
    /* "Not present" may be an answer of a negative TLB, which is no fault of the VMM's. */
    if (!(translation & TLB_PRESENT))
        translation = mmu_translate(sim, vpn, access);
    if (translation & TRANSLATION_OUTSIDE)
        sim_end(sim, SIM_TRIPLE_FAULT, "page table or page outside of memory", va);
    if (rights & ~translation)
        sim_end(sim, SIM_PANIC, "kernel page fault", va);
    return translation >> TLB_PFN_SHIFT;
}

/* True: *pfn is the frame.  False: *error is the page fault's error code. */
static bool user_access(struct sim *sim, va_t va, uint32_t access, pfn_t *pfn, uint32_t *error)
{
    const struct sim_private *p = sim->private;
    vpn_t vpn = va >> p->page_shift;
    assert(p->kept->paging && va % 4 == 0);

    uint32_t translation = va & p->refused_bits ? 0 : mmu_translate(sim, vpn, access);
    *pfn = translation >> TLB_PFN_SHIFT;
    if (!(access & ~(uint32_t)TLB_DIRTY & ~translation))
        return true;
    *error = FAULT_USER | (translation & TLB_PRESENT ? FAULT_PRESENT : 0) |
             (access & TLB_WRITE ? FAULT_WRITE : 0);
    if (translation & TRANSLATION_OUTSIDE)
        *error |= FAULT_PRESENT | SIM_FAULT_RESERVED;
    return false;
}

bool sim_user_read(struct sim *sim, va_t va, uint32_t *word, uint32_t *error)
{
    pfn_t pfn;
    if (!user_access(sim, va, ACCESS_READ | ACCESS_USER, &pfn, error))
        return false;
    *word = pages_get(&sim->ram, pfn, va >> 2 & sim->private->index_mask);
    return true;
}

bool sim_user_write(struct sim *sim, va_t va, uint32_t word, uint32_t *error)
{
    pfn_t pfn;
    if (!user_access(sim, va, ACCESS_WRITE | ACCESS_USER, &pfn, error))
        return false;
    pages_set(&sim->ram, pfn, va >> 2 & sim->private->index_mask, word);
    journal_page(sim, pfn);
    return true;
}

__attribute__((noinline)) bool sim_tlb_stale(const struct sim *sim, vpn_t *vpn)
{
    const uint64_t *entry;
    for (uint32_t cursor = 0; (entry = tlb_next(&sim->private->tlb, &cursor));) {
        uint32_t cached = tlb_translation(*entry);
        *vpn = tlb_vpn(*entry);
        if (!(cached & TLB_PRESENT))
            continue;
        uint32_t now = mmu_walk(sim, *vpn);
        uint32_t more = cached & ~now & (TLB_PRESENT | TLB_WRITE | TLB_USER);
        if (more || cached >> TLB_PFN_SHIFT != now >> TLB_PFN_SHIFT)
            return true;
    }
    return false;
}
