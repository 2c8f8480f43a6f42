/* head_option.h: the options that change a case's head: another design, another TLB, or each of
 * several in turn. */
#ifndef CLI_HEAD_OPTION_H
#define CLI_HEAD_OPTION_H

#include "../lib/cover.h"
#include "options.h"

struct head_option {
    struct design_option design;
    uint8_t tlb;
    bool tlb_given, all_designs;
};

/* Rows for the table of a command whose options have a struct head_option at this offset; more: a
 * literal that the help adds to the texts.  SEVERAL_HEADS_ROW: for commands that try each. */
#define HEAD_OPTION_ROWS(at, more)                                                                 \
    OPTION_ROW("preset", "NAME", "this design, not the case's", option_preset,                     \
               HEAD_AT(at, design)),                                                               \
        OPTION_ROW("design", "AXIS=CHOICE,...", "these choices, not the case's" more,              \
                   option_design, HEAD_AT(at, design)),                                            \
        OPTION_ROW("tlb", "NAME", "sim: this TLB, not the case's" more, option_head_tlb, at)
#define SEVERAL_HEADS_ROW(at)                                                                      \
    OPTION_ROW("all-designs", NULL,                                                                \
               "designs and TLBs that the case leaves open: any three choices meet", option_flag,  \
               HEAD_AT(at, all_designs))
#define HEAD_AT(at, field) (at) + offsetof(struct head_option, field)

bool option_head_tlb(const struct option_row *row, const char *value, void *field,
                     struct option_why *why); /* struct head_option */

/* What the options make of a case's head; CHOICE_ANY where they ask for each in turn. */
struct case_head head_option_apply(const struct head_option *option, const struct test_case *c);

/* Does it ask for more than one? */
bool head_is_several(const struct case_head *head);

/* Reads a case for a command that takes one head at a time, and applies the options to it.  False:
 * said why on stderr, and c is empty. */
bool head_option_read(const struct head_option *option, const char *command, const char *path,
                      struct test_case *c);

/* The heads that a wanted one stands for: those of a covering array over what is CHOICE_ANY (of
 * TLBs, all but negative).  Any three choices meet in one of them; when no more than three are
 * open, that is all there are. */
struct head_turns {
    struct case_head wanted;
    struct cover cover;
};
void head_turns_begin(struct head_turns *turns, const struct case_head *wanted);

/* The next; false: there are no more. */
bool head_turns_next(struct head_turns *turns, struct case_head *head);

#endif
