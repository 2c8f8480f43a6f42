/* show.c: `pagerig show`: runs the first operations of a case and draws the state that they lead
 * to, with what differs if they diverge. */
#include "death.h"
#include "head_option.h"
#include "options.h"
#include "scene.h"
#include "target_option.h"
#include <stdlib.h>
#include <unistd.h>

struct show_options {
    struct target_option target;
    struct head_option head;
    uint64_t at; /* AT_END: not given */
};

#define AT_END UINT64_MAX

#define AT(field) offsetof(struct show_options, field)

const struct option_row show_options[] = {
    {"at", "N", "after N operations (all, or to the one that diverges)", option_number, AT(at), 0,
     UINT32_MAX},
    TARGET_OPTION_ROWS(AT(target), "sim"),
    HEAD_OPTION_ROWS(AT(head), ""),
    {0},
};

static const struct scene *running; /* for last_words */

static void last_words(void)
{
    scene_print_death(running);
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
    scene_print(scene);
    if (!scene->diverged)
        return EXIT_CLEAN;
    return scene->finding.oracle == ORACLE_RIG ? EXIT_CANNOT : EXIT_DIVERGED;
}

int cmd_show(int argc, char **argv)
{
    struct show_options options = {.target = target_option_default("sim"), .at = AT_END};
    struct test_case c;

    int arguments = options_read(argc, argv, show_options, &options);
    if (arguments == OPTIONS_FAILED)
        return EXIT_USAGE;
    if (arguments != 1)
        return options_refuse(argv[0],
                              arguments ? "more than one case is named" : "no case is named");
    if (!target_shows_tables(options.target.name))
        return options_refuse(argv[0], "the %s target shows no page tables", options.target.name);
    case_init(&c);
    if (!case_read_file(&c, argv[1]))
        return EXIT_USAGE;
    int status = EXIT_USAGE;
    c.head = head_option_apply(&options.head, &c);
    if (head_is_several(&c.head)) {
        options_refuse(argv[0], "a picture is of one design and one TLB, not of any");
    } else if (options.at != AT_END && options.at > c.count) {
        options_refuse(argv[0], "--at %u: the case has %u operations", (unsigned)options.at,
                       (unsigned)c.count);
    } else {
        struct scene scene = {.name = argv[1], .c = &c};
        scene.rig = target_option_rig(&options.target, RIG_CHECK_EVERY);
        status = show_case(&scene, options.at == AT_END ? c.count : (uint32_t)options.at);
        death_say(NULL);
        rig_free(scene.rig);
        scene_free(&scene);
    }
    case_free(&c);
    return status;
}
