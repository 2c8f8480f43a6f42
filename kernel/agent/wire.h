/* wire.h: the numbers of the protocol between a rig and an agent, for both sides.  README.md says
 * what they mean; this is its table in C.  Includes nothing. */
#ifndef AGENT_WIRE_H
#define AGENT_WIRE_H

enum { WIRE_VERSION = 5 };

/* Around frames on the line, and inside of them before what must not appear there. */
enum {
    WIRE_START = 0xc0,
    WIRE_END = 0xc1,
    WIRE_ESCAPE = 0xdb, /* followed by the byte ^ WIRE_ESCAPED */
    WIRE_ESCAPED = 0x20,
};

/* The rig fills up with WIRE_END what it sends to a multiple of so many bytes: the receiver of a
 * 16550 announces 14 bytes at once, and fewer late. */
enum { WIRE_GROUP = 14 };

/* A frame's content before escaping: type, sequence number, length (16 bits), payload, CRC-32. */
enum {
    WIRE_HEADER_BYTES = 4,
    WIRE_CRC_BYTES = 4,
    WIRE_PAYLOAD_MAX = 8192, /* the words of any frame fit */
    WIRE_FRAME_MAX = WIRE_HEADER_BYTES + WIRE_PAYLOAD_MAX + WIRE_CRC_BYTES,
};

/* Types.  Requests are the rig's; the answer to a request is its type with WIRE_ANSWER set. */
enum wire_type {
    WIRE_HELLO = 0x01,
    WIRE_RESET = 0x02,
    WIRE_RUN = 0x03,
    WIRE_READ = 0x04,
    WIRE_REGIONS = 0x05,
    WIRE_FRAMES = 0x06,
    WIRE_NAMES = 0x07,
    WIRE_INVARIANT = 0x08,
    WIRE_LEAVE = 0x09,
    WIRE_MANY = 0x0a,
    WIRE_COMPARE = 0x0c,
    WIRE_ANSWER = 0x80,
    WIRE_REFUSED = 0xfe, /* a frame arrived that is damaged: send it again */
    WIRE_UNKNOWN = 0xff, /* a request that this agent does not know, or cannot read */
};

/* HELLO: what the agent can do. */
enum {
    WIRE_HAS_MAILBOX = 1 << 0,
    WIRE_HAS_TOUCH = 1 << 1, /* a witness: accesses that nobody repairs */
    WIRE_HAS_MANY = 1 << 2,  /* requests in one */
};

/* RUN: what is told after each operation besides its result. */
enum {
    WIRE_SEE = 1 << 0,     /* what changed, as the VMM tells it */
    WIRE_MEMORY = 1 << 1,  /* and the words that changed, for a rig that cannot look */
    WIRE_WITNESS = 1 << 2, /* translations are used before, and after if they were narrowed */
    WIRE_BRIEF = 1 << 3,   /* most of it once for all operations, after the last record */
};

/* RUN, with WIRE_SEE: parts of an operation's record, each present when its bit is set. */
enum {
    WIRE_SEEN_CR3 = 1 << 0,      /* differs from what was told last */
    WIRE_SEEN_POOLS = 1 << 1,    /* those that differ */
    WIRE_SEEN_FRAMES = 1 << 2,   /* changed frames */
    WIRE_SEEN_NAME = 1 << 3,     /* of the new space's directory, or of the new segment */
    WIRE_SEEN_REGIONS = 1 << 4,  /* around the range of the operation, or of the new space */
    WIRE_SEEN_WORDS = 1 << 5,    /* changed words, with WIRE_MEMORY */
    WIRE_SEEN_WITNESS = 1 << 6,  /* stale translations, with WIRE_WITNESS */
    WIRE_SEEN_OVERFLOW = 1 << 7, /* not all is told: look at everything */
};

/* With WIRE_BRIEF a record has no byte of its own for them: they stand above the status. */
enum {
    WIRE_BRIEF_POOLS = 1 << 3,
    WIRE_BRIEF_NAME = 1 << 4,
    WIRE_BRIEF_WITNESS = 1 << 5,
    WIRE_BRIEF_ALL = WIRE_BRIEF_POOLS | WIRE_BRIEF_NAME | WIRE_BRIEF_WITNESS,
};

enum {
    WIRE_OPS_MAX = 1024,   /* of one RUN */
    WIRE_MANY_MAX = 256,   /* requests in one */
    WIRE_TEXT_MAX = 1000,  /* bytes of a text */
    WIRE_POOLS = 6,        /* frames, pages, regions, segments, slots, tables */
    WIRE_FAULTS_MAX = 6,   /* of one access; one that needs more does not end */
    WIRE_REGIONS_MAX = 16, /* in one answer */
    WIRE_WITNESS_MAX = 4,  /* pages used for one operation */
    WIRE_STATE_BITS = 2,   /* of a frame; its references are above them */
};

#endif
