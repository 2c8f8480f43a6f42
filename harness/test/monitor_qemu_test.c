/* monitor_qemu_test.c: the monitor of a real QEMU, in which a kernel has its tables up: its opinion
 * is that of our walk, follows what is changed in the guest's memory, and ends with it. */
#include "../lib/tap.h"
#include "../lib/walk.h"
#include "../target/monitor.h"
#include "../target/qemu.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { RAM_BYTES = 32 << 20, WORDS = 1024, FRAMES = RAM_BYTES / 4 / WORDS };

static struct qemu qemu;
static char why[160];

/* Waits until the kernel has halted for good; its directory's frame, 0: it does not. */
static uint32_t halted_directory(void)
{
    for (int i = 0; i < 100; i++) {
        char *text = monitor_ask(qemu.monitor, "info registers", 10, why, sizeof why);
        const char *cr3 = text ? strstr(text, "CR3=") : NULL;
        uint32_t frame = cr3 && strstr(text, "HLT=1") ? (uint32_t)strtoul(cr3 + 4, NULL, 16) : 0;
        free(text);
        if (frame)
            return frame >> ENTRY_PFN_SHIFT;
        usleep(100000);
    }
    return 0;
}

static struct pages copy_of_memory(void)
{
    void *memory = aligned_alloc(16, pages_bytes(FRAMES, 10));
    memset(memory, 0, pages_bytes(FRAMES, 10));
    struct pages ram = pages_make(memory, FRAMES, 10);
    const uint32_t *words = (const uint32_t *)(const void *)qemu.ram;
    for (uint32_t i = 0; i < FRAMES * WORDS; i++)
        if (words[i])
            pages_set(&ram, i / WORDS, i % WORDS, words[i]);
    return ram;
}

static bool agrees(const struct pages *ram, uint32_t directory)
{
    bool good = monitor_walk_agrees(qemu.monitor, ram, directory, 1024, why, sizeof why);
    if (!good)
        printf("# %s\n", why);
    return good;
}

int main(void)
{
    struct qemu_options options = {.program = "qemu-system-i386",
                                   .kernel = "build/kernel/kernel.elf",
                                   .command = "break=hang",
                                   .accel = "tcg",
                                   .ram_bytes = RAM_BYTES};
    if (!ok_if(qemu_start(&qemu, &options, why, sizeof why), "QEMU starts")) {
        printf("# %s\n", why);
        return tap_done();
    }
    uint32_t directory = halted_directory();
    ok_if(directory, "the kernel halts with its tables up");
    struct pages ram = copy_of_memory();
    ok_if(agrees(&ram, directory), "both walks agree");
    ok_if(!agrees(&ram, directory + 1) && strstr(why, "CR3"), "of another directory they do not");

    /* The last entry of the last table that the directory names. */
    uint32_t pde = 0, i = 0;
    for (; (i = pages_next(&ram, directory, i)) < WORDS; i++)
        pde = i;
    uint32_t table = pages_get(&ram, directory, pde) >> ENTRY_PFN_SHIFT;
    uint32_t *entry = (uint32_t *)(void *)qemu.ram + table * WORDS + 7;
    uint32_t was = *entry, now = 0x123 << ENTRY_PFN_SHIFT | ENTRY_PRESENT | ENTRY_WRITABLE;
    *entry = now;
    ok_if(!agrees(&ram, directory) && strstr(why, "info tlb"), "an entry that the guest alone has");
    pages_set(&ram, table, 7, now);
    ok_if(agrees(&ram, directory), "and that we have as well");
    pages_set(&ram, table, 7, now | ENTRY_USER);
    ok_if(!agrees(&ram, directory), "a user bit that we alone have");
    pages_set(&ram, table, 7, *entry = was);
    ok_if(agrees(&ram, directory), "all as it was");

    int monitor = dup(qemu.monitor);
    qemu_stop(&qemu);
    ok_if(!monitor_walk_agrees(monitor, &ram, directory, 1024, why, sizeof why) &&
              strstr(why, "closed"),
          "a QEMU that is gone has no opinion, and it is said");
    close(monitor);
    free(ram.groups);
    return tap_done();
}
