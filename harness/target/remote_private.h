/* remote_private.h: the state of a remote target, and what its files do for each other.
 *
 *      remote.c          making; asking the agent; how it ended
 *      remote_hello.c    what the agent says of itself
 *      remote_reset.c    a fresh VMM, and whether it is one
 *      remote_run.c      an operation: what is told of it
 *      remote_ahead.c    operations in batches: requests and records
 *      remote_mirror.c   the mirror of physical memory: what is watched, touched, compared, read
 *      remote_regions.c  region lists as they were told
 *      remote_look.c     the rest of what the checker asks
 *
 * What the checker sees is what this process remembers: the mirror, and what the agent told.  An
 * operation brings up to date what it may have changed by its own account; refresh everything. */
#ifndef REMOTE_PRIVATE_H
#define REMOTE_PRIVATE_H

#include "../lib/walk.h"
#include "remote.h"
#include "remote_hello.h"

enum {
    REMOTE_BITS = 10, /* of the i386: 1 << bits words a page, and entries a table */
    REMOTE_WORDS = 1 << REMOTE_BITS,
    REMOTE_PAGE_BYTES = 4 * REMOTE_WORDS,
};

/* Frames, each once. */
struct frame_list {
    uint32_t *at, count;
    uint32_t *place; /* by frame: where in the list, plus 1; 0: it is not in it */
};

/* The regions of a space, ascending. */
struct region_list {
    struct region_view *at; /* malloc */
    uint32_t count, capacity;
    bool known;
};

struct frame_told {
    uint8_t state; /* enum frame_state */
    uint32_t refs;
};

/* What a look is of. */
struct look {
    bool spaces[OP_SLOTS]; /* whose regions */
    uint32_t top;          /* 1 more than the highest frame of the VMM's */
    uint32_t touched;      /* so many frames of struct remote_target's list */
};

/* The first batch after a reset; few enough that their records fit into an answer. */
enum { AHEAD_FIRST = 64 };

/* Operations in batches; remote_ahead.c. */
struct ahead {
    const struct op *ops;       /* since the reset */
    uint32_t done, to;          /* so many were done, as far as the rig is told; up to here they are
                                   announced; to: 0: nothing is */
    uint32_t singly;            /* up to here one by one; 0: not so */
    bool brief;                 /* announced: nothing will be looked at before */
    uint32_t waiting;           /* records that the rig has not taken */
    uint32_t begun;             /* operations after these, which the guest was sent */
    struct look look;           /* what was asked for along with them; top: 0: nothing */
    struct wire_reader records; /* these, in answer */
    uint8_t flags;              /* with which they were asked for */
    uint32_t likely;            /* so many an answer may have room for */
    uint8_t answer[WIRE_PAYLOAD_MAX];
};

/* Requests in one, and their answers; remote.c. */
struct many {
    uint8_t request[4096], answer[WIRE_PAYLOAD_MAX];
    uint32_t wanted; /* in request */
    size_t length;
    uint32_t coming;      /* that were sent */
    uint32_t answered;    /* that were not taken */
    const uint8_t *asked; /* the first of these, in request */
    struct wire_reader answers;
};

struct remote_target {
    struct target base;
    struct remote_host *host;
    struct channel *channel; /* NULL: the machine has ended, or there was none yet */
    bool fresh;              /* it was not reset yet */
    enum end end;            /* how the last machine ended */
    struct hello hello;
    uint32_t spaces, segments; /* slots */
    uint32_t frames_owned;     /* by the VMM since the reset, from hello.free_first */
    double seconds;            /* that an answer may take */
    uint8_t flags;             /* of RUN */
    struct case_head head;     /* of the last reset */
    struct ahead ahead;
    struct many many;
    bool behind; /* what frames the VMM has used since the reset is not all known */

    struct look look; /* what was asked for along with the last batch, and came; top: 0: nothing */

    const uint8_t *memory; /* the guest's, as this process maps it; NULL: it does not */
    size_t memory_bytes;

    /* What was told. */
    uint32_t cr3, pools[POOLS], directories[OP_SLOTS], segment_ids[OP_SLOTS];
    struct frame_told *frames;
    struct region_list regions[OP_SLOTS];
    bool stale; /* the last operation left a stale translation, of this page */
    uint32_t stale_vpn;
    bool invariant_known; /* since the last operation; empty: it holds */
    char invariant[64];

    /* The mirror.  touched: frames that may be anything but free and zero; they are all that
     * refresh looks at, and a reset clears.  Kernel: the boot directory and the tables of its half
     * of the addresses. */
    struct frame_list touched, watched, kernel;
    uint32_t *scratch;                 /* frames to be compared */
    uint32_t powers[REMOTE_WORDS + 1]; /* of the prime that sums are made with */
    bool silent;                       /* what differs is not for the journal */

    /* The journal of the last operation. */
    struct journal journal;
    struct journal_word *words;
    struct frame_list pages, changed;
    bool compared;          /* memory was compared for it */
    bool looked;            /* everything was looked at after it */
    uint32_t written_space; /* the word that it wrote is there; OP_SLOTS: it wrote none */
    uint32_t written_va;

    /* What the kernel's tables were like after the first reset with each design. */
    struct kernel_seen {
        uint64_t hash;
        uint32_t ram; /* 0: not seen yet */
    } * kernels;
};

static inline struct remote_target *remote_of(struct target *target)
{
    return (struct remote_target *)target;
}

/* ---- remote.c ---- */

/* Starts a machine, if there is none, and greets its agent.  False: t->base.why says why. */
bool remote_begin(struct remote_target *t);

/* False: the machine has ended, as t->end says.  Else *answer is the payload. */
bool remote_ask(struct remote_target *t, enum wire_type type, const uint8_t *payload, size_t length,
                struct wire_reader *answer);

/* The same in two halves.  remote_send: false: it was not sent, since the channel cannot. */
bool remote_send(struct remote_target *t, enum wire_type type, const uint8_t *payload,
                 size_t length);
bool remote_receive(struct remote_target *t, struct wire_reader *answer);

/* Asks for many things at once (MANY): remote_want what will be asked for, remote_fetch it, and
 * remote_ask for it in the same order.  An agent that cannot do it is asked one by one, and so it
 * is when there was no room.  False: the machine has ended. */
void remote_want(struct remote_target *t, enum wire_type type, const uint8_t *payload,
                 size_t length);
void remote_want_numbers(struct remote_target *t, enum wire_type type, uint32_t a, uint32_t b);
bool remote_fetch(struct remote_target *t);

/* The same in two halves, for an agent that can do it: remote_fetch_begin as remote_send.
 * remote_next: the next answer, whatever it is to.  False: there is none. */
bool remote_fetch_begin(struct remote_target *t);
bool remote_fetch_end(struct remote_target *t);
bool remote_next(struct remote_target *t, struct wire_reader *answer);

/* False, after ending the machine: its agent's answer cannot be.  what: a literal. */
bool remote_nonsense(struct remote_target *t, const char *what);

/* Outside of an operation: what ended badly is what t->base.looking says. */
static inline bool remote_looked(struct remote_target *t, bool good)
{
    if (!good)
        t->base.looking = t->end;
    return good;
}

/* ---- remote_reset.c, remote_run.c: target_class.reset and run ---- */
bool remote_reset(struct target *target, const struct case_head *head);
bool remote_fits(struct target *target, const struct case_head *head); /* class->fits */
enum end remote_run(struct target *target, const struct op *op, struct outcome *outcome);

/* A fresh VMM; *answer is what it answers. */
bool reset_ask(struct remote_target *t, const struct case_head *head, struct wire_reader *answer);

/* ---- remote_ahead.c ---- */

void remote_ahead(struct target *target, const struct op *ops, uint32_t from, uint32_t to,
                  bool brief); /* class->ahead */

/* The record of op, which is run for it unless it was already.  NULL: the machine ended.  When it
 * is read: ahead_took.  False: the machine was wrong. */
struct wire_reader *ahead_record(struct remote_target *t, const struct op *op);
bool ahead_took(struct remote_target *t);

/* Nothing waits and nothing is begun any more; the machine may have ended. */
void ahead_drop(struct remote_target *t);

/* Before looking: the guest is where the rig is from now on.  False: the machine ended. */
bool ahead_settle(struct remote_target *t);

/* ---- remote_mirror.c ---- */

void mirror_make(struct remote_target *t, struct arena *arena);
void list_add(struct frame_list *list, uint32_t pfn);
void list_clear(struct frame_list *list);

/* A frame's words have come, or some may have changed. */
void mirror_page(struct remote_target *t, uint32_t pfn, const uint32_t *words);
void mirror_word(struct remote_target *t, uint32_t pfn, uint32_t index, uint32_t word);

/* Words of a frame from an answer. */
void mirror_told(struct remote_target *t, uint32_t pfn, struct wire_reader *r);

/* Touches the frames of which nobody tells that they change: the kernel's and the device's. */
void mirror_touch_untold(struct remote_target *t);

/* Touches the frames of the VMM up to, not including, top. */
void mirror_touch_below(struct remote_target *t, uint32_t top);

/* Wants (remote_want) what mirror_update will ask for first. */
void mirror_want(struct remote_target *t, const uint32_t *frames, uint32_t count);

/* Brings frames up to date.  False: the machine ended. */
bool mirror_update(struct remote_target *t, const uint32_t *frames, uint32_t count);

void mirror_journal_clear(struct remote_target *t);
const struct journal *mirror_journal(struct target *target);
void mirror_watch(struct target *target, uint32_t pfn, bool watched);

/* ---- remote_regions.c ---- */

void regions_forget(struct remote_target *t, uint32_t s);
void regions_free(struct remote_target *t);

/* The regions around [first, last] of s, as an operation tells them. */
void regions_told(struct remote_target *t, uint32_t s, uint32_t first, uint32_t last,
                  struct wire_reader *r);
/* Asks for all regions of s, which exists. */
bool regions_learn(struct remote_target *t, uint32_t s);

/* All regions of s, which is new. */
void regions_told_all(struct remote_target *t, uint32_t s, struct wire_reader *r);
bool regions_find(struct target *target, uint32_t s, uint32_t vpn, struct region_view *view);

/* ---- remote_look.c ---- */

/* NAMES; FRAMES from `from` up to, not including, `to`. */
bool look_names(struct remote_target *t);
bool look_frames(struct remote_target *t, uint32_t from, uint32_t to);
struct frame_told look_frame(struct wire_reader *r); /* one of them */

/* Wants (remote_want) what look_everything will ask for after so many operations. */
struct look look_want(struct remote_target *t, const struct op *ops, uint32_t count);
bool look_everything(struct target *target);      /* target_class.refresh */
uint32_t look_top(const struct remote_target *t); /* frames of the VMM from here up were not used */

extern const struct target_class remote_class;

#endif
