/* sim_private.h: what the files of this folder share: the machine's registers and books, and the
 * functions between machine.c (what the VMM calls), mmu.c, debt.c and call.c.  Nobody outside of
 * this folder includes it. */
#ifndef SIM_PRIVATE_H
#define SIM_PRIVATE_H

#include "sim.h"
#include "tlb.h"

/* What survives an operation and is not in struct sim; in the state arena. */
struct sim_kept {
    pfn_t cr3;
    bool paging;
    pfn_t ram_used;        /* frames of RAM from here up were never written or watched */
    uint32_t backing_used; /* nor were slots from here up written */
    struct pages backing;
    uint8_t *watched; /* for each frame */
};

/* A set of small numbers in which adding, removing, asking and emptying are single steps (Briggs
 * and Torczon, 1993): n is a member when member[position[n]] is n, below count. */
struct sparse_set {
    uint32_t *member, *position;
    uint32_t count;
};

/* In the scratch arena.  Restoring the state does not turn back the numbers of generations and of
 * journals, or old entries would be taken for new ones. */
struct sim_private {
    uint64_t calls_left; /* of the VMM to the machine, before it counts as hanging */
    uint32_t *page_stamp, *changed_stamp; /* for each frame: the last journal that lists it */
    uint32_t journal_number;              /* starts at 1 */
    uint32_t word_capacity;               /* of journal.words */
    va_t refused_bits;                    /* address bits that a word's address does not have */
    uint8_t page_shift;                   /* L + 2 */
    uint32_t index_mask;                  /* 2^L - 1 */
    struct sparse_set owed_pages;         /* vpn: their translations are to be flushed */
    struct sparse_set owed_tables; /* directory index: the directory's entry is to be flushed */
    struct tlb tlb;
    struct sim_counts counts;
    struct sim_kept *kept;
};

extern struct sim *sim_active;

/* Ends the running sim_call; outside of one, the process. */
__attribute__((cold)) _Noreturn void sim_end(struct sim *sim, enum sim_end end, const char *what,
                                             uint32_t value);

/* ---- mmu.c ---- */

enum {
    ACCESS_READ = TLB_PRESENT,
    ACCESS_WRITE = TLB_PRESENT | TLB_WRITE | TLB_DIRTY,
    ACCESS_USER = TLB_USER,        /* to be added */
    TRANSLATION_OUTSIDE = 1 << 30, /* not PRESENT: a table or the page does not lie in memory */
};

/* What the tables say of vpn now; changes nothing. */
uint32_t mmu_walk(const struct sim *sim, vpn_t vpn);

/* Translates through TLB and tables, and sets accessed and dirty bits.  The access is a page fault
 * when the result lacks any of the rights (all but TLB_DIRTY) that it needs. */
uint32_t mmu_translate(struct sim *sim, vpn_t vpn, uint32_t access);

/* The same for the supervisor, whose page faults end the call.  Paging may be off. */
pfn_t mmu_supervisor(struct sim *sim, va_t va, uint32_t access);

/* ---- debt.c ---- */

/* To be called before a word, or all words, of a frame change. */
void debt_word(struct sim *sim, pfn_t pfn, uint32_t index);
void debt_page(struct sim *sim, pfn_t pfn, const struct pages *with, uint32_t page);
void debt_invlpg(struct sim *sim, vpn_t vpn);
bool debt_owed(const struct sim *sim, vpn_t vpn);

static inline bool debt_any(const struct sim_private *p)
{
    return p->owed_pages.count | p->owed_tables.count;
}

/* Does replacing this entry, where it is in use, oblige to flush?  Setting a right, accessed and
 * dirty bits, and what is not present do not. */
static inline bool debt_narrows(uint32_t old, uint32_t word)
{
    return old & PTE_PRESENT && (!(word & PTE_PRESENT) || (old ^ word) >> PTE_PFN_SHIFT ||
                                 old & ~word & (PTE_WRITE | PTE_USER));
}

/* ---- The journal, sim.c ---- */

void journal_append_page(struct sim *sim, pfn_t pfn);

static inline void journal_page(struct sim *sim, pfn_t pfn)
{
    if (sim->private->page_stamp[pfn] != sim->private->journal_number)
        journal_append_page(sim, pfn);
}

static inline void journal_word(struct sim *sim, pfn_t pfn, uint32_t index)
{
    struct sim_private *p = sim->private;
    struct sim_journal *journal = &sim->journal;
    if (!p->kept->watched[pfn])
        journal_page(sim, pfn);
    else if (journal->word_count < p->word_capacity)
        journal->words[journal->word_count++] = (struct sim_word){pfn, index};
    else
        journal->overflow = true;
}

#endif
