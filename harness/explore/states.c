/* states.c: see states.h. */
#include "states.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { FIRST_BITS = 16 };

/* Huge pages, as every look is at a random place. */
static struct arena table_make(unsigned bits)
{
    struct arena memory = arena_make(sizeof(uint64_t) << bits);
    madvise(memory.memory, memory.size, MADV_HUGEPAGE);
    return memory;
}

void states_make(struct states *states)
{
    *states = (struct states){.table_bits = FIRST_BITS, .capacity = 1u << (FIRST_BITS - 1)};
    states->list_memory = arena_make(states->capacity * sizeof(struct state));
    states->table_memory = table_make(FIRST_BITS);
    states->list = (struct state *)states->list_memory.memory;
    states->table = (uint64_t *)states->table_memory.memory;
}

void states_free(struct states *states)
{
    arena_free(&states->list_memory);
    arena_free(&states->table_memory);
}

/* Where the hash is, or should be. */
static uint64_t *find(uint64_t *table, unsigned bits, uint64_t hash)
{
    uint64_t mask = ((uint64_t)1 << bits) - 1, i = hash >> (64 - bits);
    while (table[i] && table[i] != hash)
        i = (i + 1) & mask;
    return &table[i];
}

static void grow(struct states *states)
{
    if (states->capacity > UINT32_MAX / 2) {
        fprintf(stderr, "pagerig: more than %u states; choose a smaller universe or depth\n",
                (unsigned)states->count);
        exit(125);
    }
    struct arena list = arena_make(2 * states->list_memory.size);
    memcpy(list.memory, states->list, states->count * sizeof(struct state));

    struct arena table = table_make(states->table_bits + 1);
    uint64_t *new = (uint64_t *)table.memory;
    for (uint64_t i = 0; i >> states->table_bits == 0; i++)
        if (states->table[i])
            *find(new, states->table_bits + 1, states->table[i]) = states->table[i];

    states_free(states);
    states->list_memory = list;
    states->table_memory = table;
    states->list = (struct state *)list.memory;
    states->table = new;
    states->table_bits++;
    states->capacity *= 2;
}

bool states_add(struct states *states, uint64_t hash, struct state state)
{
    hash += !hash; /* 0 is for empty places */
    uint64_t *place = find(states->table, states->table_bits, hash);
    if (*place)
        return false;
    if (states->count == states->capacity) {
        grow(states);
        place = find(states->table, states->table_bits, hash);
    }
    *place = hash;
    states->list[states->count++] = state;
    return true;
}
