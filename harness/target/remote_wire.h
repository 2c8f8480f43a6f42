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

static inline uint32_t wire_address(struct wire_reader *r)
{
    uint32_t x = wire_number(r);
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
