/* frame.h: frames on a byte stream, for both sides: one is put into bytes, bytes become one again.
 * README.md, "Frames". */
#ifndef AGENT_FRAME_H
#define AGENT_FRAME_H

#include "wire.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Sends one frame, byte by byte, with what surrounds it.  length: at most WIRE_PAYLOAD_MAX. */
void frame_send(void (*put)(void *context, uint8_t byte), void *context, uint8_t type,
                uint8_t sequence, const uint8_t *payload, size_t length);

enum frame_event {
    FRAME_NOTHING, /* the byte is part of a frame that goes on, or a lone end */
    FRAME_TEXT,    /* the byte belongs to no frame: console text */
    FRAME_WHOLE,   /* it ends a frame, which is in the receiver until the next byte */
    FRAME_DAMAGED, /* it ends, or cuts off, a frame whose length or checksum is wrong */
};

/* Starts as zeros. */
struct frame_receiver {
    bool inside, escaped;
    size_t count; /* bytes of the frame so far; counts on when they do not fit */
    uint8_t bytes[WIRE_FRAME_MAX];
    uint8_t type, sequence; /* of a whole frame */
    const uint8_t *payload;
    size_t length;
};

enum frame_event frame_receive(struct frame_receiver *receiver, uint8_t byte);

/* CRC-32 of IEEE 802.3 (reflected polynomial 0xedb88320, start and final inversion), going on from
 * crc; start with 0. */
uint32_t frame_crc(uint32_t crc, const uint8_t *bytes, size_t length);

#endif
