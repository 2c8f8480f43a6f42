/* talk.c: requests and their answers; bytes and frames as they are. */
#include "../case/case.h"
#include "conform_private.h"
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

bool wrong(struct conform *c, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(c->why, sizeof c->why, format, arguments);
    va_end(arguments);
    return false;
}

/* ---- Requests. ---- */

void put(struct payload *p, uint32_t number)
{
    p->length = (size_t)(wire_put_number(p->bytes + p->length, number) - p->bytes);
}

void put_octet(struct payload *p, uint8_t byte)
{
    p->bytes[p->length++] = byte;
}

void put_op(struct payload *p, const struct op *op)
{
    p->length += case_write_op_bytes(op, BITS_MAX, p->bytes + p->length);
}

static const char *request_name(enum wire_type type)
{
    static const char *const names[] = {
        [WIRE_HELLO] = "HELLO", [WIRE_RESET] = "RESET",         [WIRE_RUN] = "RUN",
        [WIRE_READ] = "READ",   [WIRE_REGIONS] = "REGIONS",     [WIRE_FRAMES] = "FRAMES",
        [WIRE_NAMES] = "NAMES", [WIRE_INVARIANT] = "INVARIANT", [WIRE_LEAVE] = "LEAVE",
        [WIRE_MANY] = "MANY",   [WIRE_COMPARE] = "COMPARE",
    };
    unsigned index = type;
    return index < sizeof names / sizeof *names && names[index] ? names[index] : "the request";
}

static enum channel_end talk(struct conform *c, enum wire_type type, const struct payload *p,
                             struct wire_reader *r)
{
    static const uint8_t none;
    const uint8_t *answer = &none;
    size_t length = 0;
    enum channel_end end = c->channel->ask(c->channel, type, p ? p->bytes : NULL, p ? p->length : 0,
                                           c->seconds, &answer, &length);
    *r = (struct wire_reader){answer, answer + length, false};
    return end;
}

static bool silent(struct conform *c, enum wire_type type, enum channel_end end)
{
    const char *name = request_name(type);
    return end == CHANNEL_CLOSED ? wrong(c, "%s: the line was closed", name)
                                 : wrong(c, "%s: no answer in %g seconds", name, c->seconds);
}

bool ask(struct conform *c, enum wire_type type, const struct payload *p, struct wire_reader *r)
{
    enum channel_end end = talk(c, type, p, r);
    if (end == CHANNEL_UNKNOWN)
        return wrong(c, "%s is answered by UNKNOWN", request_name(type));
    return end == CHANNEL_ANSWERED || silent(c, type, end);
}

bool ask_two(struct conform *c, enum wire_type type, uint32_t a, uint32_t b, struct wire_reader *r)
{
    struct payload p = {.length = 0};
    put(&p, a);
    put(&p, b);
    return ask(c, type, &p, r);
}

bool ask_in_vain(struct conform *c, enum wire_type type, const struct payload *p, const char *what)
{
    struct wire_reader r;
    enum channel_end end = talk(c, type, p, &r);
    if (end == CHANNEL_ANSWERED)
        return wrong(c, "%s: expected UNKNOWN, actual an answer", what);
    return end == CHANNEL_UNKNOWN || silent(c, type, end);
}

bool complete(struct conform *c, const struct wire_reader *r, const char *what)
{
    if (r->bad)
        return wrong(c, "the answer to %s is cut off, or has what is out of range", what);
    if (r->at != r->end)
        return wrong(c, "the answer to %s has %zu bytes too many", what, (size_t)(r->end - r->at));
    return true;
}

/* ---- Bytes. ---- */

void add_byte(struct bytes *b, uint8_t byte)
{
    b->at[b->count++] = byte;
}

static void add(void *bytes, uint8_t byte)
{
    add_byte(bytes, byte);
}

void add_frame(struct bytes *b, uint8_t type, uint8_t sequence, const struct payload *p)
{
    frame_send(add, b, type, sequence, p ? p->bytes : NULL, p ? p->length : 0);
}

static bool wait_for(int fd, short events, double seconds)
{
    struct pollfd wanted = {.fd = fd, .events = events};
    int came;
    do
        came = poll(&wanted, 1, (int)(seconds * 1000));
    while (came < 0 && errno == EINTR);
    return came > 0;
}

/* And ENDs, as README.md says, so that a receiver announces the last bytes. */
bool send_bytes(struct conform *c, const struct bytes *b)
{
    uint8_t padding[WIRE_GROUP];
    size_t pad = (WIRE_GROUP - b->count % WIRE_GROUP) % WIRE_GROUP;
    memset(padding, WIRE_END, sizeof padding);
    for (size_t sent = 0; sent < b->count + pad;) {
        bool rest = sent >= b->count;
        const uint8_t *from = rest ? padding : b->at + sent;
        size_t length = rest ? b->count + pad - sent : b->count - sent;
        if (!wait_for(c->line->out, POLLOUT, c->seconds))
            return wrong(c, "the line takes no bytes for %g seconds", c->seconds);
        ssize_t written = write(c->line->out, from, length);
        if (written < 0 && errno != EAGAIN && errno != EINTR)
            return wrong(c, "the line was closed");
        sent += written > 0 ? (size_t)written : 0;
    }
    return true;
}

static bool next_frame_in(struct conform *c, struct got *got, double seconds)
{
    struct frame_receiver *receiver = &c->line->receiver;
    double end = line_clock() + seconds;
    while (line_clock() < end) {
        uint8_t byte;
        if (!wait_for(c->line->in, POLLIN, end - line_clock()))
            break;
        ssize_t had = read(c->line->in, &byte, 1);
        if (had == 0 || (had < 0 && errno != EAGAIN && errno != EINTR))
            return wrong(c, "the line was closed");
        enum frame_event event = had == 1 ? frame_receive(receiver, byte) : FRAME_NOTHING;
        if (event == FRAME_DAMAGED)
            return wrong(c, "the agent's frame is damaged");
        if (event != FRAME_WHOLE)
            continue;
        *got = (struct got){receiver->type, receiver->sequence, receiver->length, {0}};
        memcpy(got->payload, receiver->payload, receiver->length);
        return true;
    }
    return wrong(c, "no frame in %g seconds", seconds);
}

/* So long nothing comes when nothing will. */
static const double moment = 0.1;

static struct got extra;

bool no_frame(struct conform *c)
{
    return !next_frame_in(c, &extra, moment) ||
           wrong(c, "a frame too many: type %02X, sequence %02X", extra.type, extra.sequence);
}

bool next_answer(struct conform *c, struct got *got, uint8_t type, uint8_t sequence)
{
    if (!next_frame_in(c, got, c->seconds))
        return false;
    return (got->type == type && got->sequence == sequence) ||
           wrong(c, "expected type %02X, sequence %02X, actual type %02X, sequence %02X", type,
                 sequence, got->type, got->sequence);
}

bool next_refused(struct conform *c)
{
    static struct got got;
    if (!next_answer(c, &got, WIRE_REFUSED, 0))
        return false;
    return !got.length || wrong(c, "REFUSED has a payload of %zu bytes", got.length);
}

uint8_t quiet(struct conform *c)
{
    line_drain(c->line);
    while (next_frame_in(c, &extra, moment))
        continue;
    return ++c->line->sequence;
}
