/* case_bytes_test.c: the encoding of the byte form, and each way in which a strict reader refuses
 * it.  Round trips and lenient reading are in case_test.c. */
#include "../case/case.h"
#include "../lib/tap.h"
#include <stdlib.h>
#include <string.h>

static void test_short_addresses(void)
{
    struct test_case c;
    size_t empty, length;
    unsigned longer = 0;

    case_init(&c);
    for (uint8_t bits = BITS_MIN; bits <= BITS_MAX; bits++) {
        struct op op = {.code = OP_EVICT, .va = 127u << (bits + 2), .expect = OP_EXPECT_NOTHING};
        case_free(&c);
        c.head.bits = bits;
        free(case_write_bytes(&c, &empty));
        case_append(&c, &op);
        free(case_write_bytes(&c, &length));
        longer += length != empty + 3;
    }
    ok_if(!longer, "the addresses of the first 127 pages take one byte, whatever the page size");
    case_free(&c);
}

/* A default head, one byte a field, with one byte changed; or operations after it. */
static void test_strict_bytes(void)
{
    enum { H = AXES + 1 + 4, RAM = AXES + 2 };
    static const struct {
        const char *rule;
        unsigned at, length; /* of the bytes */
        uint8_t bytes[12];
        unsigned column;
        const char *message;
    } refusals[] = {
        {"a choice that does not exist",
         AXIS_FORK,
         1,
         {9},
         AXIS_FORK + 1,
         "head: fork 9 is out of range 0 to 1"},
        {"a TLB that does not exist", AXES, 1, {4}, AXES + 1, "head: tlb 4 is out of range 0 to 3"},
        {"level bits out of range",
         AXES + 1,
         1,
         {8},
         AXES + 2,
         "head: bits 8 is out of range 0 to 7"},
        {"more RAM than there may be",
         RAM,
         5,
         {0xf1, 0xff, 0x03, 0, 0},
         RAM + 1,
         "head: ram 65521 is out of range 0 to 65520"},
        {"an operation that does not exist",
         H,
         1,
         {OP_CODES},
         H + 1,
         "operation: code 19 is out of range 0 to 18"},
        {"a slot that does not exist",
         H,
         3,
         {OP_FORK, 3, 16},
         H + 3,
         "fork: slot 16 is out of range 0 to 15"},
        {"a protection that does not exist",
         H,
         5,
         {OP_PROTECT, 0, 1, 1, 3},
         H + 5,
         "protect: protection 3 is out of range 0 to 2"},
        {"a byte for any that is neither 0 nor 1",
         H,
         6,
         {OP_MAP, 0, 2, 1, 0, 0},
         H + 3,
         "map: any 2 is out of range 0 to 1"},
        {"an unknown way to map",
         H,
         6,
         {OP_MAP, 0, 1, 1, 0, 4},
         H + 6,
         "map: how to map 4 is out of range 0 to 3"},
        {"a byte for sticky that is neither 0 nor 1",
         H,
         3,
         {OP_FAIL, 1, 2},
         H + 3,
         "fail: sticky 2 is out of range 0 to 1"},
        {"a number of more than 32 bits",
         H,
         7,
         {OP_SEGMENT, 0, 0xff, 0xff, 0xff, 0xff, 0x1f},
         H + 7,
         "segment: the last byte of a number 31 is out of range 0 to 15"},
        {"a number that is longer than it need be",
         H,
         5,
         {OP_SEGMENT, 0, 0x81, 0x80, 0x00},
         H + 5,
         "segment: a number ends in a needless zero byte"},
        {"a word address between words",
         H,
         6,
         {OP_READ, 0, 0x80, 0x80, 0x40},
         H + 3,
         "read: a word address must be a multiple of 4"},
        {"two bad bytes: the first is named",
         H,
         3,
         {OP_FORK, 17, 16},
         H + 2,
         "fork: slot 17 is out of range 0 to 15"},
        {"the second operation",
         H,
         4,
         {OP_CHECK, OP_CHECK, OP_CREATE, 77},
         H + 4,
         "create: slot 77 is out of range 0 to 15"},
    };
    struct test_case c;
    struct case_error error;

    case_init(&c);
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        uint8_t bytes[64] = {0};
        size_t length = refusals[i].at + refusals[i].length;
        memcpy(bytes + refusals[i].at, refusals[i].bytes, refusals[i].length);
        if (length < H)
            length = H;
        memset(&error, 0, sizeof(error));
        bool good = case_read_bytes_strict(&c, bytes, length, &error);
        if (!ok_if(!good && !c.count && error.line == 0 && error.column == refusals[i].column &&
                       strcmp(error.message, refusals[i].message) == 0,
                   "strict bytes refuse %s", refusals[i].rule))
            printf("#   byte %u: %s\n", error.column, error.message);
    }
    case_free(&c);
}

int main(void)
{
    test_short_addresses();
    test_strict_bytes();
    return tap_done();
}
