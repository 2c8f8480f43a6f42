/* agent.c: serves requests: from the line, with repetition and refusal, or from the mailbox. */
#include "parts.h"

static const uint32_t sum_prime = 0x01000193, sum_last = 0x9e3779b1;

const struct agent_kernel *agent_kernel;

/* The VMM is as the last RESET made it.  False: there is none. */
static bool ready;

static uint32_t memory_frames(void)
{
    return agent_kernel->facts->device_first + agent_kernel->facts->device_frames;
}

const uint32_t *agent_peek(uint32_t pfn)
{
    static const uint32_t nothing[PAGE_WORDS];
    return pfn < memory_frames() ? agent_kernel->peek(pfn) : nothing;
}

uint32_t agent_walk(uint32_t directory, uint32_t va)
{
    uint32_t pde = agent_peek(directory)[va >> PDE_SHIFT];
    if (!(pde & ENTRY_PRESENT))
        return 0;
    uint32_t pte = agent_peek(pde >> PAGE_SHIFT)[va >> PAGE_SHIFT & (PAGE_WORDS - 1)];
    uint32_t rights = ENTRY_WRITABLE | ENTRY_USER;
    return pte & ENTRY_PRESENT ? pte & (pde | ~rights) : 0;
}

static void put_text(struct output *out, const char *text)
{
    uint32_t length = 0;
    while (length < WIRE_TEXT_MAX && text[length])
        length++;
    put_number(out, length);
    for (uint32_t i = 0; i < length; i++)
        put_byte(out, (uint8_t)text[i]);
}

/* A request while it is answered.  numbers: what its payload begins with. */
struct request {
    uint32_t numbers[2];
    struct input in;
    struct output out;
};

static bool hello(struct request *r)
{
    const uint32_t facts[] = {
        WIRE_VERSION,
        agent_kernel->facts->features | WIRE_HAS_MANY |
            (agent_kernel->facts->mailbox ? WIRE_HAS_MAILBOX : 0),
        agent_kernel->facts->user_pdes,
        agent_kernel->facts->free_first,
        agent_kernel->facts->free_frames,
        agent_kernel->facts->device_first,
        agent_kernel->facts->device_frames,
        agent_kernel->facts->backing_slots,
        agent_kernel->facts->mailbox ? agent_kernel->facts->mailbox_address : 0,
    };
    for (unsigned i = 0; i < sizeof facts / sizeof facts[0]; i++)
        put_number(&r->out, facts[i]);
    put_text(&r->out, agent_kernel->facts->name);
    put_text(&r->out, agent_kernel->facts->designs);
    return true;
}

static bool reset(struct request *r)
{
    struct agent_reset wanted;
    struct agent_world world;
    uint32_t *const numbers[] = {&wanted.frames, &wanted.limit,    &wanted.slots,
                                 &wanted.spaces, &wanted.segments, &wanted.axes};
    for (unsigned i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        *numbers[i] = get_number(&r->in);
    wanted.design = r->in.at;
    if (r->in.bad || wanted.axes != (size_t)(r->in.end - r->in.at))
        return false;

    see_begin(0);
    const char *why = agent_kernel->reset(&wanted, &world);
    ready = !why;
    put_byte(&r->out, why != NULL);
    if (why) {
        put_text(&r->out, why);
        return true;
    }
    put_number(&r->out, world.boot_directory);
    put_number(&r->out, world.own_from);
    put_number(&r->out, world.own_to);
    see_pools(&r->out);
    see_reset(wanted.frames, world.boot_directory);
    return true;
}

static bool run(struct request *r)
{
    return run_request(&r->in, &r->out);
}

/* Are so many frames from the first on all in memory? */
static bool in_memory(const struct request *r)
{
    uint32_t end = memory_frames();
    return r->numbers[0] <= end && r->numbers[1] <= end - r->numbers[0];
}

static bool read_words(struct request *r)
{
    uint32_t first = r->numbers[0], count = r->numbers[1], done = 0;
    if (!in_memory(r))
        return false;
    uint8_t *place = begin_count(&r->out, count);
    while (done < count && see_frame_words(agent_peek(first + done), 0, &r->out))
        done++;
    end_count(&r->out, place, count, done);
    return done || !count;
}

/* A frame of zeros has the sum 0.  Most words are zero: eight multiply at once. */
static uint32_t sum(const uint32_t *words)
{
    const uint32_t twice = sum_prime * sum_prime, eight = twice * twice * twice * twice;
    uint32_t sum = 0;
    for (const uint32_t *w = words; w < words + PAGE_WORDS; w += 8) {
        if (!(w[0] | w[1] | w[2] | w[3] | w[4] | w[5] | w[6] | w[7])) {
            sum *= eight;
            continue;
        }
        for (uint32_t i = 0; i < 8; i++)
            sum = (sum ^ w[i]) * sum_prime;
    }
    return sum * sum_last;
}

/* The rig sends a byte of what it believes to be each frame's sum. */
static bool compare(struct request *r)
{
    enum { END_BYTES = 1 + 2 * NUMBER_MAX };
    uint32_t first = r->numbers[0], count = r->numbers[1], done = 0, last = 0, rest = 0;
    uint32_t shift = 8 * get_byte(&r->in, sizeof rest);
    const uint8_t *believed = r->in.at;
    if (!in_memory(r) || r->in.bad || (size_t)(r->in.end - believed) != count)
        return false;
    for (; done < count; done++) {
        const uint32_t *words = agent_peek(first + done);
        uint32_t frame = sum(words);
        uint8_t *before = r->out.at;
        if ((frame >> shift & 0xff) == believed[done]) {
            rest = (rest ^ frame) * sum_prime;
            continue;
        }
        if (room(&r->out) < NUMBER_MAX + END_BYTES)
            break;
        put_number(&r->out, done + 1 - last);
        if (!see_frame_words(words, END_BYTES, &r->out)) {
            r->out.at = before;
            break;
        }
        last = done + 1;
    }
    put_number(&r->out, 0);
    put_number(&r->out, done);
    put_number(&r->out, rest);
    return done || !count;
}

static bool frames(struct request *r)
{
    uint32_t first = r->numbers[0], count = r->numbers[1], done = 0;
    if (!in_memory(r))
        return false;
    uint8_t *place = begin_count(&r->out, count);
    for (; done < count && room(&r->out) >= NUMBER_MAX; done++) {
        uint32_t refs = 0;
        uint32_t state = agent_kernel->frame(first + done, &refs);
        see_frame(state, refs, &r->out);
    }
    end_count(&r->out, place, count, done);
    return done || !count;
}

static bool regions(struct request *r)
{
    struct agent_region after;
    uint32_t s = r->numbers[0], vpn = r->numbers[1];
    if (s >= OP_SLOTS || vpn >= PAGES)
        return false;
    bool exists = agent_kernel->directory(s);
    if (exists)
        vpn = see_regions(s, vpn, PAGES, &r->out);
    else
        put_byte(&r->out, 0);
    put_byte(&r->out, !exists || !agent_kernel->region(s, vpn, &after));
    return true;
}

/* Up to the last that is. */
static inline void put_names(struct output *out, uint32_t count, uint32_t (*name)(uint32_t))
{
    uint8_t *place = begin_count(out, OP_SLOTS), *end = out->at;
    uint32_t told = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t number = name(i);
        put_number(out, number);
        end = number ? out->at : end;
        told = number ? i + 1 : told;
    }
    out->at = end;
    end_count(out, place, OP_SLOTS, told);
}

static bool names(struct request *r)
{
    uint32_t spaces = r->numbers[0], segments = r->numbers[1];
    if (spaces > OP_SLOTS || segments > OP_SLOTS)
        return false;
    put_names(&r->out, spaces, agent_kernel->directory);
    put_names(&r->out, segments, agent_kernel->segment);
    see_cr3(&r->out);
    see_pools(&r->out);
    return true;
}

static bool invariant(struct request *r)
{
    const char *wrong = agent_kernel->invariant();
    put_text(&r->out, wrong ? wrong : "");
    return true;
}

/* The machine ends when the answer is sent. */
static bool leave(struct request *r)
{
    (void)r;
    return true;
}

static bool many(struct request *r);

/* Answers a request; answer: a type, then a payload of at most so many bytes, whose length
 * is returned. */
static size_t serve(uint8_t type, const uint8_t *payload, size_t length, uint8_t *answer,
                    size_t most)
{
    enum { MORE = 1 << 0, VMM = 1 << 1 }; /* the payload has more than numbers; needs a VMM */
    static const struct {
        bool (*answer)(struct request *);
        uint32_t numbers, needs;
    } requests[] = {
        [WIRE_HELLO] = {hello, 1, 0},        [WIRE_RESET] = {reset, 0, MORE},
        [WIRE_RUN] = {run, 0, MORE | VMM},   [WIRE_READ] = {read_words, 2, 0},
        [WIRE_REGIONS] = {regions, 2, VMM},  [WIRE_FRAMES] = {frames, 2, VMM},
        [WIRE_NAMES] = {names, 2, VMM},      [WIRE_INVARIANT] = {invariant, 0, VMM},
        [WIRE_LEAVE] = {leave, 0, 0},        [WIRE_MANY] = {many, 1, MORE},
        [WIRE_COMPARE] = {compare, 2, MORE},
    };
    struct request r = {
        {0, 0}, {payload, payload + length, false}, {answer + 1, answer + 1 + most}};
    bool good = type >= WIRE_HELLO && type <= WIRE_COMPARE && requests[type].answer;
    for (uint32_t i = 0; good && i < requests[type].numbers; i++)
        r.numbers[i] = get_number(&r.in);
    good = good && (is_complete(&r.in) || requests[type].needs & MORE) &&
           (ready || !(requests[type].needs & VMM)) && requests[type].answer(&r);
    answer[0] = good ? type | WIRE_ANSWER : WIRE_UNKNOWN;
    return good ? (size_t)(r.out.at - answer) - 1 : 0;
}

/* The next of many: a type, a payload. */
static struct input get_request(struct input *in, uint8_t *type)
{
    *type = get_byte(in, WIRE_COMPARE + 1);
    uint32_t length = get_number(in);
    in->bad |= length > (size_t)(in->end - in->at) || *type == WIRE_HELLO || *type == WIRE_LEAVE ||
               *type == WIRE_MANY;
    struct input payload = {in->at, in->at + (in->bad ? 0 : length), false};
    in->at = payload.end;
    return payload;
}

/* Each answer but its type, as long as there is room for any. */
static bool many(struct request *r)
{
    uint32_t count = r->numbers[0], done = 0;
    struct input check = r->in;
    uint8_t type;
    for (uint32_t i = 0; i < count && !check.bad; i++)
        get_request(&check, &type);
    if (count > WIRE_MANY_MAX || !is_complete(&check))
        return false;
    uint8_t *place = begin_count(&r->out, count);
    for (; done < count && room(&r->out) >= 2 + RECORD_MAX; done++) {
        uint8_t *before = begin_count(&r->out, WIRE_PAYLOAD_MAX), *answer = r->out.at - 1;
        struct input payload = get_request(&r->in, &type);
        size_t length =
            serve(type, payload.at, (size_t)(payload.end - payload.at), answer, room(&r->out));
        if (*answer == WIRE_UNKNOWN) {
            r->out.at = before;
            break;
        }
        r->out.at += length;
        end_count(&r->out, before, WIRE_PAYLOAD_MAX, length);
    }
    end_count(&r->out, place, count, done);
    return true;
}

static void leave_if_asked(const uint8_t *answer)
{
    if (answer[0] == (WIRE_LEAVE | WIRE_ANSWER))
        agent_kernel->leave();
}

static void put(void *context, uint8_t byte)
{
    (void)context;
    agent_kernel->put(byte);
}

static void serve_line(uint8_t byte)
{
    static struct frame_receiver request;
    static struct {
        bool given;
        uint8_t type, sequence; /* of its request */
        uint8_t bytes[1 + WIRE_PAYLOAD_MAX];
        size_t length;
    } answer;

    enum frame_event event = frame_receive(&request, byte);
    if (event == FRAME_DAMAGED)
        frame_send(put, NULL, WIRE_REFUSED, 0, NULL, 0);
    if (event != FRAME_WHOLE)
        return;
    bool repeated = answer.given && answer.type == request.type &&
                    answer.sequence == request.sequence && request.type != WIRE_HELLO;
    if (!repeated) {
        answer.length =
            serve(request.type, request.payload, request.length, answer.bytes, WIRE_PAYLOAD_MAX);
        answer.type = request.type;
        answer.sequence = request.sequence;
        answer.given = true;
    }
    frame_send(put, NULL, answer.bytes[0], answer.sequence, answer.bytes + 1, answer.length);
    leave_if_asked(answer.bytes);
}

/* What one side writes before a flag, or before it looks at the other's, is there before it. */
static void fence(void)
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

static void serve_mailbox(struct agent_mailbox *box)
{
    uint32_t number = box->request;
    fence();
    uint32_t length = box->request_length;
    const uint8_t *bytes = box->request_bytes;
    box->answer_bytes[0] = WIRE_UNKNOWN;
    box->answer_length = 1;
    if (length >= 1 && length <= sizeof box->request_bytes)
        box->answer_length = 1 + (uint32_t)serve(bytes[0], bytes + 1, length - 1, box->answer_bytes,
                                                 WIRE_PAYLOAD_MAX);
    fence();
    box->answer = number;
    fence();
    if (box->rig_sleeps)
        agent_kernel->put(WIRE_END);
    leave_if_asked(box->answer_bytes);
}

static bool turn(void)
{
    struct agent_mailbox *box = agent_kernel->facts->mailbox;
    if (box && box->request != box->answer) {
        serve_mailbox(box);
        return true;
    }
    int byte = agent_kernel->get();
    if (byte >= 0)
        serve_line((uint8_t)byte);
    return byte >= 0;
}

bool agent_turn(const struct agent_kernel *kernel)
{
    agent_kernel = kernel;
    return turn();
}

_Noreturn void agent_serve(const struct agent_kernel *kernel)
{
    agent_kernel = kernel;
    struct agent_mailbox *box = agent_kernel->facts->mailbox;
    for (uint32_t times = 0;;) {
        if (turn()) {
            times = 0;
            continue;
        }
        bool sleeps = ++times > AGENT_SPINS && box;
        if (sleeps)
            box->agent_sleeps = 1;
        fence();
        if (!box || box->request == box->answer)
            agent_kernel->idle(times);
        if (sleeps)
            box->agent_sleeps = 0;
    }
}
