/* agent_run_test.c: RUN: operations are read strictly, all before the first is run; their results;
 * stopping early. */
#include "agent_fixture.h"

static bool runs(const char *request, const char *answer)
{
    fake.op_count = 0;
    return answers(WIRE_RUN, request, 0x83, answer);
}

static void test_reading(void)
{
    static const struct {
        const char *bytes;
        struct op op;
    } cases[] = {
        {"00 0f", {.code = OP_CREATE, .s = 15}},
        {"01 00", {.code = OP_DESTROY}},
        {"02 01", {.code = OP_SWITCH, .s = 1}},
        {"03 01 0e", {.code = OP_FORK, .s = 1, .t = 14}},
        {"04 0f ff ff ff ff 0f", {.code = OP_SEGMENT, .g = 15, .n = 0xffffffff}},
        {"05 02", {.code = OP_RELEASE, .g = 2}},
        {"06 01 01 80 01 02 00", {.code = OP_MAP, .s = 1, .flags = OP_ANY, .n = 128, .prot = 2}},
        {"06 00 00 80 02 01 00 01",
         {.code = OP_MAP, .va = 0x100000, .n = 1, .prot = 0, .flags = OP_EAGER}},
        {"06 00 00 01 01 01 02 03 04",
         {.code = OP_MAP, .va = 0x1000, .n = 1, .prot = 1, .flags = OP_BACKED, .g = 3, .x = 4}},
        {"06 00 01 01 01 03 0f 80 01",
         {.code = OP_MAP,
          .n = 1,
          .prot = 1,
          .flags = OP_ANY | OP_EAGER | OP_BACKED,
          .g = 15,
          .x = 128}},
        {"07 02 05 03 04", {.code = OP_MAP_DEVICE, .s = 2, .va = 0x5000, .n = 3, .x = 4}},
        {"08 00 ff ff ff ff 0f 00", {.code = OP_UNMAP, .va = 0xffffffff}},
        {"09 00 01 02 01", {.code = OP_PROTECT, .va = 0x1000, .n = 2, .prot = 1}},
        {"0a 03 81 80 80 02", {.code = OP_READ, .s = 3, .va = 0x1004}},
        {"0b 00 80 80 80 06 ff 01", {.code = OP_WRITE, .va = 0xc, .x = 255}},
        {"0c 01 01", {.code = OP_COPY_IN, .s = 1, .va = 0x1000}},
        {"0d 01 01 02", {.code = OP_COPY_OUT, .s = 1, .va = 0x1000, .x = 2}},
        {"0e 00 81 80 40", {.code = OP_EVICT, .va = 0x1001}},
        {"0f 00", {.code = OP_DISCARD}},
        {"10 00", {.code = OP_COMMIT}},
        {"11 05 00", {.code = OP_FAIL, .x = 5}},
        {"11 05 01", {.code = OP_FAIL, .x = 5, .flags = OP_STICKY}},
    };
    fixture_start();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t payload[32] = {0, 1}, type;
        struct op wanted = cases[i].op;
        size_t length = 2 + bytes_of(cases[i].bytes, payload + 2), ignored;
        wanted.expect = OP_EXPECT_NOTHING;
        fake.op_count = 0;
        ask(WIRE_RUN, payload, length, &type, &ignored);
        ok_if(type == 0x83 && fake.op_count == 1 && !memcmp(&fake.ops[0], &wanted, sizeof wanted),
              "%s is read", cases[i].bytes);

        unsigned bad = 0;
        fake.op_count = 0;
        payload[length] = 0;
        for (size_t cut = 0; cut <= length + 1; cut++)
            if (cut != length) {
                ask(WIRE_RUN, payload, cut, &type, &ignored);
                bad += type != WIRE_UNKNOWN || fake.op_count;
            }
        ok_if(!bad, "... but not if it is cut off anywhere, or goes on");
    }
}

static void test_malformed(void)
{
    static const struct {
        const char *rule, *request;
    } cases[] = {
        {"a flag that does not exist", "10 01 00 01"},
        {"1,025 operations", "00 81 08 00 01"},
        {"a code that does not exist", "00 02 00 01 13"},
        {"a space that cannot be", "00 02 00 01 00 10"},
        {"a second space that cannot be", "00 02 00 01 03 00 10"},
        {"a segment that cannot be", "00 02 00 01 05 10"},
        {"a backing segment that cannot be", "00 02 00 01 06 00 01 01 01 02 10 00"},
        {"a protection that does not exist", "00 02 00 01 09 00 01 01 03"},
        {"neither an address nor any", "00 02 00 01 06 00 02 01 01 00"},
        {"an unknown way to map", "00 02 00 01 06 00 01 01 01 04"},
        {"an address between two words", "00 02 00 01 0a 00 81 80 40"},
        {"neither sticky nor not", "00 02 00 01 11 01 02"},
        {"a number of 33 bits", "00 02 00 01 04 00 ff ff ff ff 1f"},
        {"a number with a needless zero", "00 02 00 01 04 00 81 00"},
    };
    fixture_start();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        ok_if(unknown(WIRE_RUN, cases[i].request) && !fake.op_count,
              "%s: UNKNOWN, and nothing is executed", cases[i].rule);
    ok_if(runs("00 00", "00"), "no operation at all is a good request");
}

static void results(const struct op *op, struct agent_outcome *outcome)
{
    if (op->code == OP_MAP && op->flags & OP_ANY)
        outcome->va = 0x5000;
    if (op->code == OP_MAP_DEVICE)
        outcome->status = STATUS_EXISTS;
    if (op->code == OP_READ || op->code == OP_COPY_IN) {
        outcome->word = 0x80;
        outcome->status = op->s ? STATUS_BAD_SLOT : STATUS_OK;
    }
    if (op->code == OP_WRITE || (op->code == OP_READ && !op->s)) {
        outcome->faults = 2;
        outcome->fault[0] = (struct agent_fault){4, 0x1004, 0, 0x3067};
        outcome->fault[1] = (struct agent_fault){7, 0xffffffff, 0xffffffff, 1};
    }
    if (op->code == OP_WRITE)
        outcome->status = STATUS_FAULT;
    if (op->code == OP_SEGMENT)
        outcome->status = STATUS_NO_MEMORY;
}

static void test_results(void)
{
    fixture_start();
    fake.effect = results;
    ok_if(runs("00 01 00 01", "01 00") && runs("00 01 04 01 01", "01 01"), "a status");
    ok_if(runs("00 02 06 00 01 01 02 00 06 00 00 09 01 02 00", "02 00 0a 00 00"),
          "map tells where the region is");
    ok_if(runs("00 01 07 00 ff ff ff ff 0f 01 00", "01 03 00"),
          "or what was asked for, when it failed");
    ok_if(
        runs("00 01 0a 00 01", "01 00 80 01 02  04 80 80 80 04 00 e7 60  07 03 ff ff ff ff 0f 01"),
        "read tells the word and its faults");
    ok_if(runs("00 01 0a 01 01", "01 06 00 00"), "or no word");
    ok_if(runs("00 01 0b 00 01 05", "01 07 02  04 80 80 80 04 00 e7 60  07 03 ff ff ff ff 0f 01"),
          "write tells its faults");
    ok_if(runs("00 02 0c 00 01 0c 01 01", "02 00 80 01 06 00"), "copy_in tells the word, or none");
    ok_if(runs("00 01 0d 00 01 05", "01 00"), "copy_out tells nothing");
    ok_if(runs("00 03 12 00 01 12", "03 00 00 00") && fake.op_count == 1,
          "check is answered OK and is no affair of the kernel's");
    ok_if(runs("06 01 00 01", "01 00"), "without SEE the other flags mean nothing");
}

/* Numbers of 5 bytes each: address 0x800 rotated is 0x80000000. */
static void six_faults(const struct op *op, struct agent_outcome *outcome)
{
    (void)op;
    outcome->word = 0xffffffff;
    outcome->faults = WIRE_FAULTS_MAX;
    for (uint32_t i = 0; i < WIRE_FAULTS_MAX; i++)
        outcome->fault[i] = (struct agent_fault){-1u, 0x800, -1u, -1u};
}

/* count operations whose bytes are given; how many were told. */
static uint32_t run_many(uint32_t flags, uint32_t count, const char *op_hex, size_t *length)
{
    static uint8_t payload[WIRE_PAYLOAD_MAX];
    uint8_t *to = payload, type;
    *to++ = (uint8_t)flags;
    *to++ = (uint8_t)(count > 127 ? count | 0x80 : count);
    if (count > 127)
        *to++ = (uint8_t)(count >> 7);
    for (uint32_t i = 0; i < count; i++)
        to += bytes_of(op_hex, to);
    fake.op_count = 0;
    const uint8_t *answer = ask(WIRE_RUN, payload, (size_t)(to - payload), &type, length);
    if (type != 0x83)
        return 0;
    return answer[0] < 0x80 ? answer[0] : (answer[0] & 0x7f) | (uint32_t)answer[1] << 7;
}

static void test_stopping(void)
{
    size_t length;
    fixture_start();
    ok_if(run_many(0, 1024, "12", &length) == 1024 && length == 2 + 1024,
          "1,024 operations at once");
    ok_if(run_many(0, 127, "12", &length) == 127 && length == 1 + 127 &&
              run_many(0, 128, "12", &length) == 128 && length == 2 + 128,
          "their number takes as many bytes as it needs");
    fake.effect = six_faults;
    uint32_t done = run_many(0, 200, "0a 00 01", &length);
    ok_if(done > 10 && done < 63 && fake.op_count == done && length == 1 + done * 127,
          "RUN stops before an answer might not fit: what was run is what is told");
    done = run_many(WIRE_SEE, 200, "0a 00 01", &length);
    ok_if(done > 10 && done < 63 && fake.op_count == done && length == 1 + done * 128,
          "with SEE as well");
}

int main(void)
{
    test_reading();
    test_malformed();
    test_results();
    test_stopping();
    return tap_done();
}
