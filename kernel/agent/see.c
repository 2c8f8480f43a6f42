/* see.c: what an operation changed, as the VMM tells it and as memory shows it: the second half of
 * a record.  README.md, "RUN". */
#include "parts.h"

enum { COPIES = 64, STATE_TABLE = 2, WITNESS_BYTES = 21, MANY = 0x3fff };

static struct {
    uint32_t cr3, pools[WIRE_POOLS]; /* told last */
    uint32_t changed[FRAMES_MAX], changed_count;
    bool overflow; /* not all is told of this operation */
    bool cut_off;  /* there may be more regions */
    uint32_t frames;
    uint32_t copied[COPIES]; /* frames that are a table or a directory; 0: none */
    bool complete;           /* each of them has its copy */
} seen;

/* What they are like, as the rig knows it. */
static uint32_t copies[COPIES][PAGE_WORDS] __attribute__((aligned(16)));

void agent_frame_changed(uint32_t pfn)
{
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

bool see_frame_words(const uint32_t *words, size_t spare, struct output *out)
{
    enum { COUNT_BYTES = 2, WORD_BYTES = 2 + NUMBER_MAX, GROUP = 8 };
    uint8_t *place = out->at;
    uint32_t count = 0, next = 0;
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
        put_number(out, i - next);
        put_number(out, *w);
        next = i + 1;
        count++;
    }
    end_count(out, place, PAGE_WORDS, count);
    return true;
}

uint32_t see_regions(uint32_t s, uint32_t vpn, uint32_t last, struct output *out)
{
    struct agent_region region;
    uint32_t count = 0;
    uint8_t *place = begin_count(out, WIRE_REGIONS_MAX);
    while (count < WIRE_REGIONS_MAX && agent_kernel->region(s, vpn, &region) &&
           region.first <= last) {
        put_number(out, region.first);
        put_number(out, region.last - region.first);
        put_byte(out, region.prot | region.backing << 4);
        if (region.backing)
            put_number(out, region.offset);
        if (region.backing == 1)
            put_number(out, region.segment);
        vpn = region.last + 1;
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

static bool tell_frames(const struct record *record)
{
    struct output *out = record->out;
    if (!seen.changed_count)
        return false;
    put_number(out, seen.changed_count);
    for (uint32_t i = 0; i < seen.changed_count; i++) {
        uint32_t refs = 0, pfn = seen.changed[i], state = agent_kernel->frame(pfn, &refs);
        put_number(out, pfn);
        put_byte(out, state);
        put_number(out, refs);
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

static uint32_t tell_word(struct output *out, uint32_t pfn, uint32_t index, uint32_t word)
{
    if (room(out) < 3 * NUMBER_MAX + WITNESS_BYTES) {
        seen.overflow = true;
        return 0;
    }
    put_number(out, pfn);
    put_number(out, index);
    put_number(out, word);
    return 1;
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
    return pfn ? tell_word(record->out, pfn, index, agent_peek(pfn)[index]) : 0;
}

/* Mostly there are none. */
static uint32_t tell_changes(const struct record *record, uint32_t copy)
{
    const uint32_t *now = agent_peek(seen.copied[copy]);
    uint32_t *was = copies[copy], count = 0;
    if (agent_kernel->equal && agent_kernel->equal(was, now))
        return 0;
    for (uint32_t i = 0; i < PAGE_WORDS; i++)
        if (was[i] != now[i])
            count += tell_word(record->out, seen.copied[copy], i, was[i] = now[i]);
    return count;
}

static bool tell_words(const struct record *record)
{
    struct output *out = record->out;
    uint8_t *place = begin_count(out, MANY);
    uint32_t count = 0;
    if (record->flags & WIRE_MEMORY)
        for (uint32_t copy = 0; copy < COPIES; copy++)
            count += seen.copied[copy] ? tell_changes(record, copy) : 0;
    count += tell_written(record);
    end_count(out, place, MANY, count);
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
    uint32_t pools[WIRE_POOLS];
    uint8_t *differ = record->out->at;
    agent_kernel->pools(pools);
    put_byte(record->out, 0);
    for (uint32_t i = 0; i < WIRE_POOLS; i++) {
        if (pools[i] == seen.pools[i])
            continue;
        put_number(record->out, seen.pools[i] = pools[i]);
        *differ |= 1u << i;
    }
    if (!*differ)
        record->out->at = differ;
    return *differ;
}

void see_begin(bool memory)
{
    seen.complete &= memory;
    seen.changed_count = 0;
    seen.overflow = seen.cut_off = false;
}

void see_reset(uint32_t frames, uint32_t boot_directory)
{
    uint32_t refs;
    seen.frames = frames;
    seen.cr3 = boot_directory;
    forget_copies();
    seen.complete = !seen.overflow;
    for (uint32_t i = 0; i < seen.changed_count; i++)
        keep(seen.changed[i], agent_kernel->frame(seen.changed[i], &refs));
}

static bool tell_overflow(uint8_t *bits)
{
    *bits |= seen.overflow ? WIRE_SEEN_OVERFLOW : 0;
    return !seen.overflow;
}

bool see_after(const struct record *record)
{
    bool good = record->outcome->status == STATUS_OK, memory = record->flags & WIRE_MEMORY;
    bool brief = record->flags & WIRE_BRIEF;
    uint8_t *bits = record->out->at;
    put_byte(record->out, 0);
    *bits |= !brief && tell_cr3(record) ? WIRE_SEEN_CR3 : 0;
    *bits |= tell_pools(record) ? WIRE_SEEN_POOLS : 0;
    *bits |= !brief && tell_frames(record) ? WIRE_SEEN_FRAMES : 0;
    *bits |= good && tell_name(record) ? WIRE_SEEN_NAME : 0;
    *bits |= !brief && tell_regions(record) ? WIRE_SEEN_REGIONS : 0;
    *bits |= !brief && tell_words(record) ? WIRE_SEEN_WORDS : 0;
    *bits |= witness_tell(record->out) ? WIRE_SEEN_WITNESS : 0;
    if (brief)
        return !seen.overflow;

    seen.overflow |= memory && !seen.complete;
    if (seen.overflow && memory)
        keep_all();
    return tell_overflow(bits) && !seen.cut_off;
}

void see_last(const struct record *record)
{
    uint8_t *bits = record->out->at;
    put_byte(record->out, 0);
    *bits |= tell_cr3(record) ? WIRE_SEEN_CR3 : 0;
    *bits |= tell_frames(record) ? WIRE_SEEN_FRAMES : 0;
    tell_overflow(bits);
}
