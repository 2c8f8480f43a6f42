/* aftermath.h: what comes of a divergence: does anything crash, if one goes on? */
#ifndef CLI_AFTERMATH_H
#define CLI_AFTERMATH_H

#include "../check/rig.h"
#include "target_option.h"
#include <stdio.h>

/* Runs a case that diverges once more, with no oracle but those that see a crash, to its end, and
 * destroys all that it may have made; writes to file what crashed, with what the kernel or a
 * sanitizer said, or that nothing did.  Nothing if the divergence is a crash itself. */
void aftermath_print(FILE *file, const struct target_option *target, const struct test_case *c,
                     const struct finding *divergence);

#endif
