/* line_test.c: the channel over a line that loses, damages, repeats and delays. */
#include "line_echo.h"

static void test_answers(void)
{
    peer_start(play_echo);
    bool good = true;
    for (int i = 0; i < 600; i++)
        good = good && echoed(10);
    ok_if(good && line.repeated == 0, "600 requests are answered, each asked once");
    peer_end();
}

/* ---- Repetition. ---- */

static void play_lost(int fd)
{
    const struct frame_receiver *first = peer_receive(fd);
    uint8_t sequence = first->sequence;
    peer_receive(fd);
    if (peer_receive(fd)->sequence == sequence)
        peer_echo(fd, first);
    pause();
}

static void test_lost(void)
{
    peer_start(play_lost);
    line.patience = 0.01;
    ok_if(echoed(10), "without an answer the request is repeated, with the same sequence number");
    ok_if(line.repeated >= 2, "... and it is counted");
    peer_end();
}

static void play_damaged(int fd)
{
    const struct frame_receiver *request = peer_receive(fd);
    struct peer_output answer = peer_answer(request);
    answer.bytes[6] ^= 1;
    peer_write(fd, answer.bytes, answer.count);
    peer_echo(fd, peer_receive(fd));
    pause();
}

static void play_refused(int fd)
{
    peer_receive(fd);
    peer_send(fd, WIRE_REFUSED, 0, NULL, 0);
    peer_echo(fd, peer_receive(fd));
    pause();
}

static void play_cut_off(int fd)
{
    const struct frame_receiver *request = peer_receive(fd);
    struct peer_output answer = peer_answer(request);
    peer_write(fd, answer.bytes, answer.count - 2);
    peer_echo(fd, request);
    pause();
}

static void test_at_once(void (*play)(int fd), const char *what)
{
    peer_start(play);
    line.patience = 60;
    ok_if(echoed(10), "%s does not wait for the clock", what);
    peer_end();
}

static void play_refused_always(int fd)
{
    for (;;) {
        peer_receive(fd);
        peer_send(fd, WIRE_REFUSED, 0, NULL, 0);
    }
}

static void test_no_flood(void)
{
    peer_start(play_refused_always);
    line.patience = 60;
    ok_if(ask(0.3) == CHANNEL_SILENT && line.repeated > 0 && line.repeated <= 8,
          "what is always refused is not repeated without end");
    peer_end();
}

static void play_silent(int fd)
{
    for (;;)
        peer_receive(fd);
}

static void test_silent(void)
{
    peer_start(play_silent);
    double begin = line_clock();
    ok_if(ask(0.6) == CHANNEL_SILENT, "no answer: silent");
    double took = line_clock() - begin;
    ok_if(took >= 0.6 && took < 5, "... after as long as was said");
    ok_if(line.repeated == 1, "... when it was asked again after a quarter of a second");
    peer_end();
}

static void play_hello(int fd)
{
    static char lost[100];
    usleep(30000);
    (void)!read(fd, lost, sizeof lost);
    peer_echo(fd, peer_receive(fd));
    pause();
}

static void test_hello(void)
{
    peer_start(play_hello);
    line.patience = 60;
    ok_if(ask_for(&line.channel, WIRE_HELLO, payload, 1, 10) == CHANNEL_ANSWERED,
          "HELLO is repeated until the kernel listens");
    ok_if(line.repeated >= 2 && line.repeated < 40, "... often, but not too often");
    peer_end();
}

/* ---- Answers to something else. ---- */

static void play_late(int fd)
{
    const struct frame_receiver *first = peer_receive(fd);
    struct peer_output late = peer_frame(first->type | WIRE_ANSWER, first->sequence, "late", 4);
    uint8_t sequence = first->sequence;
    const struct frame_receiver *next;
    do
        next = peer_receive(fd);
    while (next->sequence == sequence);
    peer_write(fd, late.bytes, late.count);
    peer_send(fd, (next->type + 1) | WIRE_ANSWER, next->sequence, "other", 5);
    peer_send(fd, next->type, next->sequence, "request", 7);
    peer_echo(fd, next);
    peer_echo(fd, next);
    play_echo(fd);
}

static void test_late(void)
{
    peer_start(play_late);
    ok_if(ask(0.05) == CHANNEL_SILENT, "an answer that is late is not waited for");
    ok_if(echoed(10), "... nor taken for the next one's; nor is one of another type");
    ok_if(echoed(10), "an answer that comes twice is taken once");
    peer_end();
}

static void play_unknown(int fd)
{
    peer_send(fd, WIRE_UNKNOWN, peer_receive(fd)->sequence, NULL, 0);
    peer_send(fd, WIRE_UNKNOWN, (uint8_t)(peer_receive(fd)->sequence - 1), NULL, 0);
    pause();
}

static void test_unknown(void)
{
    static const uint8_t before;
    const uint8_t *answer = &before;
    size_t length = 77;
    peer_start(play_unknown);
    ok_if(line.channel.ask(&line.channel, 0x30, NULL, 0, 10, &answer, &length) == CHANNEL_UNKNOWN,
          "UNKNOWN is told apart");
    ok_if(answer == &before && length == 77, "... and leaves the answer alone");
    ok_if(ask(0.05) == CHANNEL_SILENT, "another request's UNKNOWN is none");
    peer_end();
}

/* ---- The real agent. ---- */

static void play_noise(int fd)
{
    agent_noise = 150;
    play_agent(fd);
}

static void test_noise(void)
{
    enum { REQUESTS = 600 };
    peer_start(play_noise);
    line.patience = 0.01;
    uint32_t good = 0;
    bool ready = reset_agent(&line.channel);
    while (ready && good < REQUESTS && run_is(&line.channel, 1, good, 20))
        good++;
    ok_if(good == REQUESTS && world->operations == REQUESTS,
          "on a line that loses, damages and repeats bytes, everything is done, and once (%u)",
          good);
    ok_if(line.repeated > REQUESTS / 20, "... though much had to be repeated (%u times)",
          (unsigned)line.repeated);
    peer_end();
}

static void test_agent(void)
{
    peer_start(play_agent);
    line.patience = 0.001;
    bool ready = reset_agent(&line.channel);
    uint32_t good = 0;
    while (ready && good < 40 && run_is(&line.channel, 2, good, 20))
        good++;
    ok_if(good == 40 && world->operations == 40 && line.repeated > 0,
          "an operation that takes long is asked for again, and done once");
    ok_if(run_is(&line.channel, 3, 40, 20), "an operation that says a lot is answered");
    ok_if(ask_for(&line.channel, WIRE_LEAVE, NULL, 0, 20) == CHANNEL_ANSWERED,
          "an agent that is told to leave says so");
    ok_if(ask_for(&line.channel, WIRE_LEAVE, NULL, 0, 20) == CHANNEL_CLOSED, "... and is gone");
    peer_end();
}

/* What a receiver announces at once. */
static void test_groups(void)
{
    enum { AROUND = 10, SPECIAL_MAX = 5 };
    static const uint8_t zeros[2 * WIRE_GROUP];
    uint8_t sent[8 * WIRE_GROUP];
    int ends[2];
    uint32_t good = 0;
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
        exit(125);
    line_open(&line, ends[0], ends[0]);
    for (size_t length = 0; length < sizeof zeros; length++) {
        enum channel_end end = ask_for(&line.channel, WIRE_READ, zeros, length, 0.001);
        ssize_t count = read(ends[1], sent, sizeof sent);
        size_t least = AROUND + length, most = least + SPECIAL_MAX + WIRE_GROUP;
        good += end == CHANNEL_SILENT && count % WIRE_GROUP == 0 && (size_t)count >= least &&
                (size_t)count < most && sent[0] == WIRE_START && sent[count - 1] == WIRE_END;
    }
    ok_if(good == sizeof zeros, "requests are filled up to a multiple of %d bytes", WIRE_GROUP);
    line_wake(&line);
    ok_if(read(ends[1], sent, sizeof sent) == WIRE_GROUP && sent[0] == WIRE_END &&
              memcmp(sent, sent + 1, WIRE_GROUP - 1) == 0,
          "as many wake an agent, and mean nothing");
    close(ends[0]);
    close(ends[1]);
}

int main(void)
{
    test_answers();
    test_lost();
    test_at_once(play_damaged, "a damaged answer");
    test_at_once(play_refused, "a refusal");
    test_at_once(play_cut_off, "an answer that is cut off by the next");
    test_no_flood();
    test_silent();
    test_hello();
    test_late();
    test_unknown();
    test_noise();
    test_agent();
    test_groups();
    return tap_done();
}
