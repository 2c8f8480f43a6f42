/* remote_test.c: a remote target, over an agent in this process: generated cases agree with the
 * model and with the target `sim`, by both lanes. */
#include "../check/rig.h"
#include "../gen/gen.h"
#include "../lib/tap.h"
#include "loopback.h"

static const char *const lanes[] = {"ram", "serial"};

/* Options of a lane; they outlive all rigs. */
static const struct target_options *options_of(const char *lane)
{
    static struct target_options options[2];
    struct target_options *o = &options[strcmp(lane, "serial") == 0];
    *o = target_options_default;
    o->lane = lane;
    o->host = loop_host;
    return o;
}

static struct rig *make_rig(const char *target, const char *lane, uint32_t check)
{
    struct rig_config config = {target, check, OP_SLOTS, OP_SLOTS, lane ? options_of(lane) : NULL};
    return rig_make(&config);
}

static void print_finding(const struct finding *finding, uint64_t seed)
{
    char title[64], op[OP_TEXT_MAX] = "";
    if (finding->op.code < OP_CODES)
        case_write_op(&finding->op, op);
    printf("# seed %llu: %s at %u (%s), %s: expected %s, actual %s\n", (unsigned long long)seed,
           finding_title(finding, title), finding->at, op, finding->where, finding->expected,
           finding->actual);
}

/* A generated case; its answers are added to *hash. */
static bool run_case(struct rig *rig, uint64_t seed, uint32_t length, uint64_t *hash)
{
    struct gen_options options = {.tlb = TLB_PARANOID};
    struct case_head head;
    struct finding finding;
    struct gen gen;
    struct op op;
    memset(options.design.choice, CHOICE_ANY, AXES);
    gen_begin(&gen, seed, &options, &head);
    bool good = rig_reset(rig, &head, &finding);
    for (uint32_t i = 0; good && i < length; i++) {
        gen_next(&gen, rig_model(rig), &op);
        good = rig_step(rig, &op, &finding);
        *hash = (*hash ^ (op.code + 256u * rig_status(rig))) * 0x100000001b3;
    }
    good = good && rig_finish(rig, &finding);
    if (!good)
        print_finding(&finding, seed);
    return good;
}

static uint64_t run_cases(struct rig *rig, uint32_t cases, bool *good)
{
    uint64_t hash = 0;
    *good = rig != NULL;
    for (uint64_t seed = 1; *good && seed <= cases; seed++)
        *good = run_case(rig, seed, 200, &hash);
    return hash;
}

static void test_agreement(uint32_t check, const char *when)
{
    bool good;
    struct rig *sim = make_rig("sim", NULL, check);
    uint64_t want = run_cases(sim, 60, &good);
    rig_free(sim);
    for (unsigned lane = 0; lane < 2; lane++) {
        struct rig *rig = make_rig("qemu", lanes[lane], check);
        uint64_t have = run_cases(rig, 60, &good);
        ok_if(good, "generated cases agree with the model: lane=%s, %s", lanes[lane], when);
        ok_if(have == want, "and are those of sim: lane=%s, %s", lanes[lane], when);
        rig_free(rig);
    }
}

/* More than an answer has room for: regions, changed frames, words. */
static void test_much(const char *lane)
{
    struct rig *rig = make_rig("qemu", lane, RIG_CHECK_EVERY);
    struct op op = {.code = OP_CREATE, .expect = OP_EXPECT_NOTHING};
    struct finding finding;
    bool good = rig_reset(rig, &case_head_default, &finding) && rig_step(rig, &op, &finding);
    for (uint32_t i = 0; good && i < 60; i++) {
        op = (struct op){.code = OP_MAP, .va = (1 + i) << 12, .n = 1, .prot = 1 + i % 2};
        good = rig_step(rig, &op, &finding);
    }
    op = (struct op){.code = OP_PROTECT, .va = 0x2000, .n = 58, .prot = PROT_R};
    good = good && rig_step(rig, &op, &finding);
    op = (struct op){.code = OP_UNMAP, .va = 0x5000, .n = 40};
    good = good && rig_step(rig, &op, &finding);
    ok_if(good, "operations over many regions: lane=%s", lane);

    op = (struct op){.code = OP_MAP, .va = 0x7ff000, .n = 200, .prot = PROT_RW, .flags = OP_EAGER};
    good = good && rig_step(rig, &op, &finding);
    op = (struct op){.code = OP_WRITE, .va = 0x801004, .x = 5};
    good = good && rig_step(rig, &op, &finding);
    op = (struct op){.code = OP_FORK, .t = 1};
    good = good && rig_step(rig, &op, &finding);
    op = (struct op){.code = OP_UNMAP, .va = 0x1000, .n = 4000};
    good = good && rig_step(rig, &op, &finding);
    op = (struct op){.code = OP_DESTROY, .s = 1};
    good = good && rig_step(rig, &op, &finding) && rig_finish(rig, &finding);
    ok_if(good, "operations that change many frames: lane=%s", lane);
    if (!good)
        print_finding(&finding, 0);
    rig_free(rig);
}

int main(void)
{
    test_agreement(RIG_CHECK_EVERY, "checked every operation");
    test_agreement(RIG_CHECK_END, "checked at the end");
    test_agreement(7, "checked now and then");
    test_much("ram");
    test_much("serial");
    return tap_done();
}
