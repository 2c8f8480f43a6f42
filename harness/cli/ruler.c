/* ruler.c: the picture is a row of cells, each with the mark and the address at which it starts:
 *
 *      0x3fe000      0x400000   0x402000  0x403000
 *      |- rw private +----------|         |- r g0+2 ... 5 tables -#
 *
 * Cells are as wide as their texts need.  Where a region or a gap has more edges of page tables
 * inside than a reader wants to see, they are counted instead. */
#include "ruler.h"
#include <assert.h>
#include <string.h>

enum {
    COLUMNS = 100,
    EDGES_SHOWN = 3, /* in one region; in a gap: 1 */
    RANGES_SHOWN = 64,
};

struct ruler {
    FILE *file;
    const struct survey *survey;
    const char *margin;
    char addresses[COLUMNS + 1], cells[COLUMNS + 1]; /* the two lines in progress */
    size_t used;
};

const char *range_text(const struct survey *survey, const struct range *range,
                       char buffer[RANGE_TEXT_MAX])
{
    const char *prot = range->prot < PROTS ? op_prot_names[range->prot] : "(impossible)";
    unsigned offset = range->offset;

    if (range->backing == BACKING_PRIVATE) {
        snprintf(buffer, RANGE_TEXT_MAX, "%s private", prot);
        return buffer;
    }
    if (range->backing == BACKING_DEVICE) {
        snprintf(buffer, RANGE_TEXT_MAX, "%s device+%u", prot, offset);
        return buffer;
    }
    for (uint32_t g = 0; g < OP_SLOTS; g++)
        if (model_segment(survey->model, g) == range->object) {
            snprintf(buffer, RANGE_TEXT_MAX, "%s g%u+%u", prot, (unsigned)g, offset);
            return buffer;
        }
    if (range->object == OBJECT_UNKNOWN)
        snprintf(buffer, RANGE_TEXT_MAX, "%s another segment+%u", prot, offset);
    else
        snprintf(buffer, RANGE_TEXT_MAX, "%s segment #%u+%u", prot, (unsigned)range->object,
                 offset);
    return buffer;
}

/* ---- Cells. ---- */

static void put(size_t column, char *line, const char *text)
{
    size_t length = strlen(text);
    memcpy(line + column, text, column + length <= COLUMNS ? length : COLUMNS - column);
}

static void begin_lines(struct ruler *ruler)
{
    memset(ruler->addresses, ' ', COLUMNS);
    memset(ruler->cells, ' ', COLUMNS);
    put(0, ruler->addresses, ruler->margin);
    put(0, ruler->cells, ruler->margin);
    ruler->used = strlen(ruler->margin);
}

static void print_line(FILE *file, const char *line)
{
    int length = COLUMNS;
    while (length && line[length - 1] == ' ')
        length--;
    fprintf(file, "%.*s\n", length, line);
}

static void put_mark(struct ruler *ruler, uint32_t vpn, bool end_of_region)
{
    uint32_t in_table = vpn & ((1u << ruler->survey->level_bits) - 1);
    char address[16];
    snprintf(address, sizeof address, "%#x", (unsigned)(vpn << ruler->survey->page_shift));
    put(ruler->used, ruler->addresses, address);
    put(ruler->used, ruler->cells, in_table ? "|" : end_of_region ? "#" : "+");
}

static void end_lines(struct ruler *ruler, uint32_t vpn, bool end_of_region)
{
    put_mark(ruler, vpn, end_of_region);
    print_line(ruler->file, ruler->addresses);
    print_line(ruler->file, ruler->cells);
}

/* A cell from vpn on; end_of_region: one ends or begins there.  fill: '-' in a region, ' ' in a
 * gap.  Leaves room for the mark at the end of the line. */
static void put_cell(struct ruler *ruler, uint32_t vpn, bool end_of_region, char fill,
                     const char *text)
{
    enum { ADDRESS_WIDTH = 10 };
    size_t width = strlen(text) ? strlen(text) + 5 : 2;
    char address[16];
    size_t need = (size_t)snprintf(address, sizeof address, "%#x",
                                   (unsigned)(vpn << ruler->survey->page_shift)) +
                  2;
    if (width < need)
        width = need;
    if (ruler->used + width + ADDRESS_WIDTH > COLUMNS) {
        end_lines(ruler, vpn, end_of_region);
        begin_lines(ruler);
    }
    assert(ruler->used + width < COLUMNS);
    put_mark(ruler, vpn, end_of_region);
    memset(ruler->cells + ruler->used + 1, fill, width - 1);
    if (*text) {
        ruler->cells[ruler->used + 2] = ' ';
        put(ruler->used + 3, ruler->cells, text);
        ruler->cells[ruler->used + 3 + strlen(text)] = ' ';
    }
    ruler->used += width;
}

/* ---- Ranges. ---- */

/* The first edge of a page table after vpn. */
static uint32_t edge_after(const struct ruler *ruler, uint32_t vpn)
{
    return (vpn | ((1u << ruler->survey->level_bits) - 1)) + 1;
}

/* Pages [first, end), cut at the edges inside if these are no more than edges_shown. */
static void put_stretch(struct ruler *ruler, uint32_t first, uint32_t end, char fill,
                        const char *text, uint32_t edges_shown)
{
    uint32_t edge = edge_after(ruler, first);
    uint32_t edges = edge < end ? ((end - 1 - edge) >> ruler->survey->level_bits) + 1 : 0;
    char counted[RANGE_TEXT_MAX + 32];

    if (edges > edges_shown) {
        snprintf(counted, sizeof counted, "%s%s... %u edges", text, *text ? " " : "",
                 (unsigned)edges);
        put_cell(ruler, first, true, fill, counted);
        return;
    }
    put_cell(ruler, first, true, fill, text);
    for (; edge < end; edge = edge_after(ruler, edge))
        put_cell(ruler, edge, false, fill, "");
}

void ruler_print(FILE *file, const struct survey *survey, const struct ranges *ranges,
                 const char *margin)
{
    struct ruler ruler = {.file = file, .survey = survey, .margin = margin};
    uint32_t shown = ranges->count < RANGES_SHOWN ? ranges->count : RANGES_SHOWN;
    char text[RANGE_TEXT_MAX];

    if (!ranges->count)
        return;
    begin_lines(&ruler);
    for (uint32_t i = 0; i < shown; i++) {
        const struct range *range = &ranges->items[i];
        uint32_t before = i ? ranges->items[i - 1].last + 1 : range->first;
        if (before < range->first)
            put_stretch(&ruler, before, range->first, ' ', "", 1);
        put_stretch(&ruler, range->first, range->last + 1, '-', range_text(survey, range, text),
                    EDGES_SHOWN);
    }
    end_lines(&ruler, ranges->items[shown - 1].last + 1, true);
    if (shown < ranges->count)
        fprintf(file, "%s... and %u regions more\n", margin, (unsigned)(ranges->count - shown));
}
