/* remote_serial.c: any machine whose kernel serves the agent, at the end of a serial line, as the
 * machine of a remote target: a terminal device, or a socket behind which an emulator is.
 *
 * A process has one line, which all its targets use in turn, a case each: a line cannot be opened
 * twice, and a case begins with RESET anyway.  So when one has lost the machine, the next that asks
 * gets it again. */
#define _GNU_SOURCE /* cfmakeraw, cfsetspeed */
#include "remote.h"
#include "remote_line.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

enum {
    ANSWER_SECONDS = 10,   /* until the agent must answer HELLO */
    RESTART_SECONDS = 120, /* the same of a machine that has ended, and starts anew */
    PROBE_SECONDS = 2,     /* a request that takes no time */
};

struct serial_host {
    struct remote_host base; /* first */
    struct channel channel;
    const struct target_options *options;
};

static struct {
    struct line line;
    bool open;
    bool ended;    /* the machine that was there */
    char why[160]; /* it could not be had again */
    unsigned hosts;
} at;

static void close_line(void)
{
    if (at.open)
        close(at.line.in);
    at.open = false;
}

/* ---- Opening. ---- */

static int refuse(int fd, const char *path, const char *what, char *why, size_t why_size)
{
    snprintf(why, why_size, "%s: %s", path, what);
    if (fd >= 0)
        close(fd);
    return -1;
}

static int open_socket(const char *path, char *why, size_t why_size)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path)
        return refuse(-1, path, "too long for a socket's name", why, why_size);
    memcpy(address.sun_path, path, strlen(path));
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) != 0)
        return refuse(fd, path, strerror(errno), why, why_size);
    return fd;
}

/* Bytes as they are, eight bits, one stop bit, no flow control. */
static int open_terminal(const char *path, uint64_t baud, char *why, size_t why_size)
{
    struct termios settings;
    int fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return refuse(fd, path, strerror(errno), why, why_size);
    if (tcgetattr(fd, &settings) != 0)
        return refuse(fd, path, "neither a terminal nor a socket", why, why_size);
    cfmakeraw(&settings);
    settings.c_cflag |= CLOCAL | CREAD;
    settings.c_cflag &= ~(tcflag_t)(CSTOPB | CRTSCTS);
    if (cfsetspeed(&settings, (speed_t)baud) != 0)
        return refuse(fd, path, "it has no such speed (--baud)", why, why_size);
    if (tcsetattr(fd, TCSANOW, &settings) != 0)
        return refuse(fd, path, strerror(errno), why, why_size);
    tcflush(fd, TCIOFLUSH);
    return fd;
}

static bool open_line(const struct target_options *options, char *why, size_t why_size)
{
    enum { BITS_A_BYTE = 10, REQUEST_BYTES = 4096 };
    struct stat status;
    const char *path = options->line;
    if (at.open)
        return true;
    if (!path) {
        snprintf(why, why_size, "--line PATH is missing");
        return false;
    }
    bool is_socket = stat(path, &status) == 0 && S_ISSOCK(status.st_mode);
    int fd = is_socket ? open_socket(path, why, why_size)
                       : open_terminal(path, options->baud, why, why_size);
    if (fd < 0)
        return false;
    line_open(&at.line, fd, fd);
    at.line.echo = options->console;
    double carried = (double)REQUEST_BYTES * BITS_A_BYTE / (double)options->baud;
    if (!is_socket && at.line.patience < carried)
        at.line.patience = carried;
    at.open = true;
    return true;
}

/* ---- Starting. ---- */

/* By the user's command, which may switch it off and on. */
static bool restart(const char *command, char *why, size_t why_size)
{
    int status = system(command); /* NOLINT(cert-env33-c): the user's own */
    if (status == 0)
        return true;
    snprintf(why, why_size, "--restart: '%s' ended with status %d", command,
             WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
    return false;
}

static bool greet(const struct target_options *options, char *why, size_t why_size)
{
    double seconds = at.ended ? RESTART_SECONDS : ANSWER_SECONDS;
    enum channel_end end;
    struct hello hello;
    if (at.ended && options->restart && !restart(options->restart, why, why_size))
        return false;
    if (!open_line(options, why, why_size))
        return false;
    line_console_clear(&at.line);
    if (remote_line_greet(&at.line, seconds, &hello, &end, why, why_size)) {
        at.ended = false;
        return true;
    }
    if (end == CHANNEL_CLOSED)
        snprintf(why, why_size, "%s: the other side has closed", options->line);
    else if (end != CHANNEL_ANSWERED)
        snprintf(why, why_size, "%s: no agent answers: is the machine on, is --baud its speed?",
                 options->line);
    close_line();
    return false;
}

static struct channel *start(struct remote_host *host, char *why, size_t why_size)
{
    struct serial_host *h = (struct serial_host *)host;
    return greet(h->options, why, why_size) ? &h->channel : NULL;
}

static enum channel_end ask(struct channel *channel, enum wire_type type, const uint8_t *payload,
                            size_t length, double seconds, const uint8_t **answer,
                            size_t *answer_length)
{
    const struct serial_host *h =
        (const struct serial_host *)((char *)channel - offsetof(struct serial_host, channel));
    if (!at.open && !greet(h->options, at.why, sizeof at.why))
        return CHANNEL_CLOSED;
    return at.line.channel.ask(&at.line.channel, type, payload, length, seconds, answer,
                               answer_length);
}

/* ---- How it ended. ---- */

/* It answers, and there is no VMM any more: nobody but the processor's reset takes it away. */
static bool was_reset(void)
{
    const uint8_t *answer;
    size_t length;
    return at.line.channel.ask(&at.line.channel, WIRE_INVARIANT, NULL, 0, PROBE_SECONDS, &answer,
                               &length) == CHANNEL_UNKNOWN;
}

static enum end how_ended(const struct target_options *options, enum channel_end end,
                          const char **what, char *why, size_t why_size)
{
    if (end != CHANNEL_UNKNOWN)
        remote_line_last_words(&at.line);
    if ((*what = remote_line_panic(&at.line, why, why_size)))
        return END_PANIC;
    if (end == CHANNEL_SILENT) {
        *what = "the call does not end";
        snprintf(why, why_size, "no answer for %u seconds", options->hang_seconds);
        return END_HANG;
    }
    if (end == CHANNEL_UNKNOWN && was_reset()) {
        *what = "triple fault";
        snprintf(why, why_size, "the machine has started anew");
        return END_TRIPLE_FAULT;
    }
    *what = "the line was lost";
    snprintf(why, why_size, "%s: the other side has closed", options->line);
    return END_RIG;
}

static enum end post_mortem(struct remote_host *host, enum channel_end end, const char **what,
                            char *why, size_t why_size)
{
    enum end how = END_RIG;
    *what = "the line was lost";
    if (at.open)
        how = how_ended(((struct serial_host *)host)->options, end, what, why, why_size);
    else
        snprintf(why, why_size, "%s", at.why);
    close_line();
    at.ended = true;
    return how;
}

static const uint8_t *memory(struct remote_host *host, size_t *bytes)
{
    (void)host;
    *bytes = 0;
    return NULL;
}

static struct line *line_of(struct remote_host *host)
{
    (void)host;
    return &at.line;
}

static void end_it(struct remote_host *host)
{
    if (--at.hosts == 0)
        close_line();
    free(host);
}

struct remote_host *remote_serial(const struct target_options *options)
{
    struct serial_host *h = remote_memory(sizeof *h);
    h->base = (struct remote_host){.start = start,
                                   .post_mortem = post_mortem,
                                   .memory = memory,
                                   .line = line_of,
                                   .free = end_it};
    h->channel.ask = ask;
    h->options = options;
    at.hosts++;
    return &h->base;
}
