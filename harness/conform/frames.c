/* frames.c: HELLO; frames that are damaged, repeated, long; requests that cannot be. */
#include "../case/case.h"
#include "conform_private.h"
#include <string.h>

static struct bytes bytes;
static struct got got, first;

/* READ of no frames: a request that any agent can answer, at any time. */
static struct payload nothing(void)
{
    struct payload p = {.length = 0};
    put(&p, 0);
    put(&p, 0);
    return p;
}

/* RUN, without flags, of one operation. */
static struct payload run_of(const struct op *op)
{
    struct payload p = {.length = 0};
    put_octet(&p, 0);
    put(&p, 1);
    put_op(&p, op);
    return p;
}

static struct payload create(uint8_t s)
{
    return run_of(&(struct op){.code = OP_CREATE, .s = s, .expect = OP_EXPECT_NOTHING});
}

/* ---- HELLO. ---- */

static bool hello(struct conform *c, struct hello *said)
{
    struct payload p = {.length = 0};
    struct wire_reader r;
    put(&p, WIRE_VERSION);
    return ask(c, WIRE_HELLO, &p, &r) &&
           hello_read(said, r.at, (size_t)(r.end - r.at), c->why, sizeof c->why);
}

bool is_there(struct conform *c)
{
    static struct hello again;
    return hello(c, &again);
}

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

bool check_hello(struct conform *c)
{
    enum { SLOTS_ASKED = 16 };
    if (!hello(c, &c->hello))
        return false;
    c->frames = least(c->hello.free_frames, FRAMES_MOST);
    c->slots = least(c->hello.slots, SLOTS_ASKED);
    if (!hello_design(&c->hello, c->design, c->choices, &c->axes, c->why, sizeof c->why))
        return false;
    return world_make(c, &c->told) && world_make(c, &c->seen) && world_make(c, &c->fresh);
}

bool check_hello_again(struct conform *c)
{
    struct hello again;
    memset(&again, 0, sizeof again);
    if (!hello(c, &again))
        return false;
    return (again.features == c->hello.features && again.user_pdes == c->hello.user_pdes &&
            again.free_first == c->hello.free_first && again.free_frames == c->hello.free_frames &&
            again.device_first == c->hello.device_first &&
            again.device_frames == c->hello.device_frames && again.slots == c->hello.slots &&
            again.mailbox == c->hello.mailbox && strcmp(again.name, c->hello.name) == 0 &&
            strcmp(again.designs, c->hello.designs) == 0) ||
           wrong(c, "two HELLOs say two things of the machine");
}

/* ---- Frames. ---- */

/* Sends READ of nothing after the bytes, which must be answered, and nothing more than that. */
static bool answers_then(struct conform *c, uint8_t sequence)
{
    struct payload p = nothing();
    bytes.count = 0;
    add_frame(&bytes, WIRE_READ, sequence, &p);
    return send_bytes(c, &bytes) && next_answer(c, &got, WIRE_READ | WIRE_ANSWER, sequence) &&
           no_frame(c);
}

bool check_noise(struct conform *c)
{
    static const uint8_t noise[] = {'n',         'o',  0,        WIRE_ESCAPE,
                                    WIRE_ESCAPE, 0xff, WIRE_END, WIRE_END};
    uint8_t sequence = quiet(c);
    bytes.count = 0;
    for (size_t i = 0; i < sizeof noise; i++)
        add_byte(&bytes, noise[i]);
    return send_bytes(c, &bytes) && answers_then(c, sequence);
}

/* A bit of the payload is another; the checksum is not. */
bool check_damage(struct conform *c)
{
    enum { PAYLOAD_AT = 1 + WIRE_HEADER_BYTES };
    struct payload p = nothing();
    uint8_t sequence = quiet(c) & 0x3f; /* nothing in front of the payload is escaped */
    c->line->sequence = sequence;
    bytes.count = 0;
    add_frame(&bytes, WIRE_READ, sequence, &p);
    bytes.at[PAYLOAD_AT] ^= 1;
    return send_bytes(c, &bytes) && next_refused(c) && no_frame(c) && answers_then(c, sequence);
}

/* The checksum is right. */
bool check_wrong_length(struct conform *c)
{
    static const uint8_t content[] = {WIRE_READ, 1, 3, 0, 0, 0};
    uint32_t crc = frame_crc(0, content, sizeof content);
    uint8_t sequence = quiet(c);
    bytes.count = 0;
    add_byte(&bytes, WIRE_START);
    for (size_t i = 0; i < sizeof content; i++)
        add_byte(&bytes, content[i]);
    for (unsigned i = 0; i < WIRE_CRC_BYTES; i++)
        add_byte(&bytes, (uint8_t)(crc >> 8 * i));
    add_byte(&bytes, WIRE_END);
    return send_bytes(c, &bytes) && next_refused(c) && answers_then(c, sequence);
}

bool check_cut_off(struct conform *c)
{
    enum { HALF = 5 };
    struct payload p = nothing();
    uint8_t sequence = quiet(c);
    bytes.count = 0;
    add_frame(&bytes, WIRE_READ, sequence, &p);
    bytes.count = HALF;
    add_frame(&bytes, WIRE_READ, sequence, &p);
    return send_bytes(c, &bytes) && next_refused(c) &&
           next_answer(c, &got, WIRE_READ | WIRE_ANSWER, sequence) && no_frame(c);
}

bool check_starts(struct conform *c)
{
    struct payload p = nothing();
    uint8_t sequence = quiet(c);
    bytes.count = 0;
    add_byte(&bytes, WIRE_START);
    add_byte(&bytes, WIRE_START);
    add_frame(&bytes, WIRE_READ, sequence, &p);
    return send_bytes(c, &bytes) && next_answer(c, &got, WIRE_READ | WIRE_ANSWER, sequence) &&
           no_frame(c);
}

/* ---- Repetition. ---- */

static bool exchange(struct conform *c, uint8_t type, uint8_t sequence, const struct payload *p,
                     struct got *answer)
{
    bytes.count = 0;
    add_frame(&bytes, type, sequence, p);
    return send_bytes(c, &bytes) && next_answer(c, answer, type | WIRE_ANSWER, sequence);
}

/* The status of the one operation of a RUN without flags. */
static bool status_is(struct conform *c, const struct got *answer, bool ok, const char *what)
{
    bool good = answer->length == 2 && answer->payload[0] == 1;
    if (!good)
        return wrong(c, "%s: the answer is not one record of a status", what);
    return (answer->payload[1] == STATUS_OK) == ok ||
           wrong(c, "%s: expected %s, actual status %u", what, ok ? "OK" : "an error",
                 answer->payload[1]);
}

/* A space can be made only once. */
bool check_repetition(struct conform *c)
{
    struct payload p = create(0);
    if (!reset(c))
        return false;
    uint8_t sequence = quiet(c);
    if (!exchange(c, WIRE_RUN, sequence, &p, &first) ||
        !status_is(c, &first, true, "create s0 after a RESET") ||
        !exchange(c, WIRE_RUN, sequence, &p, &got))
        return false;
    if (got.length != first.length || memcmp(got.payload, first.payload, got.length) != 0)
        return wrong(c, "a repeated request has another answer: it was done again");
    sequence = quiet(c);
    return exchange(c, WIRE_RUN, sequence, &p, &got) &&
           status_is(c, &got, false, "create s0 once more, with another sequence number");
}

/* With the sequence number of the one before, but not its type. */
bool check_other_type(struct conform *c)
{
    struct payload p = create(0), none = nothing();
    if (!reset(c))
        return false;
    uint8_t sequence = quiet(c);
    return exchange(c, WIRE_READ, sequence, &none, &first) &&
           exchange(c, WIRE_RUN, sequence, &p, &got) &&
           status_is(c, &got, true, "create s0 with the number of a READ");
}

bool check_forgets(struct conform *c)
{
    struct payload p = create(0), version = {.length = 0};
    if (!reset(c))
        return false;
    uint8_t sequence = quiet(c);
    put(&version, WIRE_VERSION);
    return exchange(c, WIRE_RUN, sequence, &p, &first) &&
           status_is(c, &first, true, "create s0 after a RESET") &&
           exchange(c, WIRE_HELLO, sequence, &version, &got) &&
           exchange(c, WIRE_RUN, sequence, &p, &got) &&
           status_is(c, &got, false, "the same request after a HELLO");
}

/* ---- What is long, and what cannot be. ---- */

/* Writes to a space that does not exist, of words whose bytes must be escaped. */
bool check_longest(struct conform *c)
{
    static const struct op op = {
        .code = OP_WRITE, .s = 9, .va = 0xc1000000, .x = 0xc0dbc1c0, .expect = OP_EXPECT_NOTHING};
    struct payload one = {.length = 0}, p = {.length = 0};
    struct wire_reader r;
    put_op(&one, &op);
    uint32_t count = (uint32_t)((WIRE_PAYLOAD_MAX - 1 - WIRE_NUMBER_BYTES) / one.length);
    count = least(count, WIRE_OPS_MAX);
    put_octet(&p, 0);
    put(&p, count);
    for (uint32_t i = 0; i < count; i++)
        put_op(&p, &op);
    if (!reset(c) || !ask(c, WIRE_RUN, &p, &r))
        return false;
    uint32_t done = wire_number(&r);
    for (uint32_t i = 0; i < done && !r.bad; i++)
        if (wire_byte(&r) != STATUS_BAD_SLOT || wire_byte(&r) != 0)
            return wrong(c,
                         "operation %u of %u on s9, which does not exist: expected BAD_SLOT "
                         "and no page fault",
                         (unsigned)i + 1, (unsigned)count);
    if (done != count)
        return wrong(c, "%zu bytes of operations: expected %u done, actual %u", p.length,
                     (unsigned)count, (unsigned)done);
    return complete(c, &r, "RUN");
}

bool check_unknown_type(struct conform *c)
{
    enum { NO_TYPE = 0x7f };
    uint8_t sequence = quiet(c);
    bytes.count = 0;
    add_frame(&bytes, NO_TYPE, sequence, NULL);
    return send_bytes(c, &bytes) && next_answer(c, &got, WIRE_UNKNOWN, sequence) && no_frame(c);
}

bool check_bad_payloads(struct conform *c)
{
    static const struct {
        const char *what;
        enum wire_type type;
        uint8_t length, bytes[8];
    } bad[] = {
        {"READ with one number", WIRE_READ, 1, {0}},
        {"READ with three numbers", WIRE_READ, 3, {0, 0, 0}},
        {"a number in more bytes than it takes", WIRE_READ, 3, {0x80, 0x00, 0}},
        {"a number of more than 32 bits", WIRE_READ, 6, {0xff, 0xff, 0xff, 0xff, 0x1f, 0}},
        {"a number that is cut off", WIRE_READ, 2, {0, 0x80}},
        {"READ outside of memory", WIRE_READ, 6, {0xff, 0xff, 0xff, 0xff, 0x0f, 1}},
        {"READ whose end is past 2^32", WIRE_READ, 6, {1, 0xff, 0xff, 0xff, 0xff, 0x0f}},
        {"FRAMES outside of memory", WIRE_FRAMES, 6, {0xff, 0xff, 0xff, 0xff, 0x0f, 1}},
        {"NAMES of 17 spaces", WIRE_NAMES, 2, {17, 0}},
        {"NAMES of 17 segments", WIRE_NAMES, 2, {0, 17}},
        {"REGIONS of s16", WIRE_REGIONS, 2, {16, 0}},
        {"REGIONS of page 2^20", WIRE_REGIONS, 4, {0, 0x80, 0x80, 0x40}},
        {"INVARIANT with a payload", WIRE_INVARIANT, 1, {0}},
        {"RUN with a flag that is none", WIRE_RUN, 2, {0x80, 0}},
        {"RUN of fewer operations than it says", WIRE_RUN, 2, {0, 1}},
        {"RUN of s16", WIRE_RUN, 4, {0, 1, OP_CREATE, 16}},
    };
    if (!reset(c))
        return false;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct payload p = {.length = bad[i].length};
        memcpy(p.bytes, bad[i].bytes, p.length);
        if (!ask_in_vain(c, bad[i].type, &p, bad[i].what))
            return false;
    }
    return true;
}
