/* port.h: bytes to and from I/O ports. */
#ifndef KERNEL_PORT_H
#define KERNEL_PORT_H

#include <stdint.h>

static inline void port_out(uint16_t port, uint8_t byte)
{
    __asm__ volatile("outb %0, %1" : : "a"(byte), "Nd"(port));
}

static inline void port_out_16(uint16_t port, uint16_t word)
{
    __asm__ volatile("outw %0, %1" : : "a"(word), "Nd"(port));
}

static inline uint8_t port_in(uint16_t port)
{
    uint8_t byte;
    __asm__ volatile("inb %1, %0" : "=a"(byte) : "Nd"(port));
    return byte;
}

/* So many bytes from the same port. */
static inline void port_in_many(uint16_t port, uint8_t *bytes, uint32_t count)
{
    __asm__ volatile("rep insb" : "+D"(bytes), "+c"(count) : "d"(port) : "memory");
}

#endif
