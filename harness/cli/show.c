/* show.c: `pagerig show`: runs the first operations of a case and draws the state that they lead
 * to, with what differs if they diverge; as text or as SVG. */
#include "death.h"
#include "head_option.h"
#include "options.h"
#include "scene.h"
#include "story.h"
#include "svg.h"
#include "target_option.h"
#include <stdlib.h>
#include <unistd.h>

struct show_options {
    struct target_option target;
    struct head_option head;
    uint64_t at;    /* AT_END: not given */
    uint64_t frame; /* NOWHERE: not given */
    bool life, svg;
};

#define AT_END UINT64_MAX

#define AT(field) offsetof(struct show_options, field)

const struct option_row show_options[] = {
    {"at", "N", "after N operations (all, or to the one that diverges)", option_number, AT(at), 0,
     UINT32_MAX},
    {"life", NULL, "with the life of the frame concerned: owned, mapped, copied, freed",
     option_flag, AT(life), 0, 0},
    {"frame", "N", "the life of this one", option_number, AT(frame), 0, UINT32_MAX - 1},
    {"svg", NULL, "as SVG, before and after the last operation, with the life of the frame",
     option_flag, AT(svg), 0, 0},
    TARGET_OPTION_ROWS(AT(target), "sim"),
    HEAD_OPTION_ROWS(AT(head), ""),
    {0},
};

static const struct scene *running; /* for last_words */
static const struct story *told;    /* likewise; NULL: no lives are to be shown */

static void print_lives(void)
{
    for (unsigned i = 0; told && i < told->life_count; i++)
        life_print(stdout, &told->lives[i], told->scene.c);
    if (told && !told->life_count)
        printf("\nno frame is concerned\n");
}

static void last_words(void)
{
    scene_print_death(running, stdout);
    print_lives();
    fflush(stdout);
    _exit(EXIT_DIVERGED);
}

/* The first count operations, and the end of the case if that is all of them. */
static void run_operations(struct scene *scene, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (!scene_step(scene))
            return;
    if (count == scene->c->count)
        scene_finish(scene);
}

static int status_of(bool diverged, const struct finding *finding)
{
    if (!diverged)
        return EXIT_CLEAN;
    return finding->oracle == ORACLE_RIG ? EXIT_CANNOT : EXIT_DIVERGED;
}

/* Runs count operations and draws. */
static int show_case(struct scene *scene, uint32_t count)
{
    running = scene;
    death_say(last_words);
    if (!scene_start(scene) && scene->finding.oracle == ORACLE_RIG) {
        fprintf(stderr, "%s: %s\n", scene->name, scene->finding.actual);
        return EXIT_CANNOT;
    }
    if (scene->started)
        run_operations(scene, count);
    scene_print(scene, stdout);
    print_lives();
    return status_of(scene->diverged, &scene->finding);
}

/* With replays before, so that what is concerned is known. */
static int show_story(const struct show_options *options, struct scene *scene, uint32_t count)
{
    struct trial trial = trial_make(scene->rig, options->target.name);
    struct story story;
    bool able = story_begin(&story, &trial, scene->name, scene->c, count);
    int status = status_of(story.diverged, &story.finding);

    if (!able) {
        fprintf(stderr, "%s: %s\n", scene->name, story.finding.actual);
        status = EXIT_CANNOT;
    } else {
        story_follow(&story, (uint32_t)options->frame);
        told = &story;
        if (options->svg)
            svg_print(stdout, &story, true);
        else
            status = show_case(scene, count);
        told = NULL;
    }
    story_free(&story);
    trial_free(&trial);
    return status;
}

int cmd_show(int argc, char **argv)
{
    struct show_options options = {
        .target = target_option_default("sim"), .at = AT_END, .frame = NOWHERE};
    struct test_case c;

    if (!options_read_one(argc, argv, show_options, &options) ||
        !target_option_shows_tables(&options.target, argv[0]) ||
        !head_option_read(&options.head, argv[0], argv[1], &c))
        return EXIT_USAGE;
    int status = EXIT_USAGE;
    if (options.at != AT_END && options.at > c.count) {
        options_refuse(argv[0], "--at %u: the case has %u operations", (unsigned)options.at,
                       (unsigned)c.count);
    } else {
        struct scene scene = {.name = argv[1], .c = &c};
        scene.rig = target_option_rig(&options.target, RIG_CHECK_EVERY);
        uint32_t count = options.at == AT_END ? c.count : (uint32_t)options.at;
        bool replays = options.svg || options.life || options.frame != NOWHERE;
        status = replays ? show_story(&options, &scene, count) : show_case(&scene, count);
        death_say(NULL);
        rig_free(scene.rig);
        scene_free(&scene);
    }
    case_free(&c);
    return status;
}
