/* line_test.c: the channel over a line, against peers that lose, damage, delay, and talk. */
#define _GNU_SOURCE /* posix_openpt, cfmakeraw */
#include "channel_peer.h"
#include <fcntl.h>
#include <stdarg.h>
#include <sys/time.h>
#include <termios.h>

enum { TYPE = WIRE_READ };

static const uint8_t payload[] = {1, 2, WIRE_START, WIRE_END, WIRE_ESCAPE, 0};

/* Asks for an echo of our payload. */
static bool echoed(double seconds)
{
    const uint8_t *answer;
    size_t length;
    return line.channel.ask(&line.channel, TYPE, payload, sizeof payload, seconds, &answer,
                            &length) == CHANNEL_ANSWERED &&
           length == sizeof payload && memcmp(answer, payload, length) == 0;
}

static enum channel_end ask(double seconds)
{
    return ask_for(&line.channel, TYPE, payload, sizeof payload, seconds);
}

static void play_echo(int fd)
{
    for (;;)
        peer_echo(fd, peer_receive(fd));
}

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
    struct peer_output answer = peer_frame(request->type | WIRE_ANSWER, request->sequence,
                                           request->payload, request->length);
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
    struct peer_output answer = peer_frame(request->type | WIRE_ANSWER, request->sequence,
                                           request->payload, request->length);
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

/* ---- A guest that talks. ---- */

static void play_babble(int fd)
{
    static char text[1000];
    memset(text, 'b', sizeof text);
    for (;;)
        peer_write(fd, text, sizeof text);
}

/* Starts of frames, and ends, and never a whole one. */
static void play_damage(int fd)
{
    static const uint8_t noise[] = {WIRE_START, 1, 2, 3, WIRE_END, WIRE_START, 7, WIRE_START, 9};
    for (;;)
        peer_write(fd, noise, sizeof noise);
}

static void play_open_frame(int fd)
{
    static const uint8_t start = WIRE_START;
    peer_write(fd, &start, 1);
    play_babble(fd);
}

static void test_babble(void (*play)(int fd), const char *what)
{
    peer_start(play);
    double begin = line_clock();
    ok_if(ask(0.3) == CHANNEL_SILENT && line_clock() - begin < 5,
          "%s, and no answer: silent, in time", what);
    ok_if(line.repeated < 20, "... and not flooded");
    begin = line_clock();
    line_drain(&line);
    ok_if(line_clock() - begin < 5, "... and looking what has come ends");
    peer_end();
}

static void play_console(int fd)
{
    peer_write(fd, "before ", 7);
    peer_echo(fd, peer_receive(fd));
    peer_write(fd, "and\0after", 9);
}

static void test_console(void)
{
    char echo[64] = "";
    peer_start(play_console);
    line.echo = fmemopen(echo, sizeof echo, "w");
    ok_if(echoed(10), "an answer between texts is found");
    while (line_wait(&line, 10))
        continue;
    char *text = line_console(&line);
    ok_if(strcmp(text, "before and?after") == 0, "... and the texts are kept, in order");
    fclose(line.echo);
    ok_if(memcmp(echo, "before and\0after", 16) == 0, "... and echoed as they are");
    free(text);
    line_console_clear(&line);
    text = line_console(&line);
    ok_if(!*text, "... until they are cleared");
    free(text);
    peer_end();
}

static void play_long_text(int fd)
{
    for (int i = 0; i < 100000; i++) {
        char number[8];
        snprintf(number, sizeof number, "%06d\n", i);
        peer_write(fd, number, 7);
    }
}

static void test_ring(void)
{
    peer_start(play_long_text);
    while (line_wait(&line, 10))
        continue;
    char *text = line_console(&line);
    ok_if(strlen(text) == CONSOLE_MAX && strcmp(text + CONSOLE_MAX - 7, "099999\n") == 0 &&
              strncmp(strchr(text, '\n') + 1, "090638\n", 7) == 0,
          "of a long text the end is kept");
    free(text);
    peer_end();
}

/* ---- Slow and full lines. ---- */

static void play_slowly(int fd)
{
    const struct frame_receiver *request = peer_receive(fd);
    struct peer_output answer = peer_frame(request->type | WIRE_ANSWER, request->sequence,
                                           request->payload, request->length);
    for (size_t i = 0; i < answer.count; i++) {
        usleep(20000);
        peer_write(fd, answer.bytes + i, 1);
    }
    pause();
}

static void test_slow(void)
{
    peer_start(play_slowly);
    line.patience = 0.2;
    ok_if(echoed(10) && line.repeated <= 1, "what is on its way, byte by byte, is waited for");
    peer_end();
}

/* Talks a lot before it reads anything, and then reads a byte at a time. */
static void play_full(int fd)
{
    static char text[1 << 20];
    memset(text, 't', sizeof text);
    peer_write(fd, text, sizeof text);
    for (;;)
        peer_echo(fd, peer_receive(fd));
}

static void test_full(void)
{
    static uint8_t big[WIRE_PAYLOAD_MAX];
    const uint8_t *answer;
    size_t length;
    int small = 1;
    memset(big, WIRE_START, sizeof big);
    peer_start(play_full);
    setsockopt(peer_line, SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    bool good = true;
    for (int i = 0; i < 10; i++)
        good = good && line.channel.ask(&line.channel, TYPE, big, sizeof big, 20, &answer,
                                        &length) == CHANNEL_ANSWERED;
    ok_if(good && length == sizeof big && memcmp(answer, big, length) == 0,
          "the longest requests go through a line that is full in both directions");
    peer_end();
}

/* ---- The other side goes. ---- */

static void play_close(int fd)
{
    peer_receive(fd);
}

static void play_close_within(int fd)
{
    const struct frame_receiver *request = peer_receive(fd);
    struct peer_output answer = peer_frame(request->type | WIRE_ANSWER, request->sequence,
                                           request->payload, request->length);
    peer_write(fd, answer.bytes, answer.count / 2);
}

static void play_last_words(int fd)
{
    peer_echo(fd, peer_receive(fd));
    peer_write(fd, "panic\n", 6);
}

static void play_nothing(int fd)
{
    (void)fd;
}

static void test_closing(void (*play)(int fd), const char *what)
{
    peer_start(play);
    ok_if(ask(60) == CHANNEL_CLOSED, "%s: closed", what);
    ok_if(ask(60) == CHANNEL_CLOSED && ask(60) == CHANNEL_CLOSED, "... and it stays closed");
    ok_if(!line_drain(&line) && !line_wait(&line, 60), "... also for who only looks");
    line_wake(&line);
    peer_end();
}

static void test_last_words(void)
{
    peer_start(play_last_words);
    ok_if(echoed(10), "who answers and leaves has answered");
    while (line_wait(&line, 10))
        continue;
    char *text = line_console(&line);
    ok_if(strcmp(text, "panic\n") == 0, "... and what they said last is there");
    free(text);
    peer_end();
}

/* ---- Interruptions; a line that is no socket. ---- */

static void on_alarm(int signal)
{
    (void)signal;
}

static void test_signals(void)
{
    struct sigaction action = {.sa_handler = on_alarm}, before;
    const struct itimerval often = {{0, 300}, {0, 300}}, never = {{0, 0}, {0, 0}};
    bool good = true;
    peer_start(play_echo);
    sigaction(SIGALRM, &action, &before);
    setitimer(ITIMER_REAL, &often, NULL);
    for (int i = 0; i < 2000; i++)
        good = good && echoed(20);
    setitimer(ITIMER_REAL, &never, NULL);
    sigaction(SIGALRM, &before, NULL);
    ok_if(good, "signals do not disturb");
    peer_end();
}

static void test_terminal(void)
{
    struct termios raw;
    int ours = posix_openpt(O_RDWR | O_NOCTTY), theirs = -1;
    if (ours >= 0 && grantpt(ours) == 0 && unlockpt(ours) == 0)
        theirs = open(ptsname(ours), O_RDWR | O_NOCTTY);
    if (theirs < 0) {
        ok_if(true, "a terminal # SKIP there is none");
        return;
    }
    tcgetattr(theirs, &raw);
    cfmakeraw(&raw);
    tcsetattr(theirs, TCSANOW, &raw);
    peer_start_at(ours, theirs, play_echo);
    ok_if(echoed(10) && echoed(10), "a terminal is a line");
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
    test_babble(play_babble, "endless text");
    test_babble(play_damage, "endless damaged frames");
    test_babble(play_open_frame, "a frame without an end");
    test_console();
    test_ring();
    test_slow();
    test_full();
    test_closing(play_nothing, "nobody there");
    test_closing(play_close, "gone instead of an answer");
    test_closing(play_close_within, "gone within an answer");
    test_last_words();
    test_signals();
    test_terminal();
    test_noise();
    test_agent();
    return tap_done();
}
