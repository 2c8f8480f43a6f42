/* remote_mirror.c: the mirror of the guest's physical memory.
 *
 * Where this process maps that memory, a frame is compared with the mirror as a whole; else its
 * words are asked for, or come with what an operation tells.  What differs is the journal: words of
 * watched frames, other frames as such.  Accessed and dirty bits alone are no change of a table. */
#include "../lib/arena.h"
#include "remote_private.h"
#include <stdlib.h>

enum { WORDS_MAX = 16384, GROUP_WORDS = 64 };

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

void mirror_page(struct remote_target *t, uint32_t pfn, const uint32_t *words)
{
    const uint32_t *was = pages_words(&t->base.ram, pfn);
    if (memcmp(was, words, REMOTE_PAGE_BYTES) == 0)
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

/* ---- Asking. ---- */

/* So few are read without being summed. */
enum { FEW = 2 };

void mirror_told(struct remote_target *t, uint32_t pfn, struct wire_reader *r)
{
    uint32_t words[REMOTE_WORDS] = {0};
    struct wire_words told = wire_begin_words(r);
    while (wire_next_word(r, &told, REMOTE_WORDS))
        words[told.index] = told.word;
    if (!r->bad)
        mirror_page(t, pfn, words);
}

/* As the agent makes it (README.md, SUMS). */
static uint32_t sum(const uint32_t *words)
{
    enum { PRIME = 0x01000193 };
    uint32_t sum = 0;
    for (uint32_t i = 0; i < REMOTE_WORDS; i++)
        sum = (sum ^ words[i]) * PRIME;
    return sum;
}

/* Of the frames to be read, those that the mirror has already are dropped. */
static void sum_told(struct remote_target *t, uint32_t pfn, struct wire_reader *r)
{
    if (wire_number(r) != sum(pages_words(&t->base.ram, pfn)))
        t->scratch[t->differ++] = pfn;
}

/* What is told of a frame: READ, SUMS. */
struct telling {
    enum wire_type type;
    const char *name;
    void (*take)(struct remote_target *t, uint32_t pfn, struct wire_reader *r);
};

static const struct telling reading = {WIRE_READ, "READ", mirror_told};
static const struct telling summing = {WIRE_SUMS, "SUMS", sum_told};

/* Asks for frames that follow each other. */
static bool ask_run(struct remote_target *t, const struct telling *telling, uint32_t first,
                    uint32_t count)
{
    while (count) {
        uint8_t request[2 * WIRE_NUMBER_BYTES];
        struct wire_reader answer;
        uint8_t *end = wire_put_number(wire_put_number(request, first), count);
        if (!remote_ask(t, telling->type, request, (size_t)(end - request), &answer))
            return false;
        uint32_t told = wire_below(&answer, count + 1);
        for (uint32_t i = 0; i < told && !answer.bad; i++)
            telling->take(t, first + i, &answer);
        if (answer.bad || !told)
            return remote_nonsense(t, telling->name);
        first += told;
        count -= told;
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
static void want_runs(struct remote_target *t, enum wire_type type, const uint32_t *frames,
                      uint32_t count)
{
    enum { RUNS = 64 };
    for (uint32_t i = 0, runs = 0, length; i < count && runs < RUNS; i += length, runs++) {
        length = run_length(frames + i, count - i);
        remote_want_numbers(t, type, frames[i], length);
    }
}

/* Ascending frames.  (While they are summed, those that differ overwrite what was summed.) */
static bool ask_frames(struct remote_target *t, const struct telling *telling,
                       const uint32_t *frames, uint32_t count)
{
    for (uint32_t i = 0, length; i < count; i += length) {
        length = run_length(frames + i, count - i);
        if (!t->many.answered) {
            want_runs(t, telling->type, frames + i, count - i);
            if (!remote_fetch(t))
                return false;
        }
        if (!ask_run(t, telling, frames[i], length))
            return false;
    }
    return true;
}

/* Of many frames most are what they were. */
static bool read_frames(struct remote_target *t, uint32_t count)
{
    if (count > FEW) {
        t->differ = 0;
        if (!ask_frames(t, &summing, t->scratch, count))
            return false;
        count = t->differ;
    }
    return ask_frames(t, &reading, t->scratch, count);
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
    uint32_t unmapped = find_unmapped(t, frames, count);
    if (unmapped > FEW)
        want_runs(t, WIRE_SUMS, t->scratch, unmapped);
}

bool mirror_update(struct remote_target *t, const uint32_t *frames, uint32_t count)
{
    const uint32_t *words;
    for (uint32_t i = 0; i < count; i++)
        if ((words = mapped(t, frames[i])))
            mirror_page(t, frames[i], words);
    uint32_t unmapped = find_unmapped(t, frames, count);
    return !unmapped || read_frames(t, unmapped);
}

/* ---- The journal. ---- */

void mirror_journal_clear(struct remote_target *t)
{
    list_clear(&t->pages);
    list_clear(&t->changed);
    t->journal = (struct journal){0};
    t->compared = t->invariant_known = false;
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

/* The one who watches looks at all of it now. */
void mirror_watch(struct target *target, uint32_t pfn, bool watched)
{
    struct remote_target *t = remote_of(target);
    if (!watched) {
        list_remove(&t->watched, pfn);
        return;
    }
    list_add(&t->watched, pfn);
    list_add(&t->touched, pfn);
    uint8_t state = t->frames[pfn].state;
    bool told = state == FRAME_TABLE || state == FRAME_DIRECTORY;
    t->silent = true;
    if (mapped(t, pfn) || !told)
        remote_looked(t, ahead_settle(t) && mirror_update(t, &pfn, 1));
    t->silent = false;
}
