/* frames.c: page frames: which identity each shows, what the target's frame table says of it, its
 * content, and the census. */
#include "check_private.h"

/* The first word that differs, named. */
COLD static bool wrong_word(struct rig *rig, const struct pages *contents, uint32_t page,
                            uint32_t pfn, uint32_t index)
{
    const struct pages *ram = &rig->target->ram;
    finding_where(rig, "frame %u word %u", (unsigned)pfn, (unsigned)index);
    finding_expected(rig, "%#x", (unsigned)pages_get(contents, page, index));
    finding_actual(rig, "%#x", (unsigned)pages_get(ram, pfn, index));
    return diverged(rig, ORACLE_CONTENT, "word");
}

static bool same_words(struct rig *rig, const struct pages *contents, uint32_t page, uint32_t pfn)
{
    const struct pages *ram = &rig->target->ram;
    uint32_t index = pages_differ(contents, page, ram, pfn);
    if (index >> ram->level_bits == 0)
        return wrong_word(rig, contents, page, pfn, index);
    rig->content_seen = pfn;
    return true;
}

/* What an operation writes is in its effect, in the journal, and in a new translation. */
bool frame_content(struct rig *rig, uint32_t pfn)
{
    uint32_t ram_frames = rig->target->facts.ram_frames, identity = rig->identity_of[pfn];
    if (pfn == rig->content_seen)
        return true;
    if (pfn >= ram_frames)
        return same_words(rig, model_device_contents(rig->model), pfn - ram_frames, pfn);
    return !identity || same_words(rig, model_contents(rig->model), identity, pfn);
}

bool frame_bind(struct rig *rig, uint32_t identity, uint32_t pfn)
{
    if (rig->tables[pfn].role != ROLE_NONE) {
        finding_expected(rig, "a frame of its own");
        finding_actual(rig, "frame %u, which is a table", (unsigned)pfn);
        return diverged(rig, ORACLE_FRAMES, "table");
    }
    rig->identity_of[pfn] = identity;
    rig->frame_of[identity] = pfn;
    if (pfn >= rig->frames_top)
        rig->frames_top = pfn + 1;
    if (identity >= rig->identities_top)
        rig->identities_top = identity + 1;
    return (rig->frames_later || frame_judge(rig, pfn)) && frame_content(rig, pfn);
}

void frame_unbind(struct rig *rig, uint32_t identity)
{
    rig->identity_of[rig->frame_of[identity]] = 0;
    rig->frame_of[identity] = 0;
}

COLD static bool unlike(struct rig *rig, const char *field, uint32_t pfn, uint32_t expected,
                        uint32_t actual)
{
    finding_where(rig, "frame %u", (unsigned)pfn);
    finding_expected(rig, "%s %u", field, (unsigned)expected);
    finding_actual(rig, "%s %u", field, (unsigned)actual);
    return diverged(rig, ORACLE_FRAMES, field);
}

COLD static bool wrong_state(struct rig *rig, uint32_t pfn, enum frame_state expected,
                             enum frame_state actual)
{
    static const char *const names[] = {
        [FRAME_FREE] = "free",
        [FRAME_PAGE] = "page",
        [FRAME_TABLE] = "table",
        [FRAME_DIRECTORY] = "directory",
    };
    finding_where(rig, "frame %u", (unsigned)pfn);
    finding_expected(rig, "%s", names[expected]);
    finding_actual(rig, "%s", names[actual]);
    return diverged(rig, ORACLE_FRAMES, "state");
}

/* A table counts its entries, and is given back with the last. */
static bool table_judge(struct rig *rig, uint32_t pfn, uint32_t refs)
{
    uint32_t present = pages_population(&rig->shadow, pfn);
    if (!present && rig->spaces[rig->tables[pfn].space].pending_first == NO_VPN)
        return unlike(rig, "entries of a table in use", pfn, 1, 0);
    return refs == present || unlike(rig, "references", pfn, present, refs);
}

/* The target's frame table against what the frame is seen to be.  A page that no translation shows
 * yet cannot be told from a leaked one here; the census can. */
bool frame_judge(struct rig *rig, uint32_t pfn)
{
    static const enum frame_state states[] = {
        [ROLE_NONE] = FRAME_PAGE, [ROLE_DIRECTORY] = FRAME_DIRECTORY, [ROLE_TABLE] = FRAME_TABLE};
    uint32_t refs, identity = rig->identity_of[pfn];
    enum frame_state state = rig->target->class->frame(rig->target, pfn, &refs);
    enum role role = rig->tables[pfn].role;
    if (role == ROLE_KERNEL || (role == ROLE_NONE && !identity && state == FRAME_FREE))
        return true;
    if (state != states[role])
        return wrong_state(rig, pfn, states[role], state);
    if (role == ROLE_TABLE)
        return table_judge(rig, pfn, refs);
    if (role == ROLE_DIRECTORY || !identity)
        return true;
    uint32_t holders = model_identity(rig->model, identity).holders;
    return refs == holders || unlike(rig, "references", pfn, holders, refs);
}

COLD static bool miscounted(struct rig *rig, const char *field, uint32_t expected, uint32_t actual)
{
    finding_where(rig, "%u directories, %u tables, %u pages, %u evicted",
                  (unsigned)rig->directories, (unsigned)rig->table_count,
                  (unsigned)model_resident(rig->model), (unsigned)model_evicted(rig->model));
    finding_expected(rig, "%d %s", (int)expected, field);
    finding_actual(rig, "%u %s", (unsigned)actual, field);
    return diverged(rig, ORACLE_FRAMES, field);
}

/* What is not a table, a directory or a page in memory must be free. */
bool frame_census(struct rig *rig)
{
    const uint32_t *free = rig->free;
    uint32_t used = rig->directories + rig->table_count + model_resident(rig->model);
    uint32_t frames = rig->target->facts.limit - used;
    uint32_t slots = rig->target->facts.slots - model_evicted(rig->model);
    for (int pool = 0; pool < POOLS; pool++)
        if (free[pool] > rig->most[pool])
            return miscounted(rig, "free structures", rig->most[pool], free[pool]);
    if (free[POOL_FRAMES] != frames)
        return miscounted(rig, "free frames", frames, free[POOL_FRAMES]);
    /* Not where nothing limits them, or where the target cannot say how many there may be (0). */
    uint32_t most = rig->most[POOL_TABLES];
    if (most && most != UINT32_MAX && free[POOL_TABLES] != most - rig->table_count)
        return miscounted(rig, "free tables", most - rig->table_count, free[POOL_TABLES]);
    return free[POOL_SLOTS] == slots || miscounted(rig, "free slots", slots, free[POOL_SLOTS]);
}
