/* gen_test.c: generated cases against the real target: that a seed is a case, and that every answer
 * that an operation can give does come, often enough to be worth anything. */
#include "../check/rig.h"
#include "../gen/pick.h"
#include "../lib/tap.h"
#include <string.h>

enum { CASES = 2000 };

#define BIT(NAME) (1u << STATUS_##NAME)

/* The answers that each operation can give (vmm/vmm.h). */
static const unsigned answers[OP_CODES] = {
    [OP_CREATE] = BIT(OK) | BIT(NO_MEMORY) | BIT(BAD_SLOT),
    [OP_DESTROY] = BIT(OK) | BIT(BAD_SLOT),
    [OP_SWITCH] = BIT(OK) | BIT(BAD_SLOT),
    [OP_FORK] = BIT(OK) | BIT(NO_MEMORY) | BIT(BAD_SLOT),
    [OP_SEGMENT] = BIT(OK) | BIT(NO_MEMORY) | BIT(BAD_ARGUMENT) | BIT(BAD_SLOT),
    [OP_RELEASE] = BIT(OK) | BIT(BAD_SLOT),
    [OP_MAP] =
        BIT(OK) | BIT(NO_MEMORY) | BIT(BAD_ARGUMENT) | BIT(EXISTS) | BIT(NO_SPACE) | BIT(BAD_SLOT),
    [OP_MAP_DEVICE] = BIT(OK) | BIT(NO_MEMORY) | BIT(BAD_ARGUMENT) | BIT(EXISTS) | BIT(BAD_SLOT),
    [OP_UNMAP] = BIT(OK) | BIT(NO_MEMORY) | BIT(BAD_ARGUMENT) | BIT(BAD_SLOT),
    [OP_PROTECT] = BIT(OK) | BIT(NO_MEMORY) | BIT(BAD_ARGUMENT) | BIT(NOT_MAPPED) | BIT(BAD_SLOT),
    [OP_READ] = BIT(OK) | BIT(NO_MEMORY) | BIT(FAULT) | BIT(BAD_SLOT),
    [OP_WRITE] = BIT(OK) | BIT(NO_MEMORY) | BIT(FAULT) | BIT(BAD_SLOT),
    [OP_COPY_IN] = BIT(OK) | BIT(NO_MEMORY) | BIT(FAULT) | BIT(BAD_SLOT),
    [OP_COPY_OUT] = BIT(OK) | BIT(NO_MEMORY) | BIT(FAULT) | BIT(BAD_SLOT),
    [OP_EVICT] = BIT(OK) | BIT(NO_MEMORY) | BIT(BAD_ARGUMENT) | BIT(NOT_MAPPED) | BIT(BAD_SLOT),
    [OP_DISCARD] = BIT(OK) | BIT(BAD_SLOT),
    [OP_COMMIT] = BIT(OK) | BIT(BAD_SLOT),
    [OP_FAIL] = BIT(OK),
    [OP_CHECK] = BIT(OK),
};

static const struct gen_options any = {.tlb = CHOICE_ANY};
static struct gen_options any_design;
static uint32_t seen[OP_CODES][STATUSES], operations;
static uint32_t map_flags[8], stickies, edges, limits, choices[AXES][CHOICES_MAX], tlbs[TLBS];
static uint32_t tops; /* regions that reach the last page of the user's */

static void print_distribution(void)
{
    for (unsigned code = 0; code < OP_CODES; code++) {
        printf("# %-10s", op_infos[code].name);
        for (unsigned status = 0; status < STATUSES; status++)
            if (seen[code][status])
                printf(" %s %u", op_status_names[status], seen[code][status]);
        printf("\n");
    }
}

/* Generates a case against the target; returns how many operations. */
static uint32_t make_case(struct rig *rig, uint64_t seed, struct case_head *head,
                          struct op ops[GEN_OPERATIONS], uint8_t statuses[GEN_OPERATIONS],
                          struct gen *gen)
{
    struct finding finding;
    uint32_t count = 0;

    gen_begin(gen, seed, &any_design, head);
    if (!rig_reset(rig, head, &finding))
        return 0;
    while (count < GEN_OPERATIONS) {
        gen_next(gen, rig_model(rig), &ops[count]);
        bool good = rig_step(rig, &ops[count], &finding);
        statuses[count] = (uint8_t)rig_status(rig);
        count++;
        if (!good)
            break;
    }
    return count;
}

static void count_case(const struct case_head *head, const struct gen *gen, const struct op *ops,
                       const uint8_t *statuses, uint32_t count)
{
    uint32_t window_last = gen->window_first + gen->window_pages - 1;

    for (uint32_t i = 0; i < count; i++) {
        seen[ops[i].code][statuses[i]]++;
        if (ops[i].code == OP_MAP && statuses[i] == STATUS_OK) {
            map_flags[ops[i].flags]++;
            tops += (ops[i].va >> (head->bits + 2)) + ops[i].n == user_pages(gen);
        }
        stickies += (ops[i].flags & OP_STICKY) != 0;
    }
    operations += count;
    edges += gen->window_first >> head->bits != window_last >> head->bits;
    limits += head->limit != 0;
    tlbs[head->tlb]++;
    for (unsigned axis = 0; axis < AXES; axis++)
        choices[axis][head->design.choice[axis]]++;
}

static void test_distribution(void)
{
    uint32_t good = 0, missing = 0, strange = 0, rare = 0, never = 0;

    for (unsigned code = 0; code < OP_CODES; code++) {
        uint32_t all = 0;
        for (unsigned status = 0; status < STATUSES; status++) {
            bool can = answers[code] >> status & 1;
            missing += can && !seen[code][status];
            strange += !can && seen[code][status];
            all += seen[code][status];
        }
        good += seen[code][STATUS_OK];
        rare += code != OP_CHECK && all < operations / 200;
    }
    for (unsigned flags = 0; flags < 8; flags++)
        never += !map_flags[flags];
    bool fine = ok_if(operations > CASES * GEN_OPERATIONS / 10 * 9, "the cases run to their end");
    fine &= ok_if(missing == 0, "every answer that an operation can give is given");
    fine &= ok_if(strange == 0, "and no other");
    fine &= ok_if(good > operations / 10 * 6, "at least 60 %% of the operations are OK");
    fine &= ok_if(rare == 0, "no operation is rarer than 1 in 200, but check");
    fine &= ok_if(never == 0 && stickies > CASES / 10,
                  "all kinds of map succeed, and fail is sticky at times");
    if (!fine)
        print_distribution();
}

static void test_heads(void)
{
    uint32_t unused = 0;

    ok_if(edges > CASES / 10 * 5 && edges < CASES / 10 * 7,
          "a page table's edge lies in more than half of the windows");
    ok_if(limits > CASES / 10 * 7 && limits < CASES / 10 * 8, "3 of 4 cases have a limit");
    ok_if(tops > CASES, "more regions reach the top of the user's addresses than there are cases");
    for (unsigned axis = 0; axis < AXES; axis++)
        for (unsigned i = 0; i < axis_infos[axis].choices; i++)
            unused += choices[axis][i] < CASES / 10;
    for (unsigned tlb = 0; tlb < TLBS; tlb++)
        unused += tlbs[tlb] < CASES / 10;
    ok_if(unused == 0, "`any` takes every choice of every axis, and every TLB");

    struct gen_options fixed = {.tlb = TLB_NONE, .ram = 99};
    struct case_head head;
    struct gen gen;
    fixed.design.choice[AXIS_TABLES] = 1;
    gen_begin(&gen, 1, &fixed, &head);
    ok_if(head.tlb == TLB_NONE && head.ram == 99 &&
              memcmp(&head.design, &fixed.design, sizeof head.design) == 0,
          "what the user fixed stays");
}

int main(void)
{
    static struct op ops[GEN_OPERATIONS], again[GEN_OPERATIONS];
    static uint8_t statuses[GEN_OPERATIONS];
    static struct gen gen;
    struct rig_config config = {"sim", RIG_CHECK_END, OP_SLOTS, OP_SLOTS, NULL};
    struct rig *rig = rig_make(&config);
    struct case_head head, head_again;
    uint32_t same = 0;

    any_design = any;
    memset(any_design.design.choice, CHOICE_ANY, AXES);
    for (uint64_t seed = 0; seed < CASES; seed++) {
        uint32_t count = make_case(rig, seed, &head, ops, statuses, &gen);
        count_case(&head, &gen, ops, statuses, count);
        if (seed % 20)
            continue;
        same += make_case(rig, seed, &head_again, again, statuses, &gen) == count &&
                memcmp(&head, &head_again, sizeof head) == 0 &&
                memcmp(ops, again, count * sizeof *ops) == 0;
    }
    ok_if(same == CASES / 20, "the same seed is the same case");
    uint32_t count = make_case(rig, 1, &head, again, statuses, &gen);
    make_case(rig, 2, &head, ops, statuses, &gen);
    ok_if(memcmp(ops, again, count * sizeof *ops) != 0, "another seed is another case");
    test_distribution();
    test_heads();
    rig_free(rig);
    return tap_done();
}
