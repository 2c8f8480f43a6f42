/* pmap_recursive.c: the page directory maps itself (Frounze, Shatskih).
 *
 * A directory is also a table, so an entry that names its own directory makes all of its tables
 * appear as pages, E of them, the directory itself among them.  Another space's directory is
 * borrowed: named in a second entry, its tables appear there.
 *
 *      entry E-1  SELF     tables of this space;     page E-1 there: its directory
 *      entry E-2  BORROW   tables of another space;  page E-1 there: the other's directory, because
 *                          the other directory, walked as a table, names itself there
 *      entry E-3  a table of windows, for page frames
 *
 * Bootstrap: while paging is off, the boot directory gets its SELF entry by its physical address.
 * Each new directory gets its own SELF entry through a window, before anyone walks it. */
#include "internal.h"

enum { SELF = 1, BORROW = 2, WINDOWS_TABLE = 3 }; /* counted from the end of the directory */

static uint32_t entry_number(const struct vmm *vmm, uint32_t from_end)
{
    return (1u << vmm->machine.level_bits) - from_end;
}

/* The page of kernel addresses where table pde of the directory in entry from_end appears. */
static va_t appears(const struct vmm *vmm, uint32_t from_end, uint32_t pde)
{
    unsigned level_bits = vmm->machine.level_bits;
    return (entry_number(vmm, from_end) << level_bits | pde) << (level_bits + 2);
}

static uint32_t frames(const struct machine *machine)
{
    (void)machine;
    return 1;
}

static void bootstrap(struct vmm *vmm)
{
    pfn_t boot = vmm->machine.boot_directory;
    machine_store((boot << (vmm->machine.level_bits + 2)) + 4 * entry_number(vmm, SELF),
                  boot << PTE_PFN_SHIFT | PTE_PRESENT | PTE_WRITE);
    bootstrap_table(vmm, entry_number(vmm, WINDOWS_TABLE));
    vmm->windows = appears(vmm, WINDOWS_TABLE, 0);
    vmm->windows_at = appears(vmm, SELF, entry_number(vmm, WINDOWS_TABLE));
}

/* Names space's directory (NULL: none) in the BORROW entry of the directory in CR3.  A changed
 * entry moves E translations at once, so CR3 is loaded rather than E pages invalidated. */
static void borrow(struct vmm *vmm, struct space *space)
{
    va_t entry = appears(vmm, SELF, entry_number(vmm, SELF)) + 4 * entry_number(vmm, BORROW);
    bool had = vmm->borrowed;
    uint32_t flags = PTE_PRESENT | PTE_WRITE;
    machine_store(entry, space ? space->directory << PTE_PFN_SHIFT | flags : 0);
    vmm->borrowed = space;
    if (had)
        machine_load_cr3(machine_read_cr3());
}

static uint32_t reach(struct vmm *vmm, struct space *space)
{
    if (space == vmm->current)
        return SELF;
    if (space != vmm->borrowed)
        borrow(vmm, space);
    return BORROW;
}

static va_t directory(struct vmm *vmm, struct space *space)
{
    return appears(vmm, reach(vmm, space), entry_number(vmm, SELF));
}

static va_t table(struct vmm *vmm, struct space *space, uint32_t pde)
{
    return appears(vmm, reach(vmm, space), pde);
}

static va_t frame(struct vmm *vmm, pfn_t pfn, int window)
{
    return window_map(vmm, window, pfn);
}

static void adopt(struct vmm *vmm, struct space *space, va_t directory)
{
    machine_store(directory + 4 * entry_number(vmm, SELF),
                  space->directory << PTE_PFN_SHIFT | PTE_PRESENT | PTE_WRITE);
}

static void leave(struct vmm *vmm)
{
    if (vmm->borrowed)
        borrow(vmm, NULL);
}

static bool shows(const struct vmm *vmm, const struct space *space)
{
    return vmm->borrowed == space;
}

const struct tables tables_recursive = {
    .frames = frames,
    .bootstrap = bootstrap,
    .directory = directory,
    .table = table,
    .frame = frame,
    .adopt = adopt,
    .leave = leave,
    .shows = shows,
};
