/* touch.c: an access of the kernel's own, in ring 0, to a word that may not be there.
 *
 * A translation is cached whoever used it first, and CR0.WP makes its R/W bit hold for the kernel
 * too (SDM vol. 3A, 4.6), so this tells as much of the TLB as a program's access and does not take
 * the way to ring 3 and back. */
#include "kernel.h"

static va_t resume; /* where a fault goes on; 0: no access is made now */
static bool faulted;

/* Access: with the word in %0, by the address in %2; what follows it is done in any case. */
#define ACCESS(instruction) "movl $1f, %1\n\t" instruction "\n1:\tmovl $0, %1"

bool touch_word(va_t va, bool write, uint32_t *word)
{
    uint32_t read = 0;
    faulted = false;
    if (write)
        __asm__ volatile(ACCESS("orl $0, (%2)") : "+r"(read), "=m"(resume) : "r"(va) : "memory");
    else
        __asm__ volatile(ACCESS("movl (%2), %0") : "+r"(read), "=m"(resume) : "r"(va) : "memory");
    *word = read;
    return !faulted;
}

bool touch_trap(struct trap_frame *frame)
{
    if (!resume || frame->vector != VECTOR_PAGE_FAULT)
        return false;
    frame->eip = resume;
    faulted = true;
    return true;
}
