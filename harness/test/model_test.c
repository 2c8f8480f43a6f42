/* model_test.c: which answers the model takes: every status with its place in the order of checks,
 * and every tolerance with what lies just beyond it.  model_follow_test.c looks at what operations
 * do, model_random_test.c compares the model with a second implementation. */
#include "model_script.h"

static void test_slots(void)
{
    begin(false);
    ok_if(MUST_BE(DESTROY(0), BAD_SLOT) && MUST_BE(READ(0, 1), BAD_SLOT) &&
              MUST_BE(UNMAP(0, 0, 0), BAD_SLOT) && MUST_BE(OP_(COMMIT), BAD_SLOT),
          "a space that is not there is BAD_SLOT, before bad arguments");
    DO(CREATE(0));
    ok_if(MUST_BE(CREATE(0), BAD_SLOT), "create needs a free slot");
    ok_if(MUST_BE(CREATE(4), BAD_SLOT) && MUST_BE(SEGMENT(2, 0), BAD_SLOT),
          "slots beyond those in use by the case are BAD_SLOT");
    ok_if(MUST_BE(FORK(0, 0), BAD_SLOT) && MUST_BE(FORK(1, 0), BAD_SLOT), "fork needs a free slot");
    ok_if(MUST_BE(RELEASE(0), BAD_SLOT) && MUST_BE(MAP_SEGMENT(0, 0, 1, 0, 0), BAD_SLOT),
          "a segment that is not there is BAD_SLOT");
    DO(SEGMENT(0, 1));
    ok_if(MUST_BE(SEGMENT(0, 0), BAD_SLOT), "segment needs a free slot");
    ok_if(MUST_BE(OP_(DISCARD), OK) && MUST_BE(OP_(COMMIT), OK) && MUST_BE(OP_(SWITCH), OK) &&
              MUST_BE(OP_(CHECK), OK),
          "discard, commit, switch and check have one answer");
}

static void test_arguments(void)
{
    begin(false);
    DO(CREATE(0));
    DO(SEGMENT(0, 4));
    DO(MAP(0, 1, USER_LAST, RW));
    ok_if(MUST_BE(MAP(0, 0, 1, R), BAD_ARGUMENT), "page 0 is never mappable; before EXISTS");
    ok_if(MUST_BE(MAP(0, 1, 0, R), BAD_ARGUMENT) && MUST_BE(UNMAP(0, 1, 0), BAD_ARGUMENT),
          "no pages is BAD_ARGUMENT");
    ok_if(MUST_BE(MAP(0, 31, 2, R), BAD_ARGUMENT) && MUST_BE(PROTECT(0, 32, 1, R), BAD_ARGUMENT),
          "a range ends inside the user range");
    ok_if(MUST_BE(UNMAP(0, 2, UINT32_MAX), BAD_ARGUMENT), "a range may not wrap");
    ok_if(MUST_BE(OP_(UNMAP, .va = 33, .n = 1), BAD_ARGUMENT), "a range is page-aligned");
    ok_if(MUST_BE(MAP_SEGMENT(0, 1, 2, 0, 3), BAD_ARGUMENT) &&
              MUST_BE(MAP_SEGMENT(0, 1, 2, 0, UINT32_MAX), BAD_ARGUMENT),
          "a region shows what the segment has; before EXISTS");
    ok_if(MUST_BE(MAP_DEVICE(0, 1, 2, 3), BAD_ARGUMENT), "a region shows what the device has");
    ok_if(MUST_BE(SEGMENT(1, 0), BAD_ARGUMENT) && MUST_BE(SEGMENT(1, 33), BAD_ARGUMENT) &&
              MUST_BE(SEGMENT(1, 32), OK),
          "a segment has from 1 page to as many as the user range");
    ok_if(MUST_BE(OP_(MAP, .flags = OP_ANY), BAD_ARGUMENT), "map any of no pages is BAD_ARGUMENT");
    ok_if(MUST_BE(EVICT(0, 0), BAD_ARGUMENT) && MUST_BE(OP_(EVICT, .va = 36), BAD_ARGUMENT),
          "evict's address is that of a user page");
    DO(UNMAP(0, 2, 1));
    DO(MAP_DEVICE(0, 2, 1, 0));
    ok_if(MUST_BE(EVICT(0, 2), BAD_ARGUMENT), "a device page cannot be evicted");
}

static void test_regions(void)
{
    begin(false);
    DO(CREATE(0));
    DO(MAP(0, 4, 3, RW)); /* pages 4 to 6 */
    ok_if(MUST_BE(MAP(0, 6, 2, R), EXISTS) && MUST_BE(MAP_DEVICE(0, 3, 2, 0), EXISTS) &&
              MUST_BE(MAP(0, 1, USER_LAST, R), EXISTS),
          "a new region overlaps no other");
    ok_if(MUST_BE(MAP(0, 7, 1, R), OK) && MUST_BE(MAP(0, 3, 1, R), OK), "it may touch another");
    ok_if(MUST_BE(PROTECT(0, 3, 6, R), NOT_MAPPED) && MUST_BE(PROTECT(0, 2, 2, R), NOT_MAPPED) &&
              MUST_BE(EVICT(0, 2), NOT_MAPPED),
          "protect takes no holes, evict needs a page");
    ok_if(MUST_BE(PROTECT(0, 3, 5, NO), OK), "protect goes across regions");
    ok_if(MUST_BE(UNMAP(0, 20, 5), OK), "unmap of nothing is right");
    ok_if(!SAYS(MAP(0, 9, 1, R), OK, .va = 10 * PAGE_BYTES) &&
              refused("address", 9 * PAGE_BYTES, 10 * PAGE_BYTES),
          "a region is where it was asked");
}

static void test_any(void)
{
    begin(false);
    DO(CREATE(0));
    DO(MAP(0, 3, 10, RW)); /* free: 1 to 2, 13 to 31 */
    ok_if(!SAYS(MAP_ANY(0, 2), OK, .va = 0) && refused("address", PAGE_BYTES, 0),
          "any: page 0 is not free");
    ok_if(!SAYS(MAP_ANY(0, 2), OK, .va = 2 * PAGE_BYTES) &&
              !SAYS(MAP_ANY(0, 2), OK, .va = 31 * PAGE_BYTES) &&
              !SAYS(MAP_ANY(0, 2), OK, .va = 14 * PAGE_BYTES + 4),
          "any: a range that is taken, leaves the user range, or is not aligned is refused");
    ok_if(SAYS(MAP_ANY(0, 2), OK, .va = 30 * PAGE_BYTES) &&
              SAYS(MAP_ANY(0, 2), OK, .va = 20 * PAGE_BYTES) &&
              SAYS(MAP_ANY(0, 2), OK, .va = 1 * PAGE_BYTES),
          "any: each free range is right"); /* free: 13 to 19, 22 to 29 */
    ok_if(!SAYS(MAP_ANY(0, 8), NO_SPACE) && refused("status", STATUS_OK, STATUS_NO_SPACE),
          "NO_SPACE is refused while a hole is big enough");
    ok_if(MUST_BE(MAP_ANY(0, 9), NO_SPACE) && MUST_BE(MAP_ANY(0, UINT32_MAX), NO_SPACE),
          "NO_SPACE is right when no hole is");
}

static void test_access(void)
{
    begin(false);
    DO(CREATE(0));
    DO(MAP(0, 1, 1, NO));
    DO(MAP(0, 2, 1, R));
    DO(MAP(0, 3, 1, RW));
    ok_if(MUST_BE(READ(0, 1), FAULT) && MUST_BE(WRITE(0, 1, 1), FAULT), "none: no access");
    ok_if(reads(0, 2, 0) && MUST_BE(WRITE(0, 2, 1), FAULT), "r: no write");
    ok_if(MUST_BE(OP_(COPY_OUT, .va = 64), FAULT) && MUST_BE(OP_(COPY_IN, .va = 32), FAULT),
          "the kernel's own accesses have the rights of the user");
    ok_if(MUST_BE(READ(0, 4), FAULT) && MUST_BE(READ(0, 0), FAULT) && MUST_BE(READ(0, 40), FAULT),
          "pages without a region, page 0, kernel addresses: FAULT");
    ok_if(MUST_BE(OP_(READ, .va = 3 * PAGE_BYTES + (1u << 11)), FAULT),
          "addresses beyond the address bits do not wrap: FAULT");
    DO(OP_(COPY_OUT, .va = 3 * PAGE_BYTES + 4, .x = 7));
    ok_if(reads(0, 3, 7), "what was written is read");
    ok_if(!SAYS(OP_(COPY_IN, .va = 3 * PAGE_BYTES + 4), OK, .word = 8), "copy_in reads it too");
    ok_if(model_identity_at(model, 0, 3) && model_identity_at(model, 0, 2) &&
              !model_identity_at(model, 0, 1) && model_resident(model) == 2,
          "a page has an identity from the first legal access, read or write");
    ok_if(model_fault_error(&READ(0, 0)) == 4 && model_fault_error(&WRITE(0, 0, 0)) == 6,
          "page fault error codes: user 4, write 2");
}

static void test_current(void)
{
    begin(false);
    ok_if(model_current(model) == OP_SLOTS, "at first no space is current");
    DO(CREATE(0));
    DO(CREATE(1));
    DO(MAP(1, 1, 1, RW));
    DO(OP_(SWITCH, .s = 0));
    DO(OP_(COPY_IN, .s = 1, .va = PAGE_BYTES));
    ok_if(model_current(model) == 0, "copy_in does not switch");
    ok_if(!SAYS(READ(1, 1), OK, .word = 1) && model_current(model) == 0,
          "an answer that is refused does not switch");
    ok_if(SAYS(WRITE(1, 9, 1), FAULT) && model_current(model) == 1, "an access that faults does");
    pools[POOL_FRAMES] = 0;
    ok_if(SAYS(READ(0, 1), FAULT) && model_current(model) == 0 && SAYS(READ(1, 1), NO_MEMORY) &&
              model_current(model) == 1,
          "one that runs out of memory too");
    ok_if(SAYS(READ(3, 1), BAD_SLOT) && model_current(model) == 1, "BAD_SLOT does not");
    DO(DESTROY(0));
    ok_if(model_current(model) == 1, "destroying another space leaves the current one");
    DO(DESTROY(1));
    ok_if(model_current(model) == OP_SLOTS, "destroying the current space leaves none");
}

/* NO_MEMORY is right with one less than what op may need of the pool, and wrong with just that. */
static bool may_need(struct op op, int pool, uint32_t n)
{
    pools[pool] = n;
    bool wrong = !SAYS(op, NO_MEMORY) && refused("status", STATUS_OK, STATUS_NO_MEMORY);
    pools[pool] = n - 1;
    bool right = SAYS(op, NO_MEMORY);
    pools[pool] = 1000;
    return wrong && right;
}

static void test_pools(void)
{
    begin(false);
    DO(CREATE(0));
    DO(SEGMENT(0, 8));
    DO(MAP(0, 7, 10, RW)); /* touches tables 0, 1, 2 */
    DO(WRITE(0, 7, 1));
    DO(WRITE(0, 16, 1));
    DO(MAP_SEGMENT(0, 17, 1, 0, 0)); /* table 2 again */
    ok_if(may_need(CREATE(1), POOL_FRAMES, 1), "create: a directory");
    ok_if(may_need(FORK(0, 1), POOL_FRAMES, 4) && may_need(FORK(0, 1), POOL_PAGES, 2) &&
              may_need(FORK(0, 1), POOL_REGIONS, 2),
          "fork: a directory, tables, private pages, regions");
    ok_if(may_need(SEGMENT(1, 1), POOL_SEGMENTS, 1), "segment: one");
    ok_if(may_need(MAP(0, 20, 2, RW), POOL_REGIONS, 1) &&
              may_need(MAP_DEVICE(0, 20, 2, 0), POOL_REGIONS, 1),
          "map: a region");
    ok_if(may_need(MAP_EAGER(0, 23, 2, R), POOL_FRAMES, 4) &&
              may_need(MAP_EAGER(0, 23, 2, R), POOL_PAGES, 2),
          "map eager: frames for pages and tables");
    struct op eager_any = {.code = OP_MAP, .n = 2, .flags = OP_ANY | OP_EAGER, .prot = PROT_R};
    ok_if(may_need(eager_any, POOL_FRAMES, 4), "map any eager: as if it were badly placed");
    pools[POOL_FRAMES] = pools[POOL_PAGES] = 0;
    ok_if(!SAYS(MAP_EAGER(0, 23, 2, NO), NO_MEMORY), "eager has no effect with no access");
    pools[POOL_FRAMES] = pools[POOL_PAGES] = 1000;
    ok_if(may_need(UNMAP(0, 8, 1), POOL_REGIONS, 2) &&
              may_need(PROTECT(0, 8, 1, R), POOL_REGIONS, 2),
          "unmap and protect: what a split takes");
    ok_if(may_need(READ(0, 7), POOL_FRAMES, 3) && may_need(WRITE(0, 7, 1), POOL_PAGES, 2),
          "an access: frames and a page");
    ok_if(may_need(EVICT(0, 7), POOL_SLOTS, 1), "evict: a slot");
    memset(pools, 0, sizeof pools);
    ok_if(!SAYS(DESTROY(0), NO_MEMORY) && !SAYS(RELEASE(0), NO_MEMORY) &&
              !SAYS(OP_(COMMIT), NO_MEMORY) && !SAYS(OP_(SWITCH), NO_MEMORY) &&
              !SAYS(FAIL(1), NO_MEMORY),
          "other operations never run out of memory");
    ok_if(!SAYS(MAP(0, 7, 1, R), NO_MEMORY) && refused("status", STATUS_EXISTS, STATUS_NO_MEMORY),
          "what is not legal does not run out of memory");
    ok_if(SAYS(CREATE(1), OK), "a VMM may need less");
    struct answer unknown = {.status = STATUS_NO_MEMORY};
    struct op create = CREATE(2), commit = OP_(COMMIT);
    ok_if(model_step(model, &create, &unknown, &effect, &objection) &&
              !model_step(model, &commit, &unknown, &effect, &objection),
          "pools that nobody knows explain what needs memory");

    begin(true);
    DO(CREATE(0));
    DO(MAP_EAGER(0, 1, 2, R));
    ok_if(may_need(FORK(0, 1), POOL_FRAMES, 4), "fork by copy: frames for private pages too");
}

static void test_fail(void)
{
    begin(false);
    ok_if(!SAYS(CREATE(0), NO_MEMORY), "no fail, no NO_MEMORY");
    DO(FAIL(3));
    DO(CREATE(0)); /* 1 */
    ok_if(!SAYS(CREATE(1), NO_MEMORY), "fail 3: not the second allocation");
    ok_if(SAYS(CREATE(0), BAD_SLOT) && SAYS(MAP(0, 0, 1, R), BAD_ARGUMENT) &&
              !SAYS(CREATE(1), NO_MEMORY),
          "what is not legal allocates nothing");
    DO(CREATE(1)); /* 2 */
    ok_if(SAYS(CREATE(2), NO_MEMORY), "fail 3: the third");
    ok_if(!model_exists(model, 2) && !SAYS(CREATE(2), NO_MEMORY), "it strikes once");

    DO(FAIL(2));
    pools[POOL_FRAMES] = 0;
    bool short_of_frames = SAYS(CREATE(2), NO_MEMORY) && SAYS(CREATE(2), NO_MEMORY);
    pools[POOL_FRAMES] = 1000;
    ok_if(short_of_frames && SAYS(CREATE(2), NO_MEMORY) && !SAYS(CREATE(2), NO_MEMORY),
          "it may still strike after a NO_MEMORY that the pools explain");

    DO(FAIL_STICKY(2));
    DO(MAP(0, 1, 1, RW)); /* 1 */
    ok_if(SAYS(READ(0, 1), NO_MEMORY) && SAYS(READ(0, 1), NO_MEMORY) && SAYS(CREATE(3), NO_MEMORY),
          "sticky: all fail");
    ok_if(!SAYS(DESTROY(1), NO_MEMORY), "but what needs no memory cannot");
    ok_if(SAYS(CREATE(2), OK), "a VMM may have allocated less than it may");
    DO(FAIL(0));
    ok_if(!SAYS(CREATE(3), NO_MEMORY), "fail 0 ends it");

    DO(FAIL(6));
    ok_if(!SAYS(READ(0, 1), NO_MEMORY), "an access makes at most 5 allocations: not the sixth");
    DO(FAIL(5));
    ok_if(SAYS(READ(0, 1), NO_MEMORY) && !model_identity_at(model, 0, 1),
          "but the fifth; nothing has changed");
}

static void test_limits(void)
{
    begin(false);
    DO(CREATE(0));
    DO(CREATE(1));
    DO(MAP_EAGER(0, 1, 31, R));
    ok_if(!SAYS(MAP_EAGER(1, 1, 10, R), OK, .va = 32) &&
              refused("status", STATUS_NO_MEMORY, STATUS_OK),
          "OK with more pages than frames and slots is refused");
    DO(MAP_EAGER(1, 1, 9, R));
    DO(MAP(1, 10, 1, R));
    ok_if(!SAYS(READ(1, 10), OK) && refused("status", STATUS_NO_MEMORY, STATUS_OK),
          "also at an access");
    DO(DESTROY(1));
    DO(PROTECT(0, 1, 31, RW));
    DO(FORK(0, 1));
    for (uint32_t vpn = 1; vpn <= 9; vpn++)
        DO(WRITE(1, vpn, 1));
    ok_if(!SAYS(WRITE(1, 10, 1), OK) && SAYS(WRITE(1, 9, 2), OK), "also at a copy on write");

    begin(true);
    DO(CREATE(0));
    DO(MAP_EAGER(0, 1, 21, R));
    ok_if(!SAYS(FORK(0, 1), OK) && refused("status", STATUS_NO_MEMORY, STATUS_OK),
          "also at a fork by copy");

    begin(false);
    DO(CREATE(1));

    DO(CREATE(0));
    for (uint32_t i = 0; i < config.regions; i++)
        DO(MAP(0, 1 + 3 * i, 3, R)); /* pages 1 to 24, eight regions that could be one */
    DO(PROTECT(0, 2, 1, RW));
    uint32_t count;
    model_regions(model, 0, &count);
    ok_if(count == 3, "regions that could be one are one before there are too many");
    for (uint32_t i = 1; i < 3; i++)
        DO(PROTECT(0, 2 + 4 * i, 1, RW)); /* r w r w r w r: seven */
    ok_if(!SAYS(PROTECT(0, 20, 1, RW), OK) && refused("status", STATUS_NO_MEMORY, STATUS_OK),
          "OK with more regions than there can be is refused");
    DO(UNMAP(0, 20, 1));
    ok_if(!SAYS(UNMAP(0, 22, 1), OK), "also when unmap splits one");

    DO(SEGMENT(0, 1));
    DO(MAP_SEGMENT(1, 20, 1, 0, 0));
    DO(RELEASE(0));
    DO(SEGMENT(0, 1));
    DO(SEGMENT(1, 1));
    DO(RELEASE(1));
    DO(SEGMENT(1, 1));
    DO(MAP_SEGMENT(1, 21, 1, 1, 0));
    DO(RELEASE(1));
    ok_if(!SAYS(SEGMENT(1, 1), OK) && refused("status", STATUS_NO_MEMORY, STATUS_OK),
          "OK with more segments than there can be is refused");
}

/* Pages so far apart that no machine has tables for all. */
static void test_chunks(void)
{
    struct model_config few = config;
    few.chunks = 2;
    struct arena memory = arena_make(model_bytes(&few));
    struct model *large = model;
    model = model_make(&memory, &few);
    DO(CREATE(0));
    DO(MAP(0, 1, 31, RW));
    DO(READ(0, 1));
    DO(READ(0, 8));
    ok_if(!SAYS(READ(0, 16), OK) && refused("status", STATUS_NO_MEMORY, STATUS_OK) &&
              !SAYS(FORK(0, 1), OK),
          "OK with more tables' worth of pages than there can be is refused");
    DO(UNMAP(0, 1, 1));
    ok_if(SAYS(READ(0, 16), OK), "what became empty is given back");
    arena_free(&memory);
    model = large;
}

int main(void)
{
    test_slots();
    test_arguments();
    test_regions();
    test_any();
    test_access();
    test_current();
    test_pools();
    test_fail();
    test_limits();
    test_chunks();
    arena_free(&arena);
    return tap_done();
}
