/* mailbox.h: the channel through memory that both sides map; the line is only its doorbell.
 * kernel/agent/README.md, "Mailbox". */
#ifndef MAILBOX_H
#define MAILBOX_H

#include "line.h"

struct agent_mailbox; /* kernel/agent/agent.h */

struct mailbox {
    struct channel channel; /* first */
    struct line *line;
    struct agent_mailbox *shared;
    enum wire_type type;              /* of the last request */
    uint8_t answer[WIRE_PAYLOAD_MAX]; /* a copy, that the agent cannot change under us */
    uint64_t slept;                   /* requests for whose answers we slept */
    struct spin spin;
};

/* shared and line are the caller's and outlive the mailbox.  What the guest writes into shared is
 * not believed: an answer with an impossible length or another request's type is CHANNEL_UNKNOWN.
 * A request that was given up (CHANNEL_SILENT) and is still being done takes up the time of the
 * next, which is only put into the mailbox when it is free. */
void mailbox_open(struct mailbox *mailbox, struct agent_mailbox *shared, struct line *line);

#endif
