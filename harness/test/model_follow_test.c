/* model_follow_test.c: what operations do in the model, and what they tell a checker to look at:
 * fork, segments, eviction, lives of pages, resets. */
#include "model_script.h"

static void test_fork(void)
{
    begin(false);
    DO(CREATE(0));
    DO(MAP(0, 1, 3, RW));
    DO(MAP_DEVICE(0, 8, 1, 1));
    DO(WRITE(0, 1, 11));
    DO(WRITE(0, 2, 22));
    uint32_t one = model_identity_at(model, 0, 1);
    DO(FORK(0, 1));
    ok_if(effect.ranges == 2 && affects(0, 0, 1, USER_LAST) && affects(1, 1, 1, USER_LAST),
          "fork affects both spaces");
    ok_if(model_identity_at(model, 1, 1) == one && model_identity(model, one).holders == 2,
          "both hold the same page");
    DO(WRITE(1, 1, 33));
    ok_if(effect.ranges == 1 && affects(0, 1, 1, 1) && effect.died_count == 0,
          "a write affects the writer");
    ok_if(model_identity_at(model, 0, 1) == one && model_identity_at(model, 1, 1) != one &&
              model_identity(model, one).holders == 1,
          "the writer gets a page of its own");
    ok_if(reads(0, 1, 11) && reads(1, 1, 33), "what the child writes the parent does not see");
    DO(WRITE(0, 2, 44));
    ok_if(reads(1, 2, 22) && reads(0, 2, 44), "and the other way round");
    ok_if(reads(0, 3, 0) && model_identity_at(model, 1, 3) == 0, "a page touched after fork");
    DO(WRITE(0, 8, 55));
    ok_if(reads(1, 8, 55) && pages_get(model_device_contents(model), 1, 1) == 55,
          "a device frame is the same for all");

    begin(true);
    DO(CREATE(0));
    DO(MAP(0, 1, 2, RW));
    DO(WRITE(0, 1, 11));
    DO(EVICT(0, 1));
    DO(FORK(0, 1));
    uint32_t mine = model_identity_at(model, 0, 1), childs = model_identity_at(model, 1, 1);
    ok_if(mine != childs && model_identity(model, mine).evicted &&
              !model_identity(model, childs).evicted && model_identity(model, childs).holders == 1,
          "fork by copy: the child's page is its own, and in memory");
    ok_if(reads(1, 1, 11) && model_identity(model, mine).evicted, "with the same content");
}

static void test_unshare(void)
{
    begin(false);
    DO(CREATE(0));
    DO(MAP(0, 1, 2, RW));
    DO(WRITE(0, 1, 11));
    DO(FORK(0, 1));
    DO(FORK(0, 2));
    uint32_t one = model_identity_at(model, 0, 1), copy = model_unshare(model, 1, 1);
    ok_if(copy && copy != one && model_identity_at(model, 1, 1) == copy &&
              model_identity(model, copy).holders == 1 && model_resident(model) == 2,
          "a page that was copied early is its holder's own, and in memory");
    ok_if(model_identity_at(model, 0, 1) == one && model_identity_at(model, 2, 1) == one &&
              model_identity(model, one).holders == 2,
          "the others keep theirs");
    ok_if(reads(1, 1, 11) && reads(0, 1, 11), "with the same content");
    DO(WRITE(1, 1, 33));
    ok_if(model_identity_at(model, 1, 1) == copy && reads(0, 1, 11) && reads(1, 1, 33),
          "a write makes no second copy, and nobody else sees it");

    DO(CREATE(3));
    DO(MAP(3, 1, USER_LAST, RW));
    DO(MAP(0, 3, USER_LAST - 2, RW));
    uint32_t used = model_resident(model);
    for (uint32_t vpn = 1; vpn <= USER_LAST && used < config.identities; vpn++, used++)
        DO(READ(3, vpn));
    for (uint32_t vpn = 3; vpn <= USER_LAST && used < config.identities; vpn++, used++)
        DO(READ(0, vpn));
    ok_if(model_unshare(model, 2, 1) == 0 && model_identity_at(model, 2, 1) == one &&
              model_identity(model, one).holders == 2,
          "when there are no identities left nothing happens");
}

static void test_segments(void)
{
    begin(false);
    DO(CREATE(0));
    DO(CREATE(1));
    DO(SEGMENT(0, 8));
    uint32_t object = model_segment(model, 0);
    DO(MAP_SEGMENT(0, 1, 6, 0, 2)); /* pages 1 to 6 show 2 to 7 */
    DO(MAP_SEGMENT(1, 9, 8, 0, 0)); /* pages 9 to 16 show 0 to 7 */
    DO(WRITE(0, 2, 33));
    ok_if(reads(1, 12, 33), "regions of a segment show the same pages");
    DO(UNMAP(0, 3, 2)); /* 1 to 2, 5 to 6 */
    uint32_t count;
    const struct model_region *regions = model_regions(model, 0, &count);
    ok_if(count == 2 && regions[0].last == 2 && regions[1].first == 5 && regions[1].offset == 6,
          "a split keeps offsets");
    DO(WRITE(1, 15, 66));
    ok_if(reads(0, 5, 66), "and with them what pages show");
    ok_if(model_identity_at(model, 0, 2) == model_segment_identity(model, object, 3) &&
              model_segment_identity(model, object, 0) == 0,
          "a segment's page has an identity from the first access");

    DO(EVICT(1, 12));
    ok_if(effect.ranges == 2 && affects(0, 0, 2, 2) && affects(1, 1, 12, 12),
          "evicting a segment's page affects all that show it");
    DO(RELEASE(0));
    ok_if(model_segment(model, 0) == 0 && effect.died_count == 0 && reads(0, 2, 33),
          "a released segment lives while it is mapped");
    DO(UNMAP(0, 1, 6));
    DO(FORK(1, 2));
    DO(DESTROY(1));
    ok_if(effect.died_count == 0 && reads(2, 15, 66), "also in a child");
    uint32_t three = model_segment_identity(model, object, 3);
    DO(UNMAP(2, 9, 8));
    ok_if(effect.died_count == 2 && died(three) && model_resident(model) == 0,
          "its pages die with its last region");

    DO(SEGMENT(0, 4));
    struct op map = MAP_SEGMENT(0, 1, 4, 0, 0);
    map.flags |= OP_EAGER;
    DO(MAP_SEGMENT(2, 1, 1, 0, 1));
    DO(READ(2, 1));
    DO(EVICT(2, 1));
    DO(map);
    ok_if(model_resident(model) == 4 && model_evicted(model) == 0,
          "eager makes a segment's pages, and those evicted come back");
    DO(UNMAP(0, 1, 31));
    DO(UNMAP(2, 1, 31));
    ok_if(effect.died_count == 0, "a segment with a name keeps its pages");
    DO(RELEASE(0));
    ok_if(effect.died_count == 4, "and they die with the name when nothing shows them");
}

static void test_evict(void)
{
    begin(false);
    DO(CREATE(0));
    DO(MAP(0, 1, 2, RW));
    DO(EVICT(0, 1));
    ok_if(effect.ranges == 0 && model_evicted(model) == 0, "nothing to evict is right");
    DO(WRITE(0, 1, 11));
    DO(FORK(0, 1));
    DO(FORK(0, 2));
    DO(PROTECT(1, 1, 1, NO));
    uint32_t page = model_identity_at(model, 0, 1);
    DO(EVICT(1, 1));
    ok_if(effect.ranges == 3 && affects(0, 0, 1, 1) && affects(1, 1, 1, 1) && affects(2, 2, 1, 1),
          "evict affects all holders, whatever the protection");
    ok_if(model_identity(model, page).evicted && model_evicted(model) == 1 &&
              model_resident(model) == 0,
          "the page is in the backing store");
    DO(EVICT(0, 1));
    ok_if(effect.ranges == 0 && model_evicted(model) == 1, "once");
    ok_if(SAYS(READ(1, 1), FAULT) && model_evicted(model) == 1, "a fault does not bring it back");
    ok_if(reads(0, 1, 11) && model_evicted(model) == 0 && model_resident(model) == 1,
          "a read brings it back for all");
    DO(EVICT(0, 1));
    DO(WRITE(2, 1, 22));
    ok_if(!model_identity(model, page).evicted && model_resident(model) == 2 && reads(0, 1, 11),
          "a write too, and the writer has a copy");
    DO(EVICT(0, 1));
    DO(DESTROY(0));
    ok_if(effect.died_count == 0, "a page lives while one holds it");
    DO(DESTROY(1));
    ok_if(effect.died_count == 1 && died(page) && model_evicted(model) == 0,
          "and dies in the backing store with its last holder");
}

static void test_lives(void)
{
    begin(false);
    DO(CREATE(0));
    DO(MAP_EAGER(0, 6, 4, RW));
    ok_if(effect.ranges == 1 && affects(0, 0, 6, 9) && model_resident(model) == 4,
          "eager: every page has its frame");
    uint32_t seven = model_identity_at(model, 0, 7), eight = model_identity_at(model, 0, 8);
    DO(WRITE(0, 7, 77));
    DO(UNMAP(0, 7, 2));
    ok_if(effect.died_count == 2 && died(seven) && died(eight) && affects(0, 0, 7, 8),
          "what is unmapped dies");
    DO(MAP_EAGER(0, 7, 2, R));
    ok_if(effect.died_count == 0 && reads(0, 7, 0) && reads(0, 8, 0),
          "what is mapped again is zero");
    DO(PROTECT(0, 6, 4, NO));
    ok_if(effect.ranges == 1 && affects(0, 0, 6, 9) && effect.died_count == 0,
          "protect affects the range, and kills nothing");
    ok_if(model_private_at_or_after(model, 0, 0) == 6 &&
              model_private_at_or_after(model, 0, 8) == 8 &&
              model_private_at_or_after(model, 0, 10) == UINT32_MAX,
          "private pages are found in order");
    const struct model_region *region = model_region_at_or_after(model, 0, 10);
    ok_if(!region && model_region_at_or_after(model, 0, 1)->first == 6, "regions too");

    DO(MAP_EAGER(0, 20, 1, NO));
    ok_if(model_identity_at(model, 0, 20) == 0, "eager has no effect without access");
    DO(SEGMENT(0, 1));
    for (uint32_t s = 1; s < 4; s++)
        DO(CREATE(s));
    DO(UNMAP(0, 1, 31));
    DO(MAP_SEGMENT(0, 1, 1, 0, 0));
    for (uint32_t vpn = 2; vpn < 8; vpn++)
        DO(MAP_SEGMENT(0, vpn, 1, 0, 0));
    DO(WRITE(0, 1, 1));
    DO(EVICT(0, 7));
    ok_if(effect.ranges == 7 && !effect.all && affects(6, 0, 7, 7),
          "a segment's page may be at several places of a space");
}

/* More places than an effect can name. */
static void test_effect_all(void)
{
    struct model_config many = config;
    many.regions = 31;
    struct arena memory = arena_make(model_bytes(&many));
    struct model *small = model;
    model = model_make(&memory, &many);
    DO(SEGMENT(0, 1));
    for (uint32_t s = 0; s < 3; s++) {
        DO(CREATE(s));
        for (uint32_t vpn = 1; vpn <= 22; vpn++)
            if (s * 22 + vpn <= EFFECT_RANGES)
                DO(MAP_SEGMENT(s, vpn, 1, 0, 0));
    }
    DO(WRITE(0, 1, 1));
    DO(EVICT(0, 1));
    ok_if(effect.ranges == EFFECT_RANGES && !effect.all, "as many ranges as there is room for");
    DO(MAP_SEGMENT(2, 31, 1, 0, 0));
    DO(WRITE(0, 1, 1));
    DO(EVICT(0, 1));
    ok_if(effect.all, "with one more: all");
    DO(WRITE(0, 1, 1));
    ok_if(!effect.all, "and not in the next operation");
    arena_free(&memory);
    model = small;
}

/* Everything that can be seen of the model after a script, and identities' very numbers. */
static uint32_t fingerprint(void)
{
    uint32_t hash = 0;

    DO(CREATE(0));
    DO(SEGMENT(0, 1));
    DO(SEGMENT(1, 8));
    DO(MAP_EAGER(0, 5, 9, RW));
    DO(MAP_SEGMENT(0, 20, 5, 1, 1));
    DO(MAP_DEVICE(0, 30, 1, 3));
    ok_if(reads(0, 30, 0) && reads(0, 20, 0) && reads(0, 13, 0), "pages are zero after a reset");
    DO(FORK(0, 1));
    DO(WRITE(1, 7, 3));
    DO(WRITE(1, 30, 9));
    DO(EVICT(0, 7));
    DO(UNMAP(0, 8, 2));
    DO(WRITE(0, 21, 5));
    DO(FAIL_STICKY(1));
    for (uint32_t s = 0; s < 2; s++)
        for (uint32_t vpn = 1; vpn <= USER_LAST; vpn++) {
            uint32_t identity = model_identity_at(model, s, vpn);
            uint32_t word = identity ? pages_get(model_contents(model), identity, 1) : 0;
            hash = hash * 31 + identity * 8 + word + model_identity(model, identity).evicted;
        }
    return hash * 31 + model_segment(model, 1) * 4 + model_segment(model, 0) + model_current(model);
}

static void test_reset(void)
{
    struct arena memory = arena_make(model_bytes(&config));
    struct model *used = model;
    model = model_make(&memory, &config);
    uint32_t fresh = fingerprint();
    model = used;
    begin(false);
    ok_if(!model_exists(model, 0) && model_segment(model, 0) == 0 && model_resident(model) == 0 &&
              model_evicted(model) == 0 && model_current(model) == OP_SLOTS,
          "after a reset there is nothing");
    ok_if(!SAYS(CREATE(0), NO_MEMORY), "and no fail is armed");
    ok_if(fingerprint() == fresh, "a model that was reset is as a fresh one");
    begin(true);
    begin(false);
    ok_if(fingerprint() == fresh, "again");
    arena_free(&memory);
}

int main(void)
{
    test_fork();
    test_unshare();
    test_segments();
    test_evict();
    test_lives();
    test_effect_all();
    test_reset();
    arena_free(&arena);
    return tap_done();
}
