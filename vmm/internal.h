/* internal.h: the VMM's data structures, and who provides what.  Only vmm/ includes this.
 *
 * The regions and pages of a space are the truth; its page tables are a cache of it that the pmap
 * keeps, as in Mach (Rashid et al., 1987).
 *
 *      space -> index of regions -> object -> pages -> frame (or slot of the backing store)
 *
 * An *object* is a set of pages by index.  A space has one for its private pages, whose index is
 * the page number; a segment has one, and regions show a part of it.  After a copy-on-write fork
 * pages of several spaces hold the same frame.
 *
 * The core (counted): space.c region.c page.c fault.c segment.c swap.c.  Beside it: frame.c and
 * pool.c (memory), pmap*.c (page tables), index_*.c and rbtree.c, init.c, inspect.c, invariant.c.
 */
#ifndef VMM_INTERNAL_H
#define VMM_INTERNAL_H

#include "rbtree.h"
#include "vmm.h"

enum { TABLE_WORDS = (1 << MACHINE_LEVEL_BITS_MAX) / 64, NOWHERE = UINT32_MAX };

/* Where a page is: an index into vmm.frames, which has the RAM that the VMM owns and, from
 * machine.free_frames up, the slots of the backing store. */
typedef uint32_t place_t;

struct frame {
    uint8_t state; /* enum vmm_frame_state */
    uint8_t owner; /* table: the number of its space, from 1; 0: every space's */
    uint16_t pde;  /* table: the directory entry that names it */
    uint32_t refs; /* page: holders; table: present entries */
    union {
        uint64_t parts;       /* table: a bit for each 64th that has ever had a present entry */
        struct page *holders; /* page: those who hold it, by next_holder */
        place_t next_free;    /* free: NOWHERE ends the list */
    };
};

/* A list of free places, and places that were never used. */
struct place_list {
    place_t first_free, fresh;
    uint32_t left; /* that may be taken */
};

struct pool {
    uint8_t *memory;
    void *first_free;
    uint32_t size, total, fresh, left; /* bytes an element; elements: all, ever used, to be had */
};

struct object {
    struct rb_node *pages; /* by index */
    uint32_t count;
    struct space *space; /* owner: a space, or */
    struct segment *segment;
};

struct page {
    struct rb_node node; /* key: index in the object */
    struct object *object;
    place_t at;
    struct page *next_holder;
};

struct region {
    struct rb_node node;        /* key: first */
    struct region *prev, *next; /* index=list, tiling; and those to be freed */
    struct space *space;
    vpn_t first, last; /* both included, so that the last page cannot overflow */
    enum vmm_prot prot;
    enum vmm_backing backing;
    struct object *object; /* NULL: device */
    uint32_t offset; /* index in the object (private: first itself), or device frame's number */
    struct region *sharers; /* next region that shows the same segment */
    bool free;              /* index=tiling: it is no region, but a range without one */
};

struct segment {
    struct object object;
    uint32_t n_pages, id;
    bool named;
    struct region *sharers;
};

struct space {
    bool used;
    struct object object;
    struct rb_node *root;               /* index=rbtree, bst */
    struct region *first_region, *hint; /* index=list, tiling */
    struct region *free_hint;           /* index=tiling */
    uint32_t region_count;
    pfn_t directory;
    uint64_t tables[TABLE_WORDS];      /* which directory entries name a table */
    vpn_t pending_first, pending_last; /* deferred: tables may be out of date here */
};

/* What an operation needs at most; reserve() makes sure of it, then nothing can fail. */
struct need {
    uint32_t frames, pages, regions, segments, slots;
    uint32_t tables;           /* of the frames, those for page tables */
    const struct space *space; /* that tables must not be taken from (discard=on) */
};

/* Pages [first, last] of a space. */
struct range {
    struct space *space;
    vpn_t first, last;
};

/* INVLPGs of an operation that flush=batch makes at most, with the i386's geometry; and as many
 * tables as there can never be. */
enum { BATCH_MAX = 8, TABLES_UNLIMITED = 1 << 30 };

enum { WINDOW_DIRECTORY, WINDOW_TABLE, WINDOW_TO, WINDOW_FROM, WINDOWS };

struct vmm {
    struct machine machine;
    struct vmm_config config;
    const struct index *index;
    const struct tables *tables;

    struct frame *frames;
    struct place_list ram, slots;
    struct pool pages, regions, segments;
    struct pool tiles;                 /* index=tiling: free ranges */
    uint32_t tables_left, tables_most; /* page tables that there may be more; and at all */
    uint32_t fail_at;                  /* this allocation from now fails; 0: none */
    bool fail_sticky;

    struct space *spaces;
    struct segment **names; /* by slot */
    uint32_t segment_ids;
    struct space *current; /* NULL: the kernel's own directory is loaded */

    bool reload; /* CR3 must be loaded before the operation returns */
    vpn_t batch[BATCH_MAX];
    uint32_t batched;         /* flush=batch: pages in it, to be invalidated before that */
    place_t hand;             /* discard=on: where the last table was taken */
    uint32_t self, borrow;    /* tables=recursive: directory entries; 0: none */
    struct space *borrowed;   /* tables=recursive: named in the borrow entry */
    pfn_t window[WINDOWS];    /* what each window shows; 0: nothing yet */
    va_t windows, windows_at; /* first window; the table with their entries */
    va_t offset;              /* tables=direct: where frame 0 is mapped */
    uint32_t *kernel_entries; /* pairs: directory index, entry; of every directory */
    uint32_t kernel_count;
};

/* What must hold here; the kernel ends when it does not. */
#define vmm_assert(condition) ((condition) ? (void)0 : machine_panic(#condition, __LINE__))

/* ---- index_*.c: the regions of a space, by address. ---- */

/* begin, end and hole may be NULL: nothing to do; a search from the first region. */
struct index {
    void (*begin)(struct vmm *vmm, struct space *space); /* a new space */
    void (*end)(struct vmm *vmm, struct space *space);   /* no regions are left */
    void (*insert)(struct vmm *vmm, struct region *region);
    void (*remove)(struct vmm *vmm, struct region *region);
    struct region *(*at_or_after)(const struct space *space, vpn_t vpn); /* last >= vpn */
    struct region *(*next)(const struct region *region);
    vpn_t (*hole)(struct space *space, uint32_t n_pages);
    const char *(*invariant)(const struct vmm *vmm, const struct space *space, uint32_t *tiles);
};
extern const struct index index_rbtree, index_bst, index_list, index_tiling;

/* index.c, for all of them; these keep the hint.  find: the region contains vpn.  hole: n pages
 * that are free, 0 if there are none. */
void regions_begin(struct vmm *vmm, struct space *space);
void regions_end(struct vmm *vmm, struct space *space);
void region_insert(struct vmm *vmm, struct region *region);
void region_remove(struct vmm *vmm, struct region *region);
struct region *region_at_or_after(const struct vmm *vmm, struct space *space, vpn_t vpn);
struct region *region_find(const struct vmm *vmm, struct space *space, vpn_t vpn);
bool regions_cover(const struct vmm *vmm, struct space *space, vpn_t first, vpn_t last);
vpn_t region_hole(const struct vmm *vmm, struct space *space, uint32_t n_pages);

/* object.c: the pages of an object, by index. */
struct page *page_at_or_after(const struct object *object, uint32_t index);
struct page *page_find(const struct object *object, uint32_t index);
struct page *page_next(struct page *page);
struct page *page_last(const struct object *object);

/* ---- frame.c, pool.c: memory.  Taking cannot fail after reserve(). ---- */

bool reserve(struct vmm *vmm, const struct need *need);
void *pool_take(struct pool *pool);
void pool_give(struct pool *pool, void *element);

place_t frame_take(struct vmm *vmm, enum vmm_frame_state state); /* RAM; refs 0 */
place_t slot_take(struct vmm *vmm);
void place_give(struct vmm *vmm, place_t place);
void frame_count(struct vmm *vmm, place_t place, int change); /* adds to refs */
void place_hold(struct vmm *vmm, place_t place, struct page *page);
void place_let_go(struct vmm *vmm, struct page *page); /* frees the place after its last holder */
void place_move(struct vmm *vmm, place_t from, place_t to); /* all holders; nobody holds to */

static inline bool in_memory(const struct vmm *vmm, place_t place)
{
    return place < vmm->machine.free_frames;
}

static inline pfn_t place_pfn(const struct vmm *vmm, place_t place)
{
    return vmm->machine.free_first + place;
}

static inline uint32_t place_slot(const struct vmm *vmm, place_t place)
{
    return place - vmm->machine.free_frames;
}

/* Others hold a private page too, so whoever writes to it needs a copy. */
static inline bool page_shared(const struct vmm *vmm, const struct page *page)
{
    return page->object->space && vmm->frames[page->at].refs > 1;
}

/* ---- pmap*.c: page tables. ---- */

/* Reaching directories, tables and frames through the MMU; the design axis `tables`.  An address
 * that one of these returns holds until the next call of the same function.  fits,
 * adopt, leave and shows may be NULL: yes, nothing to do, no. */
struct tables {
    bool pooled; /* the number of tables is fixed at boot */
    bool (*fits)(const struct machine *machine);
    uint32_t (*frames)(const struct machine *machine); /* that bootstrap takes */
    void (*bootstrap)(struct vmm *vmm);                /* paging is off */
    va_t (*directory)(struct vmm *vmm, struct space *space);
    va_t (*table)(struct vmm *vmm, struct space *space, uint32_t pde);   /* it exists */
    va_t (*frame)(struct vmm *vmm, pfn_t pfn, int window);               /* TO or FROM */
    void (*adopt)(struct vmm *vmm, struct space *space, va_t directory); /* a new directory */
    void (*leave)(struct vmm *vmm);                                  /* CR3 must be loaded next */
    bool (*shows)(const struct vmm *vmm, const struct space *space); /* other than as CR3 */
};
extern const struct tables tables_window, tables_recursive, tables_recursive_low, tables_direct;

va_t window_map(struct vmm *vmm, int window, pfn_t pfn);
place_t bootstrap_table(struct vmm *vmm, uint32_t pde);
void kernel_entry(struct vmm *vmm, uint32_t pde, uint32_t entry); /* of every directory */

void pmap_create(struct vmm *vmm, struct space *space);
void pmap_destroy(struct vmm *vmm, struct space *space); /* it is not current */
void pmap_load(struct vmm *vmm, struct space *space);    /* NULL: the kernel's own directory */

/* Adds to need the tables that a fault at vpn, or a region [first, last] that is mapped eager, may
 * need. */
void pmap_need_fault(const struct vmm *vmm, const struct space *space, vpn_t vpn,
                     struct need *need);
void pmap_need_eager(const struct vmm *vmm, const struct space *space, vpn_t first, vpn_t last,
                     struct need *need);

/* Makes the tables show what the regions allow at vpn; fault: also when that takes a new table.
 * The same for a region that is mapped eager. */
void pmap_show(struct vmm *vmm, struct space *space, vpn_t vpn, bool fault);
void pmap_show_eager(struct vmm *vmm, struct space *space, vpn_t first, vpn_t last);

/* discard=on: would there be enough for need if other spaces than its gave their page tables? Takes
 * as many as that needs. */
bool pmap_reclaimable(const struct vmm *vmm, const struct need *need);
void pmap_reclaim(struct vmm *vmm, const struct need *need);

/* Regions or pages changed: tables follow now, or later (the design axis `update`). */
void pmap_changed(struct vmm *vmm, struct space *space, vpn_t first, vpn_t last);
void pmap_settle(struct vmm *vmm, struct space *space);

/* Contents, through the MMU: zeros; a copy in a new frame, from memory or from the backing store;
 * to the backing store.  Where the kernel can reach the word at va, whose page is ready. */
void pmap_clear(struct vmm *vmm, place_t frame);
place_t pmap_copy(struct vmm *vmm, place_t from);
void pmap_save(struct vmm *vmm, place_t frame, place_t slot);
va_t pmap_reach(struct vmm *vmm, const struct region *region, va_t va);

/* ---- The core. ---- */

static inline vpn_t user_pages(const struct vmm *vmm)
{
    return vmm->machine.user_pdes << vmm->machine.level_bits;
}

static inline vpn_t vpn_of(const struct vmm *vmm, va_t va)
{
    return va >> (vmm->machine.level_bits + 2);
}

/* NULL: not in use. */
static inline struct space *space_find(const struct vmm *vmm, uint32_t s)
{
    return s < vmm->config.spaces && vmm->spaces[s].used ? &vmm->spaces[s] : NULL;
}

static inline struct segment *segment_find(const struct vmm *vmm, uint32_t g)
{
    return g < vmm->config.segments ? vmm->names[g] : NULL;
}

/* The object's index, or the device frame, that a region shows at vpn. */
static inline uint32_t region_index(const struct region *region, vpn_t vpn)
{
    return region->offset + (vpn - region->first);
}

/* region.c */
enum vmm_status range_make(const struct vmm *vmm, uint32_t s, va_t va, uint32_t n_pages,
                           struct range *range);
struct region *region_add(struct vmm *vmm, struct space *space, const struct region *like);
void region_remove_all(struct vmm *vmm, const struct range *range);

/* page.c */
void page_add(struct vmm *vmm, struct object *object, uint32_t index, place_t at);
void page_drop_range(struct vmm *vmm, struct object *object, uint32_t first, uint32_t last);
struct need page_need(const struct vmm *vmm, const struct region *region, vpn_t vpn, bool write);
void page_ready(struct vmm *vmm, const struct region *region, vpn_t vpn, bool write);

/* segment.c */
void segment_show(struct segment *segment, struct region *region);
void segment_hide(struct vmm *vmm, struct segment *segment, struct region *region);

#endif
