/* sim_run.c: one operation on the VMM over the simulated machine: calls the VMM, or makes the
 * user's access and lets the VMM handle its page faults. */
#include "faults.h"
#include "sim_target.h"
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

/* A page fault of the user's access: notes what is odd about it and asks the VMM.  False: the
 * access is over. */
static bool handle_fault(struct sim_target *t, uint32_t va, bool write, uint32_t error)
{
    struct outcome *out = t->outcome;
    uint32_t vpn = va >> (t->base.facts.level_bits + 2);
    uint32_t before = walk(&t->base.ram, machine_read_cr3(), vpn);
    bool allowed = fault_note(&t->base.facts, out, va, write, error, va, before);

    out->status = (enum op_status)vmm_fault(t->vmm, va, error);
    if (out->status == STATUS_OK)
        fault_handled(out, allowed, before, walk(&t->base.ram, machine_read_cr3(), vpn));
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

static enum end bad_end(struct sim_target *t, enum sim_end end)
{
    static const enum end ends[] = {
        [SIM_RETURNED] = END_RETURNED,
        [SIM_PANIC] = END_PANIC,
        [SIM_HANG] = END_HANG,
        [SIM_STALE] = END_STALE,
        [SIM_TRIPLE_FAULT] = END_TRIPLE_FAULT,
    };
    t->base.what = t->sim->what;
    snprintf(t->base.why, sizeof t->base.why, "%s (%#x)", t->sim->what, (unsigned)t->sim->value);
    return ends[end];
}

enum end sim_guarded(struct sim_target *t, void (*body)(void *argument))
{
    enum sim_end end = sim_call(t->sim, body, t);
    return end == SIM_RETURNED ? END_RETURNED : bad_end(t, end);
}

enum end sim_run(struct target *target, const struct op *op, struct outcome *outcome)
{
    struct sim_target *t = sim_of(target);
    *outcome = (struct outcome){.status = STATUS_OK};
    sim_journal_clear(t->sim);
    sim_debt_clear(t->sim);
    t->op = op;
    t->outcome = outcome;
    enum sim_end end = sim_call(t->sim, body, t);
    target->negative_faults = t->sim->negative_faults;
    if (end == SIM_RETURNED && outcome->faults < FAULTS_MAX)
        return END_RETURNED;
    if (end == SIM_RETURNED) {
        end = SIM_HANG;
        t->sim->what = "the access faults for ever";
        t->sim->value = op->va;
    }
    return bad_end(t, end);
}
