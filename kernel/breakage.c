/* breakage.c: ways to break the kernel on purpose, to see that each ends as panic.c promises. */
#include "kernel.h"

static void break_null(void)
{
    void (*volatile nowhere)(void) = NULL;
    nowhere();
}

/* No tail call; each level uses some stack; the end is too far away. */
static uint32_t recurse(uint32_t depth)
{
    volatile uint32_t used[32];
    used[depth % 32] = depth;
    return depth ? recurse(depth + 1) + used[depth % 32] : 0;
}

static void break_stack(void)
{
    recurse(1);
}

static void break_text(void)
{
    *(volatile uint8_t *)image_start = 0;
}

static void break_opcode(void)
{
    __asm__ volatile("ud2");
}

static void break_assert(void)
{
    machine_panic("an assertion of the VMM", 42);
}

/* HLT in ring 3 is a general protection fault, which is nothing of the probe's. */
static void break_ring3(void)
{
    uint32_t nothing = 0;
    probe_access(PROBE_HALT, 0, &nothing, NULL);
}

/* A directory without the kernel: not even the double fault's task can be found. */
static void break_directory(void)
{
    static const uint32_t empty[ENTRIES] __attribute__((aligned(PAGE_BYTES)));
    machine_load_cr3(((uint32_t)empty - KERNEL_BASE) / PAGE_BYTES);
}

/* Interrupts are off, so nothing ends this. */
static void break_hang(void)
{
    for (;;)
        __asm__ volatile("hlt");
}

void break_kernel(const char *name)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } ways[] = {
        {"null", break_null},           {"stack", break_stack},   {"text", break_text},
        {"opcode", break_opcode},       {"assert", break_assert}, {"ring3", break_ring3},
        {"directory", break_directory}, {"hang", break_hang},
    };
    for (uint32_t i = 0; i < sizeof ways / sizeof ways[0]; i++)
        if (string_equal(name, ways[i].name))
            ways[i].run();
}
