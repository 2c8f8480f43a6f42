/* mailbox.c: requests through shared memory.
 *
 * An answer takes a microsecond or so when the guest's processor runs at this moment, so the rig
 * looks again and again for a while, and then sleeps until the agent rings.  When both share a
 * processor, looking only keeps the guest from running, and when there are too few processors for
 * all, others: then the rig sleeps at once.  (It does not yield: under load that kept it from
 * running for up to a second.) */
#include "mailbox.h"
#include "../../kernel/agent/agent.h"
#include <math.h>
#include <string.h>

/* The clock is only looked at every so many turns.  A sleep ends without a sign now and then: to
 * see that nobody is there to give one. */
enum { TURNS_BY_THE_CLOCK = 32 };
static const double sleep_seconds = 0.1, ring_seconds = 0.005;

static uint32_t load(const volatile uint32_t *word)
{
    return __atomic_load_n(word, __ATOMIC_SEQ_CST);
}

static void store(volatile uint32_t *word, uint32_t value)
{
    __atomic_store_n(word, value, __ATOMIC_SEQ_CST);
}

static bool is_done(const struct agent_mailbox *shared)
{
    return load(&shared->answer) == load(&shared->request);
}

/* Awake, and without PAUSE: where this runs in a virtual machine, a processor that pauses for long
 * may be taken away (pause-loop exiting, SDM vol. 3C 25.1.3), which costs hundreds of microseconds.
 * False: not done when the time was over. */
static bool look(const struct agent_mailbox *shared, double end)
{
    for (int turn = 0; !is_done(shared); turn++) {
        if (turn % TURNS_BY_THE_CLOCK == TURNS_BY_THE_CLOCK - 1 && line_clock() >= end)
            return false;
    }
    return true;
}

/* Asleep, in line_wait, until the agent rings, it says something else, or for a while; for a
 * shorter while when the agent seems to sleep too, and then it is woken again: QEMU leaves out the
 * memory barriers of a guest with one processor, so that it may have looked for a request before
 * others saw that it sleeps.  False: the line is closed. */
static bool sleep_once(struct mailbox *mailbox, double seconds)
{
    struct agent_mailbox *shared = mailbox->shared;
    double most = load(&shared->agent_sleeps) ? ring_seconds : sleep_seconds;
    bool open = true;
    store(&shared->rig_sleeps, 1);
    if (!is_done(shared))
        open = line_wait(mailbox->line, seconds < most ? seconds : most);
    store(&shared->rig_sleeps, 0);
    if (open && !is_done(shared) && load(&shared->agent_sleeps))
        line_wake(mailbox->line);
    return open;
}

/* Looks again and again, if that helped of late; now and then also when it did not.  A look that
 * saw the answer only after that time was kept from the processor: that did not help. */
static bool spin_if_it_helps(struct mailbox *mailbox, double now)
{
    bool helps = spin_helps(&mailbox->spin) && !spin_crowds(now);
    double end = helps ? now + spin_seconds : now;
    bool done = look(mailbox->shared, end);
    spin_note(&mailbox->spin, done && line_clock() < end);
    return done;
}

static enum channel_end wait_until_done(struct mailbox *mailbox, double seconds)
{
    const struct agent_mailbox *shared = mailbox->shared;
    double begin = line_clock(), end = seconds > 0 ? begin + seconds : HUGE_VAL;
    if (spin_if_it_helps(mailbox, begin))
        return CHANNEL_ANSWERED;
    mailbox->slept++;
    while (!is_done(shared)) {
        double now = line_clock();
        if (now >= end)
            return CHANNEL_SILENT;
        /* The agent may have answered and left. */
        if (!sleep_once(mailbox, end - now))
            return is_done(shared) ? CHANNEL_ANSWERED : CHANNEL_CLOSED;
    }
    return CHANNEL_ANSWERED;
}

static void post(struct mailbox *mailbox, enum wire_type type, const uint8_t *payload,
                 size_t length)
{
    struct agent_mailbox *shared = mailbox->shared;
    mailbox->type = type;
    shared->request_bytes[0] = (uint8_t)type;
    if (length)
        memcpy(shared->request_bytes + 1, payload, length);
    shared->request_length = 1 + (uint32_t)length;
    store(&shared->request, shared->request + 1);
    if (load(&shared->agent_sleeps))
        line_wake(mailbox->line);
}

static bool begin(struct channel *channel, enum wire_type type, const uint8_t *payload,
                  size_t length)
{
    struct mailbox *mailbox = (struct mailbox *)channel;
    bool is_free = is_done(mailbox->shared);
    if (is_free)
        post(mailbox, type, payload, length);
    return is_free;
}

static enum channel_end finish(struct channel *channel, double seconds, const uint8_t **answer,
                               size_t *answer_length)
{
    struct mailbox *mailbox = (struct mailbox *)channel;
    const struct agent_mailbox *shared = mailbox->shared;
    enum channel_end end = wait_until_done(mailbox, seconds);
    if (end != CHANNEL_ANSWERED)
        return end;
    uint32_t length = shared->answer_length;
    if (length < 1 || length > sizeof shared->answer_bytes ||
        shared->answer_bytes[0] != (mailbox->type | WIRE_ANSWER))
        return CHANNEL_UNKNOWN;
    memcpy(mailbox->answer, shared->answer_bytes + 1, length - 1);
    *answer = mailbox->answer;
    *answer_length = length - 1;
    return CHANNEL_ANSWERED;
}

static enum channel_end ask(struct channel *channel, enum wire_type type, const uint8_t *payload,
                            size_t length, double seconds, const uint8_t **answer,
                            size_t *answer_length)
{
    struct mailbox *mailbox = (struct mailbox *)channel;
    double end = seconds > 0 ? line_clock() + seconds : HUGE_VAL;
    if (!is_done(mailbox->shared)) {
        enum channel_end earlier = wait_until_done(mailbox, seconds);
        if (earlier != CHANNEL_ANSWERED)
            return earlier;
        double left = end - line_clock();
        seconds = seconds > 0 && left < sleep_seconds ? sleep_seconds : left;
    }
    post(mailbox, type, payload, length);
    return finish(channel, seconds, answer, answer_length);
}

void mailbox_open(struct mailbox *mailbox, struct agent_mailbox *shared, struct line *line)
{
    mailbox->channel = (struct channel){.ask = ask, .begin = begin, .finish = finish};
    mailbox->line = line;
    mailbox->shared = shared;
    mailbox->slept = 0;
    mailbox->spin = (struct spin){0};
}
