/* all.c: compares everything, so that a stray write past the journal is seen as well. */
#include "check_private.h"

static bool unlike(struct rig *rig, enum oracle oracle, const char *field, char kind, uint32_t slot)
{
    finding_where(rig, "%c%u", kind, (unsigned)slot);
    finding_expected(rig, "the %s that the operations made", field);
    finding_actual(rig, "another, or none");
    return diverged(rig, oracle, field);
}

static bool check_names(struct rig *rig)
{
    const struct target_class *class = rig->target->class;
    bool opaque = rig->target->facts.opaque;
    for (uint32_t s = 0; s < rig->config.spaces; s++) {
        if (class->exists(rig->target, s) != model_exists(rig->model, s))
            return unlike(rig, ORACLE_REGIONS, "space", 's', s);
        if (!opaque && model_exists(rig->model, s) &&
            class->directory(rig->target, s) != rig->spaces[s].directory)
            return unlike(rig, ORACLE_FRAMES, "directory", 's', s);
    }
    for (uint32_t g = 0; g < rig->config.segments; g++) {
        uint32_t object = model_segment(rig->model, g);
        if (class->segment_id(rig->target, g) != (object ? rig->object_of[object] : 0))
            return unlike(rig, ORACLE_REGIONS, "segment", 'g', g);
    }
    return true;
}

static bool check_tables(struct rig *rig)
{
    shadow_tables_gone(rig);
    for (uint32_t pfn = 0; pfn < rig->frames_top; pfn++) {
        uint8_t role = rig->tables[pfn].role;
        if ((role == ROLE_DIRECTORY || role == ROLE_TABLE) && !shadow_page(rig, pfn))
            return false;
        if (role == ROLE_KERNEL && !shadow_kernel_table(rig, pfn))
            return false;
    }
    return true;
}

static bool check_space(struct rig *rig, uint32_t s)
{
    const struct space_seen *space = &rig->spaces[s];
    uint32_t first = 0, last = model_user_last(rig->model);
    if (!regions_judge(rig, s, first, last))
        return false;
    return space->pending_first != NO_VPN || shadow_judge(rig, s, first, last);
}

static bool check_translations(struct rig *rig)
{
    bool good = check_tables(rig);
    for (uint32_t s = 0; s < rig->config.spaces && good; s++)
        good = !model_exists(rig->model, s) || check_space(rig, s);
    return good;
}

/* Frames from frames_top up never were anything; their number is what the census counts. */
static bool check_frames(struct rig *rig)
{
    for (uint32_t pfn = 0; pfn < rig->frames_top; pfn++)
        if (!frame_judge(rig, pfn) || !frame_content(rig, pfn))
            return false;
    for (uint32_t pfn = rig->target->facts.ram_frames; pfn < rig->target->ram.count; pfn++)
        if (!frame_content(rig, pfn))
            return false;
    return frame_census(rig);
}

bool check_seen(struct rig *rig)
{
    rig->content_seen = NO_FRAME;
    if (!check_names(rig))
        return false;
    if (rig->target->facts.opaque)
        return opaque_all(rig);
    rig->frames_later = true;
    bool good = check_translations(rig);
    rig->frames_later = false;
    rig->left = 0; /* all frames are judged now */
    return good && check_frames(rig) && check_current(rig) && check_stale(rig, true);
}

static bool check_invariant(struct rig *rig)
{
    if (rig->target->facts.opaque)
        return true;
    const char *broken = rig->target->class->invariant(rig->target);
    if (!broken)
        return true;
    finding_expected(rig, "structures that agree with themselves");
    finding_actual(rig, "%s", broken);
    return diverged(rig, ORACLE_INVARIANT, broken);
}

/* When looking fails, target->looking says how it ended. */
bool check_all(struct rig *rig)
{
    return rig->target->class->refresh(rig->target) && check_seen(rig) && check_invariant(rig);
}

/* Reads all tables anew, then compares everything. */
bool check_rebuilt(struct rig *rig)
{
    if (rig->target->facts.opaque)
        return check_all(rig);
    bool read = true;
    if (!rig->target->class->refresh(rig->target))
        return false;
    shadow_forget(rig);
    rig->rebuilding = true;
    read = shadow_kernel(rig);
    for (uint32_t s = 0; s < rig->config.spaces && read; s++)
        if (model_exists(rig->model, s))
            read = shadow_add_space(rig, s);
    rig->rebuilding = false;
    return read && check_seen(rig) && check_invariant(rig);
}
