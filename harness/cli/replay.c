/* replay.c: `pagerig replay`: cases from files, as TAP, one test a case.
 *
 * A case runs under the design and the TLB of its head, or under each of several: what is
 * CHOICE_ANY stands for every choice there is. */
#include "death.h"
#include "files.h"
#include "options.h"
#include "report.h"
#include <unistd.h>

struct replay_options {
    const char *target;
    struct design_option design;
    uint8_t tlb;
    bool tlb_given, all_designs;
};

static bool option_given_tlb(const struct option_row *row, const char *value, void *field,
                             struct option_why *why)
{
    struct replay_options *options = field;
    options->tlb_given = true;
    return option_tlb(row, value, &options->tlb, why);
}

#define AT(field) offsetof(struct replay_options, field)

const struct option_row replay_options[] = {
    {"target", "NAME", "what to test: sim (the default)", option_text, AT(target), 0, 0},
    {"preset", "NAME", "this design, not the case's", option_preset, AT(design), 0, 0},
    {"design", "AXIS=CHOICE,...", "these choices, not the case's; any: each in turn", option_design,
     AT(design), 0, 0},
    {"tlb", "NAME", "this TLB, not the case's; any: each but negative in turn", option_given_tlb, 0,
     0, 0},
    {"all-designs", NULL, "each design, and each TLB but negative, that the case leaves open",
     option_flag, AT(all_designs), 0, 0},
    {0},
};

/* ---- Which designs. ---- */

/* What the options make of a case's head; CHOICE_ANY where they ask for each in turn. */
static struct case_head wanted_head(const struct test_case *c, const struct replay_options *options)
{
    struct case_head head = c->head;

    if (options->all_designs) {
        for (unsigned axis = 0; axis < AXES; axis++)
            if (!(c->named & 1u << axis))
                head.design.choice[axis] = CHOICE_ANY;
        if (!(c->named & 1u << AXES))
            head.tlb = CHOICE_ANY;
    }
    design_option_apply(&options->design, &head.design);
    if (options->tlb_given)
        head.tlb = options->tlb;
    return head;
}

/* Takes number apart into a choice for each CHOICE_ANY of the head; false: there are no so many
 * combinations. */
static bool nth_head(const struct case_head *wanted, uint32_t number, struct case_head *head)
{
    static const uint8_t tlbs[] = {TLB_TYPICAL, TLB_PARANOID, TLB_NONE};
    enum { TLBS_TRIED = sizeof tlbs };

    *head = *wanted;
    for (unsigned axis = 0; axis < AXES; axis++) {
        uint32_t choices = axis_infos[axis].choices;
        if (wanted->design.choice[axis] == CHOICE_ANY) {
            head->design.choice[axis] = (uint8_t)(number % choices);
            number /= choices;
        }
    }
    if (wanted->tlb == CHOICE_ANY) {
        head->tlb = tlbs[number % TLBS_TRIED];
        number /= TLBS_TRIED;
    }
    return number == 0;
}

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
    struct case_head wanted = wanted_head(c, options);
    struct finding unable = {.oracle = ORACLES};
    struct case_head head_unable;

    for (uint32_t i = 0; nth_head(&wanted, i, &c->head); i++) {
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

/* Of many cases, the status that says most: bad input before a divergence before what could not
 * run. */
static int worse(int a, int b)
{
    static const int order[] = {EXIT_USAGE, EXIT_DIVERGED, EXIT_CANNOT};
    for (unsigned i = 0; i < sizeof order / sizeof *order; i++)
        if (a == order[i] || b == order[i])
            return order[i];
    return EXIT_CLEAN;
}

static char running[PATH_MAX + 32]; /* the test in progress, for last_words */

static void last_words(void)
{
    printf("not ok %s\n# SANITIZER: its report is on stderr\n", running);
    fflush(stdout);
    _exit(EXIT_DIVERGED);
}

static int replay_files(struct rig *rig, const struct files *files,
                        const struct replay_options *options)
{
    int status = EXIT_CLEAN;

    printf("1..%zu\n", files->count);
    fflush(stdout);
    death_say(last_words);
    for (size_t i = 0; i < files->count; i++) {
        struct test_case c;
        struct finding finding;
        case_init(&c);
        snprintf(running, sizeof running, "%zu - %s", i + 1, files->paths[i]);
        bool readable = case_read_file(&c, files->paths[i]);
        bool good = readable && replay(rig, &c, options, &finding);
        printf("%sok %s\n", good ? "" : "not ", running);
        if (!readable)
            printf("# not a case that can be read\n");
        else if (!good)
            print_failure(&finding, &c.head);
        if (!good)
            status = worse(status, !readable ? EXIT_USAGE : finding_status(&finding));
        fflush(stdout);
        case_free(&c);
    }
    death_say(NULL);
    return status;
}

int cmd_replay(int argc, char **argv)
{
    struct replay_options options = {.target = "sim"};
    struct files files = {0};
    bool found = true;

    int arguments = options_read(argc, argv, replay_options, &options);
    if (arguments == OPTIONS_FAILED)
        return EXIT_USAGE;
    if (arguments == 0)
        return options_refuse(argv[0], "no case is named");
    struct rig_config config = {options.target, RIG_CHECK_EVERY, OP_SLOTS, OP_SLOTS, NULL};
    struct rig *rig = rig_make(&config);
    if (!rig)
        return options_refuse(argv[0], "--target: unknown target '%s'", options.target);

    for (int i = 1; i <= arguments; i++)
        found = files_add(&files, argv[i]) && found;
    int status = files.count ? replay_files(rig, &files, &options) : EXIT_USAGE;
    rig_free(rig);
    files_free(&files);
    return found ? status : EXIT_USAGE;
}
