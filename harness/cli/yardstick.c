/* yardstick.c: `pagerig yardstick`: what this rig is measured against: random allocations and
 * deallocations on the VMM, each page with a pattern of its own that is looked at before it is
 * given back, and what the VMM asserts itself.  No model looks on.
 *
 * It is the test that the VMM of the newsgroup thread had to stand.  With `--design any` another
 * design is taken every CASE_OPERATIONS. */
#include "../lib/arena.h"
#include "../lib/rng.h"
#include "../target/target.h"
#include "options.h"
#include <assert.h>
#include <string.h>

enum { BLOCKS = 64, BLOCK_PAGES_MAX = 16, CASE_OPERATIONS = 1000 };

struct yardstick_options {
    struct design_option design;
    uint64_t ops, seed;
};

#define AT(field) offsetof(struct yardstick_options, field)

const struct option_row yardstick_options[] = {
    {"preset", "NAME", "one of the known designs", option_preset, AT(design), 0, 0},
    {"design", "AXIS=CHOICE,...", "a design; any: another every 1000 operations", option_design,
     AT(design), 0, 0},
    {"ops", "N", "allocations and deallocations (100000)", option_number, AT(ops), 1,
     UINT64_MAX >> 1},
    {"seed", "N", "repeats a run (1)", option_number, AT(seed), 0, UINT64_MAX},
    {0},
};

struct yardstick {
    struct target *target;
    struct block {
        uint32_t va, n_pages, pattern; /* n_pages 0: none */
    } blocks[BLOCKS];
    uint32_t page_bytes;
    uint64_t random;
    char why[200]; /* what went wrong; "": nothing yet */
};

static uint32_t below(struct yardstick *y, uint32_t n)
{
    return (uint32_t)(((rng_splitmix(&y->random) >> 32) * n) >> 32);
}

/* False: it did not end well, or not with the status. */
static bool run(struct yardstick *y, const struct op *op, struct outcome *outcome, bool may_fail)
{
    enum end end = y->target->class->run(y->target, op, outcome);
    if (end != END_RETURNED)
        snprintf(y->why, sizeof y->why, "%s: %s", op_infos[op->code].name, y->target->why);
    else if (outcome->status != STATUS_OK && !may_fail)
        snprintf(y->why, sizeof y->why, "%s at %#x: %s", op_infos[op->code].name, (unsigned)op->va,
                 op_status_names[outcome->status]);
    return !*y->why;
}

static void allocate(struct yardstick *y, struct block *block)
{
    struct outcome outcome;
    struct op map = {.code = OP_MAP, .prot = PROT_RW, .flags = OP_ANY};
    map.n = 1 + below(y, BLOCK_PAGES_MAX);
    if (!run(y, &map, &outcome, true) || outcome.status != STATUS_OK)
        return;
    *block = (struct block){outcome.va, map.n, (uint32_t)rng_splitmix(&y->random)};
    for (uint32_t i = 0; i < block->n_pages; i++) {
        struct op write = {.code = OP_WRITE, .x = block->pattern + i};
        write.va = block->va + i * y->page_bytes;
        if (!run(y, &write, &outcome, false))
            return;
    }
}

static void release(struct yardstick *y, struct block *block)
{
    struct outcome outcome;
    for (uint32_t i = 0; i < block->n_pages; i++) {
        struct op read = {.code = OP_READ, .va = block->va + i * y->page_bytes};
        if (!run(y, &read, &outcome, false))
            return;
        if (outcome.word != block->pattern + i) {
            snprintf(y->why, sizeof y->why, "read at %#x: %#x is not what was written",
                     (unsigned)read.va, (unsigned)outcome.word);
            return;
        }
    }
    struct op unmap = {.code = OP_UNMAP, .va = block->va, .n = block->n_pages};
    block->n_pages = 0;
    run(y, &unmap, &outcome, false);
}

static void begin_case(struct yardstick *y, const struct design *design)
{
    struct case_head head = case_head_default;
    struct outcome outcome;
    struct op create = {.code = OP_CREATE};
    for (unsigned axis = 0; axis < AXES; axis++)
        head.design.choice[axis] = design->choice[axis] != CHOICE_ANY
                                       ? design->choice[axis]
                                       : (uint8_t)below(y, axis_infos[axis].choices);
    memset(y->blocks, 0, sizeof y->blocks);
    if (!y->target->class->reset(y->target, &head))
        snprintf(y->why, sizeof y->why, "reset: %s", y->target->why);
    else
        run(y, &create, &outcome, false);
}

int cmd_yardstick(int argc, char **argv)
{
    struct yardstick_options options = {.ops = 100000, .seed = 1};
    struct design design = case_head_default.design;
    int arguments = options_read(argc, argv, yardstick_options, &options);
    if (arguments == OPTIONS_FAILED)
        return EXIT_USAGE;
    if (arguments > 0)
        return options_refuse(argv[0], "unexpected argument '%s'", argv[1]);
    design_option_apply(&options.design, &design);

    static struct yardstick y;
    struct arena state = arena_make((size_t)1 << 30), scratch = arena_make((size_t)1 << 30);
    struct target_setup setup = {"sim", &case_head_default, 1, 1, &target_options_default};
    uint64_t ops = 0;
    y.random = options.seed;
    y.target = target_make(&state, &scratch, &setup, y.why, sizeof y.why);
    assert(y.target);
    for (; ops < options.ops && !*y.why; ops++) {
        if (ops % CASE_OPERATIONS == 0)
            begin_case(&y, &design);
        y.page_bytes = 4u << y.target->facts.level_bits;
        struct block *block = &y.blocks[below(&y, BLOCKS)];
        if (*y.why)
            break;
        if (block->n_pages)
            release(&y, block);
        else
            allocate(&y, block);
    }
    if (*y.why)
        printf("%s\n", y.why);
    printf("ops=%llu divergences=%d seed=%llu\n", (unsigned long long)ops, *y.why != '\0',
           (unsigned long long)options.seed);
    arena_free(&scratch);
    arena_free(&state);
    return *y.why ? EXIT_DIVERGED : EXIT_CLEAN;
}
