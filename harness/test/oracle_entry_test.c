/* oracle_entry_test.c: a translation of one page that is wrong is found by the oracle that is made
 * for it (STRAY PROTECTION ALIAS SPLIT, and the reserved bits of KERNEL_HALF), and what a VMM may
 * do with its translations is not found. */
#include "rig_script.h"

/* Pages 1 to 3 of s0 are mapped rw; 1 and 2 were written. */
#define TWO_PAGES "create s0; map s0 0x20 3 rw; write s0 0x20 1; write s0 0x40 2;"
#define TWO_SPACES                                                                                 \
    "segment g0 2; create s0; create s1; map s0 0x20 2 rw g0 0; map s1 0x20 2 rw g0 0;"            \
    "write s0 0x20 1; write s1 0x40 2;"

/* ---- STRAY ---- */

static void translate_page_5(struct target *target, const struct op *op, struct outcome *outcome)
{
    (void)outcome;
    edit_pte(target, op->s, 5, pte(target, op->s, vpn_of(op)));
}

static void translate_page_3(struct target *target, const struct op *op, struct outcome *outcome)
{
    (void)outcome;
    edit_pte(target, op->s, 3, entry(free_frame(target), P | W | U));
}

/* The operation forgets to change the translation of its page. */
static enum end keep_entry(struct target *target, const struct op *op, struct outcome *outcome)
{
    uint32_t before = pte(target, op->s, vpn_of(op));
    enum end end = honest->run(target, op, outcome);
    edit_pte(target, op->s, vpn_of(op), before);
    return end;
}

static const struct planted strays[] = {
    {"where nothing is mapped", TWO_PAGES "! read s0 0x20", "STRAY read translation",
     .after = translate_page_5},
    {"unmap leaves the translation", TWO_PAGES "! unmap s0 0x20 1", "STRAY unmap translation",
     .instead = keep_entry},
    {"unmap does nothing", TWO_PAGES "! unmap s0 0x20 1", "STRAY unmap translation",
     .instead = skip},
    {"protection none leaves the translation", TWO_PAGES "! protect s0 0x20 1 none",
     "STRAY protect translation", .instead = keep_entry},
    {"protection none is not made", TWO_PAGES "! protect s0 0x20 1 none",
     "STRAY protect translation", .instead = skip},
    {"a frame for a page that nobody has touched", TWO_PAGES "! read s0 0x20", "STRAY read page",
     .after = translate_page_3},
    {"eviction leaves the translation", TWO_PAGES "! evict s0 0x20", "STRAY evict evicted page",
     .instead = keep_entry},
    {"eviction leaves the translation of another holder",
     TWO_SPACES "read s1 0x20; ! evict s1 0x20", "STRAY evict evicted page", .instead = keep_entry},
    {"eviction is not made", TWO_PAGES "! evict s0 0x20", "STRAY evict evicted page",
     .instead = skip},
};

/* ---- PROTECTION, reserved bits ---- */

static void take_user(struct target *target, const struct op *op, struct outcome *outcome)
{
    (void)outcome;
    edit_pte(target, op->s, vpn_of(op), pte(target, op->s, vpn_of(op)) & ~(uint32_t)U);
}

static void take_writable(struct target *target, const struct op *op, struct outcome *outcome)
{
    (void)outcome;
    edit_pte(target, op->s, vpn_of(op), pte(target, op->s, vpn_of(op)) & ~(uint32_t)W);
}

static void give_writable(struct target *target, const struct op *op, struct outcome *outcome)
{
    (void)outcome;
    edit_pte(target, op->s, vpn_of(op), pte(target, op->s, vpn_of(op)) | W);
}

static void give_writable_to_page_1(struct target *target, const struct op *op,
                                    struct outcome *outcome)
{
    (void)outcome;
    edit_pte(target, op->s, 1, pte(target, op->s, 1) | W);
}

static void give_reserved(struct target *target, const struct op *op, struct outcome *outcome)
{
    (void)outcome;
    edit_pte(target, op->s, vpn_of(op), pte(target, op->s, vpn_of(op)) | 1 << 7);
}

static void take_dirty(struct target *target, const struct op *op, struct outcome *outcome)
{
    (void)outcome;
    edit_pte(target, op->s, vpn_of(op), pte(target, op->s, vpn_of(op)) & ~D);
}

static void give_accessed_and_dirty(struct target *target, const struct op *op,
                                    struct outcome *outcome)
{
    (void)outcome;
    edit_pte(target, op->s, vpn_of(op), pte(target, op->s, vpn_of(op)) | A | D);
}

static void take_accessed_and_dirty(struct target *target, const struct op *op,
                                    struct outcome *outcome)
{
    (void)outcome;
    edit_pte(target, op->s, vpn_of(op), pte(target, op->s, vpn_of(op)) & ~(uint32_t)(A | D));
}

static void note_in_absent_entry(struct target *target, const struct op *op,
                                 struct outcome *outcome)
{
    (void)outcome;
    edit_pte(target, op->s, 3, entry(9, 0));
}

static void note_in_absent_used_bits(struct target *target, const struct op *op,
                                     struct outcome *outcome)
{
    (void)outcome;
    edit_pte(target, op->s, 3, A | D);
}

static const struct planted protections[] = {
    {"a page that the user cannot reach", TWO_PAGES "! read s0 0x20", "PROTECTION read user",
     .after = take_user},
    {"writable in a region that is read-only", TWO_PAGES "protect s0 0x20 1 r; ! read s0 0x20",
     "PROTECTION read writable", .after = give_writable},
    {"writable when it was mapped eager and read-only", "create s0; ! map s0 0x20 1 r eager",
     "PROTECTION map writable", .after = give_writable},
    {"narrowing leaves the translation", TWO_PAGES "! protect s0 0x20 1 r",
     "PROTECTION protect writable", .instead = keep_entry},
    {"narrowing is not made", TWO_PAGES "! protect s0 0x20 1 r", "PROTECTION protect writable",
     .instead = skip},
    {"fork leaves the parent its right to write", TWO_PAGES "! fork s0 s1",
     "PROTECTION fork writable", .after = give_writable_to_page_1},
    {"writable while others hold the page", TWO_PAGES "fork s0 s1; ! read s1 0x20",
     "PROTECTION read writable", .after = give_writable},
    {"a reserved bit of an entry", TWO_PAGES "! read s0 0x20", "KERNEL_HALF read reserved bits",
     .after = give_reserved},
    {"something in an entry that is not present", TWO_PAGES "! read s0 0x20",
     "KERNEL_HALF read reserved bits", .after = note_in_absent_entry},

    {"an access that faulted left no mark", TWO_PAGES "! read s0 0x60", "PROTECTION read accessed",
     .after = take_accessed_and_dirty},
    {"a write that faulted left no mark", TWO_PAGES "! write s0 0x60 3", "PROTECTION write dirty",
     .after = take_dirty},

    {"accessed and dirty bits of an entry that is not present", TWO_PAGES "! read s0 0x20",
     .after = note_in_absent_used_bits},
    {"accessed and dirty bits that are set", TWO_PAGES "protect s0 0x20 1 r; ! read s0 0x20",
     .after = give_accessed_and_dirty},
    {"accessed and dirty bits that are cleared", TWO_PAGES "! write s0 0x20 3; read s0 0x20",
     .after = take_accessed_and_dirty},
    {"a page that is read-only though its only holder may write to it",
     TWO_PAGES "! read s0 0x20; read s0 0x20; write s0 0x20 3; read s0 0x20",
     .after = take_writable},
    {"a shared segment's page that is writable for all", TWO_SPACES "! read s1 0x20",
     .after = give_writable},
};

/* ---- ALIAS, SPLIT ---- */

static void show_page_2(struct target *target, const struct op *op, struct outcome *outcome)
{
    (void)outcome;
    edit_pte(target, op->s, vpn_of(op), pte(target, op->s, 2));
}

static void show_page_of_s0(struct target *target, const struct op *op, struct outcome *outcome)
{
    (void)outcome;
    uint32_t pfn = pte(target, 0, vpn_of(op)) >> ENTRY_PFN_SHIFT;
    edit_pte(target, op->s, vpn_of(op), entry(pfn, P | U | A));
}

static void show_free_frame(struct target *target, const struct op *op, struct outcome *outcome)
{
    (void)outcome;
    edit_pte(target, op->s, vpn_of(op), entry(free_frame(target), P | U));
}

static void show_next_frame(struct target *target, const struct op *op, struct outcome *outcome)
{
    (void)outcome;
    edit_pte(target, op->s, vpn_of(op), pte(target, op->s, vpn_of(op)) + entry(1, 0));
}

static void show_table(struct target *target, const struct op *op, struct outcome *outcome)
{
    (void)outcome;
    edit_pte(target, op->s, vpn_of(op), entry(pte_place(target, op->s, 1).pfn, P | U));
}

static void show_device(struct target *target, const struct op *op, struct outcome *outcome)
{
    (void)outcome;
    edit_pte(target, op->s, vpn_of(op), entry(target->facts.ram_frames, P | U));
}

static const struct planted frames[] = {
    {"two private pages in one frame", TWO_PAGES "! read s0 0x20", "ALIAS read frame",
     .after = show_page_2},
    {"a new page in a frame that shows another", TWO_PAGES "! read s0 0x60", "ALIAS read frame",
     .after = show_page_2},
    {"a write by one holder that makes no copy", TWO_PAGES "fork s0 s1; ! write s1 0x20 3",
     "ALIAS write frame", .after = show_page_of_s0},
    {"two pages of a segment in one frame", TWO_SPACES "read s1 0x20; ! read s1 0x20",
     "ALIAS read frame", .after = show_page_2},
    {"a page after it was evicted, in another's frame", TWO_PAGES "evict s0 0x20; ! read s0 0x20",
     "ALIAS read frame", .after = show_page_2},
    {"a segment's page in a frame of each space's own", TWO_SPACES "! read s1 0x20",
     "SPLIT read frame", .after = show_free_frame},
    {"a private page that moved", TWO_PAGES "! read s0 0x20", "SPLIT read frame",
     .after = show_free_frame},
    {"another page of the device", "create s0; map_device s0 0x20 1 0; ! read s0 0x20",
     "SPLIT read device frame", .after = show_next_frame},
    {"another page of the device, not the first",
     "create s0; map_device s0 0x20 2 0; ! read s0 0x40", "SPLIT read device frame",
     .after = show_free_frame},
    {"a device's page in RAM", "create s0; map_device s0 0x20 1 0; ! read s0 0x20",
     "SPLIT read device frame", .after = show_free_frame},
    {"a page in a device's frame", TWO_PAGES "! read s0 0x20", "FRAMES read not RAM",
     .after = show_device},
    {"a new page in a frame that is a table", TWO_PAGES "! read s0 0x60", "FRAMES read table",
     .after = show_table},

    {"a page in one frame for parent and child, both read-only",
     TWO_PAGES "fork s0 s1; ! read s1 0x20; write s1 0x20 3; read s0 0x20",
     .after = show_page_of_s0},
};

int main(void)
{
    MUST_FIND_ALL(RIG_CHECK_EVERY, strays);
    MUST_FIND_ALL(RIG_CHECK_EVERY, protections);
    MUST_FIND_ALL(RIG_CHECK_EVERY, frames);
    return tap_done();
}
