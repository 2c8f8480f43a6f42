/* rig_script.h: what the tests of the oracles share: a tiny world, scripts, and defects that are
 * planted in the simulated target while a script runs.
 *
 * A script is a case in one line, its operations separated by `;`.  `!` marks the operation with
 * which the defect happens; `>` marks the one at which it must be found, if that is another:
 *
 *     "create s0; map s0 0x20 2 rw; ! read s0 0x20; > check"
 *
 * Pages have 8 words, so 0x20 is page 1 and 0x100 the first page of the second table; user pages
 * are 1 to 31.
 *
 * Every script must pass without its defect; with it, it must end with just that title, at just
 * that operation, or pass again where the rig has to be tolerant (no title). */
#ifndef TEST_RIG_SCRIPT_H
#define TEST_RIG_SCRIPT_H

#include "../../vmm/machine.h"
#include "../check/rig.h"
#include "../lib/tap.h"
#include "../lib/walk.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { PAGE_SHIFT = 5, TABLE_BITS = 3, RAM_FRAMES = 128, BACKING_SLOTS = 8 };

enum {
    P = ENTRY_PRESENT,
    W = ENTRY_WRITABLE,
    U = ENTRY_USER,
    A = ENTRY_ACCESSED,
    D = ENTRY_DIRTY,
};

struct planted {
    const char *rule, *script;
    const char *title; /* of the finding; NULL: nothing may be found */

    /* The defect: what happens instead of the marked operation, or after it; and functions of the
     * target that are replaced from then on. */
    enum end (*instead)(struct target *, const struct op *, struct outcome *);
    void (*after)(struct target *, const struct op *, struct outcome *);
    struct target_class lies;

    uint32_t ignoring; /* oracles, by bits 1 << ORACLE_* */
};

/* ---- The target that lies. ---- */

static const struct target_class *honest; /* what it really is */
static struct target_class lying;
static const struct planted *planting;

/* What a defect adds to the journal of its operation. */
enum { TOLD_MAX = 512 };
static struct {
    struct journal_word words[TOLD_MAX];
    uint32_t pages[TOLD_MAX];
    uint32_t word_count, page_count;
    bool overflow;
} told;

static inline const struct journal *telling_journal(struct target *target)
{
    static struct journal journal;
    journal = *honest->journal(target);
    assert(told.word_count + journal.word_count <= TOLD_MAX);
    assert(told.page_count + journal.page_count <= TOLD_MAX);
    memcpy(told.words + told.word_count, journal.words, journal.word_count * sizeof *told.words);
    memcpy(told.pages + told.page_count, journal.pages, journal.page_count * sizeof *told.pages);
    journal.words = told.words;
    journal.pages = told.pages;
    journal.word_count += told.word_count;
    journal.page_count += told.page_count;
    journal.overflow |= told.overflow;
    return &journal;
}

static inline enum end run_honestly(struct target *target, const struct op *op,
                                    struct outcome *outcome)
{
    told.word_count = told.page_count = 0;
    told.overflow = false;
    return honest->run(target, op, outcome);
}

/* The defect happens once. */
static inline enum end run_marked(struct target *target, const struct op *op,
                                  struct outcome *outcome)
{
    lying.run = run_honestly;
    enum end end = planting->instead ? planting->instead(target, op, outcome)
                                     : honest->run(target, op, outcome);
    if (planting->after)
        planting->after(target, op, outcome);
    return end;
}

static inline void plant(struct target *target, const struct planted *planted)
{
    const struct target_class *lies = &planted->lies;
    planting = planted;
    lying = *honest;
    lying.run = run_marked;
    told.word_count = told.page_count = 0;
    told.overflow = false;
#define LIE(function)                                                                              \
    if (lies->function)                                                                            \
    lying.function = lies->function
    LIE(exists);
    LIE(directory);
    LIE(current);
    LIE(segment_id);
    LIE(region);
    LIE(frame);
    LIE(pools);
    LIE(invariant);
#undef LIE
    lying.journal = telling_journal;
    target->class = &lying;
}

/* ---- What defects are made of. ---- */

static inline uint32_t vpn_of(const struct op *op)
{
    return op->va >> PAGE_SHIFT;
}

/* A word of a table or directory. */
struct place {
    uint32_t pfn, index;
};

static inline struct place pde_place(struct target *target, uint32_t s, uint32_t vpn)
{
    return (struct place){honest->directory(target, s), vpn >> TABLE_BITS};
}

static inline uint32_t peek(struct target *target, struct place at)
{
    return pages_get(&target->ram, at.pfn, at.index);
}

/* The table exists. */
static inline struct place pte_place(struct target *target, uint32_t s, uint32_t vpn)
{
    uint32_t pde = peek(target, pde_place(target, s, vpn));
    assert(pde & ENTRY_PRESENT);
    return (struct place){pde >> ENTRY_PFN_SHIFT, vpn & ((1u << TABLE_BITS) - 1)};
}

static inline uint32_t pte(struct target *target, uint32_t s, uint32_t vpn)
{
    return peek(target, pte_place(target, s, vpn));
}

static inline uint32_t entry(uint32_t pfn, uint32_t flags)
{
    return pfn << ENTRY_PFN_SHIFT | flags;
}

/* Changes memory past the journal. */
static inline void poke(struct target *target, struct place at, uint32_t word)
{
    pages_set(&target->ram, at.pfn, at.index, word);
}

/* Changes a word of a table as the VMM would: the journal has it. */
static inline void edit(struct target *target, struct place at, uint32_t word)
{
    poke(target, at, word);
    told.words[told.word_count++] = (struct journal_word){at.pfn, at.index};
}

/* And flushes, so that only the entry itself can be wrong. */
static inline void edit_pte(struct target *target, uint32_t s, uint32_t vpn, uint32_t word)
{
    edit(target, pte_place(target, s, vpn), word);
    machine_invlpg(vpn << PAGE_SHIFT);
}

/* Changes a word of a page's frame. */
static inline void edit_content(struct target *target, uint32_t pfn, uint32_t index, uint32_t word)
{
    poke(target, (struct place){pfn, index}, word);
    told.pages[told.page_count++] = pfn;
}

static inline uint32_t free_frame(struct target *target)
{
    uint32_t refs, pfn = target->facts.ram_frames - 1;
    while (honest->frame(target, pfn, &refs) != FRAME_FREE)
        pfn--;
    return pfn;
}

/* The operation says OK and does nothing. */
static inline enum end skip(struct target *target, const struct op *op, struct outcome *outcome)
{
    static const struct op nothing = {.code = OP_CHECK};
    honest->run(target, &nothing, outcome);
    outcome->va = op->va;
    return END_RETURNED;
}

/* ---- Running scripts. ---- */

static struct test_case script;
static uint32_t marked, expected_at; /* operations of the script */

static inline void give_up(const char *what)
{
    printf("Bail out! %s\n", what);
    exit(1);
}

/* Fills script, marked and expected_at. */
static inline void read_script(const char *text)
{
    char lines[4096] = "", line[128];
    struct case_error error;
    uint32_t count = 0;
    marked = expected_at = UINT32_MAX;
    for (size_t length; *text; text += length + (text[length] == ';')) {
        text += strspn(text, " ");
        if (*text == '!')
            marked = count;
        if (*text == '>')
            expected_at = count;
        text += strspn(text, "!> ");
        count += strncmp(text, "case", 4) != 0;
        length = strcspn(text, ";");
        snprintf(line, sizeof line, "%.*s\n", (int)length, text);
        assert(strlen(lines) + strlen(line) < sizeof lines);
        strcat(lines, line);
    }
    case_free(&script);
    if (!case_read_text(&script, lines, strlen(lines), &error))
        give_up(error.message);
    script.head.bits = TABLE_BITS;
    script.head.ram = RAM_FRAMES;
    script.head.slots = BACKING_SLOTS;
    if (expected_at == UINT32_MAX)
        expected_at = marked;
}

/* One world for each way of checking. */
static inline struct rig *rig_for(uint32_t check)
{
    static struct rig *rigs[32];
    struct rig_config config = {.target = "sim", .check = check, .spaces = 4, .segments = 2};
    assert(check < sizeof rigs / sizeof *rigs);
    if (!rigs[check])
        rigs[check] = rig_make(&config);
    return rigs[check];
}

/* The script with its defect; true: nothing was found. */
static inline bool run_planted(struct rig *rig, const struct planted *planted,
                               struct finding *finding)
{
    bool good = rig_reset(rig, &script.head, finding);
    struct target *target = rig_target(rig);
    rig_ignore(rig, planted->ignoring);
    honest = target->class;
    for (uint32_t i = 0; good && i < script.count; i++) {
        if (i == marked)
            plant(target, planted);
        good = rig_step(rig, &script.ops[i], finding);
    }
    good = good && rig_finish(rig, finding);
    target->class = honest;
    rig_ignore(rig, 0);
    return good;
}

static inline void must_find(uint32_t check, const struct planted *planted)
{
    struct rig *rig = rig_for(check);
    struct finding finding;
    char title[64] = "";
    read_script(planted->script);
    bool passes = rig_run(rig, &script, &finding), found = passes && marked < script.count;
    if (found && !run_planted(rig, planted, &finding)) {
        if (finding.ignored)
            snprintf(title, sizeof title, "the case is over");
        else
            finding_title(&finding, title);
        if (finding.op.code == OP_CODES)
            expected_at = script.count;
        found = planted->title && strcmp(title, planted->title) == 0 && finding.at == expected_at;
    } else {
        found = found && !planted->title;
    }
    if (ok_if(found, "%s: %s", planted->title ? planted->title : "tolerated", planted->rule))
        return;
    if (!passes)
        printf("# without the defect: %s\n", finding_title(&finding, title));
    if (title[0])
        printf("# found \"%s\" at %u (%s), expected %s, actual %s\n", title, finding.at,
               finding.where, finding.expected, finding.actual);
}

#define MUST_FIND_ALL(check, plants)                                                               \
    for (size_t i = 0; i < sizeof(plants) / sizeof *(plants); i++)                                 \
    must_find(check, &(plants)[i])

#endif
