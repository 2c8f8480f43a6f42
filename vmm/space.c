/* space.c: address spaces: create, destroy, switch, fork. */
#include "internal.h"

static bool slot_free(const struct vmm *vmm, uint32_t s)
{
    return s < vmm->config.spaces && !vmm->spaces[s].used;
}

/* A new, empty space; its directory was reserved. */
static struct space *begin(struct vmm *vmm, uint32_t s)
{
    struct space *space = &vmm->spaces[s];
    *space = (struct space){.used = true};
    space->object.space = space;
    pmap_create(vmm, space);
    regions_begin(vmm, space);
    return space;
}

enum vmm_status vmm_create(struct vmm *vmm, uint32_t s)
{
    if (!slot_free(vmm, s))
        return VMM_BAD_SLOT;
    if (!reserve(vmm, &(struct need){.frames = 1}))
        return VMM_NO_MEMORY;
    begin(vmm, s);
    return VMM_OK;
}

/* The tables go first, so that nothing refers to the frames that are freed after them. */
enum vmm_status vmm_destroy(struct vmm *vmm, uint32_t s)
{
    struct space *space = space_find(vmm, s);
    if (!space)
        return VMM_BAD_SLOT;
    if (space == vmm->current)
        pmap_load(vmm, NULL);
    pmap_destroy(vmm, space);
    region_remove_all(vmm, &(struct range){space, 1, user_pages(vmm) - 1});
    regions_end(vmm, space);
    space->used = false;
    return VMM_OK;
}

enum vmm_status vmm_switch(struct vmm *vmm, uint32_t s)
{
    struct space *space = space_find(vmm, s);
    if (!space)
        return VMM_BAD_SLOT;
    pmap_settle(vmm, space);
    pmap_load(vmm, space);
    return VMM_OK;
}

/* The child gets the parent's regions and pages, but no tables: faults build them.  With
 * copy-on-write the pages hold the parent's frames, which makes them read-only on both sides. */
enum vmm_status vmm_fork(struct vmm *vmm, uint32_t s, uint32_t t)
{
    struct space *parent = space_find(vmm, s);
    bool copies = vmm->config.design.fork == VMM_FORK_COPY;
    if (!parent || !slot_free(vmm, t))
        return VMM_BAD_SLOT;
    uint32_t n_pages = parent->object.count;
    struct need need = {.frames = 1, .pages = n_pages, .regions = parent->region_count};
    need.frames += copies ? n_pages : 0;
    if (!reserve(vmm, &need))
        return VMM_NO_MEMORY;

    struct space *child = begin(vmm, t);
    struct region *region = region_at_or_after(vmm, parent, 0);
    for (; region; region = vmm->index->next(region))
        region_add(vmm, child, region);
    struct page *first = page_at_or_after(&parent->object, 0), *page;
    for (page = first; page; page = page_next(page))
        page_add(vmm, &child->object, page->node.key, copies ? pmap_copy(vmm, page->at) : page->at);
    if (first && !copies)
        pmap_changed(vmm, parent, first->node.key, page_last(&parent->object)->node.key);
    return VMM_OK;
}
