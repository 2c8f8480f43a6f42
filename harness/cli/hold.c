/* hold.c: `pagerig hold`: runs a case in QEMU up to an operation and holds there, for a debugger.
 *
 *     out  ready N of M: OPERATION  the guest waits; gdb can attach to the socket
 *     in   (a line)                 the debugger is there: the operation is sent, then the others
 *     out  (the verdict)            when the guest has done them, or one diverged
 *     in   (its end)                the debugger has left: the guest is ended
 *
 * With --record the operation is done when it says `ready`, and gdb finds a recording of it that
 * has not begun; rewind.h.  scripts/debug holds the other ends. */
#include "head_option.h"
#include "report.h"
#include "rewind.h"
#include "scene.h"
#include "target_option.h"
#include <stdlib.h>
#include <string.h>

struct hold_options {
    struct target_option target;
    struct head_option head;
    const char *gdb, *record;
    uint64_t at; /* 0: not given */
};

#define AT(field) offsetof(struct hold_options, field)

const struct option_row hold_options[] = {
    {"gdb", "SOCKET", "where QEMU serves gdb: the path of a unix socket", option_text, AT(gdb), 0,
     0},
    {"record", "DIRECTORY",
     "do operation N, too, and let gdb go backwards; the directory has an empty disk.qcow2",
     option_text, AT(record), 0, 0},
    {"at", "N", "hold before operation N (the first that diverges)", option_number, AT(at), 1,
     UINT32_MAX},
    TARGET_OPTION_ROWS(AT(target), "qemu"),
    HEAD_OPTION_ROWS(AT(head), ""),
    {0},
};

/* No hang is one while somebody looks. */
enum { PATIENCE_SECONDS = 1000000 };

/* The number of the operation to hold before, from 1; 0: said why not on stderr. */
static uint32_t find_operation(const struct hold_options *options, const struct test_case *c,
                               const char *path)
{
    struct finding finding;

    if (options->at > c->count) {
        fprintf(stderr, "%s: it has %u operations\n", path, (unsigned)c->count);
        return 0;
    }
    if (options->at)
        return (uint32_t)options->at;
    struct rig *rig = target_option_rig(&options->target, RIG_CHECK_EVERY);
    bool clean = rig_run(rig, c, &finding);
    rig_free(rig);
    if (clean) {
        fprintf(stderr, "%s: it does not diverge here: say --at N\n", path);
        return 0;
    }
    if (finding.oracle == ORACLE_RIG) {
        fprintf(stderr, "%s: %s\n", path, finding.actual);
        return 0;
    }
    if (finding.op.code < OP_CODES)
        return finding.at + 1;
    return c->count;
}

static bool read_line(void)
{
    int c;
    while ((c = getchar()) != EOF && c != '\n')
        continue;
    return c == '\n';
}

static int hold_at(struct scene *scene, uint32_t number)
{
    char text[OP_TEXT_MAX];

    if (!scene_start(scene)) {
        scene_print_finding(scene, stderr);
        return EXIT_CANNOT;
    }
    while (scene->at < number - 1 && scene_step(scene))
        continue;
    if (scene->diverged) {
        scene_print_finding(scene, stderr);
        return EXIT_DIVERGED;
    }
    case_write_op(&scene->c->ops[number - 1], text);
    printf("ready %u of %u: %s\n", (unsigned)number, (unsigned)scene->c->count, text);
    fflush(stdout);
    if (!read_line())
        return EXIT_CLEAN;
    while (scene->at < scene->c->count && scene_step(scene))
        continue;
    if (!scene->diverged)
        scene_finish(scene);
    if (!scene->diverged)
        printf("the case does not diverge\n");
    else if (scene->finding.oracle == ORACLE_RIG)
        printf("the guest ended before the rig could judge operation %u\n", (unsigned)scene->at);
    else
        scene_print_finding(scene, stdout);
    fflush(stdout);
    while (read_line())
        continue;
    return scene->diverged ? EXIT_DIVERGED : EXIT_CLEAN;
}

static int hold(struct scene *scene, uint32_t number, struct hold_options *options)
{
    options->target.options.gdb = options->gdb;
    options->target.options.hang_seconds = PATIENCE_SECONDS;
    scene->rig = target_option_rig(&options->target, RIG_CHECK_EVERY);
    int status = hold_at(scene, number);
    rig_free(scene->rig);
    return status;
}

int cmd_hold(int argc, char **argv)
{
    struct hold_options options = {.target = target_option_default("qemu")};
    struct test_case c;

    if (!options_read_one(argc, argv, hold_options, &options))
        return EXIT_USAGE;
    if (!options.gdb)
        return options_refuse(argv[0], "--gdb SOCKET is missing");
    if (strcmp(options.target.name, "qemu") != 0)
        return options_refuse(argv[0], "a debugger attaches to qemu only");
    if (!head_option_read(&options.head, argv[0], argv[1], &c))
        return EXIT_USAGE;
    uint32_t number = find_operation(&options, &c, argv[1]);
    struct scene scene = {.name = argv[1], .c = &c};
    int status = EXIT_USAGE;
    if (number && options.record)
        status = rewind_case(&scene, number, &options.target, options.gdb, options.record);
    else if (number)
        status = hold(&scene, number, &options);
    scene_free(&scene);
    case_free(&c);
    return status;
}
