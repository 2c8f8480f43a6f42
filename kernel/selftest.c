/* selftest.c: for each design in turn, a fresh VMM and the script of script.c; one line of TAP
 * each.
 */
#include "script.h"

/* The list of design.def, flat: an axis, then its choices. */
static const struct {
    bool axis;
    const char *name;
} names[] = {
#define DESIGN_AXIS(AXIS, name, text)           {true, #name},
#define DESIGN_CHOICE(AXIS, CHOICE, name, text) {false, #name},
#include "../vmm/design.def"
};

enum { NAMES = sizeof names / sizeof names[0], OBJECT_BYTES = 512 << 10 };
_Static_assert(sizeof(struct vmm_design) <= NAMES, "a byte for each axis");

static uint8_t object[OBJECT_BYTES] __attribute__((aligned(16)));

static uint32_t choices_of(uint32_t axis)
{
    uint32_t count = 0;
    while (axis + 1 + count < NAMES && !names[axis + 1 + count].axis)
        count++;
    return count;
}

/* The design of this number, the last axis changing slowest; false when there are not so many. */
static bool design_number(uint32_t number, struct vmm_design *design)
{
    uint8_t *choice = (uint8_t *)design;
    for (uint32_t axis = 0; axis < NAMES; axis += choices_of(axis) + 1) {
        *choice++ = (uint8_t)(number % choices_of(axis));
        number /= choices_of(axis);
    }
    return number == 0;
}

static void print_design(const struct vmm_design *design)
{
    const uint8_t *choice = (const uint8_t *)design;
    for (uint32_t axis = 0; axis < NAMES; axis += choices_of(axis) + 1)
        print(" %s=%s", names[axis].name, names[axis + 1 + *choice++].name);
    print("\n");
}

static bool test_design(const struct machine *machine, const struct vmm_design *design)
{
    struct vmm_config config = {.design = *design, .spaces = 4, .segments = 4};
    size_t size = vmm_size(machine, &config);
    if (!size || size > sizeof object)
        machine_panic("the VMM's object does not fit", (uint32_t)size);
    machine_reset(machine);
    return script_run(vmm_init(object, machine, &config), machine, design);
}

bool selftest(const struct machine *machine)
{
    struct vmm_design design;
    bool passed = true;
    uint32_t number = 0;
    print("TAP version 13\n");
    for (; design_number(number, &design); number++) {
        bool ok = test_design(machine, &design);
        print(ok ? "ok %u -" : "not ok %u -", number + 1);
        print_design(&design);
        passed = passed && ok;
    }
    print("1..%u\n", number);
    return passed;
}
