/* entry.c: one translation of one page, judged by the model's regions and identities. */
#include "check_private.h"

COLD static bool wrong(struct rig *rig, enum oracle oracle, const char *field, uint32_t s,
                       uint32_t vpn, uint32_t entry)
{
    char text[64];
    finding_page(rig, s, vpn);
    finding_actual(rig, "%s", entry_text(entry, text));
    return diverged(rig, oracle, field);
}

COLD static bool stray(struct rig *rig, const char *field, const char *expected, uint32_t s,
                       uint32_t vpn, uint32_t entry)
{
    finding_expected(rig, "not present: %s", expected);
    return wrong(rig, ORACLE_STRAY, field, s, vpn, entry);
}

COLD static bool writable(struct rig *rig, uint8_t prot, uint32_t holders, uint32_t s, uint32_t vpn,
                          uint32_t entry)
{
    finding_expected(
        rig, prot == PROT_RW ? "not W: %u spaces hold the page" : "not W: the region is read-only",
        (unsigned)holders);
    return wrong(rig, ORACLE_PROTECTION, "writable", s, vpn, entry);
}

/* A private page may share its frame with others that hold it, it need not (DESIGN.md 5): a VMM may
 * copy it before anyone writes to it, or move it.  If it shows in a frame that nobody else holds,
 * it is a page of its own from now on.  That must show in the operation that copies it: a copy that
 * no translation shows cannot be told from a leak (FRAMES).  A segment's page must stay shared.
 * Returns the page's identity, which may be new; 0: it is no such page. */
COLD static uint32_t copied_early(struct rig *rig, uint32_t s, uint32_t vpn, uint32_t pfn,
                                  const struct model_region *region, uint32_t identity)
{
    uint32_t refs = 0;
    bool alone = region->backing == MODEL_PRIVATE && pfn < rig->target->facts.ram_frames &&
                 !rig->identity_of[pfn] &&
                 rig->target->class->frame(rig->target, pfn, &refs) == FRAME_PAGE && refs == 1;
    if (!alone)
        return 0;
    rig->left = rig->frame_of[identity];
    if (model_identity(rig->model, identity).holders > 1)
        return model_unshare(rig->model, s, vpn);
    if (rig->left)
        frame_unbind(rig, identity);
    return identity;
}

/* The frame behind a translation must be the one that shows the page's identity. */
static bool right_frame(struct rig *rig, uint32_t s, uint32_t vpn, uint32_t entry,
                        const struct model_region *region, uint32_t identity, uint32_t holders)
{
    uint32_t pfn = entry >> ENTRY_PFN_SHIFT, ram_frames = rig->target->facts.ram_frames;
    if (region->backing == MODEL_DEVICE) {
        uint32_t want = ram_frames + region->offset + (vpn - region->first);
        if (pfn == want)
            return true;
        finding_expected(rig, "device frame %u", (unsigned)want);
        return wrong(rig, ORACLE_SPLIT, "device frame", s, vpn, entry);
    }
    if (pfn >= ram_frames) {
        finding_expected(rig, "a frame of RAM");
        return wrong(rig, ORACLE_FRAMES, "not RAM", s, vpn, entry);
    }
    if (rig->frame_of[identity] == pfn)
        return true;
    if (rig->identity_of[pfn]) {
        finding_expected(rig, "a frame that shows nothing else");
        return wrong(rig, ORACLE_ALIAS, "frame", s, vpn, entry);
    }
    bool elsewhere = rig->frame_of[identity] || holders > 1;
    uint32_t copy = elsewhere ? copied_early(rig, s, vpn, pfn, region, identity) : 0;
    if (!copy && rig->frame_of[identity]) {
        finding_expected(rig, "frame %u, where the page is", (unsigned)rig->frame_of[identity]);
        return wrong(rig, ORACLE_SPLIT, "frame", s, vpn, entry);
    }
    if (frame_bind(rig, copy ? copy : identity, pfn))
        return true;
    finding_page(rig, s, vpn);
    return false;
}

bool entry_judge(struct rig *rig, uint32_t s, uint32_t vpn, uint32_t entry)
{
    const struct model_region *region = model_region_at_or_after(rig->model, s, vpn);
    uint32_t known = ENTRY_PRESENT | ENTRY_WRITABLE | ENTRY_USER;
    if (!(entry & ENTRY_PRESENT)) {
        if (!entry)
            return true;
        finding_expected(rig, "0: the entry is not present");
        return wrong(rig, ORACLE_KERNEL_HALF, "reserved bits", s, vpn, entry);
    }
    if (!region || region->first > vpn)
        return stray(rig, "translation", "nothing is mapped", s, vpn, entry);
    if (region->prot == PROT_NO)
        return stray(rig, "translation", "no access is allowed", s, vpn, entry);

    uint32_t identity = model_identity_in(rig->model, s, region, vpn);
    uint32_t holders = 1;
    if (region->backing != MODEL_DEVICE) {
        struct model_identity page = model_identity(rig->model, identity);
        if (!identity)
            return stray(rig, "page", "nobody has touched the page", s, vpn, entry);
        if (page.evicted)
            return stray(rig, "evicted page", "the page is in the backing store", s, vpn, entry);
        holders = page.holders;
    }
    if ((entry & ((1u << ENTRY_PFN_SHIFT) - 1)) & ~known) {
        finding_expected(rig, "reserved bits 0");
        return wrong(rig, ORACLE_KERNEL_HALF, "reserved bits", s, vpn, entry);
    }
    if (!(entry & ENTRY_USER)) {
        finding_expected(rig, "U");
        return wrong(rig, ORACLE_PROTECTION, "user", s, vpn, entry);
    }
    if (entry & ENTRY_WRITABLE && (region->prot != PROT_RW || holders > 1)) {
        uint32_t pfn = entry >> ENTRY_PFN_SHIFT, copy = 0;
        if (region->prot == PROT_RW)
            copy = copied_early(rig, s, vpn, pfn, region, identity);
        if (!copy)
            return writable(rig, region->prot, holders, s, vpn, entry);
        identity = copy;
        holders = 1;
    }
    return right_frame(rig, s, vpn, entry, region, identity, holders);
}

void space_pending(struct rig *rig, uint32_t s, uint32_t first, uint32_t last)
{
    struct space_seen *space = &rig->spaces[s];
    if (space->pending_first == NO_VPN || first < space->pending_first)
        space->pending_first = first;
    if (last > space->pending_last)
        space->pending_last = last;
}

void space_settled(struct space_seen *space)
{
    space->pending_first = space->eager_first = NO_VPN;
    space->pending_last = space->eager_last = 0;
}

/* Whether the effect of the operation has this page, so that it will be judged with it. */
static bool comes_later(const struct rig *rig, uint32_t s, uint32_t vpn)
{
    const struct effect *effect = rig->effect;
    for (uint32_t i = 0; effect && i < effect->ranges; i++)
        if (effect->range[i].space == s && vpn >= effect->range[i].first &&
            vpn <= effect->range[i].last)
            return true;
    return false;
}

/* A deferred space is judged when it is used. */
bool entry_changed(struct rig *rig, uint32_t s, uint32_t vpn, uint32_t entry)
{
    if (rig->rebuilding)
        return true;
    if (!rig->target->facts.deferred)
        return comes_later(rig, s, vpn) || entry_judge(rig, s, vpn, entry);
    space_pending(rig, s, vpn, vpn);
    return true;
}
