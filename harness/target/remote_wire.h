/* remote_wire.h: the pieces of which payloads are made, read and written by the rig
 * (kernel/agent/README.md, "Requests and answers").
 *
 * What is read comes from a machine that may be broken: reading never leaves the payload, and what
 * is cut off or out of range makes the reader bad, from then on and for all that follows. */
#ifndef REMOTE_WIRE_H
#define REMOTE_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { WIRE_NUMBER_BYTES = 5, WIRE_PAGE_BITS = 12 };

struct wire_reader {
    const uint8_t *at, *end;
    bool bad;
};

static inline uint8_t wire_byte(struct wire_reader *r)
{
    if (r->at == r->end) {
        r->bad = true;
        return 0;
    }
    return *r->at++;
}

static inline uint32_t wire_number_slow(struct wire_reader *r)
{
    uint32_t x = 0;
    for (unsigned shift = 0; shift < 7 * WIRE_NUMBER_BYTES; shift += 7) {
        uint8_t byte = wire_byte(r);
        r->bad |= shift == 28 && byte > 0xf;
        x |= (uint32_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80))
            break;
    }
    return x;
}

static inline uint32_t wire_number(struct wire_reader *r)
{
    return r->at < r->end && *r->at < 0x80 ? *r->at++ : wire_number_slow(r);
}

/* A number that must be below limit; 0 when it is not. */
static inline uint32_t wire_below(struct wire_reader *r, uint32_t limit)
{
    uint32_t x = wire_number(r);
    if (x < limit)
        return x;
    r->bad = true;
    return 0;
}

/* The number that is such a step from another. */
static inline uint32_t wire_stepped(uint32_t from, uint32_t step)
{
    uint32_t by = (step >> 1) + (step & 1);
    return step & 1 ? from - by : from + by;
}

/* Words of a frame, told one by one: which one came last, and how many are to come.  step: of the
 * upper bits, to that one; alike: so many go on like it. */
struct wire_words {
    uint32_t index, word, left, next, step, alike;
};

static inline struct wire_words wire_begin_words(struct wire_reader *r)
{
    return (struct wire_words){.left = wire_number(r)};
}

/* What comes instead of a word when nothing is skipped: how many go on like the one before. */
static inline void wire_alike(struct wire_reader *r, struct wire_words *words, uint32_t number)
{
    enum { SKIPS = 2 };
    words->alike = wire_number(r);
    r->bad |= number != SKIPS || !words->next || !words->alike || words->alike > words->left;
}

/* False: there are no more, or what came is no word of a frame of so many. */
static inline bool wire_next_word(struct wire_reader *r, struct wire_words *words, uint32_t size)
{
    enum { LOW = 1, SKIPS = 2, PAGE_BITS = 32 - WIRE_PAGE_BITS };
    if (!words->left || r->bad)
        return false;
    uint32_t number = words->alike ? 0 : wire_number(r), low_bits = (1u << WIRE_PAGE_BITS) - 1;
    uint32_t skipped = number & SKIPS ? wire_below(r, size) : 0;
    if (number & SKIPS && !skipped)
        wire_alike(r, words, number);
    else if (!words->alike)
        words->step = number >> 2;
    uint32_t page = wire_stepped(words->word >> WIRE_PAGE_BITS, words->step);
    uint32_t low = number & LOW ? wire_below(r, low_bits + 1) : words->word & low_bits;
    words->index = words->next + skipped;
    words->word = page << WIRE_PAGE_BITS | low;
    words->alike -= words->alike > 0;
    words->left--;
    words->next = words->index + 1;
    r->bad |= words->index >= size || page >> PAGE_BITS;
    return !r->bad;
}

/* The address that is such a step from another. */
static inline uint32_t wire_address(struct wire_reader *r, uint32_t from)
{
    uint32_t number = from >> WIRE_PAGE_BITS | from << (32 - WIRE_PAGE_BITS);
    uint32_t x = wire_stepped(number, wire_number(r));
    return x << WIRE_PAGE_BITS | x >> (32 - WIRE_PAGE_BITS);
}

/* A text; what does not fit into size bytes is cut off, what cannot be printed is replaced. */
static inline void wire_text(struct wire_reader *r, char *text, size_t size)
{
    uint32_t length = wire_number(r), used = 0;
    if (length > (size_t)(r->end - r->at)) {
        r->bad = true;
        length = 0;
    }
    for (; used < length && used + 1 < size; used++)
        text[used] = (char)(r->at[used] >= ' ' && r->at[used] <= '~' ? r->at[used] : '?');
    text[used] = '\0';
    r->at += length;
}

/* The writer's room is enough for what it writes: its caller knows what that is. */
static inline uint8_t *wire_put_number(uint8_t *to, uint32_t x)
{
    for (; x > 0x7f; x >>= 7)
        *to++ = (uint8_t)(x | 0x80);
    *to++ = (uint8_t)x;
    return to;
}

#endif
