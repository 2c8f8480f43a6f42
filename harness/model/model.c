/* model.c: making and resetting a model, and looking in. */
#include "model_private.h"

static uint32_t map_count(const struct model_config *config)
{
    return config->spaces + config->objects;
}

static size_t region_bytes(const struct model_config *config)
{
    return ((size_t)config->regions + 2) * sizeof(struct model_region);
}

/* Every block of the arena, in the order of model_make.  Number 0 of objects and identities is
 * none; map pages begin with the directories. */
size_t model_bytes(const struct model_config *config)
{
    size_t maps = map_count(config), chunks = config->chunks, identities = config->identities;
    size_t objects = config->objects;
    unsigned bits = config->level_bits;

    return arena_bytes(sizeof(struct model)) +
           config->spaces * (arena_bytes(region_bytes(config)) + arena_bytes(sizeof(uint32_t))) +
           arena_bytes((objects + 1) * sizeof(struct object)) +
           arena_bytes(objects * sizeof(uint32_t)) +
           arena_bytes(pages_bytes((uint32_t)(maps + chunks), bits)) +
           arena_bytes(maps * sizeof(uint32_t)) + arena_bytes(chunks * sizeof(uint32_t)) +
           arena_bytes((identities + 1) * sizeof(struct model_identity)) +
           arena_bytes(identities * sizeof(uint32_t)) +
           arena_bytes(pages_bytes(config->identities + 1, bits)) +
           arena_bytes(pages_bytes(config->device_frames, bits));
}

static struct numbers take_numbers(struct arena *arena, uint32_t first, uint32_t count)
{
    uint32_t *spare = arena_take(arena, count * sizeof *spare);
    return (struct numbers){.spare = spare, .fresh = first, .first = first, .end = first + count};
}

static struct pages take_pages(struct arena *arena, uint32_t count, unsigned level_bits)
{
    return pages_make(arena_take(arena, pages_bytes(count, level_bits)), count, level_bits);
}

struct model *model_make(struct arena *arena, const struct model_config *config)
{
    assert(config->level_bits >= 3 && config->level_bits <= 10);
    assert(config->user_pdes >= 1 && config->user_pdes <= 1u << config->level_bits);
    assert(config->spaces >= 1 && config->spaces <= OP_SLOTS);
    assert(config->segments <= OP_SLOTS);
    assert(config->objects <= UINT16_MAX);

    struct model *model = arena_take(arena, sizeof *model);
    uint32_t maps = map_count(config);

    model->config = *config;
    model->user_last = (config->user_pdes << config->level_bits) - 1;
    model->current = OP_SLOTS;
    for (uint32_t s = 0; s < config->spaces; s++) {
        struct space *space = &model->spaces[s];
        space->regions = arena_take(arena, region_bytes(config));
        space->hint = arena_take(arena, sizeof *space->hint);
    }
    model->objects = arena_take(arena, (config->objects + 1) * sizeof(struct object));
    model->object_numbers = take_numbers(arena, 1, config->objects);
    model->maps = take_pages(arena, maps + config->chunks, config->level_bits);
    model->held = arena_take(arena, maps * sizeof(uint32_t));
    model->chunk_numbers = take_numbers(arena, maps, config->chunks);
    model->identities =
        arena_take(arena, ((size_t)config->identities + 1) * sizeof(struct model_identity));
    model->identity_numbers = take_numbers(arena, 1, config->identities);
    model->contents = take_pages(arena, config->identities + 1, config->level_bits);
    model->device = take_pages(arena, config->device_frames, config->level_bits);
    return model;
}

static void numbers_reset(struct numbers *numbers)
{
    numbers->spares = 0;
    numbers->fresh = numbers->first;
}

/* When all spaces and names are gone, so is all else; then numbers begin anew, so that a case runs
 * the same after any other. */
void model_reset(struct model *model, bool copy_fork)
{
    for (uint32_t s = 0; s < model->config.spaces; s++)
        if (model->spaces[s].exists)
            model_destroy(model, s);
    for (uint32_t g = 0; g < model->config.segments; g++)
        if (model->names[g])
            model_release(model, g);
    assert(model->resident == 0 && model->evicted == 0);
    assert(model->current == OP_SLOTS);
    numbers_reset(&model->object_numbers);
    numbers_reset(&model->chunk_numbers);
    numbers_reset(&model->identity_numbers);
    for (uint32_t frame = 0; frame < model->device_used; frame++)
        pages_clear(&model->device, frame);
    model->device_used = 0;
    model->fail = (struct fail){0};
    model->config.copy_fork = copy_fork;
}

/* SDM vol. 3A, 4.7: bit 1 is set for a write, bit 2 for an access in user mode. */
uint32_t model_fault_error(const struct op *op)
{
    uint32_t write = op->code == OP_WRITE || op->code == OP_COPY_OUT ? 1u << 1 : 0;
    uint32_t user = op->code == OP_READ || op->code == OP_WRITE ? 1u << 2 : 0;
    return write | user;
}

bool model_exists(const struct model *model, uint32_t s)
{
    return s < OP_SLOTS && model->spaces[s].exists;
}

uint32_t model_current(const struct model *model)
{
    return model->current;
}

uint32_t model_segment(const struct model *model, uint32_t g)
{
    return g < OP_SLOTS ? model->names[g] : 0;
}

uint32_t model_segment_pages(const struct model *model, uint32_t object)
{
    return model->objects[object].pages;
}

const struct model_region *model_regions(const struct model *model, uint32_t s, uint32_t *count)
{
    *count = model->spaces[s].count;
    return model->spaces[s].regions;
}

const struct model_region *model_region_at_or_after(const struct model *model, uint32_t s,
                                                    uint32_t vpn)
{
    const struct space *space = &model->spaces[s];
    uint32_t i = model_regions_find(space, vpn);
    return i < space->count ? &space->regions[i] : NULL;
}

const struct model_region *model_region_seek(const struct model *model, uint32_t s, uint32_t vpn)
{
    const struct space *space = &model->spaces[s];
    uint32_t i = model_regions_seek(space, vpn);
    return i < space->count ? &space->regions[i] : NULL;
}

uint32_t model_identity_at(const struct model *model, uint32_t s, uint32_t vpn)
{
    const struct model_region *region = model_regions_at(&model->spaces[s], vpn);

    return region ? model_identity_in(model, s, region, vpn) : 0;
}

uint32_t model_identity_in(const struct model *model, uint32_t s, const struct model_region *region,
                           uint32_t vpn)
{
    if (region->backing == MODEL_DEVICE)
        return 0;
    struct place place = place_of(model, s, region, vpn);
    return model_map_get(model, place.map, place.page);
}

struct model_identity model_identity(const struct model *model, uint32_t identity)
{
    return model->identities[identity];
}

const struct pages *model_contents(const struct model *model)
{
    return &model->contents;
}

const struct pages *model_device_contents(const struct model *model)
{
    return &model->device;
}

uint32_t model_segment_identity(const struct model *model, uint32_t object, uint32_t page)
{
    return model_map_get(model, object_map(model, object), page);
}

uint32_t model_private_at_or_after(const struct model *model, uint32_t s, uint32_t vpn)
{
    return model_map_next(model, s, vpn);
}

uint32_t model_resident(const struct model *model)
{
    return model->resident;
}

uint32_t model_evicted(const struct model *model)
{
    return model->evicted;
}

uint32_t model_user_last(const struct model *model)
{
    return model->user_last;
}
