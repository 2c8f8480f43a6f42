/* interrupt.h: long commands end early, with a summary, when the user says so. */
#ifndef CLI_INTERRUPT_H
#define CLI_INTERRUPT_H

#include <signal.h>

/* Not 0 after the first SIGINT or SIGTERM since interrupt_catch. */
extern volatile sig_atomic_t interrupted;

/* Catches the first of each.  The second one kills, should the first not be heard. */
void interrupt_catch(void);

#endif
