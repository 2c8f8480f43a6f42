/* scan.h: words of text, names and refusals: what the readers of cases and of designs share.  For
 * the files of this folder only. */
#ifndef CASE_SCAN_H
#define CASE_SCAN_H

#include "case.h"
#include <stdarg.h>
#include <string.h>

/* A piece of somebody else's text, without NUL at its end. */
struct token {
    const char *text;
    size_t length;
};

/* A token that is fit to print: not too long, and harmless on a terminal. */
struct quoted {
    char text[44];
};

static inline struct quoted quote(struct token token)
{
    enum { SHOWN = 40 };
    struct quoted q;
    size_t length = 0;
    for (; length < token.length && length < SHOWN; length++)
        q.text[length] = token.text[length] >= ' ' && token.text[length] <= '~' //
                             ? token.text[length]
                             : '?';
    strcpy(q.text + length, length < token.length ? "..." : "");
    return q;
}

static inline bool token_is(struct token token, const char *name)
{
    return strlen(name) == token.length && memcmp(token.text, name, token.length) == 0;
}

/* The number of the name that the token is; count: none. */
static inline unsigned token_find(struct token token, const char *const *names, unsigned count)
{
    unsigned i = 0;
    while (i < count && !token_is(token, names[i]))
        i++;
    return i;
}

/* Cuts `key=value` in two; false: there is no '='. */
static inline bool token_split(struct token token, struct token *key, struct token *value)
{
    const char *equals = token.length ? memchr(token.text, '=', token.length) : NULL;
    if (!equals)
        return false;
    *key = (struct token){token.text, (size_t)(equals - token.text)};
    *value = (struct token){equals + 1, token.length - key->length - 1};
    return true;
}

/* Fills the error; always false, so that a reader can return it. */
__attribute__((format(printf, 4, 5))) static inline bool
refuse_at(struct case_error *error, uint32_t line, size_t column, const char *format, ...)
{
    va_list arguments;
    error->line = line;
    error->column = (uint32_t)column;
    va_start(arguments, format);
    vsnprintf(error->message, sizeof(error->message), format, arguments);
    va_end(arguments);
    return false;
}

/* The token is none of these names. */
static inline bool refuse_name(struct case_error *error, uint32_t line, size_t column,
                               const char *what, struct token token, const char *const *names,
                               unsigned count)
{
    refuse_at(error, line, column, "unknown %s '%s': it is one of", what, quote(token).text);
    for (unsigned i = 0; i < count; i++) {
        size_t used = strlen(error->message);
        snprintf(error->message + used, sizeof(error->message) - used, " %s", names[i]);
    }
    return false;
}

#endif
