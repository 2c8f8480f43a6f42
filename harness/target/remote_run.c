/* remote_run.c: one operation in the guest: the request, and what is told of it. */
#include "../case/case.h"
#include "faults.h"
#include "remote_private.h"
#include <stdio.h>

_Static_assert((int)FAULTS_MAX == (int)WIRE_FAULTS_MAX, "faults that an access may take");

static void read_faults(struct remote_target *t, struct wire_reader *r, const struct op *op,
                        struct outcome *out)
{
    uint32_t count = wire_below(r, WIRE_FAULTS_MAX + 1);
    for (uint32_t i = 0; i < count && !r->bad; i++) {
        uint32_t error = wire_number(r), cr2 = wire_address(r, op->va);
        uint32_t before = wire_number(r), after = wire_number(r);
        bool handled = i + 1 < count || out->status == STATUS_OK;
        bool allowed =
            fault_note(&t->base.facts, out, op->va, op->code == OP_WRITE, error, cr2, before);
        if (handled)
            fault_handled(out, allowed, before, after);
    }
}

/* As a record has it that is not BRIEF. */
static uint8_t seen_brief(uint8_t byte)
{
    uint8_t pools = byte & WIRE_BRIEF_POOLS ? WIRE_SEEN_POOLS : 0;
    uint8_t name = byte & WIRE_BRIEF_NAME ? WIRE_SEEN_NAME : 0;
    uint8_t witness = byte & WIRE_BRIEF_WITNESS ? WIRE_SEEN_WITNESS : 0;
    return pools | name | witness;
}

/* Returns what of the rest is present, if that is told already. */
static uint8_t read_result(struct remote_target *t, struct wire_reader *r, const struct op *op,
                           struct outcome *out)
{
    uint8_t seen = 0, byte = wire_byte(r);
    if (t->ahead.flags & WIRE_BRIEF) {
        seen = seen_brief(byte);
        byte &= (uint8_t)~WIRE_BRIEF_ALL;
    }
    out->status = (enum op_status)byte;
    switch ((enum op_code)op->code) {
    case OP_MAP:
    case OP_MAP_DEVICE:
        out->va = wire_address(r, op->flags & OP_ANY ? 0 : op->va);
        break;
    case OP_READ:
        out->word = wire_number(r);
        read_faults(t, r, op, out);
        break;
    case OP_WRITE:
        read_faults(t, r, op, out);
        break;
    case OP_COPY_IN:
        out->word = wire_number(r);
        break;
    default:
        break;
    }
    t->written_space = op->code == OP_WRITE || op->code == OP_COPY_OUT ? op->s : OP_SLOTS;
    t->written_va = op->va;
    return seen;
}

static void read_frames(struct remote_target *t, struct wire_reader *r)
{
    for (uint32_t left = wire_number(r); left && !r->bad; left--) {
        uint32_t pfn = wire_below(r, t->base.ram.count);
        struct frame_told told = look_frame(r);
        if (r->bad)
            return;
        bool table = told.state >= FRAME_TABLE && t->frames[pfn].state >= FRAME_TABLE;
        t->frames[pfn] = told;
        list_add(&t->touched, pfn);
        list_add(&t->changed, pfn);
        if (!(t->ahead.flags & WIRE_MEMORY) || told.state == FRAME_FREE)
            continue;
        if (table && r->at < r->end && !*r->at)
            r->at++; /* what changed in it is told as words */
        else
            mirror_told(t, pfn, r);
    }
}

/* Spaces and segments that came or went. */
static void read_name(struct remote_target *t, struct wire_reader *r, const struct op *op,
                      bool told)
{
    uint32_t s = op->code == OP_FORK ? op->t : op->s;
    uint32_t name = told ? wire_number(r) : 0;
    r->bad |= told != (op->code == OP_CREATE || op->code == OP_FORK || op->code == OP_SEGMENT);
    switch ((enum op_code)op->code) {
    case OP_CREATE:
    case OP_FORK:
    case OP_DESTROY:
        t->directories[s] = name;
        regions_forget(t, s);
        return;
    case OP_SEGMENT:
    case OP_RELEASE:
        t->segment_ids[op->g] = name;
        return;
    default:
        return;
    }
}

static void read_around(struct remote_target *t, struct wire_reader *r, const struct op *op,
                        const struct outcome *out, bool told)
{
    bool maps = op->code == OP_MAP || op->code == OP_MAP_DEVICE;
    uint32_t first = (maps ? out->va : op->va) >> WIRE_PAGE_BITS;
    if (op->code == OP_CREATE || op->code == OP_FORK) {
        if (told)
            regions_told_all(t, op->code == OP_FORK ? op->t : op->s, r);
    } else if (told) {
        regions_told(t, op->s, first, first + op->n - 1, r);
    } else if (maps || op->code == OP_UNMAP || op->code == OP_PROTECT) {
        regions_forget(t, op->s);
    }
}

static void read_words(struct remote_target *t, struct wire_reader *r)
{
    for (uint32_t left = wire_number(r); left && !r->bad; left--) {
        uint32_t pfn = wire_below(r, t->base.ram.count);
        struct wire_words told = wire_begin_words(r);
        if (r->bad)
            return;
        list_add(&t->touched, pfn);
        list_add(&t->changed, pfn);
        while (wire_next_word(r, &told, REMOTE_WORDS))
            mirror_word(t, pfn, told.index, told.word);
    }
}

static void read_witness(struct remote_target *t, struct wire_reader *r)
{
    uint32_t count = wire_below(r, WIRE_WITNESS_MAX + 1);
    for (uint32_t i = 0; i < count && !r->bad; i++)
        t->stale_vpn = wire_number(r);
    t->stale = count;
}

static void read_pools(struct remote_target *t, struct wire_reader *r)
{
    uint8_t differ = wire_byte(r);
    r->bad |= !differ || differ >> WIRE_POOLS;
    for (int pool = 0; pool < WIRE_POOLS; pool++)
        if (differ >> pool & 1)
            t->pools[pool] = wire_stepped(t->pools[pool], wire_number(r));
}

/* What the VMM says that changed, and the memory that did. */
static void read_seen(struct remote_target *t, struct wire_reader *r, const struct op *op,
                      const struct outcome *out, uint8_t seen)
{
    if (seen & WIRE_SEEN_CR3)
        t->cr3 = wire_number(r);
    if (seen & WIRE_SEEN_POOLS)
        read_pools(t, r);
    if (seen & WIRE_SEEN_FRAMES)
        read_frames(t, r);
    if (out->status == STATUS_OK)
        read_name(t, r, op, seen & WIRE_SEEN_NAME);
    if (out->status == STATUS_OK || out->status == STATUS_NO_MEMORY) /* which may have split some */
        read_around(t, r, op, out, seen & WIRE_SEEN_REGIONS);
    if (seen & WIRE_SEEN_WORDS)
        read_words(t, r);
    if (seen & WIRE_SEEN_WITNESS)
        read_witness(t, r);
    t->journal.overflow |= (seen & WIRE_SEEN_OVERFLOW) != 0;
}

/* What is told once for a batch, after its last record. */
static void read_last(struct remote_target *t, struct wire_reader *r)
{
    uint8_t seen = wire_byte(r);
    r->bad |= (seen & ~(WIRE_SEEN_CR3 | WIRE_SEEN_FRAMES)) != 0;
    if (seen & WIRE_SEEN_CR3)
        t->cr3 = wire_number(r);
    if (seen & WIRE_SEEN_FRAMES)
        mirror_touch_below(t, wire_below(r, t->base.ram.count) + 1);
}

/* The agent stops when it could not tell all regions: they are asked for while it is there. */
static bool regions_known(struct remote_target *t, const struct op *op)
{
    uint32_t s = op->code == OP_FORK ? op->t : op->s;
    return !t->directories[s] || t->regions[s].known || regions_learn(t, s);
}

static bool read_record(struct remote_target *t, struct wire_reader *r, const struct op *op,
                        struct outcome *out)
{
    bool brief = t->ahead.flags & WIRE_BRIEF;
    uint8_t seen = read_result(t, r, op, out);
    read_seen(t, r, op, out, brief ? seen : wire_byte(r));
    if (!ahead_took(t))
        return false;
    if (!t->ahead.waiting && brief)
        read_last(t, r);
    if (r->bad || (!t->ahead.waiting && r->at != r->end))
        return remote_nonsense(t, "RUN");
    if (t->journal.overflow)
        return look_everything(&t->base);
    return t->ahead.waiting || brief || regions_known(t, op);
}

enum end remote_run(struct target *target, const struct op *op, struct outcome *outcome)
{
    struct remote_target *t = remote_of(target);
    *outcome = (struct outcome){.status = STATUS_OK};
    mirror_journal_clear(t);
    t->stale = false;
    struct wire_reader *record = ahead_record(t, op);
    if (!record || !read_record(t, record, op, outcome))
        return t->end;
    if (outcome->faults < FAULTS_MAX)
        return END_RETURNED;
    target->what = "the access faults for ever";
    snprintf(target->why, sizeof target->why, "%s (%#x)", target->what, (unsigned)op->va);
    return END_HANG;
}
