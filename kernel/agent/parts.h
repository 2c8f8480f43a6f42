/* parts.h: what the agent's files offer each other.
 *
 *     agent.c    serving: the line, the mailbox, the requests
 *     run.c      RUN: operations are read, run, and their results told
 *     see.c      what an operation changed
 *     witness.c  what the processor still believes after it */
#ifndef AGENT_PARTS_H
#define AGENT_PARTS_H

#include "agent.h"
#include "numbers.h"

enum { PAGE_SHIFT = 12, PAGE_WORDS = 1024, PAGES = 1 << 20, PDE_SHIFT = 22 };

/* Of an entry of a page table or directory, SDM vol. 3A tables 4-5 and 4-6. */
enum { ENTRY_PRESENT = 1, ENTRY_WRITABLE = 2, ENTRY_USER = 4 };

/* An operation, and where its record is written. */
struct record {
    const struct op *op;
    struct agent_outcome *outcome;
    uint32_t flags; /* of RUN; none but with WIRE_SEE */
    struct output *out;
};

/* Most bytes that a record takes besides the words of frames: a result with 6 faults (133), a
 * changed CR3, pools, a name (41), 128 frames (1,538), 16 regions (337), 4 addresses
 * of a witness (21). */
enum { RECORD_MAX = 2112, FRAMES_MAX = 128 };

/* Whose agent this is. */
extern const struct agent_kernel *agent_kernel;

/* The words of a frame, until the next call; zeros when it is outside of memory. */
const uint32_t *agent_peek(uint32_t pfn);

/* RUN, from its payload to its answer's.  False: it is malformed; nothing was done. */
bool run_request(struct input *in, struct output *out);

/* Before a RESET or an operation, or with WIRE_BRIEF all of them; after a RESET.  flags: of RUN.
 * frames: that the VMM owns, from the first free one. */
void see_begin(uint32_t flags);
void see_reset(uint32_t frames, uint32_t boot_directory);

/* After an operation, with WIRE_SEE.  False: not all could be told, and the rig will look. */
bool see_after(const struct record *record);

/* The same with WIRE_BRIEF, where status is the byte that says what is present; after the last. */
void see_brief(const struct record *record, uint8_t *status);
void see_last(const struct record *record);

/* A frame's state and references. */
void see_frame(uint32_t state, uint32_t refs, struct output *out);

/* CR3 and the pools as they are: the rig knows them from now on. */
void see_cr3(struct output *out);
void see_pools(struct output *out);

/* The regions from vpn on that begin at or before last, at most WIRE_REGIONS_MAX.  Returns the page
 * after them. */
uint32_t see_regions(uint32_t s, uint32_t vpn, uint32_t last, struct output *out);

/* The words of a frame that are not zero.  False, and nothing is written: afterwards there might be
 * less room than `spare`. */
bool see_frame_words(const uint32_t *words, size_t spare, struct output *out);

/* Before an operation; after it: what is stale, false when nothing is. */
void witness_before(const struct record *record);
bool witness_tell(struct output *out);

#endif
