/* svg.h: the pictures of `show` as SVG: the spaces before and after the last operation, regions
 * over page tables, with what is wrong marked; and the lives of frames. */
#ifndef CLI_SVG_H
#define CLI_SVG_H

#include "story.h"

/* The whole picture, one <svg> element, well-formed XML; looks at the story (story_look).  lives:
 * with those that it follows. */
void svg_print(FILE *file, struct story *story, bool lives);

/* ---- What its files share: svg.c ---- */

/* An SVG in the making: y is where the next part begins, in pixels. */
struct svg {
    FILE *file;
    unsigned y;
};

enum {
    SVG_WIDTH = 1080,
    SVG_MARGIN = 16,
    SVG_LINE = 17, /* height of a line of text */
    SVG_CHAR = 7,  /* width of a character, about */
};

/* class: of the style sheet in svg.c.  The text is escaped. */
__attribute__((format(printf, 5, 6))) void svg_text(const struct svg *svg, unsigned x, unsigned y,
                                                    const char *class, const char *format, ...);
void svg_box(const struct svg *svg, unsigned x, unsigned y, unsigned width, unsigned height,
             const char *class);

/* A line of text at the margin; the next part begins below it. */
__attribute__((format(printf, 3, 4))) void svg_line(struct svg *svg, const char *class,
                                                    const char *format, ...);

/* svg_spaces.c, svg_life.c */
void svg_spaces(struct svg *svg, const struct picture *picture);
void svg_life(struct svg *svg, const struct life *life, const struct test_case *c);

/* Text as XML has it: of <, >, & and quotes, and without control characters. */
void xml_text(FILE *file, const char *text);

#endif
