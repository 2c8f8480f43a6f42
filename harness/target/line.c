/* line.c: requests and answers over a serial line that may lose and damage bytes, beside console
 * text.  Everything that waits, waits in wait_for_event, which also writes what is still to be
 * written: if it only wrote, both sides could wait for each other to read. */
#include "line.h"
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* A kernel that is being booted loses what was sent too early, and ought to be found as soon as it
 * listens: HELLO is repeated often, and a fourth of the time later each time. */
static const double patience_first = 0.25, patience_factor = 2, patience_max = 4;
static const double hello_first = 0.005, hello_factor = 1.25;

/* What even a slow line carries in a second, so that a long request is not repeated too early. */
static const double slow_bytes_a_second = 8000;

/* A look takes longer only when others want the processor. */
static const double late_seconds = 1e-3;

/* A line that damages everything would otherwise be flooded. */
enum { AT_ONCE_MAX = 8 };

static double lesser(double a, double b)
{
    return a < b ? a : b;
}

double line_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* ---- Console text. ---- */

static void keep_text(struct line *line, uint8_t c)
{
    if (line->echo)
        putc(c, line->echo);
    line->console[line->console_count++ % CONSOLE_MAX] = (char)c;
}

char *line_console(const struct line *line)
{
    size_t kept = line->console_count < CONSOLE_MAX ? line->console_count : CONSOLE_MAX;
    char *text = malloc(kept + 1);
    if (!text) {
        fprintf(stderr, "pagerig: out of memory\n");
        exit(125);
    }
    for (size_t i = 0; i < kept; i++) {
        char c = line->console[(line->console_count - kept + i) % CONSOLE_MAX];
        text[i] = c ? c : '?';
    }
    text[kept] = '\0';
    return text;
}

void line_console_clear(struct line *line)
{
    line->console_count = 0;
}

/* ---- Bytes. ---- */

/* Without SIGPIPE where that is possible: a terminal has none, and is not a socket. */
static ssize_t write_some(int fd, const uint8_t *bytes, size_t length)
{
    ssize_t written = send(fd, bytes, length, MSG_NOSIGNAL | MSG_DONTWAIT);
    return written < 0 && errno == ENOTSOCK ? write(fd, bytes, length) : written;
}

static bool is_for_later(int error)
{
    return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

static void write_output(struct line *line)
{
    while (line->output_from < line->output_to) {
        ssize_t written = write_some(line->out, line->output + line->output_from,
                                     line->output_to - line->output_from);
        if (written < 0 && is_for_later(errno))
            return;
        /* Nobody reads any more; what they said before can still be read, and then the end. */
        line->output_from = written < 0 ? line->output_to : line->output_from + (size_t)written;
    }
}

/* Called when all input was looked at. */
static void read_input(struct line *line)
{
    ssize_t got = read(line->in, line->input, sizeof line->input);
    line->input_from = 0;
    line->input_to = got > 0 ? (size_t)got : 0;
    if (got == 0 || (got < 0 && !is_for_later(errno)))
        line->closed = true;
}

/* Looks again and again, if that helped of late.  Between two looks the processor is left to
 * others: to threads of the emulator, which otherwise wait for it.  When they keep it for long, it
 * is not the emulator that took it.  Bytes are left to gather: who looks more often keeps the pipe
 * empty, which makes each byte dearer for who writes it. */
static bool spin_if_it_helps(struct line *line, double now)
{
    enum { YIELDS = 30 };
    double end = now + spin_seconds, before = now;
    bool helps = spin_helps(&line->spin), came = false;
    while (helps && !came && now < end && now - before < late_seconds) {
        for (int i = 0; i < YIELDS; i++)
            sched_yield();
        read_input(line);
        came = line->input_to > 0 || line->closed;
        before = now;
        now = line_clock();
    }
    spin_note(&line->spin, came && now - before < late_seconds);
    return came;
}

/* For poll; rounded up, or the last millisecond would be spent in a circle. */
static int milliseconds(double seconds)
{
    enum { LONGEST = 3600 };
    return seconds <= 0 ? 0 : seconds >= LONGEST ? 1000 * LONGEST : (int)(seconds * 1000) + 1;
}

/* Waits until something can be read, or written if there is something to write, for so many seconds
 * at most; reads and writes what it can. */
static void wait_for_bytes(struct line *line, double seconds)
{
    struct pollfd wanted[] = {{.fd = line->in, .events = POLLIN},
                              {.fd = line->out, .events = POLLOUT}};
    nfds_t count = line->output_from < line->output_to ? 2 : 1;
    if (poll(wanted, count, milliseconds(seconds)) <= 0)
        return;
    if (wanted[1].revents)
        write_output(line);
    if (wanted[0].revents)
        read_input(line);
}

/* The same, for an answer. */
static void wait_for_answer(struct line *line, double now, double end)
{
    bool sent = line->output_from == line->output_to;
    if (!sent || !spin_if_it_helps(line, now))
        wait_for_bytes(line, end - line_clock());
}

/* ---- Frames. ---- */

/* Goes on with the input until something other than text happened, or the input is used up. */
static enum frame_event next_event(struct line *line)
{
    while (line->input_from < line->input_to) {
        uint8_t byte = line->input[line->input_from++];
        enum frame_event event = frame_receive(&line->receiver, byte);
        if (event == FRAME_TEXT)
            keep_text(line, byte);
        else if (event != FRAME_NOTHING)
            return event;
    }
    if (line->echo)
        fflush(line->echo);
    return FRAME_NOTHING;
}

static void put(void *context, uint8_t byte)
{
    struct line *line = context;
    line->output[line->output_to++] = byte;
}

/* ---- A request. ---- */

struct request {
    enum wire_type type;
    const uint8_t *payload;
    size_t length;

    double end;                /* when to give up */
    double interval, again_at; /* when to repeat it */
    unsigned at_once;          /* repetitions since the last that came by the clock */
};

static void wait_again(struct request *request, const struct line *line, double now)
{
    request->again_at = now + request->interval + (double)line->output_to / slow_bytes_a_second;
}

/* A frame that is not written yet is not sent a second time: it will be read sooner. */
static void send_request(struct line *line, const struct request *request)
{
    if (line->output_from < line->output_to)
        return;
    line->output_from = line->output_to = 0;
    if (request->type == WIRE_HELLO)
        put(line, WIRE_END); /* ends a frame that may be open */
    frame_send(put, line, request->type, line->sequence, request->payload, request->length);
    while (line->output_to % WIRE_GROUP)
        put(line, WIRE_END);
    write_output(line);
}

static void repeat(struct line *line, struct request *request)
{
    line->repeated++;
    send_request(line, request);
}

/* Nothing has come: asks again, and is more patient from then on. */
static void repeat_by_the_clock(struct line *line, struct request *request, double now)
{
    bool hello = request->type == WIRE_HELLO;
    repeat(line, request);
    request->at_once = 0;
    request->interval =
        lesser(request->interval * (hello ? hello_factor : patience_factor), patience_max);
    wait_again(request, line, now);
}

static bool is_answer(const struct line *line, const struct request *request)
{
    return line->receiver.sequence == line->sequence &&
           (line->receiver.type == (request->type | WIRE_ANSWER) ||
            line->receiver.type == WIRE_UNKNOWN);
}

/* Looks at the input.  True: the answer is in the receiver. */
static bool answer_came(struct line *line, struct request *request)
{
    enum frame_event event;
    while ((event = next_event(line)) != FRAME_NOTHING) {
        if (event == FRAME_WHOLE && is_answer(line, request))
            return true;
        bool refused = event == FRAME_WHOLE && line->receiver.type == WIRE_REFUSED;
        if ((refused || event == FRAME_DAMAGED) && request->at_once < AT_ONCE_MAX) {
            request->at_once++;
            repeat(line, request);
        }
    }
    return false;
}

/* An answer is on its way, however slowly: more of it is there than before. */
static bool is_coming(const struct line *line, size_t before)
{
    size_t count = line->receiver.count;
    return line->receiver.inside && count != before && count < WIRE_FRAME_MAX;
}

static enum channel_end take_answer(struct line *line, const uint8_t **answer,
                                    size_t *answer_length)
{
    if (line->receiver.type == WIRE_UNKNOWN)
        return CHANNEL_UNKNOWN;
    memcpy(line->answer, line->receiver.payload, line->receiver.length);
    *answer = line->answer;
    *answer_length = line->receiver.length;
    return CHANNEL_ANSWERED;
}

static enum channel_end ask(struct channel *channel, enum wire_type type, const uint8_t *payload,
                            size_t length, double seconds, const uint8_t **answer,
                            size_t *answer_length)
{
    struct line *line = (struct line *)channel;
    double now = line_clock();
    struct request request = {
        .type = type,
        .payload = payload,
        .length = length,
        .end = seconds > 0 ? now + seconds : HUGE_VAL,
        .interval = type == WIRE_HELLO ? hello_first : line->patience,
    };
    /* The rest of a frame that was given up: the next START tells the agent so. */
    line->output_from = line->output_to;
    line->sequence++;
    size_t count = line->receiver.count;
    send_request(line, &request);
    wait_again(&request, line, now);
    while (!answer_came(line, &request)) {
        if (line->closed)
            return CHANNEL_CLOSED;
        if (now >= request.end)
            return CHANNEL_SILENT;
        if (is_coming(line, count))
            wait_again(&request, line, now);
        else if (now >= request.again_at)
            repeat_by_the_clock(line, &request, now);
        count = line->receiver.count;
        wait_for_answer(line, now, lesser(request.again_at, request.end));
        now = line_clock();
    }
    return take_answer(line, answer, answer_length);
}

/* ---- Between requests. ---- */

static void drop_frames(struct line *line)
{
    while (next_event(line) != FRAME_NOTHING)
        continue;
}

bool line_drain(struct line *line)
{
    return line_wait(line, 0);
}

bool line_wait(struct line *line, double seconds)
{
    /* Not more than what can be there at once, or a guest that never stops would keep us. */
    enum { READS_MAX = 64 };
    drop_frames(line);
    for (int i = 0; i < READS_MAX && !line->closed; i++) {
        if (i == 0 && seconds > 0)
            wait_for_bytes(line, seconds);
        else
            read_input(line);
        if (line->input_to == 0)
            break;
        drop_frames(line);
    }
    return !line->closed;
}

void line_wake(struct line *line)
{
    uint8_t ends[WIRE_GROUP];
    memset(ends, WIRE_END, sizeof ends);
    /* When there is no room, there are bytes enough to wake anyone. */
    (void)!write_some(line->out, ends, sizeof ends);
}

static void unblock(int fd)
{
    int flags = fcntl(fd, F_GETFL);
    if (flags >= 0)
        fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

void line_open(struct line *line, int in, int out)
{
    memset(line, 0, sizeof *line);
    line->channel.ask = ask;
    line->in = in;
    line->out = out;
    line->patience = patience_first;
    unblock(in);
    unblock(out);
}
