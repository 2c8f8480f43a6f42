/* selftest.c: a fresh VMM and the script of script.c for each of a set of designs in which any
 * three choices meet; one line of TAP each. */
#include "../harness/lib/cover.h"
#include "script.h"

enum { FRAMES = 512 };

static void print_design(const struct vmm_design *design)
{
    const uint8_t *choice = (const uint8_t *)design;
    for (uint32_t axis = 0; axis < sizeof *design; axis++)
        print(" %s=%s", design_axis_name(axis), design_choice_name(axis, choice[axis]));
    print("\n");
}

_Static_assert(sizeof(struct vmm_design) <= COVER_FACTORS, "a factor for each axis");

static void cover_designs(struct cover *cover)
{
    uint8_t choices[sizeof(struct vmm_design)];
    for (uint32_t axis = 0; axis < sizeof choices; axis++)
        choices[axis] = (uint8_t)design_choices(axis);
    cover_begin(cover, choices, sizeof choices);
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
    static struct cover cover; /* large for the stack */
    uint8_t row[COVER_FACTORS];
    bool passed = true;
    uint32_t number = 0;
    machine.free_frames = machine.free_frames < FRAMES ? machine.free_frames : FRAMES;
    print("TAP version 13\n");
    for (cover_designs(&cover); cover_next(&cover, row); number++) {
        const struct vmm_design *design = (const struct vmm_design *)row;
        bool ok = test_design(&machine, design);
        print(ok ? "ok %u -" : "not ok %u -", number + 1);
        print_design(design);
        passed = passed && ok;
    }
    print("1..%u\n", number);
    return passed;
}
