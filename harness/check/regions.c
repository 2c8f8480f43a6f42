/* regions.c: the target's region list against the model's.
 *
 * Both lists are read as runs of pages with the same properties, cut at the ends of either side, so
 * that adjacent compatible regions may or may not be merged:
 *
 *      model   |-----a-----|-a-|    |--b--|
 *      target  |---a---|---a---|    |--b--|
 *      runs    |---a---|-a-|-a-|....|--b--| */
#include "check_private.h"
#include <stdio.h>

/* The properties of a page, and how far they reach. */
struct run {
    uint32_t last;
    bool mapped;
    uint8_t prot, backing;
    uint32_t segment, offset; /* offset: of the page itself */
};

static struct run model_run(const struct rig *rig, uint32_t s, uint32_t vpn)
{
    const struct model_region *r = model_region_at_or_after(rig->model, s, vpn);
    if (!r || r->first > vpn)
        return (struct run){.last = r ? r->first - 1 : NO_VPN};
    struct run run = {r->last, true, r->prot, r->backing, 0, r->offset + (vpn - r->first)};
    if (r->backing == MODEL_SEGMENT)
        run.segment = rig->object_of[r->object];
    if (r->backing == MODEL_PRIVATE)
        run.offset = 0;
    return run;
}

static struct run target_run(const struct rig *rig, uint32_t s, uint32_t vpn)
{
    struct region_view r;
    if (!rig->target->class->region(rig->target, s, vpn, &r))
        return (struct run){.last = NO_VPN};
    if (r.first > vpn)
        return (struct run){.last = r.first - 1};
    struct run run = {r.last, true, r.prot, r.backing, 0, r.offset + (vpn - r.first)};
    if (r.backing == BACKING_SEGMENT)
        run.segment = r.segment;
    if (r.backing == BACKING_PRIVATE)
        run.offset = 0;
    return run;
}

static const char *run_text(const struct run *run, char buffer[64])
{
    static const char *const backings[] = {"private", "segment", "device"};
    if (!run->mapped)
        return "not mapped";
    if (run->prot >= PROTS || run->backing > BACKING_DEVICE)
        return "a region with impossible values";
    snprintf(buffer, 64, "%s %s %u", op_prot_names[run->prot], backings[run->backing],
             (unsigned)run->offset);
    return buffer;
}

static bool unlike(struct rig *rig, const char *field, uint32_t s, uint32_t vpn,
                   const struct run *want, const struct run *have)
{
    char text[2][64];
    finding_page(rig, s, vpn);
    finding_expected(rig, "%s", run_text(want, text[0]));
    finding_actual(rig, "%s", run_text(have, text[1]));
    return diverged(rig, ORACLE_REGIONS, field);
}

bool regions_judge(struct rig *rig, uint32_t s, uint32_t first, uint32_t last)
{
    uint32_t user_last = model_user_last(rig->model);
    const struct model_region *before =
        first ? model_region_at_or_after(rig->model, s, first - 1) : NULL;
    if (before && before->first < first)
        first = before->first;
    if (last < user_last)
        last++;
    for (uint32_t vpn = first; vpn <= last;) {
        struct run want = model_run(rig, s, vpn), have = target_run(rig, s, vpn);
        if (want.mapped != have.mapped)
            return unlike(rig, want.mapped ? "missing" : "extra", s, vpn, &want, &have);
        if (want.prot != have.prot)
            return unlike(rig, "protection", s, vpn, &want, &have);
        if (want.backing != have.backing)
            return unlike(rig, "backing", s, vpn, &want, &have);
        if (want.segment != have.segment)
            return unlike(rig, "segment", s, vpn, &want, &have);
        if (want.offset != have.offset)
            return unlike(rig, "offset", s, vpn, &want, &have);
        uint32_t end = want.last < have.last ? want.last : have.last;
        if (end >= last)
            return true;
        vpn = end + 1;
    }
    return true;
}
