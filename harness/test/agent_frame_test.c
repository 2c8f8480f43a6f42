/* agent_frame_test.c: frames, and what becomes of them on a bad line: whatever is lost, added or
 * changed, nothing is executed twice, what was executed is answered, and the next good frame is
 * understood. */
#include "agent_fixture.h"

static struct frame_receiver receiver;
static uint8_t sent[LINE_MAX];
static size_t sent_count;

static void put(void *context, uint8_t byte)
{
    (void)context;
    sent[sent_count++] = byte;
}

static void sends(uint8_t type, uint8_t sequence, const uint8_t *payload, size_t length)
{
    sent_count = 0;
    frame_send(put, NULL, type, sequence, payload, length);
}

/* The events of receiving these bytes, a letter each. */
static const char *events(const uint8_t *bytes, size_t count)
{
    static char letters[LINE_MAX + 1];
    for (size_t i = 0; i < count; i++)
        letters[i] = ".twd"[frame_receive(&receiver, bytes[i])];
    letters[count] = '\0';
    return letters;
}

static bool gives(const char *hex, const char *wanted)
{
    uint8_t bytes[64];
    const char *got = events(bytes, bytes_of(hex, bytes));
    if (strcmp(got, wanted))
        printf("# %s: wanted %s, got %s\n", hex, wanted, got);
    return !strcmp(got, wanted);
}

static void test_bytes(void)
{
    static const uint8_t special[] = {0xc0, 0xc1, 0xdb, 0xe0, 0xe1, 0xfb};
    ok_if(frame_crc(0, (const uint8_t *)"123456789", 9) == 0xcbf43926 &&
              frame_crc(frame_crc(0, (const uint8_t *)"1234", 4), (const uint8_t *)"56789", 5) ==
                  0xcbf43926,
          "the CRC is that of IEEE 802.3, also in two parts");
    sends(0x88, 0x2a, (const uint8_t *)"\0", 1); /* CRCs: the trailer that gzip writes */
    ok_if(same_bytes(sent, sent_count, "C0 88 2A 01 00 00 23 29 F9 89 C1"), "a frame on the line");
    sends(0xc0, 0xdb, special, sizeof special);
    ok_if(same_bytes(sent, sent_count,
                     "C0 DB E0 DB FB 06 00 DB E0 DB E1 DB FB E0 E1 FB 6A 68 28 3B C1"),
          "START, END and ESCAPE are escaped wherever they are");
    ok_if(!strcmp(strchr(events(sent, sent_count), 'w'), "w") && receiver.type == 0xc0 &&
              receiver.sequence == 0xdb && receiver.length == sizeof special &&
              !memcmp(receiver.payload, special, sizeof special),
          "and come back as they were");
    ok_if(gives("41 0A DB C1 C1", "ttt.."), "outside of a frame is text, but END is nothing");
    ok_if(gives("C0 C0 88 2A 01 00 00 23 29 F9 89 C1 41", "...........wt"),
          "START twice is START, and after a frame there is text again");
    ok_if(gives("C0 C1 41", ".dt"), "a frame of nothing is damaged");
    ok_if(gives("C0 88 C0 88 2A 01 00 00 23 29 F9 89 C1", "..d.........w"),
          "START gives up what was not complete");
    ok_if(gives("C0 DB C0 C1", "..dd"), "also when it was an ESCAPE");
    ok_if(gives("C0 88 2A 02 00 00 7A 97 BF 8B C1", "..........d"),
          "a length that is not the payload's is damage, however good the CRC");
    ok_if(gives("C0 88 2A 01 00 00 23 29 F9 89 DB C1", "...........d"), "no frame ends in ESCAPE");
}

static void test_sizes(void)
{
    static uint8_t payload[WIRE_PAYLOAD_MAX + 1], line[2 * LINE_MAX];
    unsigned good = 0;
    for (size_t length = 0; length <= WIRE_PAYLOAD_MAX; length += length < 600 ? 1 : 1898) {
        memset(payload, (int)length, length);
        sends(1, (uint8_t)length, payload, length);
        size_t count = make_frame(line, 1, (uint8_t)length, payload, length);
        good += count == sent_count && !memcmp(line, sent, count) &&
                strchr(events(sent, sent_count), 'w') && receiver.length == length &&
                !memcmp(receiver.payload, payload, length);
    }
    ok_if(good == 605, "frames of all lengths come back, to the longest");
    memset(payload, 7, sizeof payload);
    size_t count = make_frame(line, 1, 1, payload, sizeof payload);
    ok_if(!strcmp(events(line, count) + count - 2, ".d"), "a frame of a byte more is damaged");
    ok_if(count == 8203 && !strcmp(events(line, count) + count - 2, ".d"), "and again");
    memset(line + 1, 7, 2 * WIRE_FRAME_MAX);
    line[2 * WIRE_FRAME_MAX] = 0xc1;
    ok_if(strchr(events(line, 2 * WIRE_FRAME_MAX + 1), 'd') && gives("41", "t"),
          "so is one that goes on and on, and nothing overflows");
}

/* ---- A request on a bad line, to an agent. ---- */

static uint8_t request[256], good_answer[256], longer[512];
static size_t request_count, good_count;

/* A RUN of three that START, END and ESCAPE are in it:
 * bf 82 c1 6d and c0 db 01. */
static void make_request(void)
{
    static const uint8_t payload[] = {0,    3,    0, 1, 4,    1,    0xbf, 0x82,
                                      0xc1, 0x6d, 4, 2, 0xc0, 0xdb, 1};
    fixture_start();
    fake.sequence++;
    request_count = make_frame(request, WIRE_RUN, fake.sequence, payload, sizeof payload);
    send_bytes(request, request_count);
    good_count = fake.output_count;
    memcpy(good_answer, fake.output, good_count);
}

/* Does the agent, after these bytes, answer the request when it is sent again?  Then it has been
 * executed once by now: and must not have been twice, nor in part. */
static bool recovers(const uint8_t *bytes, size_t count)
{
    fixture_start();
    send_bytes(bytes, count);
    if (fake.op_count != 0 && fake.op_count != 3)
        return false;
    send_bytes(request, request_count);
    return fake.op_count == 3 && fake.output_count >= good_count &&
           !memcmp(fake.output + fake.output_count - good_count, good_answer, good_count);
}

static void test_good_line(void)
{
    make_request();
    ok_if(good_answer[1] == 0x83 && fake.op_count == 3, "the request is a good one");
    ok_if(recovers(request, 0), "executed once when sent once");
    ok_if(recovers(request, request_count), "and when sent twice, with the same answer");
    unsigned refused = 0;
    for (size_t i = 0; i < fake.output_count; i++)
        refused += fake.output[i] == WIRE_REFUSED;
    ok_if(!refused, "nothing is refused");
    memcpy(longer, request, request_count);
    memcpy(longer + request_count, request, request_count);
    ok_if(recovers(longer, 2 * request_count), "and when sent three times in a row");
}

static void test_every_damage(void)
{
    unsigned cut = 0, lost = 0, repeated = 0, flipped = 0, stray = 0;
    make_request();
    for (size_t at = 0; at < request_count; at++) {
        cut += !recovers(request, at);

        memcpy(longer, request, at);
        memcpy(longer + at, request + at + 1, request_count - at - 1);
        lost += !recovers(longer, request_count - 1);

        memcpy(longer, request, at + 1);
        memcpy(longer + at + 1, request + at, request_count - at);
        repeated += !recovers(longer, request_count + 1);

        for (unsigned bit = 0; bit < 8; bit++) {
            memcpy(longer, request, request_count);
            longer[at] ^= (uint8_t)(1 << bit);
            flipped += !recovers(longer, request_count);
        }
        for (unsigned byte = 0; byte < 256; byte++) {
            memcpy(longer, request, at);
            longer[at] = (uint8_t)byte;
            memcpy(longer + at + 1, request + at, request_count - at);
            stray += !recovers(longer, request_count + 1);
        }
    }
    ok_if(!cut, "cut off at any byte, then sent again: executed once");
    ok_if(!lost, "any byte lost");
    ok_if(!repeated, "any byte repeated");
    ok_if(!flipped, "any bit flipped");
    ok_if(!stray, "any byte inserted anywhere");
}

/* Damage that leaves a frame to be seen is told at once, so that nobody has to wait. */
static void test_refused(void)
{
    unsigned silent = 0;
    make_request();
    for (size_t at = 1; at < request_count - 1; at++) {
        if (request[at] == 0xdb || request[at - 1] == 0xdb)
            continue;
        memcpy(longer, request, request_count);
        longer[at] ^= 1;
        bool makes_end = longer[at] == 0xc1 || longer[at] == 0xc0;
        fixture_start();
        send_bytes(longer, request_count);
        silent += !makes_end &&
                  !same_bytes(fake.output, fake.output_count, "C0 FE 00 00 00 88 BE FD 47 C1");
        silent += fake.op_count != 0;
    }
    ok_if(!silent, "a damaged frame is REFUSED, and nothing of it executed");
}

static void test_garbage(void)
{
    static uint8_t noise[2048];
    uint32_t random = 1;
    unsigned bad = 0;
    make_request();
    for (unsigned round = 0; round < 500; round++) {
        for (size_t i = 0; i < sizeof noise; i++) {
            random = random * 1664525 + 1013904223;
            noise[i] =
                random >> 30 ? (uint8_t)(random >> 16) : "\xc0\xc1\xdb\x03"[random >> 28 & 3];
        }
        fixture_start();
        send_bytes(noise, sizeof noise);
        bad += fake.op_count != 0 || !recovers(request, request_count);
        memcpy(noise + 1000, request, request_count);
        bad += !recovers(noise, 1000 + request_count);
    }
    ok_if(!bad, "noise before, between and after: not executed, and no frame after it is lost");
    ok_if(recovers((const uint8_t *)"login: \r\n# ", 11), "console text is not answered");
}

static void test_repetition(void)
{
    uint8_t line[64];
    static const uint8_t payload[] = {0, 1, 0, 1}; /* create s1 */
    fixture_start();
    size_t count = make_frame(line, WIRE_RUN, 7, payload, sizeof payload);
    send_bytes(line, count);
    count = make_frame(line, WIRE_RUN, 8, payload, sizeof payload);
    send_bytes(line, count);
    ok_if(fake.op_count == 2, "another number is another request");
    count = make_frame(line, WIRE_NAMES, 8, (const uint8_t *)"\0\0", 2);
    send_bytes(line, count);
    ok_if(fake.op_count == 2 && fake.output[1] == 0x87,
          "another type with the same number as well");
    count = make_frame(line, WIRE_RUN, 8, payload, sizeof payload);
    send_bytes(line, count);
    ok_if(fake.op_count == 3, "only the last request that was answered is remembered");
    send_bytes(line, count);
    ok_if(fake.op_count == 3, "a repetition is not executed");

    size_t hello = make_frame(line + 32, WIRE_HELLO, 8, (const uint8_t *)"\1", 1);
    send_bytes(line + 32, hello);
    send_bytes(line, count);
    ok_if(fake.op_count == 4, "HELLO forgets what was answered before it");
    send_bytes(line + 32, hello);
    fake_facts.user_pdes--;
    send_bytes(line + 32, hello);
    fake_facts.user_pdes++;
    ok_if(fake.output[1] == 0x81 && fake.output[7] == 0xff && fake.output[8] == 0x05,
          "HELLO is done again, not repeated");

    count = make_frame(line, WIRE_RUN, 10, payload, 3);
    send_bytes(line, count);
    send_bytes(line, count);
    ok_if(fake.output[1] == WIRE_UNKNOWN && fake.op_count == 4, "UNKNOWN is repeated as well");
}

int main(void)
{
    test_bytes();
    test_sizes();
    test_good_line();
    test_every_damage();
    test_refused();
    test_garbage();
    test_repetition();
    return tap_done();
}
