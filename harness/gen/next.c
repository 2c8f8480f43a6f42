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

/* How many pages it takes to fill a hole, now and then one more; 0: there is none, or so large a
 * one that it is filled seldom, since after it little else can be mapped. */
static uint32_t fill(struct gen *gen, struct hole hole)
{
    uint32_t n = hole.end - hole.first;

    if (n > 64 && !one_in(gen, 8))
        return 0;
    return n && one_in(gen, HOPELESS) ? n + 1 : n;
}

/* A place for a new region: mostly a hole, in which it mostly fits, at times exactly. */
static void place_region(struct gen *gen, const struct model *model, struct op *op)
{
    uint32_t page = one_in(gen, 64) ? odd_page(gen, model) : window_page(gen), n = 0;
    struct hole hole;

    op->n = page_count(gen, page);
    if (!one_in(gen, HOPELESS)) {
        hole = hole_from(model, op->s, page);
        n = one_in(gen, 16) ? fill(gen, hole) : 0;
        if (n || page < hole.first)
            page = hole.first;
        if (n || (page < hole.end && op->n > hole.end - page))
            op->n = n ? n : hole.end - page;
    }
    op->va = page_address(gen, page);
}

/* For `any`: as many pages as fill the hole at the top of the user's addresses, or another. */
static uint32_t any_count(struct gen *gen, const struct model *model, uint32_t s)
{
    uint32_t n = 0, page;

    if (one_in(gen, 4)) {
        page = one_in(gen, 2) ? model_user_last(model) : window_page(gen);
        n = fill(gen, hole_from(model, s, page));
    }
    return n ? n : page_count(gen, 1);
}

/* In some cases everything below or above the window is mapped first, so that `any` has to do with
 * the window's holes, and the last hole is not the one with the most room. */
static bool place_wall(struct gen *gen, const struct model *model, struct op *op)
{
    uint32_t count, window_end = gen->window_first + gen->window_pages;
    const struct model_region *regions = model_regions(model, op->s, &count);
    struct hole low = {1, gen->window_first}, high = {window_end, model_user_last(model) + 1};
    struct hole hole = {0, 0};

    if (gen->walls & WALL_LOW && (!count || regions[0].first >= low.end))
        hole = low;
    else if (gen->walls & WALL_HIGH && (!count || regions[count - 1].last < high.first))
        hole = high;
    if (hole.first == hole.end)
        return false;
    op->n = hole.end - hole.first;
    op->va = hole.first << (gen->bits + 2);
    return true;
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

/* With update=deferred an eager page must be present when its space is used, if nothing else has
 * happened until then: so at times the next operation is a commit, or maps what lies behind and is
 * followed by a commit. */
static void lead_on(struct gen *gen, const struct op *op)
{
    gen->then = one_in(gen, 2) ? OP_MAP : OP_COMMIT;
    gen->then_va = op->va + (op->n << (gen->bits + 2));
}

static void follow_on(struct gen *gen, struct op *op)
{
    op->code = gen->then;
    op->s = gen->recent;
    gen->then = 0;
    if (op->code == OP_COMMIT)
        return;
    op->va = gen->then_va;
    op->n = 1 + below(gen, 4);
    op->prot = PROT_RW;
    op->flags = OP_EAGER;
    gen->then = OP_COMMIT;
}

/* What was begun earlier, if it is due now. */
static bool is_due(struct gen *gen, struct op *op)
{
    if (gen->cancel_in && --gen->cancel_in == 0)
        op->code = OP_FAIL; /* of the 0th: none */
    else if (gen->then)
        follow_on(gen, op);
    else
        return false;
    return true;
}

static void make_map(struct gen *gen, const struct model *model, struct op *op)
{
    op->prot = some_prot(gen);
    if (gen->walls && place_wall(gen, model, op))
        return;
    if (one_in(gen, 4))
        op->flags |= OP_EAGER;
    if (one_in(gen, gen->walls ? 2 : 4)) {
        op->flags |= OP_ANY;
        op->n = any_count(gen, model, op->s);
    } else {
        place_region(gen, model, op);
    }
    if (op->flags & OP_EAGER && one_in(gen, 64))
        op->n = (1 + below(gen, 2)) << (gen->bits - 2); /* many entries in one table */
    uint8_t g = below(gen, 3) == 0 ? find_segment(gen, model, true) : NO_SLOT;
    if (g != NO_SLOT) {
        op->flags |= OP_BACKED;
        op->g = g;
        op->x = segment_offset(gen, model, op);
    }
    if (gen->defers && op->flags & OP_EAGER && one_in(gen, 2))
        lead_on(gen, op);
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
    if ((gen->cancel_in | gen->then) && is_due(gen, op))
        return;
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
