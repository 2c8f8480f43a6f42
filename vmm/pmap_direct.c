/* pmap_direct.c: all frames are mapped at an offset, for ever (Lee).
 *
 * The map starts in the directory entry after the kernel's image and reaches as far as the
 * directory does; device frames are in it too, for the kernel's own copies.  Its tables are filled
 * while paging is off.
 *
 * How many page tables there may be is fixed at boot.  A table's frame has its descriptor in the
 * frame table, with its entries counted, its space and its directory entry; with discard=on that is
 * how one is found that another space can do without. */
#include "internal.h"

static pfn_t frames_end(const struct machine *machine)
{
    pfn_t ram = machine->free_first + machine->free_frames;
    pfn_t device = machine->device_first + machine->device_frames;
    return ram > device ? ram : device;
}

static uint32_t tables_needed(const struct machine *machine)
{
    return (frames_end(machine) + (1u << machine->level_bits) - 1) >> machine->level_bits;
}

static bool fits(const struct machine *machine)
{
    return machine->user_pdes + 1 + tables_needed(machine) <= 1u << machine->level_bits;
}

static void bootstrap(struct vmm *vmm)
{
    unsigned level_bits = vmm->machine.level_bits;
    for (uint32_t i = 0; i < tables_needed(&vmm->machine); i++) {
        pfn_t table = place_pfn(vmm, bootstrap_table(vmm, vmm->machine.user_pdes + 1 + i));
        pfn_t first = i << level_bits, end = frames_end(&vmm->machine);
        for (uint32_t j = 0; j >> level_bits == 0 && first + j < end; j++)
            machine_store((table << (level_bits + 2)) + 4 * j,
                          (first + j) << PTE_PFN_SHIFT | PTE_PRESENT | PTE_WRITE);
    }
    vmm->offset = (vmm->machine.user_pdes + 1) << (2 * level_bits + 2);
}

static va_t frame(struct vmm *vmm, pfn_t pfn, int window)
{
    (void)window;
    return vmm->offset + (pfn << (vmm->machine.level_bits + 2));
}

static va_t directory(struct vmm *vmm, struct space *space)
{
    return frame(vmm, space->directory, WINDOW_DIRECTORY);
}

static va_t table(struct vmm *vmm, struct space *space, uint32_t pde)
{
    return frame(vmm, machine_load(directory(vmm, space) + 4 * pde) >> PTE_PFN_SHIFT, WINDOW_TABLE);
}

const struct tables tables_direct = {
    .pooled = true,
    .fits = fits,
    .frames = tables_needed,
    .bootstrap = bootstrap,
    .directory = directory,
    .table = table,
    .frame = frame,
};
