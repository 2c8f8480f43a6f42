/* idt.c: which interrupt goes where, SDM vol. 3A figure 6-2.
 *
 * Interrupts of devices are let in only where pic.c waits for them. */
#include "kernel.h"

enum {
    GATE_TASK = 0x85,
    GATE_KERNEL = 0x8e, /* interrupt gate */
    GATE_USER = 0xee,   /* INT from ring 3 may use it */
};

static uint64_t idt[VECTORS];

static uint64_t gate(uint32_t selector, uint32_t offset, uint32_t type)
{
    uint32_t low = selector << 16 | (offset & 0xffff);
    uint32_t high = (offset & 0xffff0000) | type << 8;
    return (uint64_t)high << 32 | low;
}

void idt_init(void)
{
    struct __attribute__((packed)) {
        uint16_t limit;
        uint32_t base;
    } pointer = {sizeof idt - 1, (uint32_t)idt};

    for (uint32_t vector = 0; vector < VECTORS; vector++)
        idt[vector] = gate(KERNEL_CODE, trap_stubs[vector], GATE_KERNEL);
    idt[VECTOR_USER_DONE] = gate(KERNEL_CODE, (uint32_t)ring3_done, GATE_USER);

    /* A stack that has no room for a page fault's frame has none for a double fault's: only a task
     * gate brings a stack with it. */
    idt[VECTOR_DOUBLE_FAULT] = gate(DOUBLE_FAULT_TASK, 0, GATE_TASK);
    __asm__ volatile("lidt %0" : : "m"(pointer));
}
