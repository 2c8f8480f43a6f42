/* execute.h: one input of a fuzzing engine on the rig, and what is said when it diverges.  The same
 * for all engines and targets; one world a process, so no handle.
 *
 * What an engine must bring is the file with its entry point (libfuzzer.c, afl.c); what a target
 * must, feedback.h. */
#ifndef FUZZ_EXECUTE_H
#define FUZZ_EXECUTE_H

#include <stddef.h>
#include <stdint.h>

/* What an input did.  UNFIT: the target cannot be such a machine, so that nothing was done. FAILED:
 * the rig failed, which is no bug of the VMM's; the next input gets a new machine. */
enum executed { EXECUTED_CLEAN, EXECUTED_DIVERGED, EXECUTED_UNFIT, EXECUTED_FAILED };

/* Before the first input.  Says why on stderr and ends the process with 125 if the target cannot be
 * started. */
void execute_begin(void);

/* Any bytes, read by case_read_input.  What diverged or failed is said on stderr: title, operation,
 * expected and actual. */
enum executed execute_input(const uint8_t *bytes, size_t length);

/* "pagerig: N inputs, N operations checked in N seconds, N of the processor", which is this
 * process's time on it alone, and the rig's failures; before it what is covered of the guest; on
 * stderr.  A sanitizer's report is followed by it, too. */
void execute_summary(void);

#endif
