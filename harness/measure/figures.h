/* figures.h: what a case costs on a target under a design: time, and what can be counted.
 *
 * The target runs alone, without model and checker, so that what is measured is the VMM and its
 * machine. */
#ifndef MEASURE_FIGURES_H
#define MEASURE_FIGURES_H

#include "../check/rig.h"

enum { FIGURES_RUNS_MAX = 99, FIGURES_PARTS = 64 };

struct figures {
    uint64_t ops;
    uint64_t refused;          /* operations that were answered NO_MEMORY */
    uint64_t faults, spurious; /* page faults of programs; of these, on a translation that by the
                                  tables allowed the access */
    uint64_t answers; /* a hash of all statuses, addresses and words: equal answers, equal number */
    uint32_t tables_most; /* frames that hold page tables, the VMM's own included */
    double tables_mean;   /* of all operations */

    /* At the first `check` of the case, where most is mapped. */
    uint32_t regions;         /* of all spaces */
    uint64_t structure_bytes; /* of the VMM's structures for what is mapped; 0: not known */

    bool unexpected; /* it was not answered as the case expects */

    bool counted; /* the target can tell: */
    struct target_counts counts;

    double least_ns, median_ns;  /* for each operation; known after figures_end.  The least is that
                                    of each part of the case, since what disturbs only adds. */
    double ns[FIGURES_RUNS_MAX]; /* of each run */
    unsigned runs;
    double least[FIGURES_PARTS]; /* seconds */
    unsigned parts;
    double seconds; /* that all runs took */

    /* Instructions that a counter outside saw in the last timed run; in all runs the same, or
     * unstable. */
    uint64_t instructions;
    bool unstable;
};

/* Runs the case under head and counts.  False: an operation was not answered as the case expects,
 * or the target failed; why says so.  This is also the first timed run, which matters where runs
 * are long; short ones are shorter without the counting. */
bool figures_count(struct figures *figures, struct target *target, const struct test_case *c,
                   const struct case_head *head, char *why, size_t why_size);

/* One timed run: the case again and again, for some milliseconds.  counter: of
 * instructions, or NULL.  False: the target failed. */
bool figures_time(struct figures *figures, struct target *target, const struct test_case *c,
                  const struct case_head *head, const volatile uint64_t *counter);

/* After the last timed run. */
void figures_end(struct figures *figures);

#endif
