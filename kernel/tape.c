/* tape.c: a line on which nobody is: what would come over it lies in low memory when the kernel
 * starts, a length in bytes, and the bytes.  What is sent is dropped.
 *
 * So a machine without any input does a whole case, which QEMU can record, and replay backwards
 * (scripts/debug --record). */
#include "kernel.h"

/* Below what a PC's firmware has at the end of its low memory. */
enum { TAPE = 0x10000, TAPE_END = 0x90000 };

static uint32_t at; /* bytes taken */

static uint32_t tape_word(uint32_t address)
{
    return machine_peek(address / PAGE_BYTES)[address % PAGE_BYTES / 4];
}

int tape_get(void)
{
    uint32_t length = tape_word(TAPE), address = TAPE + 4 + at;
    if (at >= length || address >= TAPE_END)
        return -1;
    at++;
    return (int)(tape_word(address & ~3u) >> address % 4 * 8 & 0xff);
}

void tape_put(uint8_t byte)
{
    (void)byte;
}

/* A function of its own, for breakpoints. */
__attribute__((noinline)) void tape_end(void)
{
    machine_exit(EXIT_CLEAN);
}

void tape_idle(uint32_t times)
{
    (void)times;
    tape_end();
}
