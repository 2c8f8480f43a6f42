/* workload_space.c: workloads of one address space: many regions, a huge one, protection, an
 * allocator. */
#include "workload_private.h"
#include <stdlib.h>

/* ---- small ---- */

enum { SMALL_STRIDE = 8, SMALL_PAGES = 4 };

static uint32_t small_page(uint32_t i)
{
    return TRACE_FIRST_PAGE + SMALL_STRIDE * i;
}

static uint32_t small_length(uint32_t i)
{
    return 1 + i % SMALL_PAGES;
}

void workload_small(struct test_case *c, uint32_t regions)
{
    struct trace t = trace_begin(c);
    uint32_t *order = trace_shuffled(&t, regions);

    trace_create(&t, 0);
    for (uint32_t i = 0; i < regions; i++) {
        trace_map(&t, 0, small_page(order[i]), small_length(order[i]), PROT_RW);
        trace_write(&t, 0, small_page(order[i]));
    }
    trace_check(&t);
    for (uint32_t left = 4 * regions; left; left--) {
        uint32_t i = rng_below(&t.rng, regions);
        if (rng_one_in(&t.rng, 4)) {
            trace_unmap(&t, 0, small_page(i), small_length(i));
            trace_map(&t, 0, small_page(i), small_length(i), PROT_RW);
        } else {
            trace_access(&t, 0, small_page(i) + rng_below(&t.rng, small_length(i)));
        }
    }
    for (uint32_t i = 0; i < regions; i++)
        trace_unmap(&t, 0, small_page(order[i]), small_length(order[i]));
    trace_destroy(&t, 0);
    free(order);
}

/* ---- sparse: here `regions` are pages in use, since there is one region ---- */

void workload_sparse(struct test_case *c, uint32_t regions)
{
    enum { PAGES = 700000, ROUNDS = 8 };
    struct trace t = trace_begin(c);
    uint32_t *order = trace_shuffled(&t, regions), stride = PAGES / regions;

    trace_create(&t, 0);
    trace_map(&t, 0, TRACE_FIRST_PAGE, PAGES, PROT_RW);
    for (uint32_t i = 0; i < regions; i++)
        trace_write(&t, 0, TRACE_FIRST_PAGE + stride * order[i]);
    trace_check(&t);
    for (unsigned round = 0; round < ROUNDS; round++) {
        trace_protect(&t, 0, TRACE_FIRST_PAGE, PAGES, PROT_R);
        for (uint32_t left = regions / ROUNDS; left; left--)
            trace_read(&t, 0, TRACE_FIRST_PAGE + stride * rng_below(&t.rng, regions));
        trace_protect(&t, 0, TRACE_FIRST_PAGE, PAGES, PROT_RW);
        for (uint32_t left = 3 * regions / ROUNDS; left; left--)
            trace_access(&t, 0, TRACE_FIRST_PAGE + stride * rng_below(&t.rng, regions));
        if (round == ROUNDS / 2)
            trace_discard(&t, 0);
    }
    trace_unmap(&t, 0, TRACE_FIRST_PAGE, PAGES / 2);
    trace_destroy(&t, 0);
    free(order);
}

/* ---- protect: one region, which is soon in pieces of one page ---- */

void workload_protect(struct test_case *c, uint32_t regions)
{
    enum { RANGE_MAX = 16 };
    struct trace t = trace_begin(c);
    uint32_t *order = trace_shuffled(&t, regions);
    uint32_t range = regions / 2 < RANGE_MAX ? regions / 2 : RANGE_MAX;

    trace_create(&t, 0);
    trace_map(&t, 0, TRACE_FIRST_PAGE, regions, PROT_RW);
    for (uint32_t i = 0; i < regions; i++)
        trace_write(&t, 0, TRACE_FIRST_PAGE + i);
    for (uint32_t i = 0; i < regions; i++)
        if (order[i] % 2)
            trace_protect(&t, 0, TRACE_FIRST_PAGE + order[i], 1, PROT_R);
    trace_check(&t);
    for (uint32_t left = regions; left; left--) {
        uint32_t page = TRACE_FIRST_PAGE + rng_below(&t.rng, regions - range + 1);
        trace_protect(&t, 0, page, range, PROT_NO);
        trace_protect(&t, 0, page, range, PROT_R);
        trace_protect(&t, 0, page, range, PROT_RW);
        if (rng_one_in(&t.rng, 2)) {
            trace_write(&t, 0, page);
            trace_read(&t, 0, page + range - 1);
        }
    }
    trace_destroy(&t, 0);
    free(order);
}

/* ---- malloc ---- */

/* 1 page as often as all others together, 2 as often as all that are larger, ... */
static uint32_t block_pages(struct trace *t)
{
    enum { SIZE_MAX_PAGES = 64 };
    uint32_t n = 1;
    while (n < SIZE_MAX_PAGES && rng_one_in(&t->rng, 2))
        n *= 2;
    return n;
}

/* An arena that is full: blocks side by side, and up to the end of the user's addresses a region
 * that nobody uses.  The VMM chooses the place of each block that replaces another, but there is
 * only one hole, so all VMMs choose the same.  Half of all deaths are of the block that was made
 * last. */
void workload_malloc(struct test_case *c, uint32_t regions)
{
    enum { USER_PAGES = 768 * TRACE_TABLE_PAGES };
    struct trace t = trace_begin(c);
    struct block {
        uint32_t page, n;
    } *blocks = malloc(regions * sizeof *blocks);
    uint32_t page = 1, last = 0;
    if (!blocks)
        exit(125);

    trace_create(&t, 0);
    for (uint32_t i = 0; i < regions; i++) {
        blocks[i] = (struct block){page, block_pages(&t)};
        page += blocks[i].n;
        trace_map(&t, 0, blocks[i].page, blocks[i].n, PROT_RW);
        trace_write(&t, 0, blocks[i].page);
    }
    trace_map(&t, 0, page, USER_PAGES - page, PROT_NO);
    trace_check(&t);
    for (uint32_t left = regions; left; left--) {
        uint32_t i = rng_one_in(&t.rng, 2) ? last : rng_below(&t.rng, regions);
        trace_unmap(&t, 0, blocks[i].page, blocks[i].n);
        trace_map_any(&t, 0, blocks[i].n);
        trace_write(&t, 0, blocks[i].page);
        trace_access(&t, 0, blocks[rng_below(&t.rng, regions)].page);
        last = i;
    }
    trace_destroy(&t, 0);
    free(blocks);
}
