/* adapter.c: our kernel as the agent sees it: the agent's callbacks, on one VMM. */
#include "adapter.h"
#include "../harness/target/vmm_op.h"
#include "agent/agent.h"

_Static_assert(VMM_FRAME_FREE == 0 && VMM_FRAME_PAGE == 1 && VMM_FRAME_TABLE == 2 &&
                   VMM_FRAME_DIRECTORY == 3 && VMM_BACKING_PRIVATE == 0 &&
                   VMM_BACKING_SEGMENT == 1 && VMM_BACKING_DEVICE == 2,
               "the protocol's numbers of states and backings");

enum { AXES = sizeof(struct vmm_design), SLOTS_MAX = 16 };

static struct agent_mailbox mailbox __attribute__((aligned(PAGE_BYTES)));
static struct agent_facts facts;
static bool tape; /* instead of the line: tape.c */

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

__attribute__((noinline)) static const char *reset_vmm(const struct agent_reset *wanted,
                                                       struct agent_world *world)
{
    const char *why = refuse_config(wanted);
    if (why)
        return why;
    struct vmm_config config = make_config(wanted);
    struct machine smaller = whole;
    smaller.free_frames = wanted->frames;
    smaller.backing_slots = wanted->slots;
    if (!vmm_size(&smaller, &config))
        return "the VMM does not have this design, or not with so few frames";

    machine = smaller;
    machine_reset(&machine, true);
    machine_clear_device(0, device_end);
    device_end = 0;
    vmm = vmm_init((void *)OBJECT_VA, &machine, &config);
    current = OP_SLOTS;

    struct vmm_own_entries own = vmm_own_entries(vmm);
    *world = (struct agent_world){
        .boot_directory = machine.boot_directory,
        .own_from = own.from,
        .own_to = own.to,
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
    fault->before = agent_walk(machine_read_cr3(), cr2);
    running->status = vmm_fault(vmm, cr2, error);
    fault->after = agent_walk(machine_read_cr3(), cr2);
    return running->status == VMM_OK && running->faults < WIRE_FAULTS_MAX;
}

static void user_access(const struct op *op, struct agent_outcome *outcome)
{
    bool write = op->code == OP_WRITE;
    uint32_t word = op->x;
    if (!vmm_op_enter(vmm, op->s, &current)) {
        outcome->status = VMM_BAD_SLOT;
        return;
    }
    running = outcome;
    if (probe_access(write ? PROBE_WRITE : PROBE_READ, op->va, &word, repair) && !write)
        outcome->word = word;
}

/* The frame that has the word if no table shows it: it was stored last, through a mapping of the
 * kernel. */
static uint32_t hidden_frame(const struct op *op)
{
    if (agent_walk(vmm_directory(vmm, op->s), op->va))
        return 0;
    return agent_walk(machine_read_cr3(), machine_last_store()) / PAGE_BYTES;
}

/* Functions of their own, for breakpoints (scripts/debug): run_operation, reset_vmm. */
__attribute__((noinline)) static void run_operation(const struct op *op,
                                                    struct agent_outcome *outcome)
{
    outcome->va = op->va;
    outcome->word = outcome->faults = 0;
    if (op->code == OP_READ || op->code == OP_WRITE) {
        outcome->status = VMM_OK;
        user_access(op, outcome);
        return;
    }
    outcome->status = vmm_op(vmm, op, &current, &outcome->va, &outcome->word);
    if (op->code == OP_COPY_OUT && !outcome->status)
        outcome->hidden = hidden_frame(op);
    if (op->code == OP_MAP_DEVICE && !outcome->status && device_end < op->x + op->n)
        device_end = op->x + op->n;
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
    free[5] = view.tables;
}

static const char *invariant(void)
{
    return vmm_invariant(vmm);
}

/* ---- The machine. ---- */

static bool touch(uint32_t va, bool write, uint32_t *word)
{
    return va >> 22 < KERNEL_PDE && touch_word(va, write, word);
}

static void leave(void)
{
    machine_exit(EXIT_CLEAN);
}

static int get(void)
{
    return tape ? tape_get() : serial_get();
}

static void put(uint8_t byte)
{
    if (tape)
        tape_put(byte);
    else
        serial_put(byte);
}

/* No PAUSE meanwhile: TCG leaves its loop for it. */
static void idle(uint32_t times)
{
    if (tape)
        tape_idle(times);
    else if (times > AGENT_SPINS)
        serial_wait();
}

static const struct agent_kernel kernel = {
    .facts = &facts,
    .get = get,
    .put = put,
    .idle = idle,
    .reset = reset_vmm,
    .run = run_operation,
    .directory = directory,
    .segment = segment,
    .region = region,
    .frame = frame,
    .pools = pools,
    .invariant = invariant,
    .cr3 = machine_read_cr3,
    .peek = machine_peek,
    .equal = page_equal,
    .touch = touch,
    .leave = leave,
};

_Noreturn void adapter_serve(const struct machine *found, bool from_tape)
{
    tape = from_tape;
    whole = *found;
    facts = (struct agent_facts){
        .name = "pagerig kernel",
        .designs = design_text(),
        .features = WIRE_HAS_TOUCH,
        .user_pdes = whole.user_pdes,
        .free_first = whole.free_first,
        .free_frames = whole.free_frames,
        .device_first = whole.device_first,
        .device_frames = whole.device_frames,
        .backing_slots = whole.backing_slots,
        .mailbox = tape ? NULL : &mailbox,
        .mailbox_address = (uint32_t)&mailbox - KERNEL_BASE,
    };
    /* Real RAM holds anything when it is new. */
    device_end = whole.device_frames;
    agent_serve(&kernel);
}
