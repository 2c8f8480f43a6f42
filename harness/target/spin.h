/* spin.h: looking again and again instead of sleeping, for as long as that helps: a sleep costs
 * tens of microseconds.  After so many times in a row that it did not, it is only tried for every
 * so many. */
#ifndef SPIN_H
#define SPIN_H

#include <stdbool.h>
#include <stdint.h>

/* As long as a batch of operations takes. */
static const double spin_seconds = 3e-3;

struct spin {
    uint32_t futile; /* times in a row */
};

static inline bool spin_helps(const struct spin *spin)
{
    enum { FUTILE_MAX = 4, FUTILE_TRY = 32 };
    return spin->futile < FUTILE_MAX || spin->futile % FUTILE_TRY == 0;
}

static inline void spin_note(struct spin *spin, bool helped)
{
    spin->futile = helped ? 0 : spin->futile + 1;
}

#endif
