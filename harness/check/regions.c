/* regions.c: the target's region list against the model's.
 *
 * Both lists are read from left to right as runs of pages with the same properties, cut at the ends
 * of either side, so that adjacent compatible regions may or may not be merged:
 *
 *      model   |-----a-----|-a-|    |--b--|
 *      target  |---a---|---a---|    |--b--|
 *      runs    |---a---|-a-|-a-|....|--b--| */
#include "check_private.h"
#include <stdio.h>

/* What a side says of a page, for people. */
COLD static const char *page_text(bool mapped, uint8_t prot, uint8_t backing, uint32_t offset,
                                  char buffer[64])
{
    static const char *const backings[] = {"private", "segment", "device"};
    if (!mapped)
        return "not mapped";
    if (prot >= PROTS || backing > BACKING_DEVICE)
        return "a region with impossible values";
    snprintf(buffer, 64, "%s %s %u", op_prot_names[prot], backings[backing],
             backing == BACKING_PRIVATE ? 0 : (unsigned)offset);
    return buffer;
}

COLD static bool unlike(struct rig *rig, const char *field, uint32_t s, uint32_t vpn,
                        const struct model_region *want, const struct region_view *have)
{
    char text[64];
    finding_page(rig, s, vpn);
    bool mapped = want && want->first <= vpn;
    finding_expected(rig, "%s",
                     mapped ? page_text(true, want->prot, want->backing,
                                        want->offset + (vpn - want->first), text)
                            : page_text(false, 0, 0, 0, text));
    mapped = have && have->first <= vpn;
    finding_actual(rig, "%s",
                   mapped ? page_text(true, have->prot, have->backing,
                                      have->offset + (vpn - have->first), text)
                          : page_text(false, 0, 0, 0, text));
    return diverged(rig, ORACLE_REGIONS, field);
}

/* The first property of page vpn in which the sides differ, or NULL.  want, have: the first region
 * of each that ends at or after vpn; NULL: none does. */
static inline const char *difference(const struct rig *rig, uint32_t vpn,
                                     const struct model_region *want,
                                     const struct region_view *have)
{
    bool wanted = want && want->first <= vpn, had = have && have->first <= vpn;
    if (wanted != had)
        return wanted ? "missing" : "extra";
    if (!wanted)
        return NULL;
    if (want->prot != have->prot)
        return "protection";
    if (want->backing != have->backing)
        return "backing";
    if (want->backing == MODEL_SEGMENT && rig->object_of[want->object] != have->segment)
        return "segment";
    if (want->backing != MODEL_PRIVATE && want->offset - want->first != have->offset - have->first)
        return "offset";
    return NULL;
}

/* A region that is not the first that ends at or after vpn. */
COLD static bool out_of_order(struct rig *rig, uint32_t s, uint32_t vpn,
                              const struct region_view *have)
{
    finding_page(rig, s, vpn);
    finding_expected(rig, "a region that ends at or after this page");
    finding_actual(rig, "pages %#x to %#x", (unsigned)have->first, (unsigned)have->last);
    return diverged(rig, ORACLE_REGIONS, "order");
}

/* The last page of the run that begins at vpn. */
static inline uint32_t run_last(uint32_t vpn, uint32_t first, uint32_t last)
{
    return first <= vpn ? last : first - 1;
}

bool regions_judge(struct rig *rig, uint32_t s, uint32_t first, uint32_t last)
{
    struct target *target = rig->target;
    uint32_t count;
    const struct model_region *end = model_regions(rig->model, s, &count) + count;
    const struct model_region *want = model_region_at_or_after(rig->model, s, first - !!first);
    struct region_view view, *have = &view;
    if (want && want->first < first)
        first = want->first;
    if (last < model_user_last(rig->model))
        last++;
    for (uint32_t vpn = first, reach;; vpn = reach + 1) {
        /* The target is asked again only where its last answer ended. */
        if (vpn == first || (have && have->last < vpn))
            have = target->class->region(target, s, vpn, &view) ? &view : NULL;
        if (have && (have->last < vpn || have->last < have->first))
            return out_of_order(rig, s, vpn, have);
        if (want && want->last < vpn)
            want = want + 1 < end ? want + 1 : NULL;
        const char *field = difference(rig, vpn, want, have);
        if (field)
            return unlike(rig, field, s, vpn, want, have);
        reach = want ? run_last(vpn, want->first, want->last) : last;
        if (have && run_last(vpn, have->first, have->last) < reach)
            reach = run_last(vpn, have->first, have->last);
        if (reach >= last)
            return true;
    }
}
