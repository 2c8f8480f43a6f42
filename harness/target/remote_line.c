/* remote_line.c: see remote_line.h. */
#include "remote_line.h"
#include "remote.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool remote_line_greet(struct line *line, double seconds, struct hello *hello,
                       enum channel_end *end, char *why, size_t why_size)
{
    static const uint8_t version = WIRE_VERSION;
    const uint8_t *answer;
    size_t length;
    *end = line->channel.ask(&line->channel, WIRE_HELLO, &version, 1, seconds, &answer, &length);
    return *end == CHANNEL_ANSWERED && hello_read(hello, answer, length, why, why_size);
}

void remote_line_last_words(struct line *line)
{
    for (int i = 0; i < 10 * LAST_WORDS_SECONDS && line_wait(line, 0.1); i++)
        continue;
}

const char *remote_line_panic(const struct line *line, char *why, size_t why_size)
{
    static const char before[] = "Kernel panic - not syncing: ";
    char *console = line_console(line), *at = strstr(console, before);
    const char *what = NULL;
    if (at) {
        at += sizeof before - 1;
        at[strcspn(at, "\r\n")] = '\0';
        const char *by = strncmp(at, "page fault", strlen("page fault")) == 0 ? "kernel " : "";
        snprintf(why, why_size, "%s%s", by, at);
        char *value = strstr(at, " (0x");
        if (value)
            *value = '\0';
        char title[160];
        snprintf(title, sizeof title, "%s%s", by, at);
        what = remote_literal(title);
    }
    free(console);
    return what;
}
