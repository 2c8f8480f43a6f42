/* universe.h: the small world that exhaustive search explores: how large it is, and every operation
 * that can be done in it.
 *
 * The machine has 3 level bits: tables of 8 entries, pages of 8 words.  The pages that operations
 * touch straddle the edge between two page tables:
 *
 *      pages=4    ...  5 | 6  7 || 8  9 | 10 ...       || edge of the tables
 *
 * Every range of one and of two pages and the whole are used.  What a program writes is one fixed
 * word for each space, at the start of the page, so that contents stay few. */
#ifndef UNIVERSE_H
#define UNIVERSE_H

#include "../case/case.h"

enum {
    UNIVERSE_BITS = 3,
    UNIVERSE_SPACES_MAX = 4,
    UNIVERSE_PAGES_MAX = 8,
    UNIVERSE_FRAMES_MAX = 64,
    UNIVERSE_SEGMENTS_MAX = 4,
    UNIVERSE_SLOTS_MAX = 64,
    UNIVERSE_SEGMENT_PAGES = 2, /* every segment has */
    UNIVERSE_OPS_MAX = 2048,
};

struct universe_size {
    uint32_t spaces;   /* slots for spaces, 1 to UNIVERSE_SPACES_MAX */
    uint32_t pages;    /* of each space, 1 to ... */
    uint32_t frames;   /* that the VMM may allocate after boot, 1 to ... */
    uint32_t segments; /* slots for segments, 0 to ... */
    uint32_t slots;    /* pages of the backing store, 0 to ... */
};
extern const struct universe_size universe_size_default;

/* Slots in use, as a set: bit s for space s, bit OP_SLOTS + g for segment g. */
typedef uint32_t slot_set;

/* An operation is refused with BAD_SLOT unless all slots of `used` are in use and none of `free`
 * is. */
struct universe_op {
    struct op op;
    slot_set used, free;
};

struct universe {
    struct universe_size size;
    struct case_head head;
    bool lean;
    uint32_t first_vpn;
    uint32_t op_count;
    struct universe_op ops[UNIVERSE_OPS_MAX];
};

/* lean: without what multiplies the states most and shows little that a search to a few operations
 * does not show: devices, two of the ways to map, and segments that still live when their name is
 * given to another (which whoever chooses operations sees to). */
void universe_make(struct universe *universe, const struct universe_size *size,
                   const struct design *design, bool lean);

#endif
