/* canon.c: see canon.h.  The model says what there is (the checker has just compared it with the
 * target); the page tables are read from the target's memory. */
#include "canon.h"
#include "../lib/walk.h"
#include <assert.h>

/* Numbers in the order in which they come up, from 1. */
enum { NAMED_MAX = 256 };
struct naming {
    uint8_t number[NAMED_MAX]; /* 0: not yet */
    uint8_t count;
};

enum { RIGHTS = ENTRY_PRESENT | ENTRY_WRITABLE | ENTRY_USER };

#define SEED 0x243f6a8885a308d3 /* any number but 0 */

struct canon {
    struct target *target;
    const struct model *model;
    struct naming identities, objects, frames;
    uint64_t hash;
};

/* Multiplies to 128 bits and folds, so that every bit of the word comes to every bit of the hash:
 * the words of similar states differ in few bits.  The constant is 2^64 divided by the golden
 * ratio. */
static void put(struct canon *c, uint64_t word)
{
    unsigned __int128 product = (unsigned __int128)(c->hash ^ word) * 0x9e3779b97f4a7c15;
    c->hash = (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* *is_new: this is the first time. */
static uint32_t name(struct naming *naming, uint32_t it, bool *is_new)
{
    assert(it < NAMED_MAX);
    *is_new = !naming->number[it];
    if (*is_new)
        naming->number[it] = ++naming->count;
    return naming->number[it];
}

static uint32_t put_identity(struct canon *c, uint32_t identity)
{
    bool is_new;
    if (!identity)
        return 0;
    uint32_t number = name(&c->identities, identity, &is_new);
    if (is_new) {
        bool written = !pages_empty(model_contents(c->model), identity);
        put(c, (uint64_t)model_identity(c->model, identity).evicted << 1 | written);
    }
    return number;
}

static uint32_t put_object(struct canon *c, uint32_t object)
{
    bool is_new;
    if (!object)
        return 0;
    uint32_t number = name(&c->objects, object, &is_new);
    for (uint32_t page = 0; is_new && page < UNIVERSE_SEGMENT_PAGES; page++)
        put(c, put_identity(c, model_segment_identity(c->model, object, page)));
    return number;
}

/* The region's part of a page's word: 32 bits. */
static uint32_t put_region(struct canon *c, uint32_t s, const struct model_region *region,
                           uint32_t vpn)
{
    uint32_t word = 1 | (uint32_t)region->prot << 1 | (uint32_t)region->backing << 3;
    uint32_t index = region->offset + (vpn - region->first);
    switch ((enum model_backing)region->backing) {
    case MODEL_PRIVATE:
        return word | put_identity(c, model_identity_at(c->model, s, vpn)) << 8;
    case MODEL_SEGMENT:
        return word | put_object(c, region->object) << 8 | index << 16;
    case MODEL_DEVICE:
        return word | index << 16;
    }
    return word;
}

/* The tables' part: rights of both levels, and the frame. */
static uint32_t put_translation(struct canon *c, uint32_t directory, uint32_t vpn)
{
    const struct pages *ram = &c->target->ram;
    unsigned level_bits = ram->level_bits;
    bool is_new;
    uint32_t pde = pages_get(ram, directory, vpn >> level_bits);
    if (!(pde & ENTRY_PRESENT))
        return 0;
    uint32_t index = vpn & ((1u << level_bits) - 1);
    uint32_t pte = pages_get(ram, pde >> ENTRY_PFN_SHIFT, index);
    if (!(pte & ENTRY_PRESENT))
        return pde & RIGHTS;
    uint32_t frame = name(&c->frames, pte >> ENTRY_PFN_SHIFT, &is_new);
    return (pde & RIGHTS) | (pte & RIGHTS) << 4 | frame << 8;
}

static void put_space(struct canon *c, const struct universe *universe, uint32_t s)
{
    uint32_t count, first = universe->first_vpn;
    const struct model_region *region = model_regions(c->model, s, &count), *end = region + count;
    uint32_t directory = c->target->class->directory(c->target, s);

    for (uint32_t vpn = first; vpn < first + universe->size.pages; vpn++) {
        while (region < end && region->last < vpn)
            region++;
        uint64_t word = put_translation(c, directory, vpn);
        if (region < end && region->first <= vpn)
            word |= (uint64_t)put_region(c, s, region, vpn) << 32;
        put(c, word);
    }
}

/* The hash when the spaces are looked at in this order. */
static uint64_t hash_in_order(struct canon *c, const struct universe *universe,
                              const uint32_t *order, uint32_t count, bool armed)
{
    uint32_t current = model_current(c->model), at = 0;
    while (at < count && order[at] != current)
        at++;
    *c = (struct canon){.target = c->target, .model = c->model, .hash = SEED};
    put(c, (uint64_t)count << 32 | at << 1 | armed);
    for (uint32_t g = 0; g < universe->size.segments; g++)
        put(c, put_object(c, model_segment(c->model, g)));
    for (uint32_t i = 0; i < count; i++)
        put_space(c, universe, order[i]);
    put(c, 0);
    return c->hash;
}

/* The least hash of all orders that begin with the first `fixed` ones. */
static uint64_t least_hash(struct canon *c, const struct universe *universe, uint32_t *order,
                           uint32_t fixed, uint32_t count, bool armed)
{
    if (fixed + 1 >= count)
        return hash_in_order(c, universe, order, count, armed);
    uint64_t least = UINT64_MAX;
    for (uint32_t i = fixed; i < count; i++) {
        uint32_t s = order[i];
        order[i] = order[fixed];
        order[fixed] = s;
        uint64_t hash = least_hash(c, universe, order, fixed + 1, count, armed);
        least = hash < least ? hash : least;
        order[fixed] = order[i];
        order[i] = s;
    }
    return least;
}

uint64_t canon_hash(struct rig *rig, const struct universe *universe, bool armed)
{
    struct canon c = {.target = rig_target(rig), .model = rig_model(rig)};
    uint32_t order[UNIVERSE_SPACES_MAX], count = 0;
    for (uint32_t s = 0; s < universe->size.spaces; s++)
        if (model_exists(c.model, s))
            order[count++] = s;
    return least_hash(&c, universe, order, 0, count, armed);
}
