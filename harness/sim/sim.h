/* sim.h: the simulated machine: RAM, a 2-level MMU with CR0.WP and accessed and dirty bits, a TLB,
 * a backing store, and the obligation to flush.  It provides vmm/machine.h to the VMM that runs on
 * it.
 *
 * What is simulated, from the Intel SDM vol. 3A chapter 4:
 *   - a walk through CR3 sets the accessed bits on the way, and the dirty bit on a write (4.8);
 *   - rights are those of both levels together; CR0.WP = 1, so the supervisor too may not write to
 * a read-only page (4.6); error codes as in 4.7;
 *   - the TLB caches translations as its personality says; nothing but INVLPG, a CR3 load and, for
 *     its own address, a page fault removes them (4.10.4.1); a translation cached with D = 0 is
 *     walked again at a write.
 *
 * Flush debt: a store by the supervisor that removes, moves or narrows a present entry of the
 * directory in CR3, or of a table that this directory names, owes an INVLPG of each address
 * concerned (for a directory entry: of each page that its table has, and in any case of one page,
 * whichever) or a CR3 load (4.10.3, 4.10.4.2, 4.10.4.3).  Debt outstanding when the operation
 * returns, or an access of the supervisor through an address in debt, is STALE.  This needs no TLB
 * and is always on.
 *
 * One machine is active at a time in a process: that on which machine_*() work.  All state that
 * survives an operation lies in the `state` arena; journals and the TLB lie in `scratch`. */
#ifndef SIM_H
#define SIM_H

#include "../../vmm/machine.h"
#include "../lib/arena.h"
#include "../lib/pages.h"

/* As in harness/case/case.h, which this folder does not need to know: typical, paranoid, negative,
 * none. */
enum sim_tlb { SIM_TLB_TYPICAL, SIM_TLB_PARANOID, SIM_TLB_NEGATIVE, SIM_TLB_NONE };

/* RAM is frames 0 to ram_frames - 1.  Frame 0 is never used; frame 1 is the boot directory, whose
 * entry user_pdes names frame 2, the table that maps the kernel's image.  The VMM owns the rest.
 * Device frames come after RAM. */
struct sim_config {
    unsigned level_bits;
    uint32_t user_pdes; /* 768 for 10 level bits, half of the directory for fewer than 5, ... */
    uint32_t ram_frames, device_frames, backing_slots;
    enum sim_tlb tlb;
    bool no_debt;          /* flush debt is not kept */
    unsigned hang_seconds; /* of processor time: longer than this no call takes */
};

enum { SIM_DIRECTORY = 1, SIM_IMAGE_TABLE = 2, SIM_FREE_FIRST = 3 };

enum sim_end {
    SIM_RETURNED,
    SIM_PANIC,        /* machine_panic, SIGSEGV and its like, or a page fault of the VMM's own */
    SIM_HANG,         /* too many machine operations, or too much time, for one operation */
    SIM_STALE,        /* the supervisor used a translation in debt */
    SIM_TRIPLE_FAULT, /* the directory or the tables do not lie in RAM */
};

/* What changed since sim_journal_clear.  Lists have no duplicates but words. */
struct sim_journal {
    struct sim_word {
        pfn_t pfn;
        uint32_t index;
    } * words;    /* stores of the supervisor into watched frames */
    pfn_t *pages; /* frames changed otherwise: cleared, copied to, or not watched (also by users) */
    pfn_t *changed; /* machine_frame_changed */
    uint32_t word_count, page_count, changed_count;
    bool overflow; /* words did not fit: look at everything */
};

/* What the VMM asked of the machine since the reset, and what it cost the MMU; for measurements. */
struct sim_counts {
    uint64_t stores;    /* machine_store */
    uint64_t invlpgs;   /* machine_invlpg */
    uint64_t cr3_loads; /* machine_load_cr3 */
    uint64_t pages;     /* cleared, copied, read from or written to the backing store */
    uint64_t walks;     /* translations that came from the tables, since the TLB had none */
};

struct sim {
    struct sim_config config;
    struct machine machine; /* what vmm_init is to be told */
    struct pages ram;       /* RAM, then the device frames */
    struct sim_journal journal;
    const char *what; /* of the last end but SIM_RETURNED; a literal */
    uint32_t value;
    uint32_t negative_faults; /* faults caused only by a cached "not present"; never a failure */
    struct sim_private *private;
};

size_t sim_state_bytes(const struct sim_config *config);
size_t sim_scratch_bytes(const struct sim_config *config);

/* A machine as it is at boot, paging off.  The sim itself lies in state. */
struct sim *sim_make(struct arena *state, struct arena *scratch, const struct sim_config *config);

/* Back to boot; costs as much as was changed since.  Device frames are zero again too.  The TLB's
 * personality becomes what config.tlb says now. */
void sim_reset(struct sim *sim);

/* Makes this machine the one that machine_*() work on; NULL: none. */
void sim_activate(struct sim *sim);

/* After the state arena was restored by a copy: forgets TLB and journal. */
void sim_restored(struct sim *sim);

/* Calls body(argument) on the active machine and returns how that ended.  SIM_RETURNED does not
 * look at debt: see sim_debt. */
enum sim_end sim_call(struct sim *sim, void (*body)(void *argument), void *argument);

/* A user's access to a word of the space in CR3; paging is on.  True: done.  False: a page fault;
 * *error is its error code, and CR2 is va.  va is a multiple of 4.  Where the tables name frames
 * outside of memory, the fault has SIM_FAULT_RESERVED, which no other fault has. */
enum { SIM_FAULT_RESERVED = 1 << 3 };
bool sim_user_read(struct sim *sim, va_t va, uint32_t *word, uint32_t *error);
bool sim_user_write(struct sim *sim, va_t va, uint32_t word, uint32_t *error);

/* Flush debt: how many entries are outstanding, and a page that one of them concerns. */
uint32_t sim_debt(const struct sim *sim, vpn_t *vpn);
void sim_debt_clear(struct sim *sim);

/* Does the TLB hold a translation of vpn that differs from what a walk would give now in frame, or
 * grants more?  Compares everything that is cached; for the check of everything. */
bool sim_tlb_stale(const struct sim *sim, vpn_t *vpn);

/* Stores into a watched frame are logged word by word. */
void sim_watch(struct sim *sim, pfn_t pfn, bool watched);

void sim_journal_clear(struct sim *sim);

const struct sim_counts *sim_counts(const struct sim *sim);

/* The content of the backing store, as pages; slot is the page. */
const struct pages *sim_backing(const struct sim *sim);

#endif
