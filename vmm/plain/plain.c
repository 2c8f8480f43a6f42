/* plain.c: a VMM with nothing clever in it: an example for who puts in their own (vmm/README.md).
 *
 *     make own VMM=vmm/plain && build/own/pagerig run --design tables=window,fork=copy
 *
 * Regions lie in one sorted array, pages in another; both are searched from the front.  Page tables
 * are reached through windows, fork copies at once, there are no segments (a pool that is always
 * empty). Everything is reserved before anything changes. */
#include "plain.h"

/* ---- Regions and pages, by space and address. ---- */

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
        plain_set(v, s, v->pages[to].vpn, 0);
        plain_give(v, v->pages[to].place);
    }
    v->page_count -= to - from;
    for (uint32_t i = from; i < v->page_count; i++)
        v->pages[i] = v->pages[i + to - from];
}

/* ---- Arguments. ---- */

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
    if (!plain_reserve(v, 1, 0, 0, 0))
        return VMM_NO_MEMORY;
    va_t boot = plain_show(v, 0, v->m.boot_directory);
    uint32_t image = machine_load(boot + 4 * v->m.user_pdes),
             windows = machine_load(boot + 4 * top);
    v->directory[s] = plain_take_cleared(v, VMM_FRAME_DIRECTORY, 1);
    va_t at = plain_show(v, 1, v->directory[s]);
    machine_store(at + 4 * v->m.user_pdes, image);
    machine_store(at + 4 * top, windows);
    return VMM_OK;
}

enum vmm_status vmm_discard(struct vmm *v, uint32_t s)
{
    if (!exists(v, s))
        return VMM_BAD_SLOT;
    va_t at = plain_show(v, 0, v->directory[s]);
    for (uint32_t pde = 0; pde < v->m.user_pdes; pde++) {
        uint32_t entry = machine_load(at + 4 * pde);
        if (!(entry & PTE_PRESENT))
            continue;
        machine_store(at + 4 * pde, 0);
        if (s == v->current)
            machine_load_cr3(v->directory[s]);
        plain_give(v, (entry >> PTE_PFN_SHIFT) - v->m.free_first);
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
    plain_give(v, v->directory[s] - v->m.free_first);
    v->directory[s] = 0;
    return VMM_OK;
}

static void fill(struct vmm *v, uint32_t window, uint32_t place)
{
    if (place < v->m.free_frames)
        machine_copy_page(v->windows + window * page_bytes(v), plain_show(v, 2, pfn_of(v, place)));
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
    if (!plain_reserve(v, 1 + pages, pages, regions, 0))
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
        uint32_t place = plain_take(v, 0, VMM_FRAME_PAGE, 1);
        plain_show(v, 3, pfn_of(v, place));
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
        missing += !plain_has_table(v, s, pde << bits);
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
    if (!plain_reserve(v, pages + tables, pages, 1, 0))
        return VMM_NO_MEMORY;
    struct region r = {s, first, last, prot, device, offset};
    insert_region(v, r);
    for (vpn_t vpn = first; eager && vpn <= last; vpn++) {
        pfn_t pfn = plain_take_cleared(v, VMM_FRAME_PAGE, 3);
        insert_page(v, s, vpn, pfn - v->m.free_first);
        plain_set(v, s, vpn, entry_for(&r, pfn));
    }
    *va = first << (v->m.level_bits + 2);
    return VMM_OK;
}

/* What of a region of the device is in the tables. */
static void set_device(struct vmm *v, const struct region *r, bool gone)
{
    for (vpn_t vpn = r->first; vpn <= r->last; vpn++)
        if (plain_has_table(v, r->s, vpn))
            plain_set(v, r->s, vpn,
                      gone ? 0 : entry_for(r, v->m.device_first + r->offset + vpn - r->first));
}

enum vmm_status vmm_unmap(struct vmm *v, uint32_t s, va_t va, uint32_t n_pages)
{
    vpn_t first;
    if (!exists(v, s))
        return VMM_BAD_SLOT;
    if (!is_range(v, va, n_pages, &first))
        return VMM_BAD_ARGUMENT;
    if (!plain_reserve(v, 0, 0, 2, 0))
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
    if (!plain_reserve(v, 0, 0, 2, 0))
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
        if (p->place < v->m.free_frames && plain_has_table(v, s, p->vpn))
            plain_set(v, s, p->vpn, entry_for(find(v, s, p->vpn), pfn_of(v, p->place)));
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
    if (!plain_reserve(v, absent + !plain_has_table(v, s, vpn), absent && !p, 0, 0))
        return VMM_NO_MEMORY;
    if (r->device) {
        *pfn = v->m.device_first + r->offset + vpn - r->first;
    } else if (absent) {
        *pfn = plain_take_cleared(v, VMM_FRAME_PAGE, 3);
        if (p) {
            fill(v, 3, p->place);
            plain_give(v, p->place);
            p->place = *pfn - v->m.free_first;
        } else {
            insert_page(v, s, vpn, *pfn - v->m.free_first);
        }
    } else {
        *pfn = pfn_of(v, p->place);
    }
    plain_set(v, s, vpn, entry_for(r, *pfn));
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
    va_t at = plain_show(v, 3, pfn) + va % page_bytes(v);
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
    if (!plain_reserve(v, 0, 0, 0, 1))
        return VMM_NO_MEMORY;
    uint32_t slot = plain_take(v, v->m.free_frames, VMM_FRAME_PAGE, 1), frame = p->place;
    plain_set(v, s, vpn, 0);
    machine_backing_write(slot - v->m.free_frames, plain_show(v, 3, pfn_of(v, frame)));
    p->place = slot;
    plain_give(v, frame);
    return VMM_OK;
}
