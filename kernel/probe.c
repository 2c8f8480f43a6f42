/* probe.c: accesses of a program, made in ring 3, so that the processor itself checks the U/S and
 * R/W bits, and what its page faults come to.
 *
 * The program is a few instructions in a page of the kernel's (enter.S), which belongs to the user
 * only while ring 3 runs: its entry and the kernel's directory entry have the U bit then, no other
 * entry of the kernel's ever.  None of this is flushed.  A translation that still has the U bit
 * allows ring 3 nothing but to read its own program; one that does not have it yet costs a page
 * fault that drops it (SDM vol. 3A, 4.10.4.3). */
#include "kernel.h"

static const uint8_t *const programs[] = {
    [PROBE_READ] = user_read,
    [PROBE_WRITE] = user_write,
    [PROBE_HALT] = user_halt,
};

static probe_repair *repair_fault;
static uint32_t fetches; /* faults of the program's own page in a row */

static bool in_program(va_t va)
{
    return va / PAGE_BYTES == (uint32_t)user_start / PAGE_BYTES;
}

static void program_open(void)
{
    machine_directory()[KERNEL_PDE] |= PTE_USER;
    boot_table[(uint32_t)user_start / PAGE_BYTES % ENTRIES] |= PTE_USER;
}

static void program_close(void)
{
    machine_directory()[KERNEL_PDE] &= ~(uint32_t)PTE_USER;
    boot_table[(uint32_t)user_start / PAGE_BYTES % ENTRIES] &= ~(uint32_t)PTE_USER;
}

bool probe_trap(const struct trap_frame *frame, va_t cr2)
{
    bool again;
    program_close();
    if (frame->vector != VECTOR_PAGE_FAULT)
        return false;
    if (in_program(cr2)) {
        again = true;
        if (fetches++)
            return false;
    } else {
        fetches = 0;
        again = repair_fault && repair_fault(cr2, frame->error);
    }
    if (!again)
        ring3_leave();
    program_open();
    return true;
}

/* The program's own page would let itself be read, as no other page of the kernel's does. */
static bool access_program(enum probe_kind kind, va_t va, probe_repair *repair)
{
    uint32_t error = FAULT_USER | FAULT_PRESENT | (kind == PROBE_READ ? 0 : FAULT_WRITE);
    while (repair && repair(va, error))
        ;
    return false;
}

bool probe_access(enum probe_kind kind, va_t va, uint32_t *word, probe_repair *repair)
{
    if (in_program(va))
        return access_program(kind, va, repair);
    repair_fault = repair;
    fetches = 0;
    program_open();
    uint64_t result = ring3_enter((uint32_t)programs[kind], va, *word);
    program_close();
    if (kind == PROBE_READ)
        *word = (uint32_t)result;
    return result >> 32;
}
