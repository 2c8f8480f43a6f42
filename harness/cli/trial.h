/* trial.h: one run of a case that this process survives, whatever the case does to it.
 *
 * In a build with sanitizers, a report of theirs ends the process that made it.  There each run on
 * the target sim is in a child, and what ended it is a finding like others. */
#ifndef CLI_TRIAL_H
#define CLI_TRIAL_H

#include "../check/rig.h"

struct trial {
    struct rig *rig;
    bool apart; /* in a child */
    int out;    /* file descriptor for what the child writes to stderr */
};

/* target: the rig's.  out is /dev/null until the caller sets another. */
struct trial trial_make(struct rig *rig, const char *target);
void trial_free(struct trial *trial); /* not its rig */

/* rig_run.  A child that died: SANITIZER, in the operation that was running. */
bool trial_clean(struct trial *trial, const struct test_case *c, struct finding *finding);

#endif
