/* search.c: see search.h.
 *
 * A state is made again by replaying its operations.  Snapshots of the worlds on the path to the
 * last state that was made are kept; in breadth-first order the next state's path mostly begins
 * with the same, so that about one operation has to be replayed. */
#include "search.h"
#include "canon.h"
#include "states.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Up to this depth everything is tried.  Beyond it, these are taken as known: operations on slots
 * that are not in use, or must be free and are not; and, while a `fail` waits, operations that are
 * refused without asking for memory.  An operation that does not ask for memory and `fail` can
 * change places, so what follows it while the `fail` still waits is not looked into. */
enum { FULL_DEPTH = 3 };

/* A world on the path. */
struct step {
    uint32_t state;
    bool armed;
};

struct search {
    struct rig *rig;
    const struct universe *universe;
    const struct search_options *options;
    struct search_result *result;
    struct states states;
    struct arena snapshots; /* world_bytes each, by depth */
    void *world;
    size_t world_bytes;
    uint32_t state_now;      /* from which every operation is tried, and */
    const struct op *op_now; /* the one that is; NULL: none yet */
    struct step path[SEARCH_DEPTH_MAX + 1];
    bool armed; /* a `fail` waits for its allocation */
    struct timespec began;
};

static const struct search *running; /* for search_case */

/* ---- Worlds. ---- */

static uint8_t *snapshot(struct search *search, uint32_t depth)
{
    return search->snapshots.memory + depth * search->world_bytes;
}

static void save(struct search *search, uint32_t state, uint32_t depth)
{
    memcpy(snapshot(search, depth), search->world, search->world_bytes);
    search->path[depth] = (struct step){state, search->armed};
}

static void restore(struct search *search, uint32_t depth)
{
    memcpy(search->world, snapshot(search, depth), search->world_bytes);
    rig_restored(search->rig);
    search->armed = search->path[depth].armed;
}

static bool step(struct search *search, const struct op *op)
{
    if (!rig_step(search->rig, op, &search->result->finding))
        return false;
    if (op->code == OP_FAIL)
        search->armed = op->x > 0;
    else if (rig_status(search->rig) == STATUS_NO_MEMORY)
        search->armed = false;
    return true;
}

/* Makes the world that of a state, which took depth operations, and its snapshot. */
static void go_to(struct search *search, uint32_t state, uint32_t depth)
{
    uint32_t chain[SEARCH_DEPTH_MAX + 1], known = depth;
    const struct state *states = search->states.list;

    for (uint32_t at = state; search->path[known].state != at; at = states[at].parent)
        chain[known--] = at;
    restore(search, known);
    while (known++ < depth) {
        uint32_t at = chain[known];
        if (!step(search, &search->universe->ops[states[at].op].op)) {
            fprintf(stderr, "pagerig: a sequence of operations did not do the same again\n");
            exit(125);
        }
        save(search, at, known);
    }
}

static slot_set slots_in_use(const struct search *search, const struct model *model)
{
    slot_set set = 0;
    for (uint32_t s = 0; s < search->universe->size.spaces; s++)
        set |= (slot_set)model_exists(model, s) << s;
    for (uint32_t g = 0; g < search->universe->size.segments; g++)
        set |= (slot_set)(model_segment(model, g) != 0) << (OP_SLOTS + g);
    return set;
}

/* A region shows a segment that has no name any more. */
static bool nameless_segment_lives(const struct search *search, const struct model *model)
{
    uint32_t spaces = search->universe->size.spaces, segments = search->universe->size.segments;
    for (uint32_t s = 0; s < spaces; s++) {
        uint32_t count = 0, g;
        const struct model_region *regions =
            model_exists(model, s) ? model_regions(model, s, &count) : NULL;
        for (uint32_t i = 0; i < count; i++) {
            for (g = 0; g < segments && model_segment(model, g) != regions[i].object; g++)
                ;
            if (regions[i].object && g == segments)
                return true;
        }
    }
    return false;
}

/* Which operations to try in the state that the world is in; returns their number. */
static uint32_t choose(const struct search *search, uint32_t depth, uint16_t *chosen)
{
    const struct model *model = rig_model(search->rig);
    slot_set in_use = slots_in_use(search, model);
    bool one_life = search->universe->lean && nameless_segment_lives(search, model);
    uint32_t count = 0;

    for (uint32_t i = 0; i < search->universe->op_count; i++) {
        const struct universe_op *u = &search->universe->ops[i];
        bool bad_slot = (in_use & u->used) != u->used || in_use & u->free;
        if (one_life && u->op.code == OP_SEGMENT)
            continue;
        bool skip = bad_slot || (search->armed && model_expect(model, &u->op) != STATUS_OK);
        if (!skip || depth < FULL_DEPTH)
            chosen[count++] = (uint16_t)i;
    }
    return count;
}

/* ---- The search. ---- */

void search_case(struct test_case *c)
{
    const struct state *states = running->states.list;
    uint32_t chain[SEARCH_DEPTH_MAX + 1], length = 0;

    for (uint32_t at = running->state_now; at; at = states[at].parent)
        chain[length++] = states[at].op;
    case_init(c);
    c->head = running->universe->head;
    while (length)
        case_append(c, &running->universe->ops[chain[--length]].op);
    if (running->op_now)
        case_append(c, running->op_now);
}

/* Tries every operation in a state.  False: one diverged. */
static bool expand(struct search *search, uint32_t state, uint32_t depth)
{
    const struct universe *universe = search->universe;
    uint16_t chosen[UNIVERSE_OPS_MAX];
    search->state_now = state;
    search->op_now = NULL;
    go_to(search, state, depth);
    uint32_t count = choose(search, depth, chosen);
    uint64_t here = canon_hash(search->rig, universe, search->armed);

    for (uint32_t i = 0; i < count; i++) {
        const struct op *op = &universe->ops[chosen[i]].op;
        search->op_now = op;
        restore(search, depth);
        bool was_armed = search->armed, good = step(search, op);
        search->result->end.transitions++;
        if (good && was_armed && search->armed)
            continue;
        if (good) {
            uint64_t hash = canon_hash(search->rig, universe, search->armed);
            struct state next = {state, chosen[i]};
            bool known = hash == here || !states_add(&search->states, hash, next);
            /* What a failure has left behind may be where the hash does not look. */
            if (known && rig_status(search->rig) != STATUS_NO_MEMORY)
                continue;
            good = rig_finish(search->rig, &search->result->finding);
        }
        if (!good) {
            search->result->diverged = true;
            search_case(&search->result->shortest);
            return false;
        }
    }
    return true;
}

static void tell(struct search *search, bool level_done)
{
    struct search_progress *now = &search->result->end;
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    now->seconds = (double)(time.tv_sec - search->began.tv_sec) +
                   1e-9 * (double)(time.tv_nsec - search->began.tv_nsec);
    now->states = search->states.count;
    now->level_done = level_done;
    if (search->options->progress)
        search->options->progress(now);
}

/* Expands the states from first up to last, which took depth operations. */
static bool expand_level(struct search *search, uint32_t first, uint32_t last, uint32_t depth)
{
    struct search_progress *now = &search->result->end;
    now->level_states = last - first;
    now->expanded = 0;
    for (uint32_t state = first; state < last; state++) {
        if (*search->options->interrupted) {
            search->result->interrupted = true;
            return false;
        }
        if (!expand(search, state, depth))
            return false;
        now->expanded++;
        tell(search, false);
    }
    return true;
}

static void start(struct search *search)
{
    search->world = rig_state(search->rig, &search->world_bytes);
    search->snapshots = arena_make((SEARCH_DEPTH_MAX + 1) * search->world_bytes);
    states_make(&search->states);
    clock_gettime(CLOCK_MONOTONIC, &search->began);
    for (uint32_t depth = 0; depth <= SEARCH_DEPTH_MAX; depth++)
        search->path[depth].state = UINT32_MAX;
    states_add(&search->states, canon_hash(search->rig, search->universe, false),
               (struct state){0, 0});
    save(search, 0, 0);
    search->result->end.states = search->states.count;
}

void search_run(struct rig *rig, const struct universe *universe,
                const struct search_options *options, struct search_result *result)
{
    static struct search search; /* large for a stack */
    search =
        (struct search){.rig = rig, .universe = universe, .options = options, .result = result};
    *result = (struct search_result){.fixpoint = false};
    running = &search;
    start(&search);

    uint32_t first = 0, last = 1, depth = 0;
    bool good = true;
    while (good && depth < options->depth && !result->fixpoint) {
        result->end.depth = depth + 1;
        good = expand_level(&search, first, last, depth);
        first = last;
        last = search.states.count;
        depth++;
        result->fixpoint = good && first == last;
        tell(&search, good);
    }
    if (result->interrupted)
        result->end.depth--; /* not all of it was tried */
    states_free(&search.states);
    arena_free(&search.snapshots);
}
