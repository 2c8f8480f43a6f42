/* conform.h: does an agent do what kernel/agent/README.md says?  For who puts a kernel in the rig:
 * what is wrong here is the adapter's or the agent's, whatever the VMM does.  It judges that what
 * is told is so, not that what is so is right.
 *
 * All but LEAVE is tried.  Of the machine nothing is left: RESETs come before and after. */
#ifndef CONFORM_H
#define CONFORM_H

#include "../case/case.h"
#include "../target/line.h"
#include <stdio.h>

/* Runs all checks as TAP to file, over a line to an agent and the channel that is to be used for
 * requests (the line's own, or a mailbox).  design: that RESET asks for.  seconds: how long an
 * answer may take.  only: the rule of one check, which is run alone after HELLO; NULL: all. Returns
 * how many have failed. */
unsigned conform(struct line *line, struct channel *channel, const struct design *design,
                 double seconds, const char *only, FILE *file);

#endif
