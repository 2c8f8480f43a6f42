/* workload_private.h: the functions behind the table of workload.c: workload_NAME writes that
 * workload, with so many regions, into an empty case. */
#ifndef MEASURE_WORKLOAD_PRIVATE_H
#define MEASURE_WORKLOAD_PRIVATE_H

#include "trace.h"

#define WORKLOAD(name, text) void workload_##name(struct test_case *c, uint32_t regions);
#include "workloads.def"

#endif
