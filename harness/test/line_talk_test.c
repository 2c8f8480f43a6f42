/* line_talk_test.c: the channel over a line: guests that talk, are slow, or go; signals; a line
 * that is a terminal. */
#define _GNU_SOURCE /* posix_openpt, cfmakeraw */
#include "line_echo.h"
#include <fcntl.h>
#include <sys/time.h>
#include <termios.h>

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

static void test_endless(void)
{
    int zeros = open("/dev/zero", O_RDWR);
    line_open(&line, zeros, zeros);
    alarm(60); /* or it would never end */
    bool open = line_drain(&line) && line_wait(&line, 1);
    alarm(0);
    ok_if(open && line.console_count > 0, "looking what has come ends where more always comes");
    close(zeros);
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
    struct peer_output answer = peer_answer(request);
    for (size_t i = 0; i < answer.count; i++) {
        usleep(60000);
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
        good = good && line.channel.ask(&line.channel, WIRE_READ, big, sizeof big, 20, &answer,
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
    struct peer_output answer = peer_answer(request);
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

int main(void)
{
    test_babble(play_babble, "endless text");
    test_babble(play_damage, "endless damaged frames");
    test_babble(play_open_frame, "a frame without an end");
    test_endless();
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
    return tap_done();
}
