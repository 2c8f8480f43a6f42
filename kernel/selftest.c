/* selftest.c: for each design in turn, a fresh VMM and the script of script.c; one line of TAP
 * each. */
#include "script.h"

enum { FRAMES = 512 };

/* The design of this number, the first axis changing fastest; false when there are not so many. */
static bool design_number(uint32_t number, struct vmm_design *design)
{
    uint8_t *choice = (uint8_t *)design;
    for (uint32_t axis = 0; axis < sizeof *design; axis++) {
        choice[axis] = (uint8_t)(number % design_choices(axis));
        number /= design_choices(axis);
    }
    return number == 0;
}

static void print_design(const struct vmm_design *design)
{
    const uint8_t *choice = (const uint8_t *)design;
    for (uint32_t axis = 0; axis < sizeof *design; axis++)
        print(" %s=%s", design_axis_name(axis), design_choice_name(axis, choice[axis]));
    print("\n");
}

static bool test_design(const struct machine *machine, const struct vmm_design *design)
{
    struct vmm_config config = {.design = *design, .spaces = 4, .segments = 4};
    if (!vmm_size(machine, &config))
        machine_panic("a design is not possible with so many frames", machine->free_frames);
    machine_reset(machine, false);
    machine_junk();
    return script_run(vmm_init((void *)OBJECT_VA, machine, &config), machine, design);
}

bool selftest(const struct machine *whole)
{
    struct machine machine = *whole;
    struct vmm_design design;
    bool passed = true;
    uint32_t number = 0;
    machine.free_frames = machine.free_frames < FRAMES ? machine.free_frames : FRAMES;
    print("TAP version 13\n");
    for (; design_number(number, &design); number++) {
        bool ok = test_design(&machine, &design);
        print(ok ? "ok %u -" : "not ok %u -", number + 1);
        print_design(&design);
        passed = passed && ok;
    }
    print("1..%u\n", number);
    return passed;
}
