/* expect.c: the status that an operation must have while memory lasts.
 *
 * Checks come in the order slots, arguments, what the regions say; the first that fails is the
 * answer.  Each step may rely on those before it. */
#include "model_private.h"

static bool slots_fit(const struct model *model, const struct op *op)
{
    switch (op->code) {
    case OP_CREATE:
        return op->s < model->config.spaces && !model_exists(model, op->s);
    case OP_FORK: /* t == s is in use */
        return model_exists(model, op->s) && op->t < model->config.spaces &&
               !model_exists(model, op->t);
    case OP_SEGMENT:
        return op->g < model->config.segments && !model_segment(model, op->g);
    case OP_RELEASE:
        return model_segment(model, op->g) != 0;
    case OP_MAP:
        return model_exists(model, op->s) &&
               (!(op->flags & OP_BACKED) || model_segment(model, op->g));
    case OP_FAIL:
    case OP_CHECK:
        return true;
    default:
        return model_exists(model, op->s);
    }
}

/* Page-aligned, not empty, without page 0, inside the user range.  64 bits: it may not wrap. */
bool model_range(const struct model *model, const struct op *op, uint32_t *first, uint32_t *last)
{
    uint64_t n = op->code == OP_EVICT ? 1 : op->n;
    uint64_t from = vpn_of(model, op->va), end = from + n;

    if (op->va & ((4u << model->config.level_bits) - 1))
        return false;
    if (n == 0 || from == 0 || end > (uint64_t)model->user_last + 1)
        return false;
    *first = (uint32_t)from;
    *last = (uint32_t)(end - 1);
    return true;
}

static bool map_arguments_fit(const struct model *model, const struct op *op)
{
    uint32_t first, last;

    if (op->flags & OP_ANY ? op->n == 0 : !model_range(model, op, &first, &last))
        return false;
    if (!(op->flags & OP_BACKED))
        return true;
    uint32_t pages = model_segment_pages(model, model_segment(model, op->g));
    return (uint64_t)op->x + op->n <= pages;
}

/* The slots fit. */
static bool arguments_fit(const struct model *model, const struct op *op)
{
    const struct model_region *region;
    uint32_t first, last;

    switch (op->code) {
    case OP_SEGMENT:
        return op->n != 0 && op->n <= model->config.user_pdes << model->config.level_bits;
    case OP_MAP:
        return map_arguments_fit(model, op);
    case OP_MAP_DEVICE:
        return model_range(model, op, &first, &last) &&
               (uint64_t)op->x + op->n <= model->config.device_frames;
    case OP_UNMAP:
    case OP_PROTECT:
        return model_range(model, op, &first, &last);
    case OP_EVICT: /* a device's frames have no place in the backing store */
        if (!model_range(model, op, &first, &last))
            return false;
        region = model_regions_at(&model->spaces[op->s], first);
        return !region || region->backing != MODEL_DEVICE;
    default:
        return true;
    }
}

/* Kernel addresses, and those beyond the machine's address bits, are in no region. */
static bool access_allowed(const struct model *model, const struct op *op)
{
    bool writes = op->code == OP_WRITE || op->code == OP_COPY_OUT;
    const struct model_region *region =
        model_regions_at(&model->spaces[op->s], vpn_of(model, op->va));

    return region && region->prot >= (writes ? PROT_RW : PROT_R);
}

/* Slots and arguments fit. */
static enum op_status regions_say(const struct model *model, const struct op *op)
{
    const struct space *space = &model->spaces[op->s];
    uint32_t first, last;

    switch (op->code) {
    case OP_MAP:
    case OP_MAP_DEVICE:
        if (op->code == OP_MAP && op->flags & OP_ANY)
            return model_regions_hole(space, op->n, model->user_last) ? STATUS_OK : STATUS_NO_SPACE;
        model_range(model, op, &first, &last);
        return model_regions_free(space, first, last) ? STATUS_OK : STATUS_EXISTS;
    case OP_PROTECT:
    case OP_EVICT:
        model_range(model, op, &first, &last);
        return model_regions_cover(space, first, last) ? STATUS_OK : STATUS_NOT_MAPPED;
    case OP_READ:
    case OP_WRITE:
    case OP_COPY_IN:
    case OP_COPY_OUT:
        return access_allowed(model, op) ? STATUS_OK : STATUS_FAULT;
    default:
        return STATUS_OK;
    }
}

enum op_status model_expect(const struct model *model, const struct op *op)
{
    if (!slots_fit(model, op))
        return STATUS_BAD_SLOT;
    if (!arguments_fit(model, op))
        return STATUS_BAD_ARGUMENT;
    return regions_say(model, op);
}
