/* case_text_test.c: what the text form of a case accepts, and each way in which it refuses.  That
 * what is written is read again is in case_test.c. */
#define _POSIX_C_SOURCE 200809L /* open_memstream */
#include "../case/case.h"
#include "../lib/tap.h"
#include "case_text.h"
#include <stdlib.h>
#include <string.h>

static void test_text_refusals(void)
{
    static const struct {
        const char *rule, *text;
        unsigned line, column;
        const char *message;
    } refusals[] = {
        {"an unknown operation", "mapp s0", 1, 1, "unknown operation 'mapp'"},
        {"an operation in capitals", "\n  CREATE s0", 2, 3, "unknown operation 'CREATE'"},
        {"a word that would garble the terminal", "\x1b[2J", 1, 1, "unknown operation '?[2J'"},
        {"a very long word", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", 1, 1,
         "unknown operation 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...'"},
        {"CR that no LF follows", "check\r", 1, 1, "unknown operation 'check?'"},
        {"a missing argument", "create s0\nmap s0 0x1000 2  # rw", 2, 16,
         "missing argument: syntax is `map s va|any n prot [eager] [g offset]`"},
        {"an expectation in place of an argument", "create -> OK", 1, 8,
         "missing argument: syntax is `create s`"},
        {"a segment without its offset", "map s0 any 1 rw g3", 1, 19,
         "missing argument: syntax is `map s va|any n prot [eager] [g offset]`"},
        {"an argument too many", "create s0 s1", 1, 11, "unexpected 's1': syntax is `create s`"},
        {"options in the wrong order", "map s0 any 1 rw g3 0 eager", 1, 22,
         "unexpected 'eager': syntax is `map s va|any n prot [eager] [g offset]`"},
        {"an unknown option", "fail 1 stick", 1, 8,
         "unexpected 'stick': syntax is `fail k [sticky]`"},
        {"an arrow that sticks to an argument", "create s0-> OK", 1, 8,
         "expected an address space: s0 to s15, found 's0->'"},
        {"an arrow that sticks to its status", "check ->OK", 1, 7,
         "unexpected '->OK': syntax is `check`"},
        {"a space slot out of range", "create\ts16", 1, 8, "slot 's16' is out of range s0 to s15"},
        {"a segment slot out of range", "release g99999999999999999999", 1, 9,
         "slot 'g99999999999999999999' is out of range g0 to g15"},
        {"a segment in place of a space", "fork s0 g1", 1, 9,
         "expected an address space: s0 to s15, found 'g1'"},
        {"a space in place of a segment", "segment s0 1", 1, 9,
         "expected a segment: g0 to g15, found 's0'"},
        {"a slot without a number", "create s", 1, 8,
         "expected an address space: s0 to s15, found 's'"},
        {"a slot with leading zeros", "create s01", 1, 8,
         "expected an address space: s0 to s15, found 's01'"},
        {"a slot with a tail", "create s1x", 1, 8,
         "expected an address space: s0 to s15, found 's1x'"},
        {"a number with more than 32 bits", "segment g0 4294967296", 1, 12,
         "'4294967296' does not fit in 32 bits"},
        {"a hexadecimal number with more than 32 bits", "fail 0x100000000", 1, 6,
         "'0x100000000' does not fit in 32 bits"},
        {"a number with more than 64 bits", "fail 18446744073709551617", 1, 6,
         "'18446744073709551617' does not fit in 32 bits"},
        {"a negative number of pages", "unmap s0 0x1000 -1", 1, 17,
         "expected a number of pages, found '-1'"},
        {"hexadecimal digits without 0x", "evict s0 1f", 1, 10,
         "expected a page address, found '1f'"},
        {"0x without digits", "evict s0 0x", 1, 10, "expected a page address, found '0x'"},
        {"a hexadecimal number with a tail", "evict s0 0x1g", 1, 10,
         "expected a page address, found '0x1g'"},
        {"map without an address", "map s0 anywhere 1 r", 1, 8,
         "expected a page address or any, found 'anywhere'"},
        {"any where a page must be named", "unmap s0 any 1", 1, 10,
         "expected a page address, found 'any'"},
        {"a word address that is none", "read s0 x", 1, 9, "expected a word address, found 'x'"},
        {"a word address between words", "write s0 0x1002 1", 1, 10,
         "word address must be a multiple of 4, found '0x1002'"},
        {"a word that is none", "copy_out s0 0x1000 rw", 1, 20,
         "expected a word of memory, found 'rw'"},
        {"a device frame that is none", "map_device s0 0x1000 1 f", 1, 24,
         "expected a device frame, found 'f'"},
        {"a count that is none", "fail sticky", 1, 6, "expected a count, found 'sticky'"},
        {"an offset that is none", "map s0 any 1 r g1 eager", 1, 19,
         "expected an offset in pages, found 'eager'"},
        {"a protection that is none", "protect s0 0x1000 1 w", 1, 21,
         "expected a protection: none, r or rw, found 'w'"},
        {"an unknown status", "create s0 -> GOOD", 1, 14,
         "unknown status 'GOOD': it is one of OK NO_MEMORY BAD_ARGUMENT EXISTS NOT_MAPPED NO_SPACE "
         "BAD_SLOT FAULT"},
        {"an arrow without a status", "create s0 ->", 1, 13, "missing status after '->'"},
        {"more than one status", "create s0 -> OK FAULT", 1, 17,
         "unexpected 'FAULT': syntax is `create s`"},
        {"an unknown key of the head", "case limit=8 rams=5", 1, 14,
         "unknown key 'rams': it is one of bits ram limit slots tlb index tables update fork "
         "flush discard"},
        {"a key of the head without a value", "case limit", 1, 6,
         "expected key=value, found 'limit'"},
        {"an empty value in the head", "case limit=", 1, 12, "expected a number, found ''"},
        {"a value of the head that is no number", "case slots=many", 1, 12,
         "expected a number, found 'many'"},
        {"a number of the head below its range", "case ram=15", 1, 10,
         "ram 15 is out of range 16 to 65536"},
        {"a number of the head above its range", "case limit=8 bits=11", 1, 19,
         "bits 11 is out of range 3 to 10"},
        {"a key of the head twice", "case slots=1 tlb=none slots=1", 1, 23,
         "'slots' is given twice"},
        {"an axis twice", "case index=list index=list", 1, 17, "'index' is given twice"},
        {"an unknown choice of an axis", "case fork=hash", 1, 11,
         "unknown fork 'hash': it is one of cow copy"},
        {"an unknown TLB", "case tlb=big", 1, 10,
         "unknown tlb 'big': it is one of typical paranoid negative none"},
        {"a second head", "case ram=16\ncase", 2, 1, "there is a case line already"},
        {"a head after an operation", "check\n case", 2, 2,
         "a case line must stand before the first operation"},
    };
    struct test_case c;
    struct case_error error;

    case_init(&c);
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        memset(&error, 0, sizeof(error));
        bool good = case_read_text(&c, refusals[i].text, strlen(refusals[i].text), &error);
        if (!ok_if(!good && !c.count && error.line == refusals[i].line &&
                       error.column == refusals[i].column &&
                       strcmp(error.message, refusals[i].message) == 0,
                   "text refuses %s", refusals[i].rule))
            printf("#   %u:%u: %s\n", error.line, error.column, error.message);
    }

    static const char nul[] = "check\ncheck # \0";
    ok_if(!case_read_text(&c, nul, sizeof(nul) - 1, &error) && error.line == 2 &&
              error.column == 9 && strcmp(error.message, "NUL byte: this is not a text file") == 0,
          "text refuses a NUL byte, in a comment too");
    case_free(&c);
}

static bool reads_as(const char *text, const char *expected)
{
    struct test_case c;
    struct case_error error;
    size_t length;

    case_init(&c);
    if (!case_read_text(&c, text, strlen(text), &error)) {
        printf("#   %u:%u: %s\n", error.line, error.column, error.message);
        return false;
    }
    char *written = text_of(&c, &length);
    bool same = strcmp(written, expected) == 0;
    if (!same)
        printf("#   written: %s\n", written);
    free(written);
    case_free(&c);
    return same;
}

static void test_text_accepted(void)
{
    ok_if(reads_as("", ""), "no text is the default case, which is no text");
    ok_if(reads_as("case\n", ""), "a head may say nothing");
    ok_if(reads_as("create s0\r\nread s0 0x10\r\n", "create s0\nread s0 0x10\n"),
          "CR LF ends a line");
    ok_if(reads_as("# a comment\n\n \t\ncreate\t s0#here\n", "create s0\n"),
          "comments, blank lines and any blanks between words are free");
    ok_if(reads_as("check", "check\n"), "the last line need not end");
    ok_if(reads_as("evict s0 4096\nsegment g0 0x10\nfail 0xFf\n",
                   "evict s0 0x1000\nsegment g0 16\nfail 255\n"),
          "numbers are decimal or 0x hexadecimal");
    ok_if(reads_as("case flush=space limit=8 tlb=none bits=3\n",
                   "case bits=3 limit=8 tlb=none flush=space\n"),
          "the keys of the head may stand in any order; what is the default is not written");
    ok_if(reads_as("map s0 any 1 none eager g15 4294967295 -> NO_SPACE",
                   "map s0 any 1 none eager g15 4294967295 -> NO_SPACE\n"),
          "map takes every option at once");
    ok_if(reads_as("map s0 0x1000 2 rw -> OK", "map s0 0x1000 2 rw                  -> OK\n"),
          "expectations are written in a column of their own");
}

static void test_longest_operation(void)
{
    unsigned longest = 0;
    for (uint8_t code = 0; code < OP_CODES; code++) {
        char text[OP_TEXT_MAX];
        struct op op = {.code = code,
                        .s = 15,
                        .t = 15,
                        .g = 15,
                        .expect = STATUS_BAD_ARGUMENT,
                        .flags = OP_EAGER | OP_BACKED | OP_STICKY,
                        .va = UINT32_MAX,
                        .n = UINT32_MAX,
                        .x = UINT32_MAX};
        unsigned length = (unsigned)case_write_op(&op, text);
        if (length != strlen(text))
            longest = OP_TEXT_MAX;
        longest = length > longest ? length : longest;
    }
    ok_if(longest < OP_TEXT_MAX, "the longest operation has %u characters, its length is returned",
          longest);
}

int main(void)
{
    test_text_accepted();
    test_text_refusals();
    test_longest_operation();
    return tap_done();
}
