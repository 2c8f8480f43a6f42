/* oracle_frames_test.c: frames that are counted wrong, used for two things or lost are found by
 * FRAMES, and words that are not what was written by CONTENT. */
#include "rig_script.h"

/* Pages 1 to 3 of s0 are mapped rw; 1 and 2 were written. */
#define TWO_PAGES  "create s0; map s0 0x20 3 rw; write s0 0x20 1; write s0 0x40 2;"
#define TWO_SPACES TWO_PAGES "fork s0 s1; read s1 0x20;"

/* ---- A frame table that misreports. ---- */

static enum frame_state page_is_free(struct target *target, uint32_t pfn, uint32_t *refs)
{
    enum frame_state state = honest->frame(target, pfn, refs);
    return state == FRAME_PAGE ? FRAME_FREE : state;
}

static enum frame_state page_is_table(struct target *target, uint32_t pfn, uint32_t *refs)
{
    enum frame_state state = honest->frame(target, pfn, refs);
    return state == FRAME_PAGE ? FRAME_TABLE : state;
}

static enum frame_state table_is_page(struct target *target, uint32_t pfn, uint32_t *refs)
{
    enum frame_state state = honest->frame(target, pfn, refs);
    return state == FRAME_TABLE ? FRAME_PAGE : state;
}

static enum frame_state directory_is_free(struct target *target, uint32_t pfn, uint32_t *refs)
{
    enum frame_state state = honest->frame(target, pfn, refs);
    return state == FRAME_DIRECTORY ? FRAME_FREE : state;
}

static enum frame_state free_is_directory(struct target *target, uint32_t pfn, uint32_t *refs)
{
    enum frame_state state = honest->frame(target, pfn, refs);
    return state == FRAME_FREE ? FRAME_DIRECTORY : state;
}

static enum frame_state free_is_page(struct target *target, uint32_t pfn, uint32_t *refs)
{
    enum frame_state state = honest->frame(target, pfn, refs);
    return state == FRAME_FREE ? FRAME_PAGE : state;
}

static enum frame_state page_has_one_more(struct target *target, uint32_t pfn, uint32_t *refs)
{
    enum frame_state state = honest->frame(target, pfn, refs);
    *refs += state == FRAME_PAGE;
    return state;
}

static enum frame_state page_has_one_less(struct target *target, uint32_t pfn, uint32_t *refs)
{
    enum frame_state state = honest->frame(target, pfn, refs);
    *refs -= state == FRAME_PAGE;
    return state;
}

static enum frame_state table_has_one_more(struct target *target, uint32_t pfn, uint32_t *refs)
{
    enum frame_state state = honest->frame(target, pfn, refs);
    *refs += state == FRAME_TABLE;
    return state;
}

static enum frame_state others_have_one_more(struct target *target, uint32_t pfn, uint32_t *refs)
{
    enum frame_state state = honest->frame(target, pfn, refs);
    *refs += state == FRAME_FREE || state == FRAME_DIRECTORY;
    return state;
}

static const struct planted states[] = {
    {"a page's frame that is free, so that it will be used again", TWO_PAGES "! read s0 0x60",
     "FRAMES read state", .lies.frame = page_is_free},
    {"a page's frame that is taken for a table", TWO_PAGES "! read s0 0x60", "FRAMES read state",
     .lies.frame = page_is_table},
    {"a table's frame that is taken for a page", TWO_PAGES "! read s0 0x60", "FRAMES read state",
     .lies.frame = table_is_page},
    {"a directory's frame that is free", TWO_PAGES "! create s1", "FRAMES create state",
     .lies.frame = directory_is_free},
    {"a frame that is still a directory after it was freed", TWO_SPACES "! destroy s1",
     "FRAMES destroy state", .lies.frame = free_is_directory},
    {"a state that went wrong without a word", TWO_PAGES "! read s0 0x20; > check",
     "FRAMES check state", .lies.frame = page_is_free},
    {"a page's frame that two hold and one is counted", TWO_PAGES "! fork s0 s1",
     "FRAMES fork references", .lies.frame = page_has_one_less},
    {"a page's frame with a holder too many", TWO_PAGES "! read s0 0x60", "FRAMES read references",
     .lies.frame = page_has_one_more},
    {"a holder too many after one has gone", TWO_SPACES "! destroy s1", "FRAMES destroy references",
     .lies.frame = page_has_one_more},
    {"a table with an entry too many", TWO_PAGES "! read s0 0x60", "FRAMES read references",
     .lies.frame = table_has_one_more},
    {"a count that went wrong without a word", TWO_PAGES "! read s0 0x20; > check",
     "FRAMES check references", .lies.frame = page_has_one_more},

    {"counts of frames that have no count", TWO_SPACES "! destroy s1",
     .lies.frame = others_have_one_more},
    {"a frame that is taken for the next page before anything shows it", TWO_SPACES "! destroy s1",
     .lies.frame = free_is_page},
};

/* ---- Pages that have a content before a translation shows them. ---- */

/* The kernel wrote 7; nothing shows the frame yet. */
static void spoil_unseen_page(struct target *target, const struct op *op, struct outcome *outcome)
{
    (void)op, (void)outcome;
    uint32_t pfn = 0;
    while (pages_get(&target->ram, pfn, 0) != 7)
        pfn++;
    poke(target, (struct place){pfn, 0}, 99);
}

static const struct planted unseen[] = {
    {"a kernel's write that was wrong, when the page is seen first",
     "create s0; map s0 0x20 1 rw; ! copy_out s0 0x20 7; > read s0 0x24", "CONTENT read word",
     .after = spoil_unseen_page},
    {"a count that was wrong, when the page is seen first",
     "create s0; map s0 0x20 1 rw; ! copy_out s0 0x20 7; > read s0 0x24", "FRAMES read references",
     .lies.frame = page_has_one_more},
};

/* ---- Frames and slots that are lost, and tables. ---- */

static void one_frame_less(struct target *target, uint32_t free[POOLS])
{
    honest->pools(target, free);
    free[POOL_FRAMES]--;
}

static void one_frame_more(struct target *target, uint32_t free[POOLS])
{
    honest->pools(target, free);
    free[POOL_FRAMES]++;
}

static void one_slot_less(struct target *target, uint32_t free[POOLS])
{
    honest->pools(target, free);
    free[POOL_SLOTS]--;
}

static void other_pools_less(struct target *target, uint32_t free[POOLS])
{
    honest->pools(target, free);
    free[POOL_PAGES]--;
    free[POOL_REGIONS]--;
    free[POOL_SEGMENTS]--;
}

static void regions_grow(struct target *target, uint32_t free[POOLS])
{
    honest->pools(target, free);
    free[POOL_REGIONS] += 64;
}

static uint32_t second_table; /* that the defect brought in */

static enum frame_state second_is_table(struct target *target, uint32_t pfn, uint32_t *refs)
{
    enum frame_state state = honest->frame(target, pfn, refs);
    return pfn == second_table ? FRAME_TABLE : state;
}

static void add_table(struct target *target, const struct op *op, struct outcome *outcome)
{
    (void)outcome;
    second_table = free_frame(target);
    edit(target, pde_place(target, op->s, 8), entry(second_table, P | W | U));
}

static void clear_entry(struct target *target, const struct op *op, struct outcome *outcome)
{
    (void)outcome;
    edit_pte(target, op->s, vpn_of(op), 0);
}

static enum frame_state table_has_one_less(struct target *target, uint32_t pfn, uint32_t *refs)
{
    enum frame_state state = honest->frame(target, pfn, refs);
    *refs -= state == FRAME_TABLE;
    return state;
}

static void name_free_table(struct target *target, const struct op *op, struct outcome *outcome)
{
    (void)outcome;
    edit(target, pde_place(target, op->s, 8), entry(free_frame(target), P | W | U));
}

static void name_own_directory(struct target *target, const struct op *op, struct outcome *outcome)
{
    (void)outcome;
    edit(target, pde_place(target, op->s, 8), entry(honest->directory(target, op->s), P | W | U));
}

static void name_table_of_s0(struct target *target, const struct op *op, struct outcome *outcome)
{
    (void)outcome;
    edit(target, pde_place(target, op->s, 8), entry(pte_place(target, 0, 1).pfn, P | W | U));
}

static void name_device(struct target *target, const struct op *op, struct outcome *outcome)
{
    (void)outcome;
    edit(target, pde_place(target, op->s, 8), entry(target->facts.ram_frames, P | W | U));
}

static uint32_t directory_of_s0(struct target *target, uint32_t s)
{
    (void)s;
    return honest->directory(target, 0);
}

static uint32_t directory_in_device(struct target *target, uint32_t s)
{
    (void)s;
    return target->facts.ram_frames;
}

static const struct planted uses[] = {
    {"a frame is lost", TWO_PAGES "! write s0 0x60 1", "FRAMES write free frames",
     .lies.pools = one_frame_less},
    {"a frame is free twice", TWO_PAGES "! unmap s0 0x20 1", "FRAMES unmap free frames",
     .lies.pools = one_frame_more},
    {"a slot of the backing store is lost", TWO_PAGES "evict s0 0x20; ! read s0 0x20",
     "FRAMES read free slots", .lies.pools = one_slot_less},
    {"a table that nobody counted", TWO_PAGES "! read s0 0x20", "FRAMES read free frames",
     .after = name_free_table},
    {"a table that is left when it is empty", TWO_PAGES "! read s0 0x20; > check",
     "FRAMES check entries of a table in use", .after = add_table,
     .lies = {.frame = second_is_table, .pools = one_frame_less}},
    {"a directory is its own table", TWO_PAGES "! read s0 0x20", "FRAMES read table",
     .after = name_own_directory},
    {"a table of two spaces", TWO_SPACES "! read s1 0x20", "FRAMES read table",
     .after = name_table_of_s0},
    {"a table twice in one space", TWO_PAGES "! read s0 0x20", "FRAMES read table",
     .after = name_table_of_s0},
    {"a table in the device", TWO_PAGES "! read s0 0x20", "FRAMES read table",
     .after = name_device},
    {"one directory for two spaces", TWO_PAGES "! create s1", "FRAMES create directory",
     .lies.directory = directory_of_s0},
    {"a directory in the device", TWO_PAGES "! fork s0 s1", "FRAMES fork directory",
     .lies.directory = directory_in_device},
    {"a directory that moved", TWO_SPACES "! read s1 0x20; > check", "FRAMES check directory",
     .lies.directory = directory_of_s0},
    {"a translation is gone and still counted", TWO_PAGES "! read s0 0x20",
     "FRAMES read references", .after = clear_entry},

    {"a translation is gone, and the table's count with it", TWO_PAGES "! read s0 0x20",
     .after = clear_entry, .lies.frame = table_has_one_less},
    {"more structures are free than there were", TWO_PAGES "! read s0 0x20",
     "FRAMES read free structures", .lies.pools = regions_grow},
    {"structures that nobody can see", TWO_PAGES "! read s0 0x20", .lies.pools = other_pools_less},
};

/* ---- CONTENT ---- */

static void change_word_7(struct target *target, const struct op *op, struct outcome *outcome)
{
    (void)outcome;
    edit_content(target, pte(target, op->s, vpn_of(op)) >> ENTRY_PFN_SHIFT, 7, 99);
}

static void change_page_2(struct target *target, const struct op *op, struct outcome *outcome)
{
    (void)outcome;
    edit_content(target, pte(target, op->s, 2) >> ENTRY_PFN_SHIFT, 0, 99);
}

static void change_page_2_silently(struct target *target, const struct op *op,
                                   struct outcome *outcome)
{
    (void)outcome;
    poke(target, (struct place){pte(target, op->s, 2) >> ENTRY_PFN_SHIFT, 0}, 99);
}

static void lose_a_word(struct target *target, const struct op *op, struct outcome *outcome)
{
    (void)outcome;
    edit_content(target, pte(target, op->s, vpn_of(op)) >> ENTRY_PFN_SHIFT, 0, 0);
}

static void change_free_frame(struct target *target, const struct op *op, struct outcome *outcome)
{
    (void)op, (void)outcome;
    edit_content(target, free_frame(target), 0, 99);
}

static const struct planted contents[] = {
    {"a write that does not arrive", TWO_PAGES "! write s0 0x20 3", "CONTENT write word",
     .instead = skip},
    {"a kernel's write that does not arrive", TWO_PAGES "! copy_out s0 0x20 3",
     "CONTENT copy_out word", .instead = skip},
    {"a write that spills over", TWO_PAGES "! write s0 0x20 3", "CONTENT write word",
     .after = change_word_7},
    {"a write that hits another page too", TWO_PAGES "! write s0 0x20 3", "CONTENT write word",
     .after = change_page_2},
    {"a write that hits another page without a word", TWO_PAGES "! write s0 0x20 3; > check",
     "CONTENT check word", .after = change_page_2_silently},
    {"a page that is not all zero at first", TWO_PAGES "! read s0 0x60", "CONTENT read word",
     .after = change_word_7},
    {"an eager page that is not all zero", "create s0; ! map s0 0x20 1 rw eager",
     "CONTENT map word", .after = change_word_7},
    {"a page that comes back without its words", TWO_PAGES "evict s0 0x20; ! read s0 0x24",
     "CONTENT read word", .after = lose_a_word},
    {"a copy without the original's words", TWO_SPACES "! write s1 0x24 3", "CONTENT write word",
     .after = lose_a_word},
    {"a segment's page that changes for one",
     "segment g0 1; create s0; create s1; map s0 0x20 1 rw g0 0; map s1 0x20 1 rw g0 0;"
     "write s0 0x20 1; ! read s1 0x20",
     "CONTENT read word", .after = change_word_7},

    {"what is in a free frame is nobody's business", TWO_PAGES "! read s0 0x20",
     .after = change_free_frame},
};

int main(void)
{
    MUST_FIND_ALL(RIG_CHECK_EVERY, states);
    MUST_FIND_ALL(RIG_CHECK_EVERY, unseen);
    MUST_FIND_ALL(RIG_CHECK_EVERY, uses);
    MUST_FIND_ALL(RIG_CHECK_EVERY, contents);
    return tap_done();
}
