/* monitor_walk.c: compares what QEMU prints of the page tables with our walk of them.
 *
 * Both lists ascend, so they are read side by side. */
#include "../lib/walk.h"
#include "monitor.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    MONITOR_SECONDS = 10, /* a machine under load is slow; one that is well takes milliseconds */
    VPNS = 1 << 20,
    RIGHTS = ENTRY_PRESENT | ENTRY_WRITABLE | ENTRY_USER,
};

/* A page and what a list says of it; vpn VPNS: the list is at its end. */
struct line {
    uint32_t vpn, entry;
};

/* ---- What we say. ---- */

/* The entry of the table alone, as `info tlb` prints it, or with the rights of both levels, as
 * `info mem` does; 0: not present. */
static uint32_t our_entry(const struct pages *ram, uint32_t cr3, uint32_t vpn, bool both_levels)
{
    uint32_t entry = walk(ram, cr3, vpn);
    if (!entry || both_levels)
        return entry;
    return pages_get(ram, pages_get(ram, cr3, vpn >> 10) >> ENTRY_PFN_SHIFT, vpn & 1023);
}

/* The first page from vpn on that is present. */
static struct line our_next(const struct pages *ram, uint32_t cr3, uint32_t vpn, uint32_t pdes,
                            bool both_levels)
{
    for (; vpn < VPNS; vpn++) {
        uint32_t pde_index = pages_next(ram, cr3, vpn >> 10);
        if (pde_index >= pdes)
            break;
        if (pde_index != vpn >> 10)
            vpn = pde_index << 10;
        uint32_t pde = pages_get(ram, cr3, pde_index);
        if (!(pde & ENTRY_PRESENT) || pde >> ENTRY_PFN_SHIFT >= ram->count) {
            vpn |= 1023;
            continue;
        }
        uint32_t entry = our_entry(ram, cr3, vpn, both_levels);
        if (entry)
            return (struct line){vpn, entry};
    }
    return (struct line){VPNS, 0};
}

/* ---- What QEMU says. ---- */

/* Takes 16 hexadecimal digits and what follows them off a text; false: they are not there. */
static bool take_hex(const char **text, const char *after, uint64_t *value)
{
    char *end;
    *value = strtoull(*text, &end, 16);
    size_t length = strlen(after);
    if (end - *text != 16 || strncmp(end, after, length) != 0)
        return false;
    *text = end + length;
    return true;
}

static bool take_end(const char **text)
{
    *text += **text == '\r';
    if (**text != '\n')
        return false;
    ++*text;
    return true;
}

/* Takes a letter for each bit, or `-`. */
static bool take_letters(const char **text, const char *letters, const uint16_t *bits,
                         uint32_t *entry)
{
    for (; *letters; letters++, bits++, ++*text) {
        if (**text == *letters)
            *entry |= *bits;
        else if (**text != '-')
            return false;
    }
    return true;
}

/* `00000000c0110000: 0000000000110000 ----A---W`: one page. */
static bool take_tlb(const char **text, struct line *line, uint32_t *last)
{
    static const uint16_t bits[] = {0,      1 << 8, 0,          ENTRY_DIRTY,   ENTRY_ACCESSED,
                                    1 << 4, 1 << 3, ENTRY_USER, ENTRY_WRITABLE};
    uint64_t va, pa;
    uint32_t entry = ENTRY_PRESENT;
    if (!take_hex(text, ": ", &va) || !take_hex(text, " ", &pa) ||
        !take_letters(text, "XGPDACTUW", bits, &entry) || !take_end(text))
        return false;
    *line = (struct line){(uint32_t)(va >> 12), entry | (uint32_t)pa};
    *last = line->vpn;
    return !((va | pa) >> 32 || (va | pa) & 0xfff);
}

/* `00000000c0108000-00000000c0109000 0000000000001000 ur-`: pages with the same rights. */
static bool take_mem(const char **text, struct line *line, uint32_t *last)
{
    static const uint16_t bits[] = {ENTRY_USER, ENTRY_PRESENT, ENTRY_WRITABLE};
    uint64_t from, to, bytes;
    uint32_t entry = 0;
    if (!take_hex(text, "-", &from) || !take_hex(text, " ", &to) || !take_hex(text, " ", &bytes) ||
        !take_letters(text, "urw", bits, &entry) || !take_end(text))
        return false;
    *line = (struct line){(uint32_t)(from >> 12), entry};
    *last = (uint32_t)((to - 1) >> 12);
    return from < to && to <= (uint64_t)1 << 32 && !((from | to) & 0xfff) && entry & ENTRY_PRESENT;
}

/* ---- Both. ---- */

struct comparison {
    const char *command;
    bool (*take)(const char **text, struct line *line, uint32_t *last);
    bool both_levels;
    uint32_t mask; /* what of an entry is compared */
};

static const char *entry_text(const struct line *line, uint32_t vpn, const struct comparison *by,
                              char buffer[48])
{
    if (line->vpn != vpn)
        return "not present";
    if (by->mask >> ENTRY_PFN_SHIFT)
        snprintf(buffer, 48, "entry %#x", (unsigned)(line->entry & by->mask));
    else
        snprintf(buffer, 48, "rights %s%s", line->entry & ENTRY_USER ? "U" : "-",
                 line->entry & ENTRY_WRITABLE ? "W" : "-");
    return buffer;
}

static bool differ(const struct line *ours, const struct line *theirs, const struct comparison *by,
                   char *why, size_t why_size)
{
    char our_text[48], their_text[48];
    uint32_t vpn = ours->vpn < theirs->vpn ? ours->vpn : theirs->vpn;
    snprintf(why, why_size, "page %#x: memory says %s, QEMU's `%s` %s", (unsigned)(vpn << 12),
             entry_text(ours, vpn, by, our_text), by->command,
             entry_text(theirs, vpn, by, their_text));
    return false;
}

static bool compare(const char *text, const struct pages *ram, uint32_t cr3, uint32_t pdes,
                    const struct comparison *by, char *why, size_t why_size)
{
    struct line ours = our_next(ram, cr3, 0, pdes, by->both_levels), theirs;
    while (*text) {
        uint32_t last;
        const char *start = text;
        if (!by->take(&text, &theirs, &last)) {
            snprintf(why, why_size, "QEMU's `%s` cannot be read: %.*s", by->command,
                     (int)strcspn(start, "\r\n"), start);
            return false;
        }
        for (; theirs.vpn <= last && theirs.vpn >> 10 < pdes; theirs.vpn++) {
            if (theirs.vpn != ours.vpn || (theirs.entry ^ ours.entry) & by->mask)
                return differ(&ours, &theirs, by, why, why_size);
            ours = our_next(ram, cr3, ours.vpn + 1, pdes, by->both_levels);
        }
    }
    theirs = (struct line){VPNS, 0};
    return ours.vpn == VPNS || differ(&ours, &theirs, by, why, why_size);
}

static bool cr3_agrees(int fd, uint32_t cr3, char *why, size_t why_size)
{
    char *text = monitor_ask(fd, "info registers", MONITOR_SECONDS, why, why_size);
    if (!text)
        return false;
    const char *found = strstr(text, "CR3=");
    unsigned long theirs = found ? strtoul(found + 4, NULL, 16) >> ENTRY_PFN_SHIFT : UINT32_MAX;
    free(text);
    if (found && theirs == cr3)
        return true;
    if (found)
        snprintf(why, why_size, "CR3: the rig says frame %u, QEMU %lu", (unsigned)cr3, theirs);
    else
        snprintf(why, why_size, "QEMU's `info registers` says nothing of CR3");
    return false;
}

bool monitor_walk_agrees(int fd, const struct pages *ram, uint32_t cr3, uint32_t pdes, char *why,
                         size_t why_size)
{
    /* Bits 9 to 11 belong to the system; bit 7 QEMU leaves out. */
    static const struct comparison comparisons[] = {
        {"info tlb", take_tlb, false, 0xfffff11f},
        {"info mem", take_mem, true, RIGHTS},
    };
    if (ram->level_bits != 10 || cr3 >= ram->count) {
        snprintf(why, why_size, "no directory: frame %u", (unsigned)cr3);
        return false;
    }
    if (!cr3_agrees(fd, cr3, why, why_size))
        return false;
    for (unsigned i = 0; i < sizeof comparisons / sizeof *comparisons; i++) {
        const struct comparison *by = &comparisons[i];
        char *text = monitor_ask(fd, by->command, MONITOR_SECONDS, why, why_size);
        bool agrees = text && compare(text, ram, cr3, pdes, by, why, why_size);
        free(text);
        if (!agrees)
            return false;
    }
    return true;
}
