/* tape.h: what a rig tells an agent, kept as the bytes that a line would carry, for a kernel that
 * does it all again without a rig: kernel/tape.c. */
#ifndef TAPE_H
#define TAPE_H

#include "channel.h"

/* All that fits where the kernel looks for it, below the firmware's data in low memory. */
enum { TAPE_ADDRESS = 0x10000, TAPE_BYTES_MAX = 0x90000 - TAPE_ADDRESS };

struct tape {
    struct channel channel; /* first; asks `under` and keeps the request */
    struct channel *under;
    uint8_t sequence;
    size_t length;                 /* counts on when they do not fit */
    uint8_t bytes[TAPE_BYTES_MAX]; /* a length, 4 bytes, low one first; so many bytes */
};

/* An empty tape, before a channel into a new machine; the channel to use instead. */
struct channel *tape_open(struct tape *tape, struct channel *under);

/* False: it does not fit; or errno says why path cannot be written. */
bool tape_fits(const struct tape *tape);
bool tape_write(struct tape *tape, const char *path);

#endif
