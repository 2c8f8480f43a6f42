/* oracle_ignored_test.c: rig_ignore: what an ignored oracle sees is no finding, the case goes on,
 * and the others still look. */
#include "rig_script.h"

#define TWO_PAGES "create s0; map s0 0x20 3 rw; write s0 0x20 1; write s0 0x40 2;"

static void wrong_word(struct target *target, const struct op *op, struct outcome *outcome)
{
    (void)target, (void)op;
    outcome->word++;
}

static void scribble(struct target *target, const struct op *op, struct outcome *outcome)
{
    (void)op, (void)outcome;
    uint32_t entry = walk(&target->ram, machine_read_cr3(), 1);
    pages_set(&target->ram, entry >> ENTRY_PFN_SHIFT, 3, 77);
    told.pages[told.page_count++] = entry >> ENTRY_PFN_SHIFT;
}

static enum end refuses(struct target *target, const struct op *op, struct outcome *outcome)
{
    skip(target, op, outcome);
    outcome->status = STATUS_EXISTS;
    return END_RETURNED;
}

static enum end does_nothing(struct target *target, const struct op *op, struct outcome *outcome)
{
    skip(target, op, outcome);
    outcome->status = STATUS_OK;
    return END_RETURNED;
}

static void elsewhere(struct target *target, const struct op *op, struct outcome *outcome)
{
    (void)target, (void)op;
    outcome->va += 1 << PAGE_SHIFT;
}

static enum end panics(struct target *target, const struct op *op, struct outcome *outcome)
{
    skip(target, op, outcome);
    target->what = "out of frames";
    return END_PANIC;
}

enum {
    ACCESS = 1 << ORACLE_ACCESS,
    CONTENT = 1 << ORACLE_CONTENT,
    RESULT = 1 << ORACLE_RESULT,
    REGIONS = 1 << ORACLE_REGIONS,
    PANIC = 1 << ORACLE_PANIC,
};

static const struct planted ignored[] = {
    {"a wrong word is no finding", TWO_PAGES "! read s0 0x20; read s0 0x40", NULL,
     .after = wrong_word, .ignoring = ACCESS},
    {"but it is when another oracle is ignored", TWO_PAGES "! read s0 0x20; read s0 0x40",
     "ACCESS read word", .after = wrong_word, .ignoring = CONTENT | RESULT},
    {"a scribble in a page is seen by its content", TWO_PAGES "! read s0 0x40; read s0 0x2c",
     "CONTENT read word", .after = scribble, .ignoring = ACCESS},
    {"else by who reads it", TWO_PAGES "! read s0 0x40; > read s0 0x2c", "ACCESS read word",
     .after = scribble, .ignoring = CONTENT},
    {"else by nobody", TWO_PAGES "! read s0 0x40; read s0 0x2c", NULL, .after = scribble,
     .ignoring = CONTENT | ACCESS},
    {"the model goes on as if a wrong refusal had been none",
     TWO_PAGES "! map s0 0x100 1 rw; read s0 0x40", "REGIONS map missing", .instead = refuses,
     .ignoring = RESULT},
    {"a map that was not done is missing", TWO_PAGES "! map s0 0x100 1 rw; read s0 0x40",
     "REGIONS map missing", .instead = does_nothing},
    {"and nobody may miss it", TWO_PAGES "! map s0 0x100 1 rw; read s0 0x40", NULL,
     .instead = does_nothing, .ignoring = REGIONS},
    {"nobody can go on after a panic", TWO_PAGES "! read s0 0x40; read s0 0x20", "the case is over",
     .instead = panics, .ignoring = PANIC},
    {"nor when a space is on one side only", "create s0; ! create s1; create s2",
     "the case is over", .instead = refuses, .ignoring = RESULT},
    {"nor when a region is somewhere else", "create s0; ! map s0 0x40 1 rw; read s0 0x40",
     "the case is over", .after = elsewhere, .ignoring = RESULT},
};

int main(void)
{
    MUST_FIND_ALL(RIG_CHECK_EVERY, ignored);
    return tap_done();
}
