/* picture_frames.c: what is behind the spaces: page frames, segments, the backing store. */
#include "../lib/walk.h"
#include "picture.h"

/* Characters of a line that are left for lists. */
enum { LINE_ROOM = 60 };

/* ---- Frames. ---- */

static const char *const state_names[] = {
    [FRAME_FREE] = "free",
    [FRAME_PAGE] = "page",
    [FRAME_TABLE] = "table",
    [FRAME_DIRECTORY] = "directory",
};

/* What the tables and the model say that the frame must be. */
static uint32_t expected_state(const struct picture *picture, uint32_t pfn, uint32_t *refs)
{
    const struct survey *survey = picture->survey;
    uint32_t page = survey->page_of_frame[pfn];

    *refs = 0;
    if (survey->owners[pfn].kind == OWNER_DIRECTORY)
        return FRAME_DIRECTORY;
    if (survey->owners[pfn].kind == OWNER_TABLE) {
        *refs = pages_population(&survey->target->ram, pfn);
        return FRAME_TABLE;
    }
    if (page == NOWHERE || !survey->pages[page].identity)
        return FRAME_FREE;
    *refs = model_identity(survey->model, survey->pages[page].identity).holders;
    return FRAME_PAGE;
}

static void print_owner(const struct picture *picture, uint32_t pfn)
{
    const struct survey *survey = picture->survey;
    const struct owner *owner = &survey->owners[pfn];
    uint32_t page = survey->page_of_frame[pfn];
    char holders[LIST_TEXT_MAX], words[LIST_TEXT_MAX];
    bool current = survey->target->class->current(survey->target) == pfn;

    switch (owner->kind) {
    case OWNER_DIRECTORY:
        fprintf(picture->file, "s%u%s", (unsigned)owner->space, current ? "   <- CR3" : "");
        return;
    case OWNER_TABLE:
        fprintf(picture->file, "s%u at 0x%x", (unsigned)owner->space,
                (unsigned)owner->pde << (survey->level_bits + survey->page_shift));
        return;
    }
    if (page == NOWHERE) {
        fprintf(picture->file, "in no page table %s",
                picture_words(&survey->target->ram, pfn, words, LINE_ROOM));
        return;
    }
    if (survey->pages[page].identity)
        fprintf(picture->file, "#%-5u", (unsigned)survey->pages[page].identity);
    fprintf(picture->file, "%s", picture_holders(picture, page, true, NOWHERE, holders, LINE_ROOM));
}

bool picture_frame_wrong(const struct picture *picture, uint32_t pfn)
{
    const struct survey *survey = picture->survey;
    uint32_t refs, want_refs, want = expected_state(picture, pfn, &want_refs);
    uint32_t state = survey->target->class->frame(survey->target, pfn, &refs);
    bool known = survey->owners[pfn].kind != OWNER_NONE || survey->page_of_frame[pfn] != NOWHERE;

    if (survey->owners[pfn].kind == OWNER_KERNEL)
        return false;
    return (state == FRAME_PAGE && !refs) || (known && (state != want || refs != want_refs));
}

static void print_frame(const struct picture *picture, uint32_t pfn, uint32_t state, uint32_t refs)
{
    const struct survey *survey = picture->survey;
    uint32_t want_refs, want = expected_state(picture, pfn, &want_refs);
    char mark = survey->target->facts.deferred ? '~' : '!', actual[32], number[16] = "";
    bool known = survey->owners[pfn].kind != OWNER_NONE || survey->page_of_frame[pfn] != NOWHERE;

    if (state == FRAME_PAGE || state == FRAME_TABLE)
        snprintf(number, sizeof number, "%u ref%s", (unsigned)refs, refs == 1 ? "" : "s");
    fprintf(picture->file, "  frame %-6u%-11s%-9s", (unsigned)pfn, state_names[state], number);
    print_owner(picture, pfn);
    fprintf(picture->file, "\n");
    if (state == FRAME_PAGE && !refs) {
        picture_differ(picture, mark, "page", "free: nobody holds it");
    } else if (known && state != want) {
        picture_differ(picture, mark, state_names[state], "%s", state_names[want]);
    } else if (known && refs != want_refs) {
        snprintf(actual, sizeof actual, "%u", (unsigned)refs);
        picture_differ(picture, mark, actual, "%u references", (unsigned)want_refs);
    }
}

/* What is not a directory, a table or a page in memory must be free. */
static void print_census(const struct picture *picture, uint32_t free)
{
    const struct survey *survey = picture->survey;
    uint32_t used = model_resident(survey->model), limit = survey->target->facts.limit;
    char actual[32];

    for (uint32_t pfn = 0; pfn < survey->frame_count; pfn++)
        used +=
            survey->owners[pfn].kind == OWNER_DIRECTORY || survey->owners[pfn].kind == OWNER_TABLE;
    if (free + used == limit)
        return;
    snprintf(actual, sizeof actual, "%u", (unsigned)free);
    picture_differ(picture, '!', actual, "%d free", (int)(limit - used));
}

void picture_frames(const struct picture *picture)
{
    const struct survey *survey = picture->survey;
    struct target *target = survey->target;
    uint32_t pools[POOLS], refs;

    target->class->pools(target, pools);
    fprintf(picture->file, "\nframes   %u used, %u free\n",
            (unsigned)(target->facts.limit - pools[POOL_FRAMES]), (unsigned)pools[POOL_FRAMES]);
    print_census(picture, pools[POOL_FRAMES]);
    for (uint32_t pfn = 0; pfn < target->facts.ram_frames; pfn++) {
        enum frame_state state = target->class->frame(target, pfn, &refs);
        bool own = state != FRAME_FREE || survey->owners[pfn].kind != OWNER_NONE;
        if (survey->owners[pfn].kind == OWNER_KERNEL)
            own = false;
        if (own || survey->page_of_frame[pfn] != NOWHERE)
            print_frame(picture, pfn, state, refs);
    }
}

/* ---- Segments. ---- */

/* A page that no space maps is shown here, because it is nowhere else. */
static void print_unmapped(const struct picture *picture, uint32_t object)
{
    const struct survey *survey = picture->survey;
    char words[LIST_TEXT_MAX];

    for (uint32_t i = 0; i < model_segment_pages(survey->model, object); i++) {
        uint32_t identity = model_segment_identity(survey->model, object, i);
        if (identity && survey->page_of_identity[identity] == NOWHERE)
            fprintf(picture->file, "    page %-5u #%-5u%s, mapped nowhere %s\n", (unsigned)i,
                    (unsigned)identity,
                    model_identity(survey->model, identity).evicted ? "evicted" : "in memory",
                    picture_words(model_contents(survey->model), identity, words, LINE_ROOM / 2));
    }
}

static uint32_t count_touched(const struct model *model, uint32_t object)
{
    uint32_t touched = 0;
    for (uint32_t i = 0; i < model_segment_pages(model, object); i++)
        touched += model_segment_identity(model, object, i) != 0;
    return touched;
}

static void print_segment(const struct picture *picture, const char *name, uint32_t object)
{
    enum { PLACES_SHOWN = 3 };
    const struct survey *survey = picture->survey;
    uint32_t pages = model_segment_pages(survey->model, object), places = 0;

    fprintf(picture->file, "  %-12s %u page%s, %u touched, mapped at", name, (unsigned)pages,
            pages == 1 ? "" : "s", (unsigned)count_touched(survey->model, object));
    for (uint32_t s = 0; s < OP_SLOTS; s++)
        for (uint32_t i = 0; i < survey->spaces[s].want.count; i++) {
            const struct range *range = &survey->spaces[s].want.items[i];
            if (range->object == object && places++ < PLACES_SHOWN)
                fprintf(picture->file, " s%u %#x", (unsigned)s,
                        (unsigned)(range->first << survey->page_shift));
        }
    if (places > PLACES_SHOWN)
        fprintf(picture->file, " and %u more", (unsigned)(places - PLACES_SHOWN));
    fprintf(picture->file, "%s\n", places ? "" : " no place");
    print_unmapped(picture, object);
}

/* Is this the first range that shows its object? */
static bool first_of_object(const struct survey *survey, uint32_t s, uint32_t number)
{
    uint32_t object = survey->spaces[s].want.items[number].object;
    for (uint32_t t = 0; t <= s; t++)
        for (uint32_t i = 0; i < (t < s ? survey->spaces[t].want.count : number); i++)
            if (survey->spaces[t].want.items[i].object == object)
                return false;
    return true;
}

static bool is_named(const struct survey *survey, uint32_t object)
{
    for (uint32_t g = 0; g < OP_SLOTS; g++)
        if (model_segment(survey->model, g) == object)
            return true;
    return false;
}

static bool has_segments(const struct survey *survey)
{
    for (uint32_t i = 0; i < OP_SLOTS; i++) {
        const struct ranges *ranges = &survey->spaces[i].want;
        bool has = model_segment(survey->model, i) != 0;
        for (uint32_t j = 0; j < ranges->count && !has; j++)
            has = ranges->items[j].object != 0;
        if (has)
            return true;
    }
    return false;
}

void picture_segments(const struct picture *picture)
{
    const struct survey *survey = picture->survey;
    char name[32];

    if (!has_segments(survey))
        return;
    fprintf(picture->file, "\nsegments\n");
    for (uint32_t g = 0; g < OP_SLOTS; g++) {
        uint32_t object = model_segment(survey->model, g);
        snprintf(name, sizeof name, "g%u", (unsigned)g);
        if (object)
            print_segment(picture, name, object);
    }
    for (uint32_t s = 0; s < OP_SLOTS; s++)
        for (uint32_t i = 0; i < survey->spaces[s].want.count; i++) {
            uint32_t object = survey->spaces[s].want.items[i].object;
            snprintf(name, sizeof name, "segment #%u", (unsigned)object);
            if (object && !is_named(survey, object) && first_of_object(survey, s, i))
                print_segment(picture, name, object);
        }
}

/* ---- The backing store. ---- */

void picture_backing_store(const struct picture *picture)
{
    const struct survey *survey = picture->survey;
    uint32_t pools[POOLS], slots = survey->target->facts.slots, free;
    uint32_t evicted = model_evicted(survey->model);
    char text[32], words[LIST_TEXT_MAX], holders[LIST_TEXT_MAX];

    survey->target->class->pools(survey->target, pools);
    free = pools[POOL_SLOTS];
    fprintf(picture->file, "\nbacking store   %u of %u slots used\n", (unsigned)(slots - free),
            (unsigned)slots);
    if (free + evicted != slots) {
        snprintf(text, sizeof text, "%u", (unsigned)(slots - free));
        picture_differ(picture, '!', text, "%u used", (unsigned)evicted);
    }
    for (uint32_t identity = 1; identity < survey->identity_count && evicted; identity++) {
        uint32_t page = survey->page_of_identity[identity];
        if (page == NOWHERE || !model_identity(survey->model, identity).evicted)
            continue;
        fprintf(picture->file, "  #%-5u%s %s\n", (unsigned)identity,
                picture_holders(picture, page, false, NOWHERE, holders, 2 * LINE_ROOM / 3),
                picture_words(model_contents(survey->model), identity, words, LINE_ROOM / 2));
    }
}
