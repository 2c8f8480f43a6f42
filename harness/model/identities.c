/* identities.c: what is behind private pages and pages of segments: identities, and the maps that
 * lead from pages to them.  All walks skip what is empty, so they cost as much as there is. */
#include "model_private.h"

static uint32_t chunk_of(const struct model *model, uint32_t map, uint32_t page)
{
    return pages_get(&model->maps, map, page >> model->config.level_bits);
}

static uint32_t index_of(const struct model *model, uint32_t page)
{
    return page & ((1u << model->config.level_bits) - 1);
}

/* Page 0 of maps is a directory, so chunk 0 is none. */
uint32_t model_map_get(const struct model *model, uint32_t map, uint32_t page)
{
    uint32_t chunk = chunk_of(model, map, page);
    return chunk ? pages_get(&model->maps, chunk, index_of(model, page)) : 0;
}

static void give_if_empty(struct model *model, uint32_t map, uint32_t entry, uint32_t chunk)
{
    if (!pages_empty(&model->maps, chunk))
        return;
    pages_set(&model->maps, map, entry, 0);
    numbers_give(&model->chunk_numbers, chunk);
}

void model_map_set(struct model *model, uint32_t map, uint32_t page, uint32_t identity)
{
    uint32_t chunk = chunk_of(model, map, page), index = index_of(model, page);

    if (!chunk) {
        chunk = numbers_take(&model->chunk_numbers);
        pages_set(&model->maps, map, page >> model->config.level_bits, chunk);
    }
    model->held[map] -= pages_get(&model->maps, chunk, index) != 0;
    model->held[map] += identity != 0;
    pages_set(&model->maps, chunk, index, identity);
    give_if_empty(model, map, page >> model->config.level_bits, chunk);
}

uint32_t model_map_next(const struct model *model, uint32_t map, uint32_t page)
{
    unsigned bits = model->config.level_bits;
    uint32_t entry = pages_next(&model->maps, map, page >> bits);

    while (entry < 1u << bits) {
        uint32_t from = entry == page >> bits ? index_of(model, page) : 0;
        uint32_t chunk = pages_get(&model->maps, map, entry);
        uint32_t index = pages_next(&model->maps, chunk, from);
        if (index < 1u << bits)
            return (entry << bits) + index;
        entry = pages_next(&model->maps, map, entry + 1);
    }
    return UINT32_MAX;
}

void model_map_missing(const struct model *model, uint32_t map, uint32_t first, uint32_t last,
                       uint32_t *identities, uint32_t *chunks)
{
    unsigned bits = model->config.level_bits;
    uint32_t page = model_map_next(model, map, first);

    *identities = last - first + 1;
    for (; page <= last; page = model_map_next(model, map, page + 1))
        --*identities;
    *chunks = 0;
    for (uint32_t entry = first >> bits; entry <= last >> bits; entry++)
        *chunks += pages_get(&model->maps, map, entry) == 0;
}

/* No operation both ends identities and makes some, so a number that died in this operation, which
 * is on top of the spare ones, is never taken in it. */
uint32_t model_identity_make(struct model *model)
{
    assert(model->identity_numbers.spares <= model->died_from);
    uint32_t identity = numbers_take(&model->identity_numbers);
    assert(pages_empty(&model->contents, identity));
    model->identities[identity] = (struct model_identity){.holders = 1};
    model->resident++;
    return identity;
}

void model_identity_drop(struct model *model, uint32_t identity)
{
    struct model_identity *it = &model->identities[identity];

    assert(it->holders > 0);
    if (--it->holders)
        return;
    model_identity_move(model, identity, false);
    model->resident--;
    pages_clear(&model->contents, identity);
    numbers_give(&model->identity_numbers, identity);
}

void model_identity_move(struct model *model, uint32_t identity, bool evicted)
{
    struct model_identity *it = &model->identities[identity];

    if (it->evicted == evicted)
        return;
    it->evicted = evicted;
    if (evicted) {
        model->resident--;
        model->evicted++;
    } else {
        model->evicted--;
        model->resident++;
    }
}

void model_map_drop(struct model *model, uint32_t map, uint32_t first, uint32_t last)
{
    const struct pages *maps = &model->maps;
    unsigned bits = model->config.level_bits;
    uint32_t entry = pages_next(maps, map, first >> bits);

    for (; entry <= last >> bits; entry = pages_next(maps, map, entry + 1)) {
        uint32_t chunk = pages_get(maps, map, entry);
        uint32_t index = entry == first >> bits ? index_of(model, first) : 0;
        uint32_t end = entry == last >> bits ? index_of(model, last) + 1 : 1u << bits;
        for (; (index = pages_next(maps, chunk, index)) < end; index++) {
            model_identity_drop(model, pages_get(maps, chunk, index));
            pages_set(maps, chunk, index, 0);
            model->held[map]--;
        }
        give_if_empty(model, map, entry, chunk);
    }
}
