/* script.h: what the self-test does with the VMM of one design. */
#ifndef KERNEL_SCRIPT_H
#define KERNEL_SCRIPT_H

#include "kernel.h"

/* Runs the script on a new VMM; says on the console what was not as it should be. */
bool script_run(struct vmm *vmm, const struct machine *machine, const struct vmm_design *design);

#endif
