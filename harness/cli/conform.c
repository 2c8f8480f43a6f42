/* conform.c: `pagerig conform`: does a kernel's agent do what kernel/agent/README.md says?  As TAP.
 */
#include "../conform/conform.h"
#include "../target/remote.h"
#include "../target/remote_line.h"
#include "target_option.h"

struct conform_options {
    struct target_option target;
    struct design_option design;
};

#define AT(field) offsetof(struct conform_options, field)

const struct option_row conform_options[] = {
    TARGET_OPTION_ROWS(AT(target), "qemu"),
    OPTION_ROW("design", "AXIS=CHOICE,...", "a design that the VMM has, if not the default",
               option_design, AT(design)),
    {0},
};

static int conform_to(const struct target_option *option, const struct design *design)
{
    char why[160];
    struct remote_host *host = target_host(option->name, &option->options, RAM_DEFAULT);
    struct channel *channel = host->start(host, why, sizeof why);
    if (!channel) {
        fprintf(stderr, "pagerig conform: the %s target cannot start: %s\n", option->name, why);
        host->free(host);
        return EXIT_CANNOT;
    }
    struct line *line = host->line(host);
    unsigned failed = conform(line, channel, design, option->options.hang_seconds, NULL, stdout);
    line_drain(line);
    if (failed && remote_line_panic(line, why, sizeof why))
        printf("# the console says: Kernel panic - not syncing: %s\n", why);
    host->free(host);
    return failed ? EXIT_DIVERGED : EXIT_CLEAN;
}

int cmd_conform(int argc, char **argv)
{
    struct conform_options options = {.target = target_option_default("qemu")};
    int rest = options_read(argc, argv, conform_options, &options);
    if (rest == OPTIONS_FAILED)
        return EXIT_USAGE;
    if (rest > 0)
        return options_refuse(argv[0], "takes no argument '%s'", argv[1]);
    if (!target_is_remote(options.target.name))
        return options_refuse(argv[0], "the %s target has no agent", options.target.name);
    struct design design = case_head_default.design;
    design_option_apply(&options.design, &design);
    for (unsigned axis = 0; axis < AXES; axis++)
        if (design.choice[axis] == CHOICE_ANY)
            return options_refuse(argv[0], "--design: one design, not any");
    return conform_to(&options.target, &design);
}
