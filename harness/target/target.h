/* target.h: what can be put in the rig.  A target runs operations on some VMM and lets the checker
 * see its page tables; the checker knows nothing else about it.
 *
 * Physical memory is seen as struct pages (lib/pages.h), one page a frame. */
#ifndef TARGET_H
#define TARGET_H

#include "../case/case.h"
#include "../lib/arena.h"
#include "../lib/pages.h"
#include "../model/pools.h"
#include <stdio.h>

/* What an operation did. */
struct outcome {
    enum op_status status;
    uint32_t va;    /* map: where the region is */
    uint32_t word;  /* read and copy_in: what was read */
    uint32_t error; /* read and write with STATUS_FAULT: the page fault's error code, and CR2 */
    uint32_t cr2;
    uint32_t faults;   /* page faults on the way */
    uint32_t spurious; /* of these, faults on a translation that by its tables allowed the access */
    uint32_t unhelped; /* faults that the VMM said it had handled, and nothing changed */
    bool wrong_error; /* an error code on the way that did not agree with the tables, or a wrong CR2
                       */
};

/* How the run of an operation ended. */
enum end { END_RETURNED, END_PANIC, END_HANG, END_STALE, END_TRIPLE_FAULT, END_RIG };

/* What the VMM asked of the machine since the reset, and what it keeps; for measurements. */
struct target_counts {
    uint64_t stores;          /* of words: entries of tables, and what copy_out wrote */
    uint64_t invlpgs;         /* INVLPG */
    uint64_t cr3_loads;       /* loads of CR3 */
    uint64_t pages;           /* cleared, copied, read from or written to the backing store */
    uint64_t walks;           /* translations that the MMU took from the tables */
    uint64_t structure_bytes; /* of regions, pages and segments, now */
};

/* What holds from one reset to the next. */
struct facts {
    unsigned level_bits;
    uint32_t user_pdes;
    uint32_t ram_frames;     /* frames of `ram` below this are RAM, those after it are the device */
    uint32_t device_frames;  /* device frame 0 is frame ram_frames */
    uint32_t limit;          /* frames that the VMM may allocate after boot */
    uint32_t slots;          /* pages of the backing store */
    uint32_t boot_directory; /* a frame; its kernel half is the template of all others */
    uint32_t kernel_own_pdes[2]; /* entries of the kernel half, from and up to, that the design lets
                                    differ from directory to directory (self-map) */
    bool negative_tlb;           /* caches "not present": spurious faults are not failures */
    bool deferred, copy_fork;
    bool lazy;     /* only a page fault puts a page into the tables, eager or not */
    bool reclaims; /* page tables of other spaces are taken when there is no memory */

    /* It shows no page tables and no frames: regions, contents, and where frames_seen which page
     * is in which frame (present, words) are what can be compared.  ram is empty then, ram_frames
     * how many pages may have a content. */
    bool opaque, frames_seen;
};

enum frame_state { FRAME_FREE, FRAME_PAGE, FRAME_TABLE, FRAME_DIRECTORY };

enum backing { BACKING_PRIVATE, BACKING_SEGMENT, BACKING_DEVICE };

struct region_view {
    uint32_t first, last; /* virtual page numbers, both included */
    uint8_t prot;         /* enum op_prot */
    uint8_t backing;
    uint32_t segment; /* names the segment while it lives */
    uint32_t offset;  /* page of the segment, or device frame, at first */
};

/* What changed in the last operation; owned by the target, valid until the next. */
struct journal {
    const struct journal_word {
        uint32_t pfn, index;
    } * words;               /* words of watched frames */
    const uint32_t *pages;   /* other frames whose content changed */
    const uint32_t *changed; /* frames whose state or count changed */
    uint32_t word_count, page_count, changed_count;
    bool overflow; /* not everything is listed */
};

struct target {
    const struct target_class *class;
    struct facts facts;
    struct pages ram; /* RAM, then device frames */
    enum end
        looking; /* how looking into the VMM ended; a bad end stays until the rig has seen it */
    uint32_t negative_faults; /* since the reset: faults only because "not present" was cached */
    bool impossible;  /* a reset was refused because no machine of this kind can have such a head */
    bool refused;     /* or by a VMM that is there, and cannot do the design */
    const char *what; /* END_* other than END_RETURNED: what happened; a literal */
    char why[160];    /* the same for people, with values */
};

struct target_class {
    /* A fresh machine and VMM, as the head says.  False: not possible with this head, and why says
     * so; or, when what is not NULL, the machine failed, and another try with another is worth it.
     */
    bool (*reset)(struct target *, const struct case_head *);

    /* Runs one operation (not OP_CHECK) and fills outcome. */
    enum end (*run)(struct target *, const struct op *, struct outcome *);

    /* The operations that the next runs will be given, ops[from] to ops[to - 1], by these pointers;
     * those before were run since the reset.  All are valid until the reset.  So they can be run
     * together, beginning now, and each run gives the outcome of its own.  brief: until the last
     * nothing will be looked at but outcomes, pools, segment_id and stale.  NULL: of no use. */
    void (*ahead)(struct target *, const struct op *ops, uint32_t from, uint32_t to, bool brief);

    const struct journal *(*journal)(struct target *);
    void (*watch)(struct target *, uint32_t pfn, bool watched);

    bool (*exists)(struct target *, uint32_t s);
    uint32_t (*directory)(struct target *, uint32_t s);  /* frame; s exists */
    uint32_t (*current)(struct target *);                /* the frame in CR3 */
    uint32_t (*segment_id)(struct target *, uint32_t g); /* 0: the slot is free */
    bool (*region)(struct target *, uint32_t s, uint32_t vpn, struct region_view *);
    enum frame_state (*frame)(struct target *, uint32_t pfn, uint32_t *refs);
    void (*pools)(struct target *, uint32_t free[POOLS]);
    const char *(*invariant)(struct target *);

    /* From here on all that can be looked at is as it is now, also what no journal told; called
     * before everything is compared.  False: looking failed (target->looking). */
    bool (*refresh)(struct target *);

    /* After a divergence: does an independent walk of the page tables agree with ram?  False: no,
     * so the rig is wrong; why says where.  NULL: there is no other opinion. */
    bool (*second_opinion)(struct target *);

    /* The state arena was restored by a copy.  NULL: this target cannot be restored. */
    void (*restored)(struct target *);

    /* Flush debt after an operation, or (everything) a stale entry in the TLB; false: none. */
    bool (*stale)(struct target *, bool everything, uint32_t *vpn);

    /* Of an opaque target.  The first page of s at or after vpn that is in memory or swap,
     * UINT32_MAX when there is none (or target->looking); *frame names its frame, 0 when that is
     * not known or the frame is one that stands for all pages of zeros.  The words of a page that
     * is mapped, whatever its protection, until the next call; NULL: see target->looking. */
    uint32_t (*present)(struct target *, uint32_t s, uint32_t vpn, uint32_t *frame);
    const uint32_t *(*words)(struct target *, uint32_t s, uint32_t vpn);

    /* Ends what the target started; its memory is the arenas'. */
    void (*free)(struct target *);

    /* Whether a reset may have a head of this size, too, instead of only of that which the target
     * was made for; also when it would only be refused.  NULL: no. */
    bool (*fits)(struct target *, const struct case_head *);

    /* NULL: it cannot be told. */
    void (*counts)(struct target *, struct target_counts *);
};

struct remote_host;
struct tape;

/* How targets outside of this process are reached and run. */
struct target_options {
    const char *lane;      /* "ram", "serial" */
    const char *accel;     /* "tcg", "kvm" */
    const char *qemu;      /* the program */
    const char *kernel;    /* path of the image */
    const char *line;      /* serial: path of a terminal or a socket */
    uint64_t baud;         /* of a terminal */
    const char *restart;   /* serial: a shell's command before a machine that has ended is greeted
                            * again; NULL: none */
    const char *gdb;       /* path of a socket on which QEMU serves gdb; NULL: none */
    struct tape *tape;     /* qemu: what the agent is told from its start on (tape.h); NULL: none */
    const char *recording; /* as struct qemu_options has it, for remote_qemu_alone */
    bool rewind;
    bool witness;          /* touch translations before and after what narrows them */
    bool debt;             /* sim: flush debt is kept */
    unsigned hang_seconds; /* longer than this an operation does not take */
    FILE *console;         /* where the kernel's console text goes as it comes; NULL: nowhere */

    /* What provides the machine; NULL: QEMU.  For tests. */
    struct remote_host *(*host)(const struct target_options *, uint32_t ram_frames);
};
extern const struct target_options target_options_default;

struct target_setup {
    const char *name;             /* of the target */
    const struct case_head *head; /* the machine's size */
    uint32_t spaces, segments;    /* slots, 1 to OP_SLOTS */
    const struct target_options *options;
};

/* The names of all targets, for help and for errors; NULL after the last. */
extern const char *const target_names[];
bool target_known(const char *name);

/* Can the checker and pictures see its page tables (not facts.opaque)? */
bool target_shows_tables(const char *name);

/* Is it reached over a channel (remote.h), so that operations had better come in batches? */
bool target_is_remote(const char *name);

/* Why the target named so cannot judge a case, by what the case says; NULL: it can. */
const char *target_unfit(const char *name, const struct test_case *c);

/* A target for setup's head and the heads that differ from it in design, tlb and limit only.
 * Everything that an operation may change lies in state, unless class->restored is NULL.  NULL: it
 * cannot be made; why says why. */
struct target *target_make(struct arena *state, struct arena *scratch,
                           const struct target_setup *setup, char *why, size_t why_size);

/* The simulated machine; sim_target.c. */
struct target *target_sim_make(struct arena *state, struct arena *scratch,
                               const struct target_setup *setup);

/* The host's own kernel; linux_target.c. */
struct target *target_linux_make(struct arena *state, struct arena *scratch,
                                 const struct target_setup *setup, char *why, size_t why_size);
const char *target_linux_unfit(const struct test_case *c);

#endif
