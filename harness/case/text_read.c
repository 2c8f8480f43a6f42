/* text_read.c: from text to a case.  Strict: whatever a writer of cases may have got wrong is
 * refused, with the place and with what was expected there. */
#include "case.h"
#include "scan.h"
#include <assert.h>

/* The line that is being read, without its comment, its end, and the blanks before these. */
struct line {
    const char *start, *at, *end;
    uint32_t number;
    const char *syntax; /* of its operation */
    struct case_error *error;
};

/* The words of a line are separated by blanks.  At the end of the line the word is empty, just
 * after the last one. */
static struct token next_word(struct line *line)
{
    while (line->at < line->end && (*line->at == ' ' || *line->at == '\t'))
        line->at++;
    struct token word = {line->at, 0};
    while (line->at < line->end && *line->at != ' ' && *line->at != '\t')
        line->at++;
    word.length = (size_t)(line->at - word.text);
    return word;
}

static struct token peek_word(const struct line *line)
{
    struct line ahead = *line;
    return next_word(&ahead);
}

/* Takes the next word if it is this one. */
static bool take_word(struct line *line, const char *name)
{
    if (!token_is(peek_word(line), name))
        return false;
    next_word(line);
    return true;
}

static size_t column_of(const struct line *line, struct token word)
{
    return (size_t)(word.text - line->start) + 1;
}

#define REFUSE(line, word, ...)                                                                    \
    refuse_at((line)->error, (line)->number, column_of(line, word), __VA_ARGS__)

/* ---- Arguments. ---- */

/* The next word, which must be there: not the end of the line, nor the expectation. */
static bool next_argument(struct line *line, struct token *word)
{
    *word = next_word(line);
    if (!word->length || token_is(*word, "->"))
        return REFUSE(line, *word, "missing argument: syntax is `%s`", line->syntax);
    return true;
}

static int digit_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return 16;
}

/* Decimal or 0x hexadecimal. */
static bool read_digits(struct line *line, struct token word, const char *what, uint32_t *value)
{
    bool hexadecimal = word.length > 2 && word.text[0] == '0' && word.text[1] == 'x';
    size_t first = hexadecimal ? 2 : 0;
    int base = hexadecimal ? 16 : 10;
    bool good = word.length > 0;
    uint64_t x = 0;

    for (size_t i = first; i < word.length; i++)
        good = good && digit_value(word.text[i]) < base;
    if (!good)
        return REFUSE(line, word, "expected %s, found '%s'", what, quote(word).text);
    for (size_t i = first; i < word.length && x <= UINT32_MAX; i++)
        x = x * (unsigned)base + (unsigned)digit_value(word.text[i]);
    if (x > UINT32_MAX)
        return REFUSE(line, word, "'%s' does not fit in 32 bits", quote(word).text);
    *value = (uint32_t)x;
    return true;
}

static bool read_number(struct line *line, const char *what, uint32_t *value)
{
    struct token word;
    return next_argument(line, &word) && read_digits(line, word, what, value);
}

static bool read_word_address(struct line *line, uint32_t *va)
{
    struct token word = peek_word(line);
    if (!read_number(line, "a word address", va))
        return false;
    if (*va % 4)
        return REFUSE(line, word, "word address must be a multiple of 4, found '%s'",
                      quote(word).text);
    return true;
}

/* s0 to s15 or g0 to g15. */
static bool read_slot(struct line *line, char kind, uint8_t *slot)
{
    const char *what = kind == 's' ? "an address space" : "a segment";
    struct token word;
    unsigned x = 0;

    if (!next_argument(line, &word))
        return false;
    bool good = word.text[0] == kind && word.length > 1;
    for (size_t i = 1; i < word.length && good; i++) {
        good = digit_value(word.text[i]) < 10 && (i == 1 || word.text[1] != '0');
        x = x < OP_SLOTS ? x * 10 + (unsigned)digit_value(word.text[i]) : x;
    }
    if (!good)
        return REFUSE(line, word, "expected %s: %c0 to %c%u, found '%s'", what, kind, kind,
                      OP_SLOTS - 1, quote(word).text);
    if (x >= OP_SLOTS)
        return REFUSE(line, word, "slot '%s' is out of range %c0 to %c%u", quote(word).text, kind,
                      kind, OP_SLOTS - 1);
    *slot = (uint8_t)x;
    return true;
}

static bool read_prot(struct line *line, uint8_t *prot)
{
    struct token word;
    if (!next_argument(line, &word))
        return false;
    *prot = (uint8_t)token_find(word, op_prot_names, PROTS);
    if (*prot == PROTS)
        return REFUSE(line, word, "expected a protection: none, r or rw, found '%s'",
                      quote(word).text);
    return true;
}

static bool read_argument(struct line *line, char letter, struct op *op)
{
    switch (letter) {
    case 's':
        return read_slot(line, 's', &op->s);
    case 't':
        return read_slot(line, 's', &op->t);
    case 'g':
        return read_slot(line, 'g', &op->g);
    case 'p':
        return read_number(line, "a page address", &op->va);
    case 'a':
        if (take_word(line, "any")) {
            op->flags |= OP_ANY;
            return true;
        }
        return read_number(line, "a page address or any", &op->va);
    case 'w':
        return read_word_address(line, &op->va);
    case 'n':
        return read_number(line, "a number of pages", &op->n);
    case 'r':
        return read_prot(line, &op->prot);
    case 'm':
        if (take_word(line, "eager"))
            op->flags |= OP_EAGER;
        struct token word = peek_word(line);
        if (!word.length || word.text[0] != 'g')
            return true;
        op->flags |= OP_BACKED;
        return read_slot(line, 'g', &op->g) && read_number(line, "an offset in pages", &op->x);
    case 'd':
        return read_number(line, "a device frame", &op->x);
    case 'v':
        return read_number(line, "a word of memory", &op->x);
    case 'k':
        return read_number(line, "a count", &op->x);
    case 'y':
        if (take_word(line, "sticky"))
            op->flags |= OP_STICKY;
        return true;
    }
    assert(!"a letter of ops.def that cannot be read");
    return false;
}

/* ---- Lines. ---- */

static bool read_expectation(struct line *line, uint8_t *expect)
{
    if (!take_word(line, "->"))
        return true;
    struct token word = next_word(line);
    if (!word.length)
        return REFUSE(line, word, "missing status after '->'");
    *expect = (uint8_t)token_find(word, op_status_names, STATUSES);
    if (*expect == STATUSES)
        return refuse_name(line->error, line->number, column_of(line, word), "status", word,
                           op_status_names, STATUSES);
    return true;
}

static bool read_op(struct line *line, struct op *op)
{
    struct token word = next_word(line);
    *op = (struct op){.expect = OP_EXPECT_NOTHING};
    while (op->code < OP_CODES && !token_is(word, op_infos[op->code].name))
        op->code++;
    if (op->code == OP_CODES)
        return REFUSE(line, word, "unknown operation '%s'", quote(word).text);

    line->syntax = op_infos[op->code].syntax;
    for (const char *letter = op_infos[op->code].args; *letter; letter++)
        if (!read_argument(line, *letter, op))
            return false;
    if (!read_expectation(line, &op->expect))
        return false;
    word = next_word(line);
    if (word.length)
        return REFUSE(line, word, "unexpected '%s': syntax is `%s`", quote(word).text,
                      line->syntax);
    return true;
}

enum {
#define HEAD_NUMBER(name, least, most, standard) KEY_##name,
#include "head.def"
    KEY_TLB,
    KEY_AXES,
    KEYS = KEY_AXES + AXES
};

static const char *const key_names[KEYS] = {
#define HEAD_NUMBER(name, least, most, standard) #name,
#include "head.def"
    "tlb",
#define DESIGN_AXIS(AXIS, name, text) #name,
#include "../../vmm/design.def"
};

static bool read_head_number(struct line *line, struct token value, const char *name,
                             uint32_t least, uint32_t most, uint32_t *x)
{
    if (!read_digits(line, value, "a number", x))
        return false;
    if (*x < least || *x > most)
        return REFUSE(line, value, "%s %u is out of range %u to %u", name, *x, least, most);
    return true;
}

/* One of several names, for a key that is neither a number nor unknown. */
static bool read_head_name(struct line *line, struct token value, const char *key,
                           const char *const *names, unsigned count, uint8_t *choice)
{
    unsigned i = token_find(value, names, count);
    if (i == count)
        return refuse_name(line->error, line->number, column_of(line, value), key, value, names,
                           count);
    *choice = (uint8_t)i;
    return true;
}

static bool read_key(struct line *line, unsigned key, struct token value, struct case_head *head)
{
    uint32_t x;

    switch (key) {
#define HEAD_NUMBER(name, least, most, standard)                                                   \
    case KEY_##name:                                                                               \
        if (!read_head_number(line, value, #name, least, most, &x))                                \
            return false;                                                                          \
        head->name = x;                                                                            \
        return true;
#include "head.def"
    case KEY_TLB:
        return read_head_name(line, value, "tlb", tlb_names, TLBS, &head->tlb);
    }
    const struct axis_info *info = &axis_infos[key - KEY_AXES];
    return read_head_name(line, value, info->name, info->choice_names, info->choices,
                          &head->design.choice[key - KEY_AXES]);
}

/* After the word `case`. */
static bool read_head(struct line *line, struct test_case *c)
{
    uint32_t given = 0;

    for (struct token word; (word = next_word(line)).length;) {
        struct token name, value;
        if (!token_split(word, &name, &value))
            return REFUSE(line, word, "expected key=value, found '%s'", quote(word).text);
        unsigned key = token_find(name, key_names, KEYS);
        if (key == KEYS)
            return refuse_name(line->error, line->number, column_of(line, word), "key", name,
                               key_names, KEYS);
        if (given & 1u << key)
            return REFUSE(line, word, "'%s' is given twice", key_names[key]);
        given |= 1u << key;
        if (!read_key(line, key, value, &c->head))
            return false;
    }
    c->named = given >> KEY_AXES | (given >> KEY_TLB & 1) << AXES;
    return true;
}

static bool read_line(struct line *line, struct test_case *c, bool *head_seen)
{
    struct token word = peek_word(line);
    struct op op;

    if (!word.length)
        return true;
    if (!take_word(line, "case")) {
        if (!read_op(line, &op))
            return false;
        case_append(c, &op);
        return true;
    }
    if (c->count)
        return REFUSE(line, word, "a case line must stand before the first operation");
    if (*head_seen)
        return REFUSE(line, word, "there is a case line already");
    *head_seen = true;
    return read_head(line, c);
}

/* Takes the next line off the text: up to LF or the end, without CR and comment. */
static struct line next_line(const char **at, const char *end)
{
    struct line line = {.start = *at, .at = *at};
    const char *newline = memchr(*at, '\n', (size_t)(end - *at));
    line.end = newline ? newline : end;
    *at = newline ? newline + 1 : end;
    if (newline && line.end > line.start && line.end[-1] == '\r')
        line.end--;
    return line;
}

/* Comments go after the search for NUL, which no text file has anywhere. */
static bool check_and_trim(struct line *line)
{
    size_t length = (size_t)(line->end - line->start);
    const char *nul = length ? memchr(line->start, '\0', length) : NULL;
    const char *comment = length ? memchr(line->start, '#', length) : NULL;

    if (nul)
        return REFUSE(line, ((struct token){nul, 1}), "NUL byte: this is not a text file");
    if (comment)
        line->end = comment;
    while (line->end > line->start && (line->end[-1] == ' ' || line->end[-1] == '\t'))
        line->end--;
    return true;
}

bool case_read_text(struct test_case *c, const char *text, size_t length, struct case_error *error)
{
    const char *end = text + length;
    bool good = true, head_seen = false;
    uint32_t number = 0;

    c->head = case_head_default;
    c->named = 0;
    c->count = 0;
    while (good && text < end) {
        struct line line = next_line(&text, end);
        line.number = ++number;
        line.error = error;
        good = check_and_trim(&line) && read_line(&line, c, &head_seen);
    }
    if (!good)
        case_free(c);
    return good;
}
