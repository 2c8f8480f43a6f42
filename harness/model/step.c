/* step.c: what an operation does, once its answer was found right, and what a checker has to look
 * at afterwards. */
#include "model_private.h"

/* The checker has to look at [first, last] of s. */
static void affect(struct effect *effect, uint32_t s, uint32_t first, uint32_t last)
{
    if (effect->ranges == EFFECT_RANGES)
        effect->all = true;
    else
        effect->range[effect->ranges++] = (struct effect_range){s, first, last};
}

/* ---- Segments' lives. ---- */

static void object_end_if_unused(struct model *model, uint32_t o)
{
    struct object *object = &model->objects[o];

    if (object->named || object->shown)
        return;
    model_map_drop(model, object_map(model, o), 0, object->pages - 1);
    numbers_give(&model->object_numbers, o);
}

static void follow_segment(struct model *model, const struct op *op)
{
    uint32_t o = numbers_take(&model->object_numbers);
    model->objects[o] = (struct object){.pages = op->n, .named = true};
    model->names[op->g] = o;
}

void model_release(struct model *model, uint32_t g)
{
    uint32_t o = model->names[g];
    model->names[g] = 0;
    model->objects[o].named = false;
    object_end_if_unused(model, o);
}

/* ---- Pages. ---- */

/* The identity of a page that is needed in memory: it is made, or comes back for all its holders.
 */
static uint32_t touch(struct model *model, const struct place *place)
{
    uint32_t identity = model_map_get(model, place->map, place->page);

    if (identity) {
        model_identity_move(model, identity, false);
        return identity;
    }
    identity = model_identity_make(model);
    model_map_set(model, place->map, place->page, identity);
    return identity;
}

/* Copy-on-write: one of several holders gets a page of its own, the others keep theirs. */
static uint32_t own(struct model *model, const struct place *place, uint32_t identity)
{
    if (model->identities[identity].holders == 1)
        return identity;
    uint32_t copy = model_identity_make(model);
    pages_copy(&model->contents, copy, &model->contents, identity);
    model_identity_drop(model, identity);
    model_map_set(model, place->map, place->page, copy);
    return copy;
}

uint32_t model_unshare(struct model *model, uint32_t s, uint32_t vpn)
{
    struct place place = place_of(model, s, model_regions_at(&model->spaces[s], vpn), vpn);
    uint32_t identity = model_map_get(model, place.map, place.page);

    assert(place.backing == MODEL_PRIVATE && model->identities[identity].holders > 1);
    return numbers_left(&model->identity_numbers) ? own(model, &place, identity) : 0;
}

/* A device's frame is the same memory in whatever space it is seen. */
static void device_write(struct model *model, uint32_t frame, uint32_t index, uint32_t word)
{
    pages_set(&model->device, frame, index, word);
    if (model->device_used <= frame)
        model->device_used = frame + 1;
}

static void follow_access(struct model *model, const struct op *op, struct effect *effect)
{
    bool writes = op->code == OP_WRITE || op->code == OP_COPY_OUT;
    uint32_t vpn = vpn_of(model, op->va);
    uint32_t index = (op->va >> 2) & ((1u << model->config.level_bits) - 1);
    const struct model_region *region = model_regions_at(&model->spaces[op->s], vpn);
    struct place place = place_of(model, op->s, region, vpn);

    affect(effect, op->s, vpn, vpn);
    if (place.backing == MODEL_DEVICE) {
        if (writes)
            device_write(model, place.page, index, op->x);
        return;
    }
    uint32_t identity = touch(model, &place);
    if (writes)
        pages_set(&model->contents, own(model, &place, identity), index, op->x);
}

static void affect_segment_page(const struct model *model, uint32_t object, uint32_t page,
                                struct effect *effect)
{
    for (uint32_t s = 0; s < model->config.spaces; s++) {
        const struct space *space = &model->spaces[s];
        for (uint32_t i = 0; i < space->count; i++) {
            const struct model_region *r = &space->regions[i];
            bool shows = r->backing == MODEL_SEGMENT && r->object == object && r->offset <= page &&
                         page - r->offset <= r->last - r->first;
            if (shows)
                affect(effect, s, r->first + (page - r->offset), r->first + (page - r->offset));
        }
    }
}

/* It leaves memory for all its holders.  Nothing happens to a page that is in no frame. */
static void follow_evict(struct model *model, const struct op *op, struct effect *effect)
{
    uint32_t vpn = vpn_of(model, op->va);
    const struct model_region *region = model_regions_at(&model->spaces[op->s], vpn);
    struct place place = place_of(model, op->s, region, vpn);
    uint32_t identity = model_map_get(model, place.map, place.page);

    if (!identity || model->identities[identity].evicted)
        return;
    model_identity_move(model, identity, true);
    if (place.backing == MODEL_SEGMENT) {
        affect_segment_page(model, region->object, place.page, effect);
        return;
    }
    for (uint32_t s = 0; s < model->config.spaces; s++)
        if (model_map_get(model, s, vpn) == identity)
            affect(effect, s, vpn, vpn);
}

/* ---- Regions. ---- */

static void add_region(struct model *model, uint32_t s, const struct model_region *region)
{
    model_regions_insert(&model->spaces[s], region);
    if (region->backing == MODEL_SEGMENT)
        model->objects[region->object].shown += region->last - region->first + 1;
}

static void follow_map(struct model *model, const struct op *op, uint32_t va, struct effect *effect)
{
    uint32_t first = vpn_of(model, va);
    struct model_region region = {.first = first, .last = first + op->n - 1, .prot = op->prot};

    if (op->flags & OP_BACKED) {
        region.backing = MODEL_SEGMENT;
        region.object = (uint16_t)model->names[op->g];
        region.offset = op->x;
    }
    add_region(model, op->s, &region);
    affect(effect, op->s, region.first, region.last);
    if (!(op->flags & OP_EAGER) || op->prot == PROT_NO)
        return;
    for (uint32_t vpn = region.first; vpn <= region.last; vpn++) {
        struct place place = place_of(model, op->s, &region, vpn);
        touch(model, &place);
    }
}

static void follow_map_device(struct model *model, const struct op *op, struct effect *effect)
{
    struct model_region region = {
        .prot = PROT_RW, .backing = MODEL_DEVICE, .object = 0, .offset = op->x};

    model_range(model, op, &region.first, &region.last);
    add_region(model, op->s, &region);
    affect(effect, op->s, region.first, region.last);
}

static void unmap(struct model *model, uint32_t s, uint32_t first, uint32_t last)
{
    struct space *space = &model->spaces[s];
    uint32_t from = model_regions_split(space, first);
    uint32_t to = model_regions_split(space, last + 1);

    model_map_drop(model, s, first, last);
    for (uint32_t i = from; i < to; i++) {
        const struct model_region *region = &space->regions[i];
        if (region->backing != MODEL_SEGMENT)
            continue;
        model->objects[region->object].shown -= region->last - region->first + 1;
        object_end_if_unused(model, region->object);
    }
    model_regions_remove(space, from, to);
}

static void protect(struct model *model, const struct op *op, uint32_t first, uint32_t last)
{
    struct space *space = &model->spaces[op->s];
    uint32_t from = model_regions_split(space, first);
    uint32_t to = model_regions_split(space, last + 1);

    for (uint32_t i = from; i < to; i++)
        space->regions[i].prot = op->prot;
}

static void follow_range(struct model *model, const struct op *op, struct effect *effect)
{
    uint32_t first, last;

    model_range(model, op, &first, &last);
    if (op->code == OP_UNMAP)
        unmap(model, op->s, first, last);
    else
        protect(model, op, first, last);
    affect(effect, op->s, first, last);
}

/* ---- Spaces. ---- */

void model_destroy(struct model *model, uint32_t s)
{
    unmap(model, s, 1, model->user_last);
    model->spaces[s].exists = false;
    if (model->current == s)
        model->current = OP_SLOTS;
}

/* A copied page is in memory even when its original is in the backing store. */
static void follow_fork(struct model *model, const struct op *op, struct effect *effect)
{
    const struct space *parent = &model->spaces[op->s];
    uint32_t page = model_map_next(model, op->s, 0);

    model->spaces[op->t].exists = true;
    for (uint32_t i = 0; i < parent->count; i++)
        add_region(model, op->t, &parent->regions[i]);
    for (; page != UINT32_MAX; page = model_map_next(model, op->s, page + 1)) {
        uint32_t identity = model_map_get(model, op->s, page);
        uint32_t childs = identity;
        if (model->config.copy_fork) {
            childs = model_identity_make(model);
            pages_copy(&model->contents, childs, &model->contents, identity);
        } else {
            model->identities[identity].holders++;
        }
        model_map_set(model, op->t, page, childs);
    }
    affect(effect, op->s, 1, model->user_last);
    affect(effect, op->t, 1, model->user_last);
}

/* ---- Following. ---- */

static void follow(struct model *model, const struct op *op, const struct answer *answer,
                   struct effect *effect)
{
    switch (op->code) {
    case OP_CREATE:
        model->spaces[op->s].exists = true;
        break;
    case OP_DESTROY:
        model_destroy(model, op->s);
        break;
    case OP_SWITCH:
        model->current = op->s;
        break;
    case OP_FORK:
        follow_fork(model, op, effect);
        break;
    case OP_SEGMENT:
        follow_segment(model, op);
        break;
    case OP_RELEASE:
        model_release(model, op->g);
        break;
    case OP_MAP:
        follow_map(model, op, answer->va, effect);
        break;
    case OP_MAP_DEVICE:
        follow_map_device(model, op, effect);
        break;
    case OP_UNMAP:
    case OP_PROTECT:
        follow_range(model, op, effect);
        break;
    case OP_READ:
    case OP_WRITE:
    case OP_COPY_IN:
    case OP_COPY_OUT:
        follow_access(model, op, effect);
        break;
    case OP_EVICT:
        follow_evict(model, op, effect);
        break;
    case OP_FAIL:
        model->fail = (struct fail){.k = op->x, .sticky = op->flags & OP_STICKY};
        break;
    default: /* discard, commit and check: nothing observable changes */
        break;
    }
}

/* Before the operation is followed: it may have made as many allocations as it may need, whether it
 * was done or ran out.  A fail that strikes once is over when nothing else explains a NO_MEMORY. */
static void count_allocations(struct model *model, const struct op *op, const struct answer *answer)
{
    uint32_t need[POOLS];

    if (answer->status != STATUS_OK && answer->status != STATUS_NO_MEMORY)
        return;
    model_needs(model, op, need);
    model->fail.most += model_allocations(need);
    if (answer->status == STATUS_NO_MEMORY && !model->fail.sticky &&
        !model_pools_short(need, answer))
        model->fail.k = 0;
}

bool model_step(struct model *model, const struct op *op, const struct answer *answer,
                struct effect *effect, struct objection *objection)
{
    effect->ranges = effect->died_count = 0;
    effect->died = NULL;
    effect->all = false;
    if (!model_judge(model, op, answer, objection))
        return false;

    model->died_from = model->identity_numbers.spares;
    if (model->fail.k)
        count_allocations(model, op, answer);
    if (answer->status == STATUS_OK)
        follow(model, op, answer, effect);
    if (model->identity_numbers.spares > model->died_from) {
        effect->died = &model->identity_numbers.spare[model->died_from];
        effect->died_count = model->identity_numbers.spares - model->died_from;
    }

    /* A user's access runs in its own space, however it ends (CR3 is loaded before it). */
    bool by_user = op->code == OP_READ || op->code == OP_WRITE;
    if (by_user && answer->status != STATUS_BAD_SLOT)
        model->current = op->s;
    return true;
}
