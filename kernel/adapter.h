/* adapter.h: our kernel as the agent sees it. */
#ifndef KERNEL_ADAPTER_H
#define KERNEL_ADAPTER_H

#include "kernel.h"

/* Serves a rig on the line and in the mailbox, for ever; or does what is on the tape (tape.c), and
 * ends the machine. */
_Noreturn void adapter_serve(const struct machine *machine, bool tape);

#endif
