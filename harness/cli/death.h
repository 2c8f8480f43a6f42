/* death.h: what is to be said when a sanitizer ends the process. */
#ifndef CLI_DEATH_H
#define CLI_DEATH_H

/* A sanitizer that has reported something calls last_words before it ends the process with a status
 * of its own, unless last_words ends it first.  NULL: nothing is to be said.  Does nothing in a
 * build without sanitizers. */
void death_say(void (*last_words)(void));

#endif
