/* remote_mirror.c: the mirror of the guest's physical memory.
 *
 * Where this process maps that memory, a frame is compared with the mirror as a whole; else its
 * words are asked for, or come with what an operation tells.  What differs is the journal: words of
 * watched frames, other frames as such.  Accessed and dirty bits alone are no change of a table. */
#include "../lib/arena.h"
#include "remote_private.h"
#include <stdlib.h>

enum { WORDS_MAX = 16384, GROUP_WORDS = 64 };

static const uint32_t sum_prime = 0x01000193, sum_last = 0x9e3779b1;

/* ---- Lists of frames. ---- */

static struct frame_list list_make(struct arena *arena, uint32_t frames)
{
    struct frame_list list = {0};
    list.at = arena_take(arena, frames * sizeof *list.at);
    list.place = arena_take(arena, frames * sizeof *list.place);
    return list;
}

void list_add(struct frame_list *list, uint32_t pfn)
{
    if (list->place[pfn])
        return;
    list->at[list->count++] = pfn;
    list->place[pfn] = list->count;
}

static void list_remove(struct frame_list *list, uint32_t pfn)
{
    uint32_t place = list->place[pfn], last;
    if (!place)
        return;
    last = list->at[--list->count];
    list->at[place - 1] = last;
    list->place[last] = place;
    list->place[pfn] = 0;
}

void list_clear(struct frame_list *list)
{
    while (list->count)
        list->place[list->at[--list->count]] = 0;
}

void mirror_make(struct remote_target *t, struct arena *arena)
{
    uint32_t frames = hello_frames(&t->hello);
    t->base.ram =
        pages_make(arena_take(arena, pages_bytes(frames, REMOTE_BITS)), frames, REMOTE_BITS);
    t->frames = arena_take(arena, frames * sizeof *t->frames);
    t->words = arena_take(arena, WORDS_MAX * sizeof *t->words);
    t->scratch = arena_take(arena, frames * sizeof *t->scratch);
    t->powers[0] = 1;
    for (uint32_t i = 1; i <= REMOTE_WORDS; i++)
        t->powers[i] = t->powers[i - 1] * sum_prime;
    t->touched = list_make(arena, frames);
    t->watched = list_make(arena, frames);
    t->kernel = list_make(arena, frames);
    t->pages = list_make(arena, frames);
    t->changed = list_make(arena, frames);
}

/* ---- Comparing. ---- */

static void note_word(struct remote_target *t, uint32_t pfn, uint32_t index)
{
    if (t->journal.word_count == WORDS_MAX)
        t->journal.overflow = true;
    else
        t->words[t->journal.word_count++] = (struct journal_word){pfn, index};
}

void mirror_word(struct remote_target *t, uint32_t pfn, uint32_t index, uint32_t word)
{
    uint32_t was = pages_get(&t->base.ram, pfn, index);
    if (was == word)
        return;
    pages_set(&t->base.ram, pfn, index, word);
    if (t->silent)
        return;
    if (!t->watched.place[pfn])
        list_add(&t->pages, pfn);
    else if ((was ^ word) & ~(uint32_t)ENTRY_HARDWARE)
        note_word(t, pfn, index);
}

static bool are_zeros(const uint32_t *words)
{
    uint32_t some = 0;
    for (uint32_t from = 0; from < REMOTE_WORDS && !some; from += GROUP_WORDS)
        for (uint32_t i = from; i < from + GROUP_WORDS; i++)
            some |= words[i];
    return !some;
}

/* A frame that is zeros here, as most are after a reset, is compared without our words. */
void mirror_page(struct remote_target *t, uint32_t pfn, const uint32_t *words)
{
    const uint32_t *was = pages_words(&t->base.ram, pfn);
    bool same = pages_empty(&t->base.ram, pfn) ? are_zeros(words)
                                               : memcmp(was, words, REMOTE_PAGE_BYTES) == 0;
    if (same)
        return;
    for (uint32_t from = 0; from < REMOTE_WORDS; from += GROUP_WORDS)
        if (memcmp(was + from, words + from, GROUP_WORDS * sizeof *words) != 0)
            for (uint32_t i = from; i < from + GROUP_WORDS; i++)
                if (was[i] != words[i])
                    mirror_word(t, pfn, i, words[i]);
}

/* The frame in the guest's memory; NULL: it is not mapped here. */
static const uint32_t *mapped(const struct remote_target *t, uint32_t pfn)
{
    size_t at = (size_t)pfn * REMOTE_PAGE_BYTES;
    bool inside = t->memory && at + REMOTE_PAGE_BYTES <= t->memory_bytes;
    return inside ? (const uint32_t *)(const void *)(t->memory + at) : NULL;
}

void mirror_touch_untold(struct remote_target *t)
{
    for (uint32_t i = 0; i < t->kernel.count; i++)
        list_add(&t->touched, t->kernel.at[i]);
    for (uint32_t i = 0; i < t->hello.device_frames; i++)
        list_add(&t->touched, t->hello.device_first + i);
}

void mirror_touch_below(struct remote_target *t, uint32_t top)
{
    uint32_t first = t->hello.free_first, end = first + t->hello.free_frames;
    for (uint32_t pfn = first; pfn < top && pfn < end; pfn++)
        list_add(&t->touched, pfn);
}

/* ---- Asking. ---- */

void mirror_told(struct remote_target *t, uint32_t pfn, struct wire_reader *r)
{
    uint32_t words[REMOTE_WORDS] = {0};
    struct wire_words told = wire_begin_words(r);
    while (wire_next_word(r, &told, REMOTE_WORDS))
        words[told.index] = told.word;
    if (!r->bad)
        mirror_page(t, pfn, words);
}

/* Of a frame, as the agent makes it (README.md, COMPARE).  Most words are zero. */
static uint32_t sum(const struct remote_target *t, uint32_t pfn)
{
    uint32_t sum = 0, next = 0, i = 0;
    for (; (i = pages_next(&t->base.ram, pfn, i)) < REMOTE_WORDS; i++) {
        sum = (sum * t->powers[i - next] ^ pages_get(&t->base.ram, pfn, i)) * sum_prime;
        next = i + 1;
    }
    return sum * t->powers[REMOTE_WORDS - next] * sum_last;
}

/* Asks for the words of frames that follow each other. */
static bool read_run(struct remote_target *t, uint32_t first, uint32_t count)
{
    while (count) {
        uint8_t request[2 * WIRE_NUMBER_BYTES];
        struct wire_reader answer;
        uint8_t *end = wire_put_number(wire_put_number(request, first), count);
        if (!remote_ask(t, WIRE_READ, request, (size_t)(end - request), &answer))
            return false;
        uint32_t told = wire_below(&answer, count + 1);
        for (uint32_t i = 0; i < told && !answer.bad; i++)
            mirror_told(t, first + i, &answer);
        if (answer.bad || !told)
            return remote_nonsense(t, "READ");
        first += told;
        count -= told;
    }
    return true;
}

/* Frames that follow each other, which the agent is to compare: by which byte of their sums (3: the
 * upper one). */
struct comparison {
    uint32_t first, count, which;
};

enum { UPPER = 3, COMPARE_MAX = 1024, COMPARE_BYTES = 2 * WIRE_NUMBER_BYTES + 1 + COMPARE_MAX };

static size_t put_comparison(const struct remote_target *t, const struct comparison *c,
                             uint8_t request[COMPARE_BYTES])
{
    uint8_t *to = wire_put_number(wire_put_number(request, c->first), c->count);
    *to++ = (uint8_t)c->which;
    for (uint32_t i = 0; i < c->count; i++)
        *to++ = (uint8_t)(sum(t, c->first + i) >> 8 * c->which);
    return (size_t)(to - request);
}

/* Takes what differs; *same: the rest is as it is here.  Returns how many were compared; 0: what
 * was told is nonsense. */
static uint32_t take_comparison(struct remote_target *t, const struct comparison *c,
                                struct wire_reader *r, bool *same)
{
    uint32_t at = c->first, end = c->first + c->count, rest = 0, steps;
    while ((steps = wire_below(r, end - at + 1)) != 0) {
        for (; steps > 1; steps--)
            rest = (rest ^ sum(t, at++)) * sum_prime;
        mirror_told(t, at++, r);
    }
    uint32_t done = wire_below(r, c->count + 1);
    r->bad |= at > c->first + done;
    while (at < c->first + done)
        rest = (rest ^ sum(t, at++)) * sum_prime;
    *same = wire_number(r) == rest;
    return r->bad ? 0 : done;
}

/* Two frames have a byte of their sums in common once in 256: then by the one below. */
static bool compare_run(struct remote_target *t, struct comparison c)
{
    while (c.count) {
        uint8_t request[COMPARE_BYTES];
        struct comparison some = c;
        struct wire_reader answer;
        bool same;
        some.count = c.count < COMPARE_MAX ? c.count : COMPARE_MAX;
        if (!remote_ask(t, WIRE_COMPARE, request, put_comparison(t, &some, request), &answer))
            return false;
        some.count = take_comparison(t, &some, &answer, &same);
        if (!some.count)
            return remote_nonsense(t, "COMPARE");
        some.which--;
        if (!same && !(some.which ? compare_run(t, some) : read_run(t, some.first, some.count)))
            return false;
        c.first += some.count;
        c.count -= some.count;
    }
    return true;
}

static int by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* How many frames follow each other from the first on. */
static uint32_t run_length(const uint32_t *frames, uint32_t count)
{
    uint32_t length = 1;
    while (length < count && frames[length] == frames[0] + length)
        length++;
    return length;
}

/* As many runs at once as an answer is likely to have room for. */
static void want_runs(struct remote_target *t, const uint32_t *frames, uint32_t count)
{
    enum { RUNS = 64 };
    for (uint32_t i = 0, runs = 0, length; i < count && runs < RUNS; i += length, runs++) {
        uint8_t request[COMPARE_BYTES];
        length = run_length(frames + i, count - i);
        struct comparison c = {frames[i], length < COMPARE_MAX ? length : COMPARE_MAX, UPPER};
        remote_want(t, WIRE_COMPARE, request, put_comparison(t, &c, request));
    }
}

/* Ascending frames. */
static bool compare_frames(struct remote_target *t, const uint32_t *frames, uint32_t count)
{
    for (uint32_t i = 0, length; i < count; i += length) {
        length = run_length(frames + i, count - i);
        if (!t->many.answered) {
            want_runs(t, frames + i, count - i);
            if (!remote_fetch(t))
                return false;
        }
        if (!compare_run(t, (struct comparison){frames[i], length, UPPER}))
            return false;
    }
    return true;
}

/* Puts those that are not mapped into scratch, ascending; returns how many. */
static uint32_t find_unmapped(struct remote_target *t, const uint32_t *frames, uint32_t count)
{
    uint32_t unmapped = 0;
    for (uint32_t i = 0; i < count; i++)
        if (!mapped(t, frames[i]))
            t->scratch[unmapped++] = frames[i];
    qsort(t->scratch, unmapped, sizeof *t->scratch, by_number);
    return unmapped;
}

void mirror_want(struct remote_target *t, const uint32_t *frames, uint32_t count)
{
    want_runs(t, t->scratch, find_unmapped(t, frames, count));
}

bool mirror_update(struct remote_target *t, const uint32_t *frames, uint32_t count)
{
    const uint32_t *words;
    for (uint32_t i = 0; i < count; i++)
        if ((words = mapped(t, frames[i])))
            mirror_page(t, frames[i], words);
    return compare_frames(t, t->scratch, find_unmapped(t, frames, count));
}

/* ---- The journal. ---- */

void mirror_journal_clear(struct remote_target *t)
{
    list_clear(&t->pages);
    list_clear(&t->changed);
    t->journal = (struct journal){0};
    t->compared = t->looked = t->invariant_known = false;
    t->written_space = OP_SLOTS;
}

/* The frame behind the address that was written to; one that is not in the tables is told */
static void compare_written(struct remote_target *t)
{
    if (t->written_space == OP_SLOTS)
        return;
    uint32_t entry =
        walk(&t->base.ram, t->directories[t->written_space], t->written_va >> WIRE_PAGE_BITS);
    uint32_t pfn = entry >> ENTRY_PFN_SHIFT;
    if (entry && pfn < t->base.ram.count) {
        const uint32_t *words = mapped(t, pfn);
        list_add(&t->touched, pfn);
        if (words)
            mirror_page(t, pfn, words);
    }
}

/* Only memory that is mapped is compared; what is not, was told with the operation. */
static void compare(struct remote_target *t)
{
    const uint32_t *words;
    for (uint32_t i = 0; i < t->watched.count; i++)
        if ((words = mapped(t, t->watched.at[i])))
            mirror_page(t, t->watched.at[i], words);
    for (uint32_t i = 0; i < t->changed.count; i++)
        if (!t->watched.place[t->changed.at[i]] && (words = mapped(t, t->changed.at[i])))
            mirror_page(t, t->changed.at[i], words);
    compare_written(t);
    t->compared = true;
}

/* Memory is compared when somebody asks: a rig that looks only now and then does not. */
const struct journal *mirror_journal(struct target *target)
{
    struct remote_target *t = remote_of(target);
    if (!t->compared)
        compare(t);
    t->journal.words = t->words;
    t->journal.pages = t->pages.at;
    t->journal.page_count = t->pages.count;
    t->journal.changed = t->changed.at;
    t->journal.changed_count = t->changed.count;
    return &t->journal;
}

/* The one who watches looks at all of it now; when all was looked at, it is there. */
void mirror_watch(struct target *target, uint32_t pfn, bool watched)
{
    struct remote_target *t = remote_of(target);
    if (!watched) {
        list_remove(&t->watched, pfn);
        return;
    }
    bool there = t->looked && t->touched.place[pfn];
    list_add(&t->watched, pfn);
    list_add(&t->touched, pfn);
    if (there)
        return;
    uint8_t state = t->frames[pfn].state;
    bool told = state == FRAME_TABLE || state == FRAME_DIRECTORY;
    t->silent = true;
    if (mapped(t, pfn) || !told)
        remote_looked(t, ahead_settle(t) && mirror_update(t, &pfn, 1));
    t->silent = false;
}
