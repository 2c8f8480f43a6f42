/* run.c: `pagerig run`: generated cases against the model, until the operations, the time or the
 * user's patience are at an end. */
#include "death.h"
#include "interrupt.h"
#include "options.h"
#include "plan.h"
#include "progress.h"
#include "report.h"
#include "target_option.h"
#include "without.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { FINDINGS_MAX = 100 };

struct run_options {
    struct target_option target;
    const char *out;
    struct design_option design;
    uint8_t tlb;
    bool uniform;
    uint32_t check, without;                          /* without: oracles, by bits */
    uint64_t ram, ops, seconds, seed, findings, hang; /* ops, seconds: 0: not given */
    bool seed_given;
};

struct run {
    struct run_options options;
    struct plan plan;
    /* Worlds, for the usual machine and for the small one; the same, when one of this target fits
     * all. */
    struct rig *usual, *small;
    struct rig *rig;   /* of the case in progress */
    struct rig *again; /* for replays, always checks all */
    struct progress progress;

    struct op ops_now[GEN_OPERATIONS]; /* of the case in progress, c */
    struct test_case c;
    uint64_t seed_now;
    uint32_t ram_now;    /* 0: the usual */
    uint32_t length_now; /* operations that it took to diverge */

    uint64_t ops, cases, divergences, rig_failures, negative_faults;
    struct title {
        char text[64];
        uint64_t count;
    } titles[2 * FINDINGS_MAX];
    unsigned title_count;
};

/* ---- Options. ---- */

static bool option_seed(const struct option_row *row, const char *value, void *field,
                        struct option_why *why)
{
    struct run_options *options = field;
    options->seed_given = true;
    return option_number(row, value, &options->seed, why);
}

#define AT(field) offsetof(struct run_options, field)

const struct option_row run_options[] = {
    TARGET_OPTION_ROWS(AT(target), "sim"),
    {"preset", "NAME", "one of the known designs", option_preset, AT(design), 0, 0},
    {"design", "AXIS=CHOICE,...", "a design; any: another for each case", option_design, AT(design),
     0, 0},
    {"tlb", "NAME", "paranoid (the default), typical, none, negative, or any", option_tlb, AT(tlb),
     0, 0},
    {"ram", "FRAMES", "page frames of the machine", option_number, AT(ram), RAM_MIN, RAM_MAX},
    {"uniform", NULL, "operations as chance has them, to compare with; the model chooses none",
     option_flag, AT(uniform), 0, 0},
    {"ops", "N", "how many operations (1000000)", option_number, AT(ops), 1, UINT64_MAX >> 1},
    {"time", "SECONDS", "or how long", option_number, AT(seconds), 1, 1000000000},
    {"seed", "N", "repeats a run (from the clock)", option_seed, 0, 0, UINT64_MAX},
    {"check", "WHEN", "every operation (every), only at the end of a case (end), or every N",
     option_check, AT(check), 0, 0},
    {"findings", "N", "end after so many divergences (100)", option_number, AT(findings), 1,
     FINDINGS_MAX},
    {"hang", "SECONDS", "an operation that takes longer does not end (10)", option_number, AT(hang),
     1, 3600},
    {"without", "ORACLE,...", "ignore what these say, and go on", option_without, AT(without), 0,
     0},
    {"out", "DIR", "where divergences are written (reports)", option_text, AT(out), 0, 0},
    {0},
};

/* What is not given. */
static struct run_options defaults(void)
{
    return (struct run_options){.target = target_option_default("sim"),
                                .out = "reports",
                                .tlb = TLB_PARANOID,
                                .check = RIG_CHECK_EVERY,
                                .findings = FINDINGS_MAX,
                                .hang = target_options_default.hang_seconds};
}

/* Short enough to type, new each time. */
static uint64_t clock_seed(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    uint64_t x = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
    return rng_splitmix(&x) >> 32;
}

static const char *check_text(uint32_t check, char buffer[16])
{
    if (check == RIG_CHECK_EVERY)
        return "every";
    if (check == RIG_CHECK_END)
        return "end";
    snprintf(buffer, 16, "%u", check);
    return buffer;
}

/* ---- Findings. ---- */

/* How to repeat the case in progress: a run that begins, and ends, with it. */
static void repeat_text(const struct run *run, char *buffer, size_t size)
{
    char design[DESIGN_TEXT_MAX], check[16], ram[24] = "", target[256], without[WITHOUT_TEXT_MAX];
    const struct run_options *options = &run->options;
    const char *text = design_text(&run->plan.options.design, design);

    if (run->ram_now)
        snprintf(ram, sizeof ram, " --ram %u", (unsigned)run->ram_now);
    snprintf(buffer, size,
             "pagerig run %s --%s %s --tlb %s%s%s --check %s%s%s --seed %#llx --ops %u",
             target_option_text(&options->target, target, sizeof target),
             preset_find(text) ? "preset" : "design", text, tlb_text(options->tlb), ram,
             options->uniform ? " --uniform" : "", check_text(options->check, check),
             options->without ? " --without " : "", without_text(options->without, without),
             (unsigned long long)run->seed_now, run->length_now ? run->length_now : 1);
}

/* Counts it; true: it is the first of its title. */
static bool count_finding(struct run *run, const struct finding *finding, const char *title)
{
    *(finding->oracle == ORACLE_RIG ? &run->rig_failures : &run->divergences) += 1;
    for (unsigned i = 0; i < run->title_count; i++)
        if (strcmp(run->titles[i].text, title) == 0) {
            run->titles[i].count++;
            return false;
        }
    assert(run->title_count < 2 * FINDINGS_MAX);
    struct title *entry = &run->titles[run->title_count++];
    snprintf(entry->text, sizeof entry->text, "%s", title);
    entry->count = 1;
    return true;
}

/* Writes the case in progress, unless there is one of this title. */
static void keep(struct run *run, const struct finding *finding, bool reproduces)
{
    char title[64], note[512], target[256], path[PATH_MAX];

    report_title(finding, title);
    if (!count_finding(run, finding, title))
        return;
    repeat_text(run, note, sizeof note);
    bool here = strcmp(run->options.target.name, "sim") == 0;
    target_option_text(&run->options.target, target, sizeof target);
    struct report report = {
        &run->c, finding, title, run->seed_now, note, reproduces, here ? NULL : target};
    progress_clear(&run->progress);
    if (report_write(run->options.out, &report, path))
        fprintf(stderr, "%s: %s\n", title, path);
    else
        run->rig_failures++;
    if (!reproduces)
        fprintf(stderr, "%s: RIG: the case does not show it again\n", title);
}

/* Cuts the case after the operation that diverged and replays it: a case that was checked more
 * rarely diverged earlier than it seemed.  A failure of the rig is none of the case's. */
static void diverged(struct run *run, const struct finding *finding)
{
    struct finding first;
    char title[64], title_again[64];

    run->length_now = run->c.count;
    if (finding->oracle == ORACLE_RIG) {
        keep(run, finding, true);
        return;
    }
    bool reproduces;
    if (run->options.check == RIG_CHECK_EVERY) {
        reproduces = !rig_run(run->again, &run->c, &first) &&
                     strcmp(report_title(finding, title), report_title(&first, title_again)) == 0;
    } else {
        first = *finding;
        rig_run_again(run->rig, run->again, &run->c, &first);
        reproduces = first.oracle != ORACLE_RIG;
    }
    if (!reproduces) {
        run->rig_failures++;
        first = *finding;
    }
    if (first.op.code < OP_CODES)
        run->c.count = first.at + 1;
    keep(run, &first, reproduces);
}

/* ---- The run. ---- */

/* Begins the case in progress; returns how long it is, at most length. */
static uint32_t take_case(struct run *run, uint32_t length)
{
    struct plan *plan = &run->plan;
    uint64_t number = run->cases;
    run->rig = plan_is_small(plan, number) ? run->small : run->usual;
    run->seed_now = plan_seed(plan, number);
    run->ram_now = plan_ram(plan, number);
    if (plan->planners[0]) {
        plan_make(plan, number);
        plan_take(plan, &run->c);
        length = run->c.count < length ? run->c.count : length;
    } else {
        plan_begin(plan, number, &run->c.head);
    }
    run->c.count = 0;
    return length;
}

/* A machine that the case before has damaged is replaced. */
static bool start_case(struct run *run, struct finding *finding)
{
    bool booted = rig_reset(run->rig, &run->c.head, finding);
    if (booted || finding->oracle != ORACLE_RIG)
        return booted;
    if (rig_hopeless(run->rig))
        return false;
    diverged(run, finding);
    return rig_reset(run->rig, &run->c.head, finding);
}

/* The case ends here. */
static void end_case(struct run *run, const struct finding *finding)
{
    if (!finding->ignored)
        diverged(run, finding);
}

/* At most so many operations; more: another case will follow.  False: the target cannot do it. */
static bool run_case(struct run *run, uint32_t length, bool more)
{
    struct finding finding;
    struct test_case *c = &run->c;

    length = take_case(run, length);
    bool booted = start_case(run, &finding);
    if (!booted && finding.oracle == ORACLE_RIG) {
        progress_clear(&run->progress);
        fprintf(stderr, "pagerig run: the %s target cannot start: %s\n", run->options.target.name,
                finding.actual);
        return false;
    }
    run->cases++;
    if (!booted) {
        end_case(run, &finding);
        return true;
    }
    const struct model *model = rig_model(run->rig);
    bool planned = run->plan.planners[0];
    if (planned)
        rig_ahead(run->rig, c->ops, length);
    if (planned && more)
        plan_make(&run->plan, run->cases);
    while (c->count < length) {
        struct op *op = &c->ops[c->count++];
        if (!planned)
            gen_next(&run->plan.gen, model, op);
        if (!rig_step(run->rig, op, &finding)) {
            run->ops += c->count;
            end_case(run, &finding);
            return true;
        }
    }
    run->ops += c->count;
    if (!rig_finish(run->rig, &finding))
        end_case(run, &finding);
    run->negative_faults += rig_target(run->rig)->negative_faults;
    return true;
}

/* And what was looked at there: of Linux, what the kernel tells this user. */
static void print_target(const struct run *run)
{
    const struct target_option *option = &run->options.target;
    const struct target *target = rig_target(run->rig);

    if (strcmp(option->name, "sim") == 0)
        return;
    printf(" target=%s", option->name);
    if (!target_shows_tables(option->name))
        printf(" frames=%s", target && target->facts.frames_seen ? "seen" : "unseen");
    else if (strcmp(option->name, "qemu") == 0)
        printf(" lane=%s", option->options.lane);
}

static void print_summary(struct run *run)
{
    double seconds = progress_clock() - run->progress.started;
    char design[DESIGN_TEXT_MAX], check[16], without[WITHOUT_TEXT_MAX];

    progress_clear(&run->progress);
    for (unsigned i = 0; i < run->title_count; i++)
        printf("%6llu  %s\n", (unsigned long long)run->titles[i].count, run->titles[i].text);
    printf("ops=%llu seconds=%.3f ops_per_second=%.0f divergences=%llu seed=%llu",
           (unsigned long long)run->ops, seconds, seconds > 0 ? (double)run->ops / seconds : 0,
           (unsigned long long)run->divergences, (unsigned long long)run->options.seed);
    printf(" sequences=%llu design=%s tlb=%s check=%s", (unsigned long long)run->cases,
           design_text(&run->plan.options.design, design), tlb_text(run->options.tlb),
           check_text(run->options.check, check));
    if (run->options.without)
        printf(" without=%s", without_text(run->options.without, without));
    print_target(run);
    if (run->negative_faults)
        printf(" negative_faults=%llu", (unsigned long long)run->negative_faults);
    if (run->rig_failures)
        printf(" rig_failures=%llu", (unsigned long long)run->rig_failures);
    printf("%s\n", interrupted ? " interrupted=1" : "");
    fflush(stdout);
}

static int run_all(struct run *run)
{
    const struct run_options *options = &run->options;
    bool able = true;

    progress_begin(&run->progress);
    while (able && !interrupted && run->divergences < options->findings &&
           run->rig_failures < FINDINGS_MAX) {
        double seconds = progress_tick(&run->progress, run->ops, run->divergences);
        uint64_t left = options->seconds ? GEN_OPERATIONS : options->ops - run->ops;
        if (left == 0 || (options->seconds && seconds >= (double)options->seconds))
            break;
        able = run_case(run, left < GEN_OPERATIONS ? (uint32_t)left : GEN_OPERATIONS,
                        options->seconds || left > GEN_OPERATIONS);
    }
    print_summary(run);
    if (run->divergences)
        return EXIT_DIVERGED;
    return able && !run->rig_failures ? EXIT_CLEAN : EXIT_CANNOT;
}

/* ---- Sanitizers. ---- */

static struct run *running; /* for last_words */

/* A sanitizer has reported something in the last operation of the case in progress, and the process
 * is about to end. */
static void last_words(void)
{
    struct run *run = running;
    if (run->plan.busy) { /* the case that was to be the next */
        plan_take(&run->plan, &run->c);
        run->seed_now = plan_seed(&run->plan, run->plan.number);
        run->ram_now = plan_ram(&run->plan, run->plan.number);
    }
    if (!run->c.count)
        return;
    struct finding finding = death_finding(&run->c);
    run->length_now = run->c.count;
    run->ops += run->c.count;
    keep(run, &finding, true);
    print_summary(run);
    _exit(EXIT_DIVERGED);
}

static int options_to_run(int argc, char **argv, struct run_options *options)
{
    int arguments = options_read(argc, argv, run_options, options);
    if (arguments == OPTIONS_FAILED)
        return EXIT_USAGE;
    if (arguments > 0)
        return options_refuse(argv[0], "unexpected argument '%s'", argv[1]);
    if (options->ops && options->seconds)
        return options_refuse(argv[0], "--ops excludes --time");
    if (!options->ops)
        options->ops = 1000000;
    if (!options->seed_given)
        options->seed = clock_seed();
    return EXIT_CLEAN;
}

/* A world for some of the cases. */
static struct rig *make_rig(const struct run_options *options, uint32_t check)
{
    struct rig *rig = target_option_rig(&options->target, check);
    rig_ignore(rig, options->without);
    return rig;
}

int cmd_run(int argc, char **argv)
{
    struct run_options options = defaults();
    int status = options_to_run(argc, argv, &options);
    if (status != EXIT_CLEAN)
        return status;

    if (!report_prepare(options.out))
        return options_refuse(argv[0], "--out: no files can be written there");

    static struct run run;
    run = (struct run){.options = options};
    run.options.target.options.hang_seconds = (unsigned)run.options.hang;
    without_apply(run.options.without, &run.options.target.options);
    run.rig = run.usual = make_rig(&run.options, options.check);
    run.small =
        strcmp(options.target.name, "sim") == 0 ? make_rig(&run.options, options.check) : run.usual;
    if (target_is_remote(options.target.name))
        for (int i = 0; i < 2; i++)
            run.plan.planners[i] =
                rig_make(&(struct rig_config){"sim", RIG_CHECK_END, OP_SLOTS, OP_SLOTS, NULL});
    run.again = make_rig(&run.options, RIG_CHECK_EVERY);
    run.c = (struct test_case){.ops = run.ops_now, .capacity = GEN_OPERATIONS};
    run.plan.seed = options.seed;
    run.plan.options = (struct gen_options){
        .tlb = options.tlb, .ram = (uint32_t)options.ram, .uniform = options.uniform};
    design_option_apply(&options.design, &run.plan.options.design);
    interrupt_catch();
    running = &run;
    death_say(last_words);
    status = run_all(&run);
    death_say(NULL);
    rig_free(run.again);
    for (int i = 0; i < 2; i++)
        if (run.plan.planners[i])
            rig_free(run.plan.planners[i]);
    if (run.small != run.usual)
        rig_free(run.small);
    rig_free(run.usual);
    return status;
}
