/* serial.c: the console, COM1 (16550), output only.
 *
 * Each byte waits until the transmitter is empty: without that, bytes are lost without a sign as
 * soon as the host reads slowly. */
#include "kernel.h"

enum {
    COM1 = 0x3f8,
    DATA = COM1,
    INTERRUPTS = COM1 + 1,
    FIFO = COM1 + 2,
    LINE = COM1 + 3,
    LINE_STATUS = COM1 + 5,
    LINE_DIVISOR = 0x80, /* DATA and INTERRUPTS are the divisor's bytes */
    LINE_8N1 = 3,
    TRANSMITTER_EMPTY = 0x20,
};

static void out(uint16_t port, uint8_t byte)
{
    __asm__ volatile("outb %0, %1" : : "a"(byte), "Nd"(port));
}

static uint8_t in(uint16_t port)
{
    uint8_t byte;
    __asm__ volatile("inb %1, %0" : "=a"(byte) : "Nd"(port));
    return byte;
}

void serial_init(void)
{
    out(INTERRUPTS, 0);
    out(LINE, LINE_DIVISOR);
    out(DATA, 1); /* 115200 baud */
    out(INTERRUPTS, 0);
    out(LINE, LINE_8N1);
    out(FIFO, 1);
}

void serial_put(char c)
{
    while (!(in(LINE_STATUS)&TRANSMITTER_EMPTY))
        ;
    out(DATA, (uint8_t)c);
}
