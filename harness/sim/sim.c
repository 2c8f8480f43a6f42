/* sim.c: makes a simulated machine, sets it back to boot, and keeps its journal. */
#include "sim_private.h"

enum { WORDS_MAX = 8192 };

static uint32_t word_capacity(const struct sim_config *config)
{
    uint32_t words = 64u << config->level_bits;
    return words < WORDS_MAX ? words : WORDS_MAX;
}

static uint32_t frame_count(const struct sim_config *config)
{
    return config->ram_frames + config->device_frames;
}

size_t sim_state_bytes(const struct sim_config *config)
{
    uint32_t frames = frame_count(config);
    return arena_bytes(sizeof(struct sim)) + arena_bytes(sizeof(struct sim_kept)) +
           arena_bytes(frames) + arena_bytes(pages_bytes(frames, config->level_bits)) +
           arena_bytes(pages_bytes(config->backing_slots, config->level_bits));
}

static size_t set_bytes(size_t numbers)
{
    return 2 * arena_bytes(numbers * sizeof(uint32_t));
}

size_t sim_scratch_bytes(const struct sim_config *config)
{
    size_t frames = frame_count(config), level_bits = config->level_bits;
    return arena_bytes(sizeof(struct sim_private)) +
           arena_bytes(word_capacity(config) * sizeof(struct sim_word)) +
           4 * arena_bytes(frames * sizeof(pfn_t)) + set_bytes((size_t)1 << 2 * level_bits) +
           set_bytes((size_t)1 << level_bits) + tlb_bytes(config->level_bits);
}

static struct sparse_set set_make(struct arena *arena, size_t numbers)
{
    struct sparse_set set = {0};
    set.member = arena_take(arena, numbers * sizeof(uint32_t));
    set.position = arena_take(arena, numbers * sizeof(uint32_t));
    return set;
}

static void make_scratch(struct sim *sim, struct arena *scratch)
{
    const struct sim_config *config = &sim->config;
    size_t list = frame_count(config) * sizeof(pfn_t);
    unsigned level_bits = config->level_bits;
    struct sim_private *p = arena_take(scratch, sizeof *p);

    sim->private = p;
    p->word_capacity = word_capacity(config);
    sim->journal.words = arena_take(scratch, p->word_capacity * sizeof(struct sim_word));
    sim->journal.pages = arena_take(scratch, list);
    sim->journal.changed = arena_take(scratch, list);
    p->page_stamp = arena_take(scratch, list);
    p->changed_stamp = arena_take(scratch, list);
    p->owed_pages = set_make(scratch, (size_t)1 << 2 * level_bits);
    p->owed_tables = set_make(scratch, (size_t)1 << level_bits);
    p->tlb = tlb_make(scratch, level_bits);
    tlb_become(&p->tlb, config->tlb);
    p->page_shift = (uint8_t)(level_bits + 2);
    p->index_mask = (1u << level_bits) - 1;
    p->refused_bits = (va_t) ~(((uint64_t)1 << (3 * level_bits + 2)) - 1) | 3;
    p->calls_left = UINT64_MAX;
}

/* What the boot loader left: the kernel's half of the first directory, with the table that maps the
 * kernel's image, here these two tables themselves: the directory read-only, the table writable.
 * Frames and slots are zero. */
static void boot(struct sim *sim)
{
    struct sim_kept *kept = sim->private->kept;
    const struct pages *ram = &sim->ram;
    pages_set(ram, SIM_DIRECTORY, sim->config.user_pdes,
              SIM_IMAGE_TABLE << PTE_PFN_SHIFT | PTE_PRESENT | PTE_WRITE);
    pages_set(ram, SIM_IMAGE_TABLE, SIM_DIRECTORY, SIM_DIRECTORY << PTE_PFN_SHIFT | PTE_PRESENT);
    pages_set(ram, SIM_IMAGE_TABLE, SIM_IMAGE_TABLE,
              SIM_IMAGE_TABLE << PTE_PFN_SHIFT | PTE_PRESENT | PTE_WRITE);
    kept->cr3 = 0;
    kept->paging = false;
    kept->ram_used = SIM_FREE_FIRST;
    kept->backing_used = 0;
    sim->what = NULL;
    sim->value = 0;
    sim->private->counts = (struct sim_counts){0};
    sim->negative_faults = 0;
    sim_restored(sim);
}

struct sim *sim_make(struct arena *state, struct arena *scratch, const struct sim_config *config)
{
    uint32_t frames = frame_count(config);
    unsigned level_bits = config->level_bits;
    assert(level_bits >= MACHINE_LEVEL_BITS_MIN && level_bits <= MACHINE_LEVEL_BITS_MAX);
    assert(config->user_pdes < 1u << level_bits);
    assert(config->ram_frames > SIM_FREE_FIRST && frames <= 1u << TLB_VPN_BITS);

    struct sim *sim = arena_take(state, sizeof *sim);
    struct sim_kept *kept = arena_take(state, sizeof *kept);
    sim->config = *config;
    sim->machine = (struct machine){
        .level_bits = level_bits,
        .user_pdes = config->user_pdes,
        .free_first = SIM_FREE_FIRST,
        .free_frames = config->ram_frames - SIM_FREE_FIRST,
        .device_first = config->ram_frames,
        .device_frames = config->device_frames,
        .backing_slots = config->backing_slots,
        .boot_directory = SIM_DIRECTORY,
    };
    make_scratch(sim, scratch);
    sim->private->kept = kept;
    kept->watched = arena_take(state, frames);
    sim->ram =
        pages_make(arena_take(state, pages_bytes(frames, level_bits)), frames, (uint8_t)level_bits);
    kept->backing = pages_make(arena_take(state, pages_bytes(config->backing_slots, level_bits)),
                               config->backing_slots, (uint8_t)level_bits);
    boot(sim);
    return sim;
}

void sim_reset(struct sim *sim)
{
    struct sim_kept *kept = sim->private->kept;
    uint32_t ram_frames = sim->config.ram_frames;
    for (pfn_t pfn = 0; pfn < kept->ram_used; pfn++)
        if (!pages_empty(&sim->ram, pfn))
            pages_clear(&sim->ram, pfn);
    for (pfn_t pfn = ram_frames; pfn < sim->ram.count; pfn++)
        pages_clear(&sim->ram, pfn);
    for (uint32_t slot = 0; slot < kept->backing_used; slot++)
        pages_clear(&kept->backing, slot);
    memset(kept->watched, 0, kept->ram_used);
    memset(kept->watched + ram_frames, 0, sim->config.device_frames);
    tlb_become(&sim->private->tlb, sim->config.tlb);
    boot(sim);
}

void sim_restored(struct sim *sim)
{
    tlb_drop_all(&sim->private->tlb);
    sim_debt_clear(sim);
    sim_journal_clear(sim);
}

/* So that a reset finds the frame. */
static void use_frame(struct sim *sim, pfn_t pfn)
{
    struct sim_kept *kept = sim->private->kept;
    if (pfn >= kept->ram_used && pfn < sim->config.ram_frames)
        kept->ram_used = pfn + 1;
}

void sim_watch(struct sim *sim, pfn_t pfn, bool watched)
{
    sim->private->kept->watched[pfn] = watched;
    use_frame(sim, pfn);
}

void journal_append_page(struct sim *sim, pfn_t pfn)
{
    sim->private->page_stamp[pfn] = sim->private->journal_number;
    sim->journal.pages[sim->journal.page_count++] = pfn;
    use_frame(sim, pfn);
}

void sim_journal_clear(struct sim *sim)
{
    struct sim_private *p = sim->private;
    sim->journal.word_count = sim->journal.page_count = sim->journal.changed_count = 0;
    sim->journal.overflow = false;
    if (++p->journal_number == 0) {
        memset(p->page_stamp, 0, sim->ram.count * sizeof *p->page_stamp);
        memset(p->changed_stamp, 0, sim->ram.count * sizeof *p->changed_stamp);
        p->journal_number = 1;
    }
}

const struct pages *sim_backing(const struct sim *sim)
{
    return &sim->private->kept->backing;
}

const struct sim_counts *sim_counts(const struct sim *sim)
{
    return &sim->private->counts;
}
