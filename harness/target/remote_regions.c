/* remote_regions.c: the region lists of the guest's spaces, as far as they are known here.
 *
 * An operation tells the regions around its range, which replace what was known there:
 *
 *      known   |--a--|   |--b--|--c--|   |--d--|
 *      told             [   |-------e-------|   ]
 *      known   |--a--|      |-------e-------|
 *
 * A list that is not known is asked for as a whole.  One that is not ascending ends where it is
 * not: the rest cannot be found by address, neither here nor there. */
#include "remote_private.h"
#include <stdio.h>
#include <stdlib.h>

enum { ADDRESS_PAGES = 1 << 20, BACKING_SHIFT = 4, PROT_MASK = (1 << BACKING_SHIFT) - 1 };

void regions_forget(struct remote_target *t, uint32_t s)
{
    t->regions[s].known = false;
    t->regions[s].count = 0;
}

void regions_free(struct remote_target *t)
{
    for (uint32_t s = 0; s < OP_SLOTS; s++) {
        free(t->regions[s].at);
        t->regions[s] = (struct region_list){0};
    }
}

/* next: the page after the region before. */
static struct region_view read_region(struct wire_reader *r, uint32_t next)
{
    struct region_view view = {0};
    view.first = wire_stepped(next, wire_number(r));
    view.last = view.first + wire_number(r);
    uint8_t how = wire_byte(r);
    view.prot = how & PROT_MASK;
    view.backing = how >> BACKING_SHIFT;
    if (view.backing == BACKING_SEGMENT || view.backing == BACKING_DEVICE)
        view.offset = wire_number(r);
    if (view.backing == BACKING_SEGMENT)
        view.segment = wire_number(r);
    return view;
}

/* So many regions as an answer has, the ascending ones; *count is how many these are. */
static uint32_t read_regions(struct wire_reader *r, struct region_view views[WIRE_REGIONS_MAX],
                             uint32_t *count)
{
    uint32_t told = wire_below(r, WIRE_REGIONS_MAX + 1), next = 0;
    bool ascending = true;
    *count = 0;
    for (uint32_t i = 0; i < told && !r->bad; i++) {
        struct region_view view = read_region(r, next);
        next = view.last + 1;
        ascending &= view.first <= view.last && view.last < ADDRESS_PAGES &&
                     (!*count || view.first > views[*count - 1].last);
        if (ascending)
            views[(*count)++] = view;
    }
    return told;
}

/* Replaces [from, to) of the list. */
static void splice(struct region_list *list, uint32_t from, uint32_t to,
                   const struct region_view *views, uint32_t count)
{
    uint32_t after = list->count - to, total = from + count + after;
    if (total > list->capacity) {
        list->capacity = 2 * total;
        list->at = realloc(list->at, list->capacity * sizeof *list->at);
        if (!list->at) {
            fprintf(stderr, "pagerig: out of memory\n");
            exit(125);
        }
    }
    if (after)
        memmove(list->at + from + count, list->at + to, after * sizeof *list->at);
    if (count)
        memcpy(list->at + from, views, count * sizeof *list->at);
    list->count = total;
}

/* The first whose last page is at or after vpn; list->count when there is none. */
static uint32_t at_or_after(const struct region_list *list, uint32_t vpn)
{
    uint32_t low = 0, high = list->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (list->at[middle].last < vpn)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void regions_told(struct remote_target *t, uint32_t s, uint32_t first, uint32_t last,
                  struct wire_reader *r)
{
    struct region_list *list = &t->regions[s];
    struct region_view views[WIRE_REGIONS_MAX];
    uint32_t count, told = read_regions(r, views, &count);
    uint32_t from = first ? first - 1 : 0, to = last + 1;
    if (r->bad || !list->known)
        return;
    if (told == WIRE_REGIONS_MAX || count < told) {
        regions_forget(t, s);
        return;
    }
    if (count && views[0].first < from)
        from = views[0].first;
    if (count && views[count - 1].last > to)
        to = views[count - 1].last;
    uint32_t begin = at_or_after(list, from), end = begin;
    while (end < list->count && list->at[end].first <= to)
        end++;
    splice(list, begin, end, views, count);
}

void regions_told_all(struct remote_target *t, uint32_t s, struct wire_reader *r)
{
    struct region_list *list = &t->regions[s];
    struct region_view views[WIRE_REGIONS_MAX];
    uint32_t count, told = read_regions(r, views, &count);
    list->count = 0;
    list->known = !r->bad && told < WIRE_REGIONS_MAX && count == told;
    if (list->known)
        splice(list, 0, 0, views, count);
}

bool regions_learn(struct remote_target *t, uint32_t s)
{
    struct region_list *list = &t->regions[s];
    uint32_t vpn = 0, told, count;
    bool all = false;
    list->count = 0;
    if (!ahead_settle(t))
        return false;
    while (!all) {
        struct region_view views[WIRE_REGIONS_MAX];
        uint8_t request[2 * WIRE_NUMBER_BYTES];
        struct wire_reader answer;
        uint8_t *end = wire_put_number(wire_put_number(request, s), vpn);
        if (!remote_ask(t, WIRE_REGIONS, request, (size_t)(end - request), &answer))
            return false;
        told = read_regions(&answer, views, &count);
        all = wire_byte(&answer) || count < told || !told;
        if (answer.bad)
            return remote_nonsense(t, "REGIONS");
        if (count && list->count && views[0].first <= list->at[list->count - 1].last)
            break;
        splice(list, list->count, list->count, views, count);
        if (count)
            vpn = views[count - 1].last + 1;
    }
    list->known = true;
    return true;
}

bool regions_find(struct target *target, uint32_t s, uint32_t vpn, struct region_view *view)
{
    struct remote_target *t = remote_of(target);
    struct region_list *list = &t->regions[s];
    if (!t->directories[s] || (!list->known && !remote_looked(t, regions_learn(t, s))))
        return false;
    uint32_t i = at_or_after(list, vpn);
    if (i == list->count)
        return false;
    *view = list->at[i];
    return true;
}
