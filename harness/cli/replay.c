/* replay.c: `pagerig replay`: cases from files, as TAP, one test a case.
 *
 * A case runs under the design and the TLB of its head, or under each of several
 * (struct head_turns).  A case whose head the target cannot have, as
 * hardware cannot have tiny pages, is skipped. */
#include "death.h"
#include "files.h"
#include "head_option.h"
#include "options.h"
#include "report.h"
#include "target_option.h"
#include <unistd.h>

struct replay_options {
    struct target_option target;
    struct head_option head;
};

#define AT(field) offsetof(struct replay_options, field)

const struct option_row replay_options[] = {
    TARGET_OPTION_ROWS(AT(target), "sim"),
    HEAD_OPTION_ROWS(AT(head), "; any: each in turn"),
    SEVERAL_HEADS_ROW(AT(head)),
    {0},
};

/* ---- Cases. ---- */

static void print_failure(const struct finding *finding, const struct case_head *head)
{
    char title[64], text[256];

    printf("# %s\n", report_title(finding, title));
    report_finding(stdout, "# ", finding);
    case_write_head(head, text);
    printf("# under: %s\n", text);
}

/* False: *finding is the first divergence, or, when there is none, a machine that cannot be; and
 * c->head is where that was. */
static bool replay(struct rig *rig, struct test_case *c, const struct replay_options *options,
                   struct finding *finding)
{
    struct case_head wanted = head_option_apply(&options->head, c);
    struct finding unable = {.oracle = ORACLES};
    struct case_head head_unable;
    struct head_turns turns;

    head_turns_begin(&turns, &wanted);
    while (head_turns_next(&turns, &c->head)) {
        if (rig_run(rig, c, finding))
            continue;
        if (finding->oracle != ORACLE_RIG)
            return false;
        if (unable.oracle == ORACLES) {
            unable = *finding;
            head_unable = c->head;
        }
    }
    if (unable.oracle == ORACLES)
        return true;
    *finding = unable;
    c->head = head_unable;
    return false;
}

/* What could not run has not diverged. */
static int finding_status(const struct finding *finding)
{
    return finding->oracle == ORACLE_RIG ? EXIT_CANNOT : EXIT_DIVERGED;
}

static char running[PATH_MAX + 32]; /* the test in progress, for last_words */

static void last_words(void)
{
    printf("not ok %s\n# SANITIZER: its report is on stderr\n", running);
    fflush(stdout);
    _exit(EXIT_DIVERGED);
}

/* One test, read from a file; counts it if it is skipped.  Returns an exit status. */
static int replay_file(struct rig *rig, const char *path, const struct replay_options *options,
                       size_t *skipped)
{
    struct test_case c;
    struct finding finding;
    const char *unfit = NULL;
    int status = EXIT_CLEAN;

    case_init(&c);
    if (!case_read_file(&c, path)) {
        printf("not ok %s\n# not a case that can be read\n", running);
        status = EXIT_USAGE;
    } else if ((unfit = target_unfit(options->target.name, &c))) {
        printf("ok %s # SKIP %s\n", running, unfit);
        ++*skipped;
    } else if (replay(rig, &c, options, &finding)) {
        printf("ok %s\n", running);
    } else if (finding.field == finding_head) {
        printf("ok %s # SKIP %s\n", running, finding.actual);
        ++*skipped;
    } else {
        printf("not ok %s\n", running);
        print_failure(&finding, &c.head);
        status = finding_status(&finding);
    }
    fflush(stdout);
    case_free(&c);
    return status;
}

/* What was looked at depends on what the kernel tells this user. */
static void print_sight(const struct target *target)
{
    bool seen = target && target->facts.frames_seen;
    printf("# which frames pages are in was %scompared\n", seen ? "" : "not ");
}

static int replay_files(struct rig *rig, const struct files *files,
                        const struct replay_options *options)
{
    int status = EXIT_CLEAN;
    size_t skipped = 0;

    printf("1..%zu\n", files->count);
    fflush(stdout);
    death_say(last_words);
    for (size_t i = 0; i < files->count; i++) {
        snprintf(running, sizeof running, "%zu - %s", i + 1, files->paths[i]);
        status = status_worse(status, replay_file(rig, files->paths[i], options, &skipped));
    }
    death_say(NULL);
    if (skipped)
        printf("# skipped %zu of %zu: the %s target cannot have such a machine%s\n", skipped,
               files->count, options->target.name,
               target_shows_tables(options->target.name) ? "" : ", or not run out of memory");
    if (!target_shows_tables(options->target.name))
        print_sight(rig_target(rig));
    return status;
}

int cmd_replay(int argc, char **argv)
{
    struct replay_options options = {.target = target_option_default("sim")};
    struct files files = {0};
    bool found = true;

    int arguments = options_read(argc, argv, replay_options, &options);
    if (arguments == OPTIONS_FAILED)
        return EXIT_USAGE;
    if (arguments == 0)
        return options_refuse(argv[0], "no case is named");
    for (int i = 1; i <= arguments; i++)
        found = files_add(&files, argv[i]) && found;

    struct rig *rig = target_option_rig(&options.target, RIG_CHECK_EVERY);
    int status = EXIT_USAGE;
    if (files.count)
        status = target_option_starts(&options.target, rig, argv[0])
                     ? replay_files(rig, &files, &options)
                     : EXIT_CANNOT;
    rig_free(rig);
    files_free(&files);
    return found ? status : EXIT_USAGE;
}
