/* answer.c: what the model says of an operation's answer: RESULT, ACCESS. */
#include "check_private.h"
#include <string.h>

COLD static bool object_to(struct rig *rig, const struct objection *objection)
{
    const struct op *op = rig->op;
    bool access = op->code == OP_READ || op->code == OP_WRITE || op->code == OP_COPY_IN ||
                  op->code == OP_COPY_OUT;
    finding_where(rig, "%.63s", objection->why);
    if (strcmp(objection->field, "status") == 0) {
        finding_expected(rig, "%s", op_status_names[objection->expected]);
        finding_actual(rig, "%s",
                       objection->actual < STATUSES ? op_status_names[objection->actual]
                                                    : "no status at all");
    } else {
        finding_expected(rig, "%#x", (unsigned)objection->expected);
        finding_actual(rig, "%#x", (unsigned)objection->actual);
    }
    return diverged(rig, access ? ORACLE_ACCESS : ORACLE_RESULT, objection->field);
}

/* The model steps.  An answer that it objects to by an oracle that is ignored is replaced by its
 * own, but not where that would leave a space or a segment on one side only, nor for an address: of
 * those that `any` may find it prefers none. */
bool answer_follow(struct rig *rig, struct answer *answer, struct effect *effect)
{
    enum {
        NAMES = 1 << OP_CREATE | 1 << OP_DESTROY | 1 << OP_FORK | 1 << OP_SEGMENT | 1 << OP_RELEASE
    };
    struct objection objection;
    for (int tries = 2; !model_step(rig->model, rig->op, answer, effect, &objection); tries--) {
        if (!object_to(rig, &objection))
            return false;
        bool status = strcmp(objection.field, "status") == 0;
        bool names = NAMES >> rig->op->code & 1 || answer->status == STATUS_BAD_SLOT ||
                     objection.expected == STATUS_BAD_SLOT;
        if (!tries || (status ? names : strcmp(objection.field, "word") != 0))
            return diverged_for_good(rig, rig->finding->oracle, rig->finding->field);
        if (!status) {
            answer->word = objection.expected;
            continue;
        }
        rig->outcome.status = answer->status = (enum op_status)objection.expected;
        rig->did = answer->status == STATUS_OK ? 1u << rig->op->code : 0;
    }
    return true;
}
