/* remote_line.h: what machines at the end of a line have in common: how their agent is greeted, and
 * what their console says when they end. */
#ifndef REMOTE_LINE_H
#define REMOTE_LINE_H

#include "line.h"
#include "remote_hello.h"

/* Says HELLO for so many seconds at most.  CHANNEL_ANSWERED and false: the agent cannot be worked
 * with, as why says; any other end: why is unchanged. */
bool remote_line_greet(struct line *line, double seconds, struct hello *hello,
                       enum channel_end *end, char *why, size_t why_size);

/* Hears what is said for so long at most, after a machine has ended or fallen silent. */
enum { LAST_WORDS_SECONDS = 2 };
void remote_line_last_words(struct line *line);

/* The console's "Kernel panic - not syncing: WHAT (0xVALUE)": WHAT, in the words of the simulated
 * machine, as a literal for titles; why: all of it.  NULL: it has said nothing like it. */
const char *remote_line_panic(const struct line *line, char *why, size_t why_size);

#endif
