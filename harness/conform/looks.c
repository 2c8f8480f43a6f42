/* looks.c: RESET, and what can be looked at after it. */
#include "conform_private.h"
#include <string.h>

enum { WORDS = 1024, SUM_BYTES = 4, LIES = 4 };

/* ---- RESET. ---- */

static bool nothing_exists(struct conform *c, const struct world *w)
{
    for (unsigned i = 0; i < OP_SLOTS; i++)
        if (w->spaces[i] || w->segments[i])
            return wrong(c, "after a RESET there is %c%u", w->spaces[i] ? 's' : 'g', i);
    return w->cr3 == c->boot || wrong(c,
                                      "after a RESET: CR3: expected the boot directory, frame "
                                      "%u, actual frame %u",
                                      (unsigned)c->boot, (unsigned)w->cr3);
}

/* Free frames are zero, and no frame is a page. */
static bool is_clean(struct conform *c, const struct world *w)
{
    for (uint32_t pfn = c->hello.free_first; pfn < hello_frames(&c->hello); pfn++) {
        uint32_t at = pfn - c->hello.free_first, state = w->frames[at] & 3;
        if (!is_looked_at(c, pfn))
            continue;
        if (state == 1)
            return wrong(c, "after a RESET frame %u is a page", (unsigned)pfn);
        if (!state && pfn != c->boot && !pages_empty(&w->memory, at))
            return wrong(c, "after a RESET frame %u is free and not zero", (unsigned)pfn);
    }
    return true;
}

static bool invariant_holds(struct conform *c)
{
    struct wire_reader r;
    char text[100];
    if (!ask(c, WIRE_INVARIANT, NULL, &r))
        return false;
    wire_text(&r, text, sizeof text);
    return complete(c, &r, "INVARIANT") &&
           (!*text || wrong(c, "after a RESET INVARIANT says: %s", text));
}

bool check_reset(struct conform *c)
{
    if (!reset(c))
        return false;
    if (c->own_from > c->own_to || c->own_to > WORDS)
        return wrong(c, "RESET: own from %u to %u are no directory entries", (unsigned)c->own_from,
                     (unsigned)c->own_to);
    return nothing_exists(c, &c->seen) && is_clean(c, &c->seen) && invariant_holds(c);
}

bool check_reset_again(struct conform *c)
{
    static struct payload one, two;
    if (!reset(c) || !reset_alone(c, &one) || !reset_alone(c, &two) || !look(c, &c->seen))
        return false;
    if (one.length != two.length || memcmp(one.bytes, two.bytes, one.length) != 0)
        return wrong(c, "two RESETs have two answers");
    return same_world(c, &c->told, &c->seen, "after another RESET");
}

bool check_reset_refused(struct conform *c)
{
    struct payload p, none = {.length = 0};
    struct wire_reader r;
    char text[120];
    put_reset(c, &p, c->hello.free_frames + 1);
    if (!ask(c, WIRE_RESET, &p, &r))
        return false;
    if (wire_byte(&r) != 1)
        return wrong(c, "RESET with %u frames, of %u: expected a refusal (byte 1)",
                     (unsigned)c->hello.free_frames + 1, (unsigned)c->hello.free_frames);
    wire_text(&r, text, sizeof text);
    if (!complete(c, &r, "RESET") ||
        !ask_in_vain(c, WIRE_INVARIANT, &none, "INVARIANT without a VMM"))
        return false;
    if (!*text)
        return wrong(c, "a RESET that is refused does not say why");
    return reset(c) && nothing_exists(c, &c->seen);
}

bool check_reset_choices(struct conform *c)
{
    struct payload p;
    put_reset(c, &p, c->frames);
    put_octet(&p, 0);
    return ask_in_vain(c, WIRE_RESET, &p, "RESET with a choice more than it says");
}

/* ---- Memory. ---- */

bool check_read(struct conform *c)
{
    if (!reset(c) || !look(c, &c->seen))
        return false;
    return same_memory(c, &c->told, &c->seen, "READ twice");
}

/* As README.md says, word by word. */
static uint32_t sum_of(const struct pages *memory, uint32_t at)
{
    uint32_t sum = 0;
    for (uint32_t i = 0; i < WORDS; i++)
        sum = (sum ^ pages_get(memory, at, i)) * 0x01000193;
    return sum * 0x9e3779b1;
}

static uint32_t rest_of(uint32_t rest, uint32_t sum)
{
    return (rest ^ sum) * 0x01000193;
}

/* Of so many frames from the VMM's first; the one at `liar` is sent a wrong byte of. */
static bool compare(struct conform *c, unsigned which, uint32_t count, uint32_t liar)
{
    struct payload p = {.length = 0};
    struct wire_reader r;
    uint32_t rest = 0;
    put(&p, c->hello.free_first);
    put(&p, count);
    put_octet(&p, (uint8_t)which);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t sum = sum_of(&c->seen.memory, i);
        put_octet(&p, (uint8_t)(sum >> 8 * which) ^ (i == liar));
        if (i != liar)
            rest = rest_of(rest, sum);
    }
    if (!ask(c, WIRE_COMPARE, &p, &r))
        return false;
    for (uint32_t at = 0, step; (step = wire_number(&r)) && !r.bad;) {
        at += step;
        struct wire_words words = wire_begin_words(&r);
        if (at != liar + 1)
            return wrong(c, "COMPARE: frame %u is told to differ, and does not",
                         (unsigned)(c->hello.free_first + at - 1));
        pages_clear(&c->told.memory, liar);
        while (wire_next_word(&r, &words, WORDS))
            pages_set(&c->told.memory, liar, words.index, words.word);
        liar = UINT32_MAX; /* it was told */
    }
    if (liar < count)
        return wrong(c, "COMPARE: frame %u differs, and is not told",
                     (unsigned)(c->hello.free_first + liar));
    uint32_t done = wire_number(&r), told = wire_number(&r);
    if (done != count)
        return wrong(c, "COMPARE: expected %u frames, actual %u", (unsigned)count, (unsigned)done);
    if (told != rest)
        return wrong(c, "COMPARE: the sum of the rest: expected %#x, actual %#x", (unsigned)rest,
                     (unsigned)told);
    return complete(c, &r, "COMPARE") &&
           same_memory(c, &c->seen, &c->told, "what COMPARE tells of a frame");
}

/* Nothing differs, whichever byte of a sum is sent; then one frame, which is not zero. */
bool check_compare(struct conform *c)
{
    if (!reset(c))
        return false;
    for (unsigned which = 0; which < SUM_BYTES; which++)
        if (!compare(c, which, c->frames, UINT32_MAX))
            return false;
    for (uint32_t liar = 0, tried = 0; liar < c->frames && tried < LIES; liar++) {
        if (pages_empty(&c->seen.memory, liar) && liar)
            continue;
        tried++;
        if (!compare(c, liar % SUM_BYTES, c->frames, liar))
            return false;
    }
    return true;
}

/* ---- Slots in which there is nothing. ---- */

bool check_no_such_slot(struct conform *c)
{
    if (!reset(c))
        return false;
    for (uint32_t s = 0; s < OP_SLOTS; s++) {
        struct wire_reader r;
        if (!ask_two(c, WIRE_REGIONS, s, 0, &r))
            return false;
        uint32_t count = wire_number(&r), all = wire_byte(&r);
        if (!complete(c, &r, "REGIONS"))
            return false;
        if (count || all != 1)
            return wrong(c,
                         "REGIONS of s%u, which does not exist: expected 0 regions, which are "
                         "all (1), actual %u (%u)",
                         (unsigned)s, (unsigned)count, (unsigned)all);
    }
    return true;
}
