/* mailbox_test.c: the channel through shared memory: against the real agent, and against guests
 * that write into it what they like. */
#include "channel_peer.h"

static struct mailbox mailbox;

static void start(void (*play)(int fd))
{
    peer_start(play);
    mailbox_open(&mailbox, &world->mailbox, &line);
}

static enum channel_end ask(double seconds)
{
    return ask_for(&mailbox.channel, WIRE_READ, "ab", 2, seconds);
}

/* ---- The real agent. ---- */

static void test_agent(void)
{
    enum { REQUESTS = 20000 };
    uint32_t good = 0;
    start(play_agent);
    bool ready = reset_agent(&mailbox.channel);
    while (ready && good < REQUESTS && run_is(&mailbox.channel, 1, good, 20))
        good++;
    ok_if(good == REQUESTS && world->operations == REQUESTS, "%u requests are done, each once",
          good);
    ok_if(ask_for(&mailbox.channel, 0x30, NULL, 0, 20) == CHANNEL_UNKNOWN, "UNKNOWN is told apart");
    ok_if(run_is(&line.channel, 1, good, 20) && run_is(&mailbox.channel, 1, good + 1, 20),
          "the line and the mailbox can be used in turn");
    ok_if(run_is(&mailbox.channel, 3, good + 2, 20),
          "an operation that says more than the line holds is answered");
    char *text = line_console(&line);
    ok_if(strstr(text, "some text for the console\n") != NULL, "... and what it said is kept");
    free(text);
    ok_if(ask_for(&mailbox.channel, WIRE_LEAVE, NULL, 0, 20) == CHANNEL_ANSWERED,
          "an agent that is told to leave says so");
    ok_if(ask_for(&mailbox.channel, WIRE_LEAVE, NULL, 0, 20) == CHANNEL_CLOSED, "... and is gone");
    peer_end();
}

static void play_nothing(int fd)
{
    (void)fd;
    pause();
}

/* A request in two halves. */
static void test_halves(void)
{
    static const uint8_t run[] = {0, 1, OP_READ, 0, 1};
    struct channel *channel = &mailbox.channel;
    const uint8_t *answer;
    size_t length;
    start(play_agent);
    bool good = reset_agent(channel);
    good = good && channel->begin(channel, WIRE_RUN, run, sizeof run);
    good = good && channel->finish(channel, 20, &answer, &length) == CHANNEL_ANSWERED;
    ok_if(good && length >= 4 && answer[0] == 1 && answer[2] == 0 && world->operations == 1,
          "a request in two halves is done once, and answered");
    good = channel->begin(channel, WIRE_RUN, run, sizeof run) && run_is(channel, 1, 2, 20);
    ok_if(good && world->operations == 3, "one that is not finished is done before the next");
    peer_end();

    start(play_nothing);
    good = channel->begin(channel, WIRE_RUN, run, sizeof run);
    ok_if(good && !channel->begin(channel, WIRE_RUN, run, sizeof run),
          "none begins while another is being done");
    ok_if(channel->finish(channel, 0.1, &answer, &length) == CHANNEL_SILENT,
          "... for ever: silent");
    peer_end();
}

/* A lost ring would cost a tenth of a second for the rig, and all of the time for the agent. */
static void test_doorbells(void)
{
    enum { REQUESTS = 100 };
    start(play_agent);
    bool ready = reset_agent(&mailbox.channel);
    double begin = line_clock();
    uint32_t good = 0;
    while (ready && good < REQUESTS && run_is(&mailbox.channel, 2, good, 20))
        good++;
    ok_if(good == REQUESTS && mailbox.slept >= REQUESTS / 2 && line_clock() - begin < 7,
          "a rig that sleeps is woken by the answer");

    uint32_t halts = world->halts;
    for (int i = 0; i < 20; i++) {
        usleep(5000);
        good += run_is(&mailbox.channel, 1, good, 20);
    }
    ok_if(good == REQUESTS + 20 && world->halts > halts,
          "an agent that halts is woken by a request");
    peer_end();
}

/* ---- Guests that misbehave. ---- */

static const struct bad_answer {
    uint32_t length;
    uint8_t type;
    enum channel_end end;
    const char *what;
} bad_answers[] = {
    {0, WIRE_READ | WIRE_ANSWER, CHANNEL_UNKNOWN, "an answer without a type"},
    {WIRE_PAYLOAD_MAX + 2, WIRE_READ | WIRE_ANSWER, CHANNEL_UNKNOWN, "an answer that is too long"},
    {0xffffffff, WIRE_READ | WIRE_ANSWER, CHANNEL_UNKNOWN, "an answer that is endless"},
    {3, WIRE_RUN | WIRE_ANSWER, CHANNEL_UNKNOWN, "the answer to another request"},
    {1, WIRE_UNKNOWN, CHANNEL_UNKNOWN, "UNKNOWN"},
    {1 + WIRE_PAYLOAD_MAX, WIRE_READ | WIRE_ANSWER, CHANNEL_ANSWERED, "the longest answer"},
};

static void answer_next(uint8_t type, uint32_t length)
{
    struct agent_mailbox *box = &world->mailbox;
    while (__atomic_load_n(&box->request, __ATOMIC_SEQ_CST) == box->answer)
        usleep(100);
    box->answer_bytes[0] = type;
    box->answer_length = length;
    __atomic_store_n(&box->answer, box->request, __ATOMIC_SEQ_CST);
}

static void play_bad_answers(int fd)
{
    (void)fd;
    for (size_t i = 0; i < sizeof bad_answers / sizeof bad_answers[0]; i++)
        answer_next(bad_answers[i].type, bad_answers[i].length);
    pause();
}

static void test_bad_answers(void)
{
    start(play_bad_answers);
    for (size_t i = 0; i < sizeof bad_answers / sizeof bad_answers[0]; i++)
        ok_if(ask(20) == bad_answers[i].end, "%s is %s", bad_answers[i].what,
              bad_answers[i].end == CHANNEL_UNKNOWN ? "no answer" : "one");
    peer_end();
}

static void play_late(int fd)
{
    (void)fd;
    usleep(300000);
    answer_next(WIRE_READ | WIRE_ANSWER, 5);
    answer_next(WIRE_READ | WIRE_ANSWER, 7);
    pause();
}

static void test_late(void)
{
    const uint8_t *answer;
    size_t length = 0;
    start(play_late);
    double begin = line_clock();
    ok_if(ask(0.1) == CHANNEL_SILENT && line_clock() - begin < 5, "no answer: silent, in time");
    ok_if(mailbox.channel.ask(&mailbox.channel, WIRE_READ, NULL, 0, 20, &answer, &length) ==
                  CHANNEL_ANSWERED &&
              length == 6,
          "the answer to a request that was given up is not the next one's");
    peer_end();
}

static void play_close(int fd)
{
    usleep(100000);
    (void)fd;
}

static void test_closing(void)
{
    start(play_close);
    double begin = line_clock();
    ok_if(ask(60) == CHANNEL_CLOSED && line_clock() - begin < 10,
          "gone instead of an answer: closed");
    ok_if(ask(60) == CHANNEL_CLOSED, "... and it stays closed");
    peer_end();
}

/* Without a ring: the rig hears nothing but that the line is closed. */
static void play_answer_and_go(int fd)
{
    (void)fd;
    while (!__atomic_load_n(&world->mailbox.rig_sleeps, __ATOMIC_SEQ_CST))
        usleep(100);
    answer_next(WIRE_READ | WIRE_ANSWER, 3);
}

static void test_last_answer(void)
{
    start(play_answer_and_go);
    ok_if(ask(20) == CHANNEL_ANSWERED, "who answers and leaves has answered");
    ok_if(ask(20) == CHANNEL_CLOSED, "... and is gone");
    peer_end();
}

static void play_babble(int fd)
{
    static char text[1000];
    memset(text, 'b', sizeof text);
    for (;;)
        peer_write(fd, text, sizeof text);
}

static void test_babble(void)
{
    start(play_babble);
    double begin = line_clock();
    ok_if(ask(0.3) == CHANNEL_SILENT && line_clock() - begin < 5,
          "endless text, and no answer: silent, in time");
    peer_end();
}

int main(void)
{
    test_agent();
    test_halves();
    test_doorbells();
    test_bad_answers();
    test_late();
    test_closing();
    test_last_answer();
    test_babble();
    return tap_done();
}
