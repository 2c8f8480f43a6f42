/* probe.c: accesses of a program, made in ring 3, so that the processor itself checks the U/S and
 * R/W bits, and what its page faults come to.
 *
 * The program is two instructions in a page of the kernel's that ring 3 may run (enter.S). */
#include "kernel.h"

/* One fault brings the page in; an access that still faults after this many is not getting on. */
enum { FAULTS_MAX = 6 };

static struct probe probe;
static struct vmm *probed;

bool probe_trap(const struct trap_frame *frame, va_t cr2)
{
    if (frame->vector == VECTOR_USER_DONE) {
        probe.status = VMM_OK;
        ring3_leave(frame->eax);
    }
    if (frame->vector != VECTOR_PAGE_FAULT)
        return false;
    probe.faults++;
    probe.error = frame->error;
    probe.cr2 = cr2;
    probe.status = vmm_fault(probed, cr2, frame->error);
    if (probe.status || probe.faults == FAULTS_MAX)
        ring3_leave(0);
    return true;
}

static struct probe run(struct vmm *vmm, const uint8_t *code, va_t va, uint32_t word)
{
    probe = (struct probe){0};
    probed = vmm;
    uint32_t result = ring3_enter((uint32_t)code, va, word);
    probe.word = probe.status ? 0 : result;
    return probe;
}

struct probe probe_read(struct vmm *vmm, va_t va)
{
    return run(vmm, user_read, va, 0);
}

struct probe probe_write(struct vmm *vmm, va_t va, uint32_t word)
{
    return run(vmm, user_write, va, word);
}
