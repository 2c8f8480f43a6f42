/* look.c: the example's beginning, what it does not have, and what checkers ask of it. */
#include "plain.h"

/* ---- Beginning. ---- */

static size_t object_bytes(const struct machine *m)
{
    size_t each = sizeof(struct place) + sizeof(struct page);
    return sizeof(struct vmm) + place_count(m) * each + 16;
}

size_t vmm_size(const struct machine *m, const struct vmm_config *config)
{
    const struct vmm_design *d = &config->design;
    bool ours = d->tables == VMM_TABLES_WINDOW && d->fork == VMM_FORK_COPY &&
                d->update == VMM_UPDATE_IMMEDIATE && d->discard == VMM_DISCARD_OFF;
    return ours ? object_bytes(m) : 0;
}

size_t vmm_size_most(const struct machine *m, uint32_t spaces, uint32_t segments)
{
    (void)spaces;
    (void)segments;
    return object_bytes(m);
}

/* The last directory entry, of all directories, names the table of windows, whose last entry names
 * itself: so its entries are the last page.  Paging is off: what is virtual is physical. */
struct vmm *vmm_init(void *memory, const struct machine *m, const struct vmm_config *config)
{
    struct vmm *v = memory;
    uint32_t shift = m->level_bits + 2, top = (1u << m->level_bits) - 1;
    for (size_t i = 0; i < object_bytes(m); i++)
        ((uint8_t *)memory)[i] = 0;
    v->m = *m;
    v->config = *config;
    v->current = NONE;
    v->pages = (struct page *)(v + 1);
    v->places = (struct place *)(v->pages + place_count(m));
    v->frames_free = m->free_frames - 1;
    v->slots_free = m->backing_slots;
    pfn_t table = pfn_of(v, 0);
    uint32_t entry = table << PTE_PFN_SHIFT | PTE_PRESENT | PTE_WRITE;
    v->places[0] = (struct place){VMM_FRAME_TABLE, 1};
    machine_frame_changed(table);
    machine_clear_page(table << shift);
    machine_store((table << shift) + 4 * top, entry);
    machine_store((m->boot_directory << shift) + 4 * top, entry);
    v->windows = top << (2 * m->level_bits + 2);
    v->window_entries = v->windows + (top << shift);
    if (config->limit && config->limit < v->frames_free)
        v->frames_free = config->limit;
    machine_load_cr3(m->boot_directory);
    return v;
}

/* ---- Looking in. ---- */

struct vmm_own_entries vmm_own_entries(const struct vmm *v)
{
    (void)v;
    return (struct vmm_own_entries){0, 0};
}

pfn_t vmm_directory(const struct vmm *v, uint32_t s)
{
    return v->directory[s];
}

bool vmm_exists(const struct vmm *v, uint32_t s)
{
    return exists(v, s);
}

uint32_t vmm_segment_id(const struct vmm *v, uint32_t g)
{
    (void)v;
    (void)g;
    return 0;
}

bool vmm_region_at_or_after(const struct vmm *v, uint32_t s, vpn_t vpn,
                            struct vmm_region_view *view)
{
    uint32_t i = region_at(v, s, vpn);
    const struct region *r = &v->regions[i];
    if (i == v->region_count || r->s != s)
        return false;
    *view = (struct vmm_region_view){r->first, r->last,
                                     r->prot,  r->device ? VMM_BACKING_DEVICE : VMM_BACKING_PRIVATE,
                                     0,        r->device ? r->offset : 0};
    return true;
}

struct vmm_frame_view vmm_frame(const struct vmm *v, pfn_t pfn)
{
    uint32_t place = pfn - v->m.free_first;
    if (place >= v->m.free_frames)
        return (struct vmm_frame_view){VMM_FRAME_FREE, 0};
    return (struct vmm_frame_view){v->places[place].state, v->places[place].refs};
}

struct vmm_pool_view vmm_pools(const struct vmm *v)
{
    return (struct vmm_pool_view){.frames = v->frames_free,
                                  .pages = place_count(&v->m) - v->page_count,
                                  .regions = REGIONS_MAX - v->region_count,
                                  .slots = v->slots_free,
                                  .tables = UINT32_MAX};
}

size_t vmm_structure_bytes(const struct vmm *v)
{
    return v->region_count * sizeof(struct region) + v->page_count * sizeof(struct page);
}

const char *vmm_invariant(const struct vmm *v)
{
    for (uint32_t i = 1; i < v->region_count; i++) {
        const struct region *r = &v->regions[i];
        if (r[-1].s > r->s || (r[-1].s == r->s && r[-1].last >= r->first))
            return "regions are not in order";
    }
    for (uint32_t i = 1; i < v->page_count; i++) {
        const struct page *p = &v->pages[i];
        if (p[-1].s > p->s || (p[-1].s == p->s && p[-1].vpn >= p->vpn))
            return "pages are not in order";
    }
    return NULL;
}

/* ---- What this VMM does not have. ---- */

enum vmm_status vmm_segment(struct vmm *v, uint32_t g, uint32_t n_pages)
{
    vpn_t end = v->m.user_pdes << v->m.level_bits;
    if (g >= v->config.segments)
        return VMM_BAD_SLOT;
    return n_pages && n_pages <= end ? VMM_NO_MEMORY : VMM_BAD_ARGUMENT;
}

enum vmm_status vmm_release(struct vmm *v, uint32_t g)
{
    (void)v;
    (void)g;
    return VMM_BAD_SLOT;
}

enum vmm_status vmm_commit(struct vmm *v, uint32_t s)
{
    return exists(v, s) ? VMM_OK : VMM_BAD_SLOT;
}

void vmm_fail(struct vmm *v, uint32_t k, bool sticky)
{
    v->fail = k;
    v->sticky = sticky;
}
