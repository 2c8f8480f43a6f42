/* opaque.c: a target that shows no page tables is judged by what it shows: names and regions, what
 * is in every page, and, where it tells, which pages are in one frame.
 *
 * Segment pages and device frames must be in one frame wherever they are shown, different pages
 * must not; pages of one private identity may or may not (ALIAS, SPLIT as in entry.c). */
#include "check_private.h"

/* Which frame shows what.  A *showing* is an identity, or, behind all identities, a device frame;
 * 0: a page without an identity.  Entries of other rounds do not count. */
struct frame_seen {
    uint32_t frame, showing, round;
};
struct showing_seen {
    uint32_t frame, round;
};
enum { FRAMES_BITS = 20, FRAMES_SEEN = 1 << FRAMES_BITS };

struct opaque {
    uint32_t round; /* one comparison of everything */
    uint32_t used;  /* frames in this round */
    uint32_t first_device;
    struct frame_seen *frames; /* a hash table of FRAMES_SEEN */
    struct showing_seen *showings;
};

void opaque_make(struct rig *rig)
{
    const struct facts *facts = &rig->target->facts;
    struct opaque *opaque = arena_take(&rig->state, sizeof *opaque);
    opaque->first_device = facts->ram_frames + facts->slots + 1;
    opaque->frames = arena_take(&rig->state, FRAMES_SEEN * sizeof *opaque->frames);
    opaque->showings = arena_take(&rig->state, (opaque->first_device + facts->device_frames) *
                                                   sizeof *opaque->showings);
    rig->opaque = opaque;
}

/* ---- Contents. ---- */

static const struct model_region *region_at(const struct rig *rig, uint32_t s, uint32_t vpn)
{
    const struct model_region *region = model_region_at_or_after(rig->model, s, vpn);
    return region && region->first <= vpn ? region : NULL;
}

static const uint32_t *words_expected(const struct rig *rig, uint32_t s, uint32_t vpn,
                                      const struct model_region *region)
{
    if (region->backing == MODEL_DEVICE)
        return pages_words(model_device_contents(rig->model),
                           region->offset + (vpn - region->first));
    return pages_words(model_contents(rig->model), model_identity_at(rig->model, s, vpn));
}

/* The page is mapped. */
static bool page_content(struct rig *rig, uint32_t s, uint32_t vpn)
{
    const uint32_t *have = rig->target->class->words(rig->target, s, vpn);
    const uint32_t *want = words_expected(rig, s, vpn, region_at(rig, s, vpn));
    uint32_t index = 0;
    if (!have)
        return false;
    if (memcmp(have, want, (size_t)1 << page_shift(rig)) == 0)
        return true;
    while (have[index] == want[index])
        index++;
    finding_where(rig, "s%u %#x word %u", (unsigned)s, (unsigned)(vpn << page_shift(rig)),
                  (unsigned)index);
    finding_expected(rig, "%#x", (unsigned)want[index]);
    finding_actual(rig, "%#x", (unsigned)have[index]);
    return diverged(rig, ORACLE_CONTENT, "word");
}

/* ---- Frames. ---- */

static struct frame_seen *find_frame(struct opaque *opaque, uint32_t frame)
{
    uint32_t i = frame * 0x9e3779b1u >> (32 - FRAMES_BITS);
    while (opaque->frames[i].round == opaque->round && opaque->frames[i].frame != frame)
        i = (i + 1) & (FRAMES_SEEN - 1);
    return &opaque->frames[i];
}

static bool unlike(struct rig *rig, enum oracle oracle, const char *field, uint32_t s, uint32_t vpn,
                   uint32_t frame, const char *expected)
{
    finding_page(rig, s, vpn);
    finding_expected(rig, "%s", expected);
    finding_actual(rig, "frame %#x", (unsigned)frame);
    return diverged(rig, oracle, field);
}

static uint32_t showing_at(const struct rig *rig, uint32_t s, uint32_t vpn,
                           const struct model_region *region)
{
    if (region->backing == MODEL_DEVICE)
        return rig->opaque->first_device + region->offset + (vpn - region->first);
    return model_identity_at(rig->model, s, vpn);
}

/* The page is mapped and in this frame. */
static bool page_frame(struct rig *rig, uint32_t s, uint32_t vpn, uint32_t frame)
{
    struct opaque *opaque = rig->opaque;
    const struct model_region *region = region_at(rig, s, vpn);
    uint32_t showing = showing_at(rig, s, vpn, region);
    if (!showing)
        return unlike(rig, ORACLE_STRAY, "page", s, vpn, frame,
                      "no frame of its own: nobody has touched the page");
    struct frame_seen *seen = find_frame(opaque, frame);
    if (seen->round == opaque->round && seen->showing != showing)
        return unlike(rig, ORACLE_ALIAS, "frame", s, vpn, frame, "a frame that shows nothing else");
    if (seen->round != opaque->round && ++opaque->used == FRAMES_SEEN / 2)
        return unlike(rig, ORACLE_RIG, "frames", s, vpn, frame, "fewer frames");
    *seen = (struct frame_seen){frame, showing, opaque->round};
    if (region->backing == MODEL_PRIVATE)
        return true;
    struct showing_seen *shown = &opaque->showings[showing];
    if (shown->round == opaque->round && shown->frame != frame)
        return unlike(rig, ORACLE_SPLIT, "frame", s, vpn, frame,
                      "the frame in which the page is shown elsewhere");
    *shown = (struct showing_seen){frame, opaque->round};
    return true;
}

/* ---- Everything. ---- */

/* Pages that the target has in memory, whatever the model says of them.  Regions agree. */
static bool check_present(struct rig *rig, uint32_t s)
{
    const struct target_class *class = rig->target->class;
    uint32_t frame, vpn = class->present(rig->target, s, 0, &frame);
    for (; vpn != UINT32_MAX; vpn = class->present(rig->target, s, vpn + 1, &frame)) {
        if (!page_content(rig, s, vpn))
            return false;
        if (frame && !page_frame(rig, s, vpn, frame))
            return false;
    }
    return rig->target->looking == END_RETURNED;
}

/* Pages that the model knows, whether or not the target has them in memory. */
static bool check_known(struct rig *rig, uint32_t s)
{
    uint32_t count;
    const struct model_region *regions = model_regions(rig->model, s, &count);
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t vpn = regions[i].first; vpn <= regions[i].last; vpn++) {
            bool device = regions[i].backing == MODEL_DEVICE;
            if ((device || model_identity_at(rig->model, s, vpn)) && !page_content(rig, s, vpn))
                return false;
        }
    return true;
}

static bool compare(struct rig *rig)
{
    rig->opaque->round++;
    rig->opaque->used = 0;
    for (uint32_t s = 0; s < rig->config.spaces; s++) {
        if (!model_exists(rig->model, s))
            continue;
        if (!regions_judge(rig, s, 0, model_user_last(rig->model)) || !check_present(rig, s) ||
            !check_known(rig, s))
            return false;
    }
    return true;
}

/* The target may move a page to another frame between two looks, as Linux does when it compacts
 * memory (Documentation/mm/page_migration.rst), so about frames it is asked twice. */
bool opaque_all(struct rig *rig)
{
    if (compare(rig))
        return true;
    enum oracle oracle = rig->finding->oracle;
    bool frames =
        rig->target->looking == END_RETURNED && (oracle == ORACLE_ALIAS || oracle == ORACLE_SPLIT);
    return frames && rig->target->class->refresh(rig->target) && compare(rig);
}

/* ---- After one operation. ---- */

/* The page of each space: a private page of the same number may be of the same identity.  (Looking
 * at a page of a segment that nobody has touched would touch it.) */
static bool check_written(struct rig *rig, uint32_t vpn)
{
    for (uint32_t s = 0; s < rig->config.spaces; s++) {
        const struct model_region *region =
            model_exists(rig->model, s) ? region_at(rig, s, vpn) : NULL;
        bool looks =
            region && (region->backing != MODEL_SEGMENT || showing_at(rig, s, vpn, region));
        if (looks && !page_content(rig, s, vpn))
            return false;
    }
    return true;
}

bool opaque_step(struct rig *rig, const struct effect *effect)
{
    for (uint32_t i = 0; i < effect->ranges; i++) {
        const struct effect_range *range = &effect->range[i];
        switch ((enum op_code)rig->op->code) {
        case OP_FORK:
        case OP_MAP:
        case OP_MAP_DEVICE:
        case OP_UNMAP:
        case OP_PROTECT:
            if (!regions_judge(rig, range->space, range->first, range->last))
                return false;
            break;
        case OP_WRITE:
        case OP_COPY_OUT:
            if (!check_written(rig, range->first))
                return false;
            break;
        default:
            break;
        }
    }
    return true;
}
