/* record.c: an operation's record (kernel/agent/README.md, RUN): what it tells is done to the copy
 * of the world.  Frames that are not looked at are read and left. */
#include "conform_private.h"

enum { WORDS = 1024, STATE_MASK = 3, STATE_TABLE = 2 };

static void read_words(struct conform *c, struct wire_reader *r, uint32_t pfn, bool all)
{
    struct wire_words words = wire_begin_words(r);
    bool followed = is_looked_at(c, pfn);
    uint32_t at = pfn - c->hello.free_first;
    if (all && followed)
        pages_clear(&c->told.memory, at);
    while (wire_next_word(r, &words, WORDS))
        if (followed)
            pages_set(&c->told.memory, at, words.index, words.word);
}

static void read_result(struct wire_reader *r, const struct op *op, struct result *result)
{
    bool any = op->flags & OP_ANY;
    if (op->code == OP_MAP || op->code == OP_MAP_DEVICE)
        result->va = wire_address(r, any ? 0 : op->va);
    if (op->code == OP_READ || op->code == OP_COPY_IN)
        result->word = wire_number(r);
    if (op->code != OP_READ && op->code != OP_WRITE)
        return;
    result->faults = wire_below(r, WIRE_FAULTS_MAX + 1);
    for (uint32_t i = 0; i < result->faults; i++) {
        result->fault[i].error = wire_number(r);
        result->fault[i].cr2 = wire_address(r, op->va);
        result->fault[i].before = wire_number(r);
        result->fault[i].after = wire_number(r);
    }
}

static void read_pools(struct conform *c, struct wire_reader *r)
{
    uint8_t which = wire_byte(r);
    r->bad |= !which || which >> WIRE_POOLS;
    for (unsigned i = 0; i < WIRE_POOLS; i++)
        if (which >> i & 1)
            c->told.pools[i] = wire_stepped(c->told.pools[i], wire_number(r));
}

static void read_frames(struct conform *c, struct wire_reader *r, bool memory)
{
    for (uint32_t left = wire_number(r); left && !r->bad; left--) {
        uint32_t pfn = wire_below(r, hello_frames(&c->hello)), state = wire_number(r);
        uint32_t at = pfn - c->hello.free_first, before = 0;
        if (is_looked_at(c, pfn)) {
            before = c->told.frames[at];
            c->told.frames[at] = state;
        }
        bool free = !(state & STATE_MASK);
        bool table = (state & STATE_MASK) >= STATE_TABLE && (before & STATE_MASK) >= STATE_TABLE;
        if (!memory || free)
            continue;
        if (table && r->at < r->end && !*r->at)
            r->at++; /* what changed in it is among the words */
        else
            read_words(c, r, pfn, true);
    }
}

/* And what came or went without being told. */
static void read_name(struct conform *c, struct wire_reader *r, const struct op *op, bool ok,
                      bool told)
{
    bool makes = op->code == OP_CREATE || op->code == OP_FORK || op->code == OP_SEGMENT;
    uint32_t name = told ? wire_number(r) : 0;
    r->bad |= told != (makes && ok) || (told && !name);
    if (!ok)
        return;
    if (op->code == OP_CREATE || op->code == OP_DESTROY)
        c->told.spaces[op->s] = name;
    if (op->code == OP_FORK)
        c->told.spaces[op->t] = name;
    if (op->code == OP_SEGMENT || op->code == OP_RELEASE)
        c->told.segments[op->g] = name;
}

static void read_changed_words(struct conform *c, struct wire_reader *r)
{
    for (uint32_t left = wire_number(r); left && !r->bad; left--)
        read_words(c, r, wire_below(r, hello_frames(&c->hello)), false);
}

static void read_witness(struct wire_reader *r)
{
    for (uint32_t left = wire_below(r, WIRE_WITNESS_MAX + 1); left; left--)
        wire_below(r, 1 << (32 - WIRE_PAGE_BITS));
}

static void read_regions(struct conform *c, struct wire_reader *r)
{
    struct told_regions *told = &c->regions;
    told->is = true;
    told->count = wire_below(r, WIRE_REGIONS_MAX + 1);
    for (uint32_t i = 0; i < told->count; i++)
        told->at[i] = read_region(r, i ? told->at[i - 1].last + 1 : 0);
}

struct told_region read_region(struct wire_reader *r, uint32_t from)
{
    struct told_region region = {.first = wire_stepped(from, wire_number(r))};
    region.last = region.first + wire_number(r);
    region.kind = wire_byte(r);
    if (region.kind >> 4)
        region.offset = wire_number(r);
    if (region.kind >> 4 == 1)
        region.segment = wire_number(r);
    r->bad |= (region.kind & 0xf) >= PROTS || region.kind >> 4 > 2 || region.last < region.first;
    return region;
}

static bool brief(struct conform *c, struct wire_reader *r, const struct op *op,
                  struct result *result)
{
    uint32_t bits = result->status & WIRE_BRIEF_ALL;
    result->status &= ~(uint32_t)WIRE_BRIEF_ALL;
    read_result(r, op, result);
    if (bits & WIRE_BRIEF_POOLS)
        read_pools(c, r);
    read_name(c, r, op, !result->status, bits & WIRE_BRIEF_NAME);
    if (bits & WIRE_BRIEF_WITNESS)
        read_witness(r);
    return !r->bad;
}

bool read_record(struct conform *c, struct wire_reader *r, const struct op *op, uint32_t flags,
                 struct result *result, bool *overflow)
{
    *result = (struct result){.status = wire_byte(r)};
    *overflow = false;
    c->regions.is = false;
    c->records++;
    if (flags & WIRE_BRIEF)
        return brief(c, r, op, result) && result->status < STATUSES;
    read_result(r, op, result);
    if (!(flags & WIRE_SEE))
        return !r->bad && result->status < STATUSES;
    uint8_t bits = wire_byte(r);
    if (bits & WIRE_SEEN_CR3)
        c->told.cr3 = wire_below(r, hello_frames(&c->hello));
    if (bits & WIRE_SEEN_POOLS)
        read_pools(c, r);
    if (bits & WIRE_SEEN_FRAMES)
        read_frames(c, r, flags & WIRE_MEMORY);
    read_name(c, r, op, !result->status, bits & WIRE_SEEN_NAME);
    if (bits & WIRE_SEEN_REGIONS)
        read_regions(c, r);
    if (bits & WIRE_SEEN_WORDS)
        read_changed_words(c, r);
    if (bits & WIRE_SEEN_WITNESS)
        read_witness(r);
    *overflow = bits & WIRE_SEEN_OVERFLOW;
    c->overflows += *overflow;
    return !r->bad && result->status < STATUSES;
}

bool read_last(struct conform *c, struct wire_reader *r, uint32_t *top)
{
    uint8_t bits = wire_byte(r);
    *top = 0;
    r->bad |= bits & ~(WIRE_SEEN_CR3 | WIRE_SEEN_FRAMES);
    if (bits & WIRE_SEEN_CR3)
        c->told.cr3 = wire_below(r, hello_frames(&c->hello));
    if (bits & WIRE_SEEN_FRAMES)
        *top = wire_below(r, hello_frames(&c->hello)) + 1;
    return !r->bad;
}
