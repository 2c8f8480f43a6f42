/* pick.h: random numbers for the mutator: the same from the same seed. */
#ifndef FUZZ_PICK_H
#define FUZZ_PICK_H

#include "../harness/lib/rng.h"

/* 0 to n-1; n is at least 1. */
static inline uint32_t pick(uint64_t *random, uint32_t n)
{
    return (uint32_t)(((rng_splitmix(random) >> 32) * n) >> 32);
}

/* True in k of n. */
static inline bool pick_in(uint64_t *random, uint32_t k, uint32_t n)
{
    return pick(random, n) < k;
}

#endif
