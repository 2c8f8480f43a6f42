/* frame.c: frames, out and in.  For both sides: the rig links this file as well. */
#include "frame.h"

uint32_t frame_crc(uint32_t crc, const uint8_t *bytes, size_t length)
{
    /* What four bits that leave the register do to it. */
    static const uint32_t nibbles[16] = {
        0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
        0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
        0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
    };
    crc = ~crc;
    for (size_t i = 0; i < length; i++) {
        crc = nibbles[(crc ^ bytes[i]) & 15] ^ crc >> 4;
        crc = nibbles[(crc ^ bytes[i] >> 4) & 15] ^ crc >> 4;
    }
    return ~crc;
}

static bool is_special(uint8_t byte)
{
    return byte == WIRE_START || byte == WIRE_END || byte == WIRE_ESCAPE;
}

void frame_send(void (*put)(void *context, uint8_t byte), void *context, uint8_t type,
                uint8_t sequence, const uint8_t *payload, size_t length)
{
    uint8_t header[] = {type, sequence, (uint8_t)length, (uint8_t)(length >> 8)};
    uint32_t crc = frame_crc(frame_crc(0, header, sizeof header), payload, length);
    uint8_t trailer[] = {(uint8_t)crc, (uint8_t)(crc >> 8), (uint8_t)(crc >> 16),
                         (uint8_t)(crc >> 24)};
    const struct {
        const uint8_t *bytes;
        size_t length;
    } parts[] = {{header, sizeof header}, {payload, length}, {trailer, sizeof trailer}};

    put(context, WIRE_START);
    for (unsigned part = 0; part < 3; part++) {
        for (size_t i = 0; i < parts[part].length; i++) {
            uint8_t byte = parts[part].bytes[i];
            if (is_special(byte))
                put(context, WIRE_ESCAPE);
            put(context, is_special(byte) ? byte ^ WIRE_ESCAPED : byte);
        }
    }
    put(context, WIRE_END);
}

/* The frame has ended: is it whole?  The checksum of what includes its own checksum is a constant,
 * so there is no need to take it apart first. */
static enum frame_event finish(struct frame_receiver *receiver)
{
    enum { CRC_RESIDUE = 0x2144df1c, AROUND = WIRE_HEADER_BYTES + WIRE_CRC_BYTES };
    const uint8_t *bytes = receiver->bytes;
    size_t count = receiver->count;

    receiver->inside = false;
    if (receiver->escaped || count < AROUND || count > WIRE_FRAME_MAX ||
        count - AROUND != (bytes[2] | (size_t)bytes[3] << 8) ||
        frame_crc(0, bytes, count) != CRC_RESIDUE)
        return FRAME_DAMAGED;
    receiver->type = bytes[0];
    receiver->sequence = bytes[1];
    receiver->payload = bytes + WIRE_HEADER_BYTES;
    receiver->length = count - AROUND;
    return FRAME_WHOLE;
}

enum frame_event frame_receive(struct frame_receiver *receiver, uint8_t byte)
{
    if (byte == WIRE_START) {
        bool cut_off = receiver->inside && (receiver->count || receiver->escaped);
        receiver->inside = true;
        receiver->escaped = false;
        receiver->count = 0;
        return cut_off ? FRAME_DAMAGED : FRAME_NOTHING;
    }
    if (byte == WIRE_END)
        return receiver->inside ? finish(receiver) : FRAME_NOTHING;
    if (!receiver->inside)
        return FRAME_TEXT;
    if (byte == WIRE_ESCAPE && !receiver->escaped) {
        receiver->escaped = true;
        return FRAME_NOTHING;
    }
    if (receiver->count < WIRE_FRAME_MAX)
        receiver->bytes[receiver->count] = receiver->escaped ? byte ^ WIRE_ESCAPED : byte;
    receiver->count++;
    receiver->escaped = false;
    return FRAME_NOTHING;
}
