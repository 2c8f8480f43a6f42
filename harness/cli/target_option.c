/* target_option.c: see target_option.h. */
#include "target_option.h"
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const lanes[] = {"ram", "serial", NULL};
static const char *const accelerators[] = {"tcg", "kvm", NULL};

bool option_target(const struct option_row *row, const char *value, void *field,
                   struct option_why *why)
{
    return option_name(row, value, target_names, field, why);
}

bool option_lane(const struct option_row *row, const char *value, void *field,
                 struct option_why *why)
{
    return option_name(row, value, lanes, field, why);
}

bool option_accel(const struct option_row *row, const char *value, void *field,
                  struct option_why *why)
{
    return option_name(row, value, accelerators, field, why);
}

bool option_on_off(const struct option_row *row, const char *value, void *field,
                   struct option_why *why)
{
    static const char *const states[] = {"on", "off", NULL};
    const char *state;
    if (!option_name(row, value, states, &state, why))
        return false;
    *(bool *)field = state == states[0];
    return true;
}

/* The build puts the kernel there, wherever this is started from.  target_options_default's where
 * there is none. */
static const char *kernel_beside_program(void)
{
    static char path[PATH_MAX];
    static const char name[] = "kernel/kernel.elf";
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - sizeof name);
    path[length > 0 ? length : 0] = '\0';
    char *slash = strrchr(path, '/');
    if (!slash)
        return target_options_default.kernel;
    memcpy(slash + 1, name, sizeof name);
    return access(path, R_OK) == 0 ? path : target_options_default.kernel;
}

struct target_option target_option_default(const char *name)
{
    struct target_option option = {name, target_options_default};
    const char *qemu = getenv("QEMU");
    option.options.kernel = kernel_beside_program();
    if (qemu && *qemu)
        option.options.qemu = qemu;
    return option;
}

const char *target_option_text(const struct target_option *option, char *buffer, size_t size)
{
    const struct target_options *options = &option->options;
    const struct target_option standard = target_option_default(option->name);
    char baud[24], standard_baud[24];
    snprintf(baud, sizeof baud, "%llu", (unsigned long long)options->baud);
    snprintf(standard_baud, sizeof standard_baud, "%llu",
             (unsigned long long)standard.options.baud);
    const struct {
        const char *name, *value, *standard;
    } texts[] = {
        {"lane", options->lane, standard.options.lane},
        {"accel", options->accel, standard.options.accel},
        {"witness", options->witness ? "on" : "off", standard.options.witness ? "on" : "off"},
        {"kernel", options->kernel, standard.options.kernel},
        {"qemu", options->qemu, standard.options.qemu},
        {"line", options->line ? options->line : "", ""},
        {"baud", baud, standard_baud},
    };
    snprintf(buffer, size, "--target %s", option->name);
    for (unsigned i = 0; i < sizeof texts / sizeof *texts; i++) {
        size_t used = strlen(buffer);
        if (strcmp(texts[i].value, texts[i].standard) != 0)
            snprintf(buffer + used, size - used, " --%s %s", texts[i].name, texts[i].value);
    }
    return buffer;
}

struct rig *target_option_rig(const struct target_option *option, uint32_t check)
{
    struct rig_config config = {option->name, check, OP_SLOTS, OP_SLOTS, &option->options};
    return rig_make(&config);
}

bool target_option_starts(const struct target_option *option, struct rig *rig, const char *command)
{
    struct finding finding;
    if (strcmp(option->name, "sim") == 0 || rig_reset(rig, &case_head_default, &finding) ||
        finding.oracle != ORACLE_RIG || (rig_target(rig) && rig_target(rig)->refused))
        return true;
    fprintf(stderr, "pagerig %s: the %s target cannot start: %s\n", command, option->name,
            finding.actual);
    return false;
}

bool target_option_shows_tables(const struct target_option *option, const char *command)
{
    bool shows = target_shows_tables(option->name);
    if (!shows)
        options_refuse(command, "the %s target shows no page tables", option->name);
    return shows;
}
