/* mutate_test.c: the mutator makes legal cases of any case, deterministically, and does all that it
 * says; AFL++'s calls of it, trimming above all. */
#include "../../harness/lib/tap.h"
#include "../mutate.h"
#include "../mutator_afl.h"
#include "../pick.h"
#include "../sketch.h"
#include <stdlib.h>
#include <string.h>

enum { BYTES_MAX = 4096, ROUNDS = 20000 };

static bool same_case(const struct test_case *a, const struct test_case *b)
{
    return memcmp(&a->head, &b->head, sizeof a->head) == 0 && a->count == b->count &&
           (!a->count || memcmp(a->ops, b->ops, a->count * sizeof *a->ops) == 0);
}

/* Its bytes are a case that a strict reader takes, and the same. */
static bool is_legal(const struct test_case *c)
{
    struct case_error error;
    struct test_case again;
    size_t length;
    uint8_t *bytes = case_write_bytes(c, &length);
    case_init(&again);
    bool good = case_read_bytes_strict(&again, bytes, length, &error) && same_case(c, &again);
    if (!good)
        printf("# %s\n", error.message);
    case_free(&again);
    free(bytes);
    return good;
}

static void test_mutations(void)
{
    static const char *const edits[] = {"insert", "retarget", "delete", "repeat",
                                        "move",   "recode",   "fail",   "design",
                                        "tlb",    "limit",    "machine"};
    enum { EDITS = sizeof edits / sizeof *edits };
    unsigned seen[EDITS] = {0}, codes[OP_CODES] = {0}, illegal = 0, missing = 0, unlike = 0;
    char names[MUTATE_NAMES_MAX], names_again[MUTATE_NAMES_MAX];
    struct test_case c, again;
    case_init(&c);
    case_init(&again);
    for (uint64_t seed = 0; seed < ROUNDS; seed++) {
        uint64_t one = seed, two = seed;
        again.head = c.head;
        again.count = 0;
        for (uint32_t i = 0; i < c.count; i++)
            case_append(&again, &c.ops[i]);
        mutate_case(&c, 1, &one, names);
        mutate_case(&again, 1, &two, names_again);
        unlike += !same_case(&c, &again) || strcmp(names, names_again) != 0;
        illegal += !is_legal(&c) || c.count > INPUT_OPS_MAX;
        for (unsigned e = 0; e < EDITS; e++)
            seen[e] += strstr(names, edits[e]) != NULL;
        if (c.count > 200)
            mutate_remove(&c, 100, c.count - 100);
        for (uint32_t i = 0; i < c.count; i++)
            codes[c.ops[i].code]++;
    }
    for (unsigned e = 0; e < EDITS; e++)
        missing += !seen[e];
    ok_if(!illegal, "every mutation of a legal case is one, and not too long");
    ok_if(!unlike, "the same random state makes the same mutation");
    ok_if(!missing, "every edit is made, and named");
    missing = 0;
    for (unsigned code = 0; code < OP_CODES; code++)
        missing += !codes[code];
    ok_if(!missing, "every operation is inserted");
    case_free(&c);
    case_free(&again);
}

/* Random bytes, which fold to operations that no writer writes. */
static void test_strange_cases(void)
{
    uint8_t bytes[BYTES_MAX];
    char names[MUTATE_NAMES_MAX];
    struct test_case c, other;
    unsigned illegal = 0;
    uint64_t random = 1;
    case_init(&c);
    case_init(&other);
    for (unsigned round = 0; round < ROUNDS / 10; round++) {
        size_t length = pick(&random, sizeof bytes);
        for (size_t i = 0; i < length; i++)
            bytes[i] = (uint8_t)pick(&random, 256);
        case_read_input(&c, bytes, length);
        case_read_input(&other, bytes, length / 2);
        mutate_case(&c, 1, &random, names);
        illegal += !is_legal(&c);
        mutate_splice(&c, &other, &random);
        illegal += !is_legal(&c);
    }
    ok_if(!illegal, "and of random bytes");
    case_free(&c);
    case_free(&other);
}

static void append(struct test_case *c, struct op op)
{
    op.expect = OP_EXPECT_NOTHING;
    case_append(c, &op);
}

static void test_retarget(void)
{
    struct test_case c;
    struct sketch sketch;
    unsigned first = 0, last = 0, behind = 0, alive = 0;
    uint64_t random = 1;
    case_init(&c);
    append(&c, (struct op){.code = OP_CREATE, .s = 5});
    append(&c, (struct op){.code = OP_MAP, .s = 5, .va = 0x30000, .n = 7, .prot = PROT_RW});
    sketch_follow(&sketch, &c, c.count);
    for (unsigned round = 0; round < 1000; round++) {
        struct op op;
        sketch_op(&sketch, OP_UNMAP, &random, &op);
        first += op.va == 0x30000;
        last += op.va == 0x36000;
        behind += op.va == 0x37000;
        alive += op.s == 5;
    }
    ok_if(first > 100 && last > 50 && behind > 25, "arguments are the edges of what is mapped");
    ok_if(alive > 900, "in spaces that exist");
    case_free(&c);
}

static void test_write(void)
{
    uint8_t bytes[BYTES_MAX];
    struct test_case c;
    case_init(&c);
    for (unsigned i = 0; i < 100; i++)
        append(&c, (struct op){.code = OP_CREATE, .s = (uint8_t)(i % OP_SLOTS)});
    size_t length = mutate_write(&c, bytes, 64);
    ok_if(length <= 64 && length > 60 && c.count && c.count < 100, "what does not fit is cut off");
    ok_if(is_legal(&c), "between two operations");
    ok_if(mutate_write(&c, bytes, 3) == 0, "no room for the head is no case");
    case_free(&c);
}

/* ---- AFL++. ---- */

/* As afl-fuzz trims: what is good still has a write to s3 and a fork. */
static bool still_good(const struct test_case *c)
{
    bool writes = false, forks = false;
    for (uint32_t i = 0; i < c->count; i++) {
        writes = writes || (c->ops[i].code == OP_WRITE && c->ops[i].s == 3);
        forks = forks || c->ops[i].code == OP_FORK;
    }
    return writes && forks;
}

static void test_trim(void *afl)
{
    struct test_case c, smallest;
    size_t length;
    case_init(&c);
    case_init(&smallest);
    for (unsigned i = 0; i < 101; i++)
        append(&c, (struct op){.code = i == 40   ? OP_FORK
                                       : i == 77 ? OP_WRITE
                                                 : OP_CREATE,
                               .s = i == 77 ? 3 : 0,
                               .t = i == 40});
    uint8_t *bytes = case_write_bytes(&c, &length), *out;
    int32_t steps = afl_custom_init_trim(afl, bytes, length), step = 0, taken = 0;
    bool grew = false;
    while (step < steps) {
        size_t trimmed = afl_custom_trim(afl, &out);
        case_read_input(&c, out, trimmed);
        grew = grew || trimmed > length;
        bool good = still_good(&c);
        if (good)
            case_read_input(&smallest, out, trimmed);
        step = afl_custom_post_trim(afl, good);
        taken++;
    }
    ok_if(smallest.count == 2 && still_good(&smallest),
          "trimming leaves what is needed (%u of 101)", (unsigned)smallest.count);
    ok_if(!grew && taken <= steps, "never larger, in no more steps than were said");
    ok_if(afl_custom_init_trim(afl, bytes, 0) == 0, "nothing cannot be trimmed");
    free(bytes);
    case_free(&c);
    case_free(&smallest);
}

static void test_afl(void)
{
    uint8_t bytes[1] = {0}, *out;
    void *afl = afl_custom_init(NULL, 7), *again = afl_custom_init(NULL, 7);
    size_t length = afl_custom_fuzz(afl, bytes, 1, &out, NULL, 0, BYTES_MAX);
    uint8_t first[BYTES_MAX];
    memcpy(first, out, length);
    ok_if(length > 1 && length <= BYTES_MAX, "AFL++ gets a case of one byte");
    ok_if(strlen(afl_custom_describe(afl, 64)) > 0, "and what was done");
    bool same = afl_custom_fuzz(again, bytes, 1, &out, NULL, 0, BYTES_MAX) == length &&
                memcmp(out, first, length) == 0;
    ok_if(same, "the same of the same seed");
    bool spliced = false;
    for (unsigned i = 0; i < 100 && !spliced; i++) {
        afl_custom_fuzz(afl, bytes, 1, &out, first, length, BYTES_MAX);
        spliced = strcmp(afl_custom_describe(afl, 64), "splice") == 0;
    }
    ok_if(spliced, "and splices");
    test_trim(afl);
    afl_custom_deinit(afl);
    afl_custom_deinit(again);
}

int main(void)
{
    test_mutations();
    test_strange_cases();
    test_retarget();
    test_write();
    test_afl();
    return tap_done();
}
