/* tlb.c: the personalities of the TLB: how many entries there are, where a translation goes, and
 * what makes room.  See tlb.h.
 *
 *      paranoid   an entry for every page: nothing is forgotten unless the VMM says so
 *      typical    64 entries, 4 ways, round-robin
 *      negative   as paranoid, and "not present" is cached as well, as some architectures do
 *      none       nothing is cached */
#include "tlb.h"

enum { GENERATIONS = 1 << 20 };

static size_t entry_count(enum sim_tlb personality, unsigned level_bits)
{
    switch (personality) {
    case SIM_TLB_PARANOID:
    case SIM_TLB_NEGATIVE:
        return (size_t)1 << 2 * level_bits;
    case SIM_TLB_TYPICAL:
        return TLB_TYPICAL_SETS * TLB_TYPICAL_WAYS;
    case SIM_TLB_NONE:
        break;
    }
    return 1;
}

size_t tlb_bytes(unsigned level_bits)
{
    size_t entries = entry_count(SIM_TLB_PARANOID, level_bits);
    return arena_bytes(entries * sizeof(uint64_t)) + arena_bytes((entries + 1) * sizeof(uint32_t));
}

struct tlb tlb_make(struct arena *arena, unsigned level_bits)
{
    size_t entries = entry_count(SIM_TLB_PARANOID, level_bits);
    return (struct tlb){
        .entries = arena_take(arena, entries * sizeof(uint64_t)),
        .used = arena_take(arena, (entries + 1) * sizeof(uint32_t)),
        .generation = (uint64_t)1 << TLB_VPN_BITS,
        .level_bits = (uint8_t)level_bits,
    };
}

void tlb_become(struct tlb *tlb, enum sim_tlb personality)
{
    bool typical = personality == SIM_TLB_TYPICAL;
    uint32_t sets =
        (uint32_t)entry_count(personality, tlb->level_bits) / (typical ? TLB_TYPICAL_WAYS : 1);
    tlb->set_mask = sets - 1;
    tlb->ways = typical ? TLB_TYPICAL_WAYS : 1;
    tlb->way_bits = typical ? 2 : 0;
    tlb->caches = personality != SIM_TLB_NONE;
    tlb->caches_absent = personality == SIM_TLB_NEGATIVE;
    tlb_drop_all(tlb);
}

void tlb_drop_all(struct tlb *tlb)
{
    memset(tlb->next_way, 0, sizeof tlb->next_way);
    tlb->used_count = 0;
    tlb->generation += (uint64_t)1 << TLB_VPN_BITS;
    if (tlb->generation >> TLB_VPN_BITS < GENERATIONS)
        return;
    memset(tlb->entries, 0, entry_count(SIM_TLB_PARANOID, tlb->level_bits) * sizeof *tlb->entries);
    tlb->generation = (uint64_t)1 << TLB_VPN_BITS;
}

/* Room for vpn in its set; what was there is forgotten. */
static uint64_t *make_room(struct tlb *tlb, vpn_t vpn)
{
    uint64_t *entry = tlb->entries + ((size_t)(vpn & tlb->set_mask) << tlb->way_bits);
    if (tlb->ways > 1)
        entry += tlb->next_way[vpn % TLB_TYPICAL_SETS]++ & (tlb->ways - 1u);
    tlb->used[tlb->used_count] = (uint32_t)(entry - tlb->entries);
    tlb->used_count += *entry >> (TLB_VPN_SHIFT + TLB_VPN_BITS) != tlb->generation >> TLB_VPN_BITS;
    return entry;
}

void tlb_insert(struct tlb *tlb, uint64_t *entry, vpn_t vpn, uint32_t translation)
{
    if (!tlb->caches)
        return;
    if (!entry)
        entry = make_room(tlb, vpn);
    *entry = (tlb->generation | vpn) << TLB_VPN_SHIFT | translation;
}

void tlb_insert_absent(struct tlb *tlb, vpn_t vpn)
{
    if (tlb->caches_absent)
        tlb_insert(tlb, NULL, vpn, 0);
}

const uint64_t *tlb_next(const struct tlb *tlb, uint32_t *cursor)
{
    while (*cursor < tlb->used_count) {
        const uint64_t *entry = &tlb->entries[tlb->used[(*cursor)++]];
        if (tlb_translation(*entry))
            return entry;
    }
    return NULL;
}
