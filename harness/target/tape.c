/* tape.c: a channel that keeps what is asked through it. */
#include "tape.h"
#include "../../kernel/agent/frame.h"
#include <errno.h>
#include <stdio.h>

enum { HEADER = 4 };

static void keep(void *context, uint8_t byte)
{
    struct tape *tape = context;
    if (tape_fits(tape))
        tape->bytes[tape->length] = byte;
    tape->length++;
}

static enum channel_end ask(struct channel *channel, enum wire_type type, const uint8_t *payload,
                            size_t length, double seconds, const uint8_t **answer,
                            size_t *answer_length)
{
    struct tape *tape = (struct tape *)channel;
    frame_send(keep, tape, type, ++tape->sequence, payload, length);
    return tape->under->ask(tape->under, type, payload, length, seconds, answer, answer_length);
}

struct channel *tape_open(struct tape *tape, struct channel *under)
{
    tape->channel = (struct channel){.ask = ask};
    tape->under = under;
    tape->sequence = 0;
    tape->length = HEADER;
    return &tape->channel;
}

bool tape_fits(const struct tape *tape)
{
    return tape->length < sizeof tape->bytes;
}

bool tape_write(struct tape *tape, const char *path)
{
    size_t length = tape->length - HEADER;
    FILE *file = fopen(path, "wb");
    if (!file)
        return false;
    for (int i = 0; i < HEADER; i++)
        tape->bytes[i] = (uint8_t)(length >> 8 * i);
    bool good = fwrite(tape->bytes, 1, tape->length, file) == tape->length;
    int error = errno;
    if (fclose(file) != 0)
        return false;
    errno = error;
    return good;
}
