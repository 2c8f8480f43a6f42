/* line.h: the channel over a serial line: frames, sequence numbers, repetition; what is no frame is
 * console text.  Knows nothing of QEMU: a line is a file descriptor to read and one to write. */
#ifndef LINE_H
#define LINE_H

#include "../../kernel/agent/frame.h"
#include "channel.h"
#include "spin.h"
#include <stdio.h>

enum { CONSOLE_MAX = 64 << 10 };

struct line {
    struct channel channel; /* first */
    int in, out;            /* not owned; set to O_NONBLOCK by line_open */
    uint8_t sequence;
    struct frame_receiver receiver;
    uint8_t input[4096]; /* read, not yet looked at */
    size_t input_from, input_to;
    /* A request, not yet written from output_from on: it may have been escaped byte by byte. */
    uint8_t output[2 * WIRE_FRAME_MAX + 2 + WIRE_GROUP];
    size_t output_from, output_to;
    uint8_t answer[WIRE_PAYLOAD_MAX];
    bool closed;
    struct spin spin;
    uint64_t repeated; /* requests that had to be sent again */

    /* Seconds without an answer before a request is sent again; then twice as many, and so on.
     * line_open sets it; for a slow line it may be made longer. */
    double patience;

    /* Console text: all of it to echo, if that is not NULL; the last CONSOLE_MAX bytes here, in a
     * ring that starts at console_count % CONSOLE_MAX when it is full. */
    FILE *echo;
    char console[CONSOLE_MAX];
    size_t console_count;
};

/* in and out may be the same. */
void line_open(struct line *line, int in, int out);

/* Reads what has come without waiting; frames that nobody waits for are dropped.  False: the other
 * side has closed. */
bool line_drain(struct line *line);

/* Sends bytes that belong to no frame, to wake the agent. */
void line_wake(struct line *line);

/* Waits until something has come, for so many seconds at most; then as line_drain. */
bool line_wait(struct line *line, double seconds);

/* The console text that is kept, oldest first, as a string that the caller frees; a NUL in it is a
 * question mark. */
char *line_console(const struct line *line);
void line_console_clear(struct line *line);

/* Seconds on a clock that only goes forward. */
double line_clock(void);

#endif
