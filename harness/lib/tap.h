/* tap.h: the few lines that a test program needs to print TAP for prove.
 *
 * ok_if(condition, "the rule, in words") is one test; a failure says where it stands.  main ends
 * with `return tap_done();`, which prints the plan. */
#ifndef LIB_TAP_H
#define LIB_TAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

static unsigned tap_count, tap_failures;

__attribute__((format(printf, 4, 5))) static inline bool
tap_report(bool good, const char *file, int line, const char *format, ...)
{
    va_list arguments;
    printf("%sok %u - ", good ? "" : "not ", ++tap_count);
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    printf("\n");
    if (!good) {
        printf("#   at %s:%d\n", file, line);
        tap_failures++;
    }
    fflush(stdout);
    return good;
}

#define ok_if(condition, ...) tap_report((condition), __FILE__, __LINE__, __VA_ARGS__)

static inline int tap_done(void)
{
    printf("1..%u\n", tap_count);
    return tap_failures ? 1 : 0;
}

#endif
