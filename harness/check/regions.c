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

/* r: the model's first region that ends at or after vpn, or NULL. */
static inline struct run model_run(const struct rig *rig, const struct model_region *r,
                                   uint32_t vpn)
{
    if (!r || r->first > vpn)
        return (struct run){.last = r ? r->first - 1 : NO_VPN};
    struct run run = {r->last, true, r->prot, r->backing, 0, r->offset + (vpn - r->first)};
    if (r->backing == MODEL_SEGMENT)
        run.segment = rig->object_of[r->object];
    if (r->backing == MODEL_PRIVATE)
        run.offset = 0;
    return run;
}

/* r: the target's first region that ends at or after vpn, or NULL. */
static inline struct run target_run(const struct region_view *r, uint32_t vpn)
{
    if (!r || r->first > vpn)
        return (struct run){.last = r ? r->first - 1 : NO_VPN};
    struct run run = {r->last, true, r->prot, r->backing, 0, r->offset + (vpn - r->first)};
    if (r->backing == BACKING_SEGMENT)
        run.segment = r->segment;
    if (r->backing == BACKING_PRIVATE)
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

/* By value, so that runs stay in registers while they agree. */
COLD static bool unlike(struct rig *rig, uint32_t s, uint32_t vpn, struct run want, struct run have)
{
    char text[2][64];
    const char *field = "offset";
    if (want.mapped != have.mapped)
        field = want.mapped ? "missing" : "extra";
    else if (want.prot != have.prot)
        field = "protection";
    else if (want.backing != have.backing)
        field = "backing";
    else if (want.segment != have.segment)
        field = "segment";
    finding_page(rig, s, vpn);
    finding_expected(rig, "%s", run_text(&want, text[0]));
    finding_actual(rig, "%s", run_text(&have, text[1]));
    return diverged(rig, ORACLE_REGIONS, field);
}

static inline bool alike(struct run want, struct run have)
{
    return want.mapped == have.mapped && want.prot == have.prot && want.backing == have.backing &&
           want.segment == have.segment && want.offset == have.offset;
}

/* Reads both lists from left to right; each is asked again only where its last answer ended. */
bool regions_judge(struct rig *rig, uint32_t s, uint32_t first, uint32_t last)
{
    struct target *target = rig->target;
    uint32_t user_last = model_user_last(rig->model), count;
    const struct model_region *end = model_regions(rig->model, s, &count) + count;
    const struct model_region *want = model_region_at_or_after(rig->model, s, first - !!first);
    struct region_view have;
    if (want && want->first < first)
        first = want->first;
    if (last < user_last)
        last++;
    bool more = target->class->region(target, s, first, &have);
    for (uint32_t vpn = first; vpn <= last;) {
        struct run wanted = model_run(rig, want, vpn);
        struct run had = target_run(more ? &have : NULL, vpn);
        if (!alike(wanted, had))
            return unlike(rig, s, vpn, wanted, had);
        uint32_t reach = wanted.last < had.last ? wanted.last : had.last;
        if (reach >= last)
            return true;
        vpn = reach + 1;
        if (want && want->last < vpn)
            want = want + 1 < end ? want + 1 : NULL;
        if (more && have.last < vpn)
            more = target->class->region(target, s, vpn, &have);
    }
    return true;
}
