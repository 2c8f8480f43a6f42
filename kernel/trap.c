/* trap.c: who handles which trap. */
#include "kernel.h"

enum { RING = 3 };

void trap(struct trap_frame *frame)
{
    va_t cr2;
    if (frame->vector >= VECTOR_IRQ) {
        pic_trap(frame->vector);
        return;
    }
    __asm__ volatile("movl %%cr2, %0" : "=r"(cr2));
    if ((frame->cs & RING) == RING ? probe_trap(frame, cr2) : touch_trap(frame))
        return;
    panic_report(frame);
}
