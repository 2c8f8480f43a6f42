/* designs.c: `pagerig designs`: the systems of the thread, each with its choices, as a table. */
#include "options.h"
#include <string.h>

static unsigned wider(unsigned width, const char *text)
{
    unsigned length = (unsigned)strlen(text);
    return width < length ? length : width;
}

static unsigned name_width(void)
{
    unsigned width = 0;
    for (unsigned i = 0; i < preset_count; i++)
        width = wider(width, presets[i].name);
    return width;
}

/* The axis and the choices of it that presets have. */
static unsigned axis_width(unsigned axis)
{
    const struct axis_info *info = &axis_infos[axis];
    unsigned width = wider(0, info->name);
    for (unsigned i = 0; i < preset_count; i++)
        width = wider(width, info->choice_names[presets[i].design.choice[axis]]);
    return width;
}

static void print_row(const char *name, const struct design *design, const char *text)
{
    printf("%-*s", (int)name_width(), name);
    for (unsigned axis = 0; axis < AXES; axis++) {
        const struct axis_info *info = &axis_infos[axis];
        printf("  %-*s", (int)axis_width(axis),
               design ? info->choice_names[design->choice[axis]] : info->name);
    }
    printf("  %s\n", text);
}

const struct option_row designs_options[] = {{0}};

int cmd_designs(int argc, char **argv)
{
    if (argc > 1)
        return options_refuse(argv[0], "it takes no arguments, found '%s'", argv[1]);
    print_row("preset", NULL, "what it realises");
    for (unsigned i = 0; i < preset_count; i++)
        print_row(presets[i].name, &presets[i].design, presets[i].text);
    return EXIT_CLEAN;
}
