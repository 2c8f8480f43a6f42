/* agent.c: serves requests: from the line, with repetition and refusal, or from the mailbox. */
#include "parts.h"

/* The VMM is as the last RESET made it.  False: there is none. */
static bool ready;

static uint32_t memory_frames(const struct agent_kernel *kernel)
{
    return kernel->device_first + kernel->device_frames;
}

const uint32_t *agent_peek(const struct agent_kernel *kernel, uint32_t pfn)
{
    static const uint32_t nothing[PAGE_WORDS];
    return pfn < memory_frames(kernel) ? kernel->peek(pfn) : nothing;
}

uint32_t agent_walk(const struct agent_kernel *kernel, uint32_t directory, uint32_t va)
{
    enum { PRESENT = 1, WRITE = 2, USER = 4 };
    uint32_t pde = agent_peek(kernel, directory)[va >> PDE_SHIFT];
    if (!(pde & PRESENT))
        return 0;
    uint32_t pte = agent_peek(kernel, pde >> PAGE_SHIFT)[va >> PAGE_SHIFT & (PAGE_WORDS - 1)];
    return pte & PRESENT ? pte & (pde | ~(uint32_t)(WRITE | USER)) : 0;
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

static bool hello(const struct agent_kernel *kernel, struct input *in, struct output *out)
{
    get_number(in);
    if (!is_complete(in))
        return false;
    const uint32_t facts[] = {
        WIRE_VERSION,
        kernel->features | (kernel->mailbox ? WIRE_HAS_MAILBOX : 0),
        kernel->user_pdes,
        kernel->free_first,
        kernel->free_frames,
        kernel->device_first,
        kernel->device_frames,
        kernel->backing_slots,
        kernel->mailbox ? kernel->mailbox_address : 0,
    };
    for (unsigned i = 0; i < sizeof facts / sizeof facts[0]; i++)
        put_number(out, facts[i]);
    put_text(out, kernel->name);
    put_text(out, kernel->designs);
    return true;
}

static bool reset(const struct agent_kernel *kernel, struct input *in, struct output *out)
{
    struct agent_reset wanted;
    struct agent_world world;
    wanted.frames = get_number(in);
    wanted.limit = get_number(in);
    wanted.slots = get_number(in);
    wanted.spaces = get_number(in);
    wanted.segments = get_number(in);
    wanted.axes = get_number(in);
    wanted.design = in->at;
    if (in->bad || wanted.axes != (size_t)(in->end - in->at))
        return false;

    const char *why = kernel->reset(&wanted, &world);
    ready = !why;
    put_byte(out, why != NULL);
    if (why) {
        put_text(out, why);
        return true;
    }
    put_number(out, world.boot_directory);
    put_number(out, world.own_from);
    put_number(out, world.own_to);
    see_pools(kernel, out);
    see_reset(wanted.frames, world.boot_directory);
    return true;
}

/* The first frame and the number of frames, all of them in memory. */
static bool get_frames(const struct agent_kernel *kernel, struct input *in, uint32_t *first,
                       uint32_t *count)
{
    *first = get_count(in, memory_frames(kernel));
    *count = get_count(in, memory_frames(kernel) - *first);
    return is_complete(in);
}

static bool read_words(const struct agent_kernel *kernel, struct input *in, struct output *out)
{
    uint32_t first, count, done = 0;
    if (!get_frames(kernel, in, &first, &count))
        return false;
    uint8_t *place = begin_count(out, count);
    while (done < count && see_frame_words(agent_peek(kernel, first + done), 0, out))
        done++;
    end_count(out, place, count, done);
    return true;
}

static bool frame_states(const struct agent_kernel *kernel, struct input *in, struct output *out)
{
    uint32_t first, count, done = 0;
    if (!get_frames(kernel, in, &first, &count))
        return false;
    uint8_t *place = begin_count(out, count);
    for (; done < count && room(out) >= 1 + NUMBER_MAX; done++) {
        uint32_t refs = 0;
        put_byte(out, kernel->frame(first + done, &refs));
        put_number(out, refs);
    }
    end_count(out, place, count, done);
    return true;
}

static bool regions(const struct agent_kernel *kernel, struct input *in, struct output *out)
{
    struct agent_region after;
    uint32_t s = get_count(in, OP_SLOTS - 1), vpn = get_count(in, PAGES - 1);
    if (!is_complete(in))
        return false;
    if (!kernel->directory(s)) {
        put_byte(out, 0);
        put_byte(out, 1);
        return true;
    }
    vpn = see_regions(kernel, s, vpn, PAGES, out);
    put_byte(out, !kernel->region(s, vpn, &after));
    return true;
}

static bool names(const struct agent_kernel *kernel, struct input *in, struct output *out)
{
    uint32_t spaces = get_count(in, OP_SLOTS), segments = get_count(in, OP_SLOTS);
    if (!is_complete(in))
        return false;
    for (uint32_t s = 0; s < spaces; s++)
        put_number(out, kernel->directory(s));
    for (uint32_t g = 0; g < segments; g++)
        put_number(out, kernel->segment(g));
    see_cr3(kernel, out);
    see_pools(kernel, out);
    return true;
}

static bool invariant(const struct agent_kernel *kernel, struct input *in, struct output *out)
{
    if (!is_complete(in))
        return false;
    const char *wrong = kernel->invariant();
    put_text(out, wrong ? wrong : "");
    return true;
}

static bool leave(const struct agent_kernel *kernel, struct input *in, struct output *out)
{
    (void)kernel;
    (void)out;
    return is_complete(in);
}

/* Answers a request; answer: a type, then a payload, whose length is returned. */
static size_t serve(const struct agent_kernel *kernel, uint8_t type, const uint8_t *payload,
                    size_t length, uint8_t *answer)
{
    static const struct {
        bool (*answer)(const struct agent_kernel *, struct input *, struct output *);
        bool needs_vmm;
    } requests[] = {
        [WIRE_HELLO] = {hello, false},    [WIRE_RESET] = {reset, false},
        [WIRE_RUN] = {run_request, true}, [WIRE_READ] = {read_words, false},
        [WIRE_REGIONS] = {regions, true}, [WIRE_FRAMES] = {frame_states, true},
        [WIRE_NAMES] = {names, true},     [WIRE_INVARIANT] = {invariant, true},
        [WIRE_LEAVE] = {leave, false},
    };
    struct input in = {payload, payload + length, false};
    struct output out = {answer + 1, answer + 1 + WIRE_PAYLOAD_MAX};
    bool good = type >= WIRE_HELLO && type <= WIRE_LEAVE && (ready || !requests[type].needs_vmm) &&
                requests[type].answer(kernel, &in, &out);
    answer[0] = good ? type | WIRE_ANSWER : WIRE_UNKNOWN;
    return good ? (size_t)(out.at - answer) - 1 : 0;
}

static void leave_if_asked(const struct agent_kernel *kernel, const uint8_t *answer)
{
    if (answer[0] == (WIRE_LEAVE | WIRE_ANSWER))
        kernel->leave();
}

static void put(void *kernel, uint8_t byte)
{
    ((const struct agent_kernel *)kernel)->put(byte);
}

static void serve_line(const struct agent_kernel *kernel, uint8_t byte)
{
    static struct frame_receiver request;
    static struct {
        bool given;
        uint8_t type, sequence; /* of its request */
        uint8_t bytes[1 + WIRE_PAYLOAD_MAX];
        size_t length;
    } answer;
    void *context = (void *)(uintptr_t)kernel;

    enum frame_event event = frame_receive(&request, byte);
    if (event == FRAME_DAMAGED)
        frame_send(put, context, WIRE_REFUSED, 0, NULL, 0);
    if (event != FRAME_WHOLE)
        return;
    bool repeated = answer.given && answer.type == request.type &&
                    answer.sequence == request.sequence && request.type != WIRE_HELLO;
    if (!repeated) {
        answer.length = serve(kernel, request.type, request.payload, request.length, answer.bytes);
        answer.type = request.type;
        answer.sequence = request.sequence;
        answer.given = true;
    }
    frame_send(put, context, answer.bytes[0], answer.sequence, answer.bytes + 1, answer.length);
    leave_if_asked(kernel, answer.bytes);
}

/* What one side writes before a flag, or before it looks at the other's, is there before it. */
static void fence(void)
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

static void serve_mailbox(const struct agent_kernel *kernel, struct agent_mailbox *box)
{
    uint32_t number = box->request;
    fence();
    uint32_t length = box->request_length;
    const uint8_t *bytes = box->request_bytes;
    box->answer_bytes[0] = WIRE_UNKNOWN;
    box->answer_length = 1;
    if (length >= 1 && length <= sizeof box->request_bytes)
        box->answer_length =
            1 + (uint32_t)serve(kernel, bytes[0], bytes + 1, length - 1, box->answer_bytes);
    fence();
    box->answer = number;
    fence();
    if (box->rig_sleeps)
        kernel->put(WIRE_END);
    leave_if_asked(kernel, box->answer_bytes);
}

bool agent_turn(const struct agent_kernel *kernel)
{
    struct agent_mailbox *box = kernel->mailbox;
    if (box && box->request != box->answer) {
        serve_mailbox(kernel, box);
        return true;
    }
    int byte = kernel->get();
    if (byte >= 0)
        serve_line(kernel, (uint8_t)byte);
    return byte >= 0;
}

_Noreturn void agent_serve(const struct agent_kernel *kernel)
{
    struct agent_mailbox *box = kernel->mailbox;
    for (uint32_t times = 0;;) {
        if (agent_turn(kernel)) {
            times = 0;
            continue;
        }
        bool sleeps = ++times > AGENT_SPINS && box;
        if (sleeps)
            box->agent_sleeps = 1;
        fence();
        if (!box || box->request == box->answer)
            kernel->idle(times);
        if (sleeps)
            box->agent_sleeps = 0;
    }
}
