/* sim_target.h: the state of the target `sim`, shared by sim_target.c and sim_run.c. */
#ifndef SIM_TARGET_H
#define SIM_TARGET_H

#include "../../vmm/vmm.h"
#include "../sim/sim.h"
#include "target.h"

struct sim_target {
    struct target base;
    struct sim *sim;
    struct vmm *vmm;
    void *vmm_memory;
    uint32_t spaces, segments;
    uint32_t current; /* slot that was switched to; OP_SLOTS: none */
    struct journal journal;
    const struct op *op; /* of the run in progress */
    struct outcome *outcome;
    struct vmm_config config;

    /* Arguments and results of looking in. */
    uint32_t find_s, find_vpn;
    bool found;
    struct vmm_region_view region;
    const char *broken;
};

static inline struct sim_target *sim_of(struct target *target)
{
    return (struct sim_target *)target;
}

/* Calls body(t) guarded; what and why of the target say how a bad end came about. */
enum end sim_guarded(struct sim_target *t, void (*body)(void *argument));

/* target_class.run */
enum end sim_run(struct target *target, const struct op *op, struct outcome *outcome);

#endif
