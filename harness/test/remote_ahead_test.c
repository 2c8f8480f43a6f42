/* remote_ahead_test.c: a remote target that knows what is to come (rig_ahead) runs many operations
 * at once, and says the same of each as one that does not: answers, divergences, how it ended. */
#include "../gen/whole.h"
#include "../lib/tap.h"
#include "loopback.h"

static const char *const lanes[] = {"ram", "serial"};
static struct target_options options;

static struct op ops[GEN_OPERATIONS];
static struct test_case c = {.ops = ops, .capacity = GEN_OPERATIONS};

static struct rig *make_rig(const char *target, unsigned lane, uint32_t check)
{
    struct rig_config config = {target, check, OP_SLOTS, OP_SLOTS, &options};
    options = target_options_default;
    options.lane = lanes[lane];
    options.host = loop_host;
    return rig_make(&config);
}

/* Runs the case; its answers are added to *hash. */
static bool run(struct rig *rig, bool ahead, uint64_t *hash, struct finding *finding)
{
    if (!rig_reset(rig, &c.head, finding))
        return false;
    if (ahead)
        rig_ahead(rig, c.ops, c.count);
    for (uint32_t i = 0; i < c.count; i++) {
        if (!rig_step(rig, &c.ops[i], finding))
            return false;
        const struct outcome *o = rig_outcome(rig);
        /* What the witness touches may cost a spurious fault, or spare one. */
        const uint32_t answer[] = {o->status, o->va, o->word, o->faults - o->spurious};
        for (unsigned n = 0; n < 4; n++)
            *hash = (*hash ^ answer[n]) * 0x100000001b3;
    }
    return rig_finish(rig, finding);
}

static void generate(struct rig *sim, uint64_t seed)
{
    struct gen_options any = {.tlb = TLB_PARANOID};
    struct gen gen;
    memset(any.design.choice, CHOICE_ANY, AXES);
    gen_begin(&gen, seed, &any, &c.head);
    gen_whole(&gen, sim, &c, GEN_OPERATIONS);
}

static void test_agreement(unsigned lane, uint32_t check, const char *when)
{
    enum { CASES = 40 };
    struct rig *sim = make_rig("sim", lane, RIG_CHECK_END), *rig = make_rig("qemu", lane, check);
    struct finding finding;
    unsigned good = 0;
    uint32_t requests = 0;
    for (uint64_t seed = 1; seed <= CASES; seed++) {
        uint64_t want = 0, have = 0;
        generate(sim, seed);
        bool agreed = run(sim, false, &want, &finding);
        requests -= loop.mailbox.request;
        agreed = agreed && run(rig, true, &have, &finding);
        requests += loop.mailbox.request;
        good += agreed && have == want;
    }
    ok_if(good == CASES, "generated cases have the answers of sim: lane=%s, %s", lanes[lane], when);
    bool one_by_one = lane == 0 && check == RIG_CHECK_EVERY;
    if (!ok_if(one_by_one == (requests > CASES * GEN_OPERATIONS / 2), "and %s: lane=%s, %s",
               one_by_one ? "come one by one" : "in few requests", lanes[lane], when))
        printf("# %u requests\n", requests);
    rig_free(rig);
    rig_free(sim);
}

/* ---- What goes wrong in a batch. ---- */

static void read_script(const char *text)
{
    static struct test_case read;
    struct case_error error;
    case_free(&read);
    if (!case_read_text(&read, text, strlen(text), &error))
        abort();
    c.head = read.head;
    c.count = read.count;
    memcpy(c.ops, read.ops, read.count * sizeof *read.ops);
}

static const char script[] = "create s0\nmap s0 0x1000 8 rw\nwrite s0 0x1000 1\nwrite s0 0x2000 2\n"
                             "fork s0 s1\nwrite s0 0x2000 3\nrelease g5\nread s0 0x1000\n"
                             "evict s0 0x1000\nread s1 0x2000\nunmap s1 0x1000 1\n";

static unsigned releases; /* since it was set to 0 */

static void panic(void *argument)
{
    (void)argument;
    machine_panic("gone", 42);
}

static void panic_at_release(struct sim_target *t, const struct op *op)
{
    if (op->code == OP_RELEASE && ++releases)
        loop.end = sim_guarded(t, panic);
}

static void panic_once(struct sim_target *t, const struct op *op)
{
    if (op->code == OP_RELEASE && !releases++)
        loop.end = sim_guarded(t, panic);
}

static void wrong_word(struct sim_target *t, const struct op *op)
{
    uint32_t pfn = walk(&t->sim->ram, machine_read_cr3(), op->va >> 12) >> ENTRY_PFN_SHIFT;
    if (op->code == OP_WRITE && op->x == 3)
        pages_set(&t->sim->ram, pfn, op->va / 4 % 1024, 4);
}

static unsigned wrong_words;

static void wrong_word_once(struct sim_target *t, const struct op *op)
{
    if (op->code == OP_WRITE && op->x == 3 && !wrong_words++)
        wrong_word(t, op);
}

/* In every other run. */
static void wrong_word_in_turn(struct sim_target *t, const struct op *op)
{
    if (op->code == OP_WRITE && op->x == 3 && wrong_words++ % 2 == 0)
        wrong_word(t, op);
}

static void must_end(unsigned lane, uint32_t check, const char *title, uint32_t at,
                     const char *rule)
{
    struct rig *rig = make_rig("qemu", lane, check);
    char found[64] = "";
    struct finding finding;
    uint64_t hash = 0;
    releases = 0;
    read_script(script);
    bool good = run(rig, true, &hash, &finding);
    if (!ok_if(!good && strcmp(finding_title(&finding, found), title) == 0 && finding.at == at,
               "%s: %s: lane=%s, check=%u", title, rule, lanes[lane], (unsigned)check))
        printf("# found \"%s\" at %u: %s\n", good ? "" : found, finding.at, finding.actual);
    memset(&planted, 0, sizeof planted);
    good = run(rig, true, &hash, &finding);
    ok_if(good, "and the next case runs");
    rig_free(rig);
}

static void test_failures(unsigned lane, uint32_t check)
{
    planted.after = panic_at_release;
    must_end(lane, check, "PANIC release gone", 6, "told of the operation in which it happens");
    if (lane || check != RIG_CHECK_EVERY) {
        planted.after = panic_once;
        must_end(lane, check, "RIG unmap the guest ended in a batch", c.count - 1,
                 "a panic that does not come again");
    }
    planted.after = wrong_word;
    if (check == RIG_CHECK_EVERY)
        must_end(lane, check, "CONTENT write word", 5, "told of the operation that did it");
    else
        must_end(lane, check, "CONTENT end word", 11, "found at the end, since nothing reads it");
}

/* The guest is at work as soon as it was told what is to come; whoever then wants something else
 * finds it as it was, or another. */
static void test_begun(void)
{
    struct rig *rig = make_rig("qemu", 0, RIG_CHECK_END);
    struct finding finding;
    uint64_t hash = 0;
    unsigned begun = loop.begun, starts;
    read_script(script);
    bool good = rig_reset(rig, &c.head, &finding);
    rig_ahead(rig, c.ops, c.count);
    ok_if(good && loop.begun == begun + 1, "the first batch is sent when it is announced");
    ok_if(rig_finish(rig, &finding), "who looks then sees what was there before");

    releases = 0;
    planted.after = panic_at_release;
    good = rig_reset(rig, &c.head, &finding);
    starts = loop.starts;
    rig_ahead(rig, c.ops, c.count);
    good = good && releases == 1 && rig_reset(rig, &c.head, &finding);
    ok_if(good && loop.starts == starts + 1,
          "a guest that ended in a batch that nobody wanted is replaced");
    planted.after = NULL;
    ok_if(run(rig, true, &hash, &finding), "and the next case runs");
    rig_free(rig);
}

/* What was compared after the last operation is not compared again. */
static void test_end(void)
{
    struct rig *rig = make_rig("qemu", 0, 4);
    struct finding finding;
    uint64_t hash = 0;
    uint32_t requests[2];
    read_script(script);
    for (uint32_t more = 0; more < 2; more++) {
        c.count = 8 + more;
        bool good = rig_reset(rig, &c.head, &finding);
        for (uint32_t i = 0; i < c.count; i++)
            good = good && rig_step(rig, &c.ops[i], &finding);
        requests[more] = loop.mailbox.request;
        good = good && rig_finish(rig, &finding);
        requests[more] = good ? loop.mailbox.request - requests[more] : 99;
    }
    ok_if(requests[0] == 0 && requests[1] > 0 && requests[1] < 99,
          "the end of a case is compared, but not twice");
    planted.after = wrong_word;
    c.count = 6;
    ok_if(!run(rig, false, &hash, &finding) && finding.oracle == ORACLE_CONTENT,
          "also when something was compared before");
    planted.after = NULL;
    rig_free(rig);
}

/* More regions than an answer has room for: the rig asks in the middle of a batch. */
static void test_looking(unsigned lane)
{
    struct rig *rig = make_rig("qemu", lane, RIG_CHECK_EVERY);
    struct finding finding;
    uint64_t hash = 0;
    c.head = case_head_default;
    c.count = 0;
    c.ops[c.count++] = (struct op){.code = OP_CREATE, .expect = OP_EXPECT_NOTHING};
    for (uint32_t i = 0; i < 40; i++)
        c.ops[c.count++] = (struct op){.code = OP_MAP, .va = (1 + i) << 12, .n = 1, .prot = i % 2};
    c.ops[c.count++] = (struct op){.code = OP_FORK, .t = 1};
    for (uint32_t i = 0; i < 40; i++)
        c.ops[c.count++] =
            (struct op){.code = OP_UNMAP, .s = i % 2, .va = (1 + i) << 12, .n = 1 + i % 3};
    c.ops[c.count++] = (struct op){.code = OP_CHECK};
    c.ops[c.count++] = (struct op){.code = OP_DESTROY, .s = 1};
    bool good = run(rig, true, &hash, &finding);
    if (!ok_if(good, "who looks in the middle of a batch sees what is there then: lane=%s",
               lanes[lane]))
        printf("# %s, expected %s, actual %s\n", finding.where, finding.expected, finding.actual);
    rig_free(rig);
}

/* What fuzzers do: a few requests for a case, and the first divergence of one that is bad. */
static void test_fast(unsigned lane)
{
    enum { CASES = 40 };
    struct rig *sim = make_rig("sim", lane, RIG_CHECK_END);
    struct rig *fast = make_rig("qemu", lane, RIG_CHECK_END);
    struct rig *exact = make_rig("qemu", lane, RIG_CHECK_EVERY);
    struct finding finding;
    char title[64];
    generate(sim, 1);
    bool good = rig_run_fast(fast, exact, &c, &finding);
    uint32_t requests = loop.mailbox.request;
    for (uint64_t seed = 1; seed <= CASES; seed++) {
        generate(sim, seed);
        c.count = 16;
        good &= rig_run_fast(fast, exact, &c, &finding);
    }
    requests = loop.mailbox.request - requests;
    if (!ok_if(good && requests < (lane ? 8 : 4) * CASES,
               "a short case takes few requests: lane=%s", lanes[lane]))
        printf("# %u\n", (unsigned)requests);

    read_script(script);
    planted.after = wrong_word;
    good = rig_run_fast(fast, exact, &c, &finding);
    ok_if(!good && finding.at == 5 && !strcmp(finding_title(&finding, title), "CONTENT write word"),
          "one that diverges at its end is run again, checked each: lane=%s", lanes[lane]);
    planted.after = wrong_word_once;
    wrong_words = 0;
    good = rig_run_fast(fast, exact, &c, &finding);
    ok_if(!good && finding.oracle == ORACLE_RIG && !rig_hopeless(fast),
          "and is RIG when that finds nothing, and others may follow: lane=%s", lanes[lane]);
    planted.after = wrong_word_in_turn;
    wrong_words = 0;
    good = rig_run_fast(fast, exact, &c, &finding);
    ok_if(!good && finding.oracle == ORACLE_CONTENT && strstr(finding.where, "not seen with"),
          "but not when it is found again at the end: lane=%s", lanes[lane]);
    planted.after = NULL;
    rig_free(sim);
    rig_free(fast);
    rig_free(exact);
}

static void has_no_many(uint8_t type, uint8_t *bytes, size_t *length)
{
    (void)length;
    if (type == WIRE_HELLO)
        bytes[1] &= (uint8_t)~WIRE_HAS_MANY;
    if (type == WIRE_MANY)
        *length = 0;
}

int main(void)
{
    for (unsigned lane = 0; lane < 2; lane++) {
        test_agreement(lane, RIG_CHECK_EVERY, "checked every operation");
        test_agreement(lane, RIG_CHECK_END, "checked at the end");
        test_agreement(lane, 50, "checked now and then");
        test_failures(lane, RIG_CHECK_EVERY);
        test_failures(lane, RIG_CHECK_END);
        test_looking(lane);
        test_fast(lane);
        planted.answer = has_no_many;
        test_agreement(lane, 50, "by an agent that takes no requests in one");
        planted.answer = NULL;
    }
    test_begun();
    test_end();
    return tap_done();
}
