/* model_random_test.c: 200,000 random operations, answered by the naive implementation of
 * model_naive.h.  The model must take each answer, refuse a wrong one, and afterwards show the same
 * state: regions, who shares which page, contents, what is in memory, what died, and what a checker
 * is told to look at. */
#include "../lib/tap.h"
#include "../model/model.h"
#include "../model/pools.h"
#include "model_naive.h"

enum { CASES = 200, OPERATIONS = 1000, IDENTITIES = 512, USER_LAST = PAGES - 1 };

static const struct model_config config = {
    .level_bits = 3,
    .user_pdes = 4,
    .device_frames = DEVICE,
    .identities = IDENTITIES,
    .chunks = (SPACES + OBJECTS) * 4,
    .regions = USER_LAST,
    .objects = OBJECTS,
    .spaces = SPACES,
    .segments = SEGMENTS,
};

static struct model *model;
static struct naive naive, before;
static struct rng rng;
static bool alive[IDENTITIES + 1];        /* before the operation */
static uint32_t object_of[OBJECTS];       /* the model's number */
static uint32_t last_seen[SPACES][PAGES]; /* identity of a page before the operation */
static uint32_t done, refusals, missed;
static enum { NOT_ARMED, MAY_BE_ARMED, ALL_FAIL } fail;

/* One reason is enough to see. */
#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition))                                                                          \
            return #condition;                                                                     \
    } while (0)

static void random_op(struct op *op)
{
    static const uint8_t codes[] = {
        OP_CREATE, OP_DESTROY, OP_SWITCH,  OP_FORK,     OP_FORK,     OP_SEGMENT,    OP_RELEASE,
        OP_MAP,    OP_MAP,     OP_MAP,     OP_MAP,      OP_MAP,      OP_MAP_DEVICE, OP_UNMAP,
        OP_UNMAP,  OP_PROTECT, OP_PROTECT, OP_READ,     OP_READ,     OP_WRITE,      OP_WRITE,
        OP_WRITE,  OP_WRITE,   OP_COPY_IN, OP_COPY_OUT, OP_COPY_OUT, OP_EVICT,      OP_EVICT,
        OP_EVICT,  OP_DISCARD, OP_COMMIT,  OP_FAIL,
    };
    *op = (struct op){.code = codes[rng_below(&rng, sizeof codes)]};
    op->s = (uint8_t)rng_below(&rng, rng_one_in(&rng, 50) ? SPACES + 1 : SPACES);
    op->t = (uint8_t)rng_below(&rng, rng_one_in(&rng, 50) ? SPACES + 1 : SPACES);
    op->g = (uint8_t)rng_below(&rng, rng_one_in(&rng, 50) ? SEGMENTS + 1 : SEGMENTS);
    op->prot = rng_one_in(&rng, 3) ? (uint8_t)rng_below(&rng, PROTS) : PROT_RW;
    op->n = rng_below(&rng, rng_one_in(&rng, 8) ? PAGES + 2 : 6);
    op->va = (rng_below(&rng, rng_one_in(&rng, 8) ? PAGES + 2 : 12)) * WORDS * 4;
    op->x = rng_below(&rng, 6);
    if (rng_one_in(&rng, 100))
        op->n = UINT32_MAX - rng_below(&rng, PAGES);
    if (op->code >= OP_READ && op->code <= OP_COPY_OUT)
        op->va += 4 * rng_below(&rng, WORDS);
    else if (rng_one_in(&rng, 100))
        op->va += 4;
    if (rng_one_in(&rng, 100))
        op->va ^= 1u << (10 + rng_below(&rng, 22));
    if (op->code == OP_MAP)
        op->flags = (uint8_t)(rng_below(&rng, 2) * OP_ANY + rng_below(&rng, 2) * OP_EAGER +
                              rng_below(&rng, 2) * OP_BACKED);
    if (op->code == OP_FAIL)
        op->flags = rng_one_in(&rng, 2) ? OP_STICKY : 0;
}

static const char *compare_page(uint32_t s, uint32_t vpn)
{
    const struct naive_page *page = &naive.space[s][vpn];
    const struct naive_page *content = naive_content(&naive, s, vpn);
    const struct model_region *region = model_region_at_or_after(model, s, vpn);
    uint32_t identity = model_identity_at(model, s, vpn);

    CHECK(page->mapped == (region && region->first <= vpn));
    CHECK(region == NULL || region->last >= vpn);
    if (!page->mapped) {
        CHECK(identity == 0);
        return NULL;
    }
    CHECK(region->prot == page->prot && region->backing == page->backing);
    CHECK(page->backing == NAIVE_PRIVATE || region->offset + (vpn - region->first) == page->at);
    CHECK(page->backing != NAIVE_SEGMENT || region->object == object_of[page->object]);
    CHECK((identity != 0) == (content->id != 0));
    const struct pages *contents = model_contents(model);
    uint32_t at = identity;
    if (page->backing == NAIVE_DEVICE) {
        contents = model_device_contents(model);
        at = page->at;
    }
    for (uint32_t i = 0; i < WORDS; i++)
        CHECK(pages_get(contents, at, i) == content->words[i]);
    CHECK(model_identity(model, identity).evicted == content->evicted);
    return NULL;
}

/* Private pages are the same page where the naive world's are. */
static const char *compare_sharing(uint32_t vpn)
{
    for (uint32_t s = 0; s < SPACES; s++) {
        uint64_t id = naive.space[s][vpn].id;
        uint32_t identity = model_identity_at(model, s, vpn), holders = 0;
        for (uint32_t t = 0; t < SPACES; t++) {
            holders += naive.space[t][vpn].id == id;
            CHECK(!id ||
                  (naive.space[t][vpn].id == id) == (model_identity_at(model, t, vpn) == identity));
        }
        CHECK(!id || model_identity(model, identity).holders == holders);
        CHECK(!id || before.space[s][vpn].id != id || last_seen[s][vpn] == identity);
    }
    return NULL;
}

/* Who lives, who died, and how many are where. */
static const char *compare_lives(const struct effect *effect)
{
    bool now[IDENTITIES + 1] = {false};
    uint32_t resident = 0, evicted = 0, died = 0;

    for (uint32_t i = 0; i < SPACES * PAGES; i++) {
        uint32_t private = model_private_at_or_after(model, i / PAGES, i % PAGES);
        uint32_t vpn = i % PAGES;
        while (vpn < PAGES && !naive.space[i / PAGES][vpn].id)
            vpn++;
        CHECK(private == (vpn < PAGES ? vpn : UINT32_MAX));
        now[model_identity_at(model, i / PAGES, i % PAGES)] = true;
    }
    for (uint32_t o = 0; o < OBJECTS; o++) {
        CHECK(!naive.size[o] || model_segment_pages(model, object_of[o]) == naive.size[o]);
        for (uint32_t page = 0; page < naive.size[o]; page++) {
            uint32_t identity = model_segment_identity(model, object_of[o], page);
            CHECK((identity != 0) == (naive.object[o][page].id != 0));
            now[identity] = true;
        }
    }
    for (uint32_t i = 1; i <= IDENTITIES; i++) {
        resident += now[i] && !model_identity(model, i).evicted;
        evicted += now[i] && model_identity(model, i).evicted;
        died += alive[i] && !now[i];
    }
    CHECK(resident == model_resident(model) && evicted == model_evicted(model));
    CHECK(died == effect->died_count);
    for (uint32_t i = 0; i < effect->died_count; i++)
        CHECK(alive[effect->died[i]] && !now[effect->died[i]]);
    memcpy(alive, now, sizeof alive);
    return NULL;
}

/* What changed in the tables that a VMM must have is in the effect. */
static const char *compare_effect(const struct op *op, const struct effect *effect)
{
    for (uint32_t i = 0; i < SPACES * PAGES && op->code != OP_DESTROY; i++) {
        uint32_t s = i / PAGES, vpn = i % PAGES;
        struct naive_page *old = &before.space[s][vpn], *new = &naive.space[s][vpn];
        bool changed = old->mapped != new->mapped || old->prot != new->prot || old->id != new->id;
        if (old->mapped && new->mapped)
            changed |=
                !naive_content(&before, s, vpn)->evicted && naive_content(&naive, s, vpn)->evicted;
        bool told = effect->all;
        for (uint32_t r = 0; r < effect->ranges; r++)
            told |= effect->range[r].space == s && effect->range[r].first <= vpn &&
                    effect->range[r].last >= vpn;
        CHECK(!changed || told);
    }
    return NULL;
}

static const char *compare(const struct op *op, const struct effect *effect)
{
    const char *why = NULL;

    CHECK(model_current(model) == naive.current);
    for (uint32_t g = 0; g < SEGMENTS; g++)
        CHECK(model_segment(model, g) == (naive.name[g] ? object_of[naive.name[g] - 1] : 0));
    for (uint32_t s = 0; s < SPACES; s++) {
        uint32_t count;
        const struct model_region *regions = model_regions(model, s, &count);
        CHECK(model_exists(model, s) == naive.exists[s]);
        for (uint32_t i = 1; i < count; i++)
            CHECK(regions[i - 1].last < regions[i].first);
        for (uint32_t vpn = 0; vpn < PAGES && !why; vpn++)
            why = compare_page(s, vpn);
    }
    for (uint32_t vpn = 0; vpn < PAGES && !why; vpn++)
        why = compare_sharing(vpn);
    why = why ? why : compare_lives(effect);
    return why ? why : compare_effect(op, effect);
}

/* An answer that is wrong in one way. */
static void try_wrong(const struct op *op, const struct answer *right)
{
    struct answer wrong = *right;
    struct effect effect;
    struct objection objection;

    wrong.status = rng_below(&rng, STATUSES);
    if (wrong.status == right->status && right->status == STATUS_OK && op->code == OP_READ)
        wrong.word ^= 1;
    else if (wrong.status == right->status && right->status == STATUS_OK && op->code == OP_MAP)
        wrong.va = 0;
    else if (wrong.status == right->status)
        return;
    if (wrong.status == STATUS_NO_MEMORY && fail != NOT_ARMED)
        return;
    refusals++;
    missed += model_step(model, op, &wrong, &effect, &objection);
}

/* One operation; NULL, or what is wrong. */
static const char *step(void)
{
    uint32_t pools[POOLS] = {1000, 1000, 1000, 0, 1000, 1000}, word = 0;
    struct answer answer = {.pools_before = pools};
    struct effect effect;
    struct objection objection;
    struct op op;

    random_op(&op);
    for (uint32_t o = 0; o < OBJECTS; o++)
        pools[POOL_SEGMENTS] += naive.size[o] == 0;
    before = naive;
    for (uint32_t i = 0; i < SPACES * PAGES; i++)
        last_seen[i / PAGES][i % PAGES] = model_identity_at(model, i / PAGES, i % PAGES);
    answer.va = op.va;
    answer.status = naive_run(&naive, &op, &rng, &answer.va, &word);
    naive_sweep(&naive);
    answer.word = word;
    try_wrong(&op, &answer);

    bool needs_memory = op.code == OP_CREATE || op.code == OP_FORK || op.code == OP_MAP ||
                        op.code == OP_UNMAP ||
                        (op.code == OP_EVICT && memcmp(&before, &naive, sizeof naive) != 0);
    if (fail == ALL_FAIL && needs_memory && answer.status == STATUS_OK && rng_one_in(&rng, 2)) {
        naive = before;
        answer.status = STATUS_NO_MEMORY;
    }
    CHECK(model_step(model, &op, &answer, &effect, &objection));
    CHECK(answer.status == STATUS_OK || (effect.ranges == 0 && effect.died_count == 0));
    if (op.code == OP_FAIL)
        fail = !op.x ? NOT_ARMED : op.x == 1 && op.flags & OP_STICKY ? ALL_FAIL : MAY_BE_ARMED;
    if (op.code == OP_SEGMENT && answer.status == STATUS_OK)
        object_of[naive.name[op.g] - 1] = model_segment(model, op.g);
    done++;
    return compare(&op, &effect);
}

int main(void)
{
    struct arena arena = arena_make(model_bytes(&config));
    const char *why = NULL;
    uint32_t cases = 0;

    model = model_make(&arena, &config);
    for (; cases < CASES && !why; cases++) {
        fail = NOT_ARMED;
        rng_seed(&rng, cases);
        naive = (struct naive){.copy_fork = cases % 2, .current = OP_SLOTS};
        memset(alive, 0, sizeof alive);
        model_reset(model, naive.copy_fork);
        for (uint32_t i = 0; i < OPERATIONS && !why; i++)
            why = step();
    }
    if (why)
        printf("# case %u, operation %u: %s\n", cases - 1, done, why);
    ok_if(!why && done == CASES * OPERATIONS, "after each operation model and naive world agree");
    ok_if(missed == 0 && refusals > 100000, "wrong answers are refused, and change nothing");
    arena_free(&arena);
    return tap_done();
}
