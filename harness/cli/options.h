/* options.h: what the commands share: how the command line is read, and how the process ends.
 *
 * Each command has one table of options, from which the reader and the help come.  A command's
 * function gets its own name as argv[0] and returns an exit status. */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include "../case/case.h"

/* EXIT_STATUS(NAME, number, "when"): as git bisect run wants them. */
#define EXIT_STATUSES(EXIT_STATUS)                                                                 \
    EXIT_STATUS(CLEAN, 0, "clean")                                                                 \
    EXIT_STATUS(DIVERGED, 1, "a divergence was found")                                             \
    EXIT_STATUS(USAGE, 2, "bad usage or bad input")                                                \
    EXIT_STATUS(CANNOT, 125, "could not run")

enum {
#define EXIT_STATUS(NAME, number, when) EXIT_##NAME = number,
    EXIT_STATUSES(EXIT_STATUS)
#undef EXIT_STATUS
};

/* One option.  read takes its value to the field at offset of the command's own structure; on
 * refusal it fills why, which the reader prints after the option's name. */
struct option_why {
    char text[240];
};

struct option_row {
    const char *name;  /* without the dashes */
    const char *value; /* what the help calls its value; NULL: it takes none */
    const char *text;  /* one line of help */
    bool (*read)(const struct option_row *row, const char *value, void *field,
                 struct option_why *why);
    size_t offset;
    uint64_t least, most; /* numbers */
};

/* A row of what is no number. */
#define OPTION_ROW(name, value, text, read, offset)                                                \
    {                                                                                              \
        name, value, text, read, offset, 0, 0                                                      \
    }
#define OPTION_NUMBER_ROW(name, text, offset, least, most)                                         \
    {                                                                                              \
        name, "N", text, option_number, offset, least, most                                        \
    }

enum { OPTIONS_FAILED = -1 };

/* Of many cases, the status that says most: bad input before a divergence before what could not
 * run. */
int status_worse(int a, int b);

/* Reads the options of a command into *values; the table ends with a row without a name.  The other
 * arguments become argv[1], argv[2], ...; returns their number or, having said why on stderr,
 * OPTIONS_FAILED.  After -- nothing is an option. */
int options_read(int argc, char **argv, const struct option_row *rows, void *values);

/* The same of a command about one case, whose name becomes argv[1].  False: said why on stderr. */
bool options_read_one(int argc, char **argv, const struct option_row *rows, void *values);

/* Prints the table for the help, and if a design is among the options, what designs there are. */
void options_print(const struct option_row *rows, FILE *file);

/* Says on stderr what is wrong with the use of a command, and returns EXIT_USAGE. */
__attribute__((format(printf, 2, 3))) int options_refuse(const char *command, const char *format,
                                                         ...);

/* The kinds of options, for option_row.read, and the type of their fields. */
bool option_flag(const struct option_row *row, const char *value, void *field,
                 struct option_why *why); /* bool */
bool option_text(const struct option_row *row, const char *value, void *field,
                 struct option_why *why); /* const char *, not empty */
bool option_number(const struct option_row *row, const char *value, void *field,
                   struct option_why *why); /* uint64_t, least to most */
bool option_name(const struct option_row *row, const char *value, const char *const *names,
                 void *field, struct option_why *why); /* const char *, of names, up to NULL */
bool option_tlb(const struct option_row *row, const char *value, void *field,
                struct option_why *why); /* uint8_t, enum tlb or CHOICE_ANY */
bool option_check(const struct option_row *row, const char *value, void *field,
                  struct option_why *why); /* uint32_t, RIG_CHECK_* or a number */

/* A design as the user named it: nothing, a preset, or axis=choice items.  Field of --preset and of
 * --design; design_option_apply makes of a design what it says. */
struct design_option {
    const struct preset *preset; /* NULL: not given */
    const char *items;           /* known to be good; NULL: not given */
};
bool option_preset(const struct option_row *row, const char *value, void *field,
                   struct option_why *why); /* struct design_option */
bool option_design(const struct option_row *row, const char *value, void *field,
                   struct option_why *why); /* struct design_option */
void design_option_apply(const struct design_option *option, struct design *design);

/* A preset's name, `any`, or all axes as items. */
enum { DESIGN_TEXT_MAX = 160 };
const char *design_text(const struct design *design, char buffer[DESIGN_TEXT_MAX]);
const char *tlb_text(uint8_t tlb); /* or `any` */

#endif
