/* feedback.h: what the fuzz targets differ in: which target of the rig they run, and where the
 * engine's counters come from.  sim.c and qemu.c each provide it. */
#ifndef FUZZ_FEEDBACK_H
#define FUZZ_FEEDBACK_H

#include "../harness/check/rig.h"

extern const char feedback_target[]; /* of target_names */

/* How the target is to be run: what differs from the command line's defaults.  Ends the process
 * with 125, having said why, when that cannot be. */
void feedback_begin(struct target_options *options);

/* After an input has run: gives the engine what was covered.  Where the VMM runs in this process
 * the compiler's instrumentation has done so already. */
void feedback_collect(struct rig *rig);

/* What all inputs have covered: a line for each block, its address and 1 or 0; nothing where the
 * compiler's instrumentation tells that by itself. */
void feedback_report(FILE *file);

/* The same in a line. */
void feedback_summary(FILE *file);

/* ---- What each engine's own file provides. ---- */

/* What was counted so far is none of the input's. */
void engine_forget(void);

/* For a VMM outside of this process: where the engine now looks for counters: at least count bytes,
 * all 0 before an input.  NULL: there is no room for so many. */
uint8_t *engine_place(size_t count);

#endif
