/* qemu.c: the VMM as a kernel in QEMU.  Its counters (counters.h) are read from the guest's memory,
 * which this process maps too; what they have grown by is what the input has covered.  Nothing is
 * ever written there.
 *
 *     PAGERIG_KERNEL    another kernel, with an agent and counters
 *     QEMU              another emulator
 *     PAGERIG_COUNTERS  hidden: the engine sees one that is always the same instead; to compare
 * with */
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
static uint8_t *ever;   /* bits, for how much it grew in some input: see features */
static bool hidden;

/* As libFuzzer tells counts apart: 1, 2, 3, to 7, to 15, to 31, to 127, more (compiler-rt,
 * FuzzerTracePC.h, CounterToFeature); each is a feature. */
static uint8_t features[256];

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

static void begin_features(void)
{
    static const unsigned from[] = {1, 2, 3, 4, 8, 16, 32, 128, 256};
    for (unsigned bit = 0; bit < 8; bit++)
        for (unsigned count = from[bit]; count < from[bit + 1]; count++)
            features[count] = (uint8_t)(1u << bit);
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
    const char *how = getenv("PAGERIG_COUNTERS");
    hidden = how && strcmp(how, "hidden") == 0;
    begin_features();
    before = calloc(1, counters.count);
    ever = calloc(1, counters.count);
    if (!engine_place(counters.count) || !before || !ever)
        give_up("the kernel has more counters than there is room for");
}

/* Without memcmp, whose arguments libFuzzer collects. */
static bool same_eight(const uint8_t *a, const uint8_t *b)
{
    uint64_t x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return x == y;
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
    memset(place, 0, counters.count);
    for (uint32_t i = 0; i < counters.count; i++) {
        if (counters.count - i >= 8 && same_eight(now + i, before + i)) {
            i += 7; /* most have not grown */
            continue;
        }
        uint8_t count = now[i], grown = (uint8_t)(count - before[i]);
        place[i] = grown;
        ever[i] |= features[grown];
        before[i] = count;
    }
    if (hidden) {
        memset(place, 0, counters.count);
        place[0] = 1;
    }
}

void feedback_report(FILE *file)
{
    for (uint32_t i = 0; i < counters.count && counters.addresses; i++)
        fprintf(file, "0x%x %u\n", (unsigned)counters.addresses[i], ever[i] != 0);
}

void feedback_summary(FILE *file)
{
    unsigned blocks = 0, all = 0;
    for (uint32_t i = 0; i < counters.count; i++) {
        blocks += ever[i] != 0;
        all += (unsigned)__builtin_popcount(ever[i]);
    }
    if (counters.count)
        fprintf(file, "pagerig: the guest: %u features in %u of %u blocks\n", all, blocks,
                counters.count);
}
