/* gdt.c: segments, which are all flat, and the two task state segments: the kernel's, and the one
 * that a double fault switches to. */
#include "kernel.h"

/* Of descriptors, SDM vol. 3A figure 5-1: present, type and privilege level; granularity. */
enum {
    ACCESS_KERNEL_CODE = 0x9a,
    ACCESS_KERNEL_DATA = 0x92,
    ACCESS_USER_CODE = 0xfa,
    ACCESS_USER_DATA = 0xf2,
    ACCESS_TASK = 0x89,
    FLAT_FLAGS = 0xc, /* 4 KiB units, 32 bits */
    GDT_COUNT = DOUBLE_FAULT_TASK / 8 + 1,
};

struct tss main_task;
static struct tss double_fault_task;
static uint64_t gdt[GDT_COUNT];
_Static_assert(offsetof(struct tss, esp0) == 4, "enter.S relies on it");

static uint64_t descriptor(uint32_t base, uint32_t limit, uint32_t access, uint32_t flags)
{
    uint32_t low = base << 16 | (limit & 0xffff);
    uint32_t high =
        (base & 0xff000000) | flags << 20 | (limit & 0xf0000) | access << 8 | (base >> 16 & 0xff);
    return (uint64_t)high << 32 | low;
}

static void load(void)
{
    struct __attribute__((packed)) {
        uint16_t limit;
        uint32_t base;
    } pointer = {sizeof gdt - 1, (uint32_t)gdt};
    __asm__ volatile("lgdt %0\n\t"
                     "ljmp %1, $1f\n"
                     "1:\n\t"
                     "movl %2, %%ss\n\t"
                     "movl %3, %%ds\n\t"
                     "movl %3, %%es\n\t"
                     "movl %4, %%fs\n\t"
                     "movl %4, %%gs\n\t"
                     "ltr %w5"
                     :
                     : "m"(pointer), "i"(KERNEL_CODE), "r"(KERNEL_DATA), "r"(USER_DATA), "r"(0),
                       "r"(MAIN_TASK)
                     : "memory");
}

void gdt_init(void)
{
    gdt[KERNEL_CODE / 8] = descriptor(0, 0xfffff, ACCESS_KERNEL_CODE, FLAT_FLAGS);
    gdt[KERNEL_DATA / 8] = descriptor(0, 0xfffff, ACCESS_KERNEL_DATA, FLAT_FLAGS);
    gdt[USER_CODE / 8] = descriptor(0, 0xfffff, ACCESS_USER_CODE, FLAT_FLAGS);
    gdt[USER_DATA / 8] = descriptor(0, 0xfffff, ACCESS_USER_DATA, FLAT_FLAGS);
    gdt[MAIN_TASK / 8] = descriptor((uint32_t)&main_task, sizeof main_task - 1, ACCESS_TASK, 0);
    gdt[DOUBLE_FAULT_TASK / 8] =
        descriptor((uint32_t)&double_fault_task, sizeof double_fault_task - 1, ACCESS_TASK, 0);

    uint32_t directory = (uint32_t)boot_directory - KERNEL_BASE;
    main_task =
        (struct tss){.cr3 = directory, .ss0 = KERNEL_DATA, .io_map = sizeof(struct tss) << 16};

    /* The kernel's own directory, since the one that is loaded may be what is broken. */
    double_fault_task = (struct tss){
        .cr3 = directory,
        .eip = (uint32_t)double_fault_entry,
        .eflags = 2,
        .esp = (uint32_t)double_fault_stack_end,
        .cs = KERNEL_CODE,
        .ss = KERNEL_DATA,
        .ds = USER_DATA,
        .es = USER_DATA,
        .io_map = sizeof(struct tss) << 16,
    };
    load();
}
