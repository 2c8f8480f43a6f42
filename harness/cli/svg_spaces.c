/* svg_spaces.c: address spaces: over a row of cells, one a page or a run of pages that are alike,
 * the regions of the model (and of the VMM, where they differ), under it the page tables.
 *
 *      s0   directory frame 4
 *      | rw private 0x1000-0x4000    |       regions
 *      [frame 5 ][frame 6 ][2 pages ]        pages: frame and bits, red where wrong
 *      | table frame 12              |       page tables */
#include "../lib/walk.h"
#include "ruler.h"
#include "svg.h"
#include <stdlib.h>
#include <string.h>

enum {
    CELL_WIDTH = 104,
    CELL_HEIGHT = 54,
    GAP_WIDTH = 26,
    BAR_HEIGHT = 20,
    CELLS_MAX = 96, /* what is beyond is counted */
    RUN_MIN = 4,    /* pages that are alike, in one cell */
    NEAR_WRONG = 2, /* pages beside a wrong one have cells of their own */
};

struct cell {
    uint32_t first, last;         /* pages */
    const struct page_view *page; /* of the first; NULL: in no table, without identity */
    const struct range *want, *have;
    bool wrong;
    struct picture_difference difference;
    unsigned x, row;
};

struct strip {
    struct svg *svg;
    const struct picture *picture;
    const struct space_view *space;
    struct cell cells[CELLS_MAX];
    unsigned count;
    bool more;      /* there are cells that did not fit */
    bool show_have; /* the lists differ */
};

/* ---- Cells. ---- */

static const struct range *range_at(const struct ranges *ranges, uint32_t vpn)
{
    for (uint32_t i = 0; i < ranges->count; i++)
        if (ranges->items[i].first <= vpn && vpn <= ranges->items[i].last)
            return &ranges->items[i];
    return NULL;
}

/* The first page after vpn at which a list's range begins or ends; UINT32_MAX: none. */
static uint32_t edge_after(const struct ranges *ranges, uint32_t vpn)
{
    uint32_t edge = UINT32_MAX;
    for (uint32_t i = 0; i < ranges->count; i++) {
        const struct range *range = &ranges->items[i];
        if (range->first > vpn && range->first < edge)
            edge = range->first;
        if (range->last + 1 > vpn && range->last + 1 < edge)
            edge = range->last + 1;
    }
    return edge;
}

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* The page that the finding is about, if it is one of this space; UINT32_MAX: none. */
static uint32_t finding_page(const struct strip *strip)
{
    const struct picture *picture = strip->picture;
    uint32_t number = (uint32_t)(strip->space - picture->survey->spaces);
    unsigned s, va;
    if (!picture->finding || sscanf(picture->finding->where, "s%u %x", &s, &va) != 2 || s != number)
        return UINT32_MAX;
    return va >> picture->survey->page_shift;
}

static struct cell make_cell(const struct strip *strip, uint32_t vpn, uint32_t *next_page)
{
    const struct survey *survey = strip->picture->survey;
    uint32_t stop = strip->space->page_first + strip->space->pages, wrong = finding_page(strip);
    struct cell cell = {.first = vpn, .last = vpn};

    cell.want = range_at(&strip->space->want, vpn);
    cell.have = range_at(&strip->space->have, vpn);
    if (*next_page < stop && survey->pages[*next_page].vpn == vpn) {
        cell.page = &survey->pages[(*next_page)++];
        cell.wrong = picture_page_differs(strip->picture, cell.page, cell.want, &cell.difference);
        return cell;
    }
    if (vpn == wrong) {
        struct page_view page = {.space = (uint32_t)(strip->space - survey->spaces), .vpn = vpn};
        cell.wrong = picture_page_differs(strip->picture, &page, cell.want, &cell.difference);
        return cell;
    }
    uint32_t end =
        least(edge_after(&strip->space->want, vpn), edge_after(&strip->space->have, vpn));
    if (*next_page < stop)
        end = least(end, survey->pages[*next_page].vpn);
    if (wrong > vpn)
        end = least(end, wrong);
    cell.last = end - 1;
    return cell;
}

/* Nothing is there: a gap between what is. */
static bool is_gap(const struct cell *cell)
{
    return !cell->page && !cell->want && !cell->have && !cell->wrong;
}

/* Can b be in the same cell as a? */
static bool alike(const struct strip *strip, const struct cell *a, const struct cell *b)
{
    uint32_t low = (1u << ENTRY_PFN_SHIFT) - 1, bits = strip->picture->survey->level_bits;
    uint32_t wrong = finding_page(strip);
    return a->page && b->page && !a->wrong && !b->wrong && a->want == b->want &&
           a->have == b->have && a->last + 1 == b->first && a->first >> bits == b->first >> bits &&
           !((a->page->entry ^ b->page->entry) & low) && !a->page->identity == !b->page->identity &&
           (b->first + NEAR_WRONG < wrong || a->first > wrong + NEAR_WRONG || wrong == UINT32_MAX);
}

/* The last RUN_MIN or more cells that are alike become one. */
static void merge_last(struct strip *strip)
{
    unsigned n = 1;
    const struct cell *last = &strip->cells[strip->count - 1];
    if (strip->count >= 2 && last[-1].last != last[-1].first && last[-1].page &&
        alike(strip, &last[-1], last)) {
        strip->cells[strip->count - 2].last = last->last;
        strip->count--;
        return;
    }
    while (n < strip->count && alike(strip, last - n, last - n + 1))
        n++;
    if (n < RUN_MIN)
        return;
    strip->cells[strip->count - n].last = last->last;
    strip->count -= n - 1;
}

static void make_cells(struct strip *strip)
{
    const struct survey *survey = strip->picture->survey;
    uint32_t next = strip->space->page_first, stop = next + strip->space->pages, end = 0, vpn;
    const struct ranges *want = &strip->space->want, *have = &strip->space->have;
    uint32_t wrong = finding_page(strip);

    vpn = next < stop ? survey->pages[next].vpn : UINT32_MAX;
    if (want->count)
        vpn = least(vpn, want->items[0].first);
    if (have->count)
        vpn = least(vpn, have->items[0].first);
    vpn = least(vpn, wrong);
    if (next < stop)
        end = survey->pages[stop - 1].vpn + 1;
    if (want->count && want->items[want->count - 1].last + 1 > end)
        end = want->items[want->count - 1].last + 1;
    if (have->count && have->items[have->count - 1].last + 1 > end)
        end = have->items[have->count - 1].last + 1;
    if (wrong != UINT32_MAX && wrong + 1 > end)
        end = wrong + 1;
    while (vpn < end) {
        struct cell cell = make_cell(strip, vpn, &next);
        cell.last = least(cell.last, end - 1);
        vpn = cell.last + 1;
        strip->more = strip->count == CELLS_MAX;
        if (strip->more)
            return;
        strip->cells[strip->count++] = cell;
        merge_last(strip);
    }
}

static unsigned cell_width(const struct cell *cell)
{
    return is_gap(cell) ? GAP_WIDTH : CELL_WIDTH;
}

/* Returns the number of rows. */
static unsigned place_cells(struct strip *strip)
{
    unsigned x = SVG_MARGIN, row = 0;
    for (unsigned i = 0; i < strip->count; i++) {
        struct cell *cell = &strip->cells[i];
        if (x + cell_width(cell) > SVG_WIDTH - SVG_MARGIN) {
            x = SVG_MARGIN;
            row++;
        }
        cell->x = x;
        cell->row = row;
        x += cell_width(cell);
    }
    return strip->count ? row + 1 : 0;
}

/* ---- Drawing. ---- */

static const char *cell_class(const struct strip *strip, const struct cell *cell)
{
    if (cell->wrong)
        return cell->difference.mark == '!' ? "wrong" : "lagging";
    if (cell->page && cell->page->entry & ENTRY_PRESENT)
        return cell->page->entry & ENTRY_WRITABLE ? "rw" : "ro";
    if (cell->page && cell->page->identity &&
        model_identity(strip->picture->survey->model, cell->page->identity).evicted)
        return "evicted";
    return "absent";
}

static void draw_cell(const struct strip *strip, const struct cell *cell, unsigned y)
{
    const struct survey *survey = strip->picture->survey;
    uint32_t entry = cell->page ? cell->page->entry : 0, pages = cell->last - cell->first + 1;
    const char *class = cell_class(strip, cell);
    char text[ENTRY_TEXT_MAX];

    if (is_gap(cell)) {
        svg_text(strip->svg, cell->x + 4, y + CELL_HEIGHT / 2 + 4, "q", "...");
        return;
    }
    svg_box(strip->svg, cell->x + 1, y, CELL_WIDTH - 2, CELL_HEIGHT, class);
    svg_text(strip->svg, cell->x + 6, y + 14, "q", "%#x",
             (unsigned)(cell->first << survey->page_shift));
    if (!cell->page || !(entry || cell->page->identity)) {
        svg_text(strip->svg, cell->x + 6, y + 31, "t", "%s", cell->wrong ? "absent" : "untouched");
        if (pages > 1)
            svg_text(strip->svg, cell->x + 6, y + 47, "t", "%u pages", (unsigned)pages);
        return;
    }
    const char *bits = strstr(picture_entry(entry, text), " P");
    if (entry)
        svg_text(strip->svg, cell->x + 6, y + 31, "t", "frame %u",
                 (unsigned)(entry >> ENTRY_PFN_SHIFT));
    else
        svg_text(strip->svg, cell->x + 6, y + 31, "t", "absent%s",
                 strcmp(class, "evicted") == 0 ? ", swap" : "");
    if (pages > 1)
        svg_text(strip->svg, cell->x + 6, y + 47, "t", "%u pages", (unsigned)pages);
    else if (bits)
        svg_text(strip->svg, cell->x + 6, y + 47, "t", "%s", bits + 1);
    else if (cell->page->identity)
        svg_text(strip->svg, cell->x + 6, y + 47, "t", "page #%u", (unsigned)cell->page->identity);
}

/* A bar over, or under, cells i and following of one row that have the same key; returns the number
 * of the first cell after it. */
static unsigned bar_end(const struct strip *strip, unsigned i,
                        const void *(*key)(const struct strip *, const struct cell *))
{
    unsigned end = i + 1;
    while (end < strip->count && strip->cells[end].row == strip->cells[i].row &&
           key(strip, &strip->cells[end]) == key(strip, &strip->cells[i]))
        end++;
    return end;
}

static const void *want_of(const struct strip *strip, const struct cell *cell)
{
    (void)strip;
    return cell->want;
}

static const void *have_of(const struct strip *strip, const struct cell *cell)
{
    (void)strip;
    return cell->have;
}

/* By directory entry; gaps are in none. */
static const void *table_of(const struct strip *strip, const struct cell *cell)
{
    uint32_t bits = strip->picture->survey->level_bits;
    const char *base = (const char *)strip;
    return is_gap(cell) ? NULL : base + 1 + (cell->first >> bits);
}

static unsigned bar_width(const struct strip *strip, unsigned i, unsigned end)
{
    const struct cell *last = &strip->cells[end - 1];
    return last->x + cell_width(last) - strip->cells[i].x;
}

static void draw_regions(const struct strip *strip, unsigned y, unsigned row, bool have)
{
    const struct survey *survey = strip->picture->survey;
    char text[RANGE_TEXT_MAX];

    for (unsigned i = 0, end; i < strip->count; i = end) {
        const struct cell *cell = &strip->cells[i];
        const struct range *range = have ? cell->have : cell->want;
        end = bar_end(strip, i, have ? have_of : want_of);
        if (cell->row != row || !range)
            continue;
        unsigned width = bar_width(strip, i, end), room = (width - 10) / SVG_CHAR;
        char label[RANGE_TEXT_MAX + 32];
        const char *who = have ? "VMM: " : "", *what = range_text(survey, range, text);
        if ((unsigned)snprintf(label, sizeof label, "%s%s %#x-%#x", who, what,
                               (unsigned)(range->first << survey->page_shift),
                               (unsigned)((range->last + 1) << survey->page_shift)) > room)
            snprintf(label, sizeof label, "%s%s", who, what);
        svg_box(strip->svg, cell->x + 1, y, width - 2, BAR_HEIGHT,
                have ? "wrong-region" : "region");
        svg_text(strip->svg, cell->x + 6, y + 14, "t", "%.*s", (int)room, label);
    }
}

static void draw_tables(const struct strip *strip, unsigned y, unsigned row)
{
    const struct survey *survey = strip->picture->survey;

    for (unsigned i = 0, end; i < strip->count; i = end) {
        const struct cell *cell = &strip->cells[i];
        end = bar_end(strip, i, table_of);
        if (cell->row != row || is_gap(cell))
            continue;
        uint32_t index = cell->first >> survey->level_bits, pde = 0;
        if (strip->space->actual)
            pde = pages_get(&survey->target->ram, strip->space->directory, index);
        unsigned width = bar_width(strip, i, end);
        svg_box(strip->svg, cell->x + 1, y, width - 2, BAR_HEIGHT, pde ? "table" : "absent");
        if (pde & ENTRY_PRESENT)
            svg_text(strip->svg, cell->x + 6, y + 14, "q", "table frame %u",
                     (unsigned)(pde >> ENTRY_PFN_SHIFT));
        else
            svg_text(strip->svg, cell->x + 6, y + 14, "q", "no table");
    }
}

static void draw_wrong(const struct strip *strip)
{
    const struct survey *survey = strip->picture->survey;
    for (unsigned i = 0; i < strip->count; i++) {
        const struct cell *cell = &strip->cells[i];
        if (!cell->wrong)
            continue;
        unsigned va = cell->first << survey->page_shift;
        const char *class = cell->difference.mark == '!' ? "x" : "q";
        svg_line(strip->svg, class, "%#x expected %s", va, cell->difference.expected);
        svg_line(strip->svg, class, "%*s actual   %s", snprintf(NULL, 0, "%#x", va), "",
                 cell->difference.actual);
    }
}

static void draw_strip(struct strip *strip)
{
    struct svg *svg = strip->svg;
    unsigned rows = place_cells(strip);

    for (unsigned row = 0; row < rows; row++) {
        draw_regions(strip, svg->y, row, false);
        svg->y += BAR_HEIGHT + 2;
        if (strip->show_have) {
            draw_regions(strip, svg->y, row, true);
            svg->y += BAR_HEIGHT + 2;
        }
        for (unsigned i = 0; i < strip->count; i++)
            if (strip->cells[i].row == row)
                draw_cell(strip, &strip->cells[i], svg->y);
        svg->y += CELL_HEIGHT + 2;
        draw_tables(strip, svg->y, row);
        svg->y += BAR_HEIGHT + 8;
    }
    if (strip->more)
        svg_line(svg, "q", "... and more pages: pagerig show");
    draw_wrong(strip);
}

/* ---- Spaces. ---- */

static bool lists_differ(const struct space_view *space)
{
    if (space->want.count != space->have.count)
        return true;
    for (uint32_t i = 0; i < space->want.count; i++)
        if (!range_equal(&space->want.items[i], &space->have.items[i]))
            return true;
    return false;
}

void svg_spaces(struct svg *svg, const struct picture *picture)
{
    const struct survey *survey = picture->survey;
    struct target *target = survey->target;
    static struct strip strip; /* large */
    unsigned spaces = 0;

    for (uint32_t s = 0; s < OP_SLOTS; s++) {
        const struct space_view *space = &survey->spaces[s];
        if (!space->expected && !space->actual)
            continue;
        bool current = space->actual && target->class->current(target) == space->directory;
        spaces++;
        svg->y += 4;
        if (space->actual)
            svg_line(svg, "s", "s%u   directory frame %u%s", (unsigned)s,
                     (unsigned)space->directory, current ? "   <- CR3" : "");
        if (space->expected != space->actual)
            svg_line(svg, "x", "s%u: expected %s, actual %s", (unsigned)s,
                     space->expected ? "a space" : "no such space",
                     space->actual ? "it exists" : "there is none");
        strip = (struct strip){.svg = svg, .picture = picture, .space = space};
        strip.show_have = space->actual && picture->regions_known && lists_differ(space);
        make_cells(&strip);
        draw_strip(&strip);
    }
    if (!spaces)
        svg_line(svg, "t", "no spaces");
}
