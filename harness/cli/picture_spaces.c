/* picture_spaces.c: address spaces: what they are, the ruler of their regions, and the regions with
 * their pages. */
#include "../lib/walk.h"
#include "picture.h"
#include "ruler.h"

static void print_range(const struct picture *picture, const char *margin,
                        const struct range *range)
{
    unsigned shift = picture->survey->page_shift, n = range->last - range->first + 1;
    char addresses[32], text[RANGE_TEXT_MAX];

    snprintf(addresses, sizeof addresses, "%#x-%#x", range->first << shift,
             (range->last + 1) << shift);
    fprintf(picture->file, "%s%-22s %6u page%s  %s\n", margin, addresses, n, n == 1 ? " " : "s",
            range_text(picture->survey, range, text));
}

/* ---- Region lists. ---- */

static bool lists_range(const struct ranges *ranges, const struct range *range)
{
    for (uint32_t i = 0; i < ranges->count; i++)
        if (range_equal(&ranges->items[i], range))
            return true;
    return false;
}

static void print_not_in(const struct picture *picture, const char *margin,
                         const struct ranges *ranges, const struct ranges *others)
{
    for (uint32_t i = 0; i < ranges->count; i++)
        if (!lists_range(others, &ranges->items[i]))
            print_range(picture, margin, &ranges->items[i]);
}

static bool ranges_equal(const struct ranges *a, const struct ranges *b)
{
    for (uint32_t i = 0; i < a->count && i < b->count; i++)
        if (!range_equal(&a->items[i], &b->items[i]))
            return false;
    return a->count == b->count;
}

static void print_rulers(const struct picture *picture, const struct space_view *space)
{
    const struct survey *survey = picture->survey;

    if (!space->actual || !picture->regions_known || ranges_equal(&space->want, &space->have)) {
        ruler_print(picture->file, survey, &space->want, "  ");
        return;
    }
    ruler_print(picture->file, survey, &space->want, "  expected  ");
    ruler_print(picture->file, survey, &space->have, "! actual    ");
    print_not_in(picture, "! expected  ", &space->want, &space->have);
    print_not_in(picture, "! actual    ", &space->have, &space->want);
}

/* ---- Spaces. ---- */

static void print_head(const struct picture *picture, uint32_t s)
{
    const struct survey *survey = picture->survey;
    const struct space_view *space = &survey->spaces[s];
    struct target *target = survey->target;
    bool current = space->actual && target->class->current(target) == space->directory;

    fprintf(picture->file, "\ns%u", (unsigned)s);
    if (space->actual)
        fprintf(picture->file, "   directory frame %u   %u region%s", (unsigned)space->directory,
                (unsigned)space->want.count, space->want.count == 1 ? "" : "s");
    if (space->actual && picture->regions_known && space->regions != space->want.count)
        fprintf(picture->file, " (%u in the VMM's list)", (unsigned)space->regions);
    fprintf(picture->file, "%s\n", current ? "   <- CR3" : "");
    if (space->expected != space->actual)
        picture_differ(picture, '!', space->actual ? "it exists" : "there is none", "%s",
                       space->expected ? "a space" : "no such space");
    if (current != (model_current(survey->model) == s))
        picture_differ(picture, '!', current ? "in CR3" : "not in CR3", "%s",
                       current ? "not in CR3" : "in CR3");
}

static void print_space(const struct picture *picture, uint32_t s)
{
    const struct survey *survey = picture->survey;
    const struct space_view *space = &survey->spaces[s];
    uint32_t number = space->page_first, stop = number + space->pages;

    print_head(picture, s);
    print_rulers(picture, space);
    for (uint32_t i = 0; i < space->want.count; i++) {
        const struct range *range = &space->want.items[i];
        number = picture_pages(picture, number, stop, range->first, NULL);
        print_range(picture, "  ", range);
        number = picture_pages(picture, number, stop, range->last + 1, range);
    }
    picture_pages(picture, number, stop, UINT32_MAX, NULL);
}

/* ---- The walk. ---- */

static void print_step(const struct picture *picture, const char *name, uint32_t pfn,
                       uint32_t index)
{
    uint32_t entry = pages_get(&picture->survey->target->ram, pfn, index);
    char text[ENTRY_TEXT_MAX], entry_number[16];

    snprintf(entry_number, sizeof entry_number, "[%u]", (unsigned)index);
    fprintf(picture->file, "  %-11sframe %-6u%-7s%s\n", name, (unsigned)pfn, entry_number,
            picture_entry(entry, text));
}

void picture_walk(const struct picture *picture, uint32_t s, uint32_t va)
{
    const struct survey *survey = picture->survey;
    const struct space_view *space = &survey->spaces[s];
    uint32_t vpn = va >> survey->page_shift, pde_index = vpn >> survey->level_bits;
    const struct range *range = NULL;
    char text[RANGE_TEXT_MAX];

    if (!space->actual || pde_index >> survey->level_bits)
        return;
    for (uint32_t i = 0; i < space->want.count; i++)
        if (space->want.items[i].first <= vpn && vpn <= space->want.items[i].last)
            range = &space->want.items[i];
    fprintf(picture->file, "\nwalk of s%u %#x: %s\n", (unsigned)s, (unsigned)va,
            range ? range_text(survey, range, text) : "not mapped");
    print_step(picture, "directory", space->directory, pde_index);
    uint32_t pde = pages_get(&survey->target->ram, space->directory, pde_index);
    if (pde & ENTRY_PRESENT && pde >> ENTRY_PFN_SHIFT < survey->frame_count)
        print_step(picture, "table", pde >> ENTRY_PFN_SHIFT,
                   vpn & ((1u << survey->level_bits) - 1));
}

void picture_spaces(const struct picture *picture)
{
    const struct survey *survey = picture->survey;
    struct target *target = survey->target;
    uint32_t boot = survey->target->facts.boot_directory, spaces = 0;

    for (uint32_t s = 0; s < OP_SLOTS; s++) {
        spaces += survey->spaces[s].expected || survey->spaces[s].actual;
        if (survey->spaces[s].expected || survey->spaces[s].actual)
            print_space(picture, s);
    }
    if (!spaces)
        fprintf(picture->file, "\nno spaces\n");
    if (target->class->current(target) == boot)
        fprintf(picture->file, "\nCR3 holds frame %u, the kernel's own directory\n",
                (unsigned)boot);
}
