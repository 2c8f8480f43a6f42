/* picture.c: the words that all parts of the picture are made of. */
#include "picture.h"
#include "../lib/walk.h"
#include <stdarg.h>

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

const char *picture_holders(const struct picture *picture, uint32_t page, bool by_frame,
                            uint32_t except, uint32_t same_vpn, char buffer[HOLDERS_TEXT_MAX])
{
    enum { SHOWN = 4 };
    const struct survey *survey = picture->survey;
    size_t used = 0, shown = 0;

    buffer[0] = '\0';
    while (page != NOWHERE) {
        const struct page_view *p = &survey->pages[page];
        if (page != except && shown++ == SHOWN) {
            snprintf(buffer + used, HOLDERS_TEXT_MAX - used, " ..");
            break;
        }
        if (page != except)
            used += (size_t)snprintf(buffer + used, HOLDERS_TEXT_MAX - used, " s%u",
                                     (unsigned)p->space);
        if (page != except && p->vpn != same_vpn)
            used += (size_t)snprintf(buffer + used, HOLDERS_TEXT_MAX - used, " %#x",
                                     (unsigned)(p->vpn << survey->page_shift));
        page = by_frame ? p->next_of_frame : p->next_of_identity;
    }
    return buffer;
}

const char *picture_words(const struct pages *pages, uint32_t page, char buffer[WORDS_TEXT_MAX])
{
    enum { WORD_MAX = 18 }; /* " [1023]=0xffffffff" */
    uint32_t words = 1u << pages->level_bits;
    size_t used = 0;

    for (uint32_t i = pages_next(pages, page, 0); i < words; i = pages_next(pages, page, i + 1)) {
        if (used + WORD_MAX + sizeof " .." > WORDS_TEXT_MAX) {
            snprintf(buffer + used, WORDS_TEXT_MAX - used, " ..");
            break;
        }
        used += (size_t)snprintf(buffer + used, WORDS_TEXT_MAX - used, "%s[%u]=%#x",
                                 used ? " " : "", (unsigned)i, (unsigned)pages_get(pages, page, i));
    }
    return used ? buffer : "zero";
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
