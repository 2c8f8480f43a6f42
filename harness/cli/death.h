/* death.h: what is to be said when a sanitizer ends the process. */
#ifndef CLI_DEATH_H
#define CLI_DEATH_H

#include "../check/rig.h"

/* A sanitizer that has reported something calls last_words before it ends the process with a status
 * of its own, unless last_words ends it first.  NULL: nothing is to be said.  Does nothing in a
 * build without sanitizers. */
void death_say(void (*last_words)(void));

/* Is this a build with sanitizers? */
bool death_possible(void);

/* What last_words have to report: SANITIZER, in the last operation of the case, which has one. */
struct finding death_finding(const struct test_case *c);

#endif
