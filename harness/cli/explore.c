/* explore.c: `pagerig explore`: every sequence of operations in a small universe, shortest
 * first. */
#include "../explore/search.h"
#include "death.h"
#include "interrupt.h"
#include "options.h"
#include "progress.h"
#include "report.h"
#include <string.h>
#include <unistd.h>

struct explore_options {
    const char *out;
    struct design_option design;
    uint64_t spaces, pages, frames, segments, slots;
    uint64_t depth; /* this, pages and segments: NOT_GIVEN at first */
    bool fixpoint;
};

#define NOT_GIVEN UINT64_MAX

enum { DEPTH_DEFAULT = 6, PAGES_FIXPOINT = 2, SEGMENTS_FIXPOINT = 0 };

#define AT(field) offsetof(struct explore_options, field)

const struct option_row explore_options[] = {
    {"preset", "NAME", "one of the known designs", option_preset, AT(design), 0, 0},
    {"design", "AXIS=CHOICE,...", "a design", option_design, AT(design), 0, 0},
    {"depth", "N", "sequences of up to N operations (6)", option_number, AT(depth), 0,
     SEARCH_DEPTH_MAX},
    {"fixpoint", NULL, "until there are no new states; by default in a smaller world", option_flag,
     AT(fixpoint), 0, 0},
    {"spaces", "N", "address spaces (2)", option_number, AT(spaces), 1, UNIVERSE_SPACES_MAX},
    {"pages", "N", "pages of each, across the edge of two tables (4, or 2)", option_number,
     AT(pages), 1, UNIVERSE_PAGES_MAX},
    {"frames", "N", "page frames (8)", option_number, AT(frames), 1, UNIVERSE_FRAMES_MAX},
    {"segments", "N", "segments of 2 pages (1, or 0)", option_number, AT(segments), 0,
     UNIVERSE_SEGMENTS_MAX},
    {"slots", "N", "pages of the backing store (2)", option_number, AT(slots), 0,
     UNIVERSE_SLOTS_MAX},
    {"out", "DIR", "where a divergence is written (reports)", option_text, AT(out), 0, 0},
    {0},
};

static const char *report_directory; /* for last_words */

static int read_options(int argc, char **argv, struct explore_options *options)
{
    const struct universe_size *size = &universe_size_default;
    *options = (struct explore_options){
        .out = "reports",
        .spaces = size->spaces,
        .pages = NOT_GIVEN,
        .frames = size->frames,
        .segments = NOT_GIVEN,
        .slots = size->slots,
        .depth = NOT_GIVEN,
    };
    int arguments = options_read(argc, argv, explore_options, options);
    if (arguments == OPTIONS_FAILED)
        return EXIT_USAGE;
    if (arguments > 0)
        return options_refuse(argv[0], "unexpected argument '%s'", argv[1]);
    if (options->fixpoint && options->depth != NOT_GIVEN)
        return options_refuse(argv[0], "--fixpoint excludes --depth");
    if (options->pages == NOT_GIVEN)
        options->pages = options->fixpoint ? PAGES_FIXPOINT : size->pages;
    if (options->segments == NOT_GIVEN)
        options->segments = options->fixpoint ? SEGMENTS_FIXPOINT : size->segments;
    if (options->depth == NOT_GIVEN)
        options->depth = options->fixpoint ? SEARCH_DEPTH_MAX : DEPTH_DEFAULT;
    return EXIT_CLEAN;
}

static bool one_design(const struct design *design)
{
    for (unsigned axis = 0; axis < AXES; axis++)
        if (design->choice[axis] == CHOICE_ANY)
            return false;
    return true;
}

/* ---- Progress: on a terminal a line that is written over, elsewhere a line a depth. ---- */

static bool terminal;

static void show_progress(const struct search_progress *now)
{
    static double next;
    if (!now->level_done && (!terminal || now->seconds < next))
        return;
    next = now->seconds + 0.25;
    unsigned percent =
        now->level_states ? (unsigned)(100.0 * now->expanded / now->level_states) : 0;
    fprintf(stderr, "%sdepth %u %u%%  %llu states  %llu transitions  %.2f million/s%s",
            terminal ? "\r" : "", (unsigned)now->depth, percent, (unsigned long long)now->states,
            (unsigned long long)now->transitions,
            now->seconds > 0 ? (double)now->transitions / now->seconds / 1e6 : 0,
            terminal ? "\033[K" : "\n");
}

static void clear_progress(void)
{
    if (terminal)
        fprintf(stderr, "\r\033[K");
}

/* ---- What was found. ---- */

static void print_summary(const struct search_result *result, const struct design *design)
{
    char text[DESIGN_TEXT_MAX];
    printf("depth=%u states=%llu transitions=%llu seconds=%.3f fixpoint=%s divergences=%d "
           "design=%s%s\n",
           (unsigned)result->end.depth, (unsigned long long)result->end.states,
           (unsigned long long)result->end.transitions, result->end.seconds,
           result->fixpoint ? "yes" : "no", result->diverged, design_text(design, text),
           result->interrupted ? " interrupted=1" : "");
    fflush(stdout);
}

/* Prints the shortest case and writes it; one that cannot be written has still been found. */
static void print_divergence(const struct search_result *result, const char *out)
{
    char title[64], path[PATH_MAX];
    struct report report = {&result->shortest,
                            &result->finding,
                            report_title(&result->finding, title),
                            result->end.depth,
                            "pagerig explore; no shorter one of its kind",
                            true,
                            NULL};

    printf("%s\n", title);
    report_finding(stdout, "  ", &result->finding);
    printf("\n");
    case_write_text(&result->shortest, stdout);
    printf("\n");
    if (report_write(out, &report, path))
        printf("%s\n", path);
}

/* A sanitizer has reported something in the sequence that is being tried, and the process is about
 * to end. */
static void last_words(void)
{
    struct search_result result = {.diverged = true};
    search_case(&result.shortest);
    if (!result.shortest.count)
        return;
    result.finding = death_finding(&result.shortest);
    clear_progress();
    print_divergence(&result, report_directory);
    fflush(stdout);
    _exit(EXIT_DIVERGED);
}

static int explore(struct rig *rig, const struct universe *universe,
                   const struct explore_options *options)
{
    struct search_result result;
    struct search_options how = {(uint32_t)options->depth, &interrupted, show_progress};

    if (!rig_reset(rig, &universe->head, &result.finding)) {
        fprintf(stderr, "pagerig explore: this universe is not possible:\n");
        report_finding(stderr, "  ", &result.finding);
        return EXIT_CANNOT;
    }
    terminal = isatty(STDERR_FILENO);
    report_directory = options->out;
    death_say(last_words);
    search_run(rig, universe, &how, &result);
    death_say(NULL);
    clear_progress();
    if (result.diverged) {
        print_divergence(&result, options->out);
        case_free(&result.shortest);
    }
    print_summary(&result, &universe->head.design);
    return result.diverged ? EXIT_DIVERGED : EXIT_CLEAN;
}

int cmd_explore(int argc, char **argv)
{
    struct explore_options options;
    struct design design = case_head_default.design;
    static struct universe universe; /* large for a stack */

    int status = read_options(argc, argv, &options);
    if (status != EXIT_CLEAN)
        return status;
    design_option_apply(&options.design, &design);
    if (!one_design(&design))
        return options_refuse(argv[0], "--design: one design at a time, not any");
    if (!report_prepare(options.out))
        return options_refuse(argv[0], "--out: no files can be written there");

    struct universe_size size = {(uint32_t)options.spaces, (uint32_t)options.pages,
                                 (uint32_t)options.frames, (uint32_t)options.segments,
                                 (uint32_t)options.slots};
    universe_make(&universe, &size, &design, options.fixpoint);
    struct rig_config config = {"sim", RIG_CHECK_EVERY, size.spaces,
                                size.segments ? size.segments : 1, NULL};
    struct rig *rig = rig_make(&config);
    interrupt_catch();
    status = explore(rig, &universe, &options);
    rig_free(rig);
    return status;
}
