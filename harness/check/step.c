/* step.c: after one operation, compares what it may have changed: what the target wrote (its
 * journal), and what the model says is different now (the effect).  Either alone would miss half: a
 * stray write, or a change that was not made.  Costs in proportion to these, not to what is mapped.
 */
#include "check_private.h"

/* Operations, by what has to be looked at after them. */
enum {
    NAMES = 1 << OP_CREATE | 1 << OP_FORK | 1 << OP_DESTROY | 1 << OP_SEGMENT,
    REGIONS = 1 << OP_FORK | 1 << OP_MAP | 1 << OP_MAP_DEVICE | 1 << OP_UNMAP | 1 << OP_PROTECT,
    WRITES = 1 << OP_WRITE | 1 << OP_COPY_OUT,
    USES = WRITES | 1 << OP_READ | 1 << OP_COPY_IN | 1 << OP_SWITCH | 1 << OP_COMMIT,
};

_Static_assert(OP_CODES <= 32, "a set of operations is a word");

/* Is the operation one of these, and was it done? */
static bool did(const struct rig *rig, uint32_t codes)
{
    return rig->did & codes;
}

/* Identities that left memory no longer have a frame. */
static void forget_identities(struct rig *rig, const struct effect *effect)
{
    for (uint32_t i = 0; i < effect->died_count; i++)
        if (rig->frame_of[effect->died[i]])
            frame_unbind(rig, effect->died[i]);
    const struct op *op = rig->op;
    if (!did(rig, 1 << OP_EVICT))
        return;
    uint32_t identity = model_identity_at(rig->model, op->s, op->va >> page_shift(rig));
    if (identity && rig->frame_of[identity] && model_identity(rig->model, identity).evicted)
        frame_unbind(rig, identity);
}

/* What the target calls a new segment; nothing else that has a name may be called so. */
static bool follow_segment(struct rig *rig, uint32_t g)
{
    uint32_t id = rig->target->class->segment_id(rig->target, g);
    rig->object_of[model_segment(rig->model, g)] = id;
    for (uint32_t other = 0; other < rig->config.segments; other++) {
        uint32_t object = model_segment(rig->model, other);
        if (other == g || !object || rig->object_of[object] != id)
            continue;
        finding_where(rig, "g%u and g%u", (unsigned)g, (unsigned)other);
        finding_expected(rig, "two segments");
        finding_actual(rig, "one");
        return diverged(rig, ORACLE_REGIONS, "segment");
    }
    return true;
}

/* Spaces and segments that came or went. */
static bool follow_names(struct rig *rig)
{
    const struct op *op = rig->op;
    switch ((enum op_code)op->code) {
    case OP_CREATE:
        space_settled(&rig->spaces[op->s]);
        return shadow_add_space(rig, op->s);
    case OP_FORK:
        space_settled(&rig->spaces[op->t]);
        return shadow_add_space(rig, op->t);
    case OP_DESTROY:
        shadow_remove_space(rig, op->s);
        return true;
    case OP_SEGMENT:
        return follow_segment(rig, op->g);
    default:
        return true;
    }
}

/* Does the operation use the space, so that deferred updates are due? */
static bool settles(const struct rig *rig)
{
    return 1u << rig->op->code & USES && model_exists(rig->model, rig->op->s);
}

/* Not the kernel's: what its windows show is seen by what they are used for. */
static bool is_table(const struct rig *rig, uint32_t pfn)
{
    uint8_t role = rig->tables[pfn].role;
    return role == ROLE_DIRECTORY || role == ROLE_TABLE;
}

/* Tables that are no longer named; before anything new is looked at, which may be in their frames.
 */
static void forget_tables(struct rig *rig, const struct journal *journal)
{
    for (uint32_t i = 0; i < journal->word_count; i++)
        shadow_word_gone(rig, journal->words[i].pfn, journal->words[i].index);
    for (uint32_t i = 0; i < journal->page_count; i++)
        if (rig->tables[journal->pages[i]].role == ROLE_DIRECTORY)
            shadow_page_gone(rig, journal->pages[i]);
}

static bool read_journal(struct rig *rig, const struct journal *journal)
{
    for (uint32_t i = 0; i < journal->word_count; i++)
        if (!shadow_word(rig, journal->words[i].pfn, journal->words[i].index))
            return false;
    for (uint32_t i = 0; i < journal->page_count; i++)
        if (is_table(rig, journal->pages[i]) && !shadow_page(rig, journal->pages[i]))
            return false;
    return true;
}

static bool read_frames(struct rig *rig, const struct journal *journal)
{
    uint32_t last = NO_FRAME; /* the one that was judged last */
    if (rig->left && !frame_judge(rig, rig->left))
        return false;
    rig->left = 0;
    for (uint32_t i = 0; i < journal->word_count; last = journal->words[i++].pfn)
        if (journal->words[i].pfn != last && !frame_judge(rig, journal->words[i].pfn))
            return false;
    for (uint32_t i = 0; i < journal->changed_count; i++)
        if (journal->changed[i] != last && !frame_judge(rig, journal->changed[i]))
            return false;
    for (uint32_t i = 0; i < journal->page_count; i++)
        if (!frame_content(rig, journal->pages[i]))
            return false;
    return true;
}

/* Every page of an eager region is present. */
static bool all_present(struct rig *rig, uint32_t s, uint32_t first, uint32_t last)
{
    for (uint32_t vpn = first; vpn <= last; vpn++) {
        if (shadow_entry(rig, s, vpn))
            continue;
        finding_page(rig, s, vpn);
        finding_expected(rig, "present: the region was mapped eager");
        finding_actual(rig, "not present");
        return diverged(rig, ORACLE_MISSING, "eager page");
    }
    return true;
}

/* Deferred: notes what is due when the space is used next.  An eager page must be there then only
 * if nothing but its map happened since, in any space: a VMM may take tables from one for another.
 */
static void note_deferred(struct rig *rig, const struct effect *effect)
{
    const struct op *op = rig->op;
    for (uint32_t s = 0; s < rig->config.spaces; s++)
        if (s != op->s || !settles(rig))
            rig->spaces[s].eager_first = NO_VPN;
    for (uint32_t i = 0; i < effect->ranges; i++) {
        const struct effect_range *range = &effect->range[i];
        space_pending(rig, range->space, range->first, range->last);
        rig->spaces[range->space].eager_first = NO_VPN;
    }
    for (uint32_t s = 0; effect->all && s < rig->config.spaces; s++)
        space_pending(rig, s, 0, model_user_last(rig->model));
    /* A table that is taken away before the commit takes its eager pages along. */
    if (op->code == OP_MAP && op->flags & OP_EAGER && op->prot != PROT_NO && effect->ranges &&
        !rig->target->facts.reclaims) {
        rig->spaces[op->s].eager_first = effect->range[0].first;
        rig->spaces[op->s].eager_last = effect->range[0].last;
    }
}

/* Of a deferred space that was used: the eager pages that were due.  A page fault on the way is
 * something that has happened since the map. */
static bool eager_due(struct rig *rig, const struct space_seen *was)
{
    return was->eager_first == NO_VPN || rig->outcome.faults ||
           all_present(rig, rig->op->s, was->eager_first, was->eager_last);
}

/* When only faults fill tables, a page may be absent at any time, eager or not. */
static bool eager_now(struct rig *rig, const struct effect *effect)
{
    const struct op *op = rig->op;
    bool must = op->code == OP_MAP && op->flags & OP_EAGER && op->prot != PROT_NO &&
                effect->ranges && !rig->target->facts.lazy;
    return !must || all_present(rig, op->s, effect->range[0].first, effect->range[0].last);
}

/* The space was used: what was due is right now. */
static bool judge_settled(struct rig *rig)
{
    struct space_seen *space = &rig->spaces[rig->op->s], was = *space;
    space_settled(space);
    if (was.pending_first != NO_VPN &&
        !shadow_judge(rig, rig->op->s, was.pending_first, was.pending_last))
        return false;
    return eager_due(rig, &was);
}

static bool immediate_ranges(struct rig *rig, const struct effect *effect)
{
    for (uint32_t i = 0; i < effect->ranges; i++) {
        const struct effect_range *range = &effect->range[i];
        if (!shadow_judge(rig, range->space, range->first, range->last))
            return false;
    }
    return eager_now(rig, effect);
}

/* The frame that a page of a space must be in; frame 0, which shows nothing, when that is not
 * known. */
static uint32_t frame_shown(const struct rig *rig, uint32_t s, uint32_t vpn)
{
    const struct model_region *region = model_region_at_or_after(rig->model, s, vpn);
    if (region->backing == MODEL_DEVICE)
        return rig->target->facts.ram_frames + region->offset + (vpn - region->first);
    return rig->frame_of[model_identity_in(rig->model, s, region, vpn)];
}

/* Region lists where regions changed; the page where only a page did. */
static bool judge_effect(struct rig *rig, const struct effect *effect)
{
    for (uint32_t i = 0; i < effect->ranges; i++) {
        const struct effect_range *range = &effect->range[i];
        if (did(rig, REGIONS) && !regions_judge(rig, range->space, range->first, range->last))
            return false;
        if (did(rig, WRITES) && !frame_content(rig, frame_shown(rig, range->space, range->first)))
            return false;
    }
    return true;
}

/* That is all that discard is for. */
static bool discarded(struct rig *rig)
{
    const struct op *op = rig->op;
    uint32_t pde = pages_next(&rig->shadow, rig->spaces[op->s].directory, 0);
    if (pde >= rig->target->facts.user_pdes)
        return true;
    finding_where(rig, "s%u directory entry %u", (unsigned)op->s, (unsigned)pde);
    finding_expected(rig, "no page table left");
    finding_actual(rig, "a page table");
    return diverged(rig, ORACLE_STRAY, "page table");
}

COLD static bool stale(struct rig *rig, uint32_t vpn)
{
    finding_where(rig, "page %#x", (unsigned)(vpn << page_shift(rig)));
    finding_expected(rig, "INVLPG or a CR3 load before the operation returns");
    finding_actual(rig, "a stale translation may be cached");
    return diverged(rig, ORACLE_STALE, "translation");
}

bool check_stale(struct rig *rig, bool everything)
{
    uint32_t vpn = 0;
    return !rig->target->class->stale(rig->target, everything, &vpn) || stale(rig, vpn);
}

COLD static bool wrong_cr3(struct rig *rig, uint32_t want, uint32_t cr3)
{
    finding_where(rig, "CR3");
    finding_expected(rig, "frame %u", (unsigned)want);
    finding_actual(rig, "frame %u", (unsigned)cr3);
    return diverged(rig, ORACLE_RESULT, "CR3");
}

bool check_current(struct rig *rig)
{
    uint32_t s = model_current(rig->model), cr3 = rig->target->class->current(rig->target);
    uint32_t want = s < OP_SLOTS ? rig->spaces[s].directory : rig->target->facts.boot_directory;
    return cr3 == want || wrong_cr3(rig, want, cr3);
}

COLD static bool unmarked(struct rig *rig, const char *field, uint32_t vpn, uint32_t entry)
{
    char text[64];
    finding_page(rig, rig->op->s, vpn);
    finding_expected(rig, "the processor's mark of the access: %s", field);
    finding_actual(rig, "%s", entry_text(entry, text));
    return diverged(rig, ORACLE_PROTECTION, field);
}

/* An access that faulted and was tried again was walked again, since a fault drops what the TLB has
 * of its page (SDM vol. 3A, 4.10.4.1): so the processor has marked the entry (4.8).  Without a
 * fault it may have used a cached translation, whose entry was written anew since. */
static bool marked(struct rig *rig)
{
    if (!did(rig, 1 << OP_READ | 1 << OP_WRITE) || !rig->outcome.faults)
        return true;
    uint32_t vpn = rig->op->va >> page_shift(rig);
    uint32_t entry = walk(&rig->target->ram, rig->spaces[rig->op->s].directory, vpn);
    if (!entry)
        return true; /* a page may leave the tables at any time */
    if (!(entry & ENTRY_ACCESSED))
        return unmarked(rig, "accessed", vpn, entry);
    return rig->op->code != OP_WRITE || entry & ENTRY_DIRTY || unmarked(rig, "dirty", vpn, entry);
}

bool check_step(struct rig *rig, const struct effect *effect)
{
    if (rig->target->facts.opaque)
        return (!did(rig, 1 << OP_SEGMENT) || follow_segment(rig, rig->op->g)) &&
               opaque_step(rig, effect);
    const struct journal *journal = rig->target->class->journal(rig->target);
    bool deferred = rig->target->facts.deferred;
    rig->content_seen = NO_FRAME;
    forget_identities(rig, effect);
    if (journal->overflow || effect->all) {
        struct space_seen was = {.eager_first = NO_VPN};
        if (deferred)
            note_deferred(rig, effect);
        if (deferred && settles(rig)) {
            was = rig->spaces[rig->op->s];
            space_settled(&rig->spaces[rig->op->s]);
        }
        shadow_tables_gone(rig); /* the new space's directory may be in one's frame */
        bool named = !did(rig, NAMES) || follow_names(rig);
        return named && (journal->overflow ? check_all(rig) : check_seen(rig)) &&
               (deferred ? eager_due(rig, &was) : eager_now(rig, effect));
    }
    forget_tables(rig, journal);
    rig->effect = effect;
    bool read = (!did(rig, NAMES) || follow_names(rig)) && read_journal(rig, journal);
    rig->effect = NULL;
    if (!read)
        return false;
    if (deferred)
        note_deferred(rig, effect);
    if (deferred ? settles(rig) && !judge_settled(rig) : !immediate_ranges(rig, effect))
        return false;
    if (!judge_effect(rig, effect) || (did(rig, 1 << OP_DISCARD) && !discarded(rig)))
        return false;
    return read_frames(rig, journal) && marked(rig) && frame_census(rig) && check_current(rig) &&
           check_stale(rig, false);
}

/* When tables are compared only now and then, keeps just what check_rebuilt cannot find out: what
 * the target calls a segment, and what is not due yet. */
bool check_later(struct rig *rig, const struct effect *effect)
{
    const struct op *op = rig->op;
    if (did(rig, 1 << OP_SEGMENT) && !follow_names(rig))
        return false;
    if (did(rig, 1 << OP_CREATE | 1 << OP_FORK))
        space_settled(&rig->spaces[op->code == OP_FORK ? op->t : op->s]);
    if (rig->target->facts.deferred) {
        note_deferred(rig, effect);
        if (settles(rig))
            space_settled(&rig->spaces[op->s]);
    }
    return check_stale(rig, false);
}
