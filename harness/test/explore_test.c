/* explore_test.c: exhaustive search: what counts as one state, that the states do not depend on how
 * the VMM does its work, and that it finds what is planted with the shortest sequence. */
#include "../explore/canon.h"
#include "../explore/search.h"
#include "../explore/states.h"
#include "../lib/rng.h"
#include "../lib/tap.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { PAGE_SHIFT = UNIVERSE_BITS + 2 };

static const volatile sig_atomic_t never;

/* ---- What counts as one state. ---- */

static struct rig *new_rig(void)
{
    return rig_make(&(struct rig_config){"sim", RIG_CHECK_EVERY, 2, 1, NULL});
}

/* The hash after a script: a case whose operations are separated by `;`.  Pages have 0x20 bytes;
 * the universe has 0xc0 to 0x120. */
static uint64_t hash_after(const char *script)
{
    static struct universe universe;
    struct rig *rig = new_rig();
    struct test_case c;
    struct case_error error;
    struct finding finding;
    char text[1024];

    snprintf(text, sizeof text, "%s\n", script);
    for (char *at = text; (at = strchr(at, ';'));)
        *at = '\n';
    case_init(&c);
    bool good = case_read_text(&c, text, strlen(text), &error);
    assert(good);
    universe_make(&universe, &universe_size_default, &case_head_default.design, false);
    c.head = universe.head;
    good = rig_run(rig, &c, &finding);
    assert(good);
    uint64_t hash = canon_hash(rig, &universe, false);
    case_free(&c);
    rig_free(rig);
    return hash;
}

static void test_names_do_not_matter(void)
{
    uint64_t hash = hash_after("create s0; map s0 0xc0 2 rw; write s0 0xc0 1; write s0 0xe0 2");
    ok_if(hash == hash_after("create s0; map s0 0xc0 2 rw; write s0 0xe0 1; write s0 0xc0 2"),
          "which frame holds a page, and which word was written, makes no other state");
    ok_if(hash == hash_after("create s0; map s0 0xc0 1 rw; map s0 0xe0 1 rw; write s0 0xc0 1;"
                             "write s0 0xe0 2"),
          "nor does it whether adjacent regions are one");
    ok_if(hash == hash_after("create s1; map s1 0xc0 2 rw; write s1 0xc0 1; write s1 0xe0 2"),
          "nor which slot the space has");
    ok_if(hash_after("segment g0 2; create s0; map s0 0xc0 2 r g0 0") ==
              hash_after("segment g0 1; release g0; segment g0 2; create s0; map s0 0xc0 2 r g0 0"),
          "nor which number a segment has");
}

static void test_differences_matter(void)
{
    static const char *const scripts[] = {
        "create s0; map s0 0xc0 1 rw",
        "create s0; map s0 0xc0 1 rw; protect s0 0xc0 1 r",
        "create s0; map s0 0xc0 1 rw; switch s0",
        "create s0; map s0 0xc0 1 rw eager",
        "create s0; map s0 0xc0 1 rw eager; discard s0",
        "create s0; map s0 0xc0 1 rw eager; evict s0 0xc0",
        "create s0; map s0 0xc0 1 rw; copy_out s0 0xc0 1; discard s0",
        "create s0; map s0 0xc0 1 rw eager; fork s0 s1",
        "create s0; map s0 0xc0 1 rw eager; create s1; map s1 0xc0 1 rw eager",
        "segment g0 2; create s0; map s0 0xc0 1 rw g0 0",
        "segment g0 2; create s0; map s0 0xc0 1 rw g0 1",
        "segment g0 2; create s0; map s0 0xc0 1 rw g0 0; release g0",
        "create s0; map_device s0 0xc0 1 0",
        "create s0; map_device s0 0xc0 1 1",
    };
    enum { SCRIPTS = sizeof scripts / sizeof scripts[0] };
    uint64_t hashes[SCRIPTS];
    unsigned same = 0;
    for (unsigned i = 0; i < SCRIPTS; i++) {
        hashes[i] = hash_after(scripts[i]);
        for (unsigned j = 0; j < i; j++)
            same += hashes[i] == hashes[j];
    }
    ok_if(same == 0,
          "regions, identities, translations, names and CR3 make %d states of %d scripts", SCRIPTS,
          SCRIPTS);
}

static void test_set_of_states(void)
{
    enum { STATES = 300000 };
    struct states states;
    struct rng rng;
    unsigned added = 0, again = 0;

    states_make(&states);
    rng_seed(&rng, 1);
    for (uint32_t i = 0; i < STATES; i++)
        added += states_add(&states, rng_next(&rng), (struct state){i, 7});
    added += states_add(&states, 0, (struct state){STATES, 7});
    rng_seed(&rng, 1);
    for (uint32_t i = 0; i < STATES; i++)
        again += states_add(&states, rng_next(&rng), (struct state){0, 0});
    again += states_add(&states, 0, (struct state){0, 0});
    ok_if(added == STATES + 1 && again == 0, "every hash is new once, while the set grows");
    ok_if(states.count == STATES + 1 && states.list[STATES / 2].parent == STATES / 2,
          "states keep their numbers and where they came from");
    states_free(&states);
}

/* ---- Searches. ---- */

struct trial {
    struct universe_size size;
    bool lean;
    uint32_t depth;
    const char *design;
    void (*plant)(struct target *target); /* NULL: nothing */
};

static struct search_result search(const struct trial *trial)
{
    static struct universe universe;
    struct design design = case_head_default.design;
    struct search_options options = {trial->depth, &never, NULL};
    struct search_result result;
    struct case_error error;
    struct rig *rig = new_rig();

    bool good = !*trial->design || design_read(&design, trial->design, &error);
    assert(good);
    universe_make(&universe, &trial->size, &design, trial->lean);
    good = rig_reset(rig, &universe.head, &result.finding);
    assert(good);
    if (trial->plant)
        trial->plant(rig_target(rig));
    search_run(rig, &universe, &options, &result);
    rig_free(rig);
    return result;
}

/* The states are what a program can tell apart; how the VMM finds regions and reaches tables is
 * not. */
static void test_same_states_for_all_designs(const char *name, struct trial trial)
{
    static const char *const designs[] = {"",
                                          "tables=window",
                                          "tables=direct",
                                          "index=list",
                                          "index=bst",
                                          "index=tiling",
                                          "index=list,tables=window",
                                          "flush=batch",
                                          "tables=recursive-low"};
    struct search_result first = {.fixpoint = false};
    bool fixpoint = trial.depth == SEARCH_DEPTH_MAX;

    for (unsigned i = 0; i < sizeof designs / sizeof designs[0]; i++) {
        trial.design = designs[i];
        struct search_result result = search(&trial);
        if (i == 0)
            first = result;
        ok_if(!result.diverged && result.fixpoint == fixpoint &&
                  result.end.states == first.end.states &&
                  result.end.transitions == first.end.transitions &&
                  result.end.depth == first.end.depth,
              "%s, %s: no divergence, %llu states, %llu transitions, depth %u", name,
              *designs[i] ? designs[i] : "default", (unsigned long long)result.end.states,
              (unsigned long long)result.end.transitions, (unsigned)result.end.depth);
        if (result.diverged)
            case_free(&result.shortest);
    }
}

static void test_other_designs(struct trial trial)
{
    static const char *const designs[] = {
        "update=deferred",          "update=lazy", "discard=on",
        "tables=direct,discard=on", "fork=copy",   "update=deferred,fork=copy,flush=space"};
    for (unsigned i = 0; i < sizeof designs / sizeof designs[0]; i++) {
        trial.design = designs[i];
        struct search_result result = search(&trial), again = search(&trial);
        ok_if(!result.diverged && !again.diverged && result.fixpoint,
              "%s: a fixpoint without a divergence, %llu states", designs[i],
              (unsigned long long)result.end.states);
        ok_if(result.end.states == again.end.states &&
                  result.end.transitions == again.end.transitions,
              "%s: the same again", designs[i]);
    }
}

/* ---- Planted bugs. ---- */

static struct target_class broken;
static const struct target_class *sound;

static void plant(struct target *target)
{
    if (target->class != &broken)
        sound = target->class;
    broken = *sound;
    target->class = &broken;
}

static enum end evict_nothing(struct target *target, const struct op *op, struct outcome *outcome)
{
    struct region_view view;
    uint32_t vpn = op->va >> PAGE_SHIFT;
    bool mapped = op->code == OP_EVICT && sound->exists(target, op->s) &&
                  sound->region(target, op->s, vpn, &view) && view.first <= vpn &&
                  view.backing != BACKING_DEVICE;
    return sound->run(target, mapped ? &(struct op){.code = OP_COMMIT, .s = op->s} : op, outcome);
}

static void plant_evict_nothing(struct target *target)
{
    plant(target);
    broken.run = evict_nothing;
}

static enum end lose_copies(struct target *target, const struct op *op, struct outcome *outcome)
{
    struct op instead = *op;
    if (op->code == OP_COPY_OUT && sound->exists(target, 0) && sound->exists(target, 1))
        instead.code = OP_COPY_IN;
    return sound->run(target, &instead, outcome);
}

static void plant_lose_copies(struct target *target)
{
    plant(target);
    broken.run = lose_copies;
}

static bool device_off_by_one(struct target *target, uint32_t s, uint32_t vpn,
                              struct region_view *view)
{
    bool found = sound->region(target, s, vpn, view);
    view->offset += found && view->backing == BACKING_DEVICE;
    return found;
}

static void plant_device_off_by_one(struct target *target)
{
    plant(target);
    broken.region = device_off_by_one;
}

/* The case that was found diverges at its last operation, with the same title, in another world. */
static bool shows_again(const struct search_result *result, void (*plant_it)(struct target *))
{
    const struct test_case *c = &result->shortest;
    struct rig *rig = new_rig();
    struct finding finding;
    char title[64], title_again[64] = "";

    bool good = rig_reset(rig, &c->head, &finding);
    plant_it(rig_target(rig));
    for (uint32_t i = 0; good && i < c->count; i++)
        if (!rig_step(rig, &c->ops[i], &finding) ||
            (i + 1 == c->count && !rig_finish(rig, &finding))) {
            good = i + 1 == c->count;
            finding_title(&finding, title_again);
        }
    rig_free(rig);
    return good && strcmp(finding_title(&result->finding, title), title_again) == 0;
}

static void test_planted(const char *what, void (*plant_it)(struct target *),
                         const uint8_t *shortest, uint32_t length)
{
    struct trial trial = {universe_size_default, false, 6, "", plant_it};
    struct search_result result = search(&trial);
    bool same = result.diverged && result.shortest.count == length;
    char text[OP_TEXT_MAX];

    for (uint32_t i = 0; same && i < length; i++)
        same = result.shortest.ops[i].code == shortest[i];
    ok_if(same, "%s: found, with %u operations", what, (unsigned)length);
    if (!result.diverged)
        return;
    for (uint32_t i = 0; i < result.shortest.count; i++) {
        case_write_op(&result.shortest.ops[i], text);
        printf("# %s\n", text);
    }
    ok_if(shows_again(&result, plant_it), "%s: the case shows it again", what);
    case_free(&result.shortest);
}

static void test_interrupt(void)
{
    static const volatile sig_atomic_t now = 1;
    static struct universe universe;
    struct search_options options = {6, &now, NULL};
    struct search_result result;
    struct rig *rig = new_rig();

    universe_make(&universe, &universe_size_default, &case_head_default.design, false);
    bool good = rig_reset(rig, &universe.head, &result.finding);
    search_run(rig, &universe, &options, &result);
    ok_if(good && result.interrupted && !result.fixpoint && result.end.states == 1 &&
              result.end.depth == 0,
          "an interrupted search says so, and claims no fixpoint, nor a depth that it did not do");
    rig_free(rig);
}

int main(void)
{
    struct trial depth_3 = {universe_size_default, false, 3, "", NULL};
    struct trial one_page = {{2, 1, 8, 0, 2}, true, SEARCH_DEPTH_MAX, "", NULL};
    struct trial segment = {{1, 1, 6, 1, 1}, true, SEARCH_DEPTH_MAX, "", NULL};

    test_names_do_not_matter();
    test_differences_matter();
    test_set_of_states();
    test_same_states_for_all_designs("to depth 3", depth_3);
    test_same_states_for_all_designs("2 spaces of 1 page", one_page);
    test_same_states_for_all_designs("1 space of 1 page and a segment", segment);
    test_other_designs(one_page);
    test_planted("device regions show the next frame", plant_device_off_by_one,
                 (const uint8_t[]){OP_CREATE, OP_MAP_DEVICE}, 2);
    test_planted("eviction does nothing", plant_evict_nothing,
                 (const uint8_t[]){OP_CREATE, OP_MAP, OP_EVICT}, 3);
    test_planted("copies are lost while there are two spaces", plant_lose_copies,
                 (const uint8_t[]){OP_CREATE, OP_FORK, OP_MAP, OP_COPY_OUT}, 4);
    test_interrupt();
    return tap_done();
}
