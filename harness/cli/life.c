/* life.c: see life.h. */
#include "life.h"
#include "../lib/walk.h"
#include "options.h"
#include "picture.h"
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* ---- Seeing. ---- */

struct life life_begin(uint32_t pfn)
{
    return (struct life){.pfn = pfn};
}

void life_free(struct life *life)
{
    free(life->views);
    *life = (struct life){0};
}

/* The frame that a page shows, NOWHERE: none. */
static uint32_t frame_shown(const struct survey *survey, uint32_t s, uint32_t vpn)
{
    const struct space_view *space = &survey->spaces[s];
    for (uint32_t i = space->page_first; i < space->page_first + space->pages; i++)
        if (survey->pages[i].vpn == vpn && survey->pages[i].entry & ENTRY_PRESENT)
            return survey->pages[i].entry >> ENTRY_PFN_SHIFT;
    return NOWHERE;
}

static void see_places(struct life_view *view, const struct survey *before,
                       const struct survey *now, uint32_t pfn)
{
    for (uint32_t i = now->page_of_frame[pfn]; i != NOWHERE; i = now->pages[i].next_of_frame) {
        const struct page_view *page = &now->pages[i];
        view->more_places = view->place_count == LIFE_PLACES;
        if (view->more_places)
            return;
        view->places[view->place_count++] = (struct life_place){
            page->space, page->vpn, page->entry,
            before ? frame_shown(before, page->space, page->vpn) : NOWHERE, NOWHERE};
    }
}

static const struct life_place *find_place(const struct life_view *view,
                                           const struct life_place *place)
{
    for (unsigned i = 0; i < view->place_count; i++)
        if (view->places[i].space == place->space && view->places[i].vpn == place->vpn)
            return &view->places[i];
    return NULL;
}

static void see_left(struct life_view *view, const struct life_view *last, const struct survey *now)
{
    for (unsigned i = 0; i < last->place_count; i++)
        if (!find_place(view, &last->places[i])) {
            struct life_place *left = &view->left[view->left_count++];
            *left = last->places[i];
            left->after = frame_shown(now, left->space, left->vpn);
        }
}

static void see_page(struct life_view *view, const struct survey *now, uint32_t pfn)
{
    const struct picture picture = {.survey = now};
    uint32_t page = now->page_of_frame[pfn];
    uint32_t identity = page == NOWHERE ? 0 : now->pages[page].identity;

    view->evicted = identity && model_identity(now->model, identity).evicted;
    if (view->state != FRAME_PAGE)
        return;
    picture_words(&now->target->ram, pfn, view->words, sizeof view->words / 2);
    if (!*view->words)
        snprintf(view->words, sizeof view->words, " zero");
    if (!identity)
        return;
    view->holders = model_identity(now->model, identity).holders;
    picture_holders(&picture, now->page_of_identity[identity], false, NOWHERE, view->held,
                    sizeof view->held / 2);
}

static bool same(const struct life_view *a, const struct life_view *b)
{
    bool like = a->state == b->state && a->refs == b->refs && a->owner.kind == b->owner.kind &&
                a->place_count == b->place_count && a->more_places == b->more_places &&
                a->holders == b->holders && a->evicted == b->evicted &&
                strcmp(a->held, b->held) == 0 && strcmp(a->words, b->words) == 0;
    for (unsigned i = 0; like && i < a->place_count; i++) {
        const struct life_place *other = find_place(b, &a->places[i]);
        like = other && other->entry == a->places[i].entry;
    }
    return like;
}

static void keep(struct life *life, const struct life_view *view)
{
    if (life->count == life->capacity) {
        life->capacity = life->capacity ? life->capacity * 2 : 16;
        life->views = realloc(life->views, life->capacity * sizeof *life->views);
        if (!life->views) {
            fprintf(stderr, "pagerig: out of memory\n");
            exit(EXIT_CANNOT);
        }
    }
    life->views[life->count++] = *view;
}

void life_see(struct life *life, const struct survey *before, const struct survey *now,
              uint32_t done)
{
    struct life_view view = {.done = done};
    const struct life_view *last = life->count ? &life->views[life->count - 1] : NULL;

    if (life->pfn >= now->frame_count)
        return;
    life->page_shift = now->page_shift;
    if (life->pfn < now->target->facts.ram_frames)
        view.state = (uint8_t)now->target->class->frame(now->target, life->pfn, &view.refs);
    view.owner = now->owners[life->pfn];
    see_places(&view, before, now, life->pfn);
    see_page(&view, now, life->pfn);
    if (last && same(last, &view))
        return;
    if (last)
        see_left(&view, last, now);
    keep(life, &view);
}

/* ---- Telling. ---- */

struct teller {
    void (*line)(void *context, const char *text);
    void *context;
};

__attribute__((format(printf, 2, 3))) static void tell(const struct teller *teller,
                                                       const char *format, ...)
{
    char text[200];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    teller->line(teller->context, text);
}

static void tell_state(const struct teller *teller, const struct life *life,
                       const struct life_view *last, const struct life_view *view)
{
    static const char *const uses[] = {
        [FRAME_FREE] = "free",
        [FRAME_PAGE] = "a page",
        [FRAME_TABLE] = "a page table",
        [FRAME_DIRECTORY] = "a page directory",
    };
    bool first = last == NULL, counts = view->state == FRAME_PAGE || view->state == FRAME_TABLE;
    char refs[32] = "", owner[48] = "";

    if (view->owner.kind == OWNER_DIRECTORY)
        snprintf(owner, sizeof owner, " of s%u", (unsigned)view->owner.space);
    if (view->owner.kind == OWNER_TABLE)
        snprintf(owner, sizeof owner, " of s%u, entry %u", (unsigned)view->owner.space,
                 (unsigned)view->owner.pde);
    if (counts)
        snprintf(refs, sizeof refs, ", %u reference%s", (unsigned)view->refs,
                 view->refs == 1 ? "" : "s");
    if (first || last->state != view->state || last->owner.kind != view->owner.kind)
        tell(teller, "%s%s%s%s", first || last->state == FRAME_FREE ? "" : "now ",
             uses[view->state], owner, refs);
    else if (last->refs != view->refs)
        tell(teller, "%u to %u references", (unsigned)last->refs, (unsigned)view->refs);
    (void)life;
}

/* "P W U - D" */
static const char *rights(uint32_t entry, char buffer[ENTRY_TEXT_MAX])
{
    const char *text = picture_entry(entry, buffer), *bits = strstr(text, " P");
    return bits ? bits + 1 : text;
}

static void tell_places(const struct teller *teller, const struct life *life,
                        const struct life_view *last, const struct life_view *view)
{
    char text[ENTRY_TEXT_MAX], from[40];

    for (unsigned i = 0; i < view->left_count; i++) {
        const struct life_place *place = &view->left[i];
        unsigned va = place->vpn << life->page_shift;
        if (place->after == NOWHERE)
            tell(teller, "unmapped at s%u %#x", (unsigned)place->space, va);
        else
            tell(teller, "frame %u takes its place at s%u %#x", (unsigned)place->after,
                 (unsigned)place->space, va);
    }
    for (unsigned i = 0; i < view->place_count; i++) {
        const struct life_place *place = &view->places[i],
                                *was = last ? find_place(last, place) : NULL;
        unsigned va = place->vpn << life->page_shift;
        if (was && was->entry == place->entry)
            continue;
        snprintf(from, sizeof from, ", where frame %u was", (unsigned)place->before);
        tell(teller, "%s s%u %#x: %s%s", was ? "at" : "mapped at", (unsigned)place->space, va,
             rights(place->entry, text),
             was || place->before == NOWHERE || place->before == life->pfn ? "" : from);
    }
    if (view->more_places && !(last && last->more_places))
        tell(teller, "and at more places");
}

void life_changes(const struct life *life, uint32_t i,
                  void (*line)(void *context, const char *text), void *context)
{
    const struct teller teller = {line, context};
    const struct life_view *view = &life->views[i], *last = i ? view - 1 : NULL;

    tell_state(&teller, life, last, view);
    tell_places(&teller, life, last, view);
    if (view->evicted && !(last && last->evicted))
        tell(&teller, "its page is in the backing store now");
    if (*view->held && !(last && strcmp(last->held, view->held) == 0))
        tell(&teller, "held by%s", view->held);
    if (*view->words && !(last && strcmp(last->words, view->words) == 0))
        tell(&teller, "content:%s", view->words);
}

struct printer {
    FILE *file;
    const char *left; /* of the line; of all but the first it is blank */
};

static void print_line(void *context, const char *text)
{
    struct printer *printer = context;
    fprintf(printer->file, "  %-40s %s\n", printer->left, text);
    printer->left = "";
}

void life_print(FILE *file, const struct life *life, const struct test_case *c)
{
    char op[OP_TEXT_MAX], left[OP_TEXT_MAX + 16];

    fprintf(file, "\nlife of frame %u\n", (unsigned)life->pfn);
    for (uint32_t i = 0; i < life->count; i++) {
        struct printer printer = {file, left};
        uint32_t done = life->views[i].done;
        if (done) {
            struct op plain = c->ops[done - 1];
            plain.expect = OP_EXPECT_NOTHING;
            case_write_op(&plain, op);
        }
        snprintf(left, sizeof left, "%5u  %s", (unsigned)done, done ? op : "(after the reset)");
        life_changes(life, i, print_line, &printer);
    }
}
