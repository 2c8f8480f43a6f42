/* target.c: the targets by name. */
#include "remote.h"
#include <string.h>

const char *const target_names[] = {"sim", "qemu", "linux", "serial", NULL};

const struct target_options target_options_default = {
    .lane = "ram",
    .accel = "tcg",
    .qemu = "qemu-system-i386",
    .kernel = "build/kernel/kernel.elf",
    .baud = 115200,
    .witness = true,
    .debt = true,
    .hang_seconds = 10,
};

bool target_known(const char *name)
{
    for (const char *const *known = target_names; *known; known++)
        if (strcmp(*known, name) == 0)
            return true;
    return false;
}

bool target_shows_tables(const char *name)
{
    return strcmp(name, "linux") != 0;
}

bool target_is_remote(const char *name)
{
    return strcmp(name, "qemu") == 0 || strcmp(name, "serial") == 0;
}

const char *target_unfit(const char *name, const struct test_case *c)
{
    return strcmp(name, "linux") == 0 ? target_linux_unfit(c) : NULL;
}

struct remote_host *target_host(const char *name, const struct target_options *options,
                                uint32_t ram_frames)
{
    if (options->host)
        return options->host(options, ram_frames);
    return strcmp(name, "serial") == 0 ? remote_serial(options) : remote_qemu(options, ram_frames);
}

struct target *target_make(struct arena *state, struct arena *scratch,
                           const struct target_setup *setup, char *why, size_t why_size)
{
    if (strcmp(setup->name, "sim") == 0)
        return target_sim_make(state, scratch, setup);
    if (strcmp(setup->name, "linux") == 0)
        return target_linux_make(state, scratch, setup, why, why_size);
    const struct target_options *options = setup->options;
    struct remote_host *host = target_host(setup->name, options, setup->head->ram);
    return target_remote_make(state, scratch, setup, host, why, why_size);
}
