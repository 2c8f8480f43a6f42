/* minimize_test.c: the minimiser against judges whose smallest case is known: what is left is that
 * case, whatever stood around it. */
#include "../lib/rng.h"
#include "../lib/tap.h"
#include "../triage/minimize.h"
#include <string.h>

/* A judge: which operation diverges, and with which field; -1: none. */
struct rule {
    int (*diverges)(const struct test_case *c, const char **field);
    uint32_t runs, runs_max; /* stop after; 0: never */
    bool same_twice;         /* a case came that had come before */
    uint64_t seen[4096];
};

static uint64_t sum(const struct test_case *c)
{
    const uint8_t *bytes = (const uint8_t *)c->ops;
    uint64_t x = c->head.limit * 31u + c->head.tlb;
    for (size_t i = 0; i < c->count * sizeof *c->ops; i++)
        x = (x ^ bytes[i]) * 0x100000001b3;
    return x;
}

static bool clean(void *context, const struct test_case *c, struct finding *finding)
{
    struct rule *rule = context;
    const char *field = "status";
    int at = rule->diverges(c, &field);

    for (uint32_t i = 1; i < rule->runs && i < 4096; i++) /* the first is run to learn its title */
        rule->same_twice = rule->same_twice || rule->seen[i] == sum(c);
    if (rule->runs < 4096)
        rule->seen[rule->runs] = sum(c);
    rule->runs++;
    if (at < 0)
        return true;
    *finding = (struct finding){ORACLE_RESULT, (uint32_t)at, c->ops[at], field, "", "", "", false};
    return false;
}

static bool stop(void *context)
{
    const struct rule *rule = context;
    return rule->runs_max && rule->runs >= rule->runs_max;
}

static void random_case(struct test_case *c, uint64_t seed, uint32_t count)
{
    struct rng rng;
    uint8_t bytes[4096];
    rng_seed(&rng, seed);
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)rng_next(&rng);
    case_init(c);
    case_read_bytes(c, bytes, sizeof bytes, count);
}

static void append(struct test_case *c, const char *text)
{
    struct test_case more;
    struct case_error error;
    case_init(&more);
    if (!case_read_text(&more, text, strlen(text), &error))
        printf("# %u:%u: %s\n", error.line, error.column, error.message);
    for (uint32_t i = 0; i < more.count; i++)
        case_append(c, &more.ops[i]);
    case_free(&more);
}

/* The text of the case, on one line with / between operations. */
static const char *text_of(const struct test_case *c)
{
    static char text[4096];
    char op[OP_TEXT_MAX];
    case_write_head(&c->head, text);
    for (uint32_t i = 0; i < c->count; i++) {
        case_write_op(&c->ops[i], op);
        strcat(strcat(text, "/"), op);
    }
    return text;
}

static bool minimized(struct rule *rule, struct test_case *c, struct minimize_result *result)
{
    const struct minimize_judge judge = {clean, stop, rule};
    return minimize(c, &judge, result);
}

/* ---- Rules. ---- */

/* A write to a space that was forked from a space which has been written to. */
static int after_fork(const struct test_case *c, const char **field)
{
    bool written[OP_SLOTS] = {false}, child[OP_SLOTS] = {false};
    (void)field;
    for (uint32_t i = 0; i < c->count; i++) {
        const struct op *op = &c->ops[i];
        if (op->code == OP_WRITE && child[op->s])
            return (int)i;
        if (op->code == OP_WRITE)
            written[op->s] = true;
        if (op->code == OP_FORK && op->s != op->t)
            child[op->t] = written[op->s];
    }
    return -1;
}

/* An unmap of at least 5 pages behind page 100, if there are no more than 9 frames. */
static int numbers(const struct test_case *c, const char **field)
{
    (void)field;
    for (uint32_t i = 0; i < c->count; i++)
        if (c->ops[i].code == OP_UNMAP && c->ops[i].n >= 5 && c->ops[i].va >> 12 > 100 &&
            c->head.limit && c->head.limit <= 9)
            return (int)i;
    return -1;
}

/* Every release diverges, but after a segment in another way than without one. */
static int two_ways(const struct test_case *c, const char **field)
{
    bool segment = false;
    for (uint32_t i = 0; i < c->count; i++) {
        segment = segment || c->ops[i].code == OP_SEGMENT;
        *field = segment ? "status" : "other";
        if (c->ops[i].code == OP_RELEASE)
            return (int)i;
    }
    return -1;
}

/* A check when creates and destroys are as many. */
static int in_pairs(const struct test_case *c, const char **field)
{
    int creates = 0, destroys = 0;
    (void)field;
    for (uint32_t i = 0; i < c->count; i++) {
        creates += c->ops[i].code == OP_CREATE;
        destroys += c->ops[i].code == OP_DESTROY;
        if (c->ops[i].code == OP_CHECK && creates == destroys)
            return (int)i;
    }
    return -1;
}

/* The k-th create after a fail, as if each allocated once. */
static int kth(const struct test_case *c, const char **field)
{
    uint32_t left = 0;
    (void)field;
    for (uint32_t i = 0; i < c->count; i++) {
        if (c->ops[i].code == OP_FAIL)
            left = c->ops[i].x;
        if (c->ops[i].code == OP_CREATE && left && --left == 0)
            return (int)i;
    }
    return -1;
}

static int expectation(const struct test_case *c, const char **field)
{
    *field = "expectation";
    for (uint32_t i = 0; i < c->count; i++)
        if (c->ops[i].expect == STATUS_EXISTS)
            return (int)i;
    return -1;
}

static int never(const struct test_case *c, const char **field)
{
    (void)c, (void)field;
    return -1;
}

/* ---- Tests. ---- */

static void leaves(const char *name, int (*diverges)(const struct test_case *, const char **),
                   uint64_t seed, const char *tail, uint32_t limit, const char *expected)
{
    struct rule rule = {.diverges = diverges};
    struct minimize_result result;
    struct test_case c;

    random_case(&c, seed, 200);
    c.head = case_head_default;
    c.head.limit = limit;
    append(&c, tail);
    bool good = minimized(&rule, &c, &result);
    ok_if(good && strcmp(text_of(&c), expected) == 0, "%s (seed %u): %s", name, (unsigned)seed,
          good ? text_of(&c) : "not minimised");
    ok_if(!rule.same_twice && rule.runs == result.tries, "no case is run twice, all are counted");
    case_free(&c);
}

static void test_smallest(void)
{
    for (uint64_t seed = 1; seed <= 5; seed++)
        leaves("operations that need each other stay", after_fork, seed,
               "write s3 0x5000 7\nfork s3 s9\nwrite s9 0x80001230 9\ncheck\n", 0,
               "case/write s0 0x1000 0x1/fork s0 s1/write s1 0x1000 0x1");
    leaves("numbers are as small as they can be, not smaller", numbers, 1,
           "unmap s4 0x7f000000 0x1000\n", 7, "case limit=1/unmap s0 0x65000 5");
    leaves("another failure is not taken for this one", two_ways, 5, "segment g5 9\nrelease g7\n",
           0, "case/segment g0 1/release g0");
    leaves("what only goes together goes", in_pairs, 3,
           "create s1\ncreate s2\ncheck\ndestroy s7\ndestroy s9\ncheck\n", 0, "case/check");
}

static void test_counting(void)
{
    struct rule rule = {.diverges = kth};
    struct minimize_result result;
    struct test_case c;

    case_init(&c);
    append(&c, "fail 6\ncreate s0\nevict s0 0x1000\ncreate s1\ncreate s2\ncreate s3\ncreate s4\n"
               "create s5\ncreate s6\n");
    minimized(&rule, &c, &result);
    ok_if(strcmp(text_of(&c), "case/fail 1/create s0") == 0,
          "a failing allocation comes sooner when there are fewer before it: %s", text_of(&c));
    case_free(&c);
}

static void test_expectations(void)
{
    struct rule rule = {.diverges = expectation};
    struct minimize_result result;
    struct test_case c;

    case_init(&c);
    append(&c, "create s0 -> OK\ncreate s1 -> OK\nswitch s1 -> EXISTS\n");
    minimized(&rule, &c, &result);
    ok_if(c.count == 1 && c.ops[0].expect == STATUS_EXISTS, "what the case expects wrongly stays");
    case_free(&c);

    rule = (struct rule){.diverges = after_fork};
    append(&c, "write s0 0x1000 1 -> OK\nfork s0 s1 -> OK\nwrite s1 0x1000 1 -> OK\n");
    minimized(&rule, &c, &result);
    bool none = c.count == 3;
    for (uint32_t i = 0; i < c.count; i++)
        none = none && c.ops[i].expect == OP_EXPECT_NOTHING;
    ok_if(none, "other expectations go: with fewer operations they need not hold");
    case_free(&c);
}

static void test_ends(void)
{
    struct rule rule = {.diverges = never};
    struct minimize_result result;
    struct test_case c, before;

    random_case(&c, 9, 150);
    random_case(&before, 9, 150);
    ok_if(!minimized(&rule, &c, &result) && c.count == before.count &&
              memcmp(c.ops, before.ops, c.count * sizeof *c.ops) == 0,
          "a case that does not diverge stays as it is");

    rule = (struct rule){.diverges = after_fork, .runs_max = 20};
    append(&c, "write s0 0x1000 1\nfork s0 s1\nwrite s1 0x1000 1\n");
    uint32_t whole = c.count;
    bool good = minimized(&rule, &c, &result);
    const char *field;
    ok_if(good && result.stopped && rule.runs <= 20, "it stops when it is told to");
    ok_if(c.count < whole && after_fork(&c, &field) == (int)c.count - 1,
          "with the best until then, which still diverges");
    case_free(&c);
    case_free(&before);
}

int main(void)
{
    test_smallest();
    test_counting();
    test_expectations();
    test_ends();
    return tap_done();
}
