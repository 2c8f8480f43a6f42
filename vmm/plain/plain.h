/* plain.h: the structures of the example, and what its files share:
 *
 *     plain.c   the operations
 *     tables.c  frames, slots, page tables
 *     look.c    the beginning, and what checkers ask */
#ifndef PLAIN_H
#define PLAIN_H

#include "vmm.h"

enum { SPACES = 16, NONE = SPACES, REGIONS_MAX = 512 };

struct region {
    uint32_t s;
    vpn_t first, last;
    enum vmm_prot prot;
    bool device;
    uint32_t offset; /* device frame at first */
};

/* Who has no structure has no content yet.  place: below free_frames a frame, above it a slot. */
struct page {
    uint32_t s;
    vpn_t vpn;
    uint32_t place;
};

struct place {
    uint8_t state; /* enum vmm_frame_state */
    uint16_t refs; /* of a table: entries that are present */
};

struct vmm {
    struct machine m;
    struct vmm_config config;
    va_t windows, window_entries;
    pfn_t directory[SPACES]; /* 0: no such space */
    uint32_t current;        /* NONE: the boot directory */
    uint32_t fail, region_count, page_count, frames_free, slots_free;
    bool sticky;
    struct region regions[REGIONS_MAX];
    struct place *places;
    struct page *pages;
};

static inline uint32_t place_count(const struct machine *m)
{
    return m->free_frames + m->backing_slots;
}

static inline pfn_t pfn_of(const struct vmm *v, uint32_t place)
{
    return v->m.free_first + place;
}

static inline va_t page_bytes(const struct vmm *v)
{
    return (va_t)4 << v->m.level_bits;
}

static inline uint32_t region_at(const struct vmm *v, uint32_t s, vpn_t vpn)
{
    uint32_t i = 0;
    while (i < v->region_count &&
           (v->regions[i].s < s || (v->regions[i].s == s && v->regions[i].last < vpn)))
        i++;
    return i;
}

static inline bool exists(const struct vmm *v, uint32_t s)
{
    return s < v->config.spaces && v->directory[s];
}

/* What the tables may show of a page whose frame this is. */
static inline uint32_t entry_for(const struct region *r, pfn_t pfn)
{
    uint32_t write = r->prot == VMM_PROT_WRITE ? PTE_WRITE : 0;
    return r->prot ? pfn << PTE_PFN_SHIFT | PTE_PRESENT | PTE_USER | write : 0;
}

/* ---- tables.c ---- */

/* A frame, from 0, or a slot, from free_frames; there is one, as plain_reserve said. */
uint32_t plain_take(struct vmm *v, uint32_t from, uint32_t state, uint32_t refs);
void plain_give(struct vmm *v, uint32_t place);

/* False, and nothing is taken: there is not enough, or vmm_fail has said so. */
bool plain_reserve(struct vmm *v, uint32_t frames, uint32_t pages, uint32_t regions,
                   uint32_t slots);

/* Shows a frame in one of four windows. */
va_t plain_show(struct vmm *v, uint32_t window, pfn_t pfn);
pfn_t plain_take_cleared(struct vmm *v, uint32_t state, uint32_t window);

bool plain_has_table(struct vmm *v, uint32_t s, vpn_t vpn);

/* Changes an entry; without a table there is nothing to take away. */
void plain_set(struct vmm *v, uint32_t s, vpn_t vpn, uint32_t entry);

#endif
