/* head_option.c: see head_option.h. */
#include "head_option.h"

bool option_head_tlb(const struct option_row *row, const char *value, void *field,
                     struct option_why *why)
{
    struct head_option *option = field;
    option->tlb_given = true;
    return option_tlb(row, value, &option->tlb, why);
}

struct case_head head_option_apply(const struct head_option *option, const struct test_case *c)
{
    struct case_head head = c->head;

    if (option->all_designs) {
        for (unsigned axis = 0; axis < AXES; axis++)
            if (!(c->named & 1u << axis))
                head.design.choice[axis] = CHOICE_ANY;
        if (!(c->named & 1u << AXES))
            head.tlb = CHOICE_ANY;
    }
    design_option_apply(&option->design, &head.design);
    if (option->tlb_given)
        head.tlb = option->tlb;
    return head;
}

bool head_is_several(const struct case_head *head)
{
    bool several = head->tlb == CHOICE_ANY;
    for (unsigned axis = 0; axis < AXES; axis++)
        several = several || head->design.choice[axis] == CHOICE_ANY;
    return several;
}

bool head_option_read(const struct head_option *option, const char *command, const char *path,
                      struct test_case *c)
{
    case_init(c);
    if (!case_read_file(c, path))
        return false;
    c->head = head_option_apply(option, c);
    bool one = !head_is_several(&c->head);
    if (!one) {
        options_refuse(command, "it takes one design and one TLB, not any");
        case_free(c);
    }
    return one;
}

static const uint8_t tlbs[] = {TLB_TYPICAL, TLB_PARANOID, TLB_NONE};

_Static_assert(AXES + 1 <= COVER_FACTORS, "a factor for each axis, and one for the TLB");

void head_turns_begin(struct head_turns *turns, const struct case_head *wanted)
{
    uint8_t choices[AXES + 1];
    for (unsigned axis = 0; axis < AXES; axis++)
        choices[axis] =
            wanted->design.choice[axis] == CHOICE_ANY ? axis_infos[axis].choices : (uint8_t)1;
    choices[AXES] = wanted->tlb == CHOICE_ANY ? sizeof tlbs : 1;
    turns->wanted = *wanted;
    cover_begin(&turns->cover, choices, AXES + 1);
}

bool head_turns_next(struct head_turns *turns, struct case_head *head)
{
    uint8_t row[COVER_FACTORS];
    if (!cover_next(&turns->cover, row))
        return false;
    *head = turns->wanted;
    for (unsigned axis = 0; axis < AXES; axis++)
        if (head->design.choice[axis] == CHOICE_ANY)
            head->design.choice[axis] = row[axis];
    if (head->tlb == CHOICE_ANY)
        head->tlb = tlbs[row[AXES]];
    return true;
}
