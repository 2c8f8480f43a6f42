/* remote_hello.h: what an agent says of itself in answer to HELLO. */
#ifndef REMOTE_HELLO_H
#define REMOTE_HELLO_H

#include "../case/case.h"
#include "remote_wire.h"

/* What a rig can mirror: 512 MiB. */
enum { REMOTE_FRAMES_MAX = 1 << 17 };

enum { AGENT_AXES_MAX = 16 };

struct hello {
    uint32_t version, features, user_pdes;
    uint32_t free_first, free_frames;     /* RAM that the VMM may own */
    uint32_t device_first, device_frames; /* not below it */
    uint32_t slots;                       /* of the backing store, at most */
    uint32_t mailbox;                     /* physical address; 0: none */
    char name[64], designs[512];
};

/* Frames that can be looked at. */
static inline uint32_t hello_frames(const struct hello *hello)
{
    return hello->device_first + hello->device_frames;
}

/* From an answer's payload.  False: the agent cannot be worked with; why says why. */
bool hello_read(struct hello *hello, const uint8_t *payload, size_t length, char *why,
                size_t why_size);

/* RESET's bytes for a design: for each of the agent's axes the position, in its list, of the choice
 * of the same name.  An axis that only the agent knows has its first choice; one that it lacks must
 * be at its default.  False: the agent cannot do the design; why says why. */
bool hello_design(const struct hello *hello, const struct design *design,
                  uint8_t choice[AGENT_AXES_MAX], uint32_t *axes, char *why, size_t why_size);

#endif
