/* check_private.h: the checker's own state, and what its files do for each other.
 *
 *      rig.c      one world: making, resetting, stepping
 *      answer.c   the answer of an operation, judged: RESULT ACCESS
 *      shadow.c   page tables as last seen; what changed in them
 *      entry.c    one translation, judged: STRAY PROTECTION ALIAS SPLIT
 *      frames.c   frames and contents: FRAMES CONTENT
 *      regions.c  region lists: REGIONS
 *      opaque.c   all of these, of a target that shows no page tables
 *      step.c     after one operation, what it may have changed
 *      all.c      everything
 *
 * The checker keeps a verified copy (*shadow*) of every page directory and page table, so that it
 * looks only at what differs from it, and remembers which frame shows which identity of the model.
 */
#ifndef CHECK_PRIVATE_H
#define CHECK_PRIVATE_H

#include "../lib/arena.h"
#include "../lib/walk.h"
#include "rig.h"

enum role { ROLE_NONE, ROLE_DIRECTORY, ROLE_TABLE, ROLE_KERNEL };

enum { NO_VPN = UINT32_MAX, NO_FRAME = UINT32_MAX };

/* A space as the page tables have it. */
struct space_seen {
    bool exists;
    uint32_t directory;
    /* update=deferred: pages whose translations may be out of date until the space is used, and
     * pages that must be there then. */
    uint32_t pending_first, pending_last, eager_first, eager_last;
};

/* What a table is part of. */
struct table_seen {
    uint8_t role; /* enum role */
    uint8_t space;
    uint16_t pde;
};

struct rig {
    struct rig_config config;
    struct arena state, scratch;
    struct case_head made_for;
    struct target *target;
    size_t target_end; /* of the state arena: what comes after it are the judges */
    bool hopeless;     /* the last reset failed on a new machine */
    struct model *model;

    struct pages shadow;       /* page = frame; accessed and dirty bits left out */
    struct table_seen *tables; /* by frame */
    uint32_t *identity_of;     /* by frame; 0: none */
    uint32_t *frame_of;        /* by identity; 0: none known */
    uint32_t identities;
    uint32_t *object_of; /* the model's segment object -> the target's name for it */
    uint32_t objects;
    struct space_seen spaces[OP_SLOTS];
    uint32_t directories, table_count; /* in use, without the kernel's */
    uint32_t frames_top;               /* frames from here up were never a table nor bound */
    uint32_t identities_top;

    uint32_t free[POOLS], most[POOLS]; /* what the target has now, and had at the reset */
    struct opaque *opaque;             /* of an opaque target; opaque.c */
    bool rebuilding;                   /* tables are read, not judged */
    uint32_t ignored;                  /* oracles, by bits */
    uint32_t content_seen;             /* the frame whose content was compared last, and is right;
                                          forgotten before memory may change */
    uint32_t left; /* the frame that a page has left which was copied early, yet to be judged; 0 */
    bool frames_later; /* frames are judged when all translations have been */

    const struct op *ahead;           /* what is to come since the reset; NULL: not known */
    uint32_t ahead_count, ahead_told; /* operations; of which the target knows */

    uint32_t done;          /* operations since the reset */
    uint32_t checked_all;   /* done when everything was compared last */
    bool compared;          /* everything, and nothing was done since */
    struct outcome outcome; /* of the last operation */
    uint32_t did;           /* 1 << its code when it was done, else 0 */
    const struct op *op;    /* in progress; NULL: reset or end */
    const struct effect
        *effect; /* of this operation, while its pages are yet to be judged; or NULL */
    struct finding *finding;
};

/* Fills the finding and returns false; or true when the oracle is ignored, so that who looks goes
 * on. diverged_for_good: false also then, because nobody can go on.  field is a literal.  All of
 * this is rare: `cold` keeps it out of the way of what runs at every operation. */
#define COLD __attribute__((cold))
COLD bool diverged(struct rig *rig, enum oracle oracle, const char *field);
COLD bool diverged_for_good(struct rig *rig, enum oracle oracle, const char *field);
COLD __attribute__((format(printf, 2, 3))) void finding_where(struct rig *rig, const char *format,
                                                              ...);
COLD __attribute__((format(printf, 2, 3))) void finding_expected(struct rig *rig,
                                                                 const char *format, ...);
COLD __attribute__((format(printf, 2, 3))) void finding_actual(struct rig *rig, const char *format,
                                                               ...);
COLD void finding_page(struct rig *rig, uint32_t s, uint32_t vpn); /* where: s0 0x1000 */
COLD const char *entry_text(uint32_t entry, char buffer[64]);

static inline uint32_t page_shift(const struct rig *rig)
{
    return rig->target->facts.level_bits + 2u;
}

/* shadow.c.  All return false when they diverged. */
bool shadow_add_space(struct rig *rig, uint32_t s);
void shadow_remove_space(struct rig *rig, uint32_t s);
void shadow_forget(struct rig *rig);
void shadow_word_gone(struct rig *rig, uint32_t pfn, uint32_t index);
void shadow_page_gone(struct rig *rig, uint32_t pfn); /* before shadow_word and shadow_page */
void shadow_tables_gone(struct rig *rig);             /* that of all directories */
bool shadow_word(struct rig *rig, uint32_t pfn, uint32_t index); /* it may have changed */
bool shadow_page(struct rig *rig, uint32_t pfn);                 /* all of it may have */
bool shadow_kernel(struct rig *rig);                             /* at reset */
bool shadow_kernel_table(struct rig *rig, uint32_t pfn);         /* its entries, now */
uint32_t shadow_entry(const struct rig *rig, uint32_t s, uint32_t vpn);

/* entry_judge of every translation of the range. */
bool shadow_judge(struct rig *rig, uint32_t s, uint32_t first, uint32_t last);

/* entry.c */
bool entry_judge(struct rig *rig, uint32_t s, uint32_t vpn, uint32_t entry);
bool entry_changed(struct rig *rig, uint32_t s, uint32_t vpn, uint32_t entry); /* unless pending */
void space_pending(struct rig *rig, uint32_t s, uint32_t first, uint32_t last);
void space_settled(struct space_seen *space);

/* frames.c */
bool frame_bind(struct rig *rig, uint32_t identity, uint32_t pfn);
void frame_unbind(struct rig *rig, uint32_t identity);
bool frame_judge(struct rig *rig, uint32_t pfn);
bool frame_content(struct rig *rig, uint32_t pfn);
bool frame_census(struct rig *rig);

/* regions.c: regions of s that touch [first, last], and their neighbours. */
bool regions_judge(struct rig *rig, uint32_t s, uint32_t first, uint32_t last);

/* opaque.c: instead of check_step and check_all. */
void opaque_make(struct rig *rig);
bool opaque_step(struct rig *rig, const struct effect *effect);
bool opaque_all(struct rig *rig);

/* answer.c: the model steps, if it has no objection that is heard. */
bool answer_follow(struct rig *rig, struct answer *answer, struct effect *effect);

/* step.c, all.c */
bool check_step(struct rig *rig, const struct effect *effect);
bool check_later(struct rig *rig, const struct effect *effect); /* instead of check_step */
bool check_rebuilt(struct rig *rig);                            /* check_all after check_later */
bool check_stale(struct rig *rig, bool everything);
bool check_current(struct rig *rig);
bool check_seen(struct rig *rig); /* everything, as far as the target has told of it */
bool check_all(struct rig *rig);

#endif
