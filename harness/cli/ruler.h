/* ruler.h: the regions of a space as a picture, in the style of the comments in allocators. */
#ifndef CLI_RULER_H
#define CLI_RULER_H

#include "survey.h"

/* What the marks of the picture mean, for a legend. */
#define RULER_LEGEND "| end of a region, + edge of a page table, # both; not to scale"

/* Lines of at most 100 columns that begin with margin. */
void ruler_print(FILE *file, const struct survey *survey, const struct ranges *ranges,
                 const char *margin);

/* What the pages of a range are: "rw private", "r g0+2", "rw device+3". */
enum { RANGE_TEXT_MAX = 48 };
const char *range_text(const struct survey *survey, const struct range *range,
                       char buffer[RANGE_TEXT_MAX]);

#endif
