/* show.c: `pagerig show`: runs the first operations of a case and draws the state that they lead
 * to, with what differs if they diverge.  The same case gives the same bytes. */
#include "../check/rig.h"
#include "death.h"
#include "options.h"
#include "picture.h"
#include "report.h"
#include "ruler.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct show_options {
    struct design_option design;
    uint8_t tlb;
    bool tlb_given;
    uint64_t at; /* AT_END: not given */
};

#define AT_END UINT64_MAX

static bool option_given_tlb(const struct option_row *row, const char *value, void *field,
                             struct option_why *why)
{
    struct show_options *options = field;
    options->tlb_given = true;
    return option_tlb(row, value, &options->tlb, why);
}

#define AT(field) offsetof(struct show_options, field)

const struct option_row show_options[] = {
    {"at", "N", "after N operations (all, or to the one that diverges)", option_number, AT(at), 0,
     UINT32_MAX},
    {"preset", "NAME", "this design, not the case's", option_preset, AT(design), 0, 0},
    {"design", "AXIS=CHOICE,...", "these choices, not the case's", option_design, AT(design), 0, 0},
    {"tlb", "NAME", "this TLB, not the case's", option_given_tlb, 0, 0, 0},
    {0},
};

struct show {
    const char *path;
    struct test_case c;
    struct rig *rig;
    uint32_t at;       /* operations done, with the one that diverged */
    uint8_t *statuses; /* of these */
    struct finding finding;
    bool diverged;
};

/* The status of an operation in which the target gave up, or that gave none. */
enum { NO_STATUS = STATUSES };

/* ---- Running. ---- */

/* Did the operation come to its end, so that structures can be walked?  If not, the target gave up
 * in the middle of it, and the finding names what it said. */
static bool ended(const struct show *show)
{
    return show->finding.field != rig_target(show->rig)->what || !show->finding.field;
}

/* As rig_run finds it: the case says what it expects. */
static bool as_the_case_expects(struct show *show, const struct op *op, uint8_t status)
{
    struct finding *finding = &show->finding;

    if (op->expect == OP_EXPECT_NOTHING || op->expect == status)
        return true;
    *finding = (struct finding){
        .oracle = ORACLE_RESULT,
        .at = show->at - 1,
        .op = *op,
        .field = "expectation",
        .where = "the case says what it expects",
    };
    snprintf(finding->expected, sizeof finding->expected, "%s", op_status_names[op->expect]);
    snprintf(finding->actual, sizeof finding->actual, "%s", op_status_names[status]);
    return false;
}

/* The first count operations, and the end of the case if that is all of them. */
static bool run_operations(struct show *show, uint32_t count)
{
    const struct test_case *c = &show->c;

    for (uint32_t i = 0; i < count; i++) {
        show->at = i + 1;
        show->statuses[i] = NO_STATUS;
        bool good = rig_step(show->rig, &c->ops[i], &show->finding);
        if (ended(show) && rig_status(show->rig) < STATUSES)
            show->statuses[i] = (uint8_t)rig_status(show->rig);
        if (!good || !as_the_case_expects(show, &c->ops[i], show->statuses[i]))
            return false;
    }
    return count < c->count || rig_finish(show->rig, &show->finding);
}

/* ---- The head of the picture. ---- */

/* The model does not follow an answer that it thinks wrong. */
static bool model_followed(const struct show *show)
{
    enum oracle oracle = show->finding.oracle;
    bool judged = oracle == ORACLE_RESULT || oracle == ORACLE_ACCESS;
    const char *field = show->finding.field;
    return show->finding.op.code == OP_CODES ||
           (ended(show) &&
            (!judged || strcmp(field, "expectation") == 0 || strcmp(field, "CR3") == 0));
}

static void print_finding(const struct show *show)
{
    char title[64];

    printf("! %s\n", report_title(&show->finding, title));
    report_finding(stdout, "! ", &show->finding);
    if (!model_followed(show))
        printf("! What is expected below is the state before operation %u.\n", (unsigned)show->at);
    printf("\n");
}

static void print_case(const struct show *show)
{
    const struct case_head *head = &show->c.head;
    char design[DESIGN_TEXT_MAX], limit[16] = "none";
    unsigned shift = head->bits + 2u;

    if (head->limit)
        snprintf(limit, sizeof limit, "%u", (unsigned)head->limit);
    printf("%s: after operation %u of %u\n", show->path, (unsigned)show->at,
           (unsigned)show->c.count);
    printf("design %s\ntlb %s   ram %u   limit %s   slots %u   bits %u\n",
           design_text(&head->design, design), tlb_text(head->tlb), (unsigned)head->ram, limit,
           (unsigned)head->slots, (unsigned)head->bits);
    printf("page %#x, page table for %#x; ranges do not include their end\n", 1u << shift,
           1u << (shift + head->bits));
    printf("%s\n", RULER_LEGEND);
    if (rig_target(show->rig)->facts.deferred)
        printf("~ tables that may lag behind until the space is used: update=deferred\n");
    printf("\n");
}

static void print_operations(const struct show *show)
{
    enum { BEFORE = 8, AFTER = 3 };
    const struct test_case *c = &show->c;
    uint32_t first = show->at > BEFORE ? show->at - BEFORE : 0;
    uint32_t end = c->count - show->at > AFTER ? show->at + AFTER : c->count;
    char text[OP_TEXT_MAX];

    if (first)
        printf("       ... %u before\n", (unsigned)first);
    for (uint32_t i = first; i < end; i++) {
        struct op op = c->ops[i];
        op.expect = OP_EXPECT_NOTHING;
        case_write_op(&op, text);
        const char *status = "";
        if (i < show->at)
            status =
                show->statuses[i] == NO_STATUS ? "no status" : op_status_names[show->statuses[i]];
        printf("%s %5u  %-*s%s%s\n", i + 1 == show->at ? "=>" : "  ", (unsigned)i + 1,
               *status ? 40 : 0, text, *status ? " " : "", status);
    }
    if (end < c->count)
        printf("       ... %u after\n", (unsigned)(c->count - end));
}

/* A sanitizer ends the process: what is known by then. */
static const struct show *running;

static void last_words(void)
{
    printf("! SANITIZER: the process ended in operation %u\n\n", (unsigned)running->at);
    print_case(running);
    print_operations(running);
    fflush(stdout);
    _exit(EXIT_DIVERGED);
}

/* The walk of the address that the finding is about, or else the last operation. */
static void print_walk(const struct show *show, const struct picture *picture)
{
    const struct op *op = show->at ? &show->c.ops[show->at - 1] : NULL;
    unsigned s, va;

    if (show->diverged && sscanf(show->finding.where, "s%u %x", &s, &va) == 2 && s < OP_SLOTS)
        picture_walk(picture, s, va);
    else if (op && strpbrk(op_infos[op->code].args, "pw"))
        picture_walk(picture, op->s, op->va);
    else if (op && op->code == OP_MAP && !(op->flags & OP_ANY))
        picture_walk(picture, op->s, op->va);
}

/* What has been said is out before structures are walked that may be broken. */
static void print_show(const struct show *show)
{
    struct survey survey;

    if (show->diverged)
        print_finding(show);
    print_case(show);
    print_operations(show);
    fflush(stdout);

    survey_make(&survey, show->rig, ended(show));
    struct picture picture = {stdout, &survey, show->diverged ? &show->finding : NULL, ended(show)};
    print_walk(show, &picture);
    picture_spaces(&picture);
    picture_frames(&picture);
    picture_segments(&picture);
    picture_backing_store(&picture);
    survey_free(&survey);
}

/* ---- The command. ---- */

/* Runs count operations and draws. */
static int show_case(struct show *show, uint32_t count)
{
    struct rig_config config = {"sim", RIG_CHECK_EVERY, OP_SLOTS, OP_SLOTS, NULL};

    show->rig = rig_make(&config);
    show->statuses = calloc(show->c.count + 1, 1);
    if (!show->statuses) {
        fprintf(stderr, "pagerig: out of memory\n");
        exit(EXIT_CANNOT);
    }
    running = show;
    death_say(last_words);
    bool started = rig_reset(show->rig, &show->c.head, &show->finding);
    bool cannot = !started && show->finding.oracle == ORACLE_RIG;
    show->diverged = !started || !run_operations(show, count);
    if (cannot)
        fprintf(stderr, "%s: %s\n", show->path, show->finding.actual);
    else
        print_show(show);
    rig_free(show->rig);
    free(show->statuses);
    return cannot ? EXIT_CANNOT : show->diverged ? EXIT_DIVERGED : EXIT_CLEAN;
}

/* The head that the options make of the case's.  False, and said on stderr: more than one. */
static bool choose_head(const struct show_options *options, struct case_head *head)
{
    bool any = options->tlb_given && options->tlb == CHOICE_ANY;

    design_option_apply(&options->design, &head->design);
    if (options->tlb_given)
        head->tlb = options->tlb;
    for (unsigned axis = 0; axis < AXES; axis++)
        any = any || head->design.choice[axis] == CHOICE_ANY;
    if (any)
        options_refuse("show", "a picture is of one design and one TLB, not of any");
    return !any;
}

int cmd_show(int argc, char **argv)
{
    struct show_options options = {.at = AT_END};
    struct show show = {0};

    int arguments = options_read(argc, argv, show_options, &options);
    if (arguments == OPTIONS_FAILED)
        return EXIT_USAGE;
    if (arguments != 1)
        return options_refuse(argv[0],
                              arguments ? "more than one case is named" : "no case is named");
    show.path = argv[1];
    case_init(&show.c);
    int status = EXIT_USAGE;
    if (!case_read_file(&show.c, show.path) || !choose_head(&options, &show.c.head))
        status = EXIT_USAGE;
    else if (options.at != AT_END && options.at > show.c.count)
        options_refuse(argv[0], "--at %u: the case has %u operations", (unsigned)options.at,
                       (unsigned)show.c.count);
    else
        status = show_case(&show, options.at == AT_END ? show.c.count : (uint32_t)options.at);
    case_free(&show.c);
    return status;
}
