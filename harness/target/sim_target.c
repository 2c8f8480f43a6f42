/* sim_target.c: the target `sim`: the VMM in this process, on the simulated machine.  Making it,
 * resetting it, looking into it; sim_run.c runs operations. */
#include "sim_target.h"
#include <stdio.h>

/* The VMM's and the rig's names for what is looked at have the same values. */
_Static_assert((int)VMM_FRAME_FREE == (int)FRAME_FREE && (int)VMM_FRAME_PAGE == (int)FRAME_PAGE &&
                   (int)VMM_FRAME_TABLE == (int)FRAME_TABLE &&
                   (int)VMM_FRAME_DIRECTORY == (int)FRAME_DIRECTORY,
               "states of frames");
_Static_assert((int)VMM_BACKING_PRIVATE == (int)BACKING_PRIVATE &&
                   (int)VMM_BACKING_SEGMENT == (int)BACKING_SEGMENT &&
                   (int)VMM_BACKING_DEVICE == (int)BACKING_DEVICE,
               "backings");
_Static_assert((int)SIM_TLB_TYPICAL == (int)TLB_TYPICAL &&
                   (int)SIM_TLB_PARANOID == (int)TLB_PARANOID &&
                   (int)SIM_TLB_NEGATIVE == (int)TLB_NEGATIVE && (int)SIM_TLB_NONE == (int)TLB_NONE,
               "TLB personalities");

/* A kernel's image at 3 GiB is the custom; tiny directories are halved. */
static uint32_t user_pdes(unsigned level_bits)
{
    return level_bits < 5 ? 1u << (level_bits - 1) : 3u << (level_bits - 2);
}

static struct sim_config sim_config(const struct case_head *head)
{
    return (struct sim_config){
        .level_bits = head->bits,
        .user_pdes = user_pdes(head->bits),
        .ram_frames = head->ram,
        .device_frames = head->bits < 5 ? 2 : 16,
        .backing_slots = head->slots,
        .tlb = head->tlb,
    };
}

static struct vmm_config vmm_config(const struct sim_target *t, const struct case_head *head)
{
    const uint8_t *choice = head->design.choice;
    struct vmm_config config = {
        .limit = head->limit,
        .spaces = t->spaces,
        .segments = t->segments,
    };
#define DESIGN_AXIS(AXIS, name, text) config.design.name = choice[AXIS_##AXIS];
#include "../../vmm/design.def"
    return config;
}

/* What the machine will be, before there is one; for sizes. */
static size_t vmm_bytes(const struct case_head *head, uint32_t spaces, uint32_t segments)
{
    struct sim_config sim = sim_config(head);
    struct machine machine = {
        .level_bits = sim.level_bits,
        .user_pdes = sim.user_pdes,
        .free_first = SIM_FREE_FIRST,
        .free_frames = sim.ram_frames - SIM_FREE_FIRST,
        .device_first = sim.ram_frames,
        .device_frames = sim.device_frames,
        .backing_slots = sim.backing_slots,
    };
    return vmm_size_most(&machine, spaces, segments);
}

static void boot(void *argument)
{
    struct sim_target *t = argument;
    t->vmm = vmm_init(t->vmm_memory, &t->sim->machine, &t->config);
}

static bool reset(struct target *target, const struct case_head *head)
{
    struct sim_target *t = sim_of(target);
    struct machine *machine = &t->sim->machine;
    t->config = vmm_config(t, head);
    t->sim->config.tlb = head->tlb;
    sim_activate(t->sim);
    sim_reset(t->sim);
    if (!vmm_size(machine, &t->config)) {
        snprintf(target->why, sizeof target->why,
                 "the VMM does not have this design, or not with ram=%u bits=%u",
                 (unsigned)head->ram, (unsigned)head->bits);
        return false;
    }
    if (sim_call(t->sim, boot, t) != SIM_RETURNED) {
        snprintf(target->why, sizeof target->why, "the VMM did not boot: %s", t->sim->what);
        return false;
    }
    t->current = OP_SLOTS;

    struct facts *facts = &target->facts;
    *facts = (struct facts){
        .level_bits = head->bits,
        .user_pdes = machine->user_pdes,
        .ram_frames = head->ram,
        .device_frames = machine->device_frames,
        .limit = vmm_pools(t->vmm).frames,
        .slots = head->slots,
        .boot_directory = machine->boot_directory,
        .deferred = t->config.design.update == VMM_UPDATE_DEFERRED,
        .copy_fork = t->config.design.fork == VMM_FORK_COPY,
        .lazy = t->config.design.update == VMM_UPDATE_LAZY,
        .reclaims = t->config.design.discard == VMM_DISCARD_ON,
        .negative_tlb = head->tlb == TLB_NEGATIVE,
    };
    struct vmm_own_entries own = vmm_own_entries(t->vmm);
    facts->kernel_own_pdes[0] = own.from;
    facts->kernel_own_pdes[1] = own.to;
    return true;
}

static void restored(struct target *target)
{
    sim_restored(sim_of(target)->sim);
}

/* ---- Looking in. ---- */

static const struct journal *journal(struct target *target)
{
    struct sim_target *t = sim_of(target);
    const struct sim_journal *j = &t->sim->journal;
    t->journal = (struct journal){
        .words = (const struct journal_word *)j->words,
        .pages = j->pages,
        .changed = j->changed,
        .word_count = j->word_count,
        .page_count = j->page_count,
        .changed_count = j->changed_count,
        .overflow = j->overflow,
    };
    return &t->journal;
}

static void watch(struct target *target, uint32_t pfn, bool watched)
{
    sim_watch(sim_of(target)->sim, pfn, watched);
}

static bool exists(struct target *target, uint32_t s)
{
    return vmm_exists(sim_of(target)->vmm, s);
}

static uint32_t directory(struct target *target, uint32_t s)
{
    return vmm_directory(sim_of(target)->vmm, s);
}

static uint32_t current(struct target *target)
{
    (void)target;
    return machine_read_cr3();
}

static uint32_t segment_id(struct target *target, uint32_t g)
{
    return vmm_segment_id(sim_of(target)->vmm, g);
}

/* What walks the VMM's lists and trees is guarded as its operations are: a broken one may crash or
 * never end.  False: it did; then target->looking says how. */
static bool look(struct sim_target *t, void (*body)(void *argument))
{
    enum end end = sim_guarded(t, body);
    if (end != END_RETURNED)
        t->base.looking = end;
    return end == END_RETURNED;
}

static void find_region(void *argument)
{
    struct sim_target *t = argument;
    t->found = vmm_region_at_or_after(t->vmm, t->find_s, t->find_vpn, &t->region);
}

static bool region(struct target *target, uint32_t s, uint32_t vpn, struct region_view *view)
{
    struct sim_target *t = sim_of(target);
    const struct vmm_region_view *r = &t->region;
    t->find_s = s;
    t->find_vpn = vpn;
    if (!look(t, find_region) || !t->found)
        return false;
    *view = (struct region_view){.first = r->first,
                                 .last = r->last,
                                 .prot = (uint8_t)r->prot,
                                 .backing = (uint8_t)r->backing,
                                 .segment = r->segment,
                                 .offset = r->offset};
    return true;
}

static enum frame_state frame(struct target *target, uint32_t pfn, uint32_t *refs)
{
    struct vmm_frame_view view = vmm_frame(sim_of(target)->vmm, pfn);
    *refs = view.refs;
    return (enum frame_state)view.state;
}

static void pools(struct target *target, uint32_t free[POOLS])
{
    struct vmm_pool_view view = vmm_pools(sim_of(target)->vmm);
    free[POOL_FRAMES] = view.frames;
    free[POOL_PAGES] = view.pages;
    free[POOL_REGIONS] = view.regions;
    free[POOL_SEGMENTS] = view.segments;
    free[POOL_SLOTS] = view.slots;
    free[POOL_TABLES] = view.tables;
}

static void find_broken(void *argument)
{
    struct sim_target *t = argument;
    t->broken = vmm_invariant(t->vmm);
}

static const char *invariant(struct target *target)
{
    struct sim_target *t = sim_of(target);
    return look(t, find_broken) ? t->broken : "the check itself failed";
}

static bool stale(struct target *target, bool everything, uint32_t *vpn)
{
    struct sim *sim = sim_of(target)->sim;
    if (sim_debt(sim, vpn))
        return true;
    return everything && sim_tlb_stale(sim, vpn);
}

static void counts(struct target *target, struct target_counts *counts)
{
    struct sim_target *t = sim_of(target);
    const struct sim_counts *sim = sim_counts(t->sim);
    *counts = (struct target_counts){
        .stores = sim->stores,
        .invlpgs = sim->invlpgs,
        .cr3_loads = sim->cr3_loads,
        .pages = sim->pages,
        .walks = sim->walks,
        .structure_bytes = vmm_structure_bytes(t->vmm),
    };
}

/* The machine's memory is what everybody looks at. */
static bool refresh(struct target *target)
{
    (void)target;
    return true;
}

/* Nothing was started. */
static void free_nothing(struct target *target)
{
    (void)target;
}

static const struct target_class class = {
    .reset = reset,
    .run = sim_run,
    .journal = journal,
    .watch = watch,
    .exists = exists,
    .directory = directory,
    .current = current,
    .segment_id = segment_id,
    .region = region,
    .frame = frame,
    .pools = pools,
    .invariant = invariant,
    .restored = restored,
    .stale = stale,
    .refresh = refresh,
    .free = free_nothing,
    .counts = counts,
};

struct target *target_sim_make(struct arena *state, struct arena *scratch,
                               const struct target_setup *setup)
{
    struct sim_target *t = arena_take(state, sizeof *t);
    struct sim_config config = sim_config(setup->head);
    config.no_debt = !setup->options->debt;
    config.hang_seconds = setup->options->hang_seconds;
    t->base.class = &class;
    t->spaces = setup->spaces;
    t->segments = setup->segments;
    t->sim = sim_make(state, scratch, &config);
    t->base.ram = t->sim->ram;
    t->vmm_memory = arena_take(state, vmm_bytes(setup->head, setup->spaces, setup->segments));
    return &t->base;
}
