/* begin.c: what is chosen once for each case: its head, how often each operation comes, and the
 * window of pages that most of them are about. */
#include "pick.h"
#include <string.h>

/* How often each operation comes, in a case without swarm.  Accesses most: they are cheap, and it
 * is they who find out.  OP_CHECK is not among the cards. */
static const uint8_t weights[OP_CODES] = {
    [OP_CREATE] = 3,  [OP_DESTROY] = 2, [OP_SWITCH] = 3,     [OP_FORK] = 5,     [OP_SEGMENT] = 3,
    [OP_RELEASE] = 2, [OP_MAP] = 14,    [OP_MAP_DEVICE] = 3, [OP_UNMAP] = 8,    [OP_PROTECT] = 8,
    [OP_READ] = 10,   [OP_WRITE] = 18,  [OP_COPY_IN] = 4,    [OP_COPY_OUT] = 5, [OP_EVICT] = 6,
    [OP_DISCARD] = 3, [OP_COMMIT] = 2,  [OP_FAIL] = 3,
};

/* Each operation is left out of one case in four, else comes once to three times as often.  Without
 * spaces, regions and accesses nothing could be seen, so these stay.  A crowd is made by many
 * forks; where structures are few (scarce), regions that are cut use them up, and pages that are
 * evicted use up the backing store. */
static void deal_cards(struct gen *gen, bool crowd, bool scarce)
{
    gen->card_count = 0;
    for (unsigned code = 0; code < OP_CODES; code++) {
        uint32_t factor = one_in(gen, 4) ? 0 : 1 + below(gen, 3);
        if (factor == 0 && (code == OP_CREATE || code == OP_MAP || code == OP_WRITE))
            factor = 1;
        if (crowd && (code == OP_FORK || code == OP_DESTROY))
            factor = code == OP_FORK ? 6 : 0;
        if (scarce && (code == OP_MAP || code == OP_UNMAP || code == OP_EVICT))
            factor = 4;
        if (scarce && code == OP_PROTECT)
            factor = 8;
        if (code == OP_DESTROY)
            gen->destroys = factor != 0;
        uint32_t count = weights[code] * factor;
        assert(gen->card_count + count <= GEN_CARDS_MAX);
        memset(gen->cards + gen->card_count, (int)code, count);
        gen->card_count += count;
    }
}

/* 2 to 64 pages; half of the time a page table's edge lies in them, else they are anywhere, one
 * time in eight at an end of the user range. */
static void place_window(struct gen *gen)
{
    uint32_t all = user_pages(gen);
    uint32_t last_start, edge;

    gen->window_pages = 2u << below(gen, 6);
    last_start = all - gen->window_pages;
    if (one_in(gen, 2)) {
        edge = (1 + below(gen, (all >> gen->bits) - 1)) << gen->bits;
        gen->window_first = edge - 1 - below(gen, gen->window_pages - 1);
    } else if (one_in(gen, 4)) {
        gen->window_first = one_in(gen, 2) ? 1 : last_start;
    } else {
        gen->window_first = 1 + below(gen, last_start);
    }
}

static uint8_t choose(struct gen *gen, uint8_t fixed, uint32_t choices)
{
    return fixed == CHOICE_ANY ? (uint8_t)below(gen, choices) : fixed;
}

/* Only tlb, limit and design vary: another ram, slots or bits makes the rig build a new machine,
 * which takes as long as thousands of operations. */
void gen_begin(struct gen *gen, uint64_t seed, const struct gen_options *options,
               struct case_head *head)
{
    *head = case_head_default;
    gen->random = seed;
    gen->bits = head->bits;
    gen->uniform = options->uniform;
    gen->dice = 0;
    gen->cancel_in = 0;
    gen->recent = 0;
    gen->word = (uint32_t)seed;
    bool crowd = one_in(gen, 16); /* many spaces, of which many share a page */
    gen->spaces = crowd ? OP_SLOTS : (uint8_t)(2 + below(gen, one_in(gen, 8) ? OP_SLOTS - 1 : 3));
    gen->segments = (uint8_t)(1 + below(gen, one_in(gen, 8) ? OP_SLOTS : 3));
    deal_cards(gen, crowd, options->ram && options->ram <= 2 * RAM_MIN && !one_in(gen, 4));
    place_window(gen);
    gen->walls = 0;
    if (one_in(gen, 4))
        gen->walls = one_in(gen, 2) ? WALL_LOW | WALL_HIGH : one_in(gen, 2) ? WALL_LOW : WALL_HIGH;
    gen->then = 0;

    if (options->ram)
        head->ram = options->ram;
    if (options->ram && options->ram <= 2 * RAM_MIN)
        head->slots = options->ram / 8; /* or they would outnumber the pages */
    if (!crowd && !one_in(gen, 4))
        head->limit = 6 + below(gen, 59);
    head->tlb = choose(gen, options->tlb, TLBS);
    for (unsigned axis = 0; axis < AXES; axis++)
        head->design.choice[axis] =
            choose(gen, options->design.choice[axis], axis_infos[axis].choices);
    uint8_t update = head->design.choice[AXIS_UPDATE];
    gen->defers = strcmp(axis_infos[AXIS_UPDATE].choice_names[update], "deferred") == 0;
}
