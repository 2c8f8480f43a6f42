/* remote_ahead.c: operations in batches.  A target that was told what is to come (class->ahead)
 * sends many operations at once and hands out their records one by one.
 *
 *      ops    |----- done -----|-- records that wait --|---- not sent ----|
 *                              ^ the rig               ^ the guest
 *
 * Who wants to look while records wait would see the guest as it is only later, so the guest is
 * taken back first: a fresh VMM, and all that was done once more, which gives the same state again.
 * A batch in which the guest ends is done once more, too, operation by operation. */
#include "remote_private.h"
#include <stdio.h>

enum { REQUEST_ROOM = WIRE_PAYLOAD_MAX - OP_BYTES_MAX, LIKELY_MORE = 16 };

/* Sends operations, at most count of them.  0: the machine ended, or answered nonsense. */
static uint32_t send(struct remote_target *t, const struct op *ops, uint32_t count, uint8_t flags,
                     struct wire_reader *answer)
{
    static uint8_t bytes[WIRE_PAYLOAD_MAX];
    uint8_t request[1 + WIRE_NUMBER_BYTES + WIRE_PAYLOAD_MAX] = {flags};
    size_t length = 0;
    uint32_t some = 0;
    while (some < count && some < WIRE_OPS_MAX && length + 1 + WIRE_NUMBER_BYTES < REQUEST_ROOM)
        length += case_write_op_bytes(&ops[some++], REMOTE_BITS, bytes + length);
    uint8_t *to = wire_put_number(request + 1, some);
    memcpy(to, bytes, length);
    if (!remote_ask(t, WIRE_RUN, request, (size_t)(to - request) + length, answer))
        return 0;
    uint32_t done = wire_number(answer);
    if (!answer->bad && done >= 1 && done <= some)
        return done;
    remote_nonsense(t, "RUN, number of operations");
    return 0;
}

/* ---- Back to where the rig is. ---- */

static bool unlike(struct remote_target *t)
{
    remote_nonsense(t, "it does not do the same again");
    return false;
}

/* BRIEF tells little, but the agent notes what it told. */
static bool again(struct remote_target *t)
{
    uint8_t flags = (t->flags & (uint8_t)~WIRE_MEMORY) | WIRE_BRIEF;
    struct wire_reader answer;
    if (!remote_begin(t) || !reset_ask(t, &t->head, &answer))
        return false;
    if (wire_byte(&answer))
        return unlike(t);
    for (uint32_t i = 0, some; i < t->ahead.done; i += some)
        if (!(some = send(t, t->ahead.ops + i, t->ahead.done - i, flags, &answer)))
            return false;
    t->behind = true;
    return true;
}

/* A failure now is the rig's: all of it went well before. */
static bool back(struct remote_target *t)
{
    t->ahead.waiting = 0;
    if (again(t))
        return true;
    if (t->end != END_RIG)
        t->base.what = "the guest does not do the same again";
    t->end = END_RIG;
    return false;
}

bool ahead_settle(struct remote_target *t)
{
    return !t->ahead.waiting || back(t);
}

/* ---- Records. ---- */

/* Asks for the records of operations.  False: the machine ended. */
static bool fetch(struct remote_target *t, const struct op *ops, uint32_t count, uint8_t flags)
{
    struct ahead *ahead = &t->ahead;
    struct wire_reader answer;
    if (ahead->likely && count > ahead->likely)
        count = ahead->likely;
    uint32_t done = send(t, ops, count, flags, &answer);
    if (!done)
        return false;
    if (done < count || ahead->likely)
        ahead->likely = LIKELY_MORE + (done < count ? done : ahead->likely);
    size_t length = (size_t)(answer.end - answer.at);
    memcpy(ahead->answer, answer.at, length);
    ahead->records = (struct wire_reader){ahead->answer, ahead->answer + length, false};
    ahead->waiting = done;
    ahead->flags = flags;
    return true;
}

static bool ended_by_an_operation(const struct remote_target *t)
{
    return t->end == END_PANIC || t->end == END_HANG || t->end == END_TRIPLE_FAULT;
}

/* As many as were announced; from a batch in which the machine ended, one after the other. */
static bool fetch_batch(struct remote_target *t, const struct op *op)
{
    struct ahead *ahead = &t->ahead;
    uint8_t flags = ahead->brief ? (t->flags & (uint8_t)~WIRE_MEMORY) | WIRE_BRIEF : t->flags;
    uint32_t count = ahead->done < ahead->singly ? 1 : ahead->to - ahead->done;
    if (fetch(t, op, count, flags))
        return true;
    if (count == 1 || !ended_by_an_operation(t))
        return false;
    ahead->singly = ahead->to;
    return back(t) && fetch(t, op, 1, flags);
}

struct wire_reader *ahead_record(struct remote_target *t, const struct op *op)
{
    struct ahead *ahead = &t->ahead;
    if (ahead->done == ahead->to || op != &ahead->ops[ahead->done]) {
        if (!ahead_settle(t))
            return NULL;
        ahead->done = ahead->to = 0; /* what was announced does not come */
    }
    if (!ahead->waiting && !(ahead->to ? fetch_batch(t, op) : fetch(t, op, 1, t->flags)))
        return NULL;
    return &ahead->records;
}

bool ahead_took(struct remote_target *t)
{
    struct ahead *ahead = &t->ahead;
    ahead->waiting--;
    if (!ahead->to)
        return true;
    if (++ahead->done != ahead->singly)
        return true;
    remote_nonsense(t, "the operations of a batch, one by one");
    t->base.what = "the guest ended in a batch";
    snprintf(t->base.why, sizeof t->base.why,
             "the guest ended in a batch of operations, and not when they came one by one");
    return false;
}

/* Where memory is mapped, it can be looked at only while it is as it was after the operation. */
void remote_ahead(struct target *target, const struct op *ops, uint32_t from, uint32_t to,
                  bool brief)
{
    struct remote_target *t = remote_of(target);
    struct ahead *ahead = &t->ahead;
    if (!brief && t->memory)
        return;
    ahead->ops = ops;
    ahead->done = from;
    ahead->to = to;
    ahead->brief = brief;
    ahead->singly = 0;
}
