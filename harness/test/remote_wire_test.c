/* remote_wire_test.c: steps and words as the rig reads them. */
#include "../lib/tap.h"
#include "../target/remote_wire.h"
#include <string.h>

enum { SIZE = 1024 };

struct word {
    uint32_t index, word;
};

/* Reads words from these bytes.  How many came before the end, or before the reader turned bad. */
static uint32_t read_words(const char *bytes, size_t length, struct word *words, bool *bad)
{
    const uint8_t *at = (const uint8_t *)bytes;
    struct wire_reader r = {at, at + length, false};
    struct wire_words told = wire_begin_words(&r);
    uint32_t count = 0;
    while (wire_next_word(&r, &told, SIZE))
        words[count++] = (struct word){told.index, told.word};
    *bad = r.bad || r.at != r.end;
    return count;
}

#define WORDS(bytes) read_words(bytes, sizeof bytes - 1, words, &bad)

static void test_words(void)
{
    struct word words[8];
    bool bad;
    ok_if(WORDS("\0") == 0 && !bad, "no words");
    ok_if(WORDS("\2\x21\x67\x1f\xfe\x07\x80\x01") == 2 && !bad && words[0].index == 0 &&
              words[0].word == 0x4067 && words[1].index == 1023 && words[1].word == 0x80,
          "steps up and down, other low bits, and words that are skipped");
    ok_if(WORDS("\3\x0b\x05\x03\x08\x04") == 3 && !bad && words[0].index == 5 &&
              words[0].word == 0x1003 && words[1].index == 6 && words[1].word == 0x2003 &&
              words[2].index == 7 && words[2].word == 0x1003,
          "a byte for one that goes on as the one before");
    ok_if(WORDS("\5\x0b\x05\x03\x02\0\x03\x02\x02") == 5 && !bad && words[3].index == 8 &&
              words[3].word == 0x4003 && words[4].index == 11 && words[4].word == 0x4003,
          "words that go on like the one before, by their number");
    ok_if(WORDS("\3\x02\0\x03") == 0 && bad, "like the one before, and there is none");
    ok_if(WORDS("\3\x08\x02\0\x03") == 1 && bad, "more of them than were announced");
    ok_if(WORDS("\3\x08\x02\0\0") == 1 && bad, "none of them");
    ok_if(WORDS("\3\x08\x06\0\x02") == 1 && bad, "of them, and a step");
    ok_if(WORDS("\3\x0a\xfe\x07\x02\0\x02") == 2 && bad,
          "of them, one that is outside of the frame");
    ok_if(WORDS("\1\xfd\xff\xff\x03\xff\x1f") == 0 && bad, "a page number above 20 bits");
    ok_if(WORDS("\1\x04") == 0 && bad, "a page number below 0");
    ok_if(WORDS("\1\x01\x80\x20") == 0 && bad, "low bits that are not low");
    ok_if(WORDS("\1\x02\x80\x08") == 0 && bad, "a word outside of the frame");
    ok_if(WORDS("\2\x03\xff\x07\x01\x00") == 1 && bad, "a word after the last");
    ok_if(WORDS("\2\x01\x07") == 1 && bad, "fewer than were announced");
    ok_if(WORDS("\1\x03\x07") == 0 && bad, "one that is cut off");
}

static void test_steps(void)
{
    ok_if(wire_stepped(7, 0) == 7 && wire_stepped(7, 1) == 6 && wire_stepped(7, 2) == 8 &&
              wire_stepped(7, 13) == 0 && wire_stepped(0, 200) == 100,
          "steps go up by halves, and down");
    ok_if(wire_stepped(0, 1) == 0xffffffff && wire_stepped(0x80000000, 0xffffffff) == 0 &&
              wire_stepped(1, 0xfffffffe) == 0x80000000,
          "all numbers can be reached");
}

int main(void)
{
    test_words();
    test_steps();
    return tap_done();
}
