/* execute.c: see execute.h. */
#include "execute.h"
#include "../harness/cli/death.h"
#include "../harness/cli/progress.h"
#include "../harness/cli/report.h"
#include "../harness/cli/target_option.h"
#include "feedback.h"
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* A simulated machine of another size is made anew, which takes as long as a hundred operations and
 * more, so some are kept. */
enum { WORLDS = 4 };

static struct {
    struct target_option target;
    struct world {
        struct rig *rig; /* NULL: not made yet */
        struct case_head made_for;
        uint64_t used;
    } worlds[WORLDS];
    struct design design;    /* of every input, whatever its head says */
    bool designed;           /* there is one */
    struct rig *far, *exact; /* when the VMM is not in this process; NULL: not made yet */
    struct test_case c;
    uint32_t at; /* operations done */
    bool said;   /* a sanitizer's report was followed by its title */
    uint64_t inputs, operations, failures;
    double began;
} fuzz;

static void say(const struct finding *finding)
{
    char title[64], head[256];
    fprintf(stderr, "\npagerig: %s\n", report_title(finding, title));
    report_finding(stderr, "pagerig: ", finding);
    case_write_head(&fuzz.c.head, head);
    fprintf(stderr, "pagerig: under: %s\n", head);
}

/* ---- The sanitizers' reports, which end the process. ---- */

static void say_sanitizer(void)
{
    if (!fuzz.c.count || fuzz.said)
        return;
    fuzz.said = true;
    if (fuzz.at < fuzz.c.count)
        fuzz.c.count = fuzz.at + 1;
    struct finding finding = death_finding(&fuzz.c);
    say(&finding);
    execute_summary();
}

/* Hooks of the sanitizers' run-time libraries (compiler-rt, asan_interface.h and ubsan_monitor.h).
 * The death callback (death.h) is the engine's here. */
void __asan_on_error(void);
void __asan_on_error(void)
{
    say_sanitizer();
}

void __ubsan_on_report(void);
void __ubsan_on_report(void)
{
    say_sanitizer();
}

/* ---- Worlds. ---- */

/* The VMM is not in this process. */
static bool is_elsewhere(void)
{
    return strcmp(fuzz.target.name, "sim") != 0;
}

static bool same_size(const struct case_head *a, const struct case_head *b)
{
    return a->ram == b->ram && a->slots == b->slots && a->bits == b->bits;
}

/* One for machines of this size, or that which was not used for longest.  Making a machine is none
 * of what an input covers: what it covers must not depend on those before it. */
static struct rig *world_for(const struct case_head *head)
{
    struct finding finding;
    struct world *world = &fuzz.worlds[0];
    for (unsigned i = 0; i < WORLDS; i++) {
        struct world *other = &fuzz.worlds[i];
        if (other->rig && same_size(&other->made_for, head)) {
            other->used = fuzz.inputs;
            return other->rig;
        }
        if (other->used < world->used)
            world = other;
    }
    if (!world->rig)
        world->rig = target_option_rig(&fuzz.target, RIG_CHECK_EVERY);
    world->made_for = *head;
    world->used = fuzz.inputs;
    rig_reset(world->rig, head, &finding);
    engine_forget();
    return world->rig;
}

static struct case_head first_head(void)
{
    struct case_head head = case_head_default;
    if (fuzz.designed)
        head.design = fuzz.design;
    return head;
}

/* Outside of this process one machine of the largest size does for all.  It is looked at when an
 * input has ended; exact is for those that diverge. */
static struct rig *far_world(void)
{
    struct finding finding;
    if (fuzz.far)
        return fuzz.far;
    fuzz.far = target_option_rig(&fuzz.target, RIG_CHECK_END);
    struct case_head head = first_head();
    rig_reset(fuzz.far, &head, &finding);
    feedback_collect(fuzz.far);
    return fuzz.far;
}

static struct rig *exact_world(void)
{
    struct finding finding;
    if (fuzz.exact)
        return fuzz.exact;
    fuzz.exact = target_option_rig(&fuzz.target, RIG_CHECK_EVERY);
    struct case_head head = first_head();
    rig_reset(fuzz.exact, &head, &finding);
    return fuzz.exact;
}

/* For a VMM that does not have all designs. */
static void read_design(void)
{
    struct case_error error;
    const char *text = getenv("PAGERIG_DESIGN");
    if (!text)
        return;
    fuzz.design = case_head_default.design;
    fuzz.designed = true;
    if (design_read(&fuzz.design, text, &error) && !memchr(fuzz.design.choice, CHOICE_ANY, AXES))
        return;
    fprintf(stderr, "pagerig: PAGERIG_DESIGN: expected axis=choice,..., found '%s'\n", text);
    exit(EXIT_USAGE);
}

/* The machine is then ended: an engine may fork, and one machine serves one process. */
static void try_to_start(void)
{
    struct rig *rig = target_option_rig(&fuzz.target, RIG_CHECK_EVERY);
    if (!target_option_starts(&fuzz.target, rig, "fuzz"))
        exit(EXIT_CANNOT);
    rig_free(rig);
}

/* The simulated machine is not touched yet: it catches the signals that nobody has caught before,
 * and the engine comes first. */
void execute_begin(void)
{
    fuzz.target = target_option_default(feedback_target);
    read_design();
    feedback_begin(&fuzz.target.options);
    case_init(&fuzz.c);
    if (is_elsewhere())
        try_to_start();
    fuzz.began = progress_clock();
}

/* ---- Inputs. ---- */

static bool run(struct rig *rig, struct finding *finding)
{
    const struct test_case *c = &fuzz.c;
    fuzz.at = 0;
    bool good = rig_reset(rig, &c->head, finding);
    for (; good && fuzz.at < c->count; fuzz.at++) {
        fuzz.operations++;
        good = rig_step(rig, &c->ops[fuzz.at], finding);
    }
    return good && rig_finish(rig, finding);
}

/* On a simulated machine nothing can fail but the making of one that its design cannot have. */
static bool is_unfit(const struct finding *finding)
{
    return finding->oracle == ORACLE_RIG && (finding->field == finding_head || !is_elsewhere());
}

/* What such a machine does once only, as one that got no time to answer, is the rig's failure. */
static bool run_far(struct rig *rig, struct finding *finding)
{
    const struct test_case *c = &fuzz.c;
    fuzz.operations += c->count;
    if (rig_run(rig, c, finding))
        return true;
    feedback_collect(rig); /* its machine may be gone */
    return finding->oracle != ORACLE_RIG && rig_run_fast(rig, exact_world(), c, finding);
}

enum executed execute_input(const uint8_t *bytes, size_t length)
{
    struct finding finding;
    fuzz.inputs++;
    case_read_input(&fuzz.c, bytes, length);
    if (fuzz.designed)
        fuzz.c.head.design = fuzz.design;
    struct rig *rig = is_elsewhere() ? far_world() : world_for(&fuzz.c.head);
    bool good = is_elsewhere() ? run_far(rig, &finding) : run(rig, &finding);
    if (!good && is_unfit(&finding))
        return EXECUTED_UNFIT;
    feedback_collect(rig);
    if (good)
        return EXECUTED_CLEAN;
    say(&finding);
    if (finding.oracle != ORACLE_RIG)
        return EXECUTED_DIVERGED;
    fuzz.failures++;
    if (rig_hopeless(rig)) {
        fprintf(stderr, "pagerig: the %s target cannot go on\n", fuzz.target.name);
        execute_summary();
        _Exit(EXIT_CANNOT);
    }
    return EXECUTED_FAILED;
}

void execute_summary(void)
{
    feedback_summary(stderr);
    fprintf(stderr,
            "pagerig: %llu inputs, %llu operations checked in %.2f seconds, %.2f of the processor",
            (unsigned long long)fuzz.inputs, (unsigned long long)fuzz.operations,
            progress_clock() - fuzz.began, (double)clock() / CLOCKS_PER_SEC);
    if (fuzz.failures)
        fprintf(stderr, ", %llu failures of the rig", (unsigned long long)fuzz.failures);
    fprintf(stderr, "\n");
}
