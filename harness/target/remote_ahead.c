/* remote_ahead.c: operations in batches.  A target that was told what is to come (class->ahead)
 * sends many operations at once and hands out their records one by one.
 *
 *      ops    |----- done -----|-- records that wait --|---- not sent ----|
 *                              ^ the rig               ^ the guest
 *
 * Where the channel can, the first batch is sent when it is announced, so that the guest is at work
 * while the rig does something else.
 *
 * Who wants to look while records wait would see the guest as it is only later, so the guest is
 * taken back first: a fresh VMM, and all that was done once more, which gives the same state again.
 * A batch in which the guest ends is done once more, too, operation by operation. */
#include "remote_private.h"
#include <stdio.h>

enum { REQUEST_ROOM = WIRE_PAYLOAD_MAX - OP_BYTES_MAX, LIKELY_MORE = 16 };

/* ---- Requests. ---- */

struct request {
    uint32_t count; /* operations */
    size_t length;
    uint8_t bytes[1 + WIRE_NUMBER_BYTES + WIRE_PAYLOAD_MAX];
};

/* As many operations as fit, at most count. */
static void make_request(struct request *request, const struct op *ops, uint32_t count,
                         uint8_t flags)
{
    static uint8_t bytes[WIRE_PAYLOAD_MAX];
    size_t length = 0;
    uint32_t some = 0;
    while (some < count && some < WIRE_OPS_MAX && length + 1 + WIRE_NUMBER_BYTES < REQUEST_ROOM)
        length += case_write_op_bytes(&ops[some++], REMOTE_BITS, bytes + length);
    request->bytes[0] = flags;
    uint8_t *to = wire_put_number(request->bytes + 1, some);
    memcpy(to, bytes, length);
    request->length = (size_t)(to - request->bytes) + length;
    request->count = some;
}

/* So many operations were done.  0: the answer is nonsense. */
static uint32_t read_done(struct remote_target *t, struct wire_reader *answer, uint32_t asked)
{
    uint32_t done = wire_number(answer);
    if (!answer->bad && done >= 1 && done <= asked)
        return done;
    remote_nonsense(t, "RUN, number of operations");
    return 0;
}

/* ---- Batches. ---- */

static uint8_t batch_flags(const struct remote_target *t)
{
    return t->ahead.brief ? (t->flags & (uint8_t)~WIRE_MEMORY) | WIRE_BRIEF : t->flags;
}

/* Of so many operations, those whose records probably fit into an answer. */
static uint32_t batch_of(const struct remote_target *t, uint32_t count)
{
    return count < t->ahead.likely ? count : t->ahead.likely;
}

/* Where the rig will look after a batch, what it will ask for then is asked for along with it. */
static bool want_look(struct remote_target *t, const struct request *request)
{
    enum { ROOM = 2048 }; /* for the operations; the rest of struct many's is for the look */
    struct ahead *ahead = &t->ahead;
    bool last = ahead->brief && ahead->done + request->count == ahead->to;
    t->look = ahead->look = (struct look){0};
    if (!last || request->length > ROOM || !(t->hello.features & WIRE_HAS_MANY))
        return false;
    remote_want(t, WIRE_RUN, request->bytes, request->length);
    ahead->look = look_want(t, ahead->ops + ahead->done, request->count);
    return true;
}

static void begin_batch(struct remote_target *t)
{
    struct ahead *ahead = &t->ahead;
    struct request request;
    if (!t->channel || !t->channel->begin)
        return;
    make_request(&request, ahead->ops + ahead->done, batch_of(t, ahead->to - ahead->done),
                 batch_flags(t));
    bool sent = want_look(t, &request) ? remote_fetch_begin(t)
                                       : remote_send(t, WIRE_RUN, request.bytes, request.length);
    ahead->begun = sent ? request.count : 0;
}

/* How the machine ended, if it did, is not for the rig to know yet. */
void ahead_drop(struct remote_target *t)
{
    struct wire_reader ignored;
    t->behind |= t->ahead.waiting || t->ahead.begun;
    if (t->ahead.begun)
        remote_receive(t, &ignored);
    t->ahead.waiting = t->ahead.begun = 0;
    t->look = t->ahead.look = (struct look){0};
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
    ahead_drop(t);
    if (!remote_begin(t) || !reset_ask(t, &t->head, &answer))
        return false;
    if (wire_byte(&answer))
        return unlike(t);
    for (uint32_t i = 0, some; i < t->ahead.done; i += some) {
        struct request request;
        make_request(&request, t->ahead.ops + i, t->ahead.done - i, flags);
        bool came = remote_ask(t, WIRE_RUN, request.bytes, request.length, &answer);
        some = came ? read_done(t, &answer, request.count) : 0;
        if (!some)
            return false;
    }
    t->behind = true;
    return true;
}

/* A failure now is the rig's: all of it went well before. */
static bool back(struct remote_target *t)
{
    if (again(t))
        return true;
    if (t->end != END_RIG)
        t->base.what = "the guest does not do the same again";
    t->end = END_RIG;
    return false;
}

bool ahead_settle(struct remote_target *t)
{
    return !(t->ahead.waiting || t->ahead.begun) || back(t);
}

/* ---- Records. ---- */

/* What was asked for has come; a look is of the guest as it is when those that were done are. */
static uint32_t receive(struct remote_target *t, uint32_t count, bool came,
                        struct wire_reader *answer)
{
    struct ahead *ahead = &t->ahead;
    if (came && ahead->look.top)
        came = remote_next(t, answer) || remote_nonsense(t, "MANY, RUN");
    if (!came)
        return 0;
    t->look = ahead->look;
    return read_done(t, answer, count);
}

/* Gets the records of operations, which were asked for already if some are begun.  False: the
 * machine ended. */
static bool fetch(struct remote_target *t, const struct op *ops, uint32_t count, uint8_t flags)
{
    struct ahead *ahead = &t->ahead;
    struct request request;
    struct wire_reader answer = {0};
    uint32_t asked = count;
    bool came;
    if (ahead->begun) {
        came = ahead->look.top ? remote_fetch_end(t) : remote_receive(t, &answer);
    } else {
        make_request(&request, ops, count, flags);
        asked = request.count;
        came = want_look(t, &request)
                   ? remote_fetch(t)
                   : remote_ask(t, WIRE_RUN, request.bytes, request.length, &answer);
    }
    uint32_t done = receive(t, asked, came, &answer);
    ahead->begun = 0;
    if (!done)
        return false;
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
    uint32_t count = ahead->begun                  ? ahead->begun
                     : ahead->done < ahead->singly ? 1
                                                   : batch_of(t, ahead->to - ahead->done);
    if (fetch(t, op, count, batch_flags(t)))
        return true;
    if (count == 1 || !ended_by_an_operation(t))
        return false;
    ahead->singly = ahead->to;
    return back(t) && fetch(t, op, 1, batch_flags(t));
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
    begin_batch(t);
}
