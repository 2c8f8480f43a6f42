/* bytes.c: the byte form of a case, both ways.  What fuzzers mutate and what .bin files hold.
 *
 *     head:       a byte for each design axis, a byte for the TLB, the numbers of head.def
 *     operation:  its code in a byte, then its arguments as ops.def lists them
 *
 *     s t g r y   a byte
 *     n d v k     a number
 *     p w         an address
 *     a           a byte: 0, then an address; or 1 for `any`
 *     m           a byte: bit 0 eager, bit 1 a segment, whose slot (a byte) and offset (a number)
 *                 follow
 *
 * Numbers are LEB128 (7 bits a byte, low ones first, bit 7: more follow) of at most 5 bytes.
 *
 * Addresses are rotated before they are written, so that the page number comes to lie in the low
 * bits and the offset above it: the lowest pages, where most cases play, take one byte, whatever
 * the page size, and still every 32-bit number has its place.
 *
 *     | page number | offset, bits + 2 |  ->  | offset, bits + 2 | page number |
 *
 * In the head, 0 stands for every default: an empty byte string is the default head. */
#include "case.h"
#include "scan.h"
#include <assert.h>
#include <stdlib.h>

/* Most that a head takes. */
enum {
    NUMBER_BYTES = 5,
    HEAD_BYTES_MAX = AXES + 1
#define HEAD_NUMBER(name, least, most, standard) +NUMBER_BYTES
#include "head.def"
    ,
};

/* map: code, s, any, va, n, prot, how, g, offset */
_Static_assert(OP_BYTES_MAX == 6 + 3 * NUMBER_BYTES, "the longest operation");

enum { MAP_BYTE_EAGER = 1, MAP_BYTE_BACKED = 2, MAP_BYTES = 4 };

struct byte_reader {
    const uint8_t *start, *at, *end;
    const char *reading; /* "head", "operation", or an operation's name */
    unsigned offset_bits;
    bool cut; /* the bytes ended too early */

    /* The first byte that was not what a writer writes; max 0: what says it all. */
    struct fold {
        const uint8_t *at;
        const char *reading, *what;
        uint32_t value, max;
    } fold;
};

static void folded(struct byte_reader *r, const uint8_t *at, const char *what, uint32_t value,
                   uint32_t max)
{
    if (!r->fold.at)
        r->fold = (struct fold){at, r->reading, what, value, max};
}

static uint8_t read_byte(struct byte_reader *r, const char *what, uint32_t count)
{
    if (r->at == r->end) {
        r->cut = true;
        return 0;
    }
    uint8_t byte = *r->at++;
    if (byte < count)
        return byte;
    folded(r, r->at - 1, what, byte, count - 1);
    return (uint8_t)(byte % count);
}

static uint32_t read_number(struct byte_reader *r)
{
    uint32_t x = 0;
    for (unsigned shift = 0; shift < 7 * NUMBER_BYTES; shift += 7) {
        if (r->at == r->end) {
            r->cut = true;
            break;
        }
        uint8_t byte = *r->at++;
        x |= (uint32_t)(byte & 0x7f) << shift;
        if (shift == 28 && byte > 0xf)
            folded(r, r->at - 1, "the last byte of a number", byte, 0xf);
        if (byte & 0x80)
            continue;
        if (!byte && shift)
            folded(r, r->at - 1, "a number ends in a needless zero byte", 0, 0);
        break;
    }
    return x;
}

/* A number that stands for standard when it is 0 and wraps around from most to least. */
static uint32_t read_head_number(struct byte_reader *r, const char *name, uint32_t least,
                                 uint32_t most, uint32_t standard)
{
    const uint8_t *at = r->at;
    uint32_t range = most - least + 1, x = read_number(r);
    if (x >= range)
        folded(r, at, name, x, range - 1);
    return least + (x % range + standard - least) % range;
}

static uint32_t read_address(struct byte_reader *r)
{
    uint32_t x = read_number(r);
    return x << r->offset_bits | x >> (32 - r->offset_bits);
}

static uint32_t read_word_address(struct byte_reader *r)
{
    const uint8_t *at = r->at;
    uint32_t va = read_address(r);
    if (va % 4)
        folded(r, at, "a word address must be a multiple of 4", 0, 0);
    return va & ~3u;
}

static void read_head(struct byte_reader *r, struct case_head *head)
{
    r->reading = "head";
    for (unsigned axis = 0; axis < AXES; axis++)
        head->design.choice[axis] = read_byte(r, axis_infos[axis].name, axis_infos[axis].choices);
    head->tlb = read_byte(r, "tlb", TLBS);
#define HEAD_NUMBER(name, least, most, standard)                                                   \
    head->name = read_head_number(r, #name, least, most, standard);
#include "head.def"
    r->offset_bits = head->bits + 2u;
}

static void read_argument(struct byte_reader *r, char letter, struct op *op)
{
    switch (letter) {
    case 's':
        op->s = read_byte(r, "slot", OP_SLOTS);
        return;
    case 't':
        op->t = read_byte(r, "slot", OP_SLOTS);
        return;
    case 'g':
        op->g = read_byte(r, "slot", OP_SLOTS);
        return;
    case 'a':
        if (read_byte(r, "any", 2))
            op->flags |= OP_ANY;
        else
            op->va = read_address(r);
        return;
    case 'p':
        op->va = read_address(r);
        return;
    case 'w':
        op->va = read_word_address(r);
        return;
    case 'n':
        op->n = read_number(r);
        return;
    case 'r':
        op->prot = read_byte(r, "protection", PROTS);
        return;
    case 'm': {
        uint8_t how = read_byte(r, "how to map", MAP_BYTES);
        if (how & MAP_BYTE_EAGER)
            op->flags |= OP_EAGER;
        if (how & MAP_BYTE_BACKED) {
            op->flags |= OP_BACKED;
            op->g = read_byte(r, "slot", OP_SLOTS);
            op->x = read_number(r);
        }
        return;
    }
    case 'd':
    case 'v':
    case 'k':
        op->x = read_number(r);
        return;
    case 'y':
        if (read_byte(r, "sticky", 2))
            op->flags |= OP_STICKY;
        return;
    }
    assert(!"a letter of ops.def that cannot be read");
}

static void read_op(struct byte_reader *r, struct op *op)
{
    r->reading = "operation";
    *op = (struct op){.code = read_byte(r, "code", OP_CODES), .expect = OP_EXPECT_NOTHING};
    r->reading = op_infos[op->code].name;
    for (const char *letter = op_infos[op->code].args; *letter; letter++)
        read_argument(r, *letter, op);
}

size_t case_read_bytes(struct test_case *c, const uint8_t *bytes, size_t length, uint32_t ops_max)
{
    struct byte_reader r = {.start = bytes, .at = bytes, .end = bytes + length};
    struct op op;

    c->count = 0;
    read_head(&r, &c->head);
    while (r.at < r.end && c->count < ops_max) {
        const uint8_t *start = r.at;
        read_op(&r, &op);
        if (r.cut)
            return (size_t)(start - bytes);
        case_append(c, &op);
    }
    return (size_t)(r.at - bytes);
}

void case_read_input(struct test_case *c, const uint8_t *bytes, size_t length)
{
    case_read_bytes(c, bytes, length, INPUT_OPS_MAX);
    if (c->head.ram > RAM_DEFAULT)
        c->head.ram = RAM_DEFAULT;
    if (c->head.slots > SLOTS_DEFAULT)
        c->head.slots = SLOTS_DEFAULT;
}

/* What is wrong with the piece that began at start and has just been read; false: nothing. */
static bool is_wrong(const struct byte_reader *r, const uint8_t *start, struct case_error *error)
{
    const struct fold *fold = &r->fold;
    size_t column = (size_t)((fold->at ? fold->at : start) - r->start) + 1;

    if (fold->at && fold->max)
        refuse_at(error, 0, column, "%s: %s %u is out of range 0 to %u", fold->reading, fold->what,
                  fold->value, fold->max);
    else if (fold->at)
        refuse_at(error, 0, column, "%s: %s", fold->reading, fold->what);
    else if (r->cut)
        refuse_at(error, 0, column, "%s is cut off", r->reading);
    else
        return false;
    return true;
}

bool case_read_bytes_strict(struct test_case *c, const uint8_t *bytes, size_t length,
                            struct case_error *error)
{
    struct byte_reader r = {.start = bytes, .at = bytes, .end = bytes + length};
    const uint8_t *start = bytes;
    struct op op;

    c->count = 0;
    read_head(&r, &c->head);
    bool wrong = is_wrong(&r, start, error);
    while (!wrong && r.at < r.end) {
        start = r.at;
        read_op(&r, &op);
        wrong = is_wrong(&r, start, error);
        case_append(c, &op);
    }
    if (wrong)
        case_free(c);
    return !wrong;
}

static uint8_t *put_number(uint8_t *to, uint32_t x)
{
    for (; x > 0x7f; x >>= 7)
        *to++ = (uint8_t)(x | 0x80);
    *to++ = (uint8_t)x;
    return to;
}

static uint8_t *put_address(uint8_t *to, uint32_t va, unsigned offset_bits)
{
    return put_number(to, va >> offset_bits | va << (32 - offset_bits));
}

static uint8_t *put_head(uint8_t *to, const struct case_head *head)
{
    for (unsigned axis = 0; axis < AXES; axis++)
        *to++ = head->design.choice[axis];
    *to++ = head->tlb;
#define HEAD_NUMBER(name, least, most, standard)                                                   \
    to = put_number(to, (head->name + (most - least + 1) - standard) % (most - least + 1));
#include "head.def"
    return to;
}

static uint8_t *put_argument(uint8_t *to, char letter, const struct op *op, unsigned offset_bits)
{
    switch (letter) {
    case 's':
        *to++ = op->s;
        return to;
    case 't':
        *to++ = op->t;
        return to;
    case 'g':
        *to++ = op->g;
        return to;
    case 'a':
        *to++ = (op->flags & OP_ANY) != 0;
        return op->flags & OP_ANY ? to : put_address(to, op->va, offset_bits);
    case 'p':
    case 'w':
        return put_address(to, op->va, offset_bits);
    case 'n':
        return put_number(to, op->n);
    case 'r':
        *to++ = op->prot;
        return to;
    case 'm':
        *to++ = (op->flags & OP_EAGER ? MAP_BYTE_EAGER : 0) |
                (op->flags & OP_BACKED ? MAP_BYTE_BACKED : 0);
        if (!(op->flags & OP_BACKED))
            return to;
        *to++ = op->g;
        return put_number(to, op->x);
    case 'd':
    case 'v':
    case 'k':
        return put_number(to, op->x);
    case 'y':
        *to++ = (op->flags & OP_STICKY) != 0;
        return to;
    }
    assert(!"a letter of ops.def that cannot be written");
    return to;
}

size_t case_write_op_bytes(const struct op *op, unsigned bits, uint8_t buffer[OP_BYTES_MAX])
{
    uint8_t *to = buffer;
    assert(op->code < OP_CODES);
    *to++ = op->code;
    for (const char *letter = op_infos[op->code].args; *letter; letter++)
        to = put_argument(to, *letter, op, bits + 2);
    assert(to - buffer <= OP_BYTES_MAX);
    return (size_t)(to - buffer);
}

uint8_t *case_write_bytes(const struct test_case *c, size_t *length)
{
    uint8_t *bytes = malloc(HEAD_BYTES_MAX + (size_t)c->count * OP_BYTES_MAX);
    if (!bytes) {
        fprintf(stderr, "pagerig: out of memory\n");
        exit(125);
    }

    uint8_t *to = put_head(bytes, &c->head);
    for (uint32_t i = 0; i < c->count; i++)
        to += case_write_op_bytes(&c->ops[i], c->head.bits, to);
    *length = (size_t)(to - bytes);
    return bytes;
}
