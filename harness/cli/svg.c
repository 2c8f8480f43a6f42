/* svg.c: the frame around the pictures, their style, and the few shapes that they are made of. */
#include "svg.h"
#include "options.h"
#include "report.h"
#include <stdarg.h>
#include <stdlib.h>

static const char style[] =
    ".t{font:12px monospace;fill:#222}.h{font:bold 15px sans-serif;fill:#111}"
    ".s{font:bold 13px sans-serif;fill:#333}.q{font:11px monospace;fill:#777}"
    ".x{font:bold 12px monospace;fill:#c00000}"
    ".region{fill:#dde6f3;stroke:#5b7db1}.wrong-region{fill:#fbdada;stroke:#c00000}"
    ".table{fill:#eeeeee;stroke:#999}"
    ".rw{fill:#d5ecd0;stroke:#4d8a3f}.ro{fill:#d9e8fb;stroke:#4a76b3}"
    ".absent{fill:#fff;stroke:#999;stroke-dasharray:4 3}.evicted{fill:#fdf1c4;stroke:#b08d1e}"
    ".wrong{fill:#fbdada;stroke:#c00000;stroke-width:3}"
    ".lagging{fill:#fdebd3;stroke:#b5742a;stroke-dasharray:4 3}" /* update=deferred */
    ".page{fill:#d5ecd0;stroke:#4d8a3f}.directory{fill:#e5d9f3;stroke:#7a56b3}"
    ".free{fill:#fff;stroke:#999;stroke-dasharray:4 3}";

void xml_text(FILE *file, const char *text)
{
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '<')
            fputs("&lt;", file);
        else if (c == '>')
            fputs("&gt;", file);
        else if (c == '&')
            fputs("&amp;", file);
        else if (c == '"')
            fputs("&quot;", file);
        else if (c == '\n' || c == '\t' || (c >= ' ' && c < 0x7f))
            fputc(c, file);
        else
            fputc('?', file);
    }
}

static void put_text(const struct svg *svg, unsigned x, unsigned y, const char *class,
                     const char *format, va_list arguments)
{
    char text[400];
    vsnprintf(text, sizeof text, format, arguments);
    fprintf(svg->file, "<text class=\"%s\" x=\"%u\" y=\"%u\" xml:space=\"preserve\">", class, x, y);
    xml_text(svg->file, text);
    fprintf(svg->file, "</text>\n");
}

void svg_text(const struct svg *svg, unsigned x, unsigned y, const char *class, const char *format,
              ...)
{
    va_list arguments;
    va_start(arguments, format);
    put_text(svg, x, y, class, format, arguments);
    va_end(arguments);
}

void svg_line(struct svg *svg, const char *class, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    put_text(svg, SVG_MARGIN, svg->y + SVG_LINE - 4, class, format, arguments);
    va_end(arguments);
    svg->y += SVG_LINE;
}

void svg_box(const struct svg *svg, unsigned x, unsigned y, unsigned width, unsigned height,
             const char *class)
{
    fprintf(svg->file, "<rect class=\"%s\" x=\"%u\" y=\"%u\" width=\"%u\" height=\"%u\"/>\n", class,
            x, y, width, height);
}

/* ---- All of it. ---- */

static void print_head(struct svg *svg, const struct story *story)
{
    char title[64], head[256];

    if (story->diverged) {
        svg_line(svg, "h", "%s", report_title(&story->finding, title));
        if (*story->finding.where)
            svg_line(svg, "x", "where     %s", story->finding.where);
        svg_line(svg, "x", "expected  %s", story->finding.expected);
        svg_line(svg, "x", "actual    %s", story->finding.actual);
    }
    bool plain = case_write_head(&story->scene.c->head, head) <= (int)sizeof "case" - 1;
    svg_line(svg, "q", "%s   %s", story->scene.name, plain ? "" : head);
}

struct drawing {
    struct svg svg;
    const struct story *story;
};

static void draw(void *context, const struct picture *picture, bool before)
{
    struct drawing *drawing = context;
    struct svg *svg = &drawing->svg;
    uint32_t number = drawing->story->count;
    char op[OP_TEXT_MAX] = "the reset";

    if (before && !number)
        return;
    if (number) {
        struct op plain = drawing->story->scene.c->ops[number - 1];
        plain.expect = OP_EXPECT_NOTHING;
        case_write_op(&plain, op);
    }
    svg->y += SVG_LINE;
    svg_line(svg, "h", "%s %u: %s", before ? "before operation" : "after operation",
             (unsigned)number, op);
    if (!before && !scene_model_followed(&drawing->story->scene))
        svg_line(svg, "q", "what is expected is the state before it");
    svg_spaces(svg, picture);
}

void svg_print(FILE *file, struct story *story, bool lives)
{
    char *body = NULL;
    size_t size;
    struct drawing drawing = {{open_memstream(&body, &size), SVG_MARGIN}, story};

    if (!drawing.svg.file) {
        fprintf(stderr, "pagerig: out of memory\n");
        exit(EXIT_CANNOT);
    }
    print_head(&drawing.svg, story);
    story_look(story, draw, &drawing);
    if (story->died)
        svg_line(&drawing.svg, "x", "a sanitizer ended the process in operation %u",
                 (unsigned)story->count);
    for (unsigned i = 0; lives && i < story->life_count; i++)
        svg_life(&drawing.svg, &story->lives[i], story->scene.c);
    fclose(drawing.svg.file);
    unsigned height = drawing.svg.y + SVG_MARGIN;
    fprintf(file,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%u\" height=\"%u\" "
            "viewBox=\"0 0 %u %u\">\n<style>%s</style>\n<rect width=\"%u\" height=\"%u\" "
            "fill=\"#ffffff\"/>\n%s</svg>\n",
            SVG_WIDTH, height, SVG_WIDTH, height, style, SVG_WIDTH, height, body);
    free(body);
}
