/* lockstep_test.c: what counts as a difference between two runs of a case, and what does not. */
#include "../cli/lockstep.h"
#include "../lib/tap.h"
#include <stdlib.h>
#include <string.h>

enum { OPS = 4, KERNEL = 0xc0000000 };

static struct op ops[OPS];
static struct outcome outcomes[2][OPS];
static struct record records[2];
static struct difference difference;
static uint32_t parted;

/* Two runs of create, map, read, write that are the same, and agree with the model. */
static void fill(void)
{
    static const uint8_t codes[OPS] = {OP_CREATE, OP_MAP, OP_READ, OP_WRITE};
    memset(ops, 0, sizeof ops);
    memset(outcomes, 0, sizeof outcomes);
    for (uint32_t i = 0; i < OPS; i++)
        ops[i].code = codes[i];
    ops[3].va = 0x5000;
    for (uint32_t i = 0; i < 2; i++) {
        outcomes[i][1].va = 0x1000;
        outcomes[i][2].word = 42;
        outcomes[i][3] = (struct outcome){.status = STATUS_FAULT, .error = 6, .cr2 = 0x5000};
        records[i] = (struct record){.target = i ? "b" : "a",
                                     .outcomes = outcomes[i],
                                     .count = OPS,
                                     .agreed = true,
                                     .user_bytes = KERNEL};
    }
}

static void diverge(uint32_t i, uint32_t at, enum oracle oracle)
{
    records[i].agreed = false;
    records[i].count = at + 1;
    records[i].finding =
        (struct finding){.oracle = oracle, .at = at, .op = ops[at], .field = "field"};
}

static bool differ(void)
{
    struct test_case c = {.ops = ops, .count = OPS};
    difference = (struct difference){0};
    return records_differ(&c, &records[0], &records[1], &parted, &difference);
}

/* In this field, at this operation. */
static bool differ_in(const char *field, uint32_t at)
{
    if (!differ()) {
        printf("# no difference\n");
        return false;
    }
    printf("# %s at %u: %s, %s\n", difference.field, (unsigned)difference.at, difference.texts[0],
           difference.texts[1]);
    return strcmp(difference.field, field) == 0 && difference.at == at;
}

static void test_answers(void)
{
    fill();
    ok_if(!differ() && parted == OPS, "two runs that are the same");
    outcomes[1][0].status = STATUS_NO_MEMORY;
    ok_if(differ_in("status", 0), "another status");
    fill();
    outcomes[1][1].va = 0x2000;
    ok_if(differ_in("address", 1), "another address of a map that named one");
    fill();
    outcomes[0][2].word = 43;
    ok_if(differ_in("word", 2), "another word");
    fill();
    outcomes[0][2].status = outcomes[1][2].status = STATUS_FAULT;
    outcomes[0][2].word = 43;
    ok_if(!differ(), "a word of a read that failed is nothing");
    fill();
    outcomes[0][3].error = 4;
    ok_if(differ_in("error code", 3), "another error code");
    fill();
    outcomes[0][3].error = 7;
    ok_if(differ_in("error code", 3), "whether the page was present");
    ops[3].va = KERNEL;
    ok_if(!differ(), "but not in the kernel's half, which is each kernel's own");
    fill();
    outcomes[0][3].error = 7;
    records[0].negative_tlb = true;
    ok_if(!differ(), "nor when \"not present\" may be cached");
    fill();
    outcomes[0][3].cr2 = 0x5004;
    ok_if(differ_in("CR2", 3), "another CR2");
    fill();
    outcomes[0][3].faults = 3;
    outcomes[0][2].spurious = 1;
    ok_if(!differ(), "how many faults were handled is the TLB's affair");
}

static void test_any(void)
{
    fill();
    ops[1].flags = OP_ANY;
    outcomes[1][1].va = 0x2000;
    outcomes[1][2].word = 43;
    ok_if(!differ() && parted == 2, "after map any chose two places, answers are not compared");
    outcomes[1][0].status = STATUS_EXISTS;
    ok_if(differ_in("status", 0), "before, they are");
    fill();
    ops[1].flags = OP_ANY;
    outcomes[1][1].va = 0x2000;
    diverge(1, 3, ORACLE_STRAY);
    ok_if(differ_in("verdict", 3), "and that only one diverged is a difference still");
    fill();
    ops[1].flags = OP_ANY;
    outcomes[1][1] = (struct outcome){.status = STATUS_NO_SPACE, .va = 0x1000};
    ok_if(differ_in("status", 1), "no place on one only is a difference");
}

static void test_verdicts(void)
{
    fill();
    diverge(1, 3, ORACLE_STRAY);
    ok_if(differ_in("verdict", 3), "only one diverged");
    ok_if(strcmp(difference.texts[0], "agrees with the model") == 0 &&
              strncmp(difference.texts[1], "STRAY write field at operation 4", 32) == 0,
          "and which and how is said");
    diverge(0, 3, ORACLE_STRAY);
    ok_if(!differ(), "both diverged, in the same way");
    diverge(0, 3, ORACLE_ALIAS);
    ok_if(differ_in("verdict", 3), "both, in two ways");
    fill();
    ops[2].code = OP_WRITE;
    diverge(0, 2, ORACLE_STRAY);
    diverge(1, 3, ORACLE_STRAY);
    ok_if(differ_in("verdict", 2), "both, at two operations: the first is named");
}

/* Two worlds of the same target. */
static void test_records(void)
{
    static const char text[] =
        "create s0\nmap s0 any 1 rw\nread s0 0x1000\nwrite s0 0x9000 1 -> OK\n";
    struct rig_config config = {"sim", RIG_CHECK_EVERY, OP_SLOTS, OP_SLOTS, NULL};
    struct record made[2];
    struct case_error error;
    struct test_case c;
    case_init(&c);
    if (!case_read_text(&c, text, sizeof text - 1, &error))
        exit(125);
    for (unsigned i = 0; i < 2; i++) {
        struct rig *rig = rig_make(&config);
        ok_if(record_make(&made[i], "sim", rig, &c), "a case is recorded");
        ok_if(made[i].agreed && made[i].count == 4, "to its end");
        rig_free(rig);
    }
    ok_if(made[0].outcomes[3].status == STATUS_FAULT && made[0].outcomes[3].cr2 == 0x9000,
          "with its faults");
    ok_if(!records_differ(&c, &made[0], &made[1], &parted, &difference), "twice the same");
    record_free(&made[0]);
    record_free(&made[1]);

    c.head.bits = 3, c.head.ram = 512;
    c.head.design.choice[AXIS_TABLES] = 2;
    struct rig *rig = rig_make(&config);
    ok_if(!record_make(&made[0], "sim", rig, &c) && made[0].finding.oracle == ORACLE_RIG,
          "a machine that cannot be is a failure");
    record_free(&made[0]);
    rig_free(rig);
    case_free(&c);
}

int main(void)
{
    test_answers();
    test_any();
    test_verdicts();
    test_records();
    return tap_done();
}
