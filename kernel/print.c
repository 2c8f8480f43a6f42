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

/* In assembly, because a compiler may turn a loop into a call of the function that it is in. */

void *memset(void *to, int byte, size_t n)
{
    uint8_t *bytes = to;
    __asm__ volatile("rep stosb" : "+D"(bytes), "+c"(n) : "a"(byte) : "memory");
    return to;
}

void *memcpy(void *to, const void *from, size_t n)
{
    uint8_t *bytes = to;
    __asm__ volatile("rep movsb" : "+D"(bytes), "+S"(from), "+c"(n) : : "memory");
    return to;
}
