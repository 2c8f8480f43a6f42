/* runs.c: RUN: the same operations with all flags, each time what is told beside what is seen.
 * Whether the VMM does right is not judged. */
#include "../case/case.h"
#include "conform_private.h"
#include <string.h>

/* Something of everything: memory shared and copied, swapped out, in two tables; and errors. */
static const char script_text[] = "create s0\n"
                                  "read s0 0x400000\n"
                                  "map s0 0x400000 3 rw\n"
                                  "write s0 0x400000 0x12345678\n"
                                  "write s0 0x401ffc 0xc0c1dbff\n"
                                  "read s0 0x400000\n"
                                  "map s0 0x401000 1 rw\n"
                                  "segment g0 4\n"
                                  "map s0 0x7ff000 2 rw eager g0 1\n"
                                  "write s0 0x800000 7\n"
                                  "map s0 any 2 r\n"
                                  "map_device s0 0x900000 1 0\n"
                                  "read s0 0x900000\n"
                                  "fork s0 s1\n"
                                  "write s1 0x400000 8\n"
                                  "copy_out s1 0x401000 9\n"
                                  "copy_in s0 0x401000\n"
                                  "switch s0\n"
                                  "protect s0 0x400000 1 r\n"
                                  "write s0 0x400000 10\n"
                                  "evict s0 0x401000\n"
                                  "copy_out s0 0x401008 11\n"
                                  "read s0 0x401000\n"
                                  "unmap s0 0x401000 1\n"
                                  "switch s1\n"
                                  "discard s0\n"
                                  "commit s0\n"
                                  "read s0 0x400000\n"
                                  "destroy s1\n"
                                  "release g0\n"
                                  "unmap s0 0x7ff000 2\n"
                                  "destroy s0\n"
                                  "destroy s0\n";

enum { SCRIPT_MOST = 64 };

static struct op script[SCRIPT_MOST];
static uint32_t script_count;

static void make_script(void)
{
    struct test_case c;
    struct case_error error;
    case_init(&c);
    if (!script_count && case_read_text(&c, script_text, strlen(script_text), &error) &&
        c.count <= SCRIPT_MOST) {
        memcpy(script, c.ops, c.count * sizeof *script);
        script_count = c.count;
    }
    case_free(&c);
}

/* RUN of operations; a copy of its answer. */
static bool run(struct conform *c, uint32_t flags, const struct op *ops, uint32_t count,
                struct wire_reader *r)
{
    static uint8_t copy[WIRE_PAYLOAD_MAX];
    struct payload p = {.length = 0};
    put_octet(&p, (uint8_t)flags);
    put(&p, count);
    for (uint32_t i = 0; i < count; i++)
        put_op(&p, &ops[i]);
    if (!ask(c, WIRE_RUN, &p, r))
        return false;
    size_t length = (size_t)(r->end - r->at);
    memcpy(copy, r->at, length);
    *r = (struct wire_reader){copy, copy + length, false};
    return true;
}

static const char *text_of(const struct op *op)
{
    static char text[OP_TEXT_MAX];
    case_write_op(op, text);
    return text;
}

static bool unreadable(struct conform *c, const struct op *op)
{
    return wrong(c, "%s: its record is cut off, or has what is out of range", text_of(op));
}

/* The whole script after a RESET; with BRIEF *top is what is told last. */
static bool run_script(struct conform *c, uint32_t flags, struct result results[SCRIPT_MOST],
                       uint32_t *top)
{
    uint32_t at = 0, highest;
    bool overflow;
    make_script();
    *top = 0;
    while (at < script_count) {
        struct wire_reader r;
        if (!run(c, flags, script + at, script_count - at, &r))
            return false;
        uint32_t done = wire_below(&r, script_count - at + 1);
        if (!done)
            return wrong(c, "%s: RUN does none of it", text_of(&script[at]));
        for (; done; done--, at++)
            if (!read_record(c, &r, &script[at], flags, &results[at], &overflow))
                return unreadable(c, &script[at]);
        if (flags & WIRE_BRIEF && !read_last(c, &r, &highest))
            return wrong(c, "RUN with BRIEF: what follows the last record is cut off");
        if (flags & WIRE_BRIEF && highest > *top)
            *top = highest;
        if (!complete(c, &r, "RUN"))
            return false;
    }
    return true;
}

/* ---- RUN as such. ---- */

bool check_run_nothing(struct conform *c)
{
    static const uint32_t flags[] = {0, WIRE_SEE, WIRE_SEE | WIRE_MEMORY};
    struct wire_reader r;
    if (!reset(c))
        return false;
    for (unsigned i = 0; i < sizeof flags / sizeof *flags; i++) {
        if (!run(c, flags[i], NULL, 0, &r))
            return false;
        if (wire_number(&r))
            return wrong(c, "RUN of no operations: expected 0 done");
        if (!complete(c, &r, "RUN"))
            return false;
    }
    return true;
}

bool check_run_bad(struct conform *c)
{
    static const struct op good = {.code = OP_CREATE, .s = 2, .expect = OP_EXPECT_NOTHING};
    struct payload p = {.length = 0};
    put_octet(&p, 0);
    put(&p, 2);
    put_op(&p, &good);
    put_octet(&p, OP_CODES);
    if (!reset(c) || !ask_in_vain(c, WIRE_RUN, &p, "RUN of an operation that is none") ||
        !look(c, &c->seen))
        return false;
    return !c->seen.spaces[2] || wrong(c, "what stood before an operation that is none was done");
}

/* ---- Results. ---- */

static struct result plain[SCRIPT_MOST], results[SCRIPT_MOST];

/* With a witness, entries may be marked as accessed. */
static bool same_result(const struct result *a, const struct result *b, bool entries)
{
    bool same =
        a->status == b->status && a->va == b->va && a->word == b->word && a->faults == b->faults;
    for (uint32_t i = 0; i < a->faults && same; i++)
        same = a->fault[i].error == b->fault[i].error && a->fault[i].cr2 == b->fault[i].cr2 &&
               (!entries || (a->fault[i].before == b->fault[i].before &&
                             a->fault[i].after == b->fault[i].after));
    return same;
}

/* With other flags, after a RESET. */
static bool same_results(struct conform *c, uint32_t flags)
{
    uint32_t top;
    if (!reset(c) || !run_script(c, flags, results, &top))
        return false;
    for (uint32_t i = 0; i < script_count; i++)
        if (!same_result(&plain[i], &results[i], !(flags & WIRE_WITNESS)))
            return wrong(c,
                         "%s: the result with flags %u differs from that with flags 0: status "
                         "%u and %u, %u and %u page faults",
                         text_of(&script[i]), (unsigned)flags, (unsigned)results[i].status,
                         (unsigned)plain[i].status, (unsigned)results[i].faults,
                         (unsigned)plain[i].faults);
    return true;
}

bool check_results(struct conform *c)
{
    uint32_t top;
    return reset(c) && run_script(c, 0, plain, &top) && same_results(c, 0) &&
           same_results(c, WIRE_SEE) && same_results(c, WIRE_SEE | WIRE_MEMORY) &&
           same_results(c, WIRE_SEE | WIRE_BRIEF);
}

bool check_fault(struct conform *c)
{
    enum { PRESENT = 1, USER = 4, MADE = 0, UNMAPPED = 1 };
    struct wire_reader r;
    bool overflow;
    make_script();
    if (!reset(c) || !run(c, 0, script, 2, &r))
        return false;
    wire_number(&r);
    if (!read_record(c, &r, &script[MADE], 0, &results[MADE], &overflow) ||
        !read_record(c, &r, &script[UNMAPPED], 0, &results[UNMAPPED], &overflow))
        return unreadable(c, &script[UNMAPPED]);
    const struct result *result = &results[UNMAPPED];
    const char *what = "a read of what is not mapped";
    if (result->status != STATUS_FAULT || !result->faults)
        return wrong(c, "%s: expected FAULT and its page fault, actual status %u, %u faults", what,
                     (unsigned)result->status, (unsigned)result->faults);
    if ((result->fault[0].error & (PRESENT | USER)) != USER)
        return wrong(c, "%s: error code: expected user, not present, actual %#x", what,
                     (unsigned)result->fault[0].error);
    if (result->fault[0].cr2 != script[UNMAPPED].va)
        return wrong(c, "%s: CR2: expected %#x, actual %#x", what, (unsigned)script[UNMAPPED].va,
                     (unsigned)result->fault[0].cr2);
    return !result->fault[0].before ||
           wrong(c, "%s: the entry before: expected 0, not present, actual %#x", what,
                 (unsigned)result->fault[0].before);
}

/* ---- What is told, beside what is seen. ---- */

static bool same_region(const struct told_region *a, const struct told_region *b)
{
    return a->first == b->first && a->last == b->last && a->kind == b->kind &&
           a->offset == b->offset && a->segment == b->segment;
}

/* REGIONS of the space from where the record began. */
static bool regions_are_so(struct conform *c, const struct op *op, uint32_t va)
{
    bool whole = op->code == OP_CREATE || op->code == OP_FORK;
    uint32_t s = op->code == OP_FORK ? op->t : op->s, vpn = va >> WIRE_PAGE_BITS;
    uint32_t from = whole || !vpn ? 0 : vpn - 1, last = whole ? UINT32_MAX : vpn + op->n;
    struct wire_reader r;
    if (!c->regions.is)
        return true;
    if (!ask_two(c, WIRE_REGIONS, s, from, &r))
        return false;
    uint32_t count = wire_below(&r, WIRE_REGIONS_MAX + 1), before = 0, i = 0;
    for (; i < count; i++) {
        struct told_region region = read_region(&r, before);
        if (region.first > last)
            break;
        before = region.last + 1;
        if (i >= c->regions.count || !same_region(&region, &c->regions.at[i]))
            return wrong(c, "%s: the record's regions are not those of REGIONS: pages %#x to %#x",
                         text_of(op), (unsigned)region.first, (unsigned)region.last);
    }
    return (!r.bad && i == c->regions.count) ||
           wrong(c, "%s: the record tells %u regions, REGIONS %u", text_of(op),
                 (unsigned)c->regions.count, (unsigned)i);
}

/* Those that create and fork, map, unmap and protect must tell. */
static bool regions_are_told(struct conform *c, const struct op *op, uint32_t status)
{
    bool due = op->code == OP_CREATE || op->code == OP_FORK || op->code == OP_MAP ||
               op->code == OP_MAP_DEVICE || op->code == OP_UNMAP || op->code == OP_PROTECT;
    return !due || status || c->regions.is ||
           wrong(c, "%s: the record does not tell the regions", text_of(op));
}

/* An operation of the script; then everything is looked at. */
static bool follow(struct conform *c, uint32_t flags, const struct op *op)
{
    struct wire_reader r;
    struct result result;
    bool overflow;
    if (!run(c, flags, op, 1, &r))
        return false;
    if (wire_number(&r) != 1)
        return wrong(c, "%s: RUN does not do it", text_of(op));
    if (!read_record(c, &r, op, flags, &result, &overflow))
        return unreadable(c, op);
    if (!complete(c, &r, "RUN") || (!overflow && !regions_are_told(c, op, result.status)) ||
        !regions_are_so(c, op, op->flags & OP_ANY ? result.va : op->va) || !look(c, &c->seen))
        return false;
    if (!overflow && (!same_names(c, &c->told, &c->seen, text_of(op)) ||
                      !same_frames(c, &c->told, &c->seen, text_of(op))))
        return false;
    if (!overflow && flags & WIRE_MEMORY) {
        for (uint32_t i = 0; i < c->frames; i++)
            if (!(c->seen.frames[i] & 3))
                pages_copy(&c->told.memory, i, &c->seen.memory, i); /* nobody's any more */
        if (!same_memory(c, &c->told, &c->seen, text_of(op)))
            return false;
    }
    world_copy(c, &c->told, &c->seen);
    return true;
}

static bool follow_script(struct conform *c, uint32_t flags)
{
    make_script();
    if (!reset(c))
        return false;
    for (uint32_t i = 0; i < script_count; i++)
        if (!follow(c, flags, &script[i]))
            return false;
    return true;
}

bool check_see(struct conform *c)
{
    return follow_script(c, WIRE_SEE);
}

bool check_memory(struct conform *c)
{
    return follow_script(c, WIRE_SEE | WIRE_MEMORY);
}

bool check_brief(struct conform *c)
{
    static const char where[] = "after RUN with BRIEF";
    uint32_t top;
    if (!reset(c) || !run_script(c, WIRE_SEE | WIRE_BRIEF, results, &top) || !look(c, &c->seen) ||
        !same_names(c, &c->told, &c->seen, where))
        return false;
    for (uint32_t pfn = c->hello.free_first; pfn < hello_frames(&c->hello); pfn++) {
        uint32_t at = pfn - c->hello.free_first;
        if (pfn >= top && c->told.frames[at] != c->seen.frames[at])
            return wrong(c, "%s: frame %u has changed and is above the highest that is told", where,
                         (unsigned)pfn);
    }
    return top || wrong(c, "%s: no frame is told to have changed", where);
}

bool check_witness(struct conform *c)
{
    struct payload p = {.length = 0};
    uint32_t top;
    if (c->hello.features & WIRE_HAS_TOUCH)
        return reset(c) && run_script(c, 0, plain, &top) &&
               same_results(c, WIRE_SEE | WIRE_WITNESS) &&
               same_results(c, WIRE_SEE | WIRE_WITNESS | WIRE_BRIEF);
    put_octet(&p, WIRE_SEE | WIRE_WITNESS);
    put(&p, 0);
    return reset(c) &&
           ask_in_vain(c, WIRE_RUN, &p, "RUN with WITNESS, which HELLO does not announce");
}

bool check_used_reset(struct conform *c)
{
    static const char where[] = "after operations and a RESET";
    struct wire_reader r;
    make_script();
    if (!reset(c))
        return false;
    world_copy(c, &c->fresh, &c->seen);
    return run(c, 0, script, script_count / 2, &r) && reset(c) &&
           same_world(c, &c->fresh, &c->seen, where);
}
