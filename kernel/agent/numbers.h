/* numbers.h: what payloads consist of (README.md): reading them strictly, writing them.  Of the
 * agent only: the rig has code of its own, so that one mistake is not made on both sides. */
#ifndef AGENT_NUMBERS_H
#define AGENT_NUMBERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { NUMBER_MAX = 5 }; /* bytes */

/* bad: something was out of range, or missing; what was read since means nothing. */
struct input {
    const uint8_t *at, *end;
    bool bad;
};

/* Below count. */
static inline uint8_t get_byte(struct input *in, uint32_t count)
{
    if (in->at == in->end || *in->at >= count) {
        in->bad = true;
        return 0;
    }
    return *in->at++;
}

static inline uint32_t get_number(struct input *in)
{
    const uint8_t *at = in->at;
    uint32_t x = 0, byte = 0x80;
    unsigned shift = 0;
    for (; shift < 7 * NUMBER_MAX && byte & 0x80 && at < in->end; shift += 7) {
        byte = *at++;
        x |= (byte & 0x7f) << shift;
    }
    in->at = at;
    in->bad |= byte > 0x7f || (shift > 7 && !byte) || (shift == 7 * NUMBER_MAX && byte > 0xf);
    return x;
}

/* A number of at most so much. */
static inline uint32_t get_count(struct input *in, uint32_t most)
{
    uint32_t x = get_number(in);
    in->bad |= x > most;
    return x;
}

static inline uint32_t get_address(struct input *in)
{
    uint32_t x = get_number(in);
    return x << 12 | x >> 20;
}

/* All was read, and all of it was good. */
static inline bool is_complete(const struct input *in)
{
    return !in->bad && in->at == in->end;
}

/* Who writes sees to it that there is room: each part has a bound. */
struct output {
    uint8_t *at, *end;
};

static inline size_t room(const struct output *out)
{
    return (size_t)(out->end - out->at);
}

static inline void put_byte(struct output *out, uint32_t byte)
{
    *out->at++ = (uint8_t)byte;
}

static inline void put_number(struct output *out, uint32_t x)
{
    for (; x > 0x7f; x >>= 7)
        put_byte(out, x | 0x80);
    put_byte(out, x);
}

/* How far it is from one number to another, small in both directions. */
static inline uint32_t step(uint32_t from, uint32_t to)
{
    uint32_t up = to - from;
    return up << 1 ^ (up >> 31 ? 0xffffffff : 0);
}

/* A step between addresses, mostly of a few pages or none. */
static inline void put_address(struct output *out, uint32_t from, uint32_t to)
{
    put_number(out, step(from >> 12 | from << 20, to >> 12 | to << 20));
}

/* A number that is known only when what it counts is written: leaves a place for it, of one byte if
 * it can be at most 127, else of two (so it can be at most 16,383). */
static inline uint8_t *begin_count(struct output *out, uint32_t most)
{
    uint8_t *place = out->at;
    out->at += most > 0x7f ? 2 : 1;
    return place;
}

/* What was counted moves by a byte when the number turns out to be a short one. */
static inline void end_count(struct output *out, uint8_t *place, uint32_t most, uint32_t count)
{
    struct output number = {place, out->end};
    uint8_t *from = place + (most > 0x7f ? 2 : 1);
    put_number(&number, count);
    if (number.at == from)
        return;
    for (; from < out->at; from++)
        from[-1] = *from;
    out->at--;
}

#endif
