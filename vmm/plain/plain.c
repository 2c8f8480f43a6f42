/* plain.c: a VMM with nothing clever in it: an example for who puts in their own (vmm/README.md).
 *
 *     make own VMM=vmm/plain && build/own/pagerig run --design tables=window,fork=copy
 *
 * Regions lie in one sorted array, pages in another; both are searched from the front.  Page tables
 * are reached through windows, fork copies at once, there are no segments (a pool that is always
 * empty). Everything is reserved before anything changes. */
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

/* ---- Frames and slots. ---- */

static uint32_t place_count(const struct machine *m)
{
    return m->free_frames + m->backing_slots;
}

static void set_place(struct vmm *v, uint32_t place, uint32_t state, uint32_t refs)
{
    v->places[place] = (struct place){(uint8_t)state, (uint16_t)refs};
    if (place < v->m.free_frames)
        machine_frame_changed(v->m.free_first + place);
}

static uint32_t take(struct vmm *v, uint32_t from, uint32_t state, uint32_t refs)
{
    uint32_t place = from;
    while (v->places[place].state)
        place++;
    *(from ? &v->slots_free : &v->frames_free) -= 1;
    set_place(v, place, state, refs);
    return place;
}

static void give(struct vmm *v, uint32_t place)
{
    *(place < v->m.free_frames ? &v->frames_free : &v->slots_free) += 1;
    set_place(v, place, VMM_FRAME_FREE, 0);
}

static pfn_t pfn_of(const struct vmm *v, uint32_t place)
{
    return v->m.free_first + place;
}

/* False, and nothing is taken: there is not enough, or vmm_fail has said so. */
static bool reserve(struct vmm *v, uint32_t frames, uint32_t pages, uint32_t regions,
                    uint32_t slots)
{
    uint32_t all = frames + pages + regions + slots;
    bool due = v->fail && v->fail <= all;
    if (due)
        v->fail = v->sticky;
    else if (v->fail)
        v->fail -= all;
    return !due && frames <= v->frames_free && pages <= place_count(&v->m) - v->page_count &&
           regions <= REGIONS_MAX - v->region_count && slots <= v->slots_free;
}

/* ---- Page tables. ---- */

static va_t page_bytes(const struct vmm *v)
{
    return (va_t)4 << v->m.level_bits;
}

/* Shows a frame in one of four windows. */
static va_t show(struct vmm *v, uint32_t window, pfn_t pfn)
{
    va_t va = v->windows + window * page_bytes(v);
    machine_store(v->window_entries + 4 * window, pfn << PTE_PFN_SHIFT | PTE_PRESENT | PTE_WRITE);
    machine_invlpg(va);
    return va;
}

static pfn_t take_cleared(struct vmm *v, uint32_t state, uint32_t window)
{
    pfn_t pfn = pfn_of(v, take(v, 0, state, state == VMM_FRAME_PAGE));
    machine_clear_page(show(v, window, pfn));
    return pfn;
}

static va_t directory_entry(struct vmm *v, uint32_t s, vpn_t vpn)
{
    return show(v, 0, v->directory[s]) + 4 * (vpn >> v->m.level_bits);
}

static bool has_table(struct vmm *v, uint32_t s, vpn_t vpn)
{
    return machine_load(directory_entry(v, s, vpn)) & PTE_PRESENT;
}

/* Changes an entry; without a table there is nothing to take away. */
static void set(struct vmm *v, uint32_t s, vpn_t vpn, uint32_t entry)
{
    va_t pde = directory_entry(v, s, vpn), at;
    if (!(machine_load(pde) & PTE_PRESENT)) {
        if (!entry)
            return;
        pfn_t table = take_cleared(v, VMM_FRAME_TABLE, 1);
        machine_store(pde, table << PTE_PFN_SHIFT | PTE_PRESENT | PTE_WRITE | PTE_USER);
    }
    pfn_t table = machine_load(pde) >> PTE_PFN_SHIFT;
    at = show(v, 1, table) + 4 * (vpn & ((1u << v->m.level_bits) - 1));
    uint32_t old = machine_load(at), place = table - v->m.free_first;
    machine_store(at, entry);
    if (old & PTE_PRESENT && s == v->current)
        machine_invlpg(vpn << (v->m.level_bits + 2));
    set_place(v, place, VMM_FRAME_TABLE,
              v->places[place].refs + (entry & PTE_PRESENT) - (old & PTE_PRESENT));
    if (v->places[place].refs)
        return;
    machine_store(pde, 0); /* an empty table goes */
    if (s == v->current)
        machine_load_cr3(v->directory[s]);
    give(v, place);
}

/* What the tables may show of a page whose frame this is. */
static uint32_t entry_for(const struct region *r, pfn_t pfn)
{
    uint32_t write = r->prot == VMM_PROT_WRITE ? PTE_WRITE : 0;
    return r->prot ? pfn << PTE_PFN_SHIFT | PTE_PRESENT | PTE_USER | write : 0;
}

/* ---- Regions and pages, by space and address. ---- */

static uint32_t region_at(const struct vmm *v, uint32_t s, vpn_t vpn)
{
    uint32_t i = 0;
    while (i < v->region_count &&
           (v->regions[i].s < s || (v->regions[i].s == s && v->regions[i].last < vpn)))
        i++;
    return i;
}

/* The region that has the page; NULL: it is not mapped. */
static struct region *find(struct vmm *v, uint32_t s, vpn_t vpn)
{
    uint32_t i = region_at(v, s, vpn);
    struct region *r = &v->regions[i];
    return i < v->region_count && r->s == s && r->first <= vpn ? r : NULL;
}

static void insert_region(struct vmm *v, struct region r)
{
    uint32_t at = region_at(v, r.s, r.first);
    for (uint32_t i = v->region_count++; i > at; i--)
        v->regions[i] = v->regions[i - 1];
    v->regions[at] = r;
}

static void remove_region(struct vmm *v, struct region *r)
{
    for (v->region_count--; r < v->regions + v->region_count; r++)
        r[0] = r[1];
}

/* From now on no region goes across the beginning of the page. */
static void cut(struct vmm *v, uint32_t s, vpn_t vpn)
{
    struct region *r = find(v, s, vpn);
    if (!r || r->first == vpn)
        return;
    struct region upper = *r;
    r->last = vpn - 1;
    upper.offset += vpn - upper.first;
    upper.first = vpn;
    insert_region(v, upper);
}

static uint32_t page_at(const struct vmm *v, uint32_t s, vpn_t vpn)
{
    uint32_t i = 0;
    while (i < v->page_count &&
           (v->pages[i].s < s || (v->pages[i].s == s && v->pages[i].vpn < vpn)))
        i++;
    return i;
}

static struct page *find_page(struct vmm *v, uint32_t s, vpn_t vpn)
{
    struct page *p = &v->pages[page_at(v, s, vpn)];
    return p < v->pages + v->page_count && p->s == s && p->vpn == vpn ? p : NULL;
}

static void insert_page(struct vmm *v, uint32_t s, vpn_t vpn, uint32_t place)
{
    uint32_t at = page_at(v, s, vpn);
    for (uint32_t i = v->page_count++; i > at; i--)
        v->pages[i] = v->pages[i - 1];
    v->pages[at] = (struct page){s, vpn, place};
}

/* Pages of s from first to last go: first from the tables, then for good. */
static void drop_pages(struct vmm *v, uint32_t s, vpn_t first, vpn_t last)
{
    uint32_t from = page_at(v, s, first), to = from;
    for (; to < v->page_count && v->pages[to].s == s && v->pages[to].vpn <= last; to++) {
        set(v, s, v->pages[to].vpn, 0);
        give(v, v->pages[to].place);
    }
    v->page_count -= to - from;
    for (uint32_t i = from; i < v->page_count; i++)
        v->pages[i] = v->pages[i + to - from];
}

/* ---- Arguments. ---- */

static bool exists(const struct vmm *v, uint32_t s)
{
    return s < v->config.spaces && v->directory[s];
}

static bool is_range(const struct vmm *v, va_t va, uint32_t n_pages, vpn_t *first)
{
    vpn_t end = v->m.user_pdes << v->m.level_bits;
    *first = va >> (v->m.level_bits + 2);
    return va % page_bytes(v) == 0 && *first && n_pages && *first < end && n_pages <= end - *first;
}

/* ---- Spaces. ---- */

enum vmm_status vmm_create(struct vmm *v, uint32_t s)
{
    uint32_t top = (1u << v->m.level_bits) - 1;
    if (s >= v->config.spaces || v->directory[s])
        return VMM_BAD_SLOT;
    if (!reserve(v, 1, 0, 0, 0))
        return VMM_NO_MEMORY;
    va_t boot = show(v, 0, v->m.boot_directory);
    uint32_t image = machine_load(boot + 4 * v->m.user_pdes),
             windows = machine_load(boot + 4 * top);
    v->directory[s] = take_cleared(v, VMM_FRAME_DIRECTORY, 1);
    va_t at = show(v, 1, v->directory[s]);
    machine_store(at + 4 * v->m.user_pdes, image);
    machine_store(at + 4 * top, windows);
    return VMM_OK;
}

enum vmm_status vmm_discard(struct vmm *v, uint32_t s)
{
    if (!exists(v, s))
        return VMM_BAD_SLOT;
    va_t at = show(v, 0, v->directory[s]);
    for (uint32_t pde = 0; pde < v->m.user_pdes; pde++) {
        uint32_t entry = machine_load(at + 4 * pde);
        if (!(entry & PTE_PRESENT))
            continue;
        machine_store(at + 4 * pde, 0);
        if (s == v->current)
            machine_load_cr3(v->directory[s]);
        give(v, (entry >> PTE_PFN_SHIFT) - v->m.free_first);
    }
    return VMM_OK;
}

enum vmm_status vmm_switch(struct vmm *v, uint32_t s)
{
    if (!exists(v, s))
        return VMM_BAD_SLOT;
    machine_load_cr3(v->directory[s]);
    v->current = s;
    return VMM_OK;
}

enum vmm_status vmm_destroy(struct vmm *v, uint32_t s)
{
    if (!exists(v, s))
        return VMM_BAD_SLOT;
    if (s == v->current) {
        machine_load_cr3(v->m.boot_directory);
        v->current = NONE;
    }
    vmm_discard(v, s);
    drop_pages(v, s, 0, UINT32_MAX - 1);
    while (v->region_count && region_at(v, s, 0) < v->region_count &&
           v->regions[region_at(v, s, 0)].s == s)
        remove_region(v, &v->regions[region_at(v, s, 0)]);
    give(v, v->directory[s] - v->m.free_first);
    v->directory[s] = 0;
    return VMM_OK;
}

static void fill(struct vmm *v, uint32_t window, uint32_t place)
{
    if (place < v->m.free_frames)
        machine_copy_page(v->windows + window * page_bytes(v), show(v, 2, pfn_of(v, place)));
    else
        machine_backing_read(place - v->m.free_frames, v->windows + window * page_bytes(v));
}

/* The child's tables are filled by its faults. */
enum vmm_status vmm_fork(struct vmm *v, uint32_t s, uint32_t t)
{
    if (!exists(v, s) || t >= v->config.spaces || v->directory[t])
        return VMM_BAD_SLOT;
    uint32_t pages = page_at(v, s + 1, 0) - page_at(v, s, 0);
    uint32_t regions = region_at(v, s + 1, 0) - region_at(v, s, 0);
    if (!reserve(v, 1 + pages, pages, regions, 0))
        return VMM_NO_MEMORY;
    uint32_t fail = v->fail; /* create reserves once more what is ours already */
    v->fail = 0;
    vmm_create(v, t);
    v->fail = fail;
    for (uint32_t i = 0; i < regions; i++) {
        struct region copy = v->regions[region_at(v, s, 0) + i];
        copy.s = t;
        insert_region(v, copy);
    }
    for (uint32_t i = 0; i < pages; i++) {
        struct page from = v->pages[page_at(v, s, 0) + i];
        uint32_t place = take(v, 0, VMM_FRAME_PAGE, 1);
        show(v, 3, pfn_of(v, place));
        fill(v, 3, from.place);
        insert_page(v, t, from.vpn, place);
    }
    return VMM_OK;
}

/* ---- Regions. ---- */

static bool is_free(struct vmm *v, uint32_t s, vpn_t first, uint32_t n_pages)
{
    uint32_t i = region_at(v, s, first);
    return i == v->region_count || v->regions[i].s != s || v->regions[i].first >= first + n_pages;
}

/* The lowest hole; 0: there is none. */
static vpn_t hole(struct vmm *v, uint32_t s, uint32_t n_pages)
{
    vpn_t first = 1, end = v->m.user_pdes << v->m.level_bits;
    while (first < end && n_pages <= end - first && !is_free(v, s, first, n_pages))
        first = v->regions[region_at(v, s, first)].last + 1;
    return first < end && n_pages <= end - first ? first : 0;
}

static uint32_t tables_missing(struct vmm *v, uint32_t s, vpn_t first, vpn_t last)
{
    uint32_t missing = 0, bits = v->m.level_bits;
    for (vpn_t pde = first >> bits; pde <= last >> bits; pde++)
        missing += !has_table(v, s, pde << bits);
    return missing;
}

enum vmm_status vmm_map(struct vmm *v, uint32_t s, va_t *va, uint32_t n_pages, enum vmm_prot prot,
                        unsigned flags, uint32_t g, uint32_t offset)
{
    bool any = flags & VMM_MAP_ANY, device = flags & VMM_MAP_DEVICE;
    bool eager = flags & VMM_MAP_EAGER && prot && !device;
    vpn_t first = 1;
    (void)g;
    if (!exists(v, s) || flags & VMM_MAP_SEGMENT)
        return VMM_BAD_SLOT;
    if (any ? !n_pages : !is_range(v, *va, n_pages, &first))
        return VMM_BAD_ARGUMENT;
    if (device && (offset > v->m.device_frames || n_pages > v->m.device_frames - offset))
        return VMM_BAD_ARGUMENT;
    if (any && !(first = hole(v, s, n_pages)))
        return VMM_NO_SPACE;
    if (!any && !is_free(v, s, first, n_pages))
        return VMM_EXISTS;
    vpn_t last = first + n_pages - 1;
    if (eager && n_pages > v->frames_free)
        n_pages = v->frames_free + 1; /* too many, and no sum of them can overflow */
    uint32_t pages = eager ? n_pages : 0;
    uint32_t tables = eager ? tables_missing(v, s, first, last) : 0;
    if (!reserve(v, pages + tables, pages, 1, 0))
        return VMM_NO_MEMORY;
    struct region r = {s, first, last, prot, device, offset};
    insert_region(v, r);
    for (vpn_t vpn = first; eager && vpn <= last; vpn++) {
        pfn_t pfn = take_cleared(v, VMM_FRAME_PAGE, 3);
        insert_page(v, s, vpn, pfn - v->m.free_first);
        set(v, s, vpn, entry_for(&r, pfn));
    }
    *va = first << (v->m.level_bits + 2);
    return VMM_OK;
}

/* What of a region of the device is in the tables. */
static void set_device(struct vmm *v, const struct region *r, bool gone)
{
    for (vpn_t vpn = r->first; vpn <= r->last; vpn++)
        if (has_table(v, r->s, vpn))
            set(v, r->s, vpn,
                gone ? 0 : entry_for(r, v->m.device_first + r->offset + vpn - r->first));
}

enum vmm_status vmm_unmap(struct vmm *v, uint32_t s, va_t va, uint32_t n_pages)
{
    vpn_t first;
    if (!exists(v, s))
        return VMM_BAD_SLOT;
    if (!is_range(v, va, n_pages, &first))
        return VMM_BAD_ARGUMENT;
    if (!reserve(v, 0, 0, 2, 0))
        return VMM_NO_MEMORY;
    cut(v, s, first);
    cut(v, s, first + n_pages);
    while (!is_free(v, s, first, n_pages)) {
        struct region *r = &v->regions[region_at(v, s, first)];
        if (r->device)
            set_device(v, r, true);
        remove_region(v, r);
    }
    drop_pages(v, s, first, first + n_pages - 1);
    return VMM_OK;
}

enum vmm_status vmm_protect(struct vmm *v, uint32_t s, va_t va, uint32_t n_pages,
                            enum vmm_prot prot)
{
    vpn_t first, vpn;
    if (!exists(v, s))
        return VMM_BAD_SLOT;
    if (!is_range(v, va, n_pages, &first))
        return VMM_BAD_ARGUMENT;
    for (vpn = first; vpn < first + n_pages; vpn = find(v, s, vpn)->last + 1)
        if (!find(v, s, vpn))
            return VMM_NOT_MAPPED;
    if (!reserve(v, 0, 0, 2, 0))
        return VMM_NO_MEMORY;
    cut(v, s, first);
    cut(v, s, first + n_pages);
    for (uint32_t i = region_at(v, s, first);
         i < v->region_count && v->regions[i].s == s && v->regions[i].first < first + n_pages;
         i++) {
        v->regions[i].prot = prot;
        if (v->regions[i].device)
            set_device(v, &v->regions[i], false);
    }
    for (uint32_t i = page_at(v, s, first);
         i < v->page_count && v->pages[i].s == s && v->pages[i].vpn < first + n_pages; i++) {
        const struct page *p = &v->pages[i];
        if (p->place < v->m.free_frames && has_table(v, s, p->vpn))
            set(v, s, p->vpn, entry_for(find(v, s, p->vpn), pfn_of(v, p->place)));
    }
    return VMM_OK;
}

/* ---- Pages. ---- */

/* Brings the page into memory and into the tables; *pfn is its frame. */
static enum vmm_status load(struct vmm *v, uint32_t s, vpn_t vpn, bool write, pfn_t *pfn)
{
    struct region *r = find(v, s, vpn);
    if (!r || !r->prot || (write && r->prot != VMM_PROT_WRITE))
        return VMM_FAULT;
    struct page *p = find_page(v, s, vpn);
    bool absent = !r->device && (!p || p->place >= v->m.free_frames);
    if (!reserve(v, absent + !has_table(v, s, vpn), absent && !p, 0, 0))
        return VMM_NO_MEMORY;
    if (r->device) {
        *pfn = v->m.device_first + r->offset + vpn - r->first;
    } else if (absent) {
        *pfn = take_cleared(v, VMM_FRAME_PAGE, 3);
        if (p) {
            fill(v, 3, p->place);
            give(v, p->place);
            p->place = *pfn - v->m.free_first;
        } else {
            insert_page(v, s, vpn, *pfn - v->m.free_first);
        }
    } else {
        *pfn = pfn_of(v, p->place);
    }
    set(v, s, vpn, entry_for(r, *pfn));
    return VMM_OK;
}

enum vmm_status vmm_fault(struct vmm *v, va_t cr2, uint32_t error)
{
    pfn_t pfn;
    if (v->current == NONE || !(error & FAULT_USER))
        return VMM_FAULT;
    return load(v, v->current, cr2 >> (v->m.level_bits + 2), error & FAULT_WRITE, &pfn);
}

enum vmm_status vmm_copy(struct vmm *v, uint32_t s, va_t va, uint32_t *word, bool out)
{
    pfn_t pfn;
    if (!exists(v, s))
        return VMM_BAD_SLOT;
    if (va % 4)
        return VMM_BAD_ARGUMENT;
    enum vmm_status status = load(v, s, va >> (v->m.level_bits + 2), out, &pfn);
    if (status)
        return status;
    va_t at = show(v, 3, pfn) + va % page_bytes(v);
    if (out)
        machine_store(at, *word);
    else
        *word = machine_load(at);
    return VMM_OK;
}

enum vmm_status vmm_evict(struct vmm *v, uint32_t s, va_t va)
{
    vpn_t vpn;
    if (!exists(v, s))
        return VMM_BAD_SLOT;
    if (!is_range(v, va, 1, &vpn))
        return VMM_BAD_ARGUMENT;
    if (!find(v, s, vpn))
        return VMM_NOT_MAPPED;
    if (find(v, s, vpn)->device)
        return VMM_BAD_ARGUMENT;
    struct page *p = find_page(v, s, vpn);
    if (!p || p->place >= v->m.free_frames)
        return VMM_OK;
    if (!reserve(v, 0, 0, 0, 1))
        return VMM_NO_MEMORY;
    uint32_t slot = take(v, v->m.free_frames, VMM_FRAME_PAGE, 1), frame = p->place;
    set(v, s, vpn, 0);
    machine_backing_write(slot - v->m.free_frames, show(v, 3, pfn_of(v, frame)));
    p->place = slot;
    give(v, frame);
    return VMM_OK;
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
    v->frames_free = m->free_frames;
    v->slots_free = m->backing_slots;
    pfn_t table = pfn_of(v, take(v, 0, VMM_FRAME_TABLE, 1));
    uint32_t entry = table << PTE_PFN_SHIFT | PTE_PRESENT | PTE_WRITE;
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
