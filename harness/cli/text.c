/* text.c: see text.h. */
#include "text.h"
#include "options.h"
#include <stdlib.h>

void text_begin(struct text *text)
{
    text->bytes = NULL;
    text->file = open_memstream(&text->bytes, &text->length);
    if (!text->file) {
        fprintf(stderr, "pagerig: out of memory\n");
        exit(EXIT_CANNOT);
    }
}

const char *text_end(struct text *text)
{
    fclose(text->file);
    return text->bytes;
}

void text_free(struct text *text)
{
    free(text->bytes);
}

void text_copy(FILE *to, FILE *from)
{
    enum { MOST = 64 << 10 };
    int c;

    if (fseek(from, -(long)MOST, SEEK_END) != 0)
        rewind(from);
    while ((c = getc(from)) != EOF)
        if (c != '\r')
            putc(c, to);
}
