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
    uint8_t answer[1 + WIRE_PAYLOAD_MAX]; /* a copy, that the agent cannot change under us */
};

void mailbox_open(struct mailbox *mailbox, struct agent_mailbox *shared, struct line *line);

#endif
