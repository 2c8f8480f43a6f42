/* broken_agent.h: an agent with which one thing is wrong, for the tests of conform: in a callback
 * of its kernel (the VMM on the simulated machine, loopback.h), in a request, or in how it speaks
 * on the line, of which it has a half of its own (`struct half`). */
#ifndef BROKEN_AGENT_H
#define BROKEN_AGENT_H

#include "channel_peer.h"
#include "loopback.h"

/* What is wrong; NONE: nothing. */
enum defect {
    NONE,
    /* The line. */
    DAMAGE_IS_NOTHING,
    DAMAGE_IS_GOOD,
    LENGTH_IS_NOTHING,
    REFUSES_BY_NUMBER,
    REFUSES_NOISE,
    REFUSES_STARTS,
    DOES_AGAIN,
    REPEATS_ANY_TYPE,
    HELLO_KEEPS,
    LOSES_LATE_BYTES,
    SILENT_ON_UNKNOWN,
    /* Requests. */
    HELLO_CHANGES,
    HELLO_IS_CUT_OFF,
    TAKES_ANY_PAYLOAD,
    SKIPS_EXTRA_CHOICE,
    KNOWS_NO_EMPTY_RUN,
    RUNS_UP_TO_THE_BAD,
    MANY_RUNS_BEFORE_HELLO,
    MANY_GOES_ON,
    MANY_SAYS_ANOTHER,
    REGIONS_ARE_NEVER_ALL,
    COMPARE_HAS_ANOTHER_REST,
    COMPARE_TELLS_NOTHING,
    BRIEF_HAS_NO_END,
    /* Callbacks. */
    RESET_LEAVES_A_WORD,
    RESET_IS_ANOTHER,
    RESET_KEEPS_A_WORD,
    RESET_TAKES_ANYTHING,
    PEEK_DEPENDS_ON_LOOKS,
    CR3_IS_NOTHING,
    CR3_IS_LATE,
    POOLS_ARE_LATE,
    REGIONS_ARE_SHORT,
    FRAMES_ARE_NOT_TOLD,
    ALL_WORDS_ARE_EQUAL,
    FAULT_IS_ELSEWHERE,
    FAULT_KNOWS_AN_ENTRY,
    RESULT_CHANGES,
    TOUCH_WRITES,
    INVARIANT_FAILS,
    /* The machine. */
    ENDS_IN_A_RUN,
    HANGS_IN_A_RUN,
};

static enum defect defect;

/* ---- The line's other half. ---- */

static struct half {
    int fd;
    bool inside, given;
    uint8_t type, sequence;
    uint8_t answer[1 + WIRE_PAYLOAD_MAX];
    size_t length;
    unsigned hellos, peeks, resets, runs;
    bool running; /* a RUN is being done */
    uint32_t cr3, pools[WIRE_POOLS];
} half;

/* By the agent, as if it had come through a mailbox. */
static void serve(uint8_t type, const uint8_t *payload, size_t length)
{
    half.running = type == WIRE_RUN || type == WIRE_MANY;
    loop_serve(type, payload, length);
    half.running = false;
    memcpy(half.answer, loop.mailbox.answer_bytes, loop.mailbox.answer_length);
    half.length = loop.mailbox.answer_length - 1;
}

static void answer(uint8_t type, size_t length)
{
    half.answer[0] = type;
    half.length = length;
}

static bool is_run_of(const uint8_t *payload, size_t length, uint8_t flags, uint8_t count)
{
    return length >= 2 && payload[0] == flags && payload[1] == count;
}

/* The requests of these defects are those of the checks that are for them. */
static void serve_wrongly(uint8_t type, const uint8_t *payload, size_t length)
{
    static const uint8_t create[] = {0, 1, OP_CREATE, 2}, other[] = {0, 1, OP_CREATE, 3};
    bool was_unknown;
    if (defect == KNOWS_NO_EMPTY_RUN && type == WIRE_RUN && is_run_of(payload, length, 0, 0)) {
        answer(WIRE_UNKNOWN, 0);
        return;
    }
    if (defect == MANY_RUNS_BEFORE_HELLO && type == WIRE_MANY && payload[1] == WIRE_RUN)
        serve(WIRE_RUN, other, sizeof other);
    if (defect == SKIPS_EXTRA_CHOICE && type == WIRE_RESET)
        for (size_t cut = 0; cut < 2; cut++) {
            serve(type, payload, length - cut);
            if (half.answer[0] != WIRE_UNKNOWN)
                return;
        }
    serve(type, payload, length);
    was_unknown = half.answer[0] == WIRE_UNKNOWN;
    if (defect == TAKES_ANY_PAYLOAD && was_unknown && type != WIRE_MANY)
        answer(type | WIRE_ANSWER, 0);
    if (defect == RUNS_UP_TO_THE_BAD && was_unknown && type == WIRE_RUN) {
        serve(WIRE_RUN, create, sizeof create);
        answer(WIRE_UNKNOWN, 0);
    }
    if (was_unknown)
        return;
    if (defect == HELLO_CHANGES && type == WIRE_HELLO)
        half.answer[1 + 8] ^= half.hellos++ & 1;
    if (defect == HELLO_IS_CUT_OFF && type == WIRE_HELLO)
        half.length = 4;
    if (defect == MANY_GOES_ON && type == WIRE_MANY)
        half.answer[1] = 3;
    if (defect == MANY_SAYS_ANOTHER && type == WIRE_MANY)
        half.answer[5] ^= 1;
    if (defect == REGIONS_ARE_NEVER_ALL && type == WIRE_REGIONS)
        half.answer[half.length] = 0;
    if (defect == COMPARE_HAS_ANOTHER_REST && type == WIRE_COMPARE)
        half.answer[half.length] ^= 1;
    if (defect == COMPARE_TELLS_NOTHING && type == WIRE_COMPARE && half.answer[1] != 0) {
        static const uint8_t none[] = {0, 0x80, 0x02, 0};
        memcpy(half.answer + 1, none, sizeof none);
        half.length = sizeof none;
    }
    if (defect == BRIEF_HAS_NO_END && type == WIRE_RUN && payload[0] & WIRE_BRIEF)
        half.length--;
}

static void refuse(uint8_t sequence)
{
    if (defect != DAMAGE_IS_NOTHING)
        peer_send(half.fd, WIRE_REFUSED, defect == REFUSES_BY_NUMBER ? sequence : 0, NULL, 0);
}

static void serve_frame(const struct frame_receiver *request)
{
    bool repeated = half.given && half.sequence == request->sequence &&
                    (half.type == request->type || defect == REPEATS_ANY_TYPE);
    if (request->type == WIRE_HELLO && defect != HELLO_KEEPS)
        half.given = repeated = false;
    if (request->type == WIRE_HELLO && defect == HELLO_KEEPS) {
        loop_serve(WIRE_HELLO, request->payload, request->length);
        peer_send(half.fd, WIRE_HELLO | WIRE_ANSWER, request->sequence,
                  loop.mailbox.answer_bytes + 1, loop.mailbox.answer_length - 1);
        return;
    }
    if (!repeated || defect == DOES_AGAIN)
        serve_wrongly(request->type, request->payload, request->length);
    half.given = true;
    half.type = request->type;
    half.sequence = request->sequence;
    if (defect == REPEATS_ANY_TYPE && repeated)
        half.answer[0] = request->type | WIRE_ANSWER;
    if (defect != SILENT_ON_UNKNOWN || half.answer[0] != WIRE_UNKNOWN)
        peer_send(half.fd, half.answer[0], half.sequence, half.answer + 1, half.length);
}

/* Damage that is taken for good, if there is a header. */
static void take_damaged(const struct frame_receiver *receiver)
{
    size_t around = WIRE_HEADER_BYTES + WIRE_CRC_BYTES;
    bool length_is_right =
        receiver->count >= around && receiver->bytes[2] == receiver->count - around;
    bool takes = defect == DAMAGE_IS_GOOD ? length_is_right
                                          : defect == LENGTH_IS_NOTHING && !length_is_right;
    if (!takes || receiver->count < around) {
        refuse(receiver->bytes[1]);
        return;
    }
    struct frame_receiver good = *receiver;
    good.type = good.bytes[0];
    good.sequence = good.bytes[1];
    good.payload = good.bytes + WIRE_HEADER_BYTES;
    good.length = good.count - around;
    serve_frame(&good);
}

static void take_byte(struct frame_receiver *receiver, uint8_t byte)
{
    enum { LATE = 4000 };
    bool again = byte == WIRE_START && receiver->inside && !receiver->count;
    if (defect == LOSES_LATE_BYTES && receiver->count == LATE && receiver->inside) {
        receiver->count++;
        return;
    }
    enum frame_event event = frame_receive(receiver, byte);
    if (event == FRAME_WHOLE)
        serve_frame(receiver);
    else if (event == FRAME_DAMAGED)
        take_damaged(receiver);
    else if ((defect == REFUSES_STARTS && again) ||
             (defect == REFUSES_NOISE && event == FRAME_TEXT))
        refuse(0);
}

/* ---- Callbacks. ---- */

/* A frame that no VMM on this machine gets to: it takes the lowest. */
enum { FAR = LOOP_RAM - 300 };

static void leave_word(struct sim_target *t)
{
    pages_set(&t->sim->ram, SIM_FREE_FIRST + 200, 5, 7);
}

/* Only once something was done. */
static void keep_word(struct sim_target *t)
{
    if (half.runs)
        leave_word(t);
}

static const char *reset_another(const struct agent_reset *wanted, struct agent_world *now)
{
    const char *why = loop_reset(wanted, now);
    now->own_to -= half.resets++ & 1;
    return why;
}

static const char *reset_anything(const struct agent_reset *wanted, struct agent_world *now)
{
    struct agent_reset less = *wanted;
    if (less.frames > loop.facts.free_frames)
        less.frames = loop.facts.free_frames;
    return loop_reset(&less, now);
}

static const uint32_t *peek_counts(uint32_t pfn)
{
    static uint32_t copy[1024];
    memcpy(copy, loop_peek(pfn), sizeof copy);
    if (pfn == LOOP_RAM)
        copy[9] = half.peeks++;
    return copy;
}

static uint32_t cr3_nothing(void)
{
    return 0;
}

static uint32_t cr3_late(void)
{
    if (!half.running)
        half.cr3 = loop_cr3();
    return half.cr3;
}

static void pools_late(uint32_t now[WIRE_POOLS])
{
    if (!half.running)
        loop_pools(half.pools);
    memcpy(now, half.pools, sizeof half.pools);
}

static bool region_short(uint32_t s, uint32_t vpn, struct agent_region *region)
{
    bool is = loop_region(s, vpn, region);
    region->last -= is && half.running && region->last > vpn;
    return is;
}

static bool all_equal(const uint32_t *a, const uint32_t *b)
{
    (void)a;
    (void)b;
    return true;
}

static void run_wrongly(const struct op *op, struct agent_outcome *outcome)
{
    half.runs++;
    if (defect == ENDS_IN_A_RUN)
        _exit(1);
    while (defect == HANGS_IN_A_RUN)
        pause();
    loop_run(op, outcome);
    if (defect == RESULT_CHANGES && op->code == OP_COPY_IN)
        outcome->word += half.runs;
    for (uint32_t i = 0; i < outcome->faults; i++) {
        outcome->fault[i].cr2 += defect == FAULT_IS_ELSEWHERE ? 4 : 0;
        outcome->fault[i].before |= defect == FAULT_KNOWS_AN_ENTRY ? 2 : 0;
    }
}

static bool touch_writes(uint32_t va, bool write, uint32_t *word)
{
    struct sim *sim = loop_sim()->sim;
    uint32_t error;
    return loop_touch(va, write, word) && (!write || sim_user_write(sim, va, *word + 1, &error));
}

static const char *invariant_fails(void)
{
    return "the adapter's own";
}

static void break_kernel(struct agent_kernel *kernel)
{
    kernel->run = run_wrongly;
    switch (defect) {
    case RESET_LEAVES_A_WORD:
        planted.reset = leave_word;
        return;
    case RESET_KEEPS_A_WORD:
        planted.reset = keep_word;
        return;
    case RESET_IS_ANOTHER:
        kernel->reset = reset_another;
        return;
    case RESET_TAKES_ANYTHING:
        kernel->reset = reset_anything;
        return;
    case PEEK_DEPENDS_ON_LOOKS:
        kernel->peek = peek_counts;
        return;
    case CR3_IS_NOTHING:
        kernel->cr3 = cr3_nothing;
        return;
    case CR3_IS_LATE:
        kernel->cr3 = cr3_late;
        return;
    case POOLS_ARE_LATE:
        kernel->pools = pools_late;
        return;
    case REGIONS_ARE_SHORT:
        kernel->region = region_short;
        return;
    case FRAMES_ARE_NOT_TOLD:
        planted.mute = true;
        return;
    case ALL_WORDS_ARE_EQUAL:
        kernel->equal = all_equal;
        return;
    case TOUCH_WRITES:
        kernel->touch = touch_writes;
        return;
    case INVARIANT_FAILS:
        kernel->invariant = invariant_fails;
        return;
    default:
        return;
    }
}

static void play_half(int fd)
{
    static struct frame_receiver receiver;
    char why[100];
    uint8_t byte;
    half.fd = fd;
    loop_host(&target_options_default, 0);
    loop_start(NULL, why, sizeof why);
    loop.facts.mailbox_address = 0;
    break_kernel(&loop.kernel);
    while (read(fd, &byte, 1) == 1)
        take_byte(&receiver, byte);
    _exit(0);
}

#endif
