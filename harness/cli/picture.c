/* picture.c: the words that all parts of the picture are made of. */
#include "picture.h"
#include "../lib/walk.h"
#include <stdarg.h>
#include <string.h>

void picture_differ(const struct picture *picture, char mark, const char *actual,
                    const char *expected, ...)
{
    va_list arguments;
    fprintf(picture->file, "%c       expected  ", mark);
    va_start(arguments, expected);
    vfprintf(picture->file, expected, arguments);
    va_end(arguments);
    fprintf(picture->file, "\n%c       actual    %s\n", mark, actual);
}

/* Adds one item of a list to a text that has room for `room` characters; false: it does not fit,
 * and the text says that the list goes on. */
static bool add(char *buffer, size_t room, const char *item)
{
    static const char more[] = " ..";
    size_t used = strlen(buffer);

    if (used + strlen(item) + strlen(more) <= room) {
        memcpy(buffer + used, item, strlen(item) + 1);
        return true;
    }
    if (used + strlen(more) <= room)
        memcpy(buffer + used, more, sizeof more);
    return false;
}

const char *picture_holders(const struct picture *picture, uint32_t page, bool by_frame,
                            uint32_t except, char buffer[LIST_TEXT_MAX], size_t room)
{
    const struct survey *survey = picture->survey;
    uint32_t same_vpn = except == NOWHERE ? NOWHERE : survey->pages[except].vpn;
    char item[32];
    bool fits = true;

    buffer[0] = '\0';
    for (; page != NOWHERE && fits; page = by_frame ? survey->pages[page].next_of_frame
                                                    : survey->pages[page].next_of_identity) {
        const struct page_view *p = &survey->pages[page];
        if (page == except)
            continue;
        if (p->vpn == same_vpn)
            snprintf(item, sizeof item, " s%u", (unsigned)p->space);
        else
            snprintf(item, sizeof item, " s%u %#x", (unsigned)p->space,
                     (unsigned)(p->vpn << survey->page_shift));
        fits = add(buffer, room, item);
    }
    return buffer;
}

const char *picture_words(const struct pages *pages, uint32_t page, char buffer[LIST_TEXT_MAX],
                          size_t room)
{
    uint32_t words = 1u << pages->level_bits;
    char item[32];
    bool fits = true;

    buffer[0] = '\0';
    for (uint32_t i = pages_next(pages, page, 0); i < words && fits;
         i = pages_next(pages, page, i + 1)) {
        snprintf(item, sizeof item, " [%u]=%#x", (unsigned)i, (unsigned)pages_get(pages, page, i));
        fits = add(buffer, room, item);
    }
    return *buffer ? buffer : " zero";
}

const char *picture_entry(uint32_t entry, char buffer[ENTRY_TEXT_MAX])
{
    static const struct {
        uint32_t bit;
        char name;
    } bits[] = {
        {ENTRY_PRESENT, 'P'},  {ENTRY_WRITABLE, 'W'}, {ENTRY_USER, 'U'},
        {ENTRY_ACCESSED, 'A'}, {ENTRY_DIRTY, 'D'},
    };
    uint32_t rest = entry & ((1u << ENTRY_PFN_SHIFT) - 1);

    if (!entry)
        return "absent";
    int used = snprintf(buffer, ENTRY_TEXT_MAX, "frame %-5u", (unsigned)(entry >> ENTRY_PFN_SHIFT));
    for (unsigned i = 0; i < sizeof bits / sizeof *bits; i++) {
        used += snprintf(buffer + used, ENTRY_TEXT_MAX - (size_t)used, " %c",
                         entry & bits[i].bit ? bits[i].name : '-');
        rest &= ~bits[i].bit;
    }
    if (rest)
        snprintf(buffer + used, ENTRY_TEXT_MAX - (size_t)used, " reserved %#x", (unsigned)rest);
    return buffer;
}
