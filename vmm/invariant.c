/* invariant.c: checks every structure of the VMM against itself, in the plainest way; a checker
 * calls it now and then, so it need not be fast.  Each message names what is wrong. */
#include "internal.h"

/* The free places are in bounds, free, and not in a cycle. */
static const char *check_places(const struct vmm *vmm, const struct place_list *list, place_t from,
                                place_t to, uint32_t *free)
{
    if (list->fresh < from || list->fresh > to)
        return "frames: fresh out of range";
    *free = to - list->fresh;
    for (place_t place = list->first_free; place != NOWHERE;) {
        if (place < from || place >= list->fresh)
            return "frames: free list leaves its range";
        if (vmm->frames[place].state != VMM_FRAME_FREE)
            return "frames: a frame in use is on the free list";
        if (++*free > to - from)
            return "frames: the free list has a cycle";
        place = vmm->frames[place].next_free;
    }
    return NULL;
}

/* Everyone on a frame's list of holders is there, and refs counts them. */
static const char *check_holders(const struct vmm *vmm, place_t from, place_t to, uint32_t *used)
{
    for (place_t place = from; place < to; place++) {
        const struct frame *frame = &vmm->frames[place];
        *used += frame->state != VMM_FRAME_FREE;
        if (frame->state != VMM_FRAME_PAGE)
            continue;
        uint32_t holders = 0;
        for (const struct page *page = frame->holders; page; page = page->next_holder) {
            if (page->at != place)
                return "frames: a holder is elsewhere";
            if (++holders > frame->refs)
                return "frames: more holders than references";
        }
        if (holders != frame->refs || !holders)
            return "frames: references without a holder";
    }
    return NULL;
}

/* Every table knows the directory entry that names it, and they are as many as were counted. */
static const char *check_tables(const struct vmm *vmm)
{
    uint32_t named = 0, owned = 0;
    for (uint32_t s = 0; s < vmm->config.spaces; s++)
        for (uint32_t i = 0; i < TABLE_WORDS && vmm->spaces[s].used; i++)
            named += (uint32_t)__builtin_popcountll(vmm->spaces[s].tables[i]);
    for (place_t place = 0; place < vmm->ram.fresh; place++) {
        const struct frame *frame = &vmm->frames[place];
        if (frame->state != VMM_FRAME_TABLE || !frame->owner)
            continue;
        const struct space *space = &vmm->spaces[frame->owner - 1];
        if (!space->used || !(space->tables[frame->pde / 64] >> frame->pde % 64 & 1))
            return "tables: a table that no directory names";
        owned++;
    }
    if (named != owned)
        return "tables: a directory names what is no table of its own";
    return owned + vmm->tables_left == vmm->tables_most ? NULL : "tables: number of tables";
}

static const char *check_pages(const struct vmm *vmm, const struct object *object, uint32_t *pages)
{
    uint32_t count;
    const char *wrong = rb_invariant(object->pages, &count);
    if (wrong)
        return wrong;
    if (count != object->count)
        return "object: number of pages";
    for (struct page *page = page_at_or_after(object, 0); page; page = page_next(page)) {
        const struct page *holder = vmm->frames[page->at].holders;
        if (page->object != object)
            return "page: wrong object";
        while (holder && holder != page)
            holder = holder->next_holder;
        if (!holder)
            return "page: its frame does not know it";
    }
    *pages += count;
    return NULL;
}

static const char *check_region(const struct vmm *vmm, const struct space *space,
                                const struct region *region, vpn_t after)
{
    vpn_t end = user_pages(vmm);
    if (region->space != space || region->node.key != region->first)
        return "region: wrong space or key";
    if (region->first < after || region->last < region->first || region->last >= end)
        return "region: out of order or range";
    if (region->backing == VMM_BACKING_PRIVATE &&
        (region->object != &space->object || region->offset != region->first))
        return "region: private pages of another";
    if (region->backing == VMM_BACKING_SEGMENT) {
        const struct segment *segment = region->object->segment;
        const struct region *sharer = segment->sharers;
        while (sharer && sharer != region)
            sharer = sharer->sharers;
        if (!sharer)
            return "region: its segment does not know it";
        if (region_index(region, region->last) >= segment->n_pages)
            return "region: longer than its segment";
    }
    return NULL;
}

static const char *check_space(const struct vmm *vmm, const struct space *space, uint32_t *pages,
                               uint32_t *regions, uint32_t *tiles)
{
    vpn_t after = 1;
    const char *wrong = vmm->index->invariant(vmm, space, tiles);
    const struct region *region = wrong ? NULL : vmm->index->at_or_after(space, 0);
    for (; region && !wrong; region = vmm->index->next(region)) {
        wrong = check_region(vmm, space, region, after);
        after = region->last + 1;
    }
    if (wrong || (wrong = check_pages(vmm, &space->object, pages)))
        return wrong;
    for (struct page *page = page_at_or_after(&space->object, 0); page; page = page_next(page)) {
        region = vmm->index->at_or_after(space, page->node.key);
        if (!region || region->first > page->node.key || region->backing != VMM_BACKING_PRIVATE)
            return "page: not in a private region";
    }
    *regions += space->region_count;
    return NULL;
}

/* Segments are found by their names and by the regions that show them; each once, by its id. */
static const char *check_segments(const struct vmm *vmm, uint32_t *pages, uint32_t *segments)
{
    const struct pool *pool = &vmm->segments;
    for (uint32_t i = 0; i < pool->fresh; i++) {
        const struct segment *segment = (const void *)(pool->memory + (size_t)i * pool->size);
        if (segment->object.segment != segment)
            continue; /* free: filled with junk */
        bool named = false;
        for (uint32_t g = 0; g < vmm->config.segments; g++)
            named |= vmm->names[g] == segment;
        if (named != segment->named || (!named && !segment->sharers))
            return "segment: name";
        const char *wrong = check_pages(vmm, &segment->object, pages);
        if (wrong)
            return wrong;
        ++*segments;
    }
    return NULL;
}

static bool pool_agrees(const struct pool *pool, uint32_t used)
{
    return pool->left + used == pool->total;
}

const char *vmm_invariant(const struct vmm *vmm)
{
    place_t ram = vmm->machine.free_frames, end = ram + vmm->machine.backing_slots;
    uint32_t free = 0, used = 0, pages = 0, regions = 0, tiles = 0, segments = 0;
    const char *wrong = check_places(vmm, &vmm->ram, 0, ram, &free);
    if (!wrong)
        wrong = check_holders(vmm, 0, vmm->ram.fresh, &used);
    if (!wrong && free + used != ram)
        return "frames: a frame is neither free nor used";
    if (!wrong)
        wrong = check_places(vmm, &vmm->slots, ram, end, &free);
    if (!wrong && free != vmm->slots.left)
        return "slots: number of free slots";
    if (!wrong)
        wrong = check_holders(vmm, ram, vmm->slots.fresh, &used);
    if (!wrong)
        wrong = check_tables(vmm);
    for (uint32_t s = 0; s < vmm->config.spaces && !wrong; s++)
        if (vmm->spaces[s].used)
            wrong = check_space(vmm, &vmm->spaces[s], &pages, &regions, &tiles);
    if (!wrong)
        wrong = check_segments(vmm, &pages, &segments);
    if (wrong)
        return wrong;
    if (!pool_agrees(&vmm->pages, pages))
        return "pages: leaked or freed twice";
    if (!pool_agrees(&vmm->regions, regions))
        return "regions: leaked or freed twice";
    if (!pool_agrees(&vmm->tiles, tiles))
        return "tiles: leaked or freed twice";
    if (!pool_agrees(&vmm->segments, segments))
        return "segments: leaked or freed twice";
    return NULL;
}
