/* progress.h: how far a long command is, on stderr: on a terminal one line that is written over
 * again and again, elsewhere a line now and then. */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
    double started, next; /* seconds of progress_clock */
    bool terminal, shown;
};

/* Seconds of a clock that never goes back. */
double progress_clock(void);

void progress_begin(struct progress *progress);

/* Shows the numbers, if it is time to.  Costs a look at the clock.  Returns the seconds since the
 * beginning. */
double progress_tick(struct progress *progress, uint64_t ops, uint64_t divergences);

/* Takes the line off the terminal, so that something else can be written. */
void progress_clear(struct progress *progress);

#endif
