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

/* Takes the number apart, a digit for each CHOICE_ANY. */
bool head_nth(const struct case_head *wanted, uint32_t number, struct case_head *head)
{
    static const uint8_t tlbs[] = {TLB_TYPICAL, TLB_PARANOID, TLB_NONE};
    enum { TLBS_TRIED = sizeof tlbs };

    *head = *wanted;
    for (unsigned axis = 0; axis < AXES; axis++) {
        uint32_t choices = axis_infos[axis].choices;
        if (wanted->design.choice[axis] == CHOICE_ANY) {
            head->design.choice[axis] = (uint8_t)(number % choices);
            number /= choices;
        }
    }
    if (wanted->tlb == CHOICE_ANY) {
        head->tlb = tlbs[number % TLBS_TRIED];
        number /= TLBS_TRIED;
    }
    return number == 0;
}
