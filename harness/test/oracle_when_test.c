/* oracle_when_test.c: when a defect is found: a write past the journal at the next comparison of
 * everything, whatever --check says; and under update=deferred what is wrong in the tables when
 * the space is used, not before. */
#include "rig_script.h"

enum { EVERY_16 = 16 };

/* Pages 1 to 3 of s0 are mapped rw; 1 and 2 were written.  4 operations. */
#define TWO_PAGES "create s0; map s0 0x20 3 rw; write s0 0x20 1; write s0 0x40 2;"
#define READS_4   "read s0 0x40; read s0 0x40; read s0 0x40; read s0 0x40;"
#define READS_10  READS_4 READS_4 "read s0 0x40; read s0 0x40;"

/* ---- Defects that the journal does not show. ---- */

static void stray(struct target *target, const struct op *op, struct outcome *outcome)
{
    (void)outcome;
    poke(target, pte_place(target, op->s, 7), entry(free_frame(target), P | U));
}

static void writable(struct target *target, const struct op *op, struct outcome *outcome)
{
    (void)outcome;
    struct place at = pte_place(target, op->s, 1);
    poke(target, at, peek(target, at) | W);
}

static void alias(struct target *target, const struct op *op, struct outcome *outcome)
{
    (void)outcome;
    poke(target, pte_place(target, op->s, 2), pte(target, op->s, 1));
    machine_invlpg(2 << PAGE_SHIFT);
}

static void scribble(struct target *target, const struct op *op, struct outcome *outcome)
{
    (void)outcome;
    poke(target, (struct place){pte(target, op->s, 1) >> ENTRY_PFN_SHIFT, 5}, 99);
}

static void no_image(struct target *target, const struct op *op, struct outcome *outcome)
{
    (void)outcome;
    poke(target, (struct place){honest->directory(target, op->s), 4}, 0);
}

static enum frame_state one_more(struct target *target, uint32_t pfn, uint32_t *refs)
{
    enum frame_state state = honest->frame(target, pfn, refs);
    *refs += state == FRAME_PAGE;
    return state;
}

static bool another_segment(struct target *target, uint32_t s, uint32_t vpn,
                            struct region_view *region)
{
    bool found = honest->region(target, s, vpn, region);
    region->segment++;
    return found;
}

static void one_frame_less(struct target *target, uint32_t free[POOLS])
{
    honest->pools(target, free);
    free[POOL_FRAMES]--;
}

static uint32_t boot_directory(struct target *target)
{
    return target->facts.boot_directory;
}

static const struct planted at_check[] = {
    {"a stray translation", TWO_PAGES "! read s0 0x40; read s0 0x40; > check; read s0 0x40",
     "STRAY check translation", .after = stray},
    {"a right to write", TWO_PAGES "protect s0 0x20 1 r; ! read s0 0x40; > check",
     "PROTECTION check writable", .after = writable},
    {"two pages in one frame", TWO_PAGES "! read s0 0x40; > check", "ALIAS check frame",
     .after = alias},
    {"a word in a page", TWO_PAGES "! read s0 0x40; > check", "CONTENT check word",
     .after = scribble},
    {"the kernel's image is gone", TWO_PAGES "! read s0 0x40; > check",
     "KERNEL_HALF check directory entry", .after = no_image},
};

static const struct planted at_end[] = {
    {"a stray translation", TWO_PAGES "! read s0 0x40; read s0 0x40", "STRAY end translation",
     .after = stray},
    {"a right to write", TWO_PAGES "protect s0 0x20 1 r; ! read s0 0x40; read s0 0x40",
     "PROTECTION end writable", .after = writable},
    {"two pages in one frame", TWO_PAGES "! read s0 0x40; read s0 0x20", "ALIAS end frame",
     .after = alias},
    {"a word in a page", TWO_PAGES "! read s0 0x40; read s0 0x40", "CONTENT end word",
     .after = scribble},
    {"the kernel's image is gone", TWO_PAGES "! read s0 0x40; read s0 0x40",
     "KERNEL_HALF end directory entry", .after = no_image},
    {"a segment", "segment g0 2; create s0; map s0 0x20 2 rw g0 0; ! read s0 0x20",
     "REGIONS end segment", .lies.region = another_segment},
    {"a count", TWO_PAGES "! read s0 0x40; read s0 0x40", "FRAMES end references",
     .lies.frame = one_more},
};

/* Seen at once when every operation is checked. */
static const struct planted only_at_end[] = {
    {"a frame is lost", TWO_PAGES "! write s0 0x60 1; read s0 0x60", "FRAMES end free frames",
     .lies.pools = one_frame_less},
    {"CR3", TWO_PAGES "! read s0 0x20; read s0 0x20", "RESULT end CR3",
     .lies.current = boot_directory},
};

static const struct planted at_16[] = {
    {"a stray translation, at the 16th operation",
     TWO_PAGES "! read s0 0x40;" READS_10 "> read s0 0x40;" READS_4, "STRAY read translation",
     .after = stray},
    {"a word in a page, at the 16th operation",
     TWO_PAGES "! read s0 0x40;" READS_10 "> copy_in s0 0x40;" READS_4, "CONTENT copy_in word",
     .after = scribble},
    {"a stray translation by the 16th operation itself",
     TWO_PAGES READS_10 "read s0 0x40; ! read s0 0x40;" READS_4, "STRAY read translation",
     .after = stray},
    {"a stray translation after the 16th operation, at the end",
     TWO_PAGES READS_10 READS_4 "! read s0 0x40; read s0 0x40", "STRAY end translation",
     .after = stray},
};

/* ---- Answers, accesses and flush debt do not wait. ---- */

static void another_word(struct target *target, const struct op *op, struct outcome *outcome)
{
    (void)target, (void)op;
    outcome->word ^= 4;
}

/* Through the self-map, so that the machine sees it. */
static void narrow_unflushed(struct target *target, const struct op *op, struct outcome *outcome)
{
    (void)target, (void)outcome;
    va_t at = (va_t)7 << (TABLE_BITS + PAGE_SHIFT) | vpn_of(op) * 4;
    machine_store(at, machine_load(at) & ~(uint32_t)W);
}

static const struct planted at_once[] = {
    {"an answer", TWO_PAGES "! map s0 0x40 1 rw; read s0 0x40", "RESULT map status",
     .instead = skip},
    {"a word", TWO_PAGES "! read s0 0x40; read s0 0x40", "ACCESS read word", .after = another_word},
    {"flush debt", TWO_PAGES "! read s0 0x40; read s0 0x40", "STALE read translation",
     .after = narrow_unflushed},
};

/* ---- Operations that may have changed more than can be listed. ---- */

static void overflow(struct target *target, const struct op *op, struct outcome *outcome)
{
    stray(target, op, outcome);
    told.overflow = true;
}

static void change_whole_table(struct target *target, const struct op *op, struct outcome *outcome)
{
    stray(target, op, outcome);
    told.pages[told.page_count++] = pte_place(target, op->s, 7).pfn;
}

static const struct planted at_overflow[] = {
    {"a journal that did not fit", TWO_PAGES "! read s0 0x40; read s0 0x40",
     "STRAY read translation", .after = overflow},
    {"a table that was changed as a whole", TWO_PAGES "! read s0 0x40; read s0 0x40",
     "STRAY read translation", .after = change_whole_table},
};

/* A page that 93 regions show, all of which an eviction concerns. */
static void page_of_93_regions(void)
{
    char text[4096] = "segment g0 1; create s0; create s1; create s2;";
    struct planted evict = {"an eviction that is not made, of a page that 93 regions show", text,
                            "STRAY evict evicted page", .instead = skip};
    for (unsigned i = 0; i < 93; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "map s%u %#x 1 r g0 0;", i % 3,
                 (i / 3 + 1) << PAGE_SHIFT);
    strcat(text, "read s2 0x3e0; ! evict s0 0x40");
    must_find(RIG_CHECK_EVERY, &evict);
}

/* Even when every operation is checked, all is compared now and then. */
static void now_and_then(void)
{
    struct rig *rig = rig_for(RIG_CHECK_EVERY);
    struct planted planted = {.after = stray};
    struct finding finding;
    char title[64] = "";
    uint32_t n = 0;
    read_script(TWO_PAGES "read s0 0x40");
    const struct op *last = &script.ops[script.count - 1];
    bool good = rig_run(rig, &script, &finding) && rig_reset(rig, &script.head, &finding);
    for (uint32_t i = 0; good && i < script.count; i++)
        good = rig_step(rig, &script.ops[i], &finding);
    honest = rig_target(rig)->class;
    plant(rig_target(rig), &planted);
    while (good && n < 2048 && rig_step(rig, last, &finding))
        n++;
    rig_target(rig)->class = honest;
    if (n && n < 2048)
        finding_title(&finding, title);
    ok_if(strcmp(title, "STRAY read translation") == 0,
          "STRAY read translation: a stray translation, at the latest after 2,048 operations");
}

/* ---- Deferred: s0 was changed and is not used yet. ---- */

#define DEFERRED "case update=deferred;" TWO_PAGES

/* A translation of page 7, where nothing is mapped, told to the journal. */
static void told_stray(struct target *target, const struct op *op, struct outcome *outcome)
{
    (void)outcome;
    edit_pte(target, op->s, 7, entry(free_frame(target), P | U));
}

static void told_alias(struct target *target, const struct op *op, struct outcome *outcome)
{
    (void)outcome;
    edit_pte(target, op->s, 1, pte(target, op->s, 2));
}

/* A stray translation that the VMM counts, so that only the translation is wrong. */
static enum frame_state counts_all(struct target *target, uint32_t pfn, uint32_t *refs)
{
    enum frame_state state = honest->frame(target, pfn, refs);
    if (state == FRAME_TABLE)
        *refs = pages_population(&target->ram, pfn);
    return state;
}

/* The switch without the commit. */
static enum end load_only(struct target *target, const struct op *op, struct outcome *outcome)
{
    skip(target, op, outcome);
    machine_load_cr3(honest->directory(target, op->s));
    return END_RETURNED;
}

static const struct planted deferred[] = {
    {"at the commit", DEFERRED "! protect s0 0x60 1 r; fail 0; > commit s0; read s0 0x20",
     "STRAY commit translation", .after = told_stray, .lies.frame = counts_all},
    {"at the switch", DEFERRED "! protect s0 0x60 1 r; fail 0; > switch s0",
     "STRAY switch translation", .after = told_stray, .lies.frame = counts_all},
    {"at an access", DEFERRED "! protect s0 0x60 1 r; fail 0; > read s0 0x20",
     "STRAY read translation", .after = told_stray, .lies.frame = counts_all},
    {"at an access of the kernel's", DEFERRED "! protect s0 0x60 1 r; fail 0; > copy_in s0 0x20",
     "STRAY copy_in translation", .after = told_stray, .lies.frame = counts_all},
    {"by the access itself", DEFERRED "! read s0 0x20; read s0 0x40", "STRAY read translation",
     .after = told_stray, .lies.frame = counts_all},
    {"a commit that forgets what was unmapped", DEFERRED "unmap s0 0x20 1; ! commit s0",
     "STRAY commit translation", .instead = skip},
    {"a commit that forgets what was narrowed", DEFERRED "protect s0 0x20 1 r; ! commit s0",
     "PROTECTION commit writable", .instead = skip},
    {"a switch that forgets what was evicted", DEFERRED "evict s0 0x20; ! switch s0",
     "STRAY switch evicted page", .instead = load_only},
    {"a commit that forgets the parent of a fork", DEFERRED "fork s0 s1; ! commit s0",
     "PROTECTION commit writable", .instead = skip},

    {"two pages in one frame until the commit",
     DEFERRED "! protect s0 0x20 3 r; fail 0; commit s0; read s0 0x20", .after = told_alias},
};

/* With --check end, what is due is remembered all the same. */
static const struct planted deferred_at_end[] = {
    {"a commit that forgets what was unmapped", DEFERRED "unmap s0 0x20 1; ! commit s0",
     "STRAY end translation", .instead = skip},
    {"two pages in one frame where nothing is due", DEFERRED "read s0 0x20; ! fail 0",
     "ALIAS end frame", .after = alias},

    {"what is unmapped and not committed", DEFERRED "unmap s0 0x20 1; ! fail 0", .instead = skip},
    {"two pages in one frame where something is due", DEFERRED "protect s0 0x20 3 r; ! fail 0",
     .after = alias},
};

int main(void)
{
    MUST_FIND_ALL(RIG_CHECK_EVERY, at_check);
    MUST_FIND_ALL(RIG_CHECK_EVERY, at_end);
    MUST_FIND_ALL(RIG_CHECK_END, at_check);
    MUST_FIND_ALL(RIG_CHECK_END, at_end);
    MUST_FIND_ALL(RIG_CHECK_END, only_at_end);
    MUST_FIND_ALL(RIG_CHECK_END, at_once);
    MUST_FIND_ALL(EVERY_16, at_check);
    MUST_FIND_ALL(EVERY_16, at_16);
    MUST_FIND_ALL(EVERY_16, at_once);
    MUST_FIND_ALL(RIG_CHECK_EVERY, at_overflow);
    page_of_93_regions();
    now_and_then();
    MUST_FIND_ALL(RIG_CHECK_EVERY, deferred);
    MUST_FIND_ALL(RIG_CHECK_END, deferred_at_end);
    return tap_done();
}
