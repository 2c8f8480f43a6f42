/* bench.h: what the benchmarks share. */
#ifndef CLI_BENCH_H
#define CLI_BENCH_H

#include "target_option.h"

enum { BENCH_RUNS_MAX = 99, BENCH_SEQUENCE = 256 };

struct bench {
    uint64_t runs;
    uint64_t ops; /* of one run on the simulated machine; slower targets do a part of it */
    struct target_option target;
};

/* Prints the median, the least and the most of bench->runs calls of run, times scale. */
void bench_measure(const struct bench *bench, const char *name, const char *unit, double scale,
                   double (*run)(const struct bench *, uint32_t), uint32_t argument);

/* Prints the median, the least and the most of runs results, and sorts them. */
void bench_print(const char *name, const char *unit, double *result, uint64_t runs);

/* A benchmark that fails or diverges measures nothing: ends the process. */
void bench_must(bool good, const struct finding *finding);
void bench_step(struct rig *rig, const struct op *op);

/* Generated sequences of BENCH_SEQUENCE operations under the default design, or any, resets
 * included.  Operations a second. */
double bench_generated(struct rig *rig, uint64_t ops, bool any);

/* One of these, with its reset and its end; c, which has the room, becomes the case. */
void bench_case(struct rig *rig, uint64_t seed, bool any, struct test_case *c);

/* Prints what the parts of an operation cost in such sequences, any design; bench_split.c. */
void bench_split(const struct bench *bench, struct rig *rig);

/* The figures of a target outside of this process; bench_remote.c.  Returns an exit status. */
int bench_remote(struct bench *bench);

#endif
