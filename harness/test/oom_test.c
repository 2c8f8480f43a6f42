/* oom_test.c: memory runs out at every allocation of every operation of every seed, as SQLite's
 * malloc_common.tcl does it.
 *
 *     oom [DIRECTORY]        of case files; corpus/seeds, from the top of the tree, if not given
 *
 * For each operation of a case, for k = 1, 2, ... until it no longer runs out of memory, once and
 * for good (sticky):
 *
 *     the operations before it | fail k | the operation: NO_MEMORY, nothing has changed |
 *     fail 0 | the operation again: as if nothing had failed | the rest of the case
 *
 * The rig judges all of it; besides, what can be seen of the target before and after the failure is
 * compared here.  Operations that have no memory by themselves, and those with a `fail` of the
 * case's own pending, are left as they are.
 *
 * All designs take part; each case is swept under a quarter of them, so that it takes seconds.
 */
#include "../check/rig.h"
#include "../lib/cover.h"
#include "../lib/rng.h"
#include "../lib/tap.h"
#include "../lib/walk.h"
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

/* ---- What can be seen of a target. ---- */

enum { SEEN_REGIONS, SEEN_TABLES, SEEN_FRAMES, SEEN_POOLS, SEEN };
static const char *const seen_names[SEEN] = {"regions", "page tables", "frames", "pools"};

struct seen {
    uint64_t hash[SEEN];
};

static void see(struct seen *seen, int part, uint64_t word)
{
    uint64_t x = seen->hash[part] ^ word;
    seen->hash[part] = rng_splitmix(&x);
}

static void see_regions(struct target *target, uint32_t s, struct seen *seen)
{
    struct region_view r;
    for (uint32_t vpn = 0; target->class->region(target, s, vpn, &r); vpn = r.last + 1) {
        see(seen, SEEN_REGIONS, (uint64_t)r.first << 32 | r.last);
        see(seen, SEEN_REGIONS, (uint64_t)r.prot << 8 | r.backing);
        see(seen, SEEN_REGIONS, (uint64_t)r.segment << 32 | r.offset);
    }
}

/* The user's half; accessed and dirty bits left out. */
static void see_tables(struct target *target, uint32_t s, struct seen *seen)
{
    const struct pages *ram = &target->ram;
    uint32_t directory = target->class->directory(target, s), words = 1u << ram->level_bits;
    for (uint32_t pde = 0; (pde = pages_next(ram, directory, pde)) < target->facts.user_pdes;
         pde++) {
        uint32_t table = pages_get(ram, directory, pde) >> ENTRY_PFN_SHIFT;
        see(seen, SEEN_TABLES, (uint64_t)pde << 32 | table);
        for (uint32_t i = 0; (i = pages_next(ram, table, i)) < words; i++)
            see(seen, SEEN_TABLES,
                (uint64_t)i << 32 | (pages_get(ram, table, i) & ~(uint32_t)ENTRY_HARDWARE));
    }
}

static void see_frames(struct target *target, struct seen *seen)
{
    const struct pages *ram = &target->ram;
    for (uint32_t pfn = 0; pfn < target->facts.ram_frames; pfn++) {
        uint32_t refs;
        enum frame_state state = target->class->frame(target, pfn, &refs);
        if (state == FRAME_FREE)
            continue;
        see(seen, SEEN_FRAMES, (uint64_t)pfn << 32 | refs << 2 | state);
        if (state != FRAME_PAGE)
            continue;
        for (uint32_t i = 0; (i = pages_next(ram, pfn, i)) >> ram->level_bits == 0; i++)
            see(seen, SEEN_FRAMES, (uint64_t)i << 32 | pages_get(ram, pfn, i));
    }
}

static struct seen see_all(struct target *target)
{
    struct seen seen = {0};
    uint32_t free[POOLS];
    for (uint32_t s = 0; s < OP_SLOTS; s++) {
        if (!target->class->exists(target, s))
            continue;
        see(&seen, SEEN_REGIONS, s);
        see(&seen, SEEN_TABLES, s);
        see_regions(target, s, &seen);
        see_tables(target, s, &seen);
    }
    for (uint32_t g = 0; g < OP_SLOTS; g++)
        see(&seen, SEEN_REGIONS, target->class->segment_id(target, g));
    see_frames(target, &seen);
    target->class->pools(target, free);
    for (int i = 0; i < POOLS; i++)
        see(&seen, SEEN_POOLS, free[i]);
    return seen;
}

/* An access may bring deferred tables up to date before it runs out of memory. */
static bool may_settle(struct target *target, const struct op *op)
{
    return target->facts.deferred && (op->code == OP_READ || op->code == OP_WRITE ||
                                      op->code == OP_COPY_IN || op->code == OP_COPY_OUT);
}

/* NULL: all is the same. */
static const char *differs(struct target *target, const struct op *op, const struct seen *before,
                           const struct seen *after)
{
    for (int part = 0; part < SEEN; part++)
        if (before->hash[part] != after->hash[part] &&
            !(may_settle(target, op) && part != SEEN_REGIONS))
            return seen_names[part];
    return NULL;
}

/* ---- Answers: what the last operation returned. ---- */

static struct outcome answer;
static const struct target_class *real;

static enum end run_and_note(struct target *target, const struct op *op, struct outcome *outcome)
{
    enum end end = real->run(target, op, outcome);
    answer = *outcome;
    return end;
}

static bool begin(struct rig *rig, const struct case_head *head, struct finding *finding)
{
    static struct target_class noting;
    if (!rig_reset(rig, head, finding))
        return false;
    struct target *target = rig_target(rig);
    if (target->class != &noting)
        real = target->class;
    noting = *real;
    noting.run = run_and_note;
    target->class = &noting;
    return true;
}

/* ---- The sweep. ---- */

struct sweep {
    struct rig *rig;
    const struct test_case *c;
    const char *name; /* of the case */
    struct finding finding;
    uint64_t operations, failures; /* operations that were swept, failures that were made */
};

static bool complain(struct sweep *sweep, uint32_t at, uint32_t k, const char *what)
{
    char op[OP_TEXT_MAX], title[64];
    case_write_op(&sweep->c->ops[at], op);
    printf("# %s, operation %u (%s), fail %u: %s\n", sweep->name, at, op, k, what);
    if (sweep->finding.where[0] || sweep->finding.expected[0])
        printf("# %s: %s, expected %s, actual %s\n", finding_title(&sweep->finding, title),
               sweep->finding.where, sweep->finding.expected, sweep->finding.actual);
    return false;
}

static bool step(struct sweep *sweep, const struct op *op)
{
    return rig_step(sweep->rig, op, &sweep->finding);
}

static bool expected(const struct op *op)
{
    return op->expect == OP_EXPECT_NOTHING || op->expect == answer.status;
}

/* Operations [from, to) as the case has them. */
static bool steps(struct sweep *sweep, uint32_t from, uint32_t to)
{
    for (uint32_t i = from; i < to; i++)
        if (!step(sweep, &sweep->c->ops[i]) || !expected(&sweep->c->ops[i]))
            return false;
    return true;
}

/* Lets allocation k of operation `at` fail.  *done: it did not run out of memory.  like: what it
 * answers when nothing fails. */
static bool fail_at(struct sweep *sweep, uint32_t at, uint32_t k, bool sticky,
                    const struct outcome *like, bool *done)
{
    const struct op *op = &sweep->c->ops[at];
    struct op fail = {.code = OP_FAIL, .x = k, .flags = sticky ? OP_STICKY : 0};
    struct op cancel = {.code = OP_FAIL};
    struct target *target = rig_target(sweep->rig);

    if (!begin(sweep->rig, &sweep->c->head, &sweep->finding) || !steps(sweep, 0, at))
        return complain(sweep, at, k, "the operations before it");
    struct seen before = see_all(target);
    if (!step(sweep, &fail) || !step(sweep, op))
        return complain(sweep, at, k, "it diverges");
    *done = answer.status != STATUS_NO_MEMORY;
    if (*done && answer.status != like->status)
        return complain(sweep, at, k, "neither NO_MEMORY nor what it says else");
    if (*done)
        return true;
    struct seen after = see_all(target);
    const char *part = differs(target, op, &before, &after);
    if (part)
        return complain(sweep, at, k, part);
    if (sticky && (!step(sweep, op) || answer.status != STATUS_NO_MEMORY))
        return complain(sweep, at, k, "it must fail for good");
    if (!step(sweep, &cancel) || !step(sweep, op))
        return complain(sweep, at, k, "it diverges when it is tried again");
    if (answer.status != like->status || answer.va != like->va || answer.word != like->word)
        return complain(sweep, at, k, "tried again, it answers something else");
    if (!steps(sweep, at + 1, sweep->c->count) || !rig_finish(sweep->rig, &sweep->finding))
        return complain(sweep, at, k, "the rest of the case");
    sweep->failures++;
    return true;
}

static bool sweep_operation(struct sweep *sweep, uint32_t at, const struct outcome *like)
{
    sweep->operations++;
    for (int sticky = 0; sticky < 2; sticky++) {
        bool done = false;
        for (uint32_t k = 1; !done; k++)
            if (!fail_at(sweep, at, k, sticky, like, &done))
                return false;
    }
    return true;
}

static bool allocates(const struct op *op)
{
    return op->code != OP_FAIL && op->code != OP_CHECK && op->code != OP_DESTROY &&
           op->code != OP_SWITCH && op->code != OP_RELEASE && op->code != OP_DISCARD &&
           op->code != OP_COMMIT;
}

static bool sweep_case(struct sweep *sweep)
{
    const struct test_case *c = sweep->c;
    struct outcome *likes = calloc(c->count, sizeof *likes);
    bool *left = calloc(c->count, sizeof *left), pending = false, sticky = false, good;

    good = begin(sweep->rig, &c->head, &sweep->finding);
    for (uint32_t i = 0; good && i < c->count; i++) {
        const struct op *op = &c->ops[i];
        good = steps(sweep, i, i + 1) || complain(sweep, i, 0, "without any failure");
        likes[i] = answer;
        left[i] = pending || !allocates(op) || answer.status != STATUS_OK;
        if (op->code == OP_FAIL) {
            pending = op->x != 0;
            sticky = op->flags & OP_STICKY;
        } else if (answer.status == STATUS_NO_MEMORY && !sticky) {
            pending = false;
        }
    }
    for (uint32_t i = 0; good && i < c->count; i++)
        good = left[i] || sweep_operation(sweep, i, &likes[i]);
    free(likes);
    free(left);
    return good;
}

/* ---- Designs and cases. ---- */

enum { CASES_MAX = 1024 };
static struct test_case cases[CASES_MAX];
static char *names[CASES_MAX];
static uint32_t case_count;

static int is_case(const struct dirent *entry)
{
    const char *dot = strrchr(entry->d_name, '.');
    return dot && strcmp(dot, ".case") == 0;
}

static bool read_cases(const char *directory)
{
    struct dirent **entries;
    int count = scandir(directory, &entries, is_case, alphasort);
    bool good = count > 0 && count <= CASES_MAX;
    for (int i = 0; i < count; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%s", directory, entries[i]->d_name);
        if (good && !case_read_file(&cases[case_count], path))
            good = false;
        else if (good)
            names[case_count++] = strdup(entries[i]->d_name);
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    return good;
}

/* What a case's head names stays as it is. */
static struct test_case with_design(const struct test_case *c, const struct design *design)
{
    struct test_case copy = *c;
    for (unsigned axis = 0; axis < AXES; axis++)
        if (!(c->named >> axis & 1))
            copy.head.design.choice[axis] = design->choice[axis];
    return copy;
}

/* A design runs one in PARTS of the cases, the next design the next ones. */
enum { PARTS = 8 };

static void sweep_design(struct rig *rig, const struct design *design, uint32_t part)
{
    struct sweep sweep = {.rig = rig};
    struct case_head head = case_head_default;
    char text[256];
    uint32_t swept = 0;
    bool good = true;
    for (uint32_t i = part; good && i < case_count; i += PARTS) {
        struct test_case c = with_design(&cases[i], design);
        sweep.c = &c;
        sweep.name = names[i];
        good = sweep_case(&sweep);
        swept++;
    }
    head.design = *design;
    case_write_head(&head, text);
    ok_if(good && sweep.failures, "%s: %u cases, %llu operations, %llu failures", text, swept,
          (unsigned long long)sweep.operations, (unsigned long long)sweep.failures);
}

/* Designs in which any three choices meet. */
static void sweep_designs(struct rig *rig)
{
    static struct cover cover;
    uint8_t choices[AXES], row[COVER_FACTORS];
    struct design design;
    for (unsigned axis = 0; axis < AXES; axis++)
        choices[axis] = axis_infos[axis].choices;
    cover_begin(&cover, choices, AXES);
    for (uint32_t number = 0; cover_next(&cover, row); number++) {
        memcpy(design.choice, row, AXES);
        sweep_design(rig, &design, number % PARTS);
    }
}

int main(int argc, char **argv)
{
    struct rig_config config = {
        .target = "sim", .check = RIG_CHECK_EVERY, .spaces = OP_SLOTS, .segments = OP_SLOTS};
    if (!read_cases(argc > 1 ? argv[1] : "corpus/seeds")) {
        printf("Bail out! there are no cases to read\n");
        return 1;
    }
    struct rig *rig = rig_make(&config);
    sweep_designs(rig);
    rig_free(rig);
    for (uint32_t i = 0; i < case_count; i++) {
        case_free(&cases[i]);
        free(names[i]);
    }
    return tap_done();
}
