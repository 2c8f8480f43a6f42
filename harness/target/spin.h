/* spin.h: looking again and again instead of sleeping, for as long as that helps: a sleep costs
 * tens of microseconds, but who looks keeps a processor from others.  After so many times in a row
 * that it did not help, it is only tried for every so many. */
#ifndef SPIN_H
#define SPIN_H

#include <stdbool.h>
#include <stdint.h>

/* As long as a batch of operations takes. */
static const double spin_seconds = 3e-3;

struct spin {
    uint32_t futile; /* times in a row */
};

bool spin_helps(const struct spin *spin);
void spin_note(struct spin *spin, bool helped);

/* For who does not yield: would it keep a processor from others?  True when, for some milliseconds,
 * more threads wanted to run on this machine than it has processors.  now: seconds, of a clock that
 * does not go back.  Where nothing tells how many there are: false. */
bool spin_crowds(double now);

/* How many threads want to run now, by what /proc/loadavg says (proc(5)); 0: it says nothing. */
long spin_runnable(const char *loadavg);

#endif
