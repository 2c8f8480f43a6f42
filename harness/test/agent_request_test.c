/* agent_request_test.c: each request but RUN, and its answer, byte for byte as README.md has it. */
#include "agent_fixture.h"

static const char hello_answer[] = "05 06 80 06 02 06 08 02 ac 02 00"
                                   "04 66 61 6b 65  09 61 3d 78 2c 79 20 62 3d 7a";

static void test_without_vmm(const char *when)
{
    bool all = true;
    all &= unknown(WIRE_RUN, "00 00");
    all &= unknown(WIRE_REGIONS, "00 00");
    all &= unknown(WIRE_FRAMES, "02 01");
    all &= unknown(WIRE_NAMES, "01 01");
    all &= unknown(WIRE_INVARIANT, "");
    ok_if(all, "%s, what asks for a VMM is UNKNOWN", when);
    ok_if(answers(WIRE_READ, "00 01", 0x84, "01 00"), "%s, memory can be read", when);
}

/* With the multiplier 16777619: 5 in the last word is 5 times it, 1 in the first word its 1,024th
 * power, 0x89be9001 modulo 2^32; times 0x9e3779b1 these are 0xcba6d82f and 0xdd0909b1. */
static void test_compare(void)
{
    fixture_start();
    fake.memory[3][1023] = 5;
    fake.memory[4][0] = 1;
    ok_if(answers(WIRE_COMPARE, "02 03 03 00 cb dd", 0x8c, "00 03 a4 ff 9f 88 0e") &&
              answers(WIRE_COMPARE, "02 03 00 00 2f b1", 0x8c, "00 03 a4 ff 9f 88 0e"),
          "COMPARE tells nothing of frames that are as believed but a sum of all");
    ok_if(
        answers(WIRE_COMPARE, "02 03 03 00 ca dd", 0x8c, "02 01 03 ff 07 05 00 03 a3 83 e9 b1 0a"),
        "the words of one that is not, and a sum of the rest");
    ok_if(
        answers(WIRE_COMPARE, "02 03 03 01 cb dc", 0x8c, "01 00 02 01 01 01 00 03 fd a3 99 b5 0c"),
        "each is counted from the one before");
    ok_if(answers(WIRE_COMPARE, "0a 00 03", 0x8c, "00 00 00") &&
              unknown(WIRE_COMPARE, "09 02 03 00 00") && unknown(WIRE_COMPARE, "02 01 04 00") &&
              unknown(WIRE_COMPARE, "02 02 03 00") && unknown(WIRE_COMPARE, "02 01 03 00 00") &&
              unknown(WIRE_COMPARE, "02 01") && unknown(WIRE_COMPARE, "02"),
          "of frames of memory only, with a byte for each, of the four");
    ok_if(answers(WIRE_MANY, "01 0c 04 02 01 03 00", 0x8a, "01 03 00 01 00"), "also in MANY");
    ok_if(unknown(0x0b, "02 03"), "SUMS is no more");
}

static void test_compare_full(void)
{
    uint8_t payload[] = {2, 2, 3, 0, 0}, type;
    size_t length;
    fixture_start();
    for (uint32_t i = 0; i < 1024; i++)
        fake.memory[2][i] = fake.memory[3][i] = i % 2 ? 0xfffff123 : 0x456;
    const uint8_t *answer = ask(WIRE_COMPARE, payload, sizeof payload, &type, &length);
    ok_if(type == 0x8c && answer[0] == 1 && answer[length - 3] == 0 && answer[length - 2] == 1 &&
              answer[length - 1] == 0,
          "of two frames that are full COMPARE tells one, and that it was one");
}

static void test_hello(void)
{
    ok_if(answers(WIRE_HELLO, "05", 0x81, hello_answer), "HELLO tells what there is");
    ok_if(answers(WIRE_HELLO, "02", 0x81, hello_answer), "also to a rig of another version");
    ok_if(unknown(WIRE_HELLO, "") && unknown(WIRE_HELLO, "01 00") && unknown(WIRE_HELLO, "81"),
          "HELLO without a version, with more, cut off: UNKNOWN");
}

static void test_reset(void)
{
    fixture_start();
    fake.resets = 0;
    fake.pools[0] = 0xffffffff;
    ok_if(answers(WIRE_RESET, "80 02 ac 02 05 10 0f 03 07 08 ff", 0x82,
                  "00 01 fe 07 80 08 ff ff ff ff 0f 0b 0c 0d 0e 0f"),
          "RESET tells the boot directory, the design's own entries and the pools");
    ok_if(fake.resets == 1 && fake.reset.frames == 256 && fake.reset.limit == 300 &&
              fake.reset.slots == 5 && fake.reset.spaces == 16 && fake.reset.segments == 15 &&
              fake.reset.axes == 3 && !memcmp(fake.design, "\x07\x08\xff", 3),
          "the kernel gets what RESET says, choices that nobody knows included");
    ok_if(unknown(WIRE_RESET, "01 00 00 01 01 01") &&
              unknown(WIRE_RESET, "01 00 00 01 01 01 00 00") &&
              unknown(WIRE_RESET, "01 00 00 01 01") && unknown(WIRE_RESET, "") && fake.resets == 1,
          "a RESET that ends early or goes on: UNKNOWN, and no reset");

    fake.refusal = "no";
    ok_if(answers(WIRE_RESET, "01 00 00 01 01 00", 0x82, "01 02 6e 6f"),
          "a refused RESET says why");
    test_without_vmm("after a refused RESET");
}

static void test_read(void)
{
    static uint8_t payload[] = {0, FRAMES};
    uint8_t type;
    size_t length;

    fixture_start();
    fake.memory[1][0] = 1;
    fake.memory[1][1] = 0x80;
    fake.memory[1][130] = 0xffffffff;
    fake.memory[1][1023] = 0x4000;
    ok_if(answers(WIRE_READ, "00 02", 0x84,
                  "02 00 04 01 01 01 80 01 fb ff ff 03 80 01 ff 1f d7 ff ff 03 fc 06 00"),
          "READ tells the words that are not zero, each by what differs from the one before");
    ok_if(answers(WIRE_READ, "09 01", 0x84, "01 00") && answers(WIRE_READ, "0a 00", 0x84, "00") &&
              unknown(WIRE_READ, "0a 01") && unknown(WIRE_READ, "00 0b") &&
              unknown(WIRE_READ, "0b 00") && unknown(WIRE_READ, "01 ff ff ff ff 0f"),
          "READ ends where the device ends");
    ok_if(unknown(WIRE_READ, "00") && unknown(WIRE_READ, "00 01 00") && unknown(WIRE_READ, ""),
          "a READ that ends early or goes on: UNKNOWN");

    fill_frame(0);
    fill_frame(1);
    const uint8_t *answer = ask(WIRE_READ, payload, 2, &type, &length);
    ok_if(type == 0x84 && answer[0] == 1 && answer[1] == 0x80 && answer[2] == 8 &&
              length == 3 + 1024 * 6,
          "of two frames that are full READ tells one, and tells it whole");
    payload[0] = 1;
    payload[1] = 1;
    answer = ask(WIRE_READ, payload, 2, &type, &length);
    ok_if(type == 0x84 && answer[0] == 1 && length == 3 + 1024 * 6, "the other is told when asked");
    ok_if(answers(WIRE_READ, "02 08", 0x84, "08 00 00 00 00 00 00 00 00"),
          "frames of zeros take a byte each");

    fixture_start();
    for (uint32_t i = 0; i < 200; i++)
        fake.memory[0][8 + i] = (4 + i) << 12 | 3;
    for (uint32_t i = 0; i < 6; i++)
        fake.memory[1][i] = 0x5000;
    for (uint32_t i = 1; i < 5; i++)
        fake.memory[2][i] = 0x5000;
    fake.memory[2][5] = 0x6000;
    ok_if(answers(WIRE_READ, "00 03", 0x84,
                  "03 c8 01 23 08 03 08 02 00 c6 01 06 28 00 02 00 04 05 2a 01 00 00 00 08"),
          "three or more that go on alike, by their number");
}

static void test_regions(void)
{
    fixture_start();
    ok_if(answers(WIRE_REGIONS, "00 00", 0x85, "00 01"), "a space that is not has no regions");
    ok_if(unknown(WIRE_REGIONS, "10 00") && unknown(WIRE_REGIONS, "00 80 80 40") &&
              unknown(WIRE_REGIONS, "00") && unknown(WIRE_REGIONS, "00 00 00"),
          "a slot or a page that cannot be: UNKNOWN");
    fake.directory[0] = 5;
    ok_if(answers(WIRE_REGIONS, "00 00", 0x85, "00 01"), "a space may have none");
    fake.regions[0] = (struct agent_region){.first = 1, .last = 1, .prot = PROT_RW};
    fake.regions[1] = (struct agent_region){
        .first = 0x80, .last = 0x17f, .prot = PROT_R, .backing = 1, .segment = 9, .offset = 2};
    fake.regions[2] = (struct agent_region){
        .first = 0xbffff, .last = 0xbffff, .prot = PROT_NO, .backing = 2, .offset = 0x81};
    fake.region_count = 3;
    ok_if(answers(WIRE_REGIONS, "00 00", 0x85,
                  "03  02 00 02  fc 01 ff 01 11 02 09  fe f9 5f 00 20 81 01  01"),
          "REGIONS tells private memory, segments and devices");
    ok_if(
        answers(WIRE_REGIONS, "00 ff 02", 0x85, "02 80 02 ff 01 11 02 09 fe f9 5f 00 20 81 01 01"),
        "from the region on in which the page is");
    ok_if(answers(WIRE_REGIONS, "00 80 03", 0x85, "01 fe ff 5f 00 20 81 01 01"), "or after it");

    fake.region_count = 16;
    for (uint32_t i = 0; i < 17; i++)
        fake.regions[i] = (struct agent_region){.first = i + 1, .last = i + 1};
    static const char sixteen[] = "10 02 00 00"
                                  " 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00"
                                  " 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00"
                                  " 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00";
    char hex[sizeof sixteen + 3];
    ok_if(answers(WIRE_REGIONS, "00 00", 0x85, strcat(strcpy(hex, sixteen), " 01")),
          "sixteen regions can be all");
    fake.region_count = 17;
    ok_if(answers(WIRE_REGIONS, "00 00", 0x85, strcat(strcpy(hex, sixteen), " 00")),
          "of seventeen, sixteen are told, and that there may be more");
}

static void test_frames(void)
{
    fixture_start();
    fake.state[3] = 1;
    fake.refs[3] = 300;
    fake.state[4] = 3;
    ok_if(answers(WIRE_FRAMES, "02 03", 0x86, "03 00 b1 09 03"),
          "FRAMES tells states and references");
    fake.refs[3] = 0x40000000; /* four times it is 0 */
    ok_if(answers(WIRE_FRAMES, "03 01", 0x86, "01 fd ff ff ff 0f"),
          "a count that is too large as the largest, not as a small one");
    ok_if(answers(WIRE_FRAMES, "0a 00", 0x86, "00") && unknown(WIRE_FRAMES, "02 09") &&
              unknown(WIRE_FRAMES, "02") && unknown(WIRE_FRAMES, "02 01 00"),
          "of memory, and of nothing else");
}

static void test_names(void)
{
    fixture_start();
    fake.directory[0] = 4;
    fake.directory[15] = 200;
    fake.segment[1] = 7;
    fake.cr3 = 200;
    fake.pools[2] = 128;
    ok_if(answers(WIRE_NAMES, "01 02", 0x87, "01 04 02 00 07 c8 01 0a 0b 80 01 0d 0e 0f"),
          "NAMES tells directories, segments, CR3 and the pools");
    ok_if(answers(WIRE_NAMES, "10 00", 0x87,
                  "10 04 00 00 00 00 00 00 00 00 00 00 00 00 00 00 c8 01 00 c8 01 0a 0b 80 01 0d "
                  "0e 0f") &&
              unknown(WIRE_NAMES, "11 00") && unknown(WIRE_NAMES, "00 11") &&
              unknown(WIRE_NAMES, "00") && unknown(WIRE_NAMES, "00 00 00"),
          "of at most sixteen");
}

static void test_invariant(void)
{
    static char text[1500];
    uint8_t type;
    size_t length;

    fixture_start();
    ok_if(answers(WIRE_INVARIANT, "", 0x88, "00"), "INVARIANT: all is well");
    fake.wrong = "bad";
    ok_if(answers(WIRE_INVARIANT, "", 0x88, "03 62 61 64"), "or what is wrong");
    ok_if(unknown(WIRE_INVARIANT, "00"), "it asks nothing");
    fake.wrong = memset(text, 'x', sizeof text - 1);
    const uint8_t *answer = ask(WIRE_INVARIANT, NULL, 0, &type, &length);
    ok_if(length == 1002 && answer[0] == 0xe8 && answer[1] == 7, "a text ends after 1,000 bytes");
}

static void test_unknown(void)
{
    unsigned known = 0;
    fixture_start();
    for (unsigned type = 0; type < 256; type++)
        if (type < WIRE_HELLO || type > WIRE_MANY)
            known += !unknown((uint8_t)type, "") + !unknown((uint8_t)type, "01");
    ok_if(!known, "all other types are UNKNOWN");
    ok_if(unknown(WIRE_NAMES, "81 80 80 80 80 00 00") && unknown(WIRE_NAMES, "80 00 00") &&
              unknown(WIRE_NAMES, "00 81 80 80 80 10") && unknown(WIRE_NAMES, "00 ff"),
          "numbers of six bytes, with a needless zero, of 33 bits, cut off: UNKNOWN");
}

static void test_many(void)
{
    static const struct {
        const char *rule, *request;
    } cases[] = {
        {"more than 256", "81 02"},
        {"fewer than it says", "02 08 00"},
        {"more than it says", "01 08 00 08 00"},
        {"one that is cut off", "02 08 00 07 02 01"},
        {"HELLO", "02 08 00 01 01 01"},
        {"LEAVE", "02 08 00 09 00"},
        {"MANY", "02 08 00 0a 01 00"},
    };
    uint8_t type;
    size_t length;
    fixture_start();
    ok_if(
        answers(WIRE_MANY, "02 07 02 00 00 08 00", 0x8a, "02 09 00 00 01 0a 0b 0c 0d 0e 0f 01 00"),
        "MANY: requests in one, and their answers");
    ok_if(answers(WIRE_MANY, "00", 0x8a, "00"), "also none");
    ok_if(answers(WIRE_MANY, "03 08 00 06 02 0a 01 08 00", 0x8a, "01 01 00"),
          "up to the first that cannot be answered");
    ok_if(answers(WIRE_MANY, "02 03 04 00 01 00 01 08 00", 0x8a, "02 02 01 00 01 00") &&
              fake.op_count == 1,
          "RUN as well");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ok_if(unknown(WIRE_MANY, cases[i].request), "%s: UNKNOWN", cases[i].rule);
    fill_frame(1);
    fill_frame(2);
    uint8_t reads[] = {2, 4, 2, 1, 1, 4, 2, 2, 1};
    const uint8_t *answer = ask(WIRE_MANY, reads, sizeof reads, &type, &length);
    ok_if(type == 0x8a && answer[0] == 1 && length == 1 + 2 + 1 + 2 + 1024 * 6,
          "and up to where the answer is full");
}

static void test_leave(void)
{
    fixture_start();
    ok_if(unknown(WIRE_LEAVE, "00") && !fake.leaves, "LEAVE asks nothing");
    ok_if(answers(WIRE_LEAVE, "", 0x89, "") && fake.leaves == 1, "LEAVE answers, then leaves");
}

int main(void)
{
    test_without_vmm("before the first RESET");
    test_hello();
    test_compare();
    test_compare_full();
    test_reset();
    test_read();
    test_regions();
    test_frames();
    test_names();
    test_invariant();
    test_unknown();
    test_many();
    test_leave();
    return tap_done();
}
