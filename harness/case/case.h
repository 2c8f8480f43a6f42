/* case.h: a case is a head (the machine and the design) and a list of operations.  It has two forms
 * with the same content: text for people, bytes for fuzzers.
 *
 * Text, one operation a line; `#` starts a comment, blank lines are free:
 *
 *     case limit=8 tables=window          # optional, at most once, before the first operation
 *     create s0
 *     map s0 0x1000 2 rw                  -> OK
 *     map s0 0x2000 1 r eager             -> EXISTS
 *     map s0 any 1 rw g3 0
 *
 * `-> STATUS` is what the writer of the case expects; a replay checks it against the model and
 * against the target.  The byte form has no room for it.
 *
 * Numbers are decimal or 0x hexadecimal and fit in 32 bits. */
#ifndef CASE_H
#define CASE_H

#include "op.h"
#include <stddef.h>
#include <stdio.h>

/* The design axes, AXIS_INDEX and so on; a design is a choice for each. */
enum {
#define DESIGN_AXIS(AXIS, name, text) AXIS_##AXIS,
#include "../../vmm/design.def"
    AXES
};
enum { CHOICES_MAX = 8, CHOICE_ANY = 0xff };

struct axis_info {
    const char *name, *text;
    uint8_t choices;
    const char *choice_names[CHOICES_MAX], *choice_texts[CHOICES_MAX];
};
extern const struct axis_info axis_infos[AXES];

struct design {
    uint8_t choice[AXES]; /* CHOICE_ANY only where a function says so */
};

/* The thread's systems, as designs. */
struct preset {
    const char *name, *text;
    struct design design;
};
extern const struct preset presets[];
extern const unsigned preset_count;

enum tlb { TLB_TYPICAL, TLB_PARANOID, TLB_NEGATIVE, TLB_NONE, TLBS };
extern const char *const tlb_names[TLBS];

enum {
    RAM_MIN = 16, /* frames */
    RAM_MAX = 65536,
    RAM_DEFAULT = 512,
    LIMIT_MAX = RAM_MAX,
    BITS_MIN = 3,
    BITS_MAX = 10,
    SLOTS_MAX = 4096,
    SLOTS_DEFAULT = 64,
};

/* Keys of the text: ram= limit= slots= bits= tlb= and one for each axis. */
struct case_head {
    uint32_t ram;   /* page frames of the machine, RAM_MIN to RAM_MAX */
    uint32_t limit; /* frames that the VMM may allocate after boot, 0 (no limit) to LIMIT_MAX */
    uint32_t slots; /* pages of the backing store, 0 to SLOTS_MAX */
    uint8_t bits;   /* address bits that each paging level translates, BITS_MIN to BITS_MAX */
    uint8_t tlb;    /* enum tlb */
    struct design design;
};
extern const struct case_head case_head_default;

struct test_case {
    struct case_head head;
    uint32_t named; /* what a text's head names: 1 << AXIS_* for a choice, 1 << AXES for the TLB */
    struct op *ops; /* owned; malloc */
    uint32_t count, capacity;
};

void case_init(struct test_case *c); /* default head, no operations */
void case_free(struct test_case *c);
void case_append(struct test_case *c,
                 const struct op *op); /* ends the process when memory is out */

/* Where and why a file was refused.  line and column count from 1; line 0: the file as a whole;
 * of bytes, line is 0 and column the offset plus 1. */
struct case_error {
    uint32_t line, column;
    char message[160];
};

/* Text to case.  c must be initialised or freed; on error it is empty.  Strict. */
bool case_read_text(struct test_case *c, const char *text, size_t length, struct case_error *error);

/* Writes the head (only what differs from the default, and no line when nothing does) and the
 * operations.  case_write_op writes one operation without a newline into buffer (NUL-terminated,
 * never more than OP_TEXT_MAX) and returns the length. */
enum { OP_TEXT_MAX = 128 };
void case_write_text(const struct test_case *c, FILE *file);
int case_write_op(const struct op *op, char buffer[OP_TEXT_MAX]);
int case_write_head(const struct case_head *head, char buffer[256]); /* "case" and what differs */

/* Bytes to case.  Total: every byte string is a legal program; what is out of range is folded into
 * the range, and an operation that is cut off is dropped.  At most ops_max operations.
 * Returns the number of bytes used; strict reports instead, as a file reader must, the first byte
 * that was folded, or the operation that is cut off. */
size_t case_read_bytes(struct test_case *c, const uint8_t *bytes, size_t length, uint32_t ops_max);
bool case_read_bytes_strict(struct test_case *c, const uint8_t *bytes, size_t length,
                            struct case_error *error);

/* Bytes of a fuzzing engine to case: case_read_bytes, with bounds on what a run may cost.  At most
 * INPUT_OPS_MAX operations, and a machine that is no larger than the default one. */
enum { INPUT_OPS_MAX = 1024 };
void case_read_input(struct test_case *c, const uint8_t *bytes, size_t length);

/* Case to bytes, malloc'ed; *length is their number.  Expectations are lost. */
uint8_t *case_write_bytes(const struct test_case *c, size_t *length);

/* One operation's bytes, for pages of 1 << bits words; returns how many. */
enum { OP_BYTES_MAX = 21 };
size_t case_write_op_bytes(const struct op *op, unsigned bits, uint8_t buffer[OP_BYTES_MAX]);

/* Reads a file: bytes if the name ends in .bin, else text.  On error prints one line
 * `file:line:column: message` (or `file: message`) to stderr. */
bool case_read_file(struct test_case *c, const char *path);

/* The same of a file that a fuzzing engine left, by case_read_input. */
bool case_read_input_file(struct test_case *c, const char *path);

/* `axis=choice,...`, `any`, or both mixed; what is not named keeps its value.  A preset's name is
 * looked up by preset_find, NULL if there is none. */
bool design_read(struct design *design, const char *text, struct case_error *error);
const struct preset *preset_find(const char *name);

#endif
