/* picture.h: the state of a world as text: spaces with their regions and pages, frames, segments,
 * and the backing store.
 *
 * A line that begins with ! is where model and target differ.  Under update=deferred page tables
 * may lag behind the regions until their space is used: there such lines begin with ~, unless the
 * finding is about that page.  Not every difference that the checker finds is seen here (it knows
 * the history), and none is seen that a right target may have. */
#ifndef CLI_PICTURE_H
#define CLI_PICTURE_H

#include "survey.h"

struct picture {
    FILE *file;
    const struct survey *survey;
    const struct finding *finding; /* NULL: nothing diverged */
    bool regions_known;            /* the survey asked the target for its regions */
};

/* picture_spaces.c, picture_frames.c: one part each.  The walk is that of an address through the
 * tables of a space. */
void picture_walk(const struct picture *picture, uint32_t s, uint32_t va);
void picture_spaces(const struct picture *picture);
void picture_frames(const struct picture *picture);
bool picture_frame_wrong(const struct picture *picture, uint32_t pfn); /* its state or count */
void picture_segments(const struct picture *picture);
void picture_backing_store(const struct picture *picture);

/* picture_pages.c: pages [number, stop) of the survey up to vpn end, which all lie in the range
 * (NULL: in none).  Returns the number of the first page that it left. */
uint32_t picture_pages(const struct picture *picture, uint32_t number, uint32_t stop, uint32_t end,
                       const struct range *range);

/* Is the page not as the model allows?  range: in which it lies, NULL: in none. */
enum { EXPECTED_MAX = 96 };
struct picture_difference {
    char mark; /* ! or ~ */
    char expected[EXPECTED_MAX], actual[160];
};
bool picture_page_differs(const struct picture *picture, const struct page_view *page,
                          const struct range *range, struct picture_difference *out);

/* ---- What they share: picture.c ---- */

/* A line with ! or ~ on what was expected, one on what there is. */
__attribute__((format(printf, 4, 5))) void picture_differ(const struct picture *picture, char mark,
                                                          const char *actual, const char *expected,
                                                          ...);

/* Lists of no more than room characters, below LIST_TEXT_MAX; they say so when they are cut.
 * Holders, " s0 0x1000 s1 0x2000": pages of a list of the survey; without the one of number except
 * and, if there is one, without addresses that are its own.  Words, " [0]=0x1 [5]=0x2": those of a
 * page that are not zero, or " zero". */
enum { LIST_TEXT_MAX = 96 };
const char *picture_holders(const struct picture *picture, uint32_t page, bool by_frame,
                            uint32_t except, char buffer[LIST_TEXT_MAX], size_t room);
const char *picture_words(const struct pages *pages, uint32_t page, char buffer[LIST_TEXT_MAX],
                          size_t room);

/* "frame 7    P W - A D", or "absent". */
enum { ENTRY_TEXT_MAX = 64 };
const char *picture_entry(uint32_t entry, char buffer[ENTRY_TEXT_MAX]);

#endif
