/* model_private.h: the model's state, and what its own files use of each other.
 *
 *      model.c       making, resetting, looking in
 *      regions.c     the sorted array of regions of a space
 *      identities.c  identities, and the maps from pages to them
 *      expect.c      which status is right while memory lasts
 *      judge.c       which answer is right
 *      step.c        what an operation does
 *
 * Everything lies in the one arena that model_make was given. */
#ifndef MODEL_PRIVATE_H
#define MODEL_PRIVATE_H

#include "model.h"
#include "pools.h"
#include <string.h>

/* Numbers from first to end - 1, each taken or free: those given back, as a stack, and those from
 * fresh on, which were never taken. */
struct numbers {
    uint32_t *spare;
    uint32_t spares, fresh, first, end;
};

static inline uint32_t numbers_left(const struct numbers *numbers)
{
    return numbers->spares + (numbers->end - numbers->fresh);
}

static inline uint32_t numbers_take(struct numbers *numbers)
{
    assert(numbers_left(numbers) > 0);
    return numbers->spares ? numbers->spare[--numbers->spares] : numbers->fresh++;
}

static inline void numbers_give(struct numbers *numbers, uint32_t number)
{
    assert(number >= numbers->first && number < numbers->fresh);
    numbers->spare[numbers->spares++] = number;
}

/* Sorted, without overlap.  Pieces that a split left behind stay pieces. */
struct space {
    bool exists;
    uint32_t count;
    struct model_region *regions; /* room for config.regions + 2: a split may come before a cut */
    uint32_t *hint; /* what model_regions_find answered last; no part of what the model says */
};

/* A segment lives while it has a name or a region shows a page of it. */
struct object {
    uint64_t shown; /* pages of all regions that show it */
    uint32_t pages;
    bool named;
};

/* NO_MEMORY on demand: the k-th allocation since `fail` fails.  The model cannot see allocations,
 * only how many each operation may have made at most. */
struct fail {
    uint32_t k;    /* 0: not armed */
    uint64_t most; /* allocations since, at most */
    bool sticky;
};

/* A map from pages to identities is a table of two levels, like the i386's own: its directory is
 * the page `map` of maps, whose words name other pages of maps, the chunks, whose words are
 * identities.  Chunks that became empty are given back.  Map s belongs to space s and knows the
 * private pages only; the maps after those belong to the segment objects. */
struct model {
    struct model_config config;
    uint32_t user_last;
    uint32_t current;

    struct space spaces[OP_SLOTS];
    uint32_t names[OP_SLOTS]; /* object behind a segment slot, or 0 */
    struct object *objects;
    struct numbers object_numbers;

    struct pages maps;
    uint32_t *held; /* for each map: pages that have an identity */
    struct numbers chunk_numbers;

    struct model_identity *identities;
    struct numbers identity_numbers;
    struct pages contents;
    uint32_t resident, evicted;
    uint32_t died_from; /* identity_numbers.spares when the operation began */

    struct pages device;
    uint32_t device_used; /* device frames from here on are zero */
    struct fail fail;
};

/* Where the identity of a page is noted; for device pages, the frame. */
struct place {
    uint8_t backing; /* enum model_backing */
    uint32_t map;    /* not for device pages */
    uint32_t page;
};

static inline uint32_t object_map(const struct model *model, uint32_t object)
{
    return model->config.spaces + object - 1;
}

static inline struct place place_of(const struct model *model, uint32_t s,
                                    const struct model_region *region, uint32_t vpn)
{
    struct place place = {region->backing, s, vpn};
    if (region->backing != MODEL_PRIVATE)
        place.page = region->offset + (vpn - region->first);
    if (region->backing == MODEL_SEGMENT)
        place.map = object_map(model, region->object);
    return place;
}

static inline uint32_t vpn_of(const struct model *model, uint32_t va)
{
    return va >> (model->config.level_bits + 2);
}

/* ---- regions.c ---- */

/* Index of the first region whose last page is at or after vpn; count if there is none. */
uint32_t model_regions_find(const struct space *space, uint32_t vpn);

/* The same, for questions that have nothing to do with the last one. */
uint32_t model_regions_seek(const struct space *space, uint32_t vpn);

/* The region at vpn, or NULL. */
const struct model_region *model_regions_at(const struct space *space, uint32_t vpn);

bool model_regions_free(const struct space *space, uint32_t first, uint32_t last);
bool model_regions_cover(const struct space *space, uint32_t first, uint32_t last);

/* The lowest n pages in a row from 1 to user_last that no region has: the first of them, or 0. */
uint32_t model_regions_hole(const struct space *space, uint32_t n, uint32_t user_last);

/* Directory entries that the regions touch. */
uint32_t model_regions_tables(const struct space *space, unsigned level_bits);

void model_regions_insert(struct space *space, const struct model_region *region);

/* Makes the region around vpn, if there is one, two that meet there.  Returns the index of the
 * first region that begins at or after vpn. */
uint32_t model_regions_split(struct space *space, uint32_t vpn);

/* Regions [from, to) leave the array. */
void model_regions_remove(struct space *space, uint32_t from, uint32_t to);

/* Makes one of neighbours that differ in nothing. */
void model_regions_merge(struct space *space);

/* ---- identities.c ---- */

uint32_t model_map_get(const struct model *model, uint32_t map, uint32_t page);
void model_map_set(struct model *model, uint32_t map, uint32_t page, uint32_t identity);

/* The first page at or after page that has an identity; UINT32_MAX if there is none. */
uint32_t model_map_next(const struct model *model, uint32_t map, uint32_t page);

/* How many identities and chunks it takes so that all pages of the range have an identity. */
void model_map_missing(const struct model *model, uint32_t map, uint32_t first, uint32_t last,
                       uint32_t *identities, uint32_t *chunks);

/* A new identity in memory, all zero, with one holder. */
uint32_t model_identity_make(struct model *model);

/* One holder fewer; it dies with the last. */
void model_identity_drop(struct model *model, uint32_t identity);

/* Moves it to the backing store, or back to memory. */
void model_identity_move(struct model *model, uint32_t identity, bool evicted);

/* Every page of the range loses its identity. */
void model_map_drop(struct model *model, uint32_t map, uint32_t first, uint32_t last);

/* ---- expect.c (and model_expect) ---- */

/* The pages that an operation with a fixed address is about; false: it may not be about them. */
bool model_range(const struct model *model, const struct op *op, uint32_t *first, uint32_t *last);

/* ---- judge.c ---- */

/* Is the answer right?  If not, fills *objection.  Merges regions when there are too many. */
bool model_judge(struct model *model, const struct op *op, const struct answer *answer,
                 struct objection *objection);

/* What the operation, which is legal, may need of each pool at most. */
void model_needs(const struct model *model, const struct op *op, uint32_t need[POOLS]);

/* How many allocations that are at most, as `fail` counts them. */
uint64_t model_allocations(const uint32_t need[POOLS]);

/* Could a pool have been short of what the operation may need? */
bool model_pools_short(const uint32_t need[POOLS], const struct answer *answer);

/* ---- step.c ---- */

void model_destroy(struct model *model, uint32_t s);
void model_release(struct model *model, uint32_t g);

#endif
