/* minimize.h: makes a case that diverges as short and as plain as it can be without diverging in
 * another way: the title of the finding (`ORACLE operation field`) stays what it was.
 *
 * It knows nothing of targets: whether a candidate still diverges is its judge's to say. */
#ifndef TRIAGE_MINIMIZE_H
#define TRIAGE_MINIMIZE_H

#include "../check/rig.h"

struct minimize_judge {
    /* Runs a case.  True: it is clean.  False: it diverged, and *finding says how. */
    bool (*clean)(void *context, const struct test_case *c, struct finding *finding);

    /* Asked before each try: has the user had enough? */
    bool (*stop)(void *context);

    void *context;
};

struct minimize_result {
    struct finding finding; /* of the case as it is now */
    char title[64];
    uint32_t tries; /* cases that the judge ran */
    uint32_t known; /* candidates that had been tried before, so that it did not */
    bool stopped;   /* by the judge; what was found until then counts */
};

/* Makes *c smaller in place: fewer operations first, then smaller arguments, and of the head what
 * the failure does not need as it is by default.  Two runs with a judge that always says the same
 * give the same case.  False: the case as it is does not diverge; it is unchanged. */
bool minimize(struct test_case *c, const struct minimize_judge *judge,
              struct minimize_result *result);

#endif
