/* channel.h: how a request gets to an agent (kernel/agent/README.md) and its answer back: over a
 * line (line.h), through a mailbox in shared memory (mailbox.h), or by a call in a test. */
#ifndef CHANNEL_H
#define CHANNEL_H

#include "../../kernel/agent/wire.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum channel_end {
    CHANNEL_ANSWERED,
    CHANNEL_UNKNOWN, /* the agent does not know the request, or could not read it */
    CHANNEL_SILENT,  /* no answer in time, however often it was asked */
    CHANNEL_CLOSED,  /* the other side is gone */
};

struct channel {
    /* Sends a request and waits for its answer, repeating it as the protocol says.  payload: length
     * bytes, at most WIRE_PAYLOAD_MAX.  On CHANNEL_ANSWERED *answer is the answer's payload, valid
     * until the next ask; else it is unchanged.  seconds: how long the agent may take; 0: as long
     * as it likes. */
    enum channel_end (*ask)(struct channel *channel, enum wire_type type, const uint8_t *payload,
                            size_t length, double seconds, const uint8_t **answer,
                            size_t *answer_length);

    /* The same in two halves, so that both sides work at once; NULL: this channel cannot.  begin
     * sends a request; false: the one before is still being done.  finish waits for its answer.  A
     * request that is not finished is done all the same, before the next. */
    bool (*begin)(struct channel *channel, enum wire_type type, const uint8_t *payload,
                  size_t length);
    enum channel_end (*finish)(struct channel *channel, double seconds, const uint8_t **answer,
                               size_t *answer_length);
};

#endif
