/* linux_target.c: the target `linux`: making it, resetting it, and what the checker asks of it.
 *
 * It shows no page tables, so of struct target_class only names, regions, present and words mean
 * anything (facts.opaque). */
#include "linux.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void forget(struct linux_target *t)
{
    for (uint32_t s = 0; s < OP_SLOTS; s++)
        linux_end(&t->space[s]);
    for (uint32_t g = 0; g < OP_SLOTS; g++)
        linux_release(&t->segment[g]);
    linux_release(&t->device);
}

static bool reset(struct target *target, const struct case_head *head)
{
    struct linux_target *t = linux_of(target);
    if (head->bits != BITS_MAX) {
        target->impossible = true;
        snprintf(target->why, sizeof target->why, "Linux has pages of 4 KiB, not those of bits=%u",
                 (unsigned)head->bits);
        return false;
    }
    forget(t);
    t->eager_pages = t->segments_made = 0;
    target->facts = (struct facts){
        .level_bits = BITS_MAX,
        .user_pdes = LINUX_USER_PDES,
        .ram_frames = LINUX_EAGER_PAGES + LINUX_TOUCHED_PAGES,
        .device_frames = LINUX_DEVICE_FRAMES,
        .opaque = true,
        .frames_seen = t->zero_frame != 0,
    };
    linux_look_again(t);
    return (t->template.pid || linux_start(t)) && linux_make_device(t);
}

static bool exists(struct target *target, uint32_t s)
{
    return linux_of(target)->space[s].pid != 0;
}

static uint32_t segment_id(struct target *target, uint32_t g)
{
    const struct linux_segment *segment = &linux_of(target)->segment[g];
    return segment->file >= 0 ? segment->inode : 0;
}

static bool region(struct target *target, uint32_t s, uint32_t vpn, struct region_view *view)
{
    struct linux_target *t = linux_of(target);
    const struct region_view *found = linux_region(t, &t->space[s], vpn);
    if (found)
        *view = *found;
    return found;
}

/* What is left of what a case may have. */
static void pools(struct target *target, uint32_t free[POOLS])
{
    const struct linux_target *t = linux_of(target);
    free[POOL_FRAMES] = free[POOL_PAGES] = LINUX_EAGER_PAGES - t->eager_pages;
    free[POOL_REGIONS] = LINUX_REGIONS_MAX;
    free[POOL_SEGMENTS] = LINUX_SEGMENTS - t->segments_made;
    free[POOL_SLOTS] = 1;
    free[POOL_TABLES] = UINT32_MAX;
}

static bool refresh(struct target *target)
{
    linux_look_again(linux_of(target));
    return true;
}

static void end_all(struct target *target)
{
    struct linux_target *t = linux_of(target);
    forget(t);
    linux_end(&t->template);
}

/* ---- What an opaque target does not show. ---- */

static const struct journal *no_journal(struct target *target)
{
    static const struct journal nothing;
    (void)target;
    return &nothing;
}

static void watch_nothing(struct target *target, uint32_t pfn, bool watched)
{
    (void)target, (void)pfn, (void)watched;
}

static uint32_t no_directory(struct target *target, uint32_t s)
{
    (void)target, (void)s;
    return 0;
}

static uint32_t no_current(struct target *target)
{
    (void)target;
    return 0;
}

static enum frame_state no_frame(struct target *target, uint32_t pfn, uint32_t *refs)
{
    (void)target, (void)pfn;
    *refs = 0;
    return FRAME_FREE;
}

static const char *no_invariant(struct target *target)
{
    (void)target;
    return NULL;
}

static bool never_stale(struct target *target, bool everything, uint32_t *vpn)
{
    (void)target, (void)everything, (void)vpn;
    return false;
}

/* The host has what memory it has. */
static bool fits(struct target *target, const struct case_head *head)
{
    (void)target;
    (void)head;
    return true;
}

static const struct target_class class = {
    .reset = reset,
    .run = linux_run,
    .journal = no_journal,
    .watch = watch_nothing,
    .exists = exists,
    .directory = no_directory,
    .current = no_current,
    .segment_id = segment_id,
    .region = region,
    .frame = no_frame,
    .pools = pools,
    .invariant = no_invariant,
    .refresh = refresh,
    .stale = never_stale,
    .free = end_all,
    .present = linux_present,
    .words = linux_words,
    .fits = fits,
};

struct linux_target *linux_target(struct target *target)
{
    return target->class == &class ? linux_of(target) : NULL;
}

/* ---- Making. ---- */

static void make_process(struct linux_process *process, struct arena *state)
{
    process->line = process->maps = process->pagemap = process->memory = -1;
    process->regions = arena_take(state, LINUX_REGIONS_MAX * sizeof *process->regions);
}

/* The error code of a fault is compared, and that is the processor's. */
static const char *unusable_host(void)
{
#ifndef __x86_64__
    return "the linux target needs an x86-64 host";
#endif
    return sysconf(_SC_PAGESIZE) == LINUX_PAGE ? NULL : "the linux target needs pages of 4 KiB";
}

struct target *target_linux_make(struct arena *state, struct arena *scratch,
                                 const struct target_setup *setup, char *why, size_t why_size)
{
    const char *unusable = unusable_host();
    if (unusable) {
        snprintf(why, why_size, "%s", unusable);
        return NULL;
    }
    struct linux_target *t = arena_take(state, sizeof *t);
    t->base.class = &class;
    t->base.ram.level_bits = BITS_MAX;
    t->state = state;
    t->scratch = scratch;
    t->spaces = setup->spaces;
    t->segments = setup->segments;
    t->hang_seconds = setup->options->hang_seconds;
    t->zero_frame = linux_zero_frame();
    make_process(&t->template, state);
    for (uint32_t i = 0; i < OP_SLOTS; i++) {
        make_process(&t->space[i], state);
        t->segment[i].file = -1;
    }
    t->device.file = -1;
    if (linux_start(t))
        return &t->base;
    snprintf(why, why_size, "%s", t->base.why);
    return NULL;
}

/* ---- Which cases. ---- */

static bool runs_out(const struct test_case *c)
{
    for (uint32_t i = 0; i < c->count; i++)
        if (c->ops[i].expect == STATUS_NO_MEMORY)
            return true;
    return false;
}

const char *target_linux_unfit(const struct test_case *c)
{
    return runs_out(c) ? "it expects NO_MEMORY, and Linux cannot be told to run out" : NULL;
}
