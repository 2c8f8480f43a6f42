/* text.h: text that is made before it is known where it goes. */
#ifndef CLI_TEXT_H
#define CLI_TEXT_H

#include <stdio.h>

struct text {
    FILE *file; /* to be written to until text_end */
    char *bytes;
    size_t length;
};

void text_begin(struct text *text); /* ends the process when memory is out */
const char *text_end(struct text *text);
void text_free(struct text *text);

/* A file as text from its beginning; of one that is long only its end. */
void text_copy(FILE *to, FILE *from);

#endif
