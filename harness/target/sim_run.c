/* sim_run.c: one operation on the VMM over the simulated machine: calls the VMM, or makes the
 * user's access and lets the VMM handle its page faults. */
#include "faults.h"
#include "sim_target.h"
#include "vmm_op.h"
#include <stdio.h>

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
    if (!vmm_op_enter(t->vmm, op->s, &t->current)) {
        out->status = STATUS_BAD_SLOT;
        return;
    }
    do {
        done = write ? sim_user_write(t->sim, op->va, op->x, &error)
                     : sim_user_read(t->sim, op->va, &out->word, &error);
    } while (!done && handle_fault(t, op->va, write, error));
}

static void body(void *argument)
{
    struct sim_target *t = argument;
    const struct op *op = t->op;
    va_t va = op->va;
    if (op->code == OP_READ || op->code == OP_WRITE) {
        user_access(t, op);
        return;
    }
    t->outcome->status = (enum op_status)vmm_op(t->vmm, op, &t->current, &va, &t->outcome->word);
    if (op->code == OP_MAP || op->code == OP_MAP_DEVICE)
        t->outcome->va = va;
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
