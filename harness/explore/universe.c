/* universe.c: lists every operation of the universe.
 *
 * Left out of ops.def are: `map any`, which may answer with pages outside of the universe;
 * addresses and sizes that are refused before anything is looked at, which random cases try better;
 * every `fail` but that of the next allocation; and `check`, as every new state is checked as a
 * whole. */
#include "universe.h"
#include <assert.h>

const struct universe_size universe_size_default = {
    .spaces = 2, .pages = 4, .frames = 8, .segments = 1, .slots = 2};

/* Frames that a design may take at boot for itself, with room to spare; the machine's own are in
 * RAM too. */
enum { BOOT_FRAMES = 8 };

static slot_set space_slot(uint32_t s)
{
    return (slot_set)1 << s;
}

static slot_set segment_slot(uint32_t g)
{
    return (slot_set)1 << (OP_SLOTS + g);
}

static void add(struct universe *u, struct op op, slot_set used, slot_set free)
{
    assert(u->op_count < UNIVERSE_OPS_MAX);
    op.expect = OP_EXPECT_NOTHING;
    u->ops[u->op_count++] = (struct universe_op){op, used, free};
}

static uint32_t address(const struct universe *u, uint32_t page)
{
    return (u->first_vpn + page) << (UNIVERSE_BITS + 2);
}

static void add_spaces(struct universe *u)
{
    for (uint8_t s = 0; s < u->size.spaces; s++) {
        add(u, (struct op){.code = OP_CREATE, .s = s}, 0, space_slot(s));
        add(u, (struct op){.code = OP_DESTROY, .s = s}, space_slot(s), 0);
        add(u, (struct op){.code = OP_SWITCH, .s = s}, space_slot(s), 0);
        add(u, (struct op){.code = OP_DISCARD, .s = s}, space_slot(s), 0);
        add(u, (struct op){.code = OP_COMMIT, .s = s}, space_slot(s), 0);
        for (uint8_t t = 0; t < u->size.spaces; t++)
            if (t != s)
                add(u, (struct op){.code = OP_FORK, .s = s, .t = t}, space_slot(s), space_slot(t));
    }
}

static void add_segments(struct universe *u)
{
    for (uint8_t g = 0; g < u->size.segments; g++) {
        struct op make = {.code = OP_SEGMENT, .g = g, .n = UNIVERSE_SEGMENT_PAGES};
        add(u, make, 0, segment_slot(g));
        add(u, (struct op){.code = OP_RELEASE, .g = g}, segment_slot(g), 0);
    }
}

/* The ways to map a range; of a segment, every part that has the size of the range.  What the last
 * two ways make, protect can make too. */
static void add_maps(struct universe *u, struct op op)
{
    static const struct {
        uint8_t prot, flags;
    } ways[] = {
        {PROT_RW, 0}, {PROT_RW, OP_EAGER}, {PROT_R, 0}, {PROT_R, OP_EAGER}, {PROT_NO, OP_EAGER}};
    unsigned count = u->lean ? 3 : 5;
    op.code = OP_MAP;
    for (unsigned i = 0; i < count; i++) {
        op.prot = ways[i].prot;
        op.flags = ways[i].flags;
        add(u, op, space_slot(op.s), 0);
        struct op backed = op;
        backed.flags |= OP_BACKED;
        for (backed.g = 0; backed.g < u->size.segments; backed.g++)
            for (backed.x = 0; backed.x + op.n <= UNIVERSE_SEGMENT_PAGES; backed.x++)
                add(u, backed, space_slot(op.s) | segment_slot(backed.g), 0);
    }
}

static void add_range(struct universe *u, uint8_t s, uint32_t page, uint32_t n_pages)
{
    struct op op = {.s = s, .va = address(u, page), .n = n_pages};
    add_maps(u, op);
    op.code = OP_UNMAP;
    add(u, op, space_slot(s), 0);
    op.code = OP_PROTECT;
    for (op.prot = PROT_NO; op.prot < PROTS; op.prot++)
        add(u, op, space_slot(s), 0);
}

static void add_page(struct universe *u, uint8_t s, uint32_t page)
{
    struct op op = {.s = s, .va = address(u, page)};
    static const uint8_t codes[] = {OP_READ, OP_COPY_IN, OP_EVICT};
    for (unsigned i = 0; i < sizeof codes; i++) {
        op.code = codes[i];
        add(u, op, space_slot(s), 0);
    }
    op.x = (page + 1) << 4 | (s + 1); /* no other page or space writes this */
    op.code = OP_WRITE;
    add(u, op, space_slot(s), 0);
    op.code = OP_COPY_OUT;
    op.va += 4;
    add(u, op, space_slot(s), 0);
    struct op device = {.code = OP_MAP_DEVICE, .s = s, .va = address(u, page), .n = 1};
    if (!u->lean)
        add(u, device, space_slot(s), 0);
}

void universe_make(struct universe *u, const struct universe_size *size,
                   const struct design *design, bool lean)
{
    assert(size->spaces >= 1 && size->spaces <= UNIVERSE_SPACES_MAX);
    assert(size->pages >= 1 && size->pages <= UNIVERSE_PAGES_MAX);
    assert(size->frames >= 1 && size->frames <= UNIVERSE_FRAMES_MAX);
    assert(size->segments <= UNIVERSE_SEGMENTS_MAX && size->slots <= UNIVERSE_SLOTS_MAX);
    uint32_t pages = size->pages;

    u->size = *size;
    u->lean = lean;
    u->head = case_head_default;
    u->head.bits = UNIVERSE_BITS;
    u->head.tlb = TLB_NONE;
    u->head.limit = size->frames;
    u->head.slots = size->slots;
    u->head.ram = size->frames + BOOT_FRAMES < RAM_MIN ? RAM_MIN : size->frames + BOOT_FRAMES;
    u->head.design = *design;
    u->first_vpn = (1u << UNIVERSE_BITS) - (pages + 1) / 2;
    u->op_count = 0;

    add_spaces(u);
    add_segments(u);
    add(u, (struct op){.code = OP_FAIL, .x = 1}, 0, 0);
    for (uint8_t s = 0; s < size->spaces; s++) {
        for (uint32_t n = 1; n <= 2; n++)
            for (uint32_t page = 0; page + n <= pages; page++)
                add_range(u, s, page, n);
        if (pages > 2)
            add_range(u, s, 0, pages);
        for (uint32_t page = 0; page < pages; page++)
            add_page(u, s, page);
    }
}
