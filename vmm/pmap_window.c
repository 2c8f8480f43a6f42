/* pmap_window.c: windows, and the design that reaches everything through them (Gottlieb, Keating).
 *
 * A window is a page of kernel addresses whose translation is changed at will.  The entries of all
 * windows lie in one table, which every directory names in the same entry.
 *
 *      tables=window: directory entry E-1 names the top table; its entry E-1 names itself, so the
 *      last page of the address space is the top table, and windows are the pages below it:
 *
 *          | window 0 | window 1 | window 2 | window 3 | ... | top table |   <- last E pages
 */
#include "internal.h"

/* Shows a frame in a window.  The old translation may be cached, so it is flushed when it changes,
 * whatever the design says of flushing user pages. */
va_t window_map(struct vmm *vmm, int window, pfn_t pfn)
{
    va_t va = vmm->windows + ((va_t)window << (vmm->machine.level_bits + 2));
    if (vmm->window[window] != pfn) {
        va_t entry = vmm->windows_at + 4 * (va_t)window;
        machine_store(entry, pfn << PTE_PFN_SHIFT | PTE_PRESENT | PTE_WRITE);
        machine_invlpg(va);
        vmm->window[window] = pfn;
    }
    return va;
}

/* A cleared table that every directory names in entry pde; paging is still off. */
place_t bootstrap_table(struct vmm *vmm, uint32_t pde)
{
    unsigned page_shift = vmm->machine.level_bits + 2;
    place_t table = frame_take(vmm, VMM_FRAME_TABLE);
    pfn_t pfn = place_pfn(vmm, table);
    machine_clear_page(pfn << page_shift);
    uint32_t entry = pfn << PTE_PFN_SHIFT | PTE_PRESENT | PTE_WRITE;
    machine_store((vmm->machine.boot_directory << page_shift) + 4 * pde, entry);
    kernel_entry(vmm, pde, entry);
    return table;
}

static uint32_t frames(const struct machine *machine)
{
    (void)machine;
    return 1;
}

static void bootstrap(struct vmm *vmm)
{
    unsigned level_bits = vmm->machine.level_bits;
    uint32_t top = (1u << level_bits) - 1;
    pfn_t pfn = place_pfn(vmm, bootstrap_table(vmm, top));
    machine_store((pfn << (level_bits + 2)) + 4 * top,
                  pfn << PTE_PFN_SHIFT | PTE_PRESENT | PTE_WRITE);
    vmm->windows = top << (2 * level_bits + 2);
    vmm->windows_at = vmm->windows + (top << (level_bits + 2));
}

static va_t directory(struct vmm *vmm, struct space *space)
{
    return window_map(vmm, WINDOW_DIRECTORY, space->directory);
}

static va_t table(struct vmm *vmm, struct space *space, uint32_t pde)
{
    uint32_t entry = machine_load(directory(vmm, space) + 4 * pde);
    return window_map(vmm, WINDOW_TABLE, entry >> PTE_PFN_SHIFT);
}

static va_t frame(struct vmm *vmm, pfn_t pfn, int window)
{
    return window_map(vmm, window, pfn);
}

const struct tables tables_window = {
    .frames = frames,
    .bootstrap = bootstrap,
    .directory = directory,
    .table = table,
    .frame = frame,
};
