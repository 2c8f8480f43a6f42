/* feedback.h: what the fuzz targets differ in: which target of the rig they run, and where the
 * engine's counters come from.  sim.c and qemu.c each provide this. */
#ifndef FUZZ_FEEDBACK_H
#define FUZZ_FEEDBACK_H

#include "../harness/check/rig.h"

extern const char feedback_target[]; /* of target_names */

/* After an input has run: gives the engine what was covered.  Where the VMM runs in this process
 * the compiler's instrumentation has done so already. */
void feedback_collect(struct rig *rig);

#endif
