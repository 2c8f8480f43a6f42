/* expect.c: the status that an operation must have while memory lasts.
 *
 * Checks come in the order slots, arguments, what the regions say; the first that fails is the
 * answer.  Each step may rely on those before it. */
#include "model_private.h"

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

static bool slot_free(const struct model *model, uint32_t s)
{
    return s < model->config.spaces && !model_exists(model, s);
}

static enum op_status expect_segment(const struct model *model, const struct op *op)
{
    if (op->g >= model->config.segments || model_segment(model, op->g))
        return STATUS_BAD_SLOT;
    bool fits = op->n != 0 && op->n <= model->config.user_pdes << model->config.level_bits;
    return fits ? STATUS_OK : STATUS_BAD_ARGUMENT;
}

static enum op_status expect_map(const struct model *model, const struct op *op)
{
    bool any = op->flags & OP_ANY, backed = op->flags & OP_BACKED;
    const struct space *space = &model->spaces[op->s];
    uint32_t object = backed ? model_segment(model, op->g) : 0, first, last;

    if (!model_exists(model, op->s) || (backed && !object))
        return STATUS_BAD_SLOT;
    if (any ? op->n == 0 : !model_range(model, op, &first, &last))
        return STATUS_BAD_ARGUMENT;
    if (backed && (uint64_t)op->x + op->n > model_segment_pages(model, object))
        return STATUS_BAD_ARGUMENT;
    if (any)
        return model_regions_hole(space, op->n, model->user_last) ? STATUS_OK : STATUS_NO_SPACE;
    return model_regions_free(space, first, last) ? STATUS_OK : STATUS_EXISTS;
}

/* Operations on a range at a fixed address; the space exists. */
static enum op_status expect_range(const struct model *model, const struct op *op)
{
    const struct space *space = &model->spaces[op->s];
    const struct model_region *region;
    uint32_t first, last;

    if (!model_range(model, op, &first, &last))
        return STATUS_BAD_ARGUMENT;
    switch (op->code) {
    case OP_MAP_DEVICE:
        if ((uint64_t)op->x + op->n > model->config.device_frames)
            return STATUS_BAD_ARGUMENT;
        return model_regions_free(space, first, last) ? STATUS_OK : STATUS_EXISTS;
    case OP_PROTECT:
        return model_regions_cover(space, first, last) ? STATUS_OK : STATUS_NOT_MAPPED;
    case OP_EVICT: /* a device's frames have no place in the backing store */
        region = model_regions_at(space, first);
        if (region && region->backing == MODEL_DEVICE)
            return STATUS_BAD_ARGUMENT;
        return region ? STATUS_OK : STATUS_NOT_MAPPED;
    default: /* unmap */
        return STATUS_OK;
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

enum op_status model_expect(const struct model *model, const struct op *op)
{
    switch (op->code) {
    case OP_CREATE:
        return slot_free(model, op->s) ? STATUS_OK : STATUS_BAD_SLOT;
    case OP_FORK: /* t == s is in use */
        return model_exists(model, op->s) && slot_free(model, op->t) ? STATUS_OK : STATUS_BAD_SLOT;
    case OP_SEGMENT:
        return expect_segment(model, op);
    case OP_RELEASE:
        return model_segment(model, op->g) ? STATUS_OK : STATUS_BAD_SLOT;
    case OP_MAP:
        return expect_map(model, op);
    case OP_MAP_DEVICE:
    case OP_UNMAP:
    case OP_PROTECT:
    case OP_EVICT:
        return model_exists(model, op->s) ? expect_range(model, op) : STATUS_BAD_SLOT;
    case OP_READ:
    case OP_WRITE:
    case OP_COPY_IN:
    case OP_COPY_OUT:
        if (!model_exists(model, op->s))
            return STATUS_BAD_SLOT;
        return access_allowed(model, op) ? STATUS_OK : STATUS_FAULT;
    case OP_FAIL:
    case OP_CHECK:
        return STATUS_OK;
    default: /* destroy, switch, discard, commit */
        return model_exists(model, op->s) ? STATUS_OK : STATUS_BAD_SLOT;
    }
}
