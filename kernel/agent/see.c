/* see.c: what an operation changed, as the VMM tells it and as memory shows it: the second half of
 * a record.  README.md, "RUN". */
#include "parts.h"

enum { COPIES = 64, STATE_TABLE = 2, WITNESS_BYTES = 21 };

/* Words are told one by one, each as what differs from the one before, or many that go on alike
 * (README.md, "RUN"). */
enum {
    WORD_LOW = 1,
    WORD_SKIPS = 2,
    LOW_BITS = (1 << PAGE_SHIFT) - 1,
    ALIKE_FEW = 2,                  /* are told one by one: 4 bytes each at most */
    WORD_BYTES = ALIKE_FEW * 4 + 8, /* at most: those before it; 4, 2, 2 */
    CHANGE_BYTES = NUMBER_MAX + 2 + WORD_BYTES + WITNESS_BYTES, /* a frame, a count, a word */
};

static struct {
    uint32_t cr3, pools[WIRE_POOLS]; /* told last */
    uint32_t changed[FRAMES_MAX], changed_count;
    uint32_t top;  /* 1 more than the highest of them */
    bool overflow; /* not all is told of this operation */
    bool cut_off;  /* there may be more regions */
    bool brief;    /* of changed frames nothing is told but the highest */
    uint32_t frames;
    uint32_t copied[COPIES]; /* frames that are a table or a directory; 0: none */
    bool complete;           /* each of them has its copy */
    /* Nothing was done since the reset: those that it changed get their copies when they are
     * wanted, which few rigs do. */
    bool fresh;
} seen;

/* What they are like, as the rig knows it. */
static uint32_t copies[COPIES][PAGE_WORDS] __attribute__((aligned(16)));

void agent_frame_changed(uint32_t pfn)
{
    seen.top = pfn < seen.top ? seen.top : pfn + 1;
    if (seen.brief || seen.overflow)
        return;
    for (uint32_t i = seen.changed_count; i-- > 0;)
        if (seen.changed[i] == pfn)
            return;
    if (seen.changed_count < FRAMES_MAX)
        seen.changed[seen.changed_count++] = pfn;
    else
        seen.overflow = true;
}

void see_cr3(struct output *out)
{
    seen.cr3 = agent_kernel->cr3();
    put_number(out, seen.cr3);
}

void see_pools(struct output *out)
{
    agent_kernel->pools(seen.pools);
    for (uint32_t i = 0; i < WIRE_POOLS; i++)
        put_number(out, seen.pools[i]);
}

struct telling {
    struct output *out;
    uint32_t count, next, before; /* index, word */
    uint32_t step;                /* of the upper bits, to the word before */
    uint32_t alike;               /* words that went on like it and are not told yet */
};

static void tell_alike(struct telling *telling)
{
    if (telling->alike > ALIKE_FEW) {
        put_number(telling->out, WORD_SKIPS);
        put_number(telling->out, 0);
        put_number(telling->out, telling->alike);
        telling->alike = 0;
    }
    for (; telling->alike; telling->alike--)
        put_number(telling->out, telling->step << 2);
}

static void tell_word(struct telling *telling, uint32_t index, uint32_t word)
{
    uint32_t before = telling->before, skipped = index - telling->next;
    uint32_t differs = (word ^ before) & LOW_BITS;
    uint32_t by = step(before >> PAGE_SHIFT, word >> PAGE_SHIFT);
    if (telling->count && !skipped && !differs && by == telling->step) {
        telling->alike++;
    } else {
        tell_alike(telling);
        put_number(telling->out, by << 2 | (skipped ? WORD_SKIPS : 0) | (differs ? WORD_LOW : 0));
        if (skipped)
            put_number(telling->out, skipped);
        if (differs)
            put_number(telling->out, word & LOW_BITS);
    }
    telling->count++;
    telling->next = index + 1;
    telling->before = word;
    telling->step = by;
}

static void end_words(struct telling *telling, uint8_t *place)
{
    tell_alike(telling);
    end_count(telling->out, place, PAGE_WORDS, telling->count);
}

bool see_frame_words(const uint32_t *words, size_t spare, struct output *out)
{
    enum { COUNT_BYTES = 2, GROUP = 8 };
    uint8_t *place = out->at;
    struct telling telling = {.out = out};
    if (room(out) < COUNT_BYTES + spare)
        return false;
    begin_count(out, PAGE_WORDS);
    for (uint32_t i = 0; i < PAGE_WORDS; i++) {
        const uint32_t *w = words + i;
        if (i % GROUP == 0 && !(w[0] | w[1] | w[2] | w[3] | w[4] | w[5] | w[6] | w[7])) {
            i += GROUP - 1; /* most are zero */
            continue;
        }
        if (!*w)
            continue;
        if (room(out) < WORD_BYTES + spare) {
            out->at = place;
            return false;
        }
        tell_word(&telling, i, *w);
    }
    end_words(&telling, place);
    return true;
}

uint32_t see_regions(uint32_t s, uint32_t vpn, uint32_t last, struct output *out)
{
    struct agent_region region;
    uint32_t count = 0, next = 0;
    uint8_t *place = begin_count(out, WIRE_REGIONS_MAX);
    while (count < WIRE_REGIONS_MAX && agent_kernel->region(s, vpn, &region) &&
           region.first <= last) {
        put_number(out, step(next, region.first));
        put_number(out, region.last - region.first);
        put_byte(out, region.prot | region.backing << 4);
        if (region.backing)
            put_number(out, region.offset);
        if (region.backing == 1)
            put_number(out, region.segment);
        vpn = next = region.last + 1;
        count++;
    }
    end_count(out, place, WIRE_REGIONS_MAX, count);
    seen.cut_off |= count == WIRE_REGIONS_MAX;
    return vpn;
}

/* COPIES: there is none. */
static uint32_t find_copy(uint32_t pfn)
{
    uint32_t i = 0;
    while (i < COPIES && seen.copied[i] != pfn)
        i++;
    return i;
}

/* The rig knows the words of a frame that is in this state now. */
static void keep(uint32_t pfn, uint32_t state)
{
    uint32_t copy = find_copy(pfn);
    if (state < STATE_TABLE) {
        if (copy < COPIES)
            seen.copied[copy] = 0;
        return;
    }
    if (copy == COPIES && (copy = find_copy(0)) == COPIES) {
        seen.complete = false;
        return;
    }
    const uint32_t *words = agent_peek(seen.copied[copy] = pfn);
    for (uint32_t i = 0; i < PAGE_WORDS; i++)
        copies[copy][i] = words[i];
}

static void forget_copies(void)
{
    seen.complete = true;
    for (uint32_t i = 0; i < COPIES; i++)
        seen.copied[i] = 0;
}

/* Starts anew with what is a table or a directory now. */
static void keep_all(void)
{
    forget_copies();
    for (uint32_t i = 0; i < seen.frames; i++) {
        uint32_t refs, pfn = agent_kernel->facts->free_first + i,
                       state = agent_kernel->frame(pfn, &refs);
        if (state >= STATE_TABLE)
            keep(pfn, state);
    }
}

/* All words of a frame; none of one whose changes tell_words tells. */
static void tell_frame_words(const struct record *record, uint32_t pfn, uint32_t state)
{
    if (state >= STATE_TABLE && find_copy(pfn) < COPIES) {
        put_byte(record->out, 0);
        return;
    }
    keep(pfn, state);
    if (state && !see_frame_words(agent_peek(pfn), RECORD_MAX, record->out)) {
        put_byte(record->out, 0);
        seen.overflow = true;
    }
}

/* A count that is too large to be told is told as the largest. */
void see_frame(uint32_t state, uint32_t refs, struct output *out)
{
    const uint32_t most = UINT32_MAX >> WIRE_STATE_BITS;
    put_number(out, state | (refs < most ? refs : most) << WIRE_STATE_BITS);
}

static bool tell_frames(const struct record *record)
{
    struct output *out = record->out;
    if (!seen.changed_count)
        return false;
    put_number(out, seen.changed_count);
    for (uint32_t i = 0; i < seen.changed_count; i++) {
        uint32_t refs = 0, pfn = seen.changed[i], state = agent_kernel->frame(pfn, &refs);
        put_number(out, pfn);
        see_frame(state, refs, out);
        if (record->flags & WIRE_MEMORY)
            tell_frame_words(record, pfn, state);
    }
    return true;
}

static bool tell_name(const struct record *record)
{
    const struct op *op = record->op;
    if (op->code == OP_SEGMENT)
        put_number(record->out, agent_kernel->segment(op->g));
    else if (op->code == OP_CREATE || op->code == OP_FORK)
        put_number(record->out, agent_kernel->directory(op->code == OP_FORK ? op->t : op->s));
    else
        return false;
    return true;
}

/* An operation that ran out of memory may have split regions.  (Where `any` would have been is not
 * known then.) */
static bool tell_regions(const struct record *record)
{
    const struct op *op = record->op;
    uint32_t vpn = record->outcome->va >> PAGE_SHIFT, status = record->outcome->status;
    bool good = status == STATUS_OK;
    if (!good && status != STATUS_NO_MEMORY)
        return false;
    if (!good && op->flags & OP_ANY) {
        seen.cut_off = true;
        return false;
    }
    if (good && (op->code == OP_CREATE || op->code == OP_FORK))
        see_regions(op->code == OP_FORK ? op->t : op->s, 0, PAGES, record->out);
    else if (op->code == OP_MAP || op->code == OP_MAP_DEVICE || op->code == OP_UNMAP ||
             op->code == OP_PROTECT)
        see_regions(op->s, vpn ? vpn - 1 : 0, op->n < PAGES ? vpn + op->n : PAGES, record->out);
    else
        return false;
    return true;
}

/* Words that changed in a frame follow.  False: there is no room. */
static bool begin_change(struct output *out, uint32_t pfn)
{
    if (room(out) < CHANGE_BYTES) {
        seen.overflow = true;
        return false;
    }
    put_number(out, pfn);
    return true;
}

/* The word that was written, where the tables say it is; without MEMORY only if they do not. */
static uint32_t tell_written(const struct record *record)
{
    const struct op *op = record->op;
    uint32_t pfn = record->outcome->hidden, index = op->va / 4 % PAGE_WORDS;
    if (record->outcome->status || (op->code != OP_WRITE && op->code != OP_COPY_OUT))
        return 0;
    if (!pfn && record->flags & WIRE_MEMORY)
        pfn = agent_walk(agent_kernel->directory(op->s), op->va) >> PAGE_SHIFT;
    if (!pfn || !begin_change(record->out, pfn))
        return 0;
    struct telling telling = {.out = record->out};
    put_number(record->out, 1);
    tell_word(&telling, index, agent_peek(pfn)[index]);
    return 1;
}

/* Mostly there are none. */
static uint32_t tell_changes(const struct record *record, uint32_t copy)
{
    const uint32_t *now = agent_peek(seen.copied[copy]);
    uint32_t *was = copies[copy];
    uint8_t *start = record->out->at;
    struct telling telling = {.out = record->out};
    if (agent_kernel->equal && agent_kernel->equal(was, now))
        return 0;
    if (!begin_change(record->out, seen.copied[copy]))
        return 0;
    uint8_t *place = begin_count(record->out, PAGE_WORDS);
    for (uint32_t i = 0; i < PAGE_WORDS; i++) {
        if (was[i] == now[i])
            continue;
        if (room(record->out) >= CHANGE_BYTES)
            tell_word(&telling, i, was[i] = now[i]);
        else
            seen.overflow = true;
    }
    end_words(&telling, place);
    if (!telling.count)
        record->out->at = start;
    return telling.count != 0;
}

static bool tell_words(const struct record *record)
{
    struct output *out = record->out;
    uint8_t *place = begin_count(out, COPIES + 1);
    uint32_t count = 0;
    if (record->flags & WIRE_MEMORY)
        for (uint32_t copy = 0; copy < COPIES; copy++)
            count += seen.copied[copy] ? tell_changes(record, copy) : 0;
    count += tell_written(record);
    end_count(out, place, COPIES + 1, count);
    if (!count)
        out->at = place;
    return count;
}

static bool tell_cr3(const struct record *record)
{
    if (agent_kernel->cr3() == seen.cr3)
        return false;
    see_cr3(record->out);
    return true;
}

static bool tell_pools(const struct record *record)
{
    uint32_t pools[WIRE_POOLS], differences = 0;
    uint8_t *differ = record->out->at;
    agent_kernel->pools(pools);
    for (uint32_t i = 0; i < WIRE_POOLS; i++)
        differences |= pools[i] ^ seen.pools[i];
    if (!differences)
        return false;
    put_byte(record->out, 0);
    for (uint32_t i = 0; i < WIRE_POOLS; i++) {
        if (pools[i] == seen.pools[i])
            continue;
        put_number(record->out, step(seen.pools[i], pools[i]));
        seen.pools[i] = pools[i];
        *differ |= 1u << i;
    }
    return true;
}

static void keep_changed(void)
{
    uint32_t refs;
    seen.complete = !seen.overflow;
    for (uint32_t i = 0; i < seen.changed_count; i++)
        keep(seen.changed[i], agent_kernel->frame(seen.changed[i], &refs));
}

void see_begin(uint32_t flags)
{
    bool memory = flags & WIRE_MEMORY;
    if (seen.fresh && memory)
        keep_changed();
    seen.fresh = false;
    seen.complete &= memory;
    seen.changed_count = seen.top = 0;
    seen.brief = flags & WIRE_BRIEF;
    seen.overflow = seen.cut_off = false;
}

void see_reset(uint32_t frames, uint32_t boot_directory)
{
    seen.frames = frames;
    seen.cr3 = boot_directory;
    forget_copies();
    seen.fresh = true;
}

bool see_after(const struct record *record)
{
    bool good = record->outcome->status == STATUS_OK, memory = record->flags & WIRE_MEMORY;
    uint8_t *bits = record->out->at;
    put_byte(record->out, 0);
    *bits |= tell_cr3(record) ? WIRE_SEEN_CR3 : 0;
    *bits |= tell_pools(record) ? WIRE_SEEN_POOLS : 0;
    *bits |= tell_frames(record) ? WIRE_SEEN_FRAMES : 0;
    *bits |= good && tell_name(record) ? WIRE_SEEN_NAME : 0;
    *bits |= tell_regions(record) ? WIRE_SEEN_REGIONS : 0;
    *bits |= tell_words(record) ? WIRE_SEEN_WORDS : 0;
    *bits |= witness_tell(record->out) ? WIRE_SEEN_WITNESS : 0;

    seen.overflow |= memory && !seen.complete;
    if (seen.overflow && memory)
        keep_all();
    *bits |= seen.overflow ? WIRE_SEEN_OVERFLOW : 0;
    return !seen.overflow && !seen.cut_off;
}

void see_brief(const struct record *record, uint8_t *status)
{
    bool good = record->outcome->status == STATUS_OK;
    *status |= tell_pools(record) ? WIRE_BRIEF_POOLS : 0;
    *status |= good && tell_name(record) ? WIRE_BRIEF_NAME : 0;
    *status |= witness_tell(record->out) ? WIRE_BRIEF_WITNESS : 0;
}

void see_last(const struct record *record)
{
    uint8_t *bits = record->out->at;
    put_byte(record->out, 0);
    *bits |= tell_cr3(record) ? WIRE_SEEN_CR3 : 0;
    *bits |= seen.top ? WIRE_SEEN_FRAMES : 0;
    if (seen.top)
        put_number(record->out, seen.top - 1);
}
