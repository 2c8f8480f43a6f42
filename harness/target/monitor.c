/* monitor.c: the conversation with QEMU's monitor.  What its answers mean is monitor_walk.c's.
 *
 * Each message is one line of JSON.  Ours have an id, so that greetings, events and late answers to
 * what nobody waits for any more can be told from the answer. */
#include "monitor.h"
#include <cjson/cJSON.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

/* A full `info tlb` is 46 bytes a page; nobody has more pages than this holds. */
enum { INPUT_MAX = 64 << 20 };

struct talk {
    int fd;
    double deadline; /* of clock_now */
    char *input;     /* owned */
    size_t used, capacity;
    char *why;
    size_t why_size;
};

static double clock_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static bool refuse(const struct talk *talk, const char *what, const char *detail)
{
    snprintf(talk->why, talk->why_size, "QEMU's monitor: %s%s%s", what, *detail ? ": " : "",
             detail);
    return false;
}

/* Until the socket can be read or written; false: not in time. */
static bool wait_for(const struct talk *talk, short events)
{
    for (;;) {
        struct pollfd wanted = {.fd = talk->fd, .events = events};
        double left = talk->deadline - clock_now();
        if (left <= 0)
            return refuse(talk, "no answer in time", "");
        int ready = poll(&wanted, 1, (int)(left * 1000) + 1);
        if (ready > 0)
            return true;
        if (ready < 0 && errno != EINTR)
            return refuse(talk, "poll", strerror(errno));
    }
}

static bool try_again(void)
{
    return errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK;
}

static bool send_text(const struct talk *talk, const char *text)
{
    size_t length = strlen(text);
    while (length) {
        if (!wait_for(talk, POLLOUT))
            return false;
        ssize_t sent = send(talk->fd, text, length, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && try_again())
            continue;
        if (sent < 0)
            return refuse(talk, "closed", strerror(errno));
        text += sent;
        length -= (size_t)sent;
    }
    return true;
}

/* Reads more of what has come, at least a byte. */
static bool receive(struct talk *talk)
{
    if (talk->capacity - talk->used < 4096) {
        size_t capacity = talk->capacity ? talk->capacity * 2 : 65536;
        char *input = capacity <= INPUT_MAX ? realloc(talk->input, capacity) : NULL;
        if (!input)
            return refuse(talk, "it talks without end", "");
        talk->input = input;
        talk->capacity = capacity;
    }
    for (;;) {
        if (!wait_for(talk, POLLIN))
            return false;
        ssize_t got =
            recv(talk->fd, talk->input + talk->used, talk->capacity - talk->used, MSG_DONTWAIT);
        if (got < 0 && try_again())
            continue;
        if (got <= 0)
            return refuse(talk, "closed", got < 0 ? strerror(errno) : "");
        talk->used += (size_t)got;
        return true;
    }
}

/* The next message, which the caller deletes. */
static cJSON *next_message(struct talk *talk)
{
    char *end;
    size_t seen = 0;
    while (
        !(end = talk->used > seen ? memchr(talk->input + seen, '\n', talk->used - seen) : NULL)) {
        seen = talk->used;
        if (!receive(talk))
            return NULL;
    }
    size_t length = (size_t)(end - talk->input) + 1;
    cJSON *message = cJSON_ParseWithLength(talk->input, length);
    if (!cJSON_IsObject(message)) {
        cJSON_Delete(message);
        message = NULL;
        refuse(talk, "an answer that is no JSON", "");
    }
    talk->used -= length;
    memmove(talk->input, talk->input + length, talk->used);
    return message;
}

/* The answer to the message with this id; what else comes is dropped, but not in the middle of a
 * line: the next talk begins where this one ends. */
static cJSON *answer_to(struct talk *talk, unsigned id)
{
    cJSON *answer = NULL;
    while (!answer || talk->used) {
        cJSON *message = next_message(talk);
        if (!message) {
            cJSON_Delete(answer);
            return NULL;
        }
        const cJSON *name = cJSON_GetObjectItemCaseSensitive(message, "id");
        if (!answer && cJSON_IsNumber(name) && name->valuedouble == id)
            answer = message;
        else
            cJSON_Delete(message);
    }
    return answer;
}

static unsigned next_id(void)
{
    static unsigned id;
    return ++id;
}

/* A second negotiation is refused, and that is all right. */
static bool negotiate(struct talk *talk)
{
    char text[64];
    unsigned id = next_id();
    snprintf(text, sizeof text, "{\"execute\":\"qmp_capabilities\",\"id\":%u}\n", id);
    cJSON *answer = send_text(talk, text) ? answer_to(talk, id) : NULL;
    cJSON_Delete(answer);
    return answer;
}

/* What the human monitor prints, to be freed by the caller. */
static char *execute(struct talk *talk, const char *command)
{
    char text[160], *printed = NULL;
    unsigned id = next_id();
    snprintf(text, sizeof text,
             "{\"execute\":\"human-monitor-command\",\"id\":%u,"
             "\"arguments\":{\"command-line\":\"%.64s\"}}\n",
             id, command);
    cJSON *answer = send_text(talk, text) ? answer_to(talk, id) : NULL;
    if (!answer)
        return NULL;
    const char *result = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(answer, "return"));
    if (result)
        printed = strdup(result);
    if (!printed)
        refuse(talk, "it refuses", command);
    cJSON_Delete(answer);
    return printed;
}

char *monitor_ask(int fd, const char *command, double seconds, char *why, size_t why_size)
{
    struct talk talk = {
        .fd = fd, .deadline = clock_now() + seconds, .why = why, .why_size = why_size};
    char *printed = negotiate(&talk) ? execute(&talk, command) : NULL;
    free(talk.input);
    return printed;
}
