/* lockstep.h: what a case did on a target, operation by operation, and how two such records differ.
 *
 * Both targets run the same VMM under the same head, so they must give the same answers, also where
 * the model would accept others. */
#ifndef CLI_LOCKSTEP_H
#define CLI_LOCKSTEP_H

#include "../check/rig.h"

struct record {
    const char *target;       /* its name */
    struct outcome *outcomes; /* owned; of the operations that ended */
    uint32_t count;
    bool agreed;            /* with the model, to the end */
    struct finding finding; /* if not */
    bool negative_tlb;
    uint32_t user_bytes; /* addresses from here up are the kernel's; 0: there are none */
};

/* Runs the case.  False: the target failed (RIG), and record->finding says how.  The record is to
 * be freed in either case. */
bool record_make(struct record *record, const char *target, struct rig *rig,
                 const struct test_case *c);
void record_free(struct record *record);

/* A difference: at which operation (the number of operations done before it), and what the two say
 * there. */
struct difference {
    uint32_t at;
    const char *field; /* "status", "verdict", ... */
    char texts[2][160];
};

/* The first difference in an answer: status, address, word, error code, CR2; and, when there is
 * none, in the verdict: the title of the first divergence and its operation.  False: none.
 *
 * *parted: answers are compared up to here only (c->count: all): a place that the target was free
 * to choose (map any) differs, and what follows may with it. */
bool records_differ(const struct test_case *c, const struct record *a, const struct record *b,
                    uint32_t *parted, struct difference *difference);

#endif
