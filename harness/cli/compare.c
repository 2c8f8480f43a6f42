/* compare.c: `pagerig compare`: cases on two targets, one after the other, as TAP; a test fails
 * when the two answer an operation differently, or do not find the same divergence.
 *
 * What both find is `replay`'s affair: here they agree. */
#include "death.h"
#include "files.h"
#include "head_option.h"
#include "lockstep.h"
#include "report.h"
#include "target_option.h"
#include <unistd.h>

struct compare_options {
    struct target_option target;
    const char *with;
    struct head_option head;
};

#define AT(field) offsetof(struct compare_options, field)

const struct option_row compare_options[] = {
    TARGET_OPTION_ROWS(AT(target), "qemu"),
    OPTION_ROW("with", "NAME", "the target that it is compared with (sim)", option_target,
               AT(with)),
    HEAD_OPTION_ROWS(AT(head), "; any: each in turn"),
    SEVERAL_HEADS_ROW(AT(head)),
    {0},
};

struct pair {
    struct target_option options[2];
    struct rig *rigs[2];
    size_t skipped;
};

enum result { SAME, DIFFERENT, SKIPPED, FAILED };

/* Under one head.  What is to be said of it goes to lines, in the order of time. */
static enum result compare_head(struct pair *pair, const struct test_case *c, char *lines,
                                size_t size)
{
    struct record records[2] = {{0}};
    struct difference difference;
    uint32_t parted;
    char head[256], op[OP_TEXT_MAX];
    enum result result = SAME;

    case_write_head(&c->head, head);
    for (unsigned i = 0; i < 2 && result == SAME; i++) {
        const struct finding *finding = &records[i].finding;
        if (record_make(&records[i], pair->options[i].name, pair->rigs[i], c))
            continue;
        result = finding->field == finding_head ? SKIPPED : FAILED;
        snprintf(lines, size, result == SKIPPED ? "%s: %s" : "# %s: RIG: %s\n", records[i].target,
                 finding->actual);
    }
    if (result == SAME && records_differ(c, &records[0], &records[1], &parted, &difference)) {
        result = DIFFERENT;
        if (difference.at < c->count)
            case_write_op(&c->ops[difference.at], op);
        else
            snprintf(op, sizeof op, "the end");
        snprintf(lines, size, "# %s\n# operation %u: %s\n# %s: %s\n# %s: %s\n# under: %s\n",
                 difference.field, (unsigned)difference.at + 1, op, records[0].target,
                 difference.texts[0], records[1].target, difference.texts[1], head);
    } else if (result == SAME && parted < c->count) {
        snprintf(lines, size,
                 "# under: %s\n# operation %u chose another place on each: answers after it are "
                 "not compared\n",
                 head, (unsigned)parted);
    }
    record_free(&records[0]);
    record_free(&records[1]);
    return result;
}

/* Under all heads that are asked for, up to the first that is not the same. */
static enum result compare_case(struct pair *pair, struct test_case *c,
                                const struct head_option *option, char *lines, size_t size)
{
    struct case_head wanted = head_option_apply(option, c);
    enum result result = SAME;
    struct head_turns turns;
    head_turns_begin(&turns, &wanted);
    while (result == SAME && head_turns_next(&turns, &c->head))
        result = compare_head(pair, c, lines, size);
    return result;
}

static char running[PATH_MAX + 32]; /* the test in progress, for last_words */

static void last_words(void)
{
    printf("not ok %s\n# SANITIZER: its report is on stderr\n", running);
    fflush(stdout);
    _exit(EXIT_DIVERGED);
}

/* One test.  Returns an exit status. */
static int compare_file(struct pair *pair, const char *path, const struct head_option *option)
{
    static const int statuses[] = {[SAME] = EXIT_CLEAN,
                                   [DIFFERENT] = EXIT_DIVERGED,
                                   [SKIPPED] = EXIT_CLEAN,
                                   [FAILED] = EXIT_CANNOT};
    struct test_case c;
    char lines[1024] = "";

    case_init(&c);
    if (!case_read_file(&c, path)) {
        printf("not ok %s\n# not a case that can be read\n", running);
        return EXIT_USAGE;
    }
    enum result result = compare_case(pair, &c, option, lines, sizeof lines);
    case_free(&c);
    if (result == SKIPPED)
        printf("ok %s # SKIP %s\n", running, lines);
    else
        printf("%sok %s\n%s", result == SAME ? "" : "not ", running, lines);
    pair->skipped += result == SKIPPED;
    return statuses[result];
}

static int compare_files(struct pair *pair, const struct files *files,
                         const struct head_option *option)
{
    int status = EXIT_CLEAN;

    for (unsigned i = 0; i < 2; i++)
        if (!target_option_starts(&pair->options[i], pair->rigs[i], "compare"))
            return EXIT_CANNOT;
    printf("1..%zu\n", files->count);
    fflush(stdout);
    death_say(last_words);
    for (size_t i = 0; i < files->count; i++) {
        snprintf(running, sizeof running, "%zu - %s", i + 1, files->paths[i]);
        status = status_worse(status, compare_file(pair, files->paths[i], option));
        fflush(stdout);
    }
    death_say(NULL);
    if (pair->skipped)
        printf("# skipped %zu of %zu: not both targets can have such a machine\n", pair->skipped,
               files->count);
    return status;
}

int cmd_compare(int argc, char **argv)
{
    struct compare_options options = {.target = target_option_default("qemu"), .with = "sim"};
    struct files files = {0};
    bool found = true;

    int arguments = options_read(argc, argv, compare_options, &options);
    if (arguments == OPTIONS_FAILED)
        return EXIT_USAGE;
    if (arguments == 0)
        return options_refuse(argv[0], "no case is named");
    if (!target_shows_tables(options.target.name) || !target_shows_tables(options.with))
        return options_refuse(argv[0],
                              "Linux answers as it may, not as others do: replay judges it");
    for (int i = 1; i <= arguments; i++)
        found = files_add(&files, argv[i]) && found;

    struct pair pair = {.options = {options.target, options.target}};
    pair.options[0].name = options.with;
    for (unsigned i = 0; i < 2; i++)
        pair.rigs[i] = target_option_rig(&pair.options[i], RIG_CHECK_EVERY);
    int status = files.count ? compare_files(&pair, &files, &options.head) : EXIT_USAGE;
    for (unsigned i = 0; i < 2; i++)
        rig_free(pair.rigs[i]);
    files_free(&files);
    return found ? status : EXIT_USAGE;
}
