/* sim.c: the VMM in this process, on the simulated machine.  vmm/ is compiled with the engine's
 * instrumentation, which counts by itself. */
#include "feedback.h"

const char feedback_target[] = "sim";

void feedback_begin(struct target_options *options)
{
    (void)options;
}

void feedback_collect(struct rig *rig)
{
    (void)rig;
}

void feedback_report(FILE *file)
{
    (void)file;
}

void feedback_summary(FILE *file)
{
    (void)file;
}
