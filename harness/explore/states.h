/* states.h: the states that a search has seen: a set of hashes, and for each state how it was
 * reached.
 *
 * A state is its number, from 0 in the order of discovery; it is stored as the state that it was
 * reached from and the operation that led there, so it can be made again by replaying.  Of what the
 * state is, only 64 bits of hash are kept: of n states, two are taken for one with a chance of
 * n * n / 2^65; for ten million that is 3 in a million.
 *
 * When memory or numbers run out, states_add ends the process with status 125. */
#ifndef STATES_H
#define STATES_H

#include "../lib/arena.h"
#include <stdbool.h>
#include <stdint.h>

struct state {
    uint32_t parent;
    uint32_t op; /* index into universe.ops */
};

struct states {
    struct arena list_memory, table_memory;
    struct state *list;
    uint64_t *table; /* open addressing; 0: empty */
    unsigned table_bits;
    uint32_t count, capacity; /* of list; the table has room for twice as many */
};

void states_make(struct states *states);
void states_free(struct states *states);

/* Adds a state.  False: its hash is there already. */
bool states_add(struct states *states, uint64_t hash, struct state state);

#endif
