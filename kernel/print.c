/* print.c: formatted text on the console, and the few functions of the C library that the compiler
 * calls on its own. */
#include "kernel.h"
#include <stdarg.h>

static void print_number(uint32_t number, uint32_t base, int digits)
{
    char text[10];
    int count = 0;
    do {
        text[count++] = "0123456789abcdef"[number % base];
        number /= base;
    } while (number || count < digits);
    while (count)
        serial_put((uint8_t)text[--count]);
}

static void print_string(const char *string)
{
    while (*string)
        serial_put((uint8_t)*string++);
}

void print(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    for (; *format; format++) {
        int digits = 1;
        if (*format != '%') {
            serial_put((uint8_t)*format);
            continue;
        }
        if (*++format == '0') {
            digits = format[1] - '0';
            format += 2;
        }
        if (*format == 's')
            print_string(va_arg(arguments, const char *));
        else
            print_number(va_arg(arguments, uint32_t), *format == 'x' ? 16 : 10, digits);
    }
    va_end(arguments);
}

bool string_equal(const char *a, const char *b)
{
    while (*a && *a == *b)
        a++, b++;
    return *a == *b;
}

/* A compiler may turn a loop into a call of the function that it is in: what it cannot see through
 * keeps it from that.  Many words at a time, since REP STOS and REP MOVS are slow under TCG. */
#define NOT_A_CALL() __asm__ volatile("" : : : "memory")

struct four_words {
    uint32_t words[4];
} __attribute__((packed, aligned(1), may_alias));

struct many_words {
    struct four_words fours[4];
} __attribute__((packed, aligned(1), may_alias));

void *memset(void *to, int byte, size_t n)
{
    uint8_t *at = to;
    uint32_t word = (uint8_t)byte * 0x01010101u;
    struct four_words four = {{word, word, word, word}};
    for (; n >= 64; n -= 64, at += 64) {
        *(struct many_words *)at = (struct many_words){{four, four, four, four}};
        NOT_A_CALL();
    }
    for (; n >= 16; n -= 16, at += 16) {
        *(struct four_words *)at = four;
        NOT_A_CALL();
    }
    for (; n; n--) {
        *at++ = (uint8_t)byte;
        NOT_A_CALL();
    }
    return to;
}

void *memcpy(void *to, const void *from, size_t n)
{
    uint8_t *at = to;
    const uint8_t *source = from;
    for (; n >= 16; n -= 16, at += 16, source += 16) {
        *(struct four_words *)at = *(const struct four_words *)source;
        NOT_A_CALL();
    }
    for (; n; n--) {
        *at++ = *source++;
        NOT_A_CALL();
    }
    return to;
}
