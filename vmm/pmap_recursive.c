/* pmap_recursive.c: the page directory maps itself (Frounze, Shatskih).
 *
 * A directory is also a table, so an entry that names its own directory makes all of its tables
 * appear as pages, E of them, the directory itself among them.  Another space's directory is
 * borrowed: named in a second entry, its tables appear there.
 *
 *      SELF     tables of this space;     page SELF there: its directory
 *      BORROW   tables of another space;  page SELF there: the other's directory, because the other
 *               directory, walked as a table, names itself there
 *      WINDOWS  a table of windows, for page frames
 *
 * These three entries are the last of the directory, E-2 to E-1 and E-3 (tables=recursive: 1023 on
 * the i386, so the directory is the last page of all), or the first above the kernel's image
 * (tables=recursive-low: 769 to 771; 768 is the image's).
 *
 * Bootstrap: while paging is off, the boot directory gets its SELF entry by its physical address.
 * Each new directory gets its own SELF entry through a window, before anyone walks it. */
#include "internal.h"

/* The page of kernel addresses where table pde of the directory that an entry names appears. */
static va_t appears(const struct vmm *vmm, uint32_t entry, uint32_t pde)
{
    unsigned level_bits = vmm->machine.level_bits;
    return (entry << level_bits | pde) << (level_bits + 2);
}

static uint32_t frames(const struct machine *machine)
{
    (void)machine;
    return 1;
}

static void bootstrap_entries(struct vmm *vmm, uint32_t self, uint32_t borrow, uint32_t windows)
{
    pfn_t boot = vmm->machine.boot_directory;
    vmm->self = self;
    vmm->borrow = borrow;
    machine_store((boot << (vmm->machine.level_bits + 2)) + 4 * self,
                  boot << PTE_PFN_SHIFT | PTE_PRESENT | PTE_WRITE);
    bootstrap_table(vmm, windows);
    vmm->windows = appears(vmm, windows, 0);
    vmm->windows_at = appears(vmm, self, windows);
}

static void bootstrap(struct vmm *vmm)
{
    uint32_t end = 1u << vmm->machine.level_bits;
    bootstrap_entries(vmm, end - 1, end - 2, end - 3);
}

static void bootstrap_low(struct vmm *vmm)
{
    uint32_t first = vmm->machine.user_pdes + 1;
    bootstrap_entries(vmm, first, first + 1, first + 2);
}

/* Names space's directory (NULL: none, and the caller loads CR3) in the BORROW entry of the
 * directory in CR3.  A changed entry moves E translations at once, so CR3 is loaded rather than E
 * pages invalidated. */
static void borrow(struct vmm *vmm, struct space *space)
{
    va_t entry = appears(vmm, vmm->self, vmm->self) + 4 * vmm->borrow;
    bool had = vmm->borrowed;
    uint32_t flags = PTE_PRESENT | PTE_WRITE;
    machine_store(entry, space ? space->directory << PTE_PFN_SHIFT | flags : 0);
    vmm->borrowed = space;
    if (had && space)
        machine_load_cr3(machine_read_cr3());
}

static uint32_t reach(struct vmm *vmm, struct space *space)
{
    if (space == vmm->current)
        return vmm->self;
    if (space != vmm->borrowed)
        borrow(vmm, space);
    return vmm->borrow;
}

static va_t directory(struct vmm *vmm, struct space *space)
{
    return appears(vmm, reach(vmm, space), vmm->self);
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
    machine_store(directory + 4 * vmm->self,
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

const struct tables tables_recursive_low = {
    .frames = frames,
    .bootstrap = bootstrap_low,
    .directory = directory,
    .table = table,
    .frame = frame,
    .adopt = adopt,
    .leave = leave,
    .shows = shows,
};
