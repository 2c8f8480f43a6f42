/* conform_private.h: what the checks share.
 *
 *     conform.c   the list of checks
 *     talk.c      requests that must be answered, or must not; bytes and frames as they are
 *     world.c     all that an agent can be asked, and a copy that follows what it tells
 *     frames.c    checks of frames, repetition, requests that cannot be
 *     looks.c     checks of what can be looked at, and of RESET
 *     record.c    an operation's record is read, and followed
 *     runs.c      checks of RUN
 *     many.c      and of MANY
 *
 * A check returns true, or says in conform.why what it expected. */
#ifndef CONFORM_PRIVATE_H
#define CONFORM_PRIVATE_H

#include "../lib/pages.h"
#include "../target/remote_hello.h"
#include "conform.h"

enum { FRAMES_MOST = 256 };

/* A request while it is made. */
struct payload {
    uint8_t bytes[WIRE_PAYLOAD_MAX + 64];
    size_t length;
};

/* What is looked at: frames of the VMM and of the device, by their numbers from hello.free_first.
 */
struct world {
    uint32_t cr3, pools[WIRE_POOLS], spaces[OP_SLOTS], segments[OP_SLOTS];
    uint32_t *frames; /* state and references, as FRAMES tells them */
    struct pages memory;
};

/* Regions that the last record told. */
struct told_region {
    uint32_t first, last, offset, segment;
    uint8_t kind; /* protection, backing */
};
struct told_regions {
    bool is;
    uint32_t count;
    struct told_region at[WIRE_REGIONS_MAX];
};

struct conform {
    struct line *line;
    struct channel *channel;
    double seconds;
    const struct design *design;
    struct hello hello;
    uint8_t choices[AGENT_AXES_MAX]; /* of the agent's axes, for the design */
    uint32_t frames, slots, axes;    /* that RESET asks for */
    uint32_t boot, own_from, own_to; /* that it answered */
    struct world told, seen, fresh;  /* fresh: after a RESET that others follow */
    struct told_regions regions;
    uint32_t overflows, records; /* that did not tell all; of all */
    char why[400];
};

/* ---- talk.c ---- */

__attribute__((format(printf, 2, 3))) bool wrong(struct conform *c, const char *format, ...);

void put(struct payload *p, uint32_t number);
void put_octet(struct payload *p, uint8_t byte);
void put_op(struct payload *p, const struct op *op);

/* The answer must come, and be that type's. */
bool ask(struct conform *c, enum wire_type type, const struct payload *p, struct wire_reader *r);
bool ask_two(struct conform *c, enum wire_type type, uint32_t a, uint32_t b, struct wire_reader *r);

/* It must be UNKNOWN.  what: of the request. */
bool ask_in_vain(struct conform *c, enum wire_type type, const struct payload *p, const char *what);

/* All was read and nothing was cut off.  what: of the answer. */
bool complete(struct conform *c, const struct wire_reader *r, const char *what);

/* A frame's bytes, and where they go. */
struct bytes {
    uint8_t at[2 * WIRE_FRAME_MAX + 64];
    size_t count;
};
void add_frame(struct bytes *b, uint8_t type, uint8_t sequence, const struct payload *p);
void add_byte(struct bytes *b, uint8_t byte);
bool send_bytes(struct conform *c, const struct bytes *b);

/* A frame that has come. */
struct got {
    uint8_t type, sequence;
    size_t length;
    uint8_t payload[WIRE_PAYLOAD_MAX];
};
bool no_frame(struct conform *c); /* for a moment */

/* The next must be the answer to a request, or REFUSED. */
bool next_answer(struct conform *c, struct got *got, uint8_t type, uint8_t sequence);
bool next_refused(struct conform *c);

/* Nothing of before is on the line any more; returns a sequence number that was not used. */
uint8_t quiet(struct conform *c);

/* ---- world.c ---- */

bool world_make(struct conform *c, struct world *w);
void world_free(struct world *w);
void world_copy(struct conform *c, struct world *to, const struct world *from);

/* RESET, and everything is looked at: told is what is seen. */
bool reset(struct conform *c);
bool reset_alone(struct conform *c, struct payload *answer); /* and its answer */
void put_reset(const struct conform *c, struct payload *p, uint32_t frames);
bool look(struct conform *c, struct world *w);

/* In which range a frame is that is looked at, or none. */
bool is_looked_at(const struct conform *c, uint32_t pfn);

/* where: for people.  same_world: all three. */
bool same_world(struct conform *c, const struct world *a, const struct world *b, const char *where);
bool same_memory(struct conform *c, const struct world *a, const struct world *b,
                 const char *where);
bool same_frames(struct conform *c, const struct world *a, const struct world *b,
                 const char *where);
bool same_names(struct conform *c, const struct world *a, const struct world *b, const char *where);

/* ---- record.c ---- */

struct result {
    uint32_t status, va, word, faults;
    struct {
        uint32_t error, cr2, before, after;
    } fault[WIRE_FAULTS_MAX];
};

/* An operation's record with these flags; what it tells is done to c->told.  *overflow: not all. */
bool read_record(struct conform *c, struct wire_reader *r, const struct op *op, uint32_t flags,
                 struct result *result, bool *overflow);

/* A region, told after one that ended before page `from`. */
struct told_region read_region(struct wire_reader *r, uint32_t from);

/* Behind the last with BRIEF. */
bool read_last(struct conform *c, struct wire_reader *r, uint32_t *top);

/* ---- frames.c ---- */

/* Is HELLO answered, as it can be? */
bool is_there(struct conform *c);

/* ---- the checks ---- */

bool check_hello(struct conform *c);
bool check_hello_again(struct conform *c);
bool check_noise(struct conform *c);
bool check_damage(struct conform *c);
bool check_wrong_length(struct conform *c);
bool check_cut_off(struct conform *c);
bool check_starts(struct conform *c);
bool check_repetition(struct conform *c);
bool check_other_type(struct conform *c);
bool check_forgets(struct conform *c);
bool check_longest(struct conform *c);
bool check_unknown_type(struct conform *c);
bool check_bad_payloads(struct conform *c);

bool check_reset(struct conform *c);
bool check_reset_again(struct conform *c);
bool check_reset_refused(struct conform *c);
bool check_reset_choices(struct conform *c);
bool check_read(struct conform *c);
bool check_compare(struct conform *c);
bool check_no_such_slot(struct conform *c);

bool check_run_nothing(struct conform *c);
bool check_run_bad(struct conform *c);
bool check_results(struct conform *c);
bool check_fault(struct conform *c);
bool check_see(struct conform *c);
bool check_memory(struct conform *c);
bool check_brief(struct conform *c);
bool check_witness(struct conform *c);
bool check_used_reset(struct conform *c);
bool check_many(struct conform *c);
bool check_many_hello(struct conform *c);
bool check_many_ends(struct conform *c);

#endif
