/* survey.c: taking the snapshot. */
#include "survey.h"
#include "../lib/walk.h"
#include "options.h"
#include <stdlib.h>

static void *resize(void *memory, size_t bytes)
{
    memory = realloc(memory, bytes ? bytes : 1);
    if (!memory) {
        fprintf(stderr, "pagerig: out of memory\n");
        exit(EXIT_CANNOT);
    }
    return memory;
}

static uint32_t *make_index(uint32_t count)
{
    uint32_t *index = resize(NULL, count * sizeof *index);
    for (uint32_t i = 0; i < count; i++)
        index[i] = NOWHERE;
    return index;
}

/* ---- Regions. ---- */

bool range_equal(const struct range *a, const struct range *b)
{
    return a->first == b->first && a->last == b->last && a->prot == b->prot &&
           a->backing == b->backing && a->object == b->object && a->offset == b->offset;
}

static void append_range(struct ranges *ranges, const struct range *range)
{
    struct range *before = ranges->count ? &ranges->items[ranges->count - 1] : NULL;
    if (before && before->last + 1 == range->first && before->prot == range->prot &&
        before->backing == range->backing && before->object == range->object &&
        (range->backing == BACKING_PRIVATE ||
         range->offset == before->offset + (range->first - before->first))) {
        before->last = range->last;
        return;
    }
    if (ranges->count == ranges->capacity) {
        ranges->capacity = ranges->capacity ? ranges->capacity * 2 : 16;
        ranges->items = resize(ranges->items, ranges->capacity * sizeof *ranges->items);
    }
    ranges->items[ranges->count++] = *range;
}

static void survey_model_regions(const struct survey *survey, uint32_t s, struct ranges *ranges)
{
    uint32_t count;
    const struct model_region *regions = model_regions(survey->model, s, &count);
    for (uint32_t i = 0; i < count; i++) {
        const struct model_region *r = &regions[i];
        struct range range = {r->first, r->last, r->prot, r->backing, 0, 0};
        if (r->backing == MODEL_SEGMENT)
            range.object = r->object;
        if (r->backing != MODEL_PRIVATE)
            range.offset = r->offset;
        append_range(ranges, &range);
    }
}

/* The model's number of the segment behind a region of the target.  The two name segments each in
 * their own way: a name that both know tells, or else what the model has at the same place. */
static uint32_t object_behind(const struct survey *survey, uint32_t s,
                              const struct region_view *view)
{
    for (uint32_t g = 0; g < OP_SLOTS; g++)
        if (survey->target->class->segment_id(survey->target, g) == view->segment) {
            uint32_t object = model_segment(survey->model, g);
            return object ? object : OBJECT_UNKNOWN;
        }
    const struct model_region *r = model_region_at_or_after(survey->model, s, view->first);
    if (!r || r->first > view->first || r->backing != MODEL_SEGMENT)
        return OBJECT_UNKNOWN;
    for (uint32_t g = 0; g < OP_SLOTS; g++)
        if (model_segment(survey->model, g) == r->object)
            return OBJECT_UNKNOWN;
    return r->object;
}

/* A list that does not ascend is broken: what comes after is not looked at. */
static void survey_target_regions(const struct survey *survey, struct space_view *space, uint32_t s)
{
    struct region_view view;
    for (uint32_t vpn = 0; survey->target->class->region(survey->target, s, vpn, &view);) {
        struct range range = {view.first, view.last, view.prot, view.backing, 0, 0};
        if (view.backing == BACKING_SEGMENT)
            range.object = object_behind(survey, s, &view);
        if (view.backing != BACKING_PRIVATE)
            range.offset = view.offset;
        append_range(&space->have, &range);
        space->regions++;
        if (view.last < vpn || view.last == UINT32_MAX)
            return;
        vpn = view.last + 1;
    }
}

/* ---- Page tables. ---- */

static void own(const struct survey *survey, uint32_t pfn, enum owner_kind kind, uint32_t space,
                uint32_t pde)
{
    if (pfn < survey->frame_count && survey->owners[pfn].kind == OWNER_NONE)
        survey->owners[pfn] = (struct owner){(uint8_t)kind, (uint8_t)space, (uint16_t)pde};
}

/* The tables that entries [from, up to) of a directory name. */
static void own_tables(const struct survey *survey, uint32_t directory, uint32_t from, uint32_t to,
                       enum owner_kind kind, uint32_t s)
{
    const struct pages *ram = &survey->target->ram;
    for (uint32_t i = pages_next(ram, directory, from); i < to;
         i = pages_next(ram, directory, i + 1))
        if (pages_get(ram, directory, i) & ENTRY_PRESENT)
            own(survey, pages_get(ram, directory, i) >> ENTRY_PFN_SHIFT, kind, s, i);
}

static void survey_owners(const struct survey *survey)
{
    const struct facts *facts = &survey->target->facts;
    own(survey, facts->boot_directory, OWNER_KERNEL, 0, 0);
    for (uint32_t s = 0; s < OP_SLOTS; s++)
        if (survey->spaces[s].actual)
            own(survey, survey->spaces[s].directory, OWNER_DIRECTORY, s, 0);
    own_tables(survey, facts->boot_directory, facts->user_pdes, 1u << survey->level_bits,
               OWNER_KERNEL, 0);
    for (uint32_t s = 0; s < OP_SLOTS; s++)
        if (survey->spaces[s].actual)
            own_tables(survey, survey->spaces[s].directory, 0, facts->user_pdes, OWNER_TABLE, s);
}

/* As walk(), but shows an entry that is not present and yet not 0. */
static uint32_t entry_at(const struct survey *survey, uint32_t directory, uint32_t vpn)
{
    const struct pages *ram = &survey->target->ram;
    uint32_t pde = pages_get(ram, directory, vpn >> survey->level_bits);
    uint32_t entry = walk(ram, directory, vpn);
    if (entry || !(pde & ENTRY_PRESENT) || pde >> ENTRY_PFN_SHIFT >= ram->count)
        return entry;
    return pages_get(ram, pde >> ENTRY_PFN_SHIFT, vpn & ((1u << survey->level_bits) - 1));
}

static void append_page(struct survey *survey, const struct page_view *page)
{
    if (survey->page_count == survey->page_capacity) {
        survey->page_capacity = survey->page_count ? survey->page_count * 2 : 256;
        survey->pages = resize(survey->pages, survey->page_capacity * sizeof *survey->pages);
    }
    survey->pages[survey->page_count++] = *page;
}

/* The lists of those who share a frame or an identity; they ascend as the pages do. */
static void index_pages(struct survey *survey)
{
    for (uint32_t i = survey->page_count; i-- > 0;) {
        struct page_view *page = &survey->pages[i];
        uint32_t pfn = page->entry >> ENTRY_PFN_SHIFT;
        page->next_of_frame = page->next_of_identity = NOWHERE;
        if (page->entry & ENTRY_PRESENT && pfn < survey->frame_count) {
            page->next_of_frame = survey->page_of_frame[pfn];
            survey->page_of_frame[pfn] = i;
        }
        if (page->identity) {
            page->next_of_identity = survey->page_of_identity[page->identity];
            survey->page_of_identity[page->identity] = i;
        }
    }
}

/* Pages one by one, but past tables that are not there and where no region is. */
static void survey_pages(struct survey *survey, uint32_t s)
{
    struct space_view *space = &survey->spaces[s];
    uint32_t per_table = 1u << survey->level_bits;

    space->page_first = survey->page_count;
    for (uint32_t pde = 0; pde < survey->target->facts.user_pdes; pde++) {
        uint32_t first = pde * per_table, last = first + per_table - 1;
        const struct model_region *r =
            space->expected ? model_region_at_or_after(survey->model, s, first) : NULL;
        bool table = space->actual && pages_get(&survey->target->ram, space->directory, pde);
        bool regions = r && r->first <= last;
        for (uint32_t vpn = first; (table || regions) && vpn <= last; vpn++) {
            struct page_view page = {.space = s, .vpn = vpn};
            page.entry = table ? entry_at(survey, space->directory, vpn) : 0;
            page.identity = regions ? model_identity_at(survey->model, s, vpn) : 0;
            if (page.entry || page.identity)
                append_page(survey, &page);
        }
    }
    space->pages = survey->page_count - space->page_first;
}

/* ---- All of it. ---- */

void survey_make(struct survey *survey, struct rig *rig, bool ask_regions)
{
    struct target *target = rig_target(rig);
    const struct facts *facts = &target->facts;
    *survey = (struct survey){
        .model = rig_model(rig),
        .target = target,
        .level_bits = facts->level_bits,
        .page_shift = facts->level_bits + 2,
        .frame_count = target->ram.count,
        .identity_count = facts->ram_frames + facts->slots + 1,
    };
    survey->page_of_frame = make_index(survey->frame_count);
    survey->page_of_identity = make_index(survey->identity_count);
    survey->owners = resize(NULL, survey->frame_count * sizeof *survey->owners);
    for (uint32_t pfn = 0; pfn < survey->frame_count; pfn++)
        survey->owners[pfn] = (struct owner){0};

    for (uint32_t s = 0; s < OP_SLOTS; s++) {
        struct space_view *space = &survey->spaces[s];
        space->expected = model_exists(survey->model, s);
        space->actual = target->class->exists(target, s);
        if (space->actual)
            space->directory = target->class->directory(target, s);
        space->actual = space->actual && space->directory < survey->frame_count;
        if (space->expected)
            survey_model_regions(survey, s, &space->want);
        if (space->actual && ask_regions)
            survey_target_regions(survey, space, s);
        survey_pages(survey, s);
    }
    index_pages(survey);
    survey_owners(survey);
}

void survey_free(struct survey *survey)
{
    for (uint32_t s = 0; s < OP_SLOTS; s++) {
        free(survey->spaces[s].want.items);
        free(survey->spaces[s].have.items);
    }
    free(survey->pages);
    free(survey->page_of_frame);
    free(survey->page_of_identity);
    free(survey->owners);
}

uint32_t survey_frame(const struct survey *survey, uint32_t identity)
{
    for (uint32_t i = survey->page_of_identity[identity]; i != NOWHERE;
         i = survey->pages[i].next_of_identity)
        if (survey->pages[i].entry & ENTRY_PRESENT)
            return survey->pages[i].entry >> ENTRY_PFN_SHIFT;
    return NOWHERE;
}
