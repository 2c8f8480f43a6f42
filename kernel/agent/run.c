/* run.c: RUN: reads operations in the byte form of a case (harness/case/bytes.c), all of them
 * before the first is run, and tells what came of each. */
#include "parts.h"

static const char *const arguments[OP_CODES] = {
#define OP(CODE, name, args, syntax, meaning) args,
#include "../../harness/case/ops.def"
#undef OP
};

/* What most letters of the arguments stand for: a byte below count, or, where that is 0, a number.
 * field: where it goes in struct op; 0 (which is the code's place): the letter is none of these. */
static const struct {
    uint8_t field, count;
} letters['z' - 'a' + 1] = {
#define BYTE(letter, name, below) [letter - 'a'] = {offsetof(struct op, name), below}
#define NUMBER(letter, name)      [letter - 'a'] = {offsetof(struct op, name), 0}
    BYTE('s', s, OP_SLOTS), BYTE('t', t, OP_SLOTS), BYTE('g', g, OP_SLOTS), BYTE('r', prot, PROTS),
    NUMBER('n', n),         NUMBER('d', x),         NUMBER('v', x),         NUMBER('k', x),
};

static void get_how(struct input *in, struct op *op)
{
    uint8_t how = get_byte(in, 4);
    op->flags |= (how & 1 ? OP_EAGER : 0) | (how & 2 ? OP_BACKED : 0);
    if (op->flags & OP_BACKED) {
        op->g = get_byte(in, OP_SLOTS);
        op->x = get_number(in);
    }
}

static void get_argument(struct input *in, char letter, struct op *op)
{
    uint8_t field = letters[letter - 'a'].field, count = letters[letter - 'a'].count;
    if (count)
        ((uint8_t *)op)[field] = get_byte(in, count);
    else if (field)
        *(uint32_t *)((uint8_t *)op + field) = get_number(in);
    else if (letter == 'm')
        get_how(in, op);
    else if (letter == 'y' || letter == 'a')
        op->flags |= get_byte(in, 2) ? (letter == 'y' ? OP_STICKY : OP_ANY) : 0;
    if (letter == 'p' || letter == 'w' || (letter == 'a' && !(op->flags & OP_ANY)))
        op->va = get_address(in);
    in->bad |= letter == 'w' && op->va % 4;
}

static void get_op(struct input *in, struct op *op)
{
    *op = (struct op){.code = get_byte(in, OP_CODES), .expect = OP_EXPECT_NOTHING};
    for (const char *letter = arguments[op->code]; *letter; letter++)
        get_argument(in, *letter, op);
}

static void put_result(const struct op *op, const struct agent_outcome *outcome, struct output *out)
{
    put_byte(out, outcome->status);
    if (op->code == OP_MAP || op->code == OP_MAP_DEVICE)
        put_address(out, op->va, outcome->va);
    if (op->code == OP_READ || op->code == OP_COPY_IN)
        put_number(out, outcome->status == STATUS_OK ? outcome->word : 0);
    if (op->code != OP_READ && op->code != OP_WRITE)
        return;
    put_number(out, outcome->faults);
    for (uint32_t i = 0; i < outcome->faults; i++) {
        put_number(out, outcome->fault[i].error);
        put_address(out, op->va, outcome->fault[i].cr2);
        put_number(out, outcome->fault[i].before);
        put_number(out, outcome->fault[i].after);
    }
}

/* False: not all of it could be told. */
static bool run(const struct record *record)
{
    struct agent_outcome *outcome = record->outcome;
    outcome->status = STATUS_OK;
    outcome->va = record->op->va;
    outcome->word = outcome->hidden = outcome->faults = 0;

    uint8_t *status = record->out->at;
    if (!(record->flags & WIRE_BRIEF))
        see_begin(record->flags);
    witness_before(record);
    if (record->op->code != OP_CHECK)
        agent_kernel->run(record->op, outcome);
    put_result(record->op, outcome, record->out);
    if (record->flags & WIRE_BRIEF) {
        see_brief(record, status);
        return true;
    }
    return !(record->flags & WIRE_SEE) || see_after(record);
}

bool run_request(struct input *in, struct output *out)
{
    static struct op ops[WIRE_OPS_MAX];
    static struct agent_outcome outcome;
    uint32_t flags = get_byte(in, (WIRE_SEE | WIRE_MEMORY | WIRE_WITNESS | WIRE_BRIEF) + 1);
    uint32_t count = get_count(in, WIRE_OPS_MAX), done = 0;
    if (!(flags & WIRE_SEE))
        flags = 0;
    if (flags & WIRE_BRIEF)
        flags &= ~(uint32_t)WIRE_MEMORY;

    for (uint32_t i = 0; !in->bad && i < count; i++)
        get_op(in, &ops[i]);
    if (!is_complete(in) ||
        (flags & WIRE_WITNESS && !(agent_kernel->facts->features & WIRE_HAS_TOUCH)))
        return false;

    size_t needed = flags & WIRE_MEMORY ? 2 * RECORD_MAX : RECORD_MAX;
    uint8_t *place = begin_count(out, count);
    struct record record = {NULL, &outcome, flags, out};
    bool more = true;
    if (flags & WIRE_BRIEF)
        see_begin(flags);
    while (more && done < count && room(out) >= needed) {
        record.op = &ops[done++];
        more = run(&record);
    }
    if (flags & WIRE_BRIEF)
        see_last(&record);
    end_count(out, place, count, done);
    return done || !count;
}
