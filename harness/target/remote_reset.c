/* remote_reset.c: a fresh VMM in the guest, and whether it is one: what the case before left behind
 * must not be taken for what the next one does. */
#include "remote_private.h"
#include <stdarg.h>
#include <stdio.h>

/* The simulated machine needs three frames for itself, which count in a head's ram. */
enum { BOOT_FRAMES = 3 };

/* ---- Asking for it. ---- */

static bool cannot(struct remote_target *t, const char *what, uint32_t want, uint32_t most)
{
    snprintf(t->base.why, sizeof t->base.why, "the guest has %u %s, not %u", (unsigned)most, what,
             (unsigned)want);
    t->base.impossible = true;
    return false;
}

static bool is_possible(struct remote_target *t, const struct case_head *head)
{
    uint32_t frames = head->ram - BOOT_FRAMES;
    if (head->bits != REMOTE_BITS)
        return cannot(t, "address bits a level", head->bits, REMOTE_BITS);
    if (frames > t->hello.free_frames)
        return cannot(t, "frames for a VMM", frames, t->hello.free_frames);
    return head->slots <= t->hello.slots ||
           cannot(t, "slots in its backing store", head->slots, t->hello.slots);
}

/* A machine with more memory would have to be another.  How many frames it was made for is in
 * HELLO. */
bool remote_fits(struct target *target, const struct case_head *head)
{
    return head->ram - BOOT_FRAMES <= remote_of(target)->hello.free_frames;
}

/* The answer's facts.  False: the guest refused, or has ended. */
static bool read_answer(struct remote_target *t, struct wire_reader *r)
{
    struct facts *facts = &t->base.facts;
    if (wire_byte(r)) {
        char text[120];
        wire_text(r, text, sizeof text);
        snprintf(t->base.why, sizeof t->base.why, "the guest refused: %s", text);
        t->base.refused = true;
        return false;
    }
    facts->boot_directory = wire_below(r, facts->ram_frames);
    facts->kernel_own_pdes[0] = wire_below(r, REMOTE_WORDS + 1);
    facts->kernel_own_pdes[1] = wire_below(r, REMOTE_WORDS + 1);
    for (int pool = 0; pool < WIRE_POOLS; pool++)
        t->pools[pool] = wire_number(r);
    facts->limit = t->pools[POOL_FRAMES];
    return !r->bad || remote_nonsense(t, "RESET");
}

static bool is_choice(const struct case_head *head, unsigned axis, const char *name)
{
    return strcmp(axis_infos[axis].choice_names[head->design.choice[axis]], name) == 0;
}

/* And names and frames, which verifying asks for next. */
static uint32_t reset_top(const struct remote_target *t)
{
    bool all = t->fresh || t->behind;
    return all ? t->hello.free_first + t->frames_owned : look_top(t);
}

bool reset_ask(struct remote_target *t, const struct case_head *head, struct wire_reader *answer)
{
    uint8_t request[6 * WIRE_NUMBER_BYTES + AGENT_AXES_MAX], choice[AGENT_AXES_MAX];
    uint32_t axes, frames = head->ram - BOOT_FRAMES;
    if (!hello_design(&t->hello, &head->design, choice, &axes, t->base.why, sizeof t->base.why))
        return false;
    const uint32_t numbers[] = {frames, head->limit, head->slots, t->spaces, t->segments, axes};
    uint8_t *to = request;
    for (unsigned i = 0; i < sizeof numbers / sizeof *numbers; i++)
        to = wire_put_number(to, numbers[i]);
    memcpy(to, choice, axes);
    size_t length = (size_t)(to - request) + axes;
    uint32_t first = t->hello.free_first, top = reset_top(t);
    remote_want(t, WIRE_RESET, request, length);
    remote_want_numbers(t, WIRE_NAMES, t->spaces, t->segments);
    if (top > first)
        remote_want_numbers(t, WIRE_FRAMES, first, top - first);
    mirror_touch_untold(t); /* the kernel's, if they are where they were */
    mirror_want(t, t->touched.at, t->touched.count);
    return remote_fetch(t) && remote_ask(t, WIRE_RESET, request, length, answer);
}

/* As it should be after a reset. */
static void expect_zeros(struct remote_target *t)
{
    if (t->behind)
        mirror_touch_below(t, reset_top(t));
    for (uint32_t i = 0; i < t->touched.count; i++)
        if (!t->kernel.place[t->touched.at[i]])
            pages_clear(&t->base.ram, t->touched.at[i]);
}

static bool ask(struct remote_target *t, const struct case_head *head)
{
    struct wire_reader answer;
    t->base.facts = (struct facts){
        .level_bits = REMOTE_BITS,
        .user_pdes = t->hello.user_pdes,
        .ram_frames = t->hello.device_first,
        .device_frames = t->hello.device_frames,
        .slots = head->slots,
        .deferred = is_choice(head, AXIS_UPDATE, "deferred"),
        .copy_fork = is_choice(head, AXIS_FORK, "copy"),
        .lazy = is_choice(head, AXIS_UPDATE, "lazy"),
        .reclaims = is_choice(head, AXIS_DISCARD, "on"),
    };
    t->frames_owned = head->ram - BOOT_FRAMES;
    t->head = *head;
    expect_zeros(t);
    return reset_ask(t, head, &answer) && read_answer(t, &answer);
}

/* ---- Verifying it. ---- */

__attribute__((format(printf, 2, 3))) static bool unlike(struct remote_target *t,
                                                         const char *format, ...)
{
    char why[100];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(why, sizeof why, format, arguments);
    va_end(arguments);
    remote_nonsense(t, "RESET, which is not as if new");
    snprintf(t->base.why, sizeof t->base.why, "after a reset %s", why);
    return false;
}

/* What was mirrored belongs to the case before; every frame in it is looked at once more. */
static void forget(struct remote_target *t)
{
    for (uint32_t i = 0; i < t->touched.count; i++)
        t->frames[t->touched.at[i]] = (struct frame_told){FRAME_FREE, 0};

    for (uint32_t s = 0; s < OP_SLOTS; s++)
        regions_forget(t, s);
    list_clear(&t->watched);
    list_clear(&t->kernel);
    mirror_touch_untold(t);
    mirror_journal_clear(t);
    t->stale = false;
}

static bool is_own(const struct remote_target *t, uint32_t pde)
{
    const uint32_t *own = t->base.facts.kernel_own_pdes;
    return pde >= own[0] && pde < own[1];
}

/* Brings what was touched up to date, and finds the boot directory and the tables of its kernel
 * half, which are among it but at first. */
static bool find_kernel(struct remote_target *t)
{
    uint32_t boot = t->base.facts.boot_directory, i = t->hello.user_pdes;
    bool known = true;
    list_add(&t->touched, boot);
    if (!mirror_update(t, t->touched.at, t->touched.count))
        return false;
    list_add(&t->kernel, boot);
    for (; (i = pages_next(&t->base.ram, boot, i)) < REMOTE_WORDS; i++) {
        uint32_t table = pages_get(&t->base.ram, boot, i) >> ENTRY_PFN_SHIFT;
        if (!is_own(t, i) && table < t->base.facts.ram_frames)
            list_add(&t->kernel, table);
    }
    for (i = 0; i < t->kernel.count; i++) {
        known &= t->touched.place[t->kernel.at[i]] != 0;
        list_add(&t->touched, t->kernel.at[i]);
    }
    return known || mirror_update(t, t->kernel.at, t->kernel.count);
}

/* FNV-1a, a word at a time. */
static uint64_t mix(uint64_t hash, uint32_t number)
{
    return (hash ^ number) * 0x100000001b3;
}

static uint64_t hash_frame(const struct remote_target *t, uint64_t hash, uint32_t pfn, uint32_t i)
{
    bool boot = pfn == t->base.facts.boot_directory;
    for (; (i = pages_next(&t->base.ram, pfn, i)) < REMOTE_WORDS; i++)
        if (!boot || !is_own(t, i))
            hash = mix(mix(hash, i), pages_get(&t->base.ram, pfn, i) & ~(uint32_t)ENTRY_HARDWARE);
    return hash;
}

/* The user's half of the boot directory is the checker's affair. */
static uint64_t hash_kernel(const struct remote_target *t)
{
    uint64_t hash = 0xcbf29ce484222325;
    for (uint32_t i = 0; i < t->kernel.count; i++)
        hash =
            hash_frame(t, mix(hash, t->kernel.at[i]), t->kernel.at[i], i ? 0 : t->hello.user_pdes);
    return hash;
}

static uint32_t design_number(const struct design *design)
{
    uint32_t number = 0;
    for (unsigned axis = 0; axis < AXES; axis++)
        number = number * axis_infos[axis].choices + design->choice[axis];
    return number;
}

/* The kernel's tables depend on the design and on how much RAM there is, on nothing else. */
static bool kernel_is_same(struct remote_target *t, const struct case_head *head)
{
    struct kernel_seen *seen = &t->kernels[design_number(&head->design)];
    struct kernel_seen now = {hash_kernel(t), head->ram};
    if (seen->ram == head->ram && seen->hash != now.hash)
        return unlike(t, "the kernel's page tables are not what they were");
    *seen = now;
    return true;
}

static bool nothing_exists(struct remote_target *t)
{
    uint32_t told[POOLS];
    memcpy(told, t->pools, sizeof told);
    if (!look_names(t))
        return false;
    for (uint32_t s = 0; s < t->spaces; s++)
        if (t->directories[s])
            return unlike(t, "there is a space s%u", (unsigned)s);
    for (uint32_t g = 0; g < t->segments; g++)
        if (t->segment_ids[g])
            return unlike(t, "there is a segment g%u", (unsigned)g);
    if (t->cr3 != t->base.facts.boot_directory)
        return unlike(t, "CR3 is frame %u, not the boot directory", (unsigned)t->cr3);
    return memcmp(told, t->pools, sizeof told) == 0 || unlike(t, "the pools are not as told");
}

static bool is_vmms(const struct remote_target *t, uint32_t pfn)
{
    return pfn - t->hello.free_first < t->hello.free_frames || pfn >= t->base.facts.ram_frames;
}

/* Of the frames that the case before used, and of the device. */
static bool all_is_free(struct remote_target *t)
{
    for (uint32_t i = 0; i < t->touched.count; i++) {
        uint32_t pfn = t->touched.at[i];
        if (t->kernel.place[pfn] || !is_vmms(t, pfn))
            continue;
        if (t->frames[pfn].state != FRAME_FREE)
            return unlike(t, "frame %u is in use", (unsigned)pfn);
        if (!pages_empty(&t->base.ram, pfn))
            return unlike(t, "frame %u is not zero", (unsigned)pfn);
    }
    return true;
}

static void touch_only_kernel(struct remote_target *t)
{
    list_clear(&t->touched);
    for (uint32_t i = 0; i < t->kernel.count; i++)
        list_add(&t->touched, t->kernel.at[i]);
}

static bool verify(struct remote_target *t, const struct case_head *head)
{
    uint32_t first = t->hello.free_first;
    uint32_t top = reset_top(t);
    t->silent = true;
    forget(t);
    bool good = nothing_exists(t) && look_frames(t, first, top) && find_kernel(t) &&
                all_is_free(t) && kernel_is_same(t, head);
    t->silent = false;
    t->behind = false;
    touch_only_kernel(t);
    return good;
}

/* A machine that fails when it is new is no use; one that failed after a case was perhaps damaged
 * by it, and the next is new. */
bool remote_reset(struct target *target, const struct case_head *head)
{
    struct remote_target *t = remote_of(target);
    bool used = t->channel && !t->fresh;
    ahead_drop(t);
    t->ahead.to = 0;
    t->ahead.likely = AHEAD_FIRST;
    target->what = NULL;
    bool good = remote_begin(t) && is_possible(t, head) && ask(t, head) && verify(t, head);
    if (good)
        t->fresh = false;
    else if (!used)
        target->what = NULL;
    return good;
}
