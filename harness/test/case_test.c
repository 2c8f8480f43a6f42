/* case_test.c: both forms of a case hold all of it, and any bytes are some case.  Operations are
 * made from the letters of ops.def, so that a new operation is tested as soon as it is listed
 * there. */
#define _POSIX_C_SOURCE 200809L /* open_memstream */
#include "../case/case.h"
#include "../lib/rng.h"
#include "../lib/tap.h"
#include "case_text.h"
#include <stdlib.h>
#include <string.h>

enum {
    ROUNDS = 100000,
    RANDOM_STRINGS = 20000,
};

/* ---- Random cases. ---- */

/* Small, anywhere, at the end, or a single bit. */
static uint32_t random_number(struct rng *rng)
{
    switch (rng_below(rng, 4)) {
    case 0:
        return rng_below(rng, 200);
    case 1:
        return (uint32_t)rng_next(rng);
    case 2:
        return UINT32_MAX - rng_below(rng, 3);
    default:
        return 1u << rng_below(rng, 32);
    }
}

static void random_argument(struct rng *rng, char letter, struct op *op)
{
    switch (letter) {
    case 's':
        op->s = (uint8_t)rng_below(rng, OP_SLOTS);
        break;
    case 't':
        op->t = (uint8_t)rng_below(rng, OP_SLOTS);
        break;
    case 'g':
        op->g = (uint8_t)rng_below(rng, OP_SLOTS);
        break;
    case 'p':
        op->va = random_number(rng);
        break;
    case 'a':
        if (rng_one_in(rng, 2))
            op->flags |= OP_ANY;
        else
            op->va = random_number(rng);
        break;
    case 'w':
        op->va = random_number(rng) & ~3u;
        break;
    case 'n':
        op->n = random_number(rng);
        break;
    case 'r':
        op->prot = (uint8_t)rng_below(rng, PROTS);
        break;
    case 'm':
        op->flags |= rng_one_in(rng, 2) ? OP_EAGER : 0;
        if (rng_one_in(rng, 2)) {
            op->flags |= OP_BACKED;
            op->g = (uint8_t)rng_below(rng, OP_SLOTS);
            op->x = random_number(rng);
        }
        break;
    case 'd':
    case 'v':
    case 'k':
        op->x = random_number(rng);
        break;
    case 'y':
        op->flags |= rng_one_in(rng, 2) ? OP_STICKY : 0;
        break;
    }
}

static struct op random_op(struct rng *rng, uint8_t code)
{
    struct op op = {.code = code, .expect = OP_EXPECT_NOTHING};
    for (const char *letter = op_infos[code].args; *letter; letter++)
        random_argument(rng, *letter, &op);
    return op;
}

static uint32_t random_in(struct rng *rng, uint32_t least, uint32_t most)
{
    return least + rng_below(rng, most - least + 1);
}

static struct case_head random_head(struct rng *rng)
{
    struct case_head head = case_head_default;
    if (rng_one_in(rng, 4))
        return head;
    head.ram = random_in(rng, RAM_MIN, RAM_MAX);
    head.limit = random_in(rng, 0, LIMIT_MAX);
    head.slots = random_in(rng, 0, SLOTS_MAX);
    head.bits = (uint8_t)random_in(rng, BITS_MIN, BITS_MAX);
    head.tlb = (uint8_t)rng_below(rng, TLBS);
    for (unsigned axis = 0; axis < AXES; axis++)
        head.design.choice[axis] = (uint8_t)rng_below(rng, axis_infos[axis].choices);
    return head;
}

static bool same_head(const struct case_head *a, const struct case_head *b)
{
    return a->ram == b->ram && a->limit == b->limit && a->slots == b->slots && a->bits == b->bits &&
           a->tlb == b->tlb && memcmp(&a->design, &b->design, sizeof(a->design)) == 0;
}

static bool same_case(const struct test_case *a, const struct test_case *b)
{
    return same_head(&a->head, &b->head) && a->count == b->count &&
           (!a->count || memcmp(a->ops, b->ops, a->count * sizeof(*a->ops)) == 0);
}

/* ---- Round trips. ---- */

static void test_text_round_trip(void)
{
    struct test_case c, again;
    struct case_error error = {0};
    struct rng rng;
    size_t length;

    rng_seed(&rng, 1);
    case_init(&c);
    case_init(&again);
    for (uint32_t i = 0; i < ROUNDS; i++) {
        struct op op = random_op(&rng, (uint8_t)(i % OP_CODES));
        if (rng_one_in(&rng, 2))
            op.expect = (uint8_t)rng_below(&rng, STATUSES);
        case_append(&c, &op);
    }
    c.head = random_head(&rng);
    char *text = text_of(&c, &length);
    ok_if(case_read_text(&again, text, length, &error), "text that was written is accepted");
    ok_if(same_case(&c, &again), "case -> text -> case is the identity, expectations included");

    size_t second_length;
    char *second = text_of(&again, &second_length);
    ok_if(length == second_length && memcmp(text, second, length) == 0,
          "text that was written is written the same again");
    free(text);
    free(second);
    case_free(&c);
    case_free(&again);
}

static void test_head_round_trip(void)
{
    struct test_case c, from_text, from_bytes;
    struct case_error error;
    unsigned text_wrong = 0, bytes_wrong = 0;
    struct rng rng;

    rng_seed(&rng, 2);
    case_init(&c);
    case_init(&from_text);
    case_init(&from_bytes);
    for (uint32_t i = 0; i < ROUNDS; i++) {
        char text[256];
        size_t length;
        c.head = random_head(&rng);
        int text_length = case_write_head(&c.head, text);
        uint8_t *bytes = case_write_bytes(&c, &length);
        text_wrong += !case_read_text(&from_text, text, (size_t)text_length, &error) ||
                      !same_case(&c, &from_text);
        bytes_wrong += !case_read_bytes_strict(&from_bytes, bytes, length, &error) ||
                       !same_case(&c, &from_bytes);
        free(bytes);
    }
    ok_if(!text_wrong, "every head survives the text form");
    ok_if(!bytes_wrong, "every head survives the byte form");
    case_free(&from_text);
    case_free(&from_bytes);
}

static void test_bytes_round_trip(void)
{
    struct test_case c, strict, lenient;
    struct case_error error = {0};
    struct rng rng;
    size_t length, again_length;

    rng_seed(&rng, 3);
    case_init(&c);
    case_init(&strict);
    case_init(&lenient);
    c.head = random_head(&rng);
    for (uint32_t i = 0; i < ROUNDS; i++) {
        struct op op = random_op(&rng, (uint8_t)(i % OP_CODES));
        case_append(&c, &op);
    }
    uint8_t *bytes = case_write_bytes(&c, &length);
    ok_if(case_read_bytes_strict(&strict, bytes, length, &error) && same_case(&c, &strict),
          "case -> bytes -> case is the identity");
    ok_if(case_read_bytes(&lenient, bytes, length, UINT32_MAX) == length && same_case(&c, &lenient),
          "what is in range is read the same leniently and strictly");
    case_read_bytes(&lenient, bytes, length, 100);
    ok_if(lenient.count == 100, "a lenient reader stops at ops_max operations");

    uint8_t *again = case_write_bytes(&strict, &again_length);
    ok_if(again_length == length && memcmp(bytes, again, length) == 0,
          "bytes -> case -> bytes is the identity on what a strict reader accepts");

    c.ops[7].expect = STATUS_EXISTS;
    free(again);
    again = case_write_bytes(&c, &again_length);
    ok_if(again_length == length && memcmp(bytes, again, length) == 0,
          "the byte form has no expectations");
    free(again);
    free(bytes);
    case_free(&c);
    case_free(&strict);
    case_free(&lenient);
}

/* ---- Lenient bytes. ---- */

static bool is_legal(const struct test_case *c)
{
    const struct case_head *h = &c->head;
    bool legal = h->ram >= RAM_MIN && h->ram <= RAM_MAX && h->limit <= LIMIT_MAX &&
                 h->slots <= SLOTS_MAX && h->bits >= BITS_MIN && h->bits <= BITS_MAX &&
                 h->tlb < TLBS;
    for (unsigned axis = 0; axis < AXES; axis++)
        legal = legal && h->design.choice[axis] < axis_infos[axis].choices;
    for (uint32_t i = 0; i < c->count; i++) {
        const struct op *op = &c->ops[i];
        legal = legal && op->code < OP_CODES && op->s < OP_SLOTS && op->t < OP_SLOTS &&
                op->g < OP_SLOTS && op->prot < PROTS && !op->zero &&
                op->expect == OP_EXPECT_NOTHING &&
                (!strchr(op_infos[op->code].args, 'w') || op->va % 4 == 0);
    }
    return legal;
}

static void test_lenient(void)
{
    struct test_case c, again;
    struct case_error error;
    unsigned illegal = 0, moved = 0, refused = 0, used_wrong = 0;
    struct rng rng;

    rng_seed(&rng, 4);
    case_init(&c);
    case_init(&again);
    for (uint32_t i = 0; i < RANDOM_STRINGS; i++) {
        size_t length = rng_below(&rng, 200), again_length;
        uint8_t *bytes = malloc(length + 1), mask = rng_one_in(&rng, 2) ? 0xff : 0x1f;
        for (size_t k = 0; k < length; k++)
            bytes[k] = (uint8_t)rng_next(&rng) & mask;

        size_t used = case_read_bytes(&c, bytes, length, UINT32_MAX);
        illegal += !is_legal(&c);
        case_read_bytes(&again, bytes, used, UINT32_MAX);
        used_wrong += used > length || !same_case(&c, &again);

        uint8_t *written = case_write_bytes(&c, &again_length);
        refused += !case_read_bytes_strict(&again, written, again_length, &error);
        moved += !same_case(&c, &again);
        free(written);
        free(bytes);
    }
    ok_if(!illegal, "every byte string is a legal case");
    ok_if(!used_wrong, "the bytes that a lenient reader says it used hold the whole case");
    ok_if(!refused, "what was read leniently is written so that a strict reader accepts it");
    ok_if(!moved, "and is the same case then");

    case_read_bytes(&c, (const uint8_t *)"", 0, UINT32_MAX);
    ok_if(same_head(&c.head, &case_head_default) && !c.count, "no bytes at all: the default head");
    case_free(&c);
    case_free(&again);
}

/* ---- Cut off. ---- */

static void test_truncation(void)
{
    struct test_case c, cut;
    struct rng rng;
    size_t length, head_length;

    rng_seed(&rng, 5);
    case_init(&c);
    case_init(&cut);
    for (uint8_t code = 0; code < OP_CODES; code++) {
        unsigned accepted = 0, misplaced = 0, kept = 0;
        char message[64];
        snprintf(message, sizeof(message), "%s is cut off", op_infos[code].name);
        for (unsigned round = 0; round < 200; round++) {
            struct case_error error = {0};
            case_free(&c);
            c.head = random_head(&rng);
            free(case_write_bytes(&c, &head_length));
            struct op op = random_op(&rng, code);
            case_append(&c, &op);
            uint8_t *bytes = case_write_bytes(&c, &length);
            for (size_t n = 0; n < length; n++) {
                if (n == head_length)
                    continue;
                bool in_head = n < head_length;
                accepted += case_read_bytes_strict(&cut, bytes, n, &error);
                misplaced += error.line != 0 || error.column != (in_head ? 1 : head_length + 1) ||
                             strcmp(error.message, in_head ? "head is cut off" : message) != 0;
                size_t used = case_read_bytes(&cut, bytes, n, UINT32_MAX);
                kept += cut.count != 0 || (!in_head && used != head_length);
            }
            free(bytes);
        }
        ok_if(!accepted && !misplaced, "strict: %s is refused wherever it is cut off",
              op_infos[code].name);
        ok_if(!kept, "lenient: %s is dropped wherever it is cut off", op_infos[code].name);
    }
    case_free(&c);
    case_free(&cut);
}

int main(void)
{
    test_text_round_trip();
    test_head_round_trip();
    test_bytes_round_trip();
    test_lenient();
    test_truncation();
    return tap_done();
}
