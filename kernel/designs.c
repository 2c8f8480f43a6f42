/* designs.c: the list of design.def, for those who choose by number. */
#include "kernel.h"

/* Flat: an axis, then its choices. */
static const struct {
    bool axis;
    const char *name;
} names[] = {
#define DESIGN_AXIS(AXIS, name, text)           {true, #name},
#define DESIGN_CHOICE(AXIS, CHOICE, name, text) {false, #name},
#include "../vmm/design.def"
};

enum { NAMES = sizeof names / sizeof names[0], TEXT_MAX = 512 };

/* Where the list has this axis; NAMES: there are not so many. */
static uint32_t place(uint32_t axis)
{
    uint32_t i = 0;
    while (i < NAMES && !(names[i].axis && !axis--))
        i++;
    return i;
}

static uint8_t count_choices(uint32_t axis)
{
    uint32_t first = place(axis) + 1, count = 0;
    while (first + count < NAMES && !names[first + count].axis)
        count++;
    return (uint8_t)count;
}

/* Every reset asks. */
uint32_t design_choices(uint32_t axis)
{
    static uint8_t counts[sizeof(struct vmm_design)]; /* 0: not counted yet */
    if (!counts[axis])
        counts[axis] = count_choices(axis);
    return counts[axis];
}

const char *design_axis_name(uint32_t axis)
{
    return names[place(axis)].name;
}

const char *design_choice_name(uint32_t axis, uint32_t choice)
{
    return names[place(axis) + 1 + choice].name;
}

const char *design_text(void)
{
    static char text[TEXT_MAX];
    uint32_t length = 0;
    for (uint32_t i = 0; i < NAMES; i++) {
        if (i)
            text[length++] = names[i].axis ? ' ' : names[i - 1].axis ? '=' : ',';
        for (const char *c = names[i].name; *c; c++) {
            if (length == TEXT_MAX - 2)
                machine_panic("the designs' names are too long", length);
            text[length++] = *c;
        }
    }
    return text;
}
