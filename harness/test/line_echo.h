/* line_echo.h: a request whose answer is what was asked, for the tests of lines. */
#ifndef LINE_ECHO_H
#define LINE_ECHO_H

#include "channel_peer.h"

static const uint8_t payload[] = {1, 2, WIRE_START, WIRE_END, WIRE_ESCAPE, 0};

/* Asks for an echo of our payload. */
static inline bool echoed(double seconds)
{
    const uint8_t *answer;
    size_t length;
    return line.channel.ask(&line.channel, WIRE_READ, payload, sizeof payload, seconds, &answer,
                            &length) == CHANNEL_ANSWERED &&
           length == sizeof payload && memcmp(answer, payload, length) == 0;
}

static inline enum channel_end ask(double seconds)
{
    return ask_for(&line.channel, WIRE_READ, payload, sizeof payload, seconds);
}

static inline void play_echo(int fd)
{
    for (;;)
        peer_echo(fd, peer_receive(fd));
}

#endif
