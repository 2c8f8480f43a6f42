/* model_naive.h: a second implementation of what operations mean, as naive as can be, to compare
 * the model with: a record for every page of every space, contents copied at once at a fork, every
 * question answered by looking at all pages.  Shares no code with harness/model.
 *
 * The world of model_script.h, but with more of everything. */
#ifndef TEST_MODEL_NAIVE_H
#define TEST_MODEL_NAIVE_H

#include "../case/op.h"
#include "../lib/rng.h"
#include <string.h>

enum { SPACES = 4, SEGMENTS = 3, OBJECTS = 6, PAGES = 32, WORDS = 8, DEVICE = 6 };
enum { NAIVE_PRIVATE, NAIVE_SEGMENT, NAIVE_DEVICE };

struct naive_page {
    bool mapped;
    uint8_t prot, backing;
    uint32_t object, at; /* page `at` of an object, or of the device */
    uint64_t id;         /* 0: never touched; equal ids: one frame in a VMM with copy-on-write */
    bool evicted;
    uint32_t words[WORDS];
};

struct naive {
    bool copy_fork;
    uint32_t current;
    uint64_t ids;
    bool exists[SPACES];
    struct naive_page space[SPACES][PAGES];
    uint32_t name[SEGMENTS]; /* object + 1, or 0 */
    uint32_t size[OBJECTS];  /* 0: not alive */
    struct naive_page object[OBJECTS][PAGES];
    struct naive_page device[DEVICE];
};

/* Where the content of a mapped page is. */
static inline struct naive_page *naive_content(struct naive *w, uint32_t s, uint32_t vpn)
{
    struct naive_page *page = &w->space[s][vpn];
    if (page->backing == NAIVE_SEGMENT)
        return &w->object[page->object][page->at];
    return page->backing == NAIVE_DEVICE ? &w->device[page->at] : page;
}

static inline void naive_set_evicted(struct naive *w, uint64_t id, bool evicted)
{
    for (uint32_t i = 0; i < SPACES * PAGES; i++)
        if (w->space[i / PAGES][i % PAGES].id == id)
            w->space[i / PAGES][i % PAGES].evicted = evicted;
    for (uint32_t i = 0; i < OBJECTS * PAGES; i++)
        if (w->object[i / PAGES][i % PAGES].id == id)
            w->object[i / PAGES][i % PAGES].evicted = evicted;
}

static inline void naive_touch(struct naive *w, uint32_t s, uint32_t vpn)
{
    struct naive_page *content = naive_content(w, s, vpn);
    if (w->space[s][vpn].backing == NAIVE_DEVICE)
        return;
    if (content->id)
        naive_set_evicted(w, content->id, false);
    else
        content->id = ++w->ids;
}

/* Objects that neither a name nor a page shows are gone. */
static inline void naive_sweep(struct naive *w)
{
    for (uint32_t o = 0; o < OBJECTS; o++) {
        bool used = false;
        for (uint32_t g = 0; g < SEGMENTS; g++)
            used |= w->name[g] == o + 1;
        for (uint32_t i = 0; i < SPACES * PAGES; i++) {
            const struct naive_page *page = &w->space[i / PAGES][i % PAGES];
            used |= page->mapped && page->backing == NAIVE_SEGMENT && page->object == o;
        }
        if (!used) {
            w->size[o] = 0;
            memset(w->object[o], 0, sizeof w->object[o]);
        }
    }
}

static inline enum op_status naive_access(struct naive *w, const struct op *op, uint32_t *word)
{
    bool writes = op->code == OP_WRITE || op->code == OP_COPY_OUT;
    bool user = op->code == OP_READ || op->code == OP_WRITE;
    uint32_t s = op->s, vpn = op->va / (WORDS * 4), index = op->va / 4 % WORDS, sharers = 0;

    if (user)
        w->current = s;
    if (vpn >= PAGES || !w->space[s][vpn].mapped || w->space[s][vpn].prot == PROT_NO)
        return STATUS_FAULT;
    if (writes && w->space[s][vpn].prot == PROT_R)
        return STATUS_FAULT;
    naive_touch(w, s, vpn);
    struct naive_page *content = naive_content(w, s, vpn);
    *word = content->words[index];
    if (!writes)
        return STATUS_OK;
    for (uint32_t t = 0; t < SPACES; t++)
        sharers += w->space[t][vpn].id == content->id;
    if (w->space[s][vpn].backing == NAIVE_PRIVATE && sharers > 1)
        content->id = ++w->ids;
    content->words[index] = op->x;
    return STATUS_OK;
}

static inline bool naive_free(const struct naive *w, uint32_t s, uint32_t vpn, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (vpn + i >= PAGES || w->space[s][vpn + i].mapped)
            return false;
    return true;
}

/* A random free place, or 0. */
static inline uint32_t naive_place(const struct naive *w, uint32_t s, uint32_t n, struct rng *rng)
{
    uint32_t places = 0, place = 0;
    for (uint32_t vpn = 1; n <= PAGES && vpn < PAGES; vpn++)
        if (naive_free(w, s, vpn, n) && rng_one_in(rng, ++places))
            place = vpn;
    return place;
}

static inline enum op_status naive_map(struct naive *w, const struct op *op, struct rng *rng,
                                       uint32_t *va)
{
    bool backed = op->code == OP_MAP && op->flags & OP_BACKED;
    uint32_t vpn = op->va / (WORDS * 4), object = backed ? w->name[op->g] : 0;
    struct naive_page page = {.mapped = true, .prot = op->prot};

    if (backed && !object)
        return STATUS_BAD_SLOT;
    if (op->n == 0 || (backed && (uint64_t)op->x + op->n > w->size[object - 1]))
        return STATUS_BAD_ARGUMENT;
    if (op->code == OP_MAP_DEVICE && (uint64_t)op->x + op->n > DEVICE)
        return STATUS_BAD_ARGUMENT;
    if (op->flags & OP_ANY) {
        vpn = naive_place(w, op->s, op->n, rng);
        if (!vpn)
            return STATUS_NO_SPACE;
    } else if (op->va % (WORDS * 4) || vpn == 0 || (uint64_t)vpn + op->n > PAGES) {
        return STATUS_BAD_ARGUMENT;
    }
    if (!naive_free(w, op->s, vpn, op->n))
        return STATUS_EXISTS;
    if (backed)
        page.backing = NAIVE_SEGMENT, page.object = object - 1;
    if (op->code == OP_MAP_DEVICE)
        page.backing = NAIVE_DEVICE, page.prot = PROT_RW;
    for (uint32_t i = 0; i < op->n; i++) {
        page.at = page.backing == NAIVE_PRIVATE ? 0 : op->x + i;
        w->space[op->s][vpn + i] = page;
        if (op->flags & OP_EAGER && op->prot != PROT_NO)
            naive_touch(w, op->s, vpn + i);
    }
    *va = vpn * WORDS * 4;
    return STATUS_OK;
}

static inline enum op_status naive_range(struct naive *w, const struct op *op)
{
    uint32_t n = op->code == OP_EVICT ? 1 : op->n, vpn = op->va / (WORDS * 4), mapped = 0;
    struct naive_page *page = &w->space[op->s][vpn % PAGES];

    if (op->va % (WORDS * 4) || n == 0 || vpn == 0 || (uint64_t)vpn + n > PAGES)
        return STATUS_BAD_ARGUMENT;
    for (uint32_t i = 0; i < n; i++)
        mapped += page[i].mapped;
    if (op->code != OP_UNMAP && mapped != n)
        return STATUS_NOT_MAPPED;
    if (op->code == OP_EVICT) {
        if (page->backing == NAIVE_DEVICE)
            return STATUS_BAD_ARGUMENT;
        uint64_t id = naive_content(w, op->s, vpn)->id;
        if (id)
            naive_set_evicted(w, id, true);
        return STATUS_OK;
    }
    for (uint32_t i = 0; i < n; i++) {
        if (op->code == OP_UNMAP)
            page[i] = (struct naive_page){0};
        else
            page[i].prot = op->prot;
    }
    return STATUS_OK;
}

static inline void naive_fork(struct naive *w, const struct op *op)
{
    w->exists[op->t] = true;
    memcpy(w->space[op->t], w->space[op->s], sizeof w->space[0]);
    for (uint32_t vpn = 0; w->copy_fork && vpn < PAGES; vpn++) {
        struct naive_page *page = &w->space[op->t][vpn];
        if (page->id) {
            page->id = ++w->ids;
            page->evicted = false;
        }
    }
}

static inline enum op_status naive_segment(struct naive *w, const struct op *op)
{
    if (op->g >= SEGMENTS || w->name[op->g])
        return STATUS_BAD_SLOT;
    if (op->n == 0 || op->n > PAGES)
        return STATUS_BAD_ARGUMENT;
    for (uint32_t o = 0; o < OBJECTS; o++) {
        if (w->size[o])
            continue;
        w->size[o] = op->n;
        w->name[op->g] = o + 1;
        return STATUS_OK;
    }
    return STATUS_NO_MEMORY;
}

/* Runs op.  *va: where a region was made; *word: what was read. */
static inline enum op_status naive_run(struct naive *w, const struct op *op, struct rng *rng,
                                       uint32_t *va, uint32_t *word)
{
    bool slotless = op->code == OP_SEGMENT || op->code == OP_RELEASE || op->code == OP_FAIL;
    bool exists = op->s < SPACES && w->exists[op->s];

    if (op->code == OP_CREATE ? op->s >= SPACES || exists : !slotless && !exists)
        return STATUS_BAD_SLOT;
    switch (op->code) {
    case OP_CREATE:
        w->exists[op->s] = true;
        return STATUS_OK;
    case OP_DESTROY:
        w->exists[op->s] = false;
        memset(w->space[op->s], 0, sizeof w->space[0]);
        w->current = w->current == op->s ? OP_SLOTS : w->current;
        return STATUS_OK;
    case OP_SWITCH:
        w->current = op->s;
        return STATUS_OK;
    case OP_FORK:
        if (op->t >= SPACES || w->exists[op->t])
            return STATUS_BAD_SLOT;
        naive_fork(w, op);
        return STATUS_OK;
    case OP_SEGMENT:
        return naive_segment(w, op);
    case OP_RELEASE:
        if (op->g >= SEGMENTS || !w->name[op->g])
            return STATUS_BAD_SLOT;
        w->name[op->g] = 0;
        return STATUS_OK;
    case OP_MAP:
    case OP_MAP_DEVICE:
        return op->flags & OP_BACKED && op->g >= SEGMENTS ? STATUS_BAD_SLOT
                                                          : naive_map(w, op, rng, va);
    case OP_UNMAP:
    case OP_PROTECT:
    case OP_EVICT:
        return naive_range(w, op);
    case OP_READ:
    case OP_WRITE:
    case OP_COPY_IN:
    case OP_COPY_OUT:
        return naive_access(w, op, word);
    default:
        return STATUS_OK;
    }
}

#endif
