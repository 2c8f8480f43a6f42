/* adapter.h: our kernel as the agent sees it. */
#ifndef KERNEL_ADAPTER_H
#define KERNEL_ADAPTER_H

#include "kernel.h"

/* Serves a rig on the line and in the mailbox, for ever.  lost: something came on the line before
 * it was ready, which the rig should send again. */
_Noreturn void adapter_serve(const struct machine *machine, bool lost);

#endif
