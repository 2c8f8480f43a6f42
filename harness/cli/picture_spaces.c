/* picture_spaces.c: address spaces: the ruler of the regions, and region by region its pages. */
#include "../lib/walk.h"
#include "picture.h"
#include "ruler.h"
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

#define EXPECT(...) return snprintf(expected, EXPECTED_MAX, __VA_ARGS__), true
enum { EXPECTED_MAX = 96 };

/* The frame of a present entry.  True: not the one it must be. */
static bool wrong_frame(const struct picture *picture, const struct page_view *page,
                        const struct range *range, char expected[EXPECTED_MAX])
{
    const struct survey *survey = picture->survey;
    uint32_t pfn = page->entry >> ENTRY_PFN_SHIFT, ram = survey->target->facts.ram_frames, number;
    const struct pages *content = model_page(picture, page, range, &number);

    if (range->backing == BACKING_DEVICE && pfn != ram + number)
        EXPECT("frame %u, device frame %u", (unsigned)(ram + number), (unsigned)number);
    if (pfn >= survey->frame_count || (range->backing != BACKING_DEVICE && pfn >= ram))
        EXPECT("a frame of RAM");
    if (range->backing != BACKING_DEVICE) {
        uint32_t first = survey_frame(survey, page->identity), alias = find_alias(survey, page);
        if (first != pfn)
            EXPECT("frame %u, where page #%u is", (unsigned)first, (unsigned)page->identity);
        if (alias != NOWHERE)
            EXPECT("a frame that s%u %#x does not show", (unsigned)survey->pages[alias].space,
                   (unsigned)va_of(picture, survey->pages[alias].vpn));
    }
    uint32_t word = pages_differ(content, number, &survey->target->ram, pfn);
    if (word >> survey->level_bits)
        return false;
    EXPECT("[%u]=%#x, not [%u]=%#x", (unsigned)word, (unsigned)pages_get(content, number, word),
           (unsigned)word, (unsigned)pages_get(&survey->target->ram, pfn, word));
}

/* True: the entry is not one that the model allows; expected is filled. */
static bool wrong_entry(const struct picture *picture, const struct page_view *page,
                        const struct range *range, char expected[EXPECTED_MAX])
{
    uint32_t known = ENTRY_PRESENT | ENTRY_WRITABLE | ENTRY_USER | ENTRY_HARDWARE;
    if (!page->entry)
        return false;
    if (!(page->entry & ENTRY_PRESENT))
        EXPECT("an entry of 0: not present");
    if (!range)
        EXPECT("absent: nothing is mapped");
    if (range->prot == PROT_NO)
        EXPECT("absent: no access is allowed");
    if (range->backing != BACKING_DEVICE && !page->identity)
        EXPECT("absent: nobody has touched the page");

    uint32_t holders = 1;
    if (range->backing != BACKING_DEVICE) {
        struct model_identity identity = model_identity(picture->survey->model, page->identity);
        holders = identity.holders;
        if (identity.evicted)
            EXPECT("absent: the page is in the backing store");
    }
    if (page->entry & ((1u << ENTRY_PFN_SHIFT) - 1) & ~known)
        EXPECT("reserved bits 0");
    if (!(page->entry & ENTRY_USER))
        EXPECT("U");
    if (page->entry & ENTRY_WRITABLE && range->prot != PROT_RW)
        EXPECT("not W: the region is read-only");
    if (page->entry & ENTRY_WRITABLE && holders > 1)
        EXPECT("not W: the page has %u holders", (unsigned)holders);
    return wrong_frame(picture, page, range, expected);
}

static void print_difference(const struct picture *picture, const struct page_view *page,
                             const struct range *range)
{
    char expected[EXPECTED_MAX], actual[ENTRY_TEXT_MAX];
    char mark = picture->survey->target->facts.deferred ? '~' : '!';

    if (is_finding(picture, page))
        picture_differ(picture, '!', picture->finding->actual, "%s", picture->finding->expected);
    else if (wrong_entry(picture, page, range, expected))
        picture_differ(picture, mark, picture_entry(page->entry, actual), "%s", expected);
}

/* "frame 7 P W U A D", or why there is nothing. */
static const char *presence(const struct picture *picture, const struct page_view *page,
                            char buffer[ENTRY_TEXT_MAX])
{
    if (page->entry || !page->identity)
        return picture_entry(page->entry, buffer);
    if (model_identity(picture->survey->model, page->identity).evicted)
        return "absent, evicted";
    uint32_t pfn = survey_frame(picture->survey, page->identity);
    if (pfn == NOWHERE)
        return "absent, in memory";
    snprintf(buffer, ENTRY_TEXT_MAX, "absent, in frame %u", (unsigned)pfn);
    return buffer;
}

static void print_page(const struct picture *picture, uint32_t number, const struct range *range)
{
    const struct survey *survey = picture->survey;
    const struct page_view *page = &survey->pages[number];
    char entry[ENTRY_TEXT_MAX], others[HOLDERS_TEXT_MAX], words[WORDS_TEXT_MAX], who[32] = "";
    uint32_t content_page;
    const struct pages *content = model_page(picture, page, range, &content_page);

    others[0] = '\0';
    if (range && range->backing == BACKING_DEVICE) {
        snprintf(who, sizeof who, "device frame %u", (unsigned)content_page);
    } else if (page->identity) {
        uint32_t holders = model_identity(survey->model, page->identity).holders;
        if (range && range->backing == BACKING_SEGMENT)
            snprintf(who, sizeof who, "#%-4u segment page %u", (unsigned)page->identity,
                     (unsigned)(range->offset + (page->vpn - range->first)));
        else
            snprintf(who, sizeof who, "#%-4u %u holder%s", (unsigned)page->identity,
                     (unsigned)holders, holders == 1 ? "" : "s");
        picture_holders(picture, survey->page_of_identity[page->identity], false, number, page->vpn,
                        others);
    }
    fprintf(picture->file, "    %-11s%-23s%s%s%s%s%s\n",
            (snprintf(words, sizeof words, "%#x", (unsigned)va_of(picture, page->vpn)), words),
            presence(picture, page, entry), who, *others ? ", with" : "", others,
            content ? "   " : "", content ? picture_words(content, content_page, words) : "");
    print_difference(picture, page, range);
}
