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

static size_t chunk_count(size_t entries, unsigned chunk_bits)
{
    return (entries >> chunk_bits) + 1;
}

size_t tlb_bytes(enum sim_tlb personality, unsigned level_bits)
{
    size_t entries = entry_count(personality, level_bits);
    return arena_bytes(entries * sizeof(uint64_t)) +
           arena_bytes(chunk_count(entries, level_bits) * sizeof(uint64_t));
}

struct tlb tlb_make(struct arena *arena, enum sim_tlb personality, unsigned level_bits)
{
    size_t entries = entry_count(personality, level_bits);
    bool typical = personality == SIM_TLB_TYPICAL;
    return (struct tlb){
        .entries = arena_take(arena, entries * sizeof(uint64_t)),
        .chunks = arena_take(arena, chunk_count(entries, level_bits) * sizeof(uint64_t)),
        .chunk_bits = (uint8_t)level_bits,
        .generation = (uint64_t)1 << TLB_VPN_BITS,
        .set_mask = typical ? TLB_TYPICAL_SETS - 1 : (uint32_t)entries - 1,
        .ways = typical ? TLB_TYPICAL_WAYS : 1,
        .way_bits = typical ? 2 : 0,
        .caches = personality != SIM_TLB_NONE,
        .caches_absent = personality == SIM_TLB_NEGATIVE,
    };
}

static size_t capacity(const struct tlb *tlb)
{
    return ((size_t)tlb->set_mask + 1) << tlb->way_bits;
}

void tlb_drop_all(struct tlb *tlb)
{
    memset(tlb->next_way, 0, sizeof tlb->next_way);
    tlb->generation += (uint64_t)1 << TLB_VPN_BITS;
    if (tlb->generation >> TLB_VPN_BITS < GENERATIONS)
        return;
    size_t entries = capacity(tlb);
    memset(tlb->entries, 0, entries * sizeof *tlb->entries);
    memset(tlb->chunks, 0, chunk_count(entries, tlb->chunk_bits) * sizeof *tlb->chunks);
    tlb->generation = (uint64_t)1 << TLB_VPN_BITS;
}

void tlb_insert(struct tlb *tlb, vpn_t vpn, uint32_t translation)
{
    if (!tlb->caches || (!(translation & TLB_PRESENT) && !tlb->caches_absent))
        return;
    uint64_t *entry = tlb_find(tlb, vpn);
    if (!entry) {
        uint8_t *next = &tlb->next_way[vpn % TLB_TYPICAL_SETS];
        entry = tlb->entries + ((size_t)(vpn & tlb->set_mask) << tlb->way_bits) +
                (*next & (tlb->ways - 1u));
        (*next)++;
        tlb->chunks[(size_t)(entry - tlb->entries) >> tlb->chunk_bits] = tlb->generation;
    }
    *entry = (tlb->generation | vpn) << TLB_VPN_SHIFT | translation;
}

const uint64_t *tlb_next(const struct tlb *tlb, size_t *cursor)
{
    size_t chunk_mask = ((size_t)1 << tlb->chunk_bits) - 1, end = capacity(tlb);
    while (*cursor < end) {
        size_t at = *cursor;
        if (!(at & chunk_mask) && tlb->chunks[at >> tlb->chunk_bits] != tlb->generation) {
            *cursor += chunk_mask + 1;
            continue;
        }
        *cursor += 1;
        if (tlb->entries[at] >> (TLB_VPN_SHIFT + TLB_VPN_BITS) == tlb->generation >> TLB_VPN_BITS)
            return &tlb->entries[at];
    }
    return NULL;
}
