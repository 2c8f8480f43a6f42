/* workload.c: the workloads by name, and the machine that they run on. */
#include "workload_private.h"
#include <string.h>

const struct workload workloads[] = {
#define WORKLOAD(name, text) {#name, text, workload_##name},
#include "workloads.def"
};
const unsigned workload_count = sizeof workloads / sizeof workloads[0];

const struct workload *workload_find(const char *name)
{
    for (unsigned i = 0; i < workload_count; i++)
        if (strcmp(workloads[i].name, name) == 0)
            return &workloads[i];
    return NULL;
}

/* Enough for every design, also one that copies at fork. */
void workload_make(const struct workload *workload, uint32_t regions, struct test_case *c)
{
    enum { SMALL_REGIONS = 1000, SMALL_RAM = 8192 };
    case_init(c);
    c->head.ram = regions > SMALL_REGIONS ? RAM_MAX : SMALL_RAM;
    workload->make(c, regions);
}
