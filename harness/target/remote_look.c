/* remote_look.c: what the checker asks of a remote target, but for memory and regions. */
#include "remote_private.h"
#include <stdio.h>

/* ---- Asking the guest. ---- */

static bool ask_numbers(struct remote_target *t, enum wire_type type, uint32_t a, uint32_t b,
                        struct wire_reader *answer)
{
    uint8_t request[2 * WIRE_NUMBER_BYTES];
    uint8_t *end = wire_put_number(wire_put_number(request, a), b);
    return remote_ask(t, type, request, (size_t)(end - request), answer);
}

/* Of so many slots; those after the last that is are not told. */
static void read_names(struct wire_reader *r, uint32_t *names, uint32_t count)
{
    uint32_t told = wire_below(r, count + 1);
    for (uint32_t i = 0; i < count; i++)
        names[i] = i < told ? wire_number(r) : 0;
}

bool look_names(struct remote_target *t)
{
    struct wire_reader r;
    if (!ask_numbers(t, WIRE_NAMES, t->spaces, t->segments, &r))
        return false;
    read_names(&r, t->directories, t->spaces);
    read_names(&r, t->segment_ids, t->segments);
    t->cr3 = wire_number(&r);
    for (int pool = 0; pool < WIRE_POOLS; pool++)
        t->pools[pool] = wire_number(&r);
    return !r.bad || remote_nonsense(t, "NAMES");
}

struct frame_told look_frame(struct wire_reader *r)
{
    uint32_t number = wire_number(r);
    return (struct frame_told){(uint8_t)(number % (1 << WIRE_STATE_BITS)),
                               number >> WIRE_STATE_BITS};
}

bool look_frames(struct remote_target *t, uint32_t from, uint32_t to)
{
    while (from < to) {
        struct wire_reader r;
        if (!ask_numbers(t, WIRE_FRAMES, from, to - from, &r))
            return false;
        uint32_t told = wire_below(&r, to - from + 1);
        for (uint32_t i = 0; i < told && !r.bad; i++) {
            t->frames[from + i] = look_frame(&r);
            if (t->frames[from + i].state != FRAME_FREE)
                list_add(&t->touched, from + i);
        }
        if (r.bad || !told)
            return remote_nonsense(t, "FRAMES");
        from += told;
    }
    return true;
}

uint32_t look_top(const struct remote_target *t)
{
    uint32_t first = t->hello.free_first, top = first;
    for (uint32_t i = 0; i < t->touched.count; i++) {
        uint32_t pfn = t->touched.at[i];
        if (pfn >= top && pfn < first + t->hello.free_frames)
            top = pfn + 1;
    }
    return top;
}

static bool look_regions(struct remote_target *t, const bool *wanted)
{
    for (uint32_t s = 0; s < t->spaces; s++) {
        if (wanted[s] && !regions_learn(t, s))
            return false;
        if (!t->directories[s])
            regions_forget(t, s);
    }
    return true;
}

static bool look_invariant(struct remote_target *t)
{
    struct wire_reader r;
    if (!remote_ask(t, WIRE_INVARIANT, NULL, 0, &r))
        return false;
    wire_text(&r, t->invariant, sizeof t->invariant);
    t->invariant_known = !r.bad;
    return !r.bad || remote_nonsense(t, "INVARIANT");
}

/* What there is, as far as it is known. */
static struct look known(const struct remote_target *t, uint32_t top)
{
    struct look look = {.top = top};
    for (uint32_t s = 0; s < t->spaces; s++)
        look.spaces[s] = t->directories[s];
    return look;
}

static void want(struct remote_target *t, struct look *look)
{
    uint32_t first = t->hello.free_first;
    mirror_touch_untold(t);
    if (!t->memory) /* is asked for by ranges */
        mirror_touch_below(t, look->top);
    look->touched = t->touched.count;
    remote_want_numbers(t, WIRE_NAMES, t->spaces, t->segments);
    for (uint32_t s = 0; s < t->spaces; s++)
        if (look->spaces[s])
            remote_want_numbers(t, WIRE_REGIONS, s, 0);
    if (look->top > first)
        remote_want_numbers(t, WIRE_FRAMES, first, look->top - first);
    remote_want(t, WIRE_INVARIANT, NULL, 0);
    mirror_want(t, t->touched.at, t->touched.count);
}

/* More is asked for than may be there then: it costs less than asking twice. */
struct look look_want(struct remote_target *t, const struct op *ops, uint32_t count)
{
    enum { MORE = 8 };
    uint32_t end = t->hello.free_first + t->frames_owned;
    uint32_t top = t->behind ? end : look_top(t) + MORE;
    struct look look = known(t, top < end ? top : end);
    for (uint32_t i = 0; i < count; i++)
        if (ops[i].code == OP_CREATE || ops[i].code == OP_FORK)
            look.spaces[ops[i].code == OP_FORK ? ops[i].t : ops[i].s] = true;
    want(t, &look);
    return look;
}

/* What was touched since the look was asked for. */
static bool look_at_more(struct remote_target *t, const struct look *before)
{
    uint32_t top = look_top(t), *frames = t->touched.at + before->touched;
    uint32_t count = t->touched.count - before->touched;
    if (top > before->top)
        remote_want_numbers(t, WIRE_FRAMES, before->top, top - before->top);
    mirror_want(t, frames, count);
    return (!count || remote_fetch(t)) && look_frames(t, before->top, top) &&
           mirror_update(t, frames, count);
}

/* Silent: nobody asks for a journal of it. */
static bool look(struct remote_target *t)
{
    uint32_t first = t->hello.free_first;
    struct look of = t->look;
    t->look = (struct look){0};
    for (uint32_t s = 0; s < OP_SLOTS; s++)
        regions_forget(t, s);
    if (!of.top) {
        bool all = t->journal.overflow || t->behind;
        of = known(t, all ? first + t->frames_owned : look_top(t));
        want(t, &of);
        if (!remote_fetch(t))
            return false;
    }
    t->compared = true;
    t->behind = false;
    return look_names(t) && look_regions(t, of.spaces) && look_frames(t, first, of.top) &&
           look_invariant(t) && mirror_update(t, t->touched.at, of.touched) && look_at_more(t, &of);
}

bool look_everything(struct target *target)
{
    struct remote_target *t = remote_of(target);
    t->silent = true;
    bool good = ahead_settle(t) && look(t);
    t->looked = good;
    t->silent = false;
    return remote_looked(t, good);
}

static const char *invariant(struct target *target)
{
    struct remote_target *t = remote_of(target);
    if (!t->invariant_known && !remote_looked(t, ahead_settle(t) && look_invariant(t)))
        return "the check itself failed";
    return t->invariant[0] ? remote_literal(t->invariant) : NULL;
}

static bool stale(struct target *target, bool everything, uint32_t *vpn)
{
    struct remote_target *t = remote_of(target);
    (void)everything;
    *vpn = t->stale_vpn;
    return t->stale;
}

/* ---- What was told. ---- */

static bool exists(struct target *target, uint32_t s)
{
    return remote_of(target)->directories[s];
}

static uint32_t directory(struct target *target, uint32_t s)
{
    return remote_of(target)->directories[s];
}

static uint32_t current(struct target *target)
{
    return remote_of(target)->cr3;
}

static uint32_t segment_id(struct target *target, uint32_t g)
{
    return remote_of(target)->segment_ids[g];
}

static enum frame_state frame(struct target *target, uint32_t pfn, uint32_t *refs)
{
    const struct frame_told *told = &remote_of(target)->frames[pfn];
    *refs = told->refs;
    return (enum frame_state)told->state;
}

static void pools(struct target *target, uint32_t free[POOLS])
{
    memcpy(free, remote_of(target)->pools, POOLS * sizeof *free);
}

/* The tables that a rig looks at after every operation are the mirror's as they are, right or
 * wrong; the others are brought up to date for it.  Where the agent reads memory for us, doing so
 * moves the kernel's windows, and the kernel's half is not compared. */
static bool second_opinion(struct target *target)
{
    struct remote_target *t = remote_of(target);
    if (!t->host->second_opinion || !t->channel)
        return true;
    uint32_t pdes = t->memory ? REMOTE_WORDS : target->facts.user_pdes;
    bool ready = !t->ahead.waiting && !t->ahead.begun && t->compared;
    ready = ready || look_everything(target);
    t->silent = true;
    ready = ready && mirror_update(t, t->kernel.at, t->kernel.count);
    t->silent = false;
    return !ready || t->host->second_opinion(t->host, &target->ram, t->cr3, pdes, target->why,
                                             sizeof target->why);
}

static void end_it(struct target *target)
{
    struct remote_target *t = remote_of(target);
    regions_free(t);
    t->host->free(t->host);
}

const struct target_class remote_class = {
    .reset = remote_reset,
    .run = remote_run,
    .journal = mirror_journal,
    .watch = mirror_watch,
    .exists = exists,
    .directory = directory,
    .current = current,
    .segment_id = segment_id,
    .region = regions_find,
    .frame = frame,
    .pools = pools,
    .invariant = invariant,
    .refresh = look_everything,
    .second_opinion = second_opinion,
    .stale = stale,
    .free = end_it,
    .fits = remote_fits,
    .ahead = remote_ahead,
};
