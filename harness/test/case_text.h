/* case_text.h: a case as text in memory, for the tests of the codec.  Whoever includes it asks for
 * POSIX 2008 first (open_memstream). */
#ifndef TEST_CASE_TEXT_H
#define TEST_CASE_TEXT_H

#include "../case/case.h"
#include <stdio.h>

/* The text of a case, malloc'ed. */
static inline char *text_of(const struct test_case *c, size_t *length)
{
    char *text = NULL;
    FILE *file = open_memstream(&text, length);
    case_write_text(c, file);
    fclose(file);
    return text;
}

#endif
