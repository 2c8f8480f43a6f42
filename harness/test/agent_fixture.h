/* agent_fixture.h: a kernel that only pretends, for the tests of kernel/agent, and the rig's side
 * of a line to it.
 *
 *     frame     0 1      2 ... 7       8 9
 *               other    the VMM's     device
 *
 * Frames on the line are made and taken apart by code of the fixture's own.  What operations do is
 * up to the test: fake.effect. */
#ifndef AGENT_FIXTURE_H
#define AGENT_FIXTURE_H

#include "../../kernel/agent/agent.h"
#include "../lib/tap.h"
#include <stdlib.h>
#include <string.h>

enum {
    FREE_FIRST = 2,
    FREE_FRAMES = 6,
    DEVICE_FIRST = 8,
    DEVICE_FRAMES = 2,
    FRAMES = 10,
    FRAMES_BIG = 250
};
enum { FAKE_OPS_MAX = 4096, FAKE_TOUCHES_MAX = 64, LINE_MAX = 1 << 16 };

struct fake {
    /* What the kernel shows. */
    uint32_t memory[FRAMES_BIG][1024];
    uint32_t state[FRAMES_BIG], refs[FRAMES_BIG];
    uint32_t directory[OP_SLOTS], segment[OP_SLOTS], cr3, pools[WIRE_POOLS];
    struct agent_region regions[32]; /* of space 0 */
    uint32_t region_count;
    const char *refusal, *wrong;
    uint8_t access[FRAMES]; /* of a page number: 1 readable, 2 writable */

    /* What it was told. */
    void (*effect)(const struct op *op, struct agent_outcome *outcome);
    struct op ops[FAKE_OPS_MAX];
    uint32_t op_count, resets, leaves, idles;
    struct agent_reset reset;
    uint8_t design[8];
    uint32_t touches[FAKE_TOUCHES_MAX], touch_count; /* address, + 1: a write */

    /* The line, from the rig and from the agent. */
    uint8_t input[LINE_MAX], output[LINE_MAX];
    size_t input_from, input_to, output_count;
    uint8_t sequence;
};

static struct fake fake;

static int fake_get(void)
{
    return fake.input_from < fake.input_to ? fake.input[fake.input_from++] : -1;
}

static void fake_put(uint8_t byte)
{
    if (fake.output_count < LINE_MAX)
        fake.output[fake.output_count++] = byte;
}

static void fake_idle(uint32_t times)
{
    (void)times;
    fake.idles++;
}

static const char *fake_reset(const struct agent_reset *reset, struct agent_world *world)
{
    fake.resets++;
    fake.reset = *reset;
    memcpy(fake.design, reset->design, reset->axes < 8 ? reset->axes : 8);
    *world = (struct agent_world){.boot_directory = 1, .own_from = 1022, .own_to = 1024};
    return fake.refusal;
}

static void fake_run(const struct op *op, struct agent_outcome *outcome)
{
    if (fake.op_count < FAKE_OPS_MAX)
        fake.ops[fake.op_count] = *op;
    fake.op_count++;
    if (fake.effect)
        fake.effect(op, outcome);
}

static uint32_t fake_directory(uint32_t s)
{
    return fake.directory[s];
}

static uint32_t fake_segment(uint32_t g)
{
    return fake.segment[g];
}

static bool fake_region(uint32_t s, uint32_t vpn, struct agent_region *region)
{
    if (s != 0) /* only a space that exists may be asked for, and only one has regions */
        return false;
    for (uint32_t i = 0; i < fake.region_count; i++) {
        if (fake.regions[i].last >= vpn) {
            *region = fake.regions[i];
            return true;
        }
    }
    return false;
}

static uint32_t fake_frame(uint32_t pfn, uint32_t *refs)
{
    *refs = fake.refs[pfn];
    return fake.state[pfn];
}

static void fake_pools(uint32_t free[WIRE_POOLS])
{
    memcpy(free, fake.pools, sizeof fake.pools);
}

static const char *fake_invariant(void)
{
    return fake.wrong;
}

static uint32_t fake_cr3(void)
{
    return fake.cr3;
}

/* With words that take as many bytes as words can. */
static inline void fill_frame(uint32_t pfn)
{
    for (uint32_t i = 0; i < 1024; i++)
        fake.memory[pfn][i] = i % 2 ? 0x80 : 0xffffffff;
}

/* A window: the words are gone at the next call. */
static const uint32_t *fake_peek(uint32_t pfn)
{
    static uint32_t window[1024];
    if (pfn >= FRAMES_BIG)
        abort();
    memcpy(window, fake.memory[pfn], sizeof window);
    return window;
}

static bool fake_touch(uint32_t va, bool write, uint32_t *word)
{
    uint32_t page = va >> 12;
    if (fake.touch_count < FAKE_TOUCHES_MAX)
        fake.touches[fake.touch_count] = va | write;
    fake.touch_count++;
    if (page >= FRAMES || !(fake.access[page] & (write ? 2 : 1)))
        return false;
    *word = 0x100 * page + va % 4096;
    return true;
}

static void fake_leave(void)
{
    fake.leaves++;
}

static struct agent_facts fake_facts = {
    .name = "fake",
    .designs = "a=x,y b=z",
    .features = WIRE_HAS_TOUCH,
    .user_pdes = 768,
    .free_first = FREE_FIRST,
    .free_frames = FREE_FRAMES,
    .device_first = DEVICE_FIRST,
    .device_frames = DEVICE_FRAMES,
    .backing_slots = 300,
};

static struct agent_kernel fake_kernel = {
    .facts = &fake_facts,
    .get = fake_get,
    .put = fake_put,
    .idle = fake_idle,
    .reset = fake_reset,
    .run = fake_run,
    .directory = fake_directory,
    .segment = fake_segment,
    .region = fake_region,
    .frame = fake_frame,
    .pools = fake_pools,
    .invariant = fake_invariant,
    .cr3 = fake_cr3,
    .peek = fake_peek,
    .touch = fake_touch,
    .leave = fake_leave,
};

/* ---- Bytes as people write them. ---- */

/* "C0 01 ff" to bytes: two digits each, with any white space between. */
static inline size_t bytes_of(const char *hex, uint8_t *bytes)
{
    size_t count = 0;
    for (; *(hex += strspn(hex, " \n")); hex += 2) {
        char digits[3] = {hex[0], hex[1]}, *end;
        bytes[count++] = (uint8_t)strtoul(digits, &end, 16);
        if (end != digits + 2)
            abort();
    }
    return count;
}

/* Are these the bytes?  Shows both if not. */
static inline bool same_bytes(const uint8_t *bytes, size_t count, const char *hex)
{
    static uint8_t wanted[LINE_MAX];
    size_t wanted_count = bytes_of(hex, wanted);
    if (count == wanted_count && !memcmp(bytes, wanted, count))
        return true;
    printf("# wanted %s\n# got   ", hex);
    for (size_t i = 0; i < count && i < 64; i++)
        printf(" %02x", bytes[i]);
    printf("%s\n", count > 64 ? " ..." : "");
    return false;
}

/* ---- The rig's side of the line. ---- */

static inline uint32_t fixture_crc(const uint8_t *bytes, size_t count)
{
    uint32_t crc = 0xffffffff;
    for (size_t i = 0; i < 8 * count; i++)
        crc = crc >> 1 ^ (((crc ^ bytes[i / 8] >> i % 8) & 1) ? 0xedb88320 : 0);
    return ~crc;
}

/* A frame as it goes over the line; returns its length there. */
static inline size_t make_frame(uint8_t *line, uint8_t type, uint8_t sequence,
                                const uint8_t *payload, size_t length)
{
    static uint8_t content[LINE_MAX];
    uint8_t *to = line;
    content[0] = type;
    content[1] = sequence;
    content[2] = (uint8_t)length;
    content[3] = (uint8_t)(length >> 8);
    if (length)
        memcpy(content + 4, payload, length);
    uint32_t crc = fixture_crc(content, 4 + length);
    for (unsigned i = 0; i < 4; i++)
        content[4 + length + i] = (uint8_t)(crc >> 8 * i);
    *to++ = 0xc0;
    for (size_t i = 0; i < 8 + length; i++) {
        bool special = content[i] == 0xc0 || content[i] == 0xc1 || content[i] == 0xdb;
        if (special)
            *to++ = 0xdb;
        *to++ = special ? content[i] ^ 0x20 : content[i];
    }
    *to++ = 0xc1;
    return (size_t)(to - line);
}

/* Lets the agent have these bytes and do what they say; fake.output is what it sends. */
static inline void send_bytes(const uint8_t *bytes, size_t count)
{
    memcpy(fake.input, bytes, count);
    fake.input_from = 0;
    fake.input_to = count;
    fake.output_count = 0;
    while (agent_turn(&fake_kernel))
        ;
}

/* Takes the next frame out of the output, from *at on; content gets type, sequence, length and
 * payload.  Returns the payload's length, or -1 when there is no whole frame; damage ends the test
 * program, since nothing damages what the agent sends. */
static inline long next_frame(size_t *at, uint8_t *content)
{
    size_t count = 0;
    if (*at == fake.output_count)
        return -1;
    if (fake.output[(*at)++] != 0xc0)
        abort();
    while (*at < fake.output_count && fake.output[*at] != 0xc1) {
        uint8_t byte = fake.output[(*at)++];
        content[count++] = byte == 0xdb ? fake.output[(*at)++] ^ 0x20 : byte;
    }
    size_t length = content[2] | (size_t)content[3] << 8;
    if ((*at)++ == fake.output_count || count != length + 8 ||
        fixture_crc(content, count) != 0x2144df1c)
        abort();
    return (long)length;
}

/* Sends a request and takes its answer: the payload, whose length goes to *length.  The sequence
 * number is the next one, and must be the answer's. */
static inline const uint8_t *ask(uint8_t type, const uint8_t *payload, size_t length,
                                 uint8_t *answer_type, size_t *answer_length)
{
    static uint8_t line[2 * LINE_MAX], content[LINE_MAX];
    size_t at = 0;
    send_bytes(line, make_frame(line, type, ++fake.sequence, payload, length));
    long got = next_frame(&at, content);
    if (got < 0 || at != fake.output_count || content[1] != fake.sequence)
        abort();
    *answer_type = content[0];
    *answer_length = (size_t)got;
    return content + 4;
}

/* Is the answer to a request this? */
static inline bool answers(uint8_t type, const char *request, uint8_t answer_type,
                           const char *answer)
{
    static uint8_t payload[LINE_MAX];
    uint8_t got_type;
    size_t length;
    const uint8_t *got = ask(type, payload, bytes_of(request, payload), &got_type, &length);
    if (got_type != answer_type)
        printf("# wanted type %02x, got %02x\n", answer_type, got_type);
    return same_bytes(got, length, answer) && got_type == answer_type;
}

static inline bool unknown(uint8_t type, const char *request)
{
    return answers(type, request, WIRE_UNKNOWN, "");
}

/* A fake kernel as at boot, and its agent after a RESET, which also makes the next request of any
 * other type a new one.  The END closes a frame that a test may have left open. */
static inline void fixture_start(void)
{
    uint8_t sequence = fake.sequence;
    memset(&fake, 0, sizeof fake);
    fake.sequence = sequence;
    fake.cr3 = 1;
    for (uint32_t i = 0; i < WIRE_POOLS; i++)
        fake.pools[i] = 10 + i;
    send_bytes((const uint8_t *)"\xc1", 1);
    if (!answers(WIRE_RESET, "06 00 08 02 03 02 01 00", 0x82,
                 "00 01 fe 07 80 08 0a 0b 0c 0d 0e 0f"))
        abort();
}

#endif
