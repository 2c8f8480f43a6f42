/* next.c: chooses the next operation.
 *
 * A card says which; the model says where, so that most operations are legal: spaces that exist,
 * pages at the edges of live regions, holes for new ones.  Now and then something is left as chance
 * has it.  Every look at the model is one lookup, never a walk: this runs once for each operation
 * of millions a second. */
#include "gen.h"

enum { NO_SLOT = OP_SLOTS };

/* An operation that cannot be legal is played all the same, once in so many times. */
enum { HOPELESS = 8 };

static bool one_in(struct gen *gen, uint32_t n)
{
    return rng_one_in(&gen->rng, n);
}

static uint32_t below(struct gen *gen, uint32_t n)
{
    return rng_below(&gen->rng, n);
}

/* ---- Slots. ---- */

/* A space that exists, or does not; NO_SLOT when a few tries found none. */
static uint8_t find_space(struct gen *gen, const struct model *model, bool exists)
{
    for (int i = 0; i < 4; i++) {
        uint8_t s = (uint8_t)below(gen, gen->spaces);
        if (model_exists(model, s) == exists)
            return s;
    }
    if (exists && model_exists(model, gen->recent))
        return gen->recent;
    return NO_SLOT;
}

static uint8_t find_segment(struct gen *gen, const struct model *model, bool exists)
{
    for (int i = 0; i < 4; i++) {
        uint8_t g = (uint8_t)below(gen, gen->segments);
        if ((model_segment(model, g) != 0) == exists)
            return g;
    }
    return NO_SLOT;
}

/* ---- Pages. ---- */

static uint32_t window_page(struct gen *gen)
{
    return gen->window_first + below(gen, gen->window_pages);
}

/* Where arithmetic on addresses goes wrong. */
static uint32_t odd_page(struct gen *gen, const struct model *model)
{
    uint32_t user_last = model_user_last(model), last = (1u << 2 * gen->bits) - 1;

    switch (below(gen, 8)) {
    case 0:
        return 0;
    case 1:
        return 1;
    case 2:
        return user_last;
    case 3:
        return user_last + 1;
    case 4:
        return last;
    case 5: /* the first or the last of a table */
        return (below(gen, 1u << gen->bits) << gen->bits) - below(gen, 2);
    case 6: /* the kernel's */
        return user_last + 1 + below(gen, last - user_last);
    default:
        return below(gen, last + 1);
    }
}

/* A region of s, most likely one that the window shows; NULL: s has none. */
static const struct model_region *find_region(struct gen *gen, const struct model *model, uint8_t s)
{
    const struct model_region *region = NULL;
    if (!one_in(gen, 16))
        region = model_region_at_or_after(model, s, window_page(gen));
    return region ? region : model_region_at_or_after(model, s, 0);
}

/* A page of the region: its first, its last, or (of the part that the window shows) any. */
static uint32_t page_of(struct gen *gen, const struct model_region *region)
{
    uint32_t first = region->first, last = region->last;
    uint32_t window_last = gen->window_first + gen->window_pages - 1;

    switch (below(gen, 8)) {
    case 0:
        return first;
    case 1:
        return last;
    }
    if (first < gen->window_first && gen->window_first <= last)
        first = gen->window_first;
    if (last > window_last && window_last >= first)
        last = window_last;
    return first + below(gen, last - first + 1);
}

/* A page of the region, or one next to it. */
static uint32_t page_about(struct gen *gen, const struct model_region *region)
{
    switch (below(gen, 16)) {
    case 0:
        return region->first - 1;
    case 1:
        return region->last + 1;
    default:
        return page_of(gen, region);
    }
}

/* As an address; now and then one that is not a page's. */
static uint32_t page_address(struct gen *gen, uint32_t page)
{
    uint32_t va = page << (gen->bits + 2);
    return one_in(gen, 128) ? va + 1 + below(gen, (4u << gen->bits) - 1) : va;
}

/* How many pages: few, mostly. */
static uint32_t page_count(struct gen *gen, uint32_t page)
{
    uint32_t table = 1u << gen->bits;

    if (!one_in(gen, 32))
        return 1 + below(gen, one_in(gen, 4) ? gen->window_pages : 4);
    switch (below(gen, 8)) {
    case 0:
        return 0;
    case 1:
        return UINT32_MAX - below(gen, 2);
    case 2: /* ends where the address space ends, or wraps to page 1 */
        return (1u << 2 * gen->bits) - page + below(gen, 2);
    case 3: /* as many bytes as wrap to few */
        return (1u << (30 - gen->bits)) + below(gen, 4);
    case 4: /* all that a user may have, or one more */
        return (3u << (2 * gen->bits - 2)) - 1 + below(gen, 2);
    default:
        return table - 1 + below(gen, 3);
    }
}

/* ---- Operations; op->code and op->s are already there. ---- */

/* A place for a new region: mostly a hole, in which it mostly fits. */
static void place_region(struct gen *gen, const struct model *model, struct op *op)
{
    uint32_t page = one_in(gen, 64) ? odd_page(gen, model) : window_page(gen);
    const struct model_region *region = model_region_at_or_after(model, op->s, page);
    bool fit = !one_in(gen, HOPELESS);

    op->n = page_count(gen, page);
    if (fit && region && region->first <= page) {
        page = region->last + 1;
        region = model_region_at_or_after(model, op->s, page);
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
    if (!one_in(gen, 3))
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
static void make_range(struct gen *gen, const struct model *model, struct op *op)
{
    const struct model_region *region = find_region(gen, model, op->s);

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

static void make_access(struct gen *gen, const struct model *model, struct op *op)
{
    bool writes = op->code == OP_WRITE || op->code == OP_COPY_OUT;
    const struct model_region *region = find_region(gen, model, op->s);
    uint32_t page;

    if (writes) {
        op->x = gen->word += 0x9e3779b9; /* odd: comes back after 2^32 words only */
        if (region && region->prot != PROT_RW)
            region = find_region(gen, model, op->s);
    }
    if (one_in(gen, 64))
        page = odd_page(gen, model);
    else
        page = region ? page_about(gen, region) : window_page(gen);
    op->va = word_address(gen, page);
}

static void make_evict(struct gen *gen, const struct model *model, struct op *op)
{
    const struct model_region *region = find_region(gen, model, op->s);
    uint32_t page = region ? page_about(gen, region) : window_page(gen);
    op->va = page_address(gen, one_in(gen, 64) ? odd_page(gen, model) : page);
}

static void make_segment(struct gen *gen, const struct model *model, struct op *op)
{
    op->g = find_segment(gen, model, false);
    if (op->g == NO_SLOT)
        op->g = (uint8_t)below(gen, gen->segments);
    op->n = page_count(gen, 1);
}

static void make_release(struct gen *gen, const struct model *model, struct op *op)
{
    op->g = find_segment(gen, model, true);
    if (op->g == NO_SLOT)
        op->g = (uint8_t)below(gen, gen->segments);
}

/* A sticky one would end the case's progress, so it is cancelled after some operations. */
static void make_fail(struct gen *gen, struct op *op)
{
    op->x = 1 + below(gen, 12);
    if (one_in(gen, 6)) {
        op->flags = OP_STICKY;
        gen->cancel_in = 2 + below(gen, 12);
    }
}

/* ---- Which operation. ---- */

/* Chooses op->s and, for fork, op->t.  For want of a space the operation becomes a create; for want
 * of a slot for a new one it becomes a write, or a destroy in the cases that have it. */
static void choose_spaces(struct gen *gen, const struct model *model, struct op *op)
{
    bool makes = op->code == OP_CREATE || op->code == OP_FORK, hopeless = one_in(gen, HOPELESS);
    uint8_t live = op->code == OP_CREATE ? 0 : find_space(gen, model, true);
    uint8_t unused = makes ? find_space(gen, model, false) : 0;

    if (live == NO_SLOT && !hopeless) {
        op->code = OP_CREATE;
        unused = find_space(gen, model, false);
    }
    if (unused == NO_SLOT && !hopeless) {
        op->code = gen->destroys && one_in(gen, 2) ? OP_DESTROY : OP_WRITE;
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

static void make_op(struct gen *gen, const struct model *model, struct op *op)
{
    switch ((enum op_code)op->code) {
    case OP_SEGMENT:
        make_segment(gen, model, op);
        return;
    case OP_RELEASE:
        make_release(gen, model, op);
        return;
    case OP_MAP:
        make_map(gen, model, op);
        return;
    case OP_MAP_DEVICE:
        make_map_device(gen, model, op);
        return;
    case OP_UNMAP:
    case OP_PROTECT:
        make_range(gen, model, op);
        return;
    case OP_READ:
    case OP_WRITE:
    case OP_COPY_IN:
    case OP_COPY_OUT:
        make_access(gen, model, op);
        return;
    case OP_EVICT:
        make_evict(gen, model, op);
        return;
    case OP_FAIL:
        make_fail(gen, op);
        return;
    default: /* slots are all that it has */
        return;
    }
}

void gen_next(struct gen *gen, const struct model *model, struct op *op)
{
    enum { CHECK_PERIOD = 500 }; /* it compares everything */

    *op = (struct op){.code = gen->cards[below(gen, gen->card_count)], .expect = OP_EXPECT_NOTHING};
    if (gen->cancel_in && --gen->cancel_in == 0) {
        op->code = OP_FAIL; /* of the 0th: none */
        return;
    }
    if (one_in(gen, CHECK_PERIOD)) {
        op->code = OP_CHECK;
        return;
    }
    if (op->code != OP_SEGMENT && op->code != OP_RELEASE && op->code != OP_FAIL)
        choose_spaces(gen, model, op);
    make_op(gen, model, op);
}
