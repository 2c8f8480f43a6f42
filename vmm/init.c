/* init.c: lays out the VMM's one object and brings up paging. */
#include "internal.h"

/* The choices, in the order of design.def. */
static const struct index *const indexes[] = {
    [VMM_INDEX_RBTREE] = &index_rbtree,
    [VMM_INDEX_LIST] = &index_list,
    [VMM_INDEX_BST] = &index_bst,
    [VMM_INDEX_TILING] = &index_tiling,
};
static const struct tables *const all_tables[] = {
    [VMM_TABLES_RECURSIVE] = &tables_recursive,
    [VMM_TABLES_WINDOW] = &tables_window,
    [VMM_TABLES_DIRECT] = &tables_direct,
    [VMM_TABLES_RECURSIVE_LOW] = &tables_recursive_low,
};

enum { LARGE_FRAMES = 16384 };

/* How many structures of a kind there are: so many for 8 frames of RAM, within limits.
 * Copy-on-write pages can outnumber frames, regions usually do not. */
struct sizing {
    uint32_t for_8_frames, least, most;
};
static const struct sizing page_sizing = {16, 32, 65536};
static const struct sizing region_sizing = {8, 16, 4096};
static const struct sizing segment_sizing = {1, 2, 64}; /* least: for each slot */
static const struct sizing table_sizing = {1, 4, 1024}; /* of the frames that may be allocated */
static const struct sizing large_region_sizing = {4, 4096, 32768}; /* with more than 64 MiB */

static uint32_t sized(struct sizing sizing, uint32_t frames)
{
    uint32_t n = frames / 8 * sizing.for_8_frames + frames % 8 * sizing.for_8_frames / 8;
    return n < sizing.least ? sizing.least : n > sizing.most ? sizing.most : n;
}

/* The next bytes of the object, or with memory NULL just their size. */
static void *take(uint8_t *memory, size_t *used, size_t bytes)
{
    void *here = memory ? memory + *used : NULL;
    *used += (bytes + 15) & ~(size_t)15;
    return here;
}

static struct pool pool_make(uint8_t *memory, size_t *used, size_t size, uint32_t count)
{
    return (struct pool){take(memory, used, size * count), NULL, (uint32_t)size, count, 0, count};
}

/* Sets every pointer of the object; with memory NULL only counts.  Of what only some designs need,
 * the others get nothing; all: as if the design were all of them. */
static size_t lay_out(struct vmm *vmm, uint8_t *memory, bool all)
{
    uint32_t frames = vmm->machine.free_frames;
    uint32_t kernel_pdes = (1u << vmm->machine.level_bits) - vmm->machine.user_pdes;
    struct sizing regions = frames > LARGE_FRAMES ? large_region_sizing : region_sizing;
    struct sizing segments = segment_sizing;
    size_t used = 0;
    segments.least *= vmm->config.segments;

    take(memory, &used, sizeof(struct vmm));
    vmm->frames = take(memory, &used, (frames + vmm->machine.backing_slots) * sizeof(struct frame));
    vmm->spaces = take(memory, &used, vmm->config.spaces * sizeof(struct space));
    vmm->names = take(memory, &used, vmm->config.segments * sizeof(struct segment *));
    vmm->kernel_entries = take(memory, &used, kernel_pdes * 2 * sizeof(uint32_t));
    vmm->pages = pool_make(memory, &used, sizeof(struct page), sized(page_sizing, frames));
    vmm->regions = pool_make(memory, &used, sizeof(struct region), sized(regions, frames));
    vmm->segments = pool_make(memory, &used, sizeof(struct segment), sized(segments, frames));
    if (all || vmm->config.design.index == VMM_INDEX_TILING)
        vmm->tiles = pool_make(memory, &used, sizeof(struct region),
                               vmm->regions.total + vmm->config.spaces);
    return used;
}

size_t vmm_size(const struct machine *machine, const struct vmm_config *config)
{
    const struct tables *tables = all_tables[config->design.tables];
    if (machine->level_bits < MACHINE_LEVEL_BITS_MIN ||
        machine->level_bits > MACHINE_LEVEL_BITS_MAX ||
        machine->user_pdes + 4 > 1u << machine->level_bits ||
        (tables->fits && !tables->fits(machine)) || machine->free_frames <= tables->frames(machine))
        return 0;
    struct vmm scratch = {.machine = *machine, .config = *config};
    return lay_out(&scratch, NULL, false);
}

size_t vmm_size_most(const struct machine *machine, uint32_t spaces, uint32_t segments)
{
    struct vmm scratch = {.machine = *machine, .config = {.spaces = spaces, .segments = segments}};
    return lay_out(&scratch, NULL, true);
}

/* An entry that every directory gets, as the boot directory has it. */
void kernel_entry(struct vmm *vmm, uint32_t pde, uint32_t entry)
{
    vmm->kernel_entries[2 * vmm->kernel_count] = pde;
    vmm->kernel_entries[2 * vmm->kernel_count++ + 1] = entry;
}

struct vmm *vmm_init(void *memory, const struct machine *machine, const struct vmm_config *config)
{
    struct vmm *vmm = memory;
    *vmm = (struct vmm){.machine = *machine, .config = *config};
    vmm->index = indexes[config->design.index];
    vmm->tables = all_tables[config->design.tables];
    lay_out(vmm, memory, false);
    vmm->ram = (struct place_list){NOWHERE, 0, machine->free_frames};
    vmm->slots = (struct place_list){NOWHERE, machine->free_frames, machine->backing_slots};
    for (uint32_t s = 0; s < config->spaces; s++)
        vmm->spaces[s] = (struct space){.used = false};
    for (uint32_t g = 0; g < config->segments; g++)
        vmm->names[g] = NULL;

    /* Tables that map tables must exist before they can be reached through themselves; they are
     * made now, while a virtual address still is a physical one. */
    va_t image = (machine->boot_directory << (machine->level_bits + 2)) + 4 * machine->user_pdes;
    kernel_entry(vmm, machine->user_pdes, machine_load(image));
    vmm->tables->bootstrap(vmm);
    machine_load_cr3(machine->boot_directory);

    if (config->limit && config->limit < vmm->ram.left)
        vmm->ram.left = config->limit;
    vmm->tables_left = vmm->tables->pooled ? sized(table_sizing, vmm->ram.left) : TABLES_UNLIMITED;
    vmm->tables_most = vmm->tables_left;
    return vmm;
}
