/* sim_target.c: the VMM in this process, on the simulated machine. */
#include "../../vmm/vmm.h"
#include "../lib/walk.h"
#include "../sim/sim.h"
#include "target.h"
#include <stdio.h>

/* The VMM's and the rig's names for the same things have the same values. */
_Static_assert((int)VMM_OK == (int)STATUS_OK && (int)VMM_FAULT == (int)STATUS_FAULT &&
                   (int)VMM_NO_MEMORY == (int)STATUS_NO_MEMORY &&
                   (int)VMM_BAD_ARGUMENT == (int)STATUS_BAD_ARGUMENT &&
                   (int)VMM_EXISTS == (int)STATUS_EXISTS &&
                   (int)VMM_NOT_MAPPED == (int)STATUS_NOT_MAPPED &&
                   (int)VMM_NO_SPACE == (int)STATUS_NO_SPACE &&
                   (int)VMM_BAD_SLOT == (int)STATUS_BAD_SLOT,
               "statuses");
_Static_assert((int)VMM_PROT_NONE == (int)PROT_NO && (int)VMM_PROT_READ == (int)PROT_R &&
                   (int)VMM_PROT_WRITE == (int)PROT_RW,
               "protections");
_Static_assert((int)VMM_MAP_ANY == (int)OP_ANY && (int)VMM_MAP_EAGER == (int)OP_EAGER &&
                   (int)VMM_MAP_SEGMENT == (int)OP_BACKED,
               "flags of map");
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

/* One fault brings the page in and one more may be spurious; a target that needs more than this is
 * not making progress. */
enum { FAULTS_MAX = 6 };

struct sim_target {
    struct target base;
    struct sim *sim;
    struct vmm *vmm;
    void *vmm_memory;
    uint32_t spaces, segments;
    uint32_t current; /* slot that was switched to; OP_SLOTS: none */
    struct journal journal;
    const struct op *op; /* of the run in progress */
    struct outcome *outcome;
    struct vmm_config config;
};

static struct sim_target *of(struct target *target)
{
    return (struct sim_target *)target;
}

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
    struct vmm_config config = {
        .design.tables = VMM_TABLES_WINDOW, .spaces = spaces, .segments = segments};
    return vmm_size(&machine, &config);
}

size_t target_sim_state_bytes(const struct case_head *head, uint32_t spaces, uint32_t segments)
{
    struct sim_config config = sim_config(head);
    return sim_state_bytes(&config) + arena_bytes(vmm_bytes(head, spaces, segments)) +
           arena_bytes(sizeof(struct sim_target));
}

size_t target_sim_scratch_bytes(const struct case_head *head)
{
    struct sim_config config = sim_config(head);
    return sim_scratch_bytes(&config);
}

/* ---- Running operations. ---- */

static void boot(void *argument)
{
    struct sim_target *t = argument;
    t->vmm = vmm_init(t->vmm_memory, &t->sim->machine, &t->config);
}

static bool reset(struct target *target, const struct case_head *head)
{
    struct sim_target *t = of(target);
    struct machine *machine = &t->sim->machine;
    t->config = vmm_config(t, head);
    t->sim->config.tlb = head->tlb;
    sim_activate(t->sim);
    sim_reset(t->sim);
    if (!vmm_size(machine, &t->config)) {
        snprintf(target->why, sizeof target->why, "this design does not work with ram=%u bits=%u",
                 (unsigned)head->ram, (unsigned)head->bits);
        return false;
    }
    if (sim_call(t->sim, boot, t) != SIM_RETURNED) {
        snprintf(target->why, sizeof target->why, "the VMM did not boot: %s", t->sim->what);
        return false;
    }
    t->current = OP_SLOTS;

    struct facts *facts = &target->facts;
    uint32_t directory_end = 1u << head->bits;
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
        .negative_tlb = head->tlb == TLB_NEGATIVE,
    };
    if (t->config.design.tables == VMM_TABLES_RECURSIVE) {
        facts->kernel_own_pdes[0] = directory_end - 2; /* borrowed, and its own */
        facts->kernel_own_pdes[1] = directory_end;
    }
    return true;
}

/* A page fault of the user's access: notes what is odd about it and asks the VMM.  False: the
 * access is over. */
static bool handle_fault(struct sim_target *t, uint32_t va, bool write, uint32_t error)
{
    struct outcome *out = t->outcome;
    uint32_t vpn = va >> (t->base.facts.level_bits + 2);
    uint32_t entry = walk(&t->base.ram, machine_read_cr3(), vpn);
    bool user_range = vpn >> t->base.facts.level_bits < t->base.facts.user_pdes;
    bool allowed = entry & ENTRY_USER && (!write || entry & ENTRY_WRITABLE);

    out->faults++;
    out->spurious += allowed;
    out->error = error;
    out->cr2 = va;
    if (user_range && !allowed && !(error & FAULT_PRESENT) != !(entry & ENTRY_PRESENT))
        out->wrong_error = true;
    out->status = (enum op_status)vmm_fault(t->vmm, va, error);
    return out->status == STATUS_OK && out->faults < FAULTS_MAX;
}

static void user_access(struct sim_target *t, const struct op *op)
{
    struct outcome *out = t->outcome;
    bool write = op->code == OP_WRITE, done;
    uint32_t error;
    if (!vmm_exists(t->vmm, op->s)) {
        out->status = STATUS_BAD_SLOT;
        return;
    }
    if (t->current == op->s)
        vmm_commit(t->vmm, op->s);
    else
        vmm_switch(t->vmm, op->s);
    t->current = op->s;
    do {
        done = write ? sim_user_write(t->sim, op->va, op->x, &error)
                     : sim_user_read(t->sim, op->va, &out->word, &error);
    } while (!done && handle_fault(t, op->va, write, error));
}

static void body(void *argument)
{
    struct sim_target *t = argument;
    struct vmm *vmm = t->vmm;
    const struct op *op = t->op;
    struct outcome *out = t->outcome;
    va_t va = op->va;
    uint32_t word = op->x;
    enum vmm_status status = VMM_OK;

    switch ((enum op_code)op->code) {
    case OP_CREATE:
        status = vmm_create(vmm, op->s);
        break;
    case OP_DESTROY:
        status = vmm_destroy(vmm, op->s);
        if (!status && t->current == op->s)
            t->current = OP_SLOTS;
        break;
    case OP_SWITCH:
        status = vmm_switch(vmm, op->s);
        if (!status)
            t->current = op->s;
        break;
    case OP_FORK:
        status = vmm_fork(vmm, op->s, op->t);
        break;
    case OP_SEGMENT:
        status = vmm_segment(vmm, op->g, op->n);
        break;
    case OP_RELEASE:
        status = vmm_release(vmm, op->g);
        break;
    case OP_MAP:
        status = vmm_map(vmm, op->s, &va, op->n, op->prot, op->flags, op->g, op->x);
        out->va = va;
        break;
    case OP_MAP_DEVICE:
        status = vmm_map(vmm, op->s, &va, op->n, VMM_PROT_WRITE, VMM_MAP_DEVICE, 0, op->x);
        out->va = va;
        break;
    case OP_UNMAP:
        status = vmm_unmap(vmm, op->s, va, op->n);
        break;
    case OP_PROTECT:
        status = vmm_protect(vmm, op->s, va, op->n, op->prot);
        break;
    case OP_READ:
    case OP_WRITE:
        user_access(t, op);
        return;
    case OP_COPY_IN:
        status = vmm_copy(vmm, op->s, va, &out->word, false);
        break;
    case OP_COPY_OUT:
        status = vmm_copy(vmm, op->s, va, &word, true);
        break;
    case OP_EVICT:
        status = vmm_evict(vmm, op->s, va);
        break;
    case OP_DISCARD:
        status = vmm_discard(vmm, op->s);
        break;
    case OP_COMMIT:
        status = vmm_commit(vmm, op->s);
        break;
    case OP_FAIL:
        vmm_fail(vmm, op->x, op->flags & OP_STICKY);
        break;
    case OP_CHECK:
    case OP_CODES:
        break;
    }
    out->status = (enum op_status)status;
}

static enum end run(struct target *target, const struct op *op, struct outcome *outcome)
{
    static const enum end ends[] = {
        [SIM_RETURNED] = END_RETURNED,
        [SIM_PANIC] = END_PANIC,
        [SIM_HANG] = END_HANG,
        [SIM_STALE] = END_STALE,
        [SIM_TRIPLE_FAULT] = END_TRIPLE_FAULT,
    };
    struct sim_target *t = of(target);
    *outcome = (struct outcome){.status = STATUS_OK};
    sim_journal_clear(t->sim);
    sim_debt_clear(t->sim);
    t->op = op;
    t->outcome = outcome;
    enum sim_end end = sim_call(t->sim, body, t);
    if (end == SIM_RETURNED)
        return END_RETURNED;
    target->what = t->sim->what;
    snprintf(target->why, sizeof target->why, "%s (%#x)", t->sim->what, (unsigned)t->sim->value);
    return ends[end];
}

static void restored(struct target *target)
{
    sim_restored(of(target)->sim);
}

/* ---- Looking in. ---- */

static const struct journal *journal(struct target *target)
{
    struct sim_target *t = of(target);
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
    sim_watch(of(target)->sim, pfn, watched);
}

static bool exists(struct target *target, uint32_t s)
{
    return vmm_exists(of(target)->vmm, s);
}

static uint32_t directory(struct target *target, uint32_t s)
{
    return vmm_directory(of(target)->vmm, s);
}

static uint32_t current(struct target *target)
{
    (void)target;
    return machine_read_cr3();
}

static uint32_t segment_id(struct target *target, uint32_t g)
{
    return vmm_segment_id(of(target)->vmm, g);
}

static bool region(struct target *target, uint32_t s, uint32_t vpn, struct region_view *view)
{
    struct vmm_region_view r;
    if (!vmm_region_at_or_after(of(target)->vmm, s, vpn, &r))
        return false;
    *view = (struct region_view){.first = r.first,
                                 .last = r.last,
                                 .prot = (uint8_t)r.prot,
                                 .backing = (uint8_t)r.backing,
                                 .segment = r.segment,
                                 .offset = r.offset};
    return true;
}

static enum frame_state frame(struct target *target, uint32_t pfn, uint32_t *refs)
{
    struct vmm_frame_view view = vmm_frame(of(target)->vmm, pfn);
    *refs = view.refs;
    return (enum frame_state)view.state;
}

static void pools(struct target *target, uint32_t free[POOLS])
{
    struct vmm_pool_view view = vmm_pools(of(target)->vmm);
    free[POOL_FRAMES] = view.frames;
    free[POOL_PAGES] = view.pages;
    free[POOL_REGIONS] = view.regions;
    free[POOL_SEGMENTS] = view.segments;
    free[POOL_SLOTS] = view.slots;
}

static const char *invariant(struct target *target)
{
    return vmm_invariant(of(target)->vmm);
}

static bool stale(struct target *target, bool everything, uint32_t *vpn)
{
    struct sim *sim = of(target)->sim;
    if (sim_debt(sim, vpn))
        return true;
    return everything && sim_tlb_stale(sim, vpn);
}

static const struct target_class class = {
    .name = "sim",
    .reset = reset,
    .run = run,
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
};

struct target *target_sim_make(struct arena *state, struct arena *scratch,
                               const struct case_head *head, uint32_t spaces, uint32_t segments)
{
    struct sim_target *t = arena_take(state, sizeof *t);
    struct sim_config config = sim_config(head);
    t->base.class = &class;
    t->spaces = spaces;
    t->segments = segments;
    t->sim = sim_make(state, scratch, &config);
    t->base.ram = t->sim->ram;
    t->vmm_memory = arena_take(state, vmm_bytes(head, spaces, segments));
    return &t->base;
}
