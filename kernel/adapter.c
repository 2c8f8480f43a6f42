/* adapter.c: our kernel as the agent sees it: the agent's callbacks, on one VMM. */
#include "adapter.h"
#include "agent/agent.h"

/* The VMM's and the agent's names for the same things have the same values. */
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
_Static_assert(VMM_FRAME_FREE == 0 && VMM_FRAME_PAGE == 1 && VMM_FRAME_TABLE == 2 &&
                   VMM_FRAME_DIRECTORY == 3 && VMM_BACKING_PRIVATE == 0 &&
                   VMM_BACKING_SEGMENT == 1 && VMM_BACKING_DEVICE == 2,
               "the protocol's numbers of states and backings");

enum { AXES = sizeof(struct vmm_design), SLOTS_MAX = 16 };

static struct agent_mailbox mailbox __attribute__((aligned(PAGE_BYTES)));
static struct agent_kernel kernel;

static struct machine whole; /* as it was found at boot */
static struct machine machine;
static struct vmm *vmm;
static uint32_t current;    /* the space that programs run in; OP_SLOTS: none */
static uint32_t device_end; /* device frames below were mapped since the reset */

/* ---- Resetting. ---- */

static const char *refuse_config(const struct agent_reset *wanted)
{
    if (wanted->frames > whole.free_frames)
        return "there are not so many frames";
    if (wanted->slots > whole.backing_slots)
        return "the backing store has not so many slots";
    if (!wanted->spaces || wanted->spaces > SLOTS_MAX || !wanted->segments ||
        wanted->segments > SLOTS_MAX)
        return "1 to 16 spaces and segments";
    if (wanted->axes != AXES)
        return "not a choice for each design axis";
    for (uint32_t axis = 0; axis < AXES; axis++)
        if (wanted->design[axis] >= design_choices(axis))
            return "no such choice of a design axis";
    return NULL;
}

static struct vmm_config make_config(const struct agent_reset *wanted)
{
    struct vmm_config config = {
        .limit = wanted->limit, .spaces = wanted->spaces, .segments = wanted->segments};
    uint8_t *choice = (uint8_t *)&config.design;
    for (uint32_t axis = 0; axis < AXES; axis++)
        choice[axis] = wanted->design[axis];
    return config;
}

static const char *reset(const struct agent_reset *wanted, struct agent_world *world)
{
    const char *why = refuse_config(wanted);
    if (why)
        return why;
    struct vmm_config config = make_config(wanted);
    struct machine smaller = whole;
    smaller.free_frames = wanted->frames;
    smaller.backing_slots = wanted->slots;
    if (!vmm_size(&smaller, &config))
        return "this design does not work with so few frames";

    machine = smaller;
    machine_reset(&machine, true);
    machine_clear_device(0, device_end);
    device_end = 0;
    vmm = vmm_init((void *)OBJECT_VA, &machine, &config);
    current = OP_SLOTS;

    bool recursive = config.design.tables == VMM_TABLES_RECURSIVE;
    *world = (struct agent_world){
        .boot_directory = machine.boot_directory,
        .own_from = recursive ? ENTRIES - 2 : 0, /* borrowed, and its own */
        .own_to = recursive ? ENTRIES : 0,
    };
    return NULL;
}

/* ---- Operations. ---- */

static struct agent_outcome *running;

/* A page fault of a program: the VMM is asked, and it is noted.  False: the access is over. */
static bool repair(va_t cr2, uint32_t error)
{
    struct agent_fault *fault = &running->fault[running->faults++];
    fault->error = error;
    fault->cr2 = cr2;
    fault->before = agent_walk(&kernel, machine_read_cr3(), cr2);
    running->status = vmm_fault(vmm, cr2, error);
    fault->after = agent_walk(&kernel, machine_read_cr3(), cr2);
    return running->status == VMM_OK && running->faults < WIRE_FAULTS_MAX;
}

static void user_access(const struct op *op, struct agent_outcome *outcome)
{
    bool write = op->code == OP_WRITE;
    uint32_t word = op->x;
    if (!vmm_exists(vmm, op->s)) {
        outcome->status = VMM_BAD_SLOT;
        return;
    }
    if (current == op->s)
        vmm_commit(vmm, op->s);
    else
        vmm_switch(vmm, op->s);
    current = op->s;
    running = outcome;
    if (probe_access(write ? PROBE_WRITE : PROBE_READ, op->va, &word, repair) && !write)
        outcome->word = word;
}

static enum vmm_status map(const struct op *op, struct agent_outcome *outcome)
{
    return vmm_map(vmm, op->s, &outcome->va, op->n, op->prot, op->flags, op->g, op->x);
}

static enum vmm_status map_device(const struct op *op, struct agent_outcome *outcome)
{
    enum vmm_status status =
        vmm_map(vmm, op->s, &outcome->va, op->n, VMM_PROT_WRITE, VMM_MAP_DEVICE, 0, op->x);
    if (!status && device_end < op->x + op->n)
        device_end = op->x + op->n;
    return status;
}

/* A space that is current has become no space, or another is: programs go on there. */
static enum vmm_status destroy(uint32_t s)
{
    enum vmm_status status = vmm_destroy(vmm, s);
    if (!status && current == s)
        current = OP_SLOTS;
    return status;
}

static enum vmm_status switch_to(uint32_t s)
{
    enum vmm_status status = vmm_switch(vmm, s);
    if (!status)
        current = s;
    return status;
}

static void run(const struct op *op, struct agent_outcome *outcome)
{
    uint32_t word = op->x;
    enum vmm_status status = VMM_OK;
    outcome->status = VMM_OK;
    outcome->va = op->va;
    outcome->word = outcome->faults = 0;

    switch ((enum op_code)op->code) {
    case OP_CREATE:
        status = vmm_create(vmm, op->s);
        break;
    case OP_DESTROY:
        status = destroy(op->s);
        break;
    case OP_SWITCH:
        status = switch_to(op->s);
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
        status = map(op, outcome);
        break;
    case OP_MAP_DEVICE:
        status = map_device(op, outcome);
        break;
    case OP_UNMAP:
        status = vmm_unmap(vmm, op->s, op->va, op->n);
        break;
    case OP_PROTECT:
        status = vmm_protect(vmm, op->s, op->va, op->n, op->prot);
        break;
    case OP_READ:
    case OP_WRITE:
        user_access(op, outcome);
        return;
    case OP_COPY_IN:
        status = vmm_copy(vmm, op->s, op->va, &outcome->word, false);
        break;
    case OP_COPY_OUT:
        status = vmm_copy(vmm, op->s, op->va, &word, true);
        break;
    case OP_EVICT:
        status = vmm_evict(vmm, op->s, op->va);
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
    outcome->status = status;
}

/* ---- Looking in. ---- */

static uint32_t directory(uint32_t s)
{
    return vmm_exists(vmm, s) ? vmm_directory(vmm, s) : 0;
}

static uint32_t segment(uint32_t g)
{
    return vmm_segment_id(vmm, g);
}

static bool region(uint32_t s, uint32_t vpn, struct agent_region *region)
{
    struct vmm_region_view view;
    if (!vmm_exists(vmm, s) || !vmm_region_at_or_after(vmm, s, vpn, &view))
        return false;
    *region = (struct agent_region){view.first,   view.last,    view.prot,
                                    view.backing, view.segment, view.offset};
    return true;
}

static uint32_t frame(uint32_t pfn, uint32_t *refs)
{
    struct vmm_frame_view view = vmm_frame(vmm, pfn);
    *refs = view.refs;
    return view.state;
}

static void pools(uint32_t free[WIRE_POOLS])
{
    struct vmm_pool_view view = vmm_pools(vmm);
    free[0] = view.frames;
    free[1] = view.pages;
    free[2] = view.regions;
    free[3] = view.segments;
    free[4] = view.slots;
}

static const char *invariant(void)
{
    return vmm_invariant(vmm);
}

/* ---- The machine. ---- */

static bool touch(uint32_t va, bool write, uint32_t *word)
{
    return va >> 22 < KERNEL_PDE &&
           probe_access(write ? PROBE_REWRITE : PROBE_READ, va, word, NULL);
}

static void leave(void)
{
    machine_exit(EXIT_CLEAN);
}

/* No PAUSE meanwhile: TCG leaves its loop for it. */
static void idle(uint32_t times)
{
    if (times > AGENT_SPINS)
        serial_wait();
}

_Noreturn void adapter_serve(const struct machine *found)
{
    whole = *found;
    kernel = (struct agent_kernel){
        .name = "pagerig kernel",
        .designs = design_text(),
        .features = WIRE_HAS_TOUCH,
        .user_pdes = whole.user_pdes,
        .free_first = whole.free_first,
        .free_frames = whole.free_frames,
        .device_first = whole.device_first,
        .device_frames = whole.device_frames,
        .backing_slots = whole.backing_slots,
        .get = serial_get,
        .put = serial_put,
        .idle = idle,
        .reset = reset,
        .run = run,
        .directory = directory,
        .segment = segment,
        .region = region,
        .frame = frame,
        .pools = pools,
        .invariant = invariant,
        .cr3 = machine_read_cr3,
        .peek = machine_peek,
        .touch = touch,
        .leave = leave,
        .mailbox = &mailbox,
        .mailbox_address = (uint32_t)&mailbox - KERNEL_BASE,
    };
    /* Real RAM holds anything when it is new. */
    device_end = whole.device_frames;
    agent_serve(&kernel);
}
