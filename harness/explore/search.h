/* search.h: breadth-first search over a universe: every operation in every state, up to a depth or
 * until there are no new states.
 *
 * Every transition is a step of a rig that checks every operation; every new state is also checked
 * as a whole.  The first divergence ends the search; breadth first means that no shorter sequence
 * of the universe's operations diverges. */
#ifndef SEARCH_H
#define SEARCH_H

#include "../check/rig.h"
#include "universe.h"
#include <signal.h>

enum { SEARCH_DEPTH_MAX = 1000 };

struct search_progress {
    uint32_t depth; /* of the sequences now tried; at the end: all were, or one diverged */
    uint64_t states, transitions;
    uint32_t expanded, level_states; /* of the states one operation less deep */
    double seconds;
    bool level_done;
};

struct search_options {
    uint32_t depth;                                      /* at most, 0 to SEARCH_DEPTH_MAX */
    const volatile sig_atomic_t *interrupted;            /* not 0: stop soon */
    void (*progress)(const struct search_progress *now); /* often; NULL: nobody asks */
};

struct search_result {
    struct search_progress end;
    bool fixpoint; /* the last depth found no new state */
    bool interrupted, diverged;
    struct finding finding;
    struct test_case shortest; /* if it diverged; the caller's to free */
};

/* The sequence that is being tried, of a search that runs; for who must speak when the process is
 * about to end. */
void search_case(struct test_case *c);

/* The rig must have been made for the universe's slots and reset with its head. */
void search_run(struct rig *rig, const struct universe *universe,
                const struct search_options *options, struct search_result *result);

#endif
