/* next.c: chooses the next operation.
 *
 * A card says which; the model says where, so that most operations are legal: spaces that exist,
 * pages at the edges of live regions, holes for new ones.  Now and then something is left as chance
 * has it. */
#include "pick.h"
#include "uniform.h"

/* An operation that cannot be legal is played all the same, once in so many times. */
enum { HOPELESS = 8 };

/* ---- Operations; op->code and op->s are already there. ---- */

/* A place for a new region: mostly a hole, in which it mostly fits. */
static void place_region(struct gen *gen, const struct model *model, struct op *op)
{
    uint32_t page = one_in(gen, 64) ? odd_page(gen, model) : window_page(gen);
    const struct model_region *region = model_region_seek(model, op->s, page);
    bool fit = !one_in(gen, HOPELESS);

    op->n = page_count(gen, page);
    if (fit && region && region->first <= page) {
        page = region->last + 1;
        region = model_region_seek(model, op->s, page);
    }
    if (fit && region && region->first > page && region->first - page < op->n)
        op->n = region->first - page;
    op->va = page_address(gen, page);
}

static uint32_t segment_offset(struct gen *gen, const struct model *model, struct op *op)
{
    uint32_t pages = model_segment_pages(model, model_segment(model, op->g));

    if (one_in(gen, 64))
        return one_in(gen, 2) ? UINT32_MAX - below(gen, 4) : pages - below(gen, 2);
    if (op->n > pages && !one_in(gen, HOPELESS))
        op->n = pages;
    return op->n < pages ? below(gen, pages - op->n + 1) : 0;
}

/* Writable mostly: there most can happen. */
static uint8_t some_prot(struct gen *gen)
{
    static const uint8_t prots[8] = {PROT_RW, PROT_RW, PROT_RW, PROT_RW,
                                     PROT_RW, PROT_R,  PROT_R,  PROT_NO};
    return prots[below(gen, 8)];
}

static void make_map(struct gen *gen, const struct model *model, struct op *op)
{
    op->prot = some_prot(gen);
    if (one_in(gen, 4))
        op->flags |= OP_EAGER;
    if (one_in(gen, 4)) {
        op->flags |= OP_ANY;
        op->n = page_count(gen, 1);
    } else {
        place_region(gen, model, op);
    }
    if (op->flags & OP_EAGER && one_in(gen, 64))
        op->n = (1 + below(gen, 2)) << (gen->bits - 2); /* many entries in one table */
    if (below(gen, 3) != 0)
        return;
    uint8_t g = find_segment(gen, model, true);
    if (g == NO_SLOT)
        return;
    op->flags |= OP_BACKED;
    op->g = g;
    op->x = segment_offset(gen, model, op);
}

static void make_map_device(struct gen *gen, const struct model *model, struct op *op)
{
    enum { DEVICE_FRAMES = 16 };

    place_region(gen, model, op);
    op->x = below(gen, DEVICE_FRAMES);
    if (one_in(gen, 32))
        op->x = UINT32_MAX - below(gen, 4);
    else if (op->x + op->n > DEVICE_FRAMES && !one_in(gen, HOPELESS))
        op->n = DEVICE_FRAMES - op->x;
}

/* A range for unmap and protect: in a region, from its first or to its last page, or beyond. */
static void make_range(struct gen *gen, const struct model *model, struct op *op,
                       const struct model_region *region)
{
    op->prot = op->code == OP_PROTECT ? some_prot(gen) : PROT_NO;
    if (!region || one_in(gen, 32)) {
        uint32_t page = one_in(gen, 4) ? odd_page(gen, model) : window_page(gen);
        op->n = page_count(gen, page);
        op->va = page_address(gen, page);
        return;
    }
    uint32_t page = page_about(gen, region), rest = region->last - page + 1;
    op->n = page_count(gen, page);
    if (page >= region->first && page <= region->last) {
        if (one_in(gen, 4))
            op->n = rest;
        else if (op->n > rest && !one_in(gen, 4))
            op->n = 1 + below(gen, rest);
    }
    op->va = page_address(gen, page);
}

/* The first or the last word of a page, or any. */
static uint32_t word_address(struct gen *gen, uint32_t page)
{
    uint32_t words = 1u << gen->bits, word = 0, chance = below(gen, 8);

    if (chance == 0)
        word = below(gen, words);
    else if (chance < 3)
        word = words - 1;
    return page << (gen->bits + 2) | word * 4;
}

static void make_access(struct gen *gen, const struct model *model, struct op *op,
                        const struct model_region *region)
{
    bool writes = op->code == OP_WRITE || op->code == OP_COPY_OUT;

    if (writes)
        op->x = gen->word += 0x9e3779b9; /* odd: comes back after 2^32 words only */
    for (int i = 0; i < 2 && writes && region && region->prot != PROT_RW; i++)
        region = find_region(gen, model, op->s);
    uint32_t page = region ? page_about(gen, region) : window_page(gen);
    op->va = word_address(gen, one_in(gen, 64) ? odd_page(gen, model) : page);
}

static void make_evict(struct gen *gen, const struct model *model, struct op *op,
                       const struct model_region *region)
{
    uint32_t page = region ? page_about(gen, region) : window_page(gen);
    op->va = page_address(gen, one_in(gen, 64) ? odd_page(gen, model) : page);
}

/* A sticky one would end the case's progress, so it is cancelled after some operations. */
static void make_fail(struct gen *gen, struct op *op)
{
    op->x = 1 + below(gen, 12);
    if (one_in(gen, 8)) {
        op->flags = OP_STICKY;
        gen->cancel_in = 2 + below(gen, 12);
    }
}

/* ---- Which operation. ---- */

/* Names a segment.  False: there is none, or no slot for one, so that the operation is a map now.
 */
static bool make_segment(struct gen *gen, const struct model *model, struct op *op)
{
    uint8_t g = find_segment(gen, model, op->code == OP_RELEASE);

    if (g == NO_SLOT && !one_in(gen, HOPELESS)) {
        op->code = OP_MAP;
        return false;
    }
    op->g = g != NO_SLOT ? g : (uint8_t)below(gen, gen->segments);
    op->n = op->code == OP_SEGMENT ? page_count(gen, 1) : 0;
    return true;
}

/* Chooses op->s and, for fork, op->t.  For want of a space the operation becomes a create; for want
 * of a slot for a new one it becomes a write, or a destroy in the cases that have it. */
static void choose_spaces(struct gen *gen, const struct model *model, struct op *op)
{
    bool makes = op->code == OP_CREATE || op->code == OP_FORK;
    uint8_t live = op->code == OP_CREATE ? 0 : find_space(gen, model, true);
    uint8_t unused = makes ? find_space(gen, model, false) : 0;

    if (live == NO_SLOT && !one_in(gen, HOPELESS)) {
        op->code = OP_CREATE;
        unused = find_space(gen, model, false);
    }
    if (unused == NO_SLOT && !one_in(gen, HOPELESS)) {
        op->code = gen->destroys && one_in(gen, 4) ? OP_DESTROY : OP_WRITE;
        live = find_space(gen, model, true);
    }
    if (live == NO_SLOT || one_in(gen, 256))
        live = (uint8_t)below(gen, OP_SLOTS);
    if (unused == NO_SLOT || one_in(gen, 256))
        unused = (uint8_t)below(gen, OP_SLOTS);
    op->s = op->code == OP_CREATE ? unused : live;
    op->t = op->code == OP_FORK ? unused : 0;
    gen->recent = op->s;
}

/* An operation on what is mapped; for want of a region it becomes a map. */
static void make_use(struct gen *gen, const struct model *model, struct op *op)
{
    const struct model_region *region = find_region(gen, model, op->s);

    if (!region && !one_in(gen, HOPELESS)) {
        op->code = OP_MAP;
        make_map(gen, model, op);
        return;
    }
    switch ((enum op_code)op->code) {
    case OP_UNMAP:
    case OP_PROTECT:
        make_range(gen, model, op, region);
        return;
    case OP_EVICT:
        make_evict(gen, model, op, region);
        return;
    default:
        make_access(gen, model, op, region);
        return;
    }
}

static void make_op(struct gen *gen, const struct model *model, struct op *op)
{
    switch ((enum op_code)op->code) {
    case OP_MAP:
        make_map(gen, model, op);
        return;
    case OP_MAP_DEVICE:
        make_map_device(gen, model, op);
        return;
    case OP_UNMAP:
    case OP_PROTECT:
    case OP_READ:
    case OP_WRITE:
    case OP_COPY_IN:
    case OP_COPY_OUT:
    case OP_EVICT:
        make_use(gen, model, op);
        return;
    default: /* slots are all that it has */
        return;
    }
}

void gen_next(struct gen *gen, const struct model *model, struct op *op)
{
    enum { CHECK_PERIOD = 512 }; /* it compares everything */

    if (gen->uniform) {
        gen_uniform(gen, op);
        return;
    }
    *op = (struct op){.code = gen->cards[below(gen, gen->card_count)], .expect = OP_EXPECT_NOTHING};
    if (gen->cancel_in && --gen->cancel_in == 0) {
        op->code = OP_FAIL; /* of the 0th: none */
        return;
    }
    if (one_in(gen, CHECK_PERIOD)) {
        op->code = OP_CHECK;
        return;
    }
    if (op->code == OP_FAIL) {
        make_fail(gen, op);
        return;
    }
    if ((op->code == OP_SEGMENT || op->code == OP_RELEASE) && make_segment(gen, model, op))
        return;
    choose_spaces(gen, model, op);
    make_op(gen, model, op);
}
