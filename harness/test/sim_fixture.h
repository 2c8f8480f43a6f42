/* sim_fixture.h: a simulated machine with page tables built by hand, for the tests of harness/sim.
 *
 * Memory, in frames:   1 boot directory    3 DIRECTORY      5 KERNEL_TABLE    7 OTHER
 *                      2 image table       4 TABLE          6 DATA            8, 9 MOVED, SPARE
 *
 * DIRECTORY names TABLE at its entry USER_PDE (present, writable, user), and KERNEL_TABLE, which
 * shows frames 1 to 7 to the supervisor, at the first entry of the kernel's half.  TABLE is empty,
 * and nothing names OTHER. */
#ifndef SIM_FIXTURE_H
#define SIM_FIXTURE_H

#include "../sim/sim.h"
#include <string.h>

enum { DIRECTORY = 3, TABLE, KERNEL_TABLE, DATA, OTHER, MOVED, SPARE };
enum { USER_PDE = 1, RAM_FRAMES = 32, DEVICE_FRAMES = 4, BACKING_SLOTS = 5 };
enum { P = PTE_PRESENT, W = PTE_WRITE, U = PTE_USER, A = PTE_ACCESSED, D = PTE_DIRTY };

struct fixture {
    struct arena state, scratch;
    struct sim *sim;
    unsigned level_bits;
    uint32_t kernel_pde;
};

static const char *const personality_names[] = {"typical", "paranoid", "negative", "none"};

static inline uint32_t entry(pfn_t pfn, uint32_t flags)
{
    return pfn << PTE_PFN_SHIFT | flags;
}

static inline vpn_t page_at(const struct fixture *f, uint32_t pde, uint32_t pte)
{
    return pde << f->level_bits | pte;
}

static inline va_t va_of(const struct fixture *f, vpn_t vpn)
{
    return vpn << (f->level_bits + 2);
}

/* A word of frames 1 to 7, as the supervisor sees it. */
static inline va_t kernel_va(const struct fixture *f, pfn_t pfn, uint32_t index)
{
    return va_of(f, page_at(f, f->kernel_pde, pfn)) + index * 4;
}

/* Looks into memory, or changes it, past the MMU and the journal. */
static inline uint32_t peek(const struct fixture *f, pfn_t pfn, uint32_t index)
{
    return pages_get(&f->sim->ram, pfn, index);
}

static inline void poke(const struct fixture *f, pfn_t pfn, uint32_t index, uint32_t word)
{
    pages_set(&f->sim->ram, pfn, index, word);
}

static inline struct fixture fixture_boot(unsigned level_bits, enum sim_tlb tlb)
{
    uint32_t entries = 1u << level_bits;
    struct sim_config config = {
        .level_bits = level_bits,
        .user_pdes = level_bits < 5 ? entries / 2 : entries / 4 * 3,
        .ram_frames = RAM_FRAMES,
        .device_frames = DEVICE_FRAMES,
        .backing_slots = BACKING_SLOTS,
        .tlb = tlb,
        .hang_seconds = 10,
    };
    struct fixture f = {.level_bits = level_bits, .kernel_pde = config.user_pdes};
    f.state = arena_make(sim_state_bytes(&config));
    f.scratch = arena_make(sim_scratch_bytes(&config));
    f.sim = sim_make(&f.state, &f.scratch, &config);
    sim_activate(f.sim);
    return f;
}

static inline struct fixture fixture_paging(unsigned level_bits, enum sim_tlb tlb)
{
    struct fixture f = fixture_boot(level_bits, tlb);
    poke(&f, DIRECTORY, USER_PDE, entry(TABLE, P | W | U));
    poke(&f, DIRECTORY, f.kernel_pde, entry(KERNEL_TABLE, P | W));
    for (pfn_t pfn = 1; pfn <= OTHER; pfn++)
        poke(&f, KERNEL_TABLE, pfn, entry(pfn, P | W));
    machine_load_cr3(DIRECTORY);
    return f;
}

static inline void fixture_free(struct fixture *f)
{
    sim_activate(NULL);
    arena_free(&f->state);
    arena_free(&f->scratch);
}

/* One access of the VMM's, as the body of a sim_call. */
struct access {
    va_t va;
    bool write;
    uint32_t word;
};

static inline void access_body(void *argument)
{
    struct access *access = argument;
    if (access->write)
        machine_store(access->va, access->word);
    else
        access->word = machine_load(access->va);
}

static inline enum sim_end supervisor(const struct fixture *f, va_t va, bool write)
{
    struct access access = {.va = va, .write = write};
    return sim_call(f->sim, access_body, &access);
}

static inline bool ended(const struct fixture *f, const char *what, uint32_t value)
{
    return f->sim->what && !strcmp(f->sim->what, what) && f->sim->value == value;
}

#endif
