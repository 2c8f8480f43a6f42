/* vmm.h: what a kernel (or a test rig) calls.
 *
 * Programs see address spaces and segments; pages are the VMM's own affair.  The caller names
 * address spaces and segments by slot numbers.
 *
 * All state lives in one object of vmm_size() bytes; pointers in it point only into it, so it can
 * be saved and restored by one copy to the same address.  Nothing here is reentrant.
 *
 * Every operation validates first, then takes everything that it may need, then cannot fail: an
 * operation that does not return VMM_OK has changed nothing that can be observed.  Checks come in
 * this order, and the first one that fails is the answer:
 *
 *      BAD_SLOT       a slot number out of range; a slot that must be in use and is not, or must be
 *                     free and is not
 *      BAD_ARGUMENT   address not page-aligned (accesses: not word-aligned); no pages; a range that
 *                     touches page 0, leaves the user range or wraps; a part of a segment or of the
 *                     device that does not exist; eviction of a device page
 *      EXISTS, NOT_MAPPED, NO_SPACE, FAULT   what the regions say
 *      NO_MEMORY      a pool is empty, or vmm_fail said so
 *
 * Sizes are in pages, addresses in bytes. */
#ifndef VMM_H
#define VMM_H

#include "machine.h"

struct vmm;

enum vmm_status {
    VMM_OK,
    VMM_NO_MEMORY,
    VMM_BAD_ARGUMENT,
    VMM_EXISTS,
    VMM_NOT_MAPPED,
    VMM_NO_SPACE,
    VMM_BAD_SLOT,
    VMM_FAULT,
};

enum vmm_prot { VMM_PROT_NONE, VMM_PROT_READ, VMM_PROT_WRITE }; /* writable implies readable */

/* The choices of each axis, VMM_INDEX_RBTREE and so on, and the axes themselves. */
#define DESIGN_CHOICE(AXIS, CHOICE, name, text) VMM_##AXIS##_##CHOICE,
#define DESIGN_AXIS(AXIS, name, text)                                                              \
    }                                                                                              \
    ;                                                                                              \
    enum {
enum {
    VMM_DESIGN_FIRST_AXIS = 0,
#include "design.def"
};
struct vmm_design {
#define DESIGN_AXIS(AXIS, name, text) uint8_t name;
#include "design.def"
};

struct vmm_config {
    struct vmm_design design;
    uint32_t limit;    /* frames that may be allocated after vmm_init; 0 for all of them */
    uint32_t spaces;   /* slots for address spaces, 1 to 16 */
    uint32_t segments; /* slots for segments, 1 to 16 */
};

/* Bytes of the object for this machine, or 0 when the machine is not usable with the design:
 * geometry out of range, too little RAM, or (direct) more RAM than its map can reach. */
size_t vmm_size(const struct machine *machine, const struct vmm_config *config);

/* Bytes that are enough for this machine and any design. */
size_t vmm_size_most(const struct machine *machine, uint32_t spaces, uint32_t segments);

/* Makes the object at memory (aligned to 16; contents do not matter) and turns paging on.  The
 * machine must be as machine.h describes it before the first machine_load_cr3. */
struct vmm *vmm_init(void *memory, const struct machine *machine, const struct vmm_config *config);

/* Makes an empty address space; frees one with all that it maps; loads one into CR3.  Destroying
 * the current space loads the kernel's own directory first. */
enum vmm_status vmm_create(struct vmm *vmm, uint32_t s);
enum vmm_status vmm_destroy(struct vmm *vmm, uint32_t s);
enum vmm_status vmm_switch(struct vmm *vmm, uint32_t s);

/* Makes t a copy of s: private pages are copied (at once or on write), segments and device frames
 * are shared. */
enum vmm_status vmm_fork(struct vmm *vmm, uint32_t s, uint32_t t);

/* Makes a zero-filled segment; gives up its name, at once.  The segment itself lives until no
 * region maps it. */
enum vmm_status vmm_segment(struct vmm *vmm, uint32_t g, uint32_t n_pages);
enum vmm_status vmm_release(struct vmm *vmm, uint32_t g);

enum { VMM_MAP_ANY = 1, VMM_MAP_EAGER = 2, VMM_MAP_SEGMENT = 4, VMM_MAP_DEVICE = 8 };

/* A new region at *va, or with VMM_MAP_ANY at a free place that is written to *va.  Private and
 * zero-filled, or with VMM_MAP_SEGMENT pages [offset, offset + n_pages) of segment g, or with
 * VMM_MAP_DEVICE (not both) device frames, offset counted from the machine's device_first.  With
 * VMM_MAP_EAGER every page gets its frame now and is in the page tables at the next commit point
 * (with update=lazy when it is used; no effect when prot is VMM_PROT_NONE, or on a device).  *va is
 * unchanged on error. */
enum vmm_status vmm_map(struct vmm *vmm, uint32_t s, va_t *va, uint32_t n_pages, enum vmm_prot prot,
                        unsigned flags, uint32_t g, uint32_t offset);

/* Removes what is mapped in the range; holes are fine. */
enum vmm_status vmm_unmap(struct vmm *vmm, uint32_t s, va_t va, uint32_t n_pages);

/* Changes protection; NOT_MAPPED unless all of the range is mapped. */
enum vmm_status vmm_protect(struct vmm *vmm, uint32_t s, va_t va, uint32_t n_pages,
                            enum vmm_prot prot);

/* The page fault handler, for faults of a program in the current space; error is the error code
 * that the processor pushed.  VMM_OK: try the access again.  VMM_FAULT: the program may not do
 * this.  VMM_NO_MEMORY: the access was legal.  The kernel has no faults that could be repaired
 * (vmm_copy causes none): for one in supervisor mode the answer is VMM_FAULT. */
enum vmm_status vmm_fault(struct vmm *vmm, va_t cr2, uint32_t error);

/* The kernel's own access to a word of s, in from the user or out, with the rights of s: a user's
 * address, protection and copy-on-write count.  VMM_FAULT where the user's access would fault for
 * good. */
enum vmm_status vmm_copy(struct vmm *vmm, uint32_t s, va_t va, uint32_t *word, bool out);

/* Writes the page at va to the backing store and frees its frame, whoever shares it.  VMM_OK also
 * when there is nothing in memory to evict. */
enum vmm_status vmm_evict(struct vmm *vmm, uint32_t s, va_t va);

/* Frees the page tables of s; faults build them again. */
enum vmm_status vmm_discard(struct vmm *vmm, uint32_t s);

/* Brings the page tables of s up to date; nothing to do unless update is deferred. */
enum vmm_status vmm_commit(struct vmm *vmm, uint32_t s);

/* Lets the k-th allocation from now fail, with sticky also all that follow; 0 lets none fail.  An
 * operation counts each frame, slot and structure that it may need before it takes the first: the
 * one among whose needs the k-th is returns VMM_NO_MEMORY. */
void vmm_fail(struct vmm *vmm, uint32_t k, bool sticky);

/* ---- For those who look in: nothing below changes anything. ---- */

enum vmm_backing { VMM_BACKING_PRIVATE, VMM_BACKING_SEGMENT, VMM_BACKING_DEVICE };

struct vmm_region_view {
    vpn_t first, last; /* both included */
    enum vmm_prot prot;
    enum vmm_backing backing;
    uint32_t segment; /* a number that names the segment until it dies; 0 if not a segment */
    uint32_t offset;  /* page of the segment, or device frame, at first */
};

enum vmm_frame_state { VMM_FRAME_FREE, VMM_FRAME_PAGE, VMM_FRAME_TABLE, VMM_FRAME_DIRECTORY };

struct vmm_frame_view {
    enum vmm_frame_state state;
    uint32_t refs; /* page: those who hold it; table: its present entries; else 0 */
};

struct vmm_pool_view {
    uint32_t frames, pages, regions, segments, slots; /* free now */
    uint32_t tables; /* that there may be more; UINT32_MAX: as many as there are frames */
};

/* Directory entries above the kernel's image, from and up to, that differ from space to space. */
struct vmm_own_entries {
    uint32_t from, to;
};
struct vmm_own_entries vmm_own_entries(const struct vmm *vmm);

/* Of a space that exists: its directory's frame; the first region whose last page is at or after
 * vpn, false when there is none. */
pfn_t vmm_directory(const struct vmm *vmm, uint32_t s);
bool vmm_region_at_or_after(const struct vmm *vmm, uint32_t s, vpn_t vpn,
                            struct vmm_region_view *region);
bool vmm_exists(const struct vmm *vmm, uint32_t s);
uint32_t vmm_segment_id(const struct vmm *vmm, uint32_t g); /* 0 when the slot is free */

/* A frame that the VMM does not own is shown as free. */
struct vmm_frame_view vmm_frame(const struct vmm *vmm, pfn_t pfn);
struct vmm_pool_view vmm_pools(const struct vmm *vmm);

/* Bytes of the structures in use for regions, pages and segments, whatever the caller can see of
 * them. */
size_t vmm_structure_bytes(const struct vmm *vmm);

/* Checks every structure of the VMM against itself; NULL, or what is wrong. */
const char *vmm_invariant(const struct vmm *vmm);

#endif
