/* picture_pages.c: pages of a space, one a line, or one line for a run of pages that are alike. */
#include "../lib/walk.h"
#include "picture.h"
#include <stdarg.h>
#include <string.h>

static uint32_t va_of(const struct picture *picture, uint32_t vpn)
{
    return vpn << picture->survey->page_shift;
}

/* ---- One page. ---- */

static bool is_finding(const struct picture *picture, const struct page_view *page)
{
    char where[64];
    snprintf(where, sizeof where, "s%u %#x", (unsigned)page->space,
             (unsigned)va_of(picture, page->vpn));
    return picture->finding && strcmp(picture->finding->where, where) == 0;
}

/* Where the model keeps what the page shows; NULL: nowhere. */
static const struct pages *model_page(const struct picture *picture, const struct page_view *page,
                                      const struct range *range, uint32_t *number)
{
    *number = page->identity;
    if (range && range->backing == BACKING_DEVICE) {
        *number = range->offset + (page->vpn - range->first);
        return model_device_contents(picture->survey->model);
    }
    return page->identity ? model_contents(picture->survey->model) : NULL;
}

/* A page of another identity in the same frame, NOWHERE if there is none. */
static uint32_t find_alias(const struct survey *survey, const struct page_view *page)
{
    uint32_t other = survey->page_of_frame[page->entry >> ENTRY_PFN_SHIFT];
    while (other != NOWHERE && survey->pages[other].identity == page->identity)
        other = survey->pages[other].next_of_frame;
    return other;
}

__attribute__((format(printf, 2, 3))) static bool expect(char expected[EXPECTED_MAX],
                                                         const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(expected, EXPECTED_MAX, format, arguments);
    va_end(arguments);
    return true;
}

/* The frame of a present entry.  True: not the one it must be. */
static bool wrong_frame(const struct picture *picture, const struct page_view *page,
                        const struct range *range, char expected[EXPECTED_MAX])
{
    const struct survey *survey = picture->survey;
    uint32_t pfn = page->entry >> ENTRY_PFN_SHIFT, ram = survey->target->facts.ram_frames, number;
    const struct pages *content = model_page(picture, page, range, &number);

    if (range->backing == BACKING_DEVICE && pfn != ram + number)
        return expect(expected, "frame %u, device frame %u", (unsigned)(ram + number),
                      (unsigned)number);
    if (pfn >= survey->frame_count || (range->backing != BACKING_DEVICE && pfn >= ram))
        return expect(expected, "a frame of RAM");
    if (range->backing != BACKING_DEVICE) {
        uint32_t first = survey_frame(survey, page->identity), alias = find_alias(survey, page);
        if (first != pfn)
            return expect(expected, "frame %u, where page #%u is", (unsigned)first,
                          (unsigned)page->identity);
        if (alias != NOWHERE)
            return expect(expected, "a frame that s%u %#x does not show",
                          (unsigned)survey->pages[alias].space,
                          (unsigned)va_of(picture, survey->pages[alias].vpn));
    }
    uint32_t word = pages_differ(content, number, &survey->target->ram, pfn);
    if (word >> survey->level_bits)
        return false;
    return expect(expected, "[%u]=%#x, not [%u]=%#x", (unsigned)word,
                  (unsigned)pages_get(content, number, word), (unsigned)word,
                  (unsigned)pages_get(&survey->target->ram, pfn, word));
}

/* True: the entry is not one that the model allows; expected is filled. */
static bool wrong_entry(const struct picture *picture, const struct page_view *page,
                        const struct range *range, char expected[EXPECTED_MAX])
{
    uint32_t known = ENTRY_PRESENT | ENTRY_WRITABLE | ENTRY_USER | ENTRY_HARDWARE;
    if (!page->entry)
        return false;
    if (!(page->entry & ENTRY_PRESENT))
        return expect(expected, "an entry of 0: not present");
    if (!range)
        return expect(expected, "absent: nothing is mapped");
    if (range->prot == PROT_NO)
        return expect(expected, "absent: no access is allowed");
    if (range->backing != BACKING_DEVICE && !page->identity)
        return expect(expected, "absent: nobody has touched the page");

    uint32_t holders = 1;
    if (range->backing != BACKING_DEVICE) {
        struct model_identity identity = model_identity(picture->survey->model, page->identity);
        holders = identity.holders;
        if (identity.evicted)
            return expect(expected, "absent: the page is in the backing store");
    }
    if (page->entry & ((1u << ENTRY_PFN_SHIFT) - 1) & ~known)
        return expect(expected, "reserved bits 0");
    if (!(page->entry & ENTRY_USER))
        return expect(expected, "U");
    if (page->entry & ENTRY_WRITABLE && range->prot != PROT_RW)
        return expect(expected, "not W: the region is read-only");
    if (page->entry & ENTRY_WRITABLE && holders > 1)
        return expect(expected, "not W: the page has %u holders", (unsigned)holders);
    return wrong_frame(picture, page, range, expected);
}

bool picture_page_differs(const struct picture *picture, const struct page_view *page,
                          const struct range *range, struct picture_difference *out)
{
    char actual[ENTRY_TEXT_MAX];

    if (is_finding(picture, page)) {
        out->mark = '!';
        snprintf(out->expected, sizeof out->expected, "%s", picture->finding->expected);
        snprintf(out->actual, sizeof out->actual, "%s", picture->finding->actual);
        return true;
    }
    if (!wrong_entry(picture, page, range, out->expected))
        return false;
    out->mark = picture->survey->target->facts.deferred ? '~' : '!';
    snprintf(out->actual, sizeof out->actual, "%s", picture_entry(page->entry, actual));
    return true;
}

static bool is_evicted(const struct picture *picture, const struct page_view *page)
{
    return page->identity && model_identity(picture->survey->model, page->identity).evicted;
}

/* The frame that has the page, whoever maps it; 0, which no page is in, if none is known. */
static uint32_t frame_of(const struct picture *picture, const struct page_view *page)
{
    if (page->entry & ENTRY_PRESENT)
        return page->entry >> ENTRY_PFN_SHIFT;
    uint32_t pfn = page->identity ? survey_frame(picture->survey, page->identity) : NOWHERE;
    return pfn == NOWHERE ? 0 : pfn;
}

static const char *others_of(const struct picture *picture, const struct page_view *page,
                             char buffer[LIST_TEXT_MAX])
{
    enum { ROOM = 24 };
    const struct survey *survey = picture->survey;
    uint32_t first = page->identity ? survey->page_of_identity[page->identity] : NOWHERE;
    return picture_holders(picture, first, false, (uint32_t)(page - survey->pages), buffer, ROOM);
}

/* "frame 7 P W U A D", or why there is nothing. */
static const char *presence(const struct picture *picture, const struct page_view *page,
                            char buffer[ENTRY_TEXT_MAX])
{
    if (page->entry || !page->identity)
        return picture_entry(page->entry, buffer);
    if (is_evicted(picture, page))
        return "absent, evicted";
    uint32_t pfn = frame_of(picture, page);
    if (!pfn)
        return "absent, in memory";
    snprintf(buffer, ENTRY_TEXT_MAX, "absent, in frame %u", (unsigned)pfn);
    return buffer;
}

static void print_page(const struct picture *picture, uint32_t number, const struct range *range)
{
    enum { COLUMNS = 100 };
    const struct survey *survey = picture->survey;
    const struct page_view *page = &survey->pages[number];
    char entry[ENTRY_TEXT_MAX], others[LIST_TEXT_MAX], words[LIST_TEXT_MAX], who[32] = "";
    struct picture_difference difference;
    uint32_t content_page;
    const struct pages *content = model_page(picture, page, range, &content_page);

    if (range && range->backing == BACKING_DEVICE) {
        snprintf(who, sizeof who, "device frame %u", (unsigned)content_page);
    } else if (page->identity) {
        uint32_t holders = model_identity(survey->model, page->identity).holders;
        if (range && range->backing == BACKING_SEGMENT)
            snprintf(who, sizeof who, "#%-4u page %u", (unsigned)page->identity,
                     (unsigned)(range->offset + (page->vpn - range->first)));
        else
            snprintf(who, sizeof who, "#%-4u %u holder%s", (unsigned)page->identity,
                     (unsigned)holders, holders == 1 ? "" : "s");
    }
    others_of(picture, page, others);
    int used = fprintf(picture->file, "    %-#11x%-*s%s%s%s", (unsigned)va_of(picture, page->vpn),
                       *who ? 23 : 0, presence(picture, page, entry), who, *others ? ", with" : "",
                       others);
    if (content)
        fprintf(picture->file, " %s",
                picture_words(content, content_page, words, COLUMNS - 1 - (size_t)used));
    fprintf(picture->file, "\n");
    if (picture_page_differs(picture, page, range, &difference))
        picture_differ(picture, difference.mark, difference.actual, "%s", difference.expected);
}

/* ---- Runs of pages. ---- */

/* Nothing is worth a line of its own: a zero page that is as it should be. */
static bool plain(const struct picture *picture, const struct page_view *page,
                  const struct range *range)
{
    struct picture_difference difference;
    uint32_t number;
    const struct pages *content = model_page(picture, page, range, &number);

    return content && pages_empty(content, number) &&
           !picture_page_differs(picture, page, range, &difference);
}

/* How far frames or identities go on from one page to the next, in steps of 1 or 0. */
static bool follows(uint32_t a, uint32_t b)
{
    return a ? b == a + 1 : b == 0;
}

/* The number of pages from this one on that one line can stand for. */
static uint32_t run_length(const struct picture *picture, const struct page_view *page,
                           uint32_t limit, const struct range *range)
{
    uint32_t flags = (1u << ENTRY_PFN_SHIFT) - 1, n = 1;
    char others_of_a[LIST_TEXT_MAX], others_of_b[LIST_TEXT_MAX];

    if (!range || !plain(picture, page, range))
        return 1;
    for (; n < limit; n++) {
        const struct page_view *a = &page[n - 1], *b = &page[n];
        if (b->vpn != a->vpn + 1 || b->vpn > range->last || !plain(picture, b, range) ||
            (a->entry ^ b->entry) & flags || !follows(a->identity, b->identity) ||
            !follows(frame_of(picture, a), frame_of(picture, b)) ||
            is_evicted(picture, a) != is_evicted(picture, b) ||
            strcmp(others_of(picture, a, others_of_a), others_of(picture, b, others_of_b)) != 0)
            break;
    }
    return n;
}

static void print_run(const struct picture *picture, const struct page_view *page, uint32_t n)
{
    const struct page_view *last = &page[n - 1];
    char text[LIST_TEXT_MAX];

    fprintf(picture->file, "    %#x-%#x  %u pages: ", (unsigned)va_of(picture, page->vpn),
            (unsigned)va_of(picture, last->vpn + 1), (unsigned)n);
    fprintf(picture->file, "%s", presence(picture, page, text));
    if (frame_of(picture, page))
        fprintf(picture->file, " to frame %u", (unsigned)frame_of(picture, last));
    if (page->identity)
        fprintf(picture->file, ", #%u to #%u", (unsigned)page->identity, (unsigned)last->identity);
    if (*others_of(picture, page, text))
        fprintf(picture->file, ", with%s", text);
    fprintf(picture->file, "  zero\n");
}

/* Pages [first, end) that are in no table and have no identity. */
static void print_blank(const struct picture *picture, uint32_t first, uint32_t end,
                        const struct range *range)
{
    fprintf(picture->file, "    %#x-%#x  %u page%s %s\n", (unsigned)va_of(picture, first),
            (unsigned)va_of(picture, end), (unsigned)(end - first), end - first == 1 ? "" : "s",
            range->backing == BACKING_DEVICE ? "absent" : "untouched");
}

uint32_t picture_pages(const struct picture *picture, uint32_t number, uint32_t stop, uint32_t end,
                       const struct range *range)
{
    enum { RUN_MIN = 3 };
    const struct page_view *pages = picture->survey->pages;
    uint32_t next = range ? range->first : 0;

    while (number < stop && pages[number].vpn < end) {
        uint32_t n = run_length(picture, &pages[number], stop - number, range);
        if (range && pages[number].vpn > next)
            print_blank(picture, next, pages[number].vpn, range);
        if (n >= RUN_MIN) {
            print_run(picture, &pages[number], n);
        } else {
            n = 1;
            print_page(picture, number, range);
        }
        next = pages[number].vpn + n;
        number += n;
    }
    if (range && next < end)
        print_blank(picture, next, end, range);
    return number;
}
