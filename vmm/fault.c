/* fault.c: the page fault handler, and the kernel's own access to user memory, which is the same
 * question asked without a fault: may this space do this, and where is the page? */
#include "internal.h"

/* Makes an access to vpn possible, or says why not.  table: the page tables shall show it too. */
static enum vmm_status resolve(struct vmm *vmm, struct space *space, vpn_t vpn, bool write,
                               bool table)
{
    struct region *region = region_find(vmm, space, vpn);
    struct need need = {.frames = 0};
    if (!region || region->prot < (write ? VMM_PROT_WRITE : VMM_PROT_READ))
        return VMM_FAULT;
    if (region->object)
        need = page_need(vmm, region, vpn, write);
    if (table)
        pmap_need_fault(vmm, space, vpn, &need);
    need.space = space;
    if (!reserve(vmm, &need))
        return VMM_NO_MEMORY;
    if (region->object)
        page_ready(vmm, region, vpn, write);
    pmap_show(vmm, space, vpn, table);
    return VMM_OK;
}

/* Demand zero, copy-on-write, swapped out, discarded: all are "the tables do not show what the
 * regions allow", and have the same answer. */
enum vmm_status vmm_fault(struct vmm *vmm, va_t cr2, uint32_t error)
{
    if (!vmm->current || !(error & FAULT_USER))
        return VMM_FAULT;
    return resolve(vmm, vmm->current, vpn_of(vmm, cr2), error & FAULT_WRITE, true);
}

enum vmm_status vmm_copy(struct vmm *vmm, uint32_t s, va_t va, uint32_t *word, bool out)
{
    struct space *space = space_find(vmm, s);
    vpn_t vpn = vpn_of(vmm, va);
    if (!space)
        return VMM_BAD_SLOT;
    if (va % sizeof(*word))
        return VMM_BAD_ARGUMENT;
    pmap_settle(vmm, space);
    enum vmm_status status = resolve(vmm, space, vpn, out, false);
    if (status)
        return status;
    va_t at = pmap_reach(vmm, region_find(vmm, space, vpn), va);
    if (out)
        machine_store(at, *word);
    else
        *word = machine_load(at);
    return VMM_OK;
}
