/* fault.c: the page fault handler, and the kernel's own access to user memory, which is the same
 * question asked without a fault: may this space do this, and where is the page? */
#include "internal.h"

/* Makes an access to vpn possible, or says why not.  table: the page tables shall show it too. */
static enum vmm_status resolve(struct vmm *vmm, struct space *space, vpn_t vpn, bool write,
                               bool table)
{
    struct region *region = region_find(vmm, space, vpn);
    struct need need = {0};
    if (!region || region->prot < (write ? VMM_PROT_WRITE : VMM_PROT_READ))
        return VMM_FAULT;
    if (region->object)
        need = page_need(vmm, region, vpn, write);
    if (table)
        need.frames += pmap_tables_missing(vmm, space, vpn, vpn);
    if (!reserve(vmm, need))
        return VMM_NO_MEMORY;
    if (region->object)
        page_ready(vmm, region, vpn, write);
    if (table)
        pmap_add_tables(vmm, space, vpn, vpn);
    pmap_sync(vmm, space, vpn, vpn);
    return VMM_OK;
}

/* Demand zero, copy-on-write, swapped out, discarded: all are "the tables do not show what the
 * regions allow", and have the same answer. */
enum vmm_status vmm_fault(struct vmm *vmm, va_t cr2, uint32_t error)
{
    struct space *space = vmm->current;
    if (!space || !(error & FAULT_USER))
        return VMM_FAULT;
    return resolve(vmm, space, cr2 >> (vmm->machine.level_bits + 2), error & FAULT_WRITE, true);
}

/* Where the kernel can reach a word of a space, with the space's own rights. */
static enum vmm_status reach(struct vmm *vmm, uint32_t s, va_t va, bool write, va_t *at)
{
    struct space *space = space_find(vmm, s);
    unsigned page_shift = vmm->machine.level_bits + 2;
    vpn_t vpn = va >> page_shift;
    if (!space)
        return VMM_BAD_SLOT;
    if (va % sizeof(uint32_t))
        return VMM_BAD_ARGUMENT;
    pmap_settle(vmm, space);
    enum vmm_status status = resolve(vmm, space, vpn, write, false);
    if (status)
        return status;
    pfn_t pfn = page_entry(vmm, region_find(vmm, space, vpn), vpn) >> PTE_PFN_SHIFT;
    *at = vmm->tables->frame(vmm, pfn, WINDOW_TO) | (va & ((1u << page_shift) - 1));
    return VMM_OK;
}

enum vmm_status vmm_copy_in(struct vmm *vmm, uint32_t s, va_t va, uint32_t *word)
{
    va_t at;
    enum vmm_status status = reach(vmm, s, va, false, &at);
    if (!status)
        *word = machine_load(at);
    return status;
}

enum vmm_status vmm_copy_out(struct vmm *vmm, uint32_t s, va_t va, uint32_t word)
{
    va_t at;
    enum vmm_status status = reach(vmm, s, va, true, &at);
    if (!status)
        machine_store(at, word);
    return status;
}
