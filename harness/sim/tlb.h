/* tlb.h: the translation lookaside buffer of the simulated machine.
 *
 * A translation is a page frame number and the rights of both levels together; 0 is "not present".
 * The buffer knows nothing of tables: mmu.c fills it and asks it.
 *
 * An entry is one word: what a lookup compares is in the upper part, so that a hit costs a load, a
 * shift and a compare; and dropping everything is a new generation.
 *
 *      | generation, 20 bits | vpn, 20 bits | pfn, 20 bits | rights, 4 bits | */
#ifndef SIM_TLB_H
#define SIM_TLB_H

#include "sim.h"

/* The first three are those of an entry of the tables, so that rights can be combined by `and`. */
enum {
    TLB_PRESENT = PTE_PRESENT,
    TLB_WRITE = PTE_WRITE,
    TLB_USER = PTE_USER,
    TLB_DIRTY = 1 << 3, /* the dirty bit is known to be set */
    TLB_PFN_SHIFT = 4,
    TLB_VPN_SHIFT = 24,
    TLB_VPN_BITS = 20,
};

enum { TLB_TYPICAL_SETS = 16, TLB_TYPICAL_WAYS = 4 };

struct tlb {
    uint64_t *entries;   /* sets << way_bits */
    uint64_t generation; /* in place: number << TLB_VPN_BITS; numbers start at 1 */
    uint32_t set_mask;
    uint8_t ways, way_bits, level_bits;
    bool caches, caches_absent;
    uint8_t next_way[TLB_TYPICAL_SETS]; /* round-robin */
    uint32_t *used;                     /* entries that were filled in this generation */
    uint32_t used_count;
};

/* Room for every personality; tlb_become chooses one and forgets everything. */
size_t tlb_bytes(unsigned level_bits);
struct tlb tlb_make(struct arena *arena, unsigned level_bits);
void tlb_become(struct tlb *tlb, enum sim_tlb personality);

/* Forgets everything. */
void tlb_drop_all(struct tlb *tlb);

/* Caches a translation, which is present, if the personality does that; entry: what tlb_find said
 * of vpn.  And "not present" likewise, of a vpn that has no entry. */
void tlb_insert(struct tlb *tlb, uint64_t *entry, vpn_t vpn, uint32_t translation);
void tlb_insert_absent(struct tlb *tlb, vpn_t vpn);

/* The next entry in use, from *cursor on, which starts at 0; NULL: no more. */
const uint64_t *tlb_next(const struct tlb *tlb, uint32_t *cursor);

/* The entry that holds vpn, or NULL. */
static inline uint64_t *tlb_find(const struct tlb *tlb, vpn_t vpn)
{
    uint64_t *set = tlb->entries + ((size_t)(vpn & tlb->set_mask) << tlb->way_bits);
    uint64_t tag = tlb->generation | vpn;
    if (set[0] >> TLB_VPN_SHIFT == tag)
        return &set[0];
    for (unsigned way = 1; way < tlb->ways; way++)
        if (set[way] >> TLB_VPN_SHIFT == tag)
            return &set[way];
    return NULL;
}

static inline uint32_t tlb_translation(uint64_t entry)
{
    return (uint32_t)entry & ((1u << TLB_VPN_SHIFT) - 1);
}

static inline vpn_t tlb_vpn(uint64_t entry)
{
    return (vpn_t)(entry >> TLB_VPN_SHIFT) & ((1u << TLB_VPN_BITS) - 1);
}

/* Forgets what an entry holds.  It stays in this generation, so that it is not noted as used twice,
 * with the number of a page that is never looked for here. */
static inline void tlb_drop(const struct tlb *tlb, uint64_t *entry)
{
    vpn_t other = ~tlb_vpn(*entry) & ((1u << TLB_VPN_BITS) - 1);
    *entry = (tlb->generation | other) << TLB_VPN_SHIFT;
}

#endif
