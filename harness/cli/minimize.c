/* minimize.c: `pagerig minimize`: a case that diverges, made short and plain (triage/minimize.h).
 */
#include "../triage/minimize.h"
#include "head_option.h"
#include "interrupt.h"
#include "options.h"
#include "progress.h"
#include "report.h"
#include "target_option.h"
#include "trial.h"
#include <stdlib.h>
#include <unistd.h>

struct minimize_options {
    struct target_option target;
    struct head_option head;
    const char *out; /* NULL: standard output */
    uint64_t tries, runs;
};

#define AT(field) offsetof(struct minimize_options, field)

enum { RUNS_SIM = 1, RUNS_REMOTE = 10 };

const struct option_row minimize_options[] = {
    {"out", "FILE", "where the smaller case is written (standard output); -o for short",
     option_text, AT(out), 0, 0},
    {"tries", "N", "run no more than N candidates (20000)", option_number, AT(tries), 1,
     UINT32_MAX},
    {"runs", "M", "run the result M times at the end (sim: 1, others: 10)", option_number, AT(runs),
     1, 1000000},
    TARGET_OPTION_ROWS(AT(target), "sim"),
    HEAD_OPTION_ROWS(AT(head), "; any: the first that diverges"),
    SEVERAL_HEADS_ROW(AT(head)),
    {0},
};

struct job {
    const struct minimize_options *options;
    const char *path;
    struct trial trial;
    uint32_t tries;
    struct progress progress;
};

/* ---- The judge. ---- */

static bool clean(void *context, const struct test_case *c, struct finding *finding)
{
    struct job *job = context;
    double now = progress_clock();

    job->tries++;
    if (job->progress.terminal && now >= job->progress.next) {
        job->progress.next = now + 0.25;
        job->progress.shown = true;
        fprintf(stderr, "\r%u tries, %u operations\033[K", (unsigned)job->tries,
                (unsigned)c->count);
    }
    return trial_clean(&job->trial, c, finding);
}

static bool stop(void *context)
{
    const struct job *job = context;
    return interrupted || job->tries >= job->options->tries;
}

/* ---- The case as it is found. ---- */

/* The first head under which it diverges; a target that is not deterministic gets more chances.
 * False: none; finding is RIG if the target could not have such a machine, or failed. */
static bool find_head(struct job *job, struct test_case *c, struct finding *finding)
{
    struct case_head wanted = head_option_apply(&job->options->head, c);
    struct finding unable = {.oracle = ORACLES};
    struct head_turns turns;

    for (uint64_t run = 0; run < job->options->runs && !interrupted; run++) {
        head_turns_begin(&turns, &wanted);
        while (!interrupted && head_turns_next(&turns, &c->head)) {
            if (trial_clean(&job->trial, c, finding))
                continue;
            if (finding->field != finding_head)
                return true;
            unable = *finding;
        }
    }
    *finding = unable;
    return false;
}

/* ---- The result. ---- */

/* How often it diverges as it should, of options.runs times. */
static uint32_t count_again(struct job *job, const struct test_case *c, const char *title)
{
    struct finding finding;
    char again[64];
    uint32_t count = 0;

    for (uint64_t run = 0; run < job->options->runs; run++)
        count += !trial_clean(&job->trial, c, &finding) &&
                 strcmp(finding_title(&finding, again), title) == 0;
    return count;
}

static int write_result(struct job *job, const struct test_case *c, uint32_t before,
                        const struct minimize_result *result)
{
    const struct minimize_options *options = job->options;
    char title[64], note[PATH_MAX + 256], target[256];
    uint32_t runs = (uint32_t)options->runs, again = count_again(job, c, result->title);
    struct report report = {.c = c,
                            .finding = &result->finding,
                            .title = report_title(&result->finding, title),
                            .note = note,
                            .reproduces = again > 0};

    if (strcmp(options->target.name, "sim") != 0)
        report.options = target_option_text(&options->target, target, sizeof target);
    snprintf(note, sizeof note,
             "pagerig minimize, of %s: %u to %u operations; diverged in %u of %u runs", job->path,
             (unsigned)before, (unsigned)c->count, (unsigned)again, (unsigned)runs);
    progress_clear(&job->progress);
    bool good = true;
    if (options->out)
        good = report_write_as(options->out, &report);
    else
        report_write_text(stdout, &report, job->path);
    fprintf(stderr, "%s: %u to %u operations in %u tries (%u known); diverged in %u of %u runs%s\n",
            title, (unsigned)before, (unsigned)c->count, (unsigned)result->tries,
            (unsigned)result->known, (unsigned)again, (unsigned)runs,
            result->stopped ? "; stopped early" : "");
    if (!good)
        return EXIT_CANNOT;
    return result->finding.oracle == ORACLE_RIG ? EXIT_CANNOT : EXIT_DIVERGED;
}

static int minimize_case(struct job *job, struct test_case *c)
{
    const struct minimize_judge judge = {clean, stop, job};
    struct minimize_result result;
    struct finding finding;
    uint32_t before = c->count;

    progress_begin(&job->progress);
    interrupt_catch();
    if (!find_head(job, c, &finding)) {
        bool unable = finding.oracle == ORACLE_RIG;
        fprintf(stderr, "%s: %s%s\n", job->path,
                unable ? "it cannot run: " : "it does not diverge: there is nothing to minimise",
                unable ? finding.actual : "");
        return unable ? EXIT_CANNOT : EXIT_CLEAN;
    }
    if (minimize(c, &judge, &result))
        return write_result(job, c, before, &result);
    progress_clear(&job->progress);
    fprintf(stderr, "%s: it diverged once and not again: suspect the rig\n", job->path);
    return EXIT_CANNOT;
}

static int prepare(struct minimize_options *options, struct test_case *c, const char *path)
{
    bool here = strcmp(options->target.name, "sim") == 0;
    const char *unfit;

    if (!options->runs)
        options->runs = here ? RUNS_SIM : RUNS_REMOTE;
    if (!case_read_file(c, path))
        return EXIT_USAGE;
    unfit = target_unfit(options->target.name, c);
    if (unfit)
        fprintf(stderr, "%s: it cannot run: %s\n", path, unfit);
    return unfit ? EXIT_CANNOT : EXIT_CLEAN;
}

int cmd_minimize(int argc, char **argv)
{
    struct minimize_options options = {.target = target_option_default("sim"), .tries = 20000};
    struct test_case c;

    if (!options_read_one(argc, argv, minimize_options, &options))
        return EXIT_USAGE;
    case_init(&c);
    int status = prepare(&options, &c, argv[1]);
    if (status == EXIT_CLEAN) {
        struct rig *rig = target_option_rig(&options.target, RIG_CHECK_EVERY);
        struct job job = {.options = &options, .path = argv[1]};
        job.trial = trial_make(rig, options.target.name);
        status = target_option_starts(&options.target, rig, argv[0]) ? minimize_case(&job, &c)
                                                                     : EXIT_CANNOT;
        trial_free(&job.trial);
        rig_free(rig);
    }
    case_free(&c);
    return status;
}
