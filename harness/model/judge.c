/* judge.c: which answer to an operation is right.
 *
 * While memory lasts there is one right status, that of model_expect.  Where the model leaves a
 * choice (the place of a map `any`, and whether memory ran out) it accepts exactly what is written
 * here. */
#include "model_private.h"
#include <stdio.h>

/* ---- Memory. ---- */

/* Tables that n pages touch; when nobody knows where they will be, as badly placed as they can. */
static uint32_t tables_touched(const struct model *model, const struct op *op)
{
    unsigned bits = model->config.level_bits;
    uint32_t first, last, most = ((op->n - 1) >> bits) + 2;

    if (op->flags & OP_ANY)
        return most < model->config.user_pdes ? most : model->config.user_pdes;
    model_range(model, op, &first, &last);
    return (last >> bits) - (first >> bits) + 1;
}

static bool fills_now(const struct op *op)
{
    return op->flags & OP_EAGER && op->prot != PROT_NO;
}

/* Frames are needed for pages, page tables and directories; pages are the VMM's notes on pages that
 * have a content.  An access may need a table, its page, and a copy; one for each page number. */
void model_needs(const struct model *model, const struct op *op, uint32_t need[POOLS])
{
    const struct space *space = &model->spaces[op->s];
    uint32_t identity;

    memset(need, 0, POOLS * sizeof need[0]);
    switch (op->code) {
    case OP_CREATE:
        need[POOL_FRAMES] = 1;
        break;
    case OP_FORK:
        need[POOL_TABLES] = model_regions_tables(space, model->config.level_bits);
        need[POOL_FRAMES] =
            1 + need[POOL_TABLES] + (model->config.copy_fork ? model->held[op->s] : 0);
        need[POOL_PAGES] = model->held[op->s];
        need[POOL_REGIONS] = space->count;
        break;
    case OP_SEGMENT:
        need[POOL_SEGMENTS] = 1;
        break;
    case OP_MAP:
        need[POOL_REGIONS] = 1;
        if (fills_now(op)) {
            need[POOL_TABLES] = tables_touched(model, op);
            need[POOL_FRAMES] = op->n + need[POOL_TABLES];
            need[POOL_PAGES] = op->n;
        }
        break;
    case OP_MAP_DEVICE:
        need[POOL_REGIONS] = 1;
        break;
    /* Both may split at both ends before they know what remains, as Linux does (mm/mmap.c,
     * do_vmi_align_munmap). */
    case OP_UNMAP:
    case OP_PROTECT:
        need[POOL_REGIONS] = 2;
        break;
    case OP_READ:
    case OP_WRITE:
    case OP_COPY_IN:
    case OP_COPY_OUT:
        need[POOL_TABLES] = 1;
        need[POOL_FRAMES] = 3;
        need[POOL_PAGES] = 2;
        break;
    case OP_EVICT: /* of a page that is not in memory: nothing */
        identity = model_identity_at(model, op->s, vpn_of(model, op->va));
        need[POOL_SLOTS] = identity && !model->identities[identity].evicted;
        break;
    }
}

/* With pools that nobody knows, any need may have been too much. */
bool model_pools_short(const uint32_t need[POOLS], const struct answer *answer)
{
    for (int i = 0; i < POOLS; i++)
        if (need[i] && (!answer->pools_before || answer->pools_before[i] < need[i]))
            return true;
    return false;
}

/* A page table is one of the frames. */
uint64_t model_allocations(const uint32_t need[POOLS])
{
    uint64_t total = 0;
    for (int i = 0; i < POOLS; i++)
        total += i == POOL_TABLES ? 0 : need[i];
    return total;
}

__attribute__((cold)) static bool object_to(struct objection *objection, const char *field,
                                            uint32_t expected, uint32_t actual, const char *why)
{
    objection->field = field;
    objection->expected = expected;
    objection->actual = actual;
    snprintf(objection->why, sizeof objection->why, "%s", why);
    return false;
}

/* The operation is legal and said NO_MEMORY. */
static bool judge_no_memory(const struct model *model, const struct op *op,
                            const struct answer *answer, struct objection *objection)
{
    const struct fail *fail = &model->fail;
    uint32_t need[POOLS];

    model_needs(model, op, need);
    uint64_t most = fail->most + model_allocations(need);
    if (model_allocations(need) &&
        ((fail->k && most >= fail->k) || model_pools_short(need, answer)))
        return true;
    object_to(objection, "status", STATUS_OK, STATUS_NO_MEMORY,
              model_allocations(need) ? "no fail was due, and every pool had what this may need"
                                      : "this needs no memory");
    if (model_allocations(need) && fail->k)
        snprintf(objection->why, sizeof objection->why,
                 "every pool had what this may need; allocation %u fails, at most %llu were made",
                 fail->k, (unsigned long long)most);
    return false;
}

/* ---- Answers of operations that were done. ---- */

/* How many regions more there are afterwards: one for each end of the range inside a region. */
static uint32_t regions_more(const struct model *model, const struct op *op)
{
    const struct space *space = &model->spaces[op->s];
    uint32_t first, last;

    if (op->code == OP_MAP || op->code == OP_MAP_DEVICE)
        return 1;
    if (op->code != OP_UNMAP && op->code != OP_PROTECT)
        return 0;
    model_range(model, op, &first, &last);
    const struct model_region *at_first = model_regions_at(space, first);
    const struct model_region *at_last = model_regions_at(space, last);
    bool left = at_first && at_first->first < first, right = at_last && at_last->last > last;
    if (op->code == OP_PROTECT)
        return (uint32_t)left + right;
    return left && right && at_first == at_last;
}

static bool regions_fit(const struct model *model, const struct op *op)
{
    return model->spaces[op->s].count + regions_more(model, op) <= model->config.regions;
}

/* Identities and chunks that it takes to do the operation. */
static void contents_more(const struct model *model, const struct op *op, uint32_t va,
                          uint32_t *identities, uint32_t *chunks)
{
    const struct space *space = &model->spaces[op->s];
    uint32_t first = vpn_of(model, va), identity;
    struct place place = {MODEL_PRIVATE, op->s, first};

    *identities = *chunks = 0;
    switch (op->code) {
    case OP_FORK:
        *identities = model->config.copy_fork ? model->held[op->s] : 0;
        *chunks = pages_population(&model->maps, op->s);
        break;
    case OP_MAP:
        if (!fills_now(op))
            break;
        if (op->flags & OP_BACKED) {
            place.map = object_map(model, model->names[op->g]);
            place.page = op->x;
        }
        model_map_missing(model, place.map, place.page, place.page + op->n - 1, identities, chunks);
        break;
    case OP_READ:
    case OP_WRITE:
    case OP_COPY_IN:
    case OP_COPY_OUT: /* one of each at most, so mostly there is no need to look */
        if (numbers_left(&model->identity_numbers) && numbers_left(&model->chunk_numbers))
            break;
        place = place_of(model, op->s, model_regions_at(space, first), first);
        if (place.backing == MODEL_DEVICE)
            break;
        identity = model_map_get(model, place.map, place.page);
        if (!identity)
            model_map_missing(model, place.map, place.page, place.page, identities, chunks);
        else if (op->code == OP_WRITE || op->code == OP_COPY_OUT)
            *identities = model->identities[identity].holders > 1;
        break;
    }
}

/* No machine of this size can do it, so the VMM has lost count of what it has. */
static const char *beyond_limits(struct model *model, const struct op *op, uint32_t va)
{
    enum { REGIONS_MORE = 2 }; /* at most, so mostly there is no need to look */
    uint32_t identities, chunks;
    bool full = model->spaces[op->s].count + REGIONS_MORE > model->config.regions;

    if (op->code == OP_SEGMENT)
        return numbers_left(&model->object_numbers) ? NULL : "more segments than there can be";
    if (full && !regions_fit(model, op)) {
        model_regions_merge(&model->spaces[op->s]);
        if (!regions_fit(model, op))
            return "more regions than there can be";
    }
    contents_more(model, op, va, &identities, &chunks);
    if (identities > numbers_left(&model->identity_numbers))
        return "more pages with contents than frames and slots";
    if (chunks > numbers_left(&model->chunk_numbers))
        return "more page tables' worth of pages than there can be";
    return NULL;
}

/* A new region may be at any free place if `any` was asked, else only where it was asked. */
static bool judge_address(const struct model *model, const struct op *op, uint32_t va,
                          struct objection *objection)
{
    const struct space *space = &model->spaces[op->s];
    uint32_t first, last;

    if (!(op->flags & OP_ANY))
        return va == op->va ||
               object_to(objection, "address", op->va, va, "not where it was asked");
    struct op there = *op;
    there.va = va;
    if (model_range(model, &there, &first, &last) && model_regions_free(space, first, last))
        return true;
    uint32_t hole = model_regions_hole(space, op->n, model->user_last);
    return object_to(objection, "address", hole << (model->config.level_bits + 2), va,
                     "not a free range of user pages (expected is one of those that are)");
}

static uint32_t word_at(const struct model *model, uint32_t s, uint32_t va)
{
    uint32_t vpn = vpn_of(model, va);
    uint32_t index = (va >> 2) & ((1u << model->config.level_bits) - 1);
    struct place place = place_of(model, s, model_regions_at(&model->spaces[s], vpn), vpn);

    if (place.backing == MODEL_DEVICE)
        return pages_get(&model->device, place.page, index);
    return pages_get(&model->contents, model_map_get(model, place.map, place.page), index);
}

bool model_judge(struct model *model, const struct op *op, const struct answer *answer,
                 struct objection *objection)
{
    enum op_status expected = model_expect(model, op);

    if (expected == STATUS_OK && answer->status == STATUS_NO_MEMORY)
        return judge_no_memory(model, op, answer, objection);
    if (answer->status != expected)
        return object_to(objection, "status", expected, answer->status,
                         "slots, arguments and regions leave no other answer");
    if (expected != STATUS_OK)
        return true;
    if (op->code == OP_MAP && !judge_address(model, op, answer->va, objection))
        return false;
    uint32_t va = op->code == OP_MAP ? answer->va : op->va;
    const char *beyond = beyond_limits(model, op, va);
    if (beyond)
        return object_to(objection, "status", STATUS_NO_MEMORY, STATUS_OK, beyond);
    if (op->code != OP_READ && op->code != OP_COPY_IN)
        return true;
    uint32_t word = word_at(model, op->s, op->va);
    return answer->word == word || object_to(objection, "word", word, answer->word,
                                             "not what was written here, or zero if nothing was");
}
