/* svg_life.c: the life of a frame: an operation a row, with what the frame was then, a column for
 * each page that shows it, and what changed. */
#include "../lib/walk.h"
#include "svg.h"
#include <string.h>

enum {
    COLUMNS_MAX = 4,
    OP_WIDTH = 300,
    STATE_WIDTH = 96,
    COLUMN_WIDTH = 110,
};

struct table {
    struct svg *svg;
    const struct life *life;
    struct life_place columns[COLUMNS_MAX];
    unsigned column_count;
    unsigned lines; /* of notes in the row in progress */
};

static bool same_place(const struct life_place *a, const struct life_place *b)
{
    return a->space == b->space && a->vpn == b->vpn;
}

static void find_columns(struct table *table)
{
    for (uint32_t i = 0; i < table->life->count; i++)
        for (unsigned j = 0; j < table->life->views[i].place_count; j++) {
            const struct life_place *place = &table->life->views[i].places[j];
            unsigned at = 0;
            while (at < table->column_count && !same_place(place, &table->columns[at]))
                at++;
            if (at == table->column_count && at < COLUMNS_MAX)
                table->columns[table->column_count++] = *place;
        }
}

static unsigned column_x(unsigned column)
{
    return SVG_MARGIN + OP_WIDTH + STATE_WIDTH + 8 + column * COLUMN_WIDTH;
}

static void note(void *context, const char *text)
{
    struct table *table = context;
    svg_text(table->svg, column_x(table->column_count) + 4,
             table->svg->y + 14 + table->lines * SVG_LINE, "t", "%s", text);
    table->lines++;
}

static void count_note(void *context, const char *text)
{
    (void)text;
    ++*(unsigned *)context;
}

static void draw_row(struct table *table, uint32_t i, const struct test_case *c)
{
    static const char *const names[] = {"free", "page", "table", "directory"};
    const struct life_view *view = &table->life->views[i];
    unsigned lines = 0, y = table->svg->y;
    char op[OP_TEXT_MAX] = "(after the reset)", bits[ENTRY_TEXT_MAX];

    life_changes(table->life, i, count_note, &lines);
    unsigned height = (lines ? lines : 1) * SVG_LINE + 4;
    if (view->done) {
        struct op plain = c->ops[view->done - 1];
        plain.expect = OP_EXPECT_NOTHING;
        case_write_op(&plain, op);
    }
    svg_text(table->svg, SVG_MARGIN, y + 14, "t", "%4u  %.36s", (unsigned)view->done, op);
    unsigned x = SVG_MARGIN + OP_WIDTH;
    svg_box(table->svg, x, y, STATE_WIDTH, height, names[view->state]);
    svg_text(table->svg, x + 6, y + 14, "t", "%s", names[view->state]);
    for (unsigned j = 0; j < view->place_count; j++)
        for (unsigned k = 0; k < table->column_count; k++)
            if (same_place(&view->places[j], &table->columns[k])) {
                uint32_t entry = view->places[j].entry;
                const char *text = strstr(picture_entry(entry, bits), " P");
                svg_box(table->svg, column_x(k), y, COLUMN_WIDTH - 8, height,
                        entry & ENTRY_WRITABLE ? "rw" : "ro");
                svg_text(table->svg, column_x(k) + 6, y + 14, "t", "%s", text ? text + 1 : "");
            }
    table->lines = 0;
    life_changes(table->life, i, note, table);
    table->svg->y += height;
}

void svg_life(struct svg *svg, const struct life *life, const struct test_case *c)
{
    struct table table = {.svg = svg, .life = life};

    svg->y += SVG_LINE;
    svg_line(svg, "h", "life of frame %u", (unsigned)life->pfn);
    find_columns(&table);
    for (unsigned k = 0; k < table.column_count; k++)
        svg_text(svg, column_x(k), svg->y + 12, "s", "s%u %#x", (unsigned)table.columns[k].space,
                 (unsigned)(table.columns[k].vpn << life->page_shift));
    svg->y += SVG_LINE;
    for (uint32_t i = 0; i < life->count; i++)
        draw_row(&table, i, c);
}
