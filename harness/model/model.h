/* model.h: the reference model: what a VMM must do, in the plainest way that can be read as the
 * specification.
 *
 * Per space a sorted array of regions; per page an *identity*: a private page with its content and
 * its holders, a segment's page, or a device frame.  The model is relational: it is shown what an
 * operation answered, says whether that answer is right, and follows it.  It knows nothing of page
 * tables, frames, TLBs, or of when a VMM fills its tables.
 *
 * A private page gets its identity at the first access or at an eager map; before that it is just
 * zero.  After fork both spaces hold the same identity (or, with copy_fork, a copy); a write by one
 * of several holders gives that one a new identity.  fork keeps addresses, so all holders of a
 * private identity hold it at the same page number.
 *
 * Addresses are page numbers (vpn) here unless a name says va. */
#ifndef MODEL_H
#define MODEL_H

#include "../case/op.h"
#include "../lib/arena.h"
#include "../lib/pages.h"

struct model_config {
    unsigned level_bits;
    uint32_t user_pdes;
    uint32_t device_frames;
    uint32_t identities; /* upper limit: frames + slots of the machine */
    uint32_t chunks;     /* page-map chunks: one for each run of 2^level_bits pages of a space or
                            segment that has a page with an identity; no more than
                            (spaces + objects) * user_pdes can be in use */
    uint32_t regions;    /* upper limit of regions in one space; neighbours that differ in nothing
                            count as one when it is reached */
    uint32_t objects;    /* segments alive at once: with a name, or only mapped; below 65536 */
    uint32_t spaces, segments; /* slots in use by the cases, at most OP_SLOTS */
    bool copy_fork;
};

enum model_backing { MODEL_PRIVATE, MODEL_SEGMENT, MODEL_DEVICE };

/* A run of pages [first, last] of one space. */
struct model_region {
    uint32_t first, last;
    uint8_t prot;    /* enum op_prot */
    uint8_t backing; /* enum model_backing */
    uint16_t object; /* index of the segment object; 0 if not a segment */
    uint32_t offset; /* page of the segment, or device frame, at first */
};

/* A page's content and those who hold it.  Identity 0 is none. */
struct model_identity {
    uint32_t holders; /* private: (space, vpn) pairs; segment page: 1 */
    bool evicted;     /* it is in the backing store, in no frame */
};

/* What may look different after an operation: ranges of pages of spaces, for the checker to look
 * at; and identities that died.  When there are too many ranges, all is true. */
enum { EFFECT_RANGES = 64 };
struct effect {
    uint32_t ranges, died_count;
    struct effect_range {
        uint32_t space, first, last;
    } range[EFFECT_RANGES];
    const uint32_t *died; /* until the next operation */
    bool all;
};

/* What the model is told of an operation's answer. */
struct answer {
    enum op_status status;
    uint32_t va;                  /* map: where the region is, in bytes */
    uint32_t word;                /* read and copy_in: what was read */
    const uint32_t *pools_before; /* free before the operation, POOL_* of pools.h; NULL: unknown */
};

/* Why an answer is wrong.  field is one of "status", "address", "word". */
struct objection {
    const char *field;
    uint32_t expected, actual; /* a status, an address, a word */
    char why[120];
};

struct model;

size_t model_bytes(const struct model_config *config);
struct model *model_make(struct arena *arena, const struct model_config *config);

/* Back to empty; costs as much as was used. */
void model_reset(struct model *model, bool copy_fork);

/* Judges an answer and, when it is right, follows it.  False: wrong, the model is unchanged and
 * *objection says why.  effect is always filled (nothing, when the operation failed). */
bool model_step(struct model *model, const struct op *op, const struct answer *answer,
                struct effect *effect, struct objection *objection);

/* The private page vpn of s, which others hold too and which is in memory, was copied before anyone
 * wrote to it: it gets an identity of its own, which is returned; 0: there are none left. */
uint32_t model_unshare(struct model *model, uint32_t s, uint32_t vpn);

/* The status that the operation must have if no allocation fails (for OP_FAULT errors alike). */
enum op_status model_expect(const struct model *model, const struct op *op);

/* The page fault error code that an access that faults for good must show: bits W and U; whether P
 * must be set is for the tables to say. */
uint32_t model_fault_error(const struct op *op);

/* ---- Looking in. ---- */

bool model_exists(const struct model *model, uint32_t s);
uint32_t
model_current(const struct model *model); /* the slot that was switched to, OP_SLOTS: none */
uint32_t model_segment(const struct model *model, uint32_t g); /* object behind the name, or 0 */
uint32_t model_segment_pages(const struct model *model, uint32_t object);

/* The regions of s, sorted; *count of them. */
const struct model_region *model_regions(const struct model *model, uint32_t s, uint32_t *count);

/* The first region of s whose last page is at or after vpn; NULL: none.  seek: the same, faster
 * when the question has nothing to do with the last one. */
const struct model_region *model_region_at_or_after(const struct model *model, uint32_t s,
                                                    uint32_t vpn);
const struct model_region *model_region_seek(const struct model *model, uint32_t s, uint32_t vpn);

/* The identity behind a page of s (private and segment), 0 when it has none yet or is not mapped.
 */
uint32_t model_identity_at(const struct model *model, uint32_t s, uint32_t vpn);
uint32_t model_identity_in(const struct model *model, uint32_t s, const struct model_region *region,
                           uint32_t vpn); /* the same; region is the one of s at vpn */
struct model_identity model_identity(const struct model *model, uint32_t identity);
const struct pages *model_contents(const struct model *model);        /* page = identity */
const struct pages *model_device_contents(const struct model *model); /* page = device frame */

/* The identity of a page of a segment object, 0 when it has none yet; and the first page at or
 * after vpn of a private region of s that has an identity, UINT32_MAX when there is none. */
uint32_t model_segment_identity(const struct model *model, uint32_t object, uint32_t page);
uint32_t model_private_at_or_after(const struct model *model, uint32_t s, uint32_t vpn);

/* Totals: identities in memory, identities evicted. */
uint32_t model_resident(const struct model *model);
uint32_t model_evicted(const struct model *model);

/* The last page that a user may map; the first is 1. */
uint32_t model_user_last(const struct model *model);

#endif
