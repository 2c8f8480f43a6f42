/* cpuid.c: what the processor says of itself. */
#include "kernel.h"

enum { EFLAGS_ID = 1 << 21 }; /* can be changed: there is CPUID (SDM vol. 1, 3.4.3.3) */

static bool has_cpuid(void)
{
    uint32_t before, after;
    __asm__ volatile("pushfl\n\t"
                     "popl %0\n\t"
                     "movl %0, %1\n\t"
                     "xorl %2, %1\n\t"
                     "pushl %1\n\t"
                     "popfl\n\t"
                     "pushfl\n\t"
                     "popl %1\n\t"
                     "pushl %0\n\t"
                     "popfl"
                     : "=&r"(before), "=&r"(after)
                     : "i"(EFLAGS_ID)
                     : "cc");
    return (before ^ after) & EFLAGS_ID;
}

struct cpuid cpuid(uint32_t leaf)
{
    struct cpuid is = {0};
    if (has_cpuid())
        __asm__ volatile("cpuid"
                         : "=a"(is.eax), "=b"(is.ebx), "=c"(is.ecx), "=d"(is.edx)
                         : "a"(leaf), "c"(0));
    return is;
}

/* "TCGTCGTCGTCG", in a leaf that processors do not have (QEMU, target/i386/cpu.c). */
bool cpuid_is_tcg(void)
{
    enum { HYPERVISOR = 0x40000000, TCGT = 0x54474354, CGTC = 0x43544743, GTCG = 0x47435447 };
    struct cpuid is = cpuid(HYPERVISOR);
    return is.ebx == TCGT && is.ecx == CGTC && is.edx == GTCG;
}
