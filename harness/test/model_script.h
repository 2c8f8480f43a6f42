/* model_script.h: what the tests of the model share: a tiny world, the operations by page number,
 * and whether the model takes an answer.
 *
 * Pages and tables have 8 words, user pages are 1 to 31, so va = vpn * 32.  Accesses are to the
 * second word of a page. */
#ifndef TEST_MODEL_SCRIPT_H
#define TEST_MODEL_SCRIPT_H

#include "../lib/tap.h"
#include "../model/model.h"
#include "../model/pools.h"
#include <stdlib.h>

enum { USER_LAST = 31, PAGE_BYTES = 32 };

static const struct model_config config = {
    .level_bits = 3,
    .user_pdes = 4,
    .device_frames = 4,
    .identities = 40,
    .chunks = 48,
    .regions = 8,
    .objects = 3,
    .spaces = 4,
    .segments = 2,
};

static struct arena arena;
static struct model *model;
static struct effect effect;
static struct objection objection;
static uint32_t pools[POOLS];

/* A new world for each test. */
static inline void begin(bool copy_fork)
{
    if (!model) {
        arena = arena_make(model_bytes(&config));
        model = model_make(&arena, &config);
    }
    model_reset(model, copy_fork);
    for (int i = 0; i < POOLS; i++)
        pools[i] = 1000;
}

static inline bool answered(struct op op, struct answer answer)
{
    answer.pools_before = pools;
    return model_step(model, &op, &answer, &effect, &objection);
}

#define OP_(CODE, ...) ((struct op){.code = OP_##CODE, __VA_ARGS__})
#define SAYS(OPERATION, STATUS, ...)                                                               \
    answered(OPERATION, (struct answer){.status = STATUS_##STATUS, __VA_ARGS__})

/* The operations, by page number. */
#define CREATE(S)            OP_(CREATE, .s = S)
#define DESTROY(S)           OP_(DESTROY, .s = S)
#define FORK(S, T)           OP_(FORK, .s = S, .t = T)
#define SEGMENT(G, N)        OP_(SEGMENT, .g = G, .n = N)
#define RELEASE(G)           OP_(RELEASE, .g = G)
#define MAP(S, VPN, N, PROT) OP_(MAP, .s = S, .va = (VPN)*PAGE_BYTES, .n = N, .prot = PROT_##PROT)
#define MAP_EAGER(S, VPN, N, PROT)                                                                 \
    OP_(MAP, .s = S, .va = (VPN)*PAGE_BYTES, .n = N, .prot = PROT_##PROT, .flags = OP_EAGER)
#define MAP_ANY(S, N) OP_(MAP, .s = S, .n = N, .prot = PROT_RW, .flags = OP_ANY)
#define MAP_SEGMENT(S, VPN, N, G, OFFSET)                                                          \
    OP_(MAP, .s = S, .va = (VPN)*PAGE_BYTES, .n = N, .prot = PROT_RW, .flags = OP_BACKED, .g = G,  \
        .x = OFFSET)
#define MAP_DEVICE(S, VPN, N, FRAME)                                                               \
    OP_(MAP_DEVICE, .s = S, .va = (VPN)*PAGE_BYTES, .n = N, .x = FRAME)
#define UNMAP(S, VPN, N) OP_(UNMAP, .s = S, .va = (VPN)*PAGE_BYTES, .n = N)
#define PROTECT(S, VPN, N, PROT)                                                                   \
    OP_(PROTECT, .s = S, .va = (VPN)*PAGE_BYTES, .n = N, .prot = PROT_##PROT)
#define READ(S, VPN)        OP_(READ, .s = S, .va = (VPN)*PAGE_BYTES + 4)
#define WRITE(S, VPN, WORD) OP_(WRITE, .s = S, .va = (VPN)*PAGE_BYTES + 4, .x = WORD)
#define EVICT(S, VPN)       OP_(EVICT, .s = S, .va = (VPN)*PAGE_BYTES)
#define FAIL(K)             OP_(FAIL, .x = K)
#define FAIL_STICKY(K)      OP_(FAIL, .x = K, .flags = OP_STICKY)

static inline void must_do(struct op op, const char *text)
{
    if (answered(op, (struct answer){.status = STATUS_OK, .va = op.va}))
        return;
    ok_if(false, "a step of the script: %s (%s)", text, objection.why);
    exit(tap_done());
}

/* Operations that the script builds on: OK must be right. */
#define DO(OPERATION) must_do(OPERATION, #OPERATION)

static inline bool refused(const char *field, uint32_t expected, uint32_t actual)
{
    return strcmp(objection.field, field) == 0 && objection.expected == expected &&
           objection.actual == actual && objection.why[0] && effect.ranges == 0 &&
           effect.died_count == 0;
}

/* Is status the right one and each of the others wrong? */
static inline bool only_right(struct op op, enum op_status status)
{
    for (enum op_status other = STATUS_OK; other < STATUSES; other++)
        if (other != status && (answered(op, (struct answer){.status = other, .va = op.va}) ||
                                !refused("status", status, other)))
            return false;
    return model_expect(model, &op) == status &&
           answered(op, (struct answer){.status = status, .va = op.va});
}

#define MUST_BE(OPERATION, STATUS) only_right(OPERATION, STATUS_##STATUS)

/* The word is right, and another is wrong. */
static inline bool reads(uint32_t s, uint32_t vpn, uint32_t word)
{
    return !SAYS(READ(s, vpn), OK, .word = word + 1) && refused("word", word, word + 1) &&
           SAYS(READ(s, vpn), OK, .word = word);
}

static inline bool affects(uint32_t i, uint32_t s, uint32_t first, uint32_t last)
{
    return i < effect.ranges && effect.range[i].space == s && effect.range[i].first == first &&
           effect.range[i].last == last;
}

static inline bool died(uint32_t identity)
{
    for (uint32_t i = 0; i < effect.died_count; i++)
        if (effect.died[i] == identity)
            return true;
    return false;
}

#endif
