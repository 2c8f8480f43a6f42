/* shell.c: `pagerig shell`: operations typed one a line, in the syntax of a case; each runs on the
 * target, with the model and the checker looking on.
 *
 * What is typed is a case that grows: pasting a case's file into the shell runs it. */
#include "death.h"
#include "head_option.h"
#include "options.h"
#include "scene.h"
#include "target_option.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct shell {
    struct target_option target;
    struct head_option head;
    bool leaving, terminal;
    uint32_t line;      /* number of the line that was read last */
    struct test_case c; /* what was typed since the reset */
    struct scene scene;
    int status; /* EXIT_*: the worst so far */
};

#define AT(field) offsetof(struct shell, field)

const struct option_row shell_options[] = {
    TARGET_OPTION_ROWS(AT(target), "sim"),
    HEAD_OPTION_ROWS(AT(head), ""),
    {0},
};

/* ---- A world. ---- */

static void print_divergence(struct shell *shell)
{
    bool rig = shell->scene.finding.oracle == ORACLE_RIG;
    scene_print_finding(&shell->scene, stdout);
    printf("! `show` draws the state; `reset` goes on with a new one\n");
    shell->status = status_worse(shell->status, rig ? EXIT_CANNOT : EXIT_DIVERGED);
}

/* Forgets what was typed and starts with its head. */
static void restart(struct shell *shell)
{
    struct scene *scene = &shell->scene;
    shell->c.count = 0;
    if (scene_start(scene))
        return;
    if (scene->finding.oracle != ORACLE_RIG) {
        print_divergence(shell);
        return;
    }
    fflush(stdout);
    fprintf(stderr, "pagerig shell: the %s target cannot start: %s\n", shell->target.name,
            scene->finding.actual);
    shell->status = status_worse(shell->status, EXIT_CANNOT);
}

/* A world that is left is compared first. */
static void leave_world(struct shell *shell)
{
    struct scene *scene = &shell->scene;
    if (scene->started && !scene->diverged && !scene_finish(scene))
        print_divergence(shell);
}

/* ---- What an operation did. ---- */

/* Intel SDM vol. 3A, 4.7. */
static void print_fault(const struct outcome *outcome)
{
    static const struct {
        uint32_t bit;
        const char *set, *clear;
    } bits[] = {
        {1 << 0, "present", "not present"}, {1 << 1, "write", "read"}, {1 << 2, "user", "kernel"},
        {1 << 3, "reserved bit", NULL},     {1 << 4, "fetch", NULL},
    };
    const char *before = ": ";
    printf(" at 0x%x, error code 0x%x", (unsigned)outcome->cr2, (unsigned)outcome->error);
    for (unsigned i = 0; i < sizeof bits / sizeof *bits; i++) {
        const char *name = outcome->error & bits[i].bit ? bits[i].set : bits[i].clear;
        if (name) {
            printf("%s%s", before, name);
            before = ", ";
        }
    }
}

static void print_outcome(const struct op *op, const struct outcome *outcome)
{
    bool access = op->code == OP_READ || op->code == OP_WRITE;
    bool reads = op->code == OP_READ || op->code == OP_COPY_IN;
    bool maps = op->code == OP_MAP || op->code == OP_MAP_DEVICE;

    printf("%s", op_status_names[outcome->status]);
    if (outcome->status == STATUS_OK && reads)
        printf(" 0x%x", (unsigned)outcome->word);
    if (outcome->status == STATUS_OK && maps)
        printf(" at 0x%x", (unsigned)outcome->va);
    if (outcome->status == STATUS_FAULT && access)
        print_fault(outcome);
    if (outcome->status == STATUS_OK && outcome->faults)
        printf("  after %u page fault%s", (unsigned)outcome->faults,
               outcome->faults > 1 ? "s" : "");
    printf("\n");
}

static void run_operation(struct shell *shell, const struct op *op)
{
    struct scene *scene = &shell->scene;
    if (!scene->started || scene->diverged) {
        printf("nothing was done: `reset` first\n");
        return;
    }
    case_append(&shell->c, op);
    bool good = scene_step(scene);
    if (scene_ended(scene) && rig_status(scene->rig) < STATUSES)
        print_outcome(op, rig_outcome(scene->rig));
    if (!good)
        print_divergence(shell);
}

/* ---- Commands. ---- */

static void command_help(struct shell *shell);

static void command_show(struct shell *shell)
{
    const struct scene *scene = &shell->scene;
    if (scene->started || (scene->diverged && scene->finding.oracle != ORACLE_RIG))
        scene_print(scene, stdout);
    else
        printf("there is nothing to show\n");
}

static void command_reset(struct shell *shell)
{
    leave_world(shell);
    restart(shell);
}

static void command_quit(struct shell *shell)
{
    shell->leaving = true;
}

static const struct command {
    const char *name;
    void (*run)(struct shell *shell);
    const char *syntax, *text;
} commands[] = {
    {"case", NULL, "case key=value ...", "starts anew with this head: limit=8 tables=window ..."},
    {"show", command_show, "show", "draws the state, as `pagerig show` does"},
    {"reset", command_reset, "reset", "compares everything and starts anew"},
    {"help", command_help, "help", "this"},
    {"quit", command_quit, "quit", "compares everything and leaves; so does the end of the input"},
};
enum { COMMAND_COUNT = sizeof commands / sizeof commands[0] };

static void command_help(struct shell *shell)
{
    (void)shell;
    for (unsigned i = 0; i < OP_CODES; i++)
        printf("  %-44s %s\n", op_infos[i].syntax, op_infos[i].meaning);
    printf("  ... -> STATUS                                "
           "after an operation: what is expected of it\n");
    for (unsigned i = 0; i < COMMAND_COUNT; i++)
        printf("  %-44s %s\n", commands[i].syntax, commands[i].text);
}

/* ---- Lines. ---- */

/* The command that a line begins with, or NULL. */
static const struct command *find_command(const char *line)
{
    line += strspn(line, " \t");
    size_t length = strcspn(line, " \t\r\n#");
    for (unsigned i = 0; i < COMMAND_COUNT; i++)
        if (strlen(commands[i].name) == length && strncmp(line, commands[i].name, length) == 0)
            return &commands[i];
    return NULL;
}

static void refuse_line(struct shell *shell, const struct case_error *error)
{
    fflush(stdout);
    if (shell->terminal)
        fprintf(stderr, "column %u: %s\n", error->column, error->message);
    else
        fprintf(stderr, "line %u, column %u: %s\n", shell->line, error->column, error->message);
    if (!shell->terminal)
        shell->status = status_worse(shell->status, EXIT_USAGE);
}

/* A line of a case: its head, an operation, or nothing. */
static void obey_case_line(struct shell *shell, const char *text, size_t length, bool head)
{
    struct test_case typed;
    struct case_error error;

    case_init(&typed);
    if (!case_read_text(&typed, text, length, &error)) {
        refuse_line(shell, &error);
        return;
    }
    if (head) {
        leave_world(shell);
        shell->c.head = head_option_apply(&shell->head, &typed);
        restart(shell);
    }
    for (uint32_t i = 0; i < typed.count; i++)
        run_operation(shell, &typed.ops[i]);
    case_free(&typed);
}

static void obey(struct shell *shell, const char *text, size_t length)
{
    const struct command *command = find_command(text);
    size_t blank = strspn(text, " \t"), name = command ? strlen(command->name) : 0;
    const char *rest = text + blank + name;

    if (!command || !command->run) {
        obey_case_line(shell, text, length, command);
        return;
    }
    rest += strspn(rest, " \t\r\n");
    if (*rest && *rest != '#') {
        struct case_error error = {.column = (uint32_t)(rest - text) + 1};
        snprintf(error.message, sizeof error.message, "`%s` takes nothing", command->name);
        refuse_line(shell, &error);
        return;
    }
    command->run(shell);
}

static void read_lines(struct shell *shell)
{
    char *text = NULL;
    size_t capacity = 0;

    while (!shell->leaving) {
        if (shell->terminal)
            printf("pagerig> ");
        fflush(stdout);
        ssize_t length = getline(&text, &capacity, stdin);
        if (length < 0)
            break;
        shell->line++;
        obey(shell, text, (size_t)length);
    }
    if (shell->terminal && !shell->leaving)
        printf("\n");
    free(text);
}

/* ---- The command. ---- */

static const struct scene *running; /* for last_words */

static void last_words(void)
{
    scene_print_death(running, stdout);
    _exit(EXIT_DIVERGED);
}

static int run_shell(struct shell *shell)
{
    struct scene *scene = &shell->scene;

    *scene = (struct scene){.name = "shell", .c = &shell->c};
    scene->rig = target_option_rig(&shell->target, RIG_CHECK_EVERY);
    running = scene;
    death_say(last_words);
    restart(shell);
    if (shell->status != EXIT_CANNOT) {
        if (shell->terminal)
            printf("`help` lists the operations; Ctrl-D leaves\n");
        read_lines(shell);
        leave_world(shell);
    }
    death_say(NULL);
    rig_free(scene->rig);
    scene_free(scene);
    return shell->status;
}

int cmd_shell(int argc, char **argv)
{
    struct shell shell = {.target = target_option_default("sim"), .status = EXIT_CLEAN};

    int arguments = options_read(argc, argv, shell_options, &shell);
    if (arguments == OPTIONS_FAILED)
        return EXIT_USAGE;
    if (arguments > 0)
        return options_refuse(argv[0], "unexpected argument '%s'", argv[1]);
    if (!target_option_shows_tables(&shell.target, argv[0]))
        return EXIT_USAGE;
    case_init(&shell.c);
    shell.c.head = head_option_apply(&shell.head, &shell.c);
    if (head_is_several(&shell.c.head))
        return options_refuse(argv[0], "a world has one design and one TLB, not any");
    shell.terminal = isatty(STDIN_FILENO);
    shell.target.options.console = stdout;
    int status = run_shell(&shell);
    case_free(&shell.c);
    return status;
}
