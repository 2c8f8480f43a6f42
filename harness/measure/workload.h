/* workload.h: workloads: what programs do to a VMM, as cases.
 *
 * A workload is made once, by a program that knows no VMM: the same name and number of regions give
 * the same operations for ever, so all designs and targets that replay it do the same work.  Every
 * operation says what is expected of it, but where a workload is about memory running out.
 *
 * A case has about 10 operations a region, whatever their number, so that a figure for each
 * operation can be compared between sizes.  `check` stands where most is mapped. */
#ifndef MEASURE_WORKLOAD_H
#define MEASURE_WORKLOAD_H

#include "../case/case.h"

enum { WORKLOAD_REGIONS_MIN = 8, WORKLOAD_REGIONS_MAX = 10000 };

struct workload {
    const char *name, *text;
    void (*make)(struct test_case *c, uint32_t regions); /* c is empty, with the default head */
};
extern const struct workload workloads[];
extern const unsigned workload_count;

/* NULL: there is none of that name. */
const struct workload *workload_find(const char *name);

/* Initialises c. */
void workload_make(const struct workload *workload, uint32_t regions, struct test_case *c);

#endif
