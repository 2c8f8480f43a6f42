/* agent_see_test.c: what RUN tells of an operation's effects: with SEE, MEMORY and WITNESS. */
#include "agent_fixture.h"

enum { TABLE_STATE = 2, DIRECTORY_STATE = 3 };

static bool runs(const char *request, const char *answer)
{
    return answers(WIRE_RUN, request, 0x83, answer);
}

static void set_frame(uint32_t pfn, uint32_t state, uint32_t refs)
{
    fake.state[pfn] = state;
    fake.refs[pfn] = refs;
    agent_frame_changed(pfn);
}

static void creates(const struct op *op, struct agent_outcome *outcome)
{
    (void)outcome;
    set_frame(3, 1, 0);
    set_frame(3, DIRECTORY_STATE, 0); /* told once, as it is in the end */
    fake.directory[op->s] = 3;
    fake.pools[0] = 9;
    fake.memory[3][768] = 0x1003;
}

static void takes(const struct op *op, struct agent_outcome *outcome)
{
    (void)op;
    (void)outcome;
    fake.pools[1] += 100;
    fake.pools[5] -= 0x80000000;
}

static void switches(const struct op *op, struct agent_outcome *outcome)
{
    (void)outcome;
    fake.cr3 = fake.directory[op->s];
}

static void fails(const struct op *op, struct agent_outcome *outcome)
{
    (void)op;
    outcome->status = STATUS_NO_MEMORY;
}

static void test_see(void)
{
    fixture_start();
    fake.effect = creates;
    ok_if(runs("01 01 00 01", "01 00 1e 01 01 01 03 03 03 00"),
          "create: pools, the frame, the directory's name, no regions");
    fake.effect = NULL;
    ok_if(runs("01 01 10 01", "01 00 00"), "what did not change is not told");
    fake.effect = switches;
    ok_if(runs("01 02 02 01 02 01", "02 00 01 03 00 00"), "switch: CR3, once");
    fake.cr3 = 1;
    ok_if(answers(WIRE_NAMES, "00 00", 0x87, "00 00 01 09 0b 0c 0d 0e 0f") &&
              runs("01 01 12", "01 00 00"),
          "what NAMES told is not told again");
    fake.effect = takes;
    ok_if(runs("01 01 10 01", "01 00 02 22 c8 01 ff ff ff ff 0f"),
          "pools are told by how far they went, up or down");
    fake.segment[2] = 300;
    fake.effect = NULL;
    ok_if(runs("01 01 04 02 01", "01 00 08 ac 02"), "segment: its name");
    fake.directory[4] = 6;
    ok_if(runs("01 01 03 01 04", "01 00 18 06 00"), "fork: the new space's directory");
    fake.effect = fails;
    ok_if(runs("01 03 00 01 04 02 01 08 00 01 01", "03 01 00 01 00 01 10 00"),
          "a failed operation has no name; one that ran out of memory tells the regions");
    ok_if(runs("01 02 06 00 01 01 02 00 10 01", "01 01 00 00"),
          "not where `any` would have been: all that was done is told, and the rig may look");
    fake.effect = creates;
    fake.op_count = 0;
    fixture_start();
    fake.effect = NULL;
    ok_if(runs("01 01 10 01", "01 00 00"), "after a RESET, what it told is known");
}

static void maps(const struct op *op, struct agent_outcome *outcome)
{
    if (op->flags & OP_ANY)
        outcome->va = 0x5000;
}

static void test_regions(void)
{
    fixture_start();
    fake.directory[0] = 5;
    fake.effect = maps;
    for (uint32_t i = 0; i < 5; i++) /* pages 2 3, 4, 5 6, 7, and 9 */
        fake.regions[i] = (struct agent_region){.first = (uint32_t[]){2, 4, 5, 7, 9}[i],
                                                .last = (uint32_t[]){3, 4, 6, 7, 9}[i]};
    fake.region_count = 5;
    ok_if(runs("01 01 06 00 01 02 02 00", "01 00 0a 10 03 08 00 00 00 01 00 00 00 00"),
          "map: the regions from the page before to the page after");
    ok_if(runs("01 01 08 00 03 01", "01 00 10 02 04 01 00 00 00 00"), "unmap");
    ok_if(runs("01 01 09 00 08 01 01", "01 00 10 02 0e 00 00 02 00 00"), "protect");
    ok_if(runs("01 01 07 00 0a 01 00", "01 00 00 10 01 12 00 00"), "map_device");
    ok_if(runs("01 01 08 00 00 ff ff ff ff 0f",
               "01 00 10 05 04 01 00 00 00 00 00 01 00 00 00 00 02 00 00"),
          "a range without end");
    fake.region_count = 0;
    ok_if(runs("01 01 08 00 03 01", "01 00 10 00"), "there may be none");

    char sixteen[200] = "01 00 10 10";
    for (uint32_t i = 0; i < 17; i++)
        fake.regions[i] = (struct agent_region){.first = 2 + 2 * i, .last = 2 + 2 * i};
    fake.region_count = 17;
    for (uint32_t i = 0, used = 11; i < 16; i++)
        used += (uint32_t)sprintf(sixteen + used, " %02x 00 00", i ? 2u : 4u);
    ok_if(runs("01 02 08 00 01 30 10 01", sixteen), "after sixteen the rig may ask for the rest");
}

static void writes_table(const struct op *op, struct agent_outcome *outcome)
{
    (void)op;
    (void)outcome;
    fake.memory[3][0] = 0x4067;
    fake.memory[3][1023] = 0x80;
}

static void recounts_table(const struct op *op, struct agent_outcome *outcome)
{
    (void)op;
    (void)outcome;
    set_frame(3, DIRECTORY_STATE, 1);
    fake.memory[3][9] = 9;
}

static void makes_page(const struct op *op, struct agent_outcome *outcome)
{
    (void)op;
    (void)outcome;
    set_frame(5, 1, 1);
    fake.memory[5][2] = 7;
}

static void frees_directory(const struct op *op, struct agent_outcome *outcome)
{
    (void)op;
    (void)outcome;
    set_frame(3, 0, 0);
    fake.memory[3][5] = 5;
}

static void test_memory(void)
{
    fixture_start();
    fake.effect = creates;
    ok_if(runs("03 01 00 01", "01 00 1e 01 01 01 03 03 01 0b 80 06 03 03 00"),
          "a new directory is told with its words");
    fake.effect = writes_table;
    ok_if(runs("03 02 10 01 10 01", "02 00 20 01 03 02 21 67 1f fe 07 80 01 00 00"),
          "words that change in it are told, once");
    fake.effect = recounts_table;
    ok_if(runs("03 01 10 01", "01 00 24 01 03 07 00 01 03 01 03 09 09"),
          "of a table that was told already, only those");
    fake.memory[3][9] = 0;
    fake.effect = NULL;
    ok_if(runs("03 01 10 01", "01 00 20 01 03 01 02 09"), "... whatever they are");
    fake.effect = makes_page;
    ok_if(runs("03 01 10 01", "01 00 04 01 05 05 01 03 02 07"), "a page is told with its words");
    fake.memory[5][2] = 8;
    fake.effect = NULL;
    ok_if(runs("03 01 10 01", "01 00 00"), "pages are not watched");

    fake.memory[3][0] = 0x4007; /* directory: table 4, which maps page 1 to frame 5 */
    fake.memory[4][1] = 0x5007;
    ok_if(runs("03 01 10 01", "01 00 20 01 03 01 21 07"), "also what no operation changed");
    ok_if(runs("03 01 0b 01 81 80 80 04 07", "01 00 00 20 01 05 01 03 02 08"),
          "a write: the word where the tables say it is");
    ok_if(runs("03 01 0d 01 81 80 80 04 07", "01 00 20 01 05 01 03 02 08"), "a copy_out");
    fake.effect = fails;
    ok_if(runs("03 01 0b 01 81 80 80 04 07", "01 01 00 00"), "not when it failed");
    fake.effect = NULL;
    fake.memory[4][1] = 0x5006;
    ok_if(runs("03 01 0d 01 81 80 80 04 07", "01 00 00"), "nor when the page is not there");
    fake.memory[4][1] = 0xfffff007;
    ok_if(runs("03 01 0d 01 81 80 80 04 07", "01 00 20 01 ff ff 3f 01 02 02"),
          "a frame outside of memory is not looked at");

    fake.effect = frees_directory;
    ok_if(runs("03 02 01 01 10 01", "02 00 04 01 03 00 00 04 01 03 00"),
          "a freed directory is told without words, and not watched");
}

static void fills_page(const struct op *op, struct agent_outcome *outcome)
{
    makes_page(op, outcome);
    fill_frame(5);
    fake.memory[3][9] = 9;
}

static void test_overflow(void)
{
    fixture_start();
    fake.effect = creates;
    ok_if(runs("01 01 00 01", "01 00 1e 01 01 01 03 03 03 00") && runs("03 02 12 12", "01 00 80") &&
              runs("03 02 12 12", "02 00 00 00 00"),
          "after an operation without MEMORY, the first with it tells to look at everything");
    fake.effect = writes_table;
    ok_if(runs("03 01 10 01", "01 00 20 01 03 02 21 67 1f fe 07 80 01"),
          "and knows from then on what was seen");
    fake.effect = fills_page;
    fake.op_count = 0;
    ok_if(runs("03 03 10 01 10 01 10 01", "01 00 a4 01 05 05 00 01 03 01 03 09 09") &&
              fake.op_count == 1,
          "words that do not fit are not told, but that they are not; and RUN stops");
    fixture_start();
    fake.memory[7][1] = 1;
    fake.effect = writes_table;
    ok_if(runs("03 01 10 01", "01 00 00"), "a RESET starts anew");
}

static void changes_many(const struct op *op, struct agent_outcome *outcome)
{
    (void)outcome;
    for (uint32_t pfn = 0; pfn < op->x; pfn++)
        agent_frame_changed(pfn % FRAMES); /* each many times */
}

static void test_changed(void)
{
    fixture_start();
    fake.effect = changes_many;
    ok_if(runs("01 01 11 80 08 00", "01 00 04 0a 00 00 01 00 02 00 03 00 04 00"
                                    "05 00 06 00 07 00 08 00 09 00"),
          "a frame that changes often is told once");
}

static void makes_tables(const struct op *op, struct agent_outcome *outcome)
{
    (void)outcome;
    for (uint32_t pfn = 0; pfn < op->x; pfn++)
        set_frame(10 + pfn, TABLE_STATE, 0);
}

/* Counts and tables beyond what the agent keeps; of a kernel with more frames. */
static void test_limits(void)
{
    uint8_t payload[] = {3, 1, 0x11, 0, 0}, type;
    size_t length;

    fixture_start();
    fake_facts.free_frames = 240;
    fake_facts.device_first = FRAMES_BIG - 2;
    ok_if(answers(WIRE_RESET, "f0 01 00 08 02 03 00", 0x82, "00 01 fe 07 80 08 0a 0b 0c 0d 0e 0f"),
          "a kernel with 240 frames");
    fake.effect = makes_tables;
    payload[3] = 64;
    const uint8_t *answer = ask(WIRE_RUN, payload, 5, &type, &length);
    ok_if(type == 0x83 && answer[2] == WIRE_SEEN_FRAMES && answer[3] == 64,
          "64 tables are told and watched");
    fake.memory[73][9] = 1;
    ok_if(runs("03 01 12", "01 00 20 01 49 01 03 09 01"), "the last of them as well");
    payload[3] = 65;
    answer = ask(WIRE_RUN, payload, 5, &type, &length);
    ok_if(answer[2] == (WIRE_SEEN_FRAMES | WIRE_SEEN_OVERFLOW) && answer[3] == 65,
          "65 are told, and that they are too many to watch");
    ok_if(runs("03 02 12 12", "01 00 80"), "and again, as long as they are");
    fake.state[20] = 0;
    ok_if(runs("03 02 12 12", "01 00 80") && runs("03 02 12 12", "02 00 00 00 00"),
          "no longer when one is freed");

    fake.effect = makes_tables;
    uint8_t more[] = {1, 1, 0x11, 0x80, 1, 0};
    answer = ask(WIRE_RUN, more, sizeof more, &type, &length);
    ok_if(answer[2] == WIRE_SEEN_FRAMES && answer[3] == 0x80 && answer[4] == 1,
          "128 changed frames are told");
    more[3] = 0x81;
    answer = ask(WIRE_RUN, more, sizeof more, &type, &length);
    ok_if(answer[2] == (WIRE_SEEN_FRAMES | WIRE_SEEN_OVERFLOW) && answer[3] == 0x80 &&
              answer[4] == 1,
          "of 129, 128, and that there were more");
    uint8_t brief[] = {9, 3, 0x11, 0x81, 1, 0, 0x11, 0, 0, 0x11, 0, 0};
    answer = ask(WIRE_RUN, brief, sizeof brief, &type, &length);
    ok_if(length == 7 && !memcmp(answer, "\3\0\0\0\x04\x8a\1", 7),
          "with BRIEF, at last the highest of them, 138");
    fake_facts.free_frames = FREE_FRAMES;
    fake_facts.device_first = DEVICE_FIRST;
}

/* What the next operation does to the entry of a page, and to what the processor allows of it. */
static struct {
    uint32_t page, entry, access;
} narrowed;

static void narrows(const struct op *op, struct agent_outcome *outcome)
{
    (void)outcome;
    if (op->code == OP_DISCARD)
        fake.cr3 = 9;
    if (narrowed.page) {
        fake.memory[5][narrowed.page] = narrowed.entry;
        fake.access[narrowed.page] = narrowed.access;
    }
}

/* Pages 4 and 5, writable, and 6, read-only, are in frames 6, 7 and 8. */
static void map_witnesses(void)
{
    fixture_start();
    fake.directory[0] = 1;
    fake.directory[1] = 7;
    fake.memory[1][0] = 0x5007;
    for (uint32_t page = 4; page <= 6; page++) {
        fake.memory[5][page] = (page + 2) << 12 | (page == 6 ? 5 : 7);
        fake.access[page] = page == 6 ? 1 : 3;
        fake.memory[page + 2][0] = 0x100 * page;
    }
    fake.effect = narrows;
}

static bool touched(uint32_t count, const uint32_t *touches)
{
    bool same = fake.touch_count == count && (!count || !memcmp(fake.touches, touches, count * 4));
    for (uint32_t i = 0; !same && i < fake.touch_count; i++)
        printf("# touched %x\n", fake.touches[i]);
    fake.touch_count = 0;
    return same;
}

/* A processor that has flushed, and one that has not, of a page that an operation changes. */
static void test_stale(void)
{
    static const struct {
        const char *change;
        uint32_t page, entry, right, stale, word; /* right, stale: what the processor allows */
    } changes[] = {
        {"made read-only", 4, 0x6005, 1, 3, 0x400},
        {"removed", 4, 0, 0, 3, 0x400},
        {"no longer the user's", 4, 0x6003, 0, 1, 0x400},
        {"read-only, and removed", 6, 0, 0, 1, 0x600},
        {"moved to a frame with another word", 4, 0x9007, 0, 3, 0x999},
    };
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        for (int stale = 0; stale < 2; stale++) {
            map_witnesses();
            fake.memory[9][0] = changes[i].word;
            narrowed.page = changes[i].page;
            narrowed.entry = changes[i].entry;
            narrowed.access = stale ? changes[i].stale : changes[i].right;
            const char *tells = !stale               ? "01 00 10 00"
                                : narrowed.page == 4 ? "01 00 50 00 01 04"
                                                     : "01 00 50 00 01 06";
            ok_if(runs("05 01 09 00 04 03 01", tells), "a page that is %s: %s", changes[i].change,
                  stale ? "it is told where nothing was flushed" : "nothing is told");
        }
    }
    map_witnesses();
    narrowed.entry = 0x9007;
    fake.memory[9][0] = 0x400;
    ok_if(runs("05 01 09 00 04 03 01", "01 00 10 00"), "the same word in another frame is no sign");
    narrowed.page = 0;
}

static void test_witness(void)
{
    map_witnesses();
    ok_if(runs("05 01 09 00 04 03 01", "01 00 10 00") && touched(2, (uint32_t[]){0x4001, 0x6000}),
          "the first and the last page of a range are touched before, as their tables allow");
    narrowed.page = 4;
    narrowed.entry = 0x6005;
    narrowed.access = 1;
    ok_if(runs("05 01 09 00 04 03 01", "01 00 10 00") &&
              touched(4, (uint32_t[]){0x4001, 0x6000, 0x4000, 0x4001}),
          "one that is narrowed is touched after: by a read, and by a write if that was possible");
    narrowed.page = 0;
    ok_if(runs("05 01 0e 00 07", "01 00 00") && touched(0, NULL), "none that is not present");
    ok_if(runs("05 01 08 01 04 01", "01 00 10 00") && touched(0, NULL),
          "another space's pages are not touched");
    ok_if(runs("05 01 08 00 80 80 30 01", "01 00 10 00") && touched(0, NULL), "nor the kernel's");
    ok_if(runs("05 02 0a 00 85 80 80 04 0a 00 86 80 80 06", "02 00 00 00 00 00 00 00 00") &&
              touched(3, (uint32_t[]){0x5009, 0x5009, 0x600c}),
          "a read's page");
    ok_if(runs("05 01 10 00", "01 00 00") && touched(2, (uint32_t[]){0x600c, 0x5009}),
          "the pages that programs accessed last");
    ok_if(runs("05 01 02 00", "01 00 00") && touched(0, NULL), "a switch takes nothing away");
    fake.access[5] = 0;
    narrowed.page = 5;
    narrowed.entry = 0;
    ok_if(runs("05 01 0f 00", "01 00 01 09") && touched(2, (uint32_t[]){0x600c, 0x5009}),
          "after a change of CR3 nothing is touched, nor told");
    narrowed.page = 0;
    fake.cr3 = 1;
    ok_if(runs("01 01 10 00", "01 00 01 01") && runs("04 01 10 00", "01 00") && touched(0, NULL),
          "without WITNESS, or without SEE, nothing is touched");
}

static void creates_and_fails(const struct op *op, struct agent_outcome *outcome)
{
    if (op->code == OP_CREATE)
        creates(op, outcome);
    else
        fails(op, outcome);
}

static void writes_hidden(const struct op *op, struct agent_outcome *outcome)
{
    (void)op;
    outcome->hidden = 9;
    fake.memory[9][4] = 5;
}

static void test_brief(void)
{
    fixture_start();
    fake.effect = creates_and_fails;
    ok_if(runs("09 02 00 01 08 00 01 01", "02 18 01 01 03 01 04 03"),
          "BRIEF: pools and names in the records; frames once, after the last");
    fake.effect = switches;
    ok_if(runs("0b 02 02 01 02 01", "02 00 00 01 03"), "CR3 as well; MEMORY means nothing");
    ok_if(runs("09 00", "00 00"), "and after none");
    fake.effect = writes_hidden;
    ok_if(runs("01 01 0d 00 82 80 80 08 05", "01 00 20 01 09 01 03 04 05"),
          "what copy_out wrote to a page that no table shows is told");
}

int main(void)
{
    test_see();
    test_regions();
    test_memory();
    test_overflow();
    test_changed();
    test_limits();
    test_witness();
    test_stale();
    test_brief();
    return tap_done();
}
