/* qemu.c: the VMM as a kernel in QEMU.  Its counters (counters.h) are read from the guest's memory,
 * which this process maps too; what they have grown by is what the input has covered.  Nothing is
 * ever written there.
 *
 *     PAGERIG_KERNEL    another kernel, with an agent and counters
 *     QEMU              another emulator */
#include "../harness/target/remote.h"
#include "counters.h"
#include "feedback.h"
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char feedback_target[] = "qemu";

static struct counters counters;
static uint8_t *before; /* the counters after the last input; 0 in a new machine */
static uint8_t *ever;   /* 1: it grew in some input */

__attribute__((noreturn)) static void give_up(const char *why)
{
    fprintf(stderr, "pagerig: %s\n", why);
    exit(125);
}

/* build/fuzz/TARGET runs build/kernel-cov/kernel.elf, wherever it is started from. */
static const char *kernel_path(void)
{
    static char path[PATH_MAX];
    static const char name[] = "kernel-cov/kernel.elf";
    const char *other = getenv("PAGERIG_KERNEL");
    if (other && *other)
        return other;
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - sizeof name);
    path[length > 0 ? length : 0] = '\0';
    for (int up = 0; up < 2; up++) {
        char *slash = strrchr(path, '/');
        if (!slash)
            give_up("there is no kernel: set PAGERIG_KERNEL");
        *slash = '\0';
    }
    strcat(path, "/");
    return strcat(path, name);
}

void feedback_begin(struct target_options *options)
{
    char why[PATH_MAX + 100];
    options->kernel = kernel_path();
    if (!counters_find(&counters, options->kernel, why, sizeof why))
        give_up(why);
    if (!counters.count) {
        fprintf(stderr, "pagerig: %s counts nothing: no coverage will guide the engine\n",
                options->kernel);
        return;
    }
    before = calloc(1, counters.count);
    ever = calloc(1, counters.count);
    if (!engine_place(counters.count) || !before || !ever)
        give_up("the kernel has more counters than there is room for");
}

void feedback_collect(struct rig *rig)
{
    size_t bytes = 0;
    struct target *target = rig_target(rig); /* NULL: none could be started */
    const uint8_t *memory = target ? target_remote_memory(target, &bytes) : NULL;
    if (!counters.count)
        return;
    if (!memory || (size_t)counters.pa + counters.count > bytes) {
        memset(before, 0, counters.count);
        return;
    }
    uint8_t *place = engine_place(counters.count);
    const uint8_t *now = memory + counters.pa;
    for (uint32_t i = 0; i < counters.count; i++) {
        uint8_t count = now[i];
        place[i] = (uint8_t)(count - before[i]);
        ever[i] |= place[i] != 0;
        before[i] = count;
    }
}

void feedback_report(FILE *file)
{
    for (uint32_t i = 0; i < counters.count && counters.addresses; i++)
        fprintf(file, "0x%x %u\n", (unsigned)counters.addresses[i], ever[i]);
}
