/* main.c: `pagerig COMMAND ...`: the table of commands, the help that comes from it, and the last
 * look at standard output.  What a command does is in a file of its own. */
#include "options.h"
#include <string.h>

#define VERSION "pagerig 0.1"

/* COMMAND(name, "one line", "usage: what stands after the name"); the command is the
 * function cmd_NAME, its options the table NAME_options. */
#define COMMANDS(COMMAND)                                                                          \
    COMMAND(run, "generated cases against the model", "[OPTION ...]")                              \
    COMMAND(explore, "every sequence of operations in a small world", "[OPTION ...]")              \
    COMMAND(replay, "cases from files, as TAP", "[OPTION ...] FILE|DIR ...")                       \
    COMMAND(show, "the state after some operations of a case, as text or SVG",                     \
            "[OPTION ...] FILE")                                                                   \
    COMMAND(minimize, "a case that diverges, made short and plain", "[OPTION ...] FILE")           \
    COMMAND(report, "all that is known of a case that diverges, as Markdown and HTML",             \
            "[OPTION ...] FILE")                                                                   \
    COMMAND(hold, "a case in QEMU up to an operation, for a debugger (scripts/debug)",             \
            "--gdb SOCKET [OPTION ...] FILE")                                                      \
    COMMAND(convert, "inputs of fuzzing engines to text, and cases to bytes",                      \
            "[OPTION ...] FILE|DIR ...")                                                           \
    COMMAND(compare, "cases on two targets, which must not differ, as TAP",                        \
            "[OPTION ...] FILE|DIR ...")                                                           \
    COMMAND(conform, "does a kernel's agent do what kernel/agent/README.md says? as TAP",          \
            "[OPTION ...]")                                                                        \
    COMMAND(shell, "operations from the keyboard, each judged as it is done", "[OPTION ...]")      \
    COMMAND(designs, "the designs that have a name, and what each is", "")                         \
    COMMAND(yardstick, "random allocations without a model, to compare with", "[OPTION ...]")      \
    COMMAND(bench, "how fast the rig is here and now", "[OPTION ...]")                             \
    COMMAND(workload, "the workloads, or one of them as a case", "[OPTION ...] [NAME]")            \
    COMMAND(measure, "what cases cost under each design, as a table", "[OPTION ...] FILE|DIR ...")

#define COMMAND(name, text, usage)                                                                 \
    int cmd_##name(int argc, char **argv);                                                         \
    extern const struct option_row name##_options[];
COMMANDS(COMMAND)
#undef COMMAND

static const struct command {
    const char *name;
    int (*function)(int argc, char **argv);
    const struct option_row *options;
    const char *text, *usage;
} commands[] = {
#define COMMAND(name, text, usage) {#name, cmd_##name, name##_options, text, usage},
    COMMANDS(COMMAND)
#undef COMMAND
};
enum { COMMAND_COUNT = sizeof commands / sizeof commands[0] };

static const struct command *find_command(const char *name)
{
    for (unsigned i = 0; i < COMMAND_COUNT; i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    fprintf(stderr, "pagerig: unknown command '%s'\nTry 'pagerig --help'.\n", name);
    return NULL;
}

static void print_help(FILE *file)
{
    fprintf(file, "usage: pagerig COMMAND ...\n\nA randomized differential test rig for virtual "
                  "memory managers.\n\n");
    for (unsigned i = 0; i < COMMAND_COUNT; i++)
        fprintf(file, "  %-14s %s\n", commands[i].name, commands[i].text);
    fprintf(file, "  %-14s %s\n  %-14s %s\n  %-14s %s\n", "help COMMAND", "its options", "--help",
            "this", "--version", "the version");
    fprintf(file, "\nExit status:\n");
#define EXIT_STATUS(NAME, number, when) fprintf(file, "  %-14d %s\n", number, when);
    EXIT_STATUSES(EXIT_STATUS)
#undef EXIT_STATUS
}

static void print_command(const struct command *command)
{
    printf("usage: pagerig %s%s%s\n\n%s\n", command->name, *command->usage ? " " : "",
           command->usage, command->text);
    if (command->options->name) {
        printf("\n");
        options_print(command->options, stdout);
    }
}

static int help(int argc, char **argv)
{
    if (argc < 2) {
        print_help(stdout);
        return EXIT_CLEAN;
    }
    const struct command *command = find_command(argv[1]);
    if (!command)
        return EXIT_USAGE;
    print_command(command);
    return EXIT_CLEAN;
}

static int run_command(int argc, char **argv)
{
    if (argc < 2) {
        print_help(stderr);
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0)
        return help(argc - 1, argv + 1);
    if (strcmp(argv[1], "--version") == 0) {
        printf("%s\n", VERSION);
        return EXIT_CLEAN;
    }
    const struct command *command = find_command(argv[1]);
    if (!command)
        return EXIT_USAGE;
    if (argc > 2 && strcmp(argv[2], "--help") == 0) {
        print_command(command);
        return EXIT_CLEAN;
    }
    return command->function(argc - 1, argv + 1);
}

/* A result that nobody can read is no success: the disk may be full. */
static int finish(int status)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    fprintf(stderr, "pagerig: standard output could not be written\n");
    return status == EXIT_CLEAN ? EXIT_CANNOT : status;
}

int main(int argc, char **argv)
{
    return finish(run_command(argc, argv));
}
