/* sketch.c: see sketch.h. */
#include "sketch.h"
#include "pick.h"
#include <string.h>

/* ---- Following a case. ---- */

static bool has_letter(const struct op *op, char letter)
{
    return strchr(op_infos[op->code].args, letter) != NULL;
}

static void add_place(struct sketch *sketch, uint8_t s, uint32_t first, uint32_t n)
{
    sketch->places[sketch->place_count++ % SKETCH_PLACES] = (struct sketch_place){s, first, n};
}

static uint32_t places_known(const struct sketch *sketch)
{
    return sketch->place_count < SKETCH_PLACES ? sketch->place_count : SKETCH_PLACES;
}

/* The child has the newest of its parent's. */
static void fork_places(struct sketch *sketch, uint8_t s, uint8_t t)
{
    enum { COPIED = SKETCH_PLACES / 4 };
    struct sketch_place copies[COPIED];
    uint32_t known = places_known(sketch), count = 0;
    for (uint32_t back = 1; back <= known && count < COPIED; back++) {
        const struct sketch_place *place =
            &sketch->places[(sketch->place_count - back) % SKETCH_PLACES];
        if (place->s == s)
            copies[count++] = *place;
    }
    while (count-- > 0)
        add_place(sketch, t, copies[count].first, copies[count].n);
}

static void follow(struct sketch *sketch, const struct op *op)
{
    if (has_letter(op, 's'))
        sketch->recent = op->s;
    switch ((enum op_code)op->code) {
    case OP_CREATE:
        sketch->spaces |= (uint16_t)(1u << op->s);
        return;
    case OP_DESTROY:
        sketch->spaces &= (uint16_t) ~(1u << op->s);
        return;
    case OP_FORK:
        sketch->spaces |= (uint16_t)(1u << op->t);
        fork_places(sketch, op->s, op->t);
        return;
    case OP_SEGMENT:
        sketch->segments |= (uint16_t)(1u << op->g);
        sketch->segment_pages[op->g] = op->n;
        return;
    case OP_RELEASE:
        sketch->segments &= (uint16_t) ~(1u << op->g);
        return;
    default:
        if (has_letter(op, 'n') && op->n && !(op->flags & OP_ANY))
            add_place(sketch, op->s, op->va >> (sketch->bits + 2), op->n);
    }
}

void sketch_follow(struct sketch *sketch, const struct test_case *c, uint32_t count)
{
    *sketch = (struct sketch){.bits = c->head.bits};
    for (uint32_t i = 0; i < count; i++)
        follow(sketch, &c->ops[i]);
}

/* ---- Choosing. ---- */

/* A slot that is in use or is not, as wanted; any if there is none. */
static uint8_t pick_slot(uint16_t used, bool wanted, uint64_t *random)
{
    uint16_t good = wanted ? used : (uint16_t)~used;
    uint8_t slot = (uint8_t)pick(random, OP_SLOTS);
    if (!wanted && pick_in(random, 3, 4)) /* low ones, so that cases meet in them */
        slot = 0;
    for (uint8_t i = 0; i < OP_SLOTS; i++)
        if (good >> (slot + i) % OP_SLOTS & 1)
            return (slot + i) % OP_SLOTS;
    return slot;
}

/* One time in 32 as chance has it. */
static bool as_chance_has_it(uint64_t *random)
{
    return pick_in(random, 1, 32);
}

static uint8_t pick_space(const struct sketch *sketch, bool wanted, uint64_t *random)
{
    if (as_chance_has_it(random))
        return (uint8_t)pick(random, OP_SLOTS);
    if (wanted && sketch->spaces >> sketch->recent & 1 && pick_in(random, 1, 2))
        return sketch->recent;
    return pick_slot(sketch->spaces, wanted, random);
}

/* The last page of the i386's users, and of those machines that halve their addresses (bits < 5).
 */
static uint32_t user_pages(const struct sketch *sketch)
{
    uint32_t all = 1u << 2 * sketch->bits;
    return sketch->bits < 5 ? all / 2 : all / 4 * 3;
}

/* A place, in the space if there is one of it among a few. */
static const struct sketch_place *pick_place(const struct sketch *sketch, uint8_t s,
                                             uint64_t *random)
{
    const struct sketch_place *place = NULL;
    uint32_t known = places_known(sketch);
    for (int tries = 0; tries < 4 && known; tries++) {
        place = &sketch->places[pick(random, known)];
        if (place->s == s)
            break;
    }
    return place;
}

static uint32_t pick_page(const struct sketch *sketch, uint8_t s, uint64_t *random)
{
    const struct sketch_place *place = pick_place(sketch, s, random);
    uint32_t edge = 1u << sketch->bits, chance = pick(random, 16);
    if (chance == 0)
        return pick_in(random, 1, 2) ? pick(random, 2 * edge)
                                     : user_pages(sketch) + 1 - pick(random, 4);
    if (chance == 1 || !place)
        return pick_in(random, 1, 2) ? 1 + pick(random, 8) : edge - 2 + pick(random, 4);
    switch (pick(random, 8)) {
    case 0:
        return place->first - 1;
    case 1:
        return place->first + place->n;
    case 2:
    case 3:
        return place->first + place->n - 1;
    case 4:
        return place->first + pick(random, place->n);
    case 5: /* where its table ends */
        return (place->first & ~(edge - 1)) + edge - pick(random, 2);
    default:
        return place->first;
    }
}

static uint32_t page_address(const struct sketch *sketch, uint32_t page)
{
    return page << (sketch->bits + 2);
}

static uint32_t word_address(const struct sketch *sketch, uint8_t s, uint64_t *random)
{
    uint32_t words = 1u << sketch->bits, word = 0;
    if (pick_in(random, 1, 4))
        word = pick_in(random, 1, 2) ? words - 1 : pick(random, words);
    return page_address(sketch, pick_page(sketch, s, random)) + 4 * word;
}

static uint32_t pick_count(const struct sketch *sketch, const struct op *op, uint64_t *random)
{
    uint32_t page = op->va >> (sketch->bits + 2), edge = 1u << sketch->bits;
    const struct sketch_place *place = pick_place(sketch, op->s, random);
    switch (pick(random, 16)) {
    case 0: /* to the end of the place */
    case 1:
        return place ? place->first + place->n - page : 1;
    case 2:
        return place ? place->n : 2;
    case 3: /* to the end of the table, or a page further */
        return edge - page % edge + pick(random, 2);
    case 4:
        return 1 + pick(random, 4 * edge);
    case 5:
        return pick_in(random, 1, 4) ? pick(random, UINT32_MAX) : pick(random, 3);
    default:
        return 1 + pick(random, 4);
    }
}

static void pick_way_to_map(const struct sketch *sketch, uint64_t *random, struct op *op)
{
    op->flags &= (uint8_t) ~(OP_EAGER | OP_BACKED);
    op->g = 0;
    op->x = 0;
    if (pick_in(random, 1, 4))
        op->flags |= OP_EAGER;
    if (!sketch->segments || pick_in(random, 1, 2))
        return;
    op->flags |= OP_BACKED;
    op->g = pick_slot(sketch->segments, !as_chance_has_it(random), random);
    uint32_t pages = sketch->segment_pages[op->g], rest = pages > op->n ? pages - op->n : 0;
    op->x = pick_in(random, 1, 2) ? 0 : pick(random, rest < UINT32_MAX ? rest + 1 : rest);
}

void sketch_argument(const struct sketch *sketch, char letter, uint64_t *random, struct op *op)
{
    enum { DEVICE_FRAMES = 16 };
    bool makes = op->code == OP_CREATE || op->code == OP_SEGMENT;
    switch (letter) {
    case 's':
        op->s = pick_space(sketch, !makes, random);
        return;
    case 't':
        op->t = pick_space(sketch, false, random);
        return;
    case 'g':
        op->g = pick_slot(sketch->segments, makes == as_chance_has_it(random), random);
        return;
    case 'a':
        op->flags &= (uint8_t)~OP_ANY;
        op->va = 0;
        if (pick_in(random, 1, 4))
            op->flags |= OP_ANY;
        else
            op->va = page_address(sketch, pick_page(sketch, op->s, random));
        return;
    case 'p':
        op->va = page_address(sketch, pick_page(sketch, op->s, random));
        return;
    case 'w':
        op->va = word_address(sketch, op->s, random);
        return;
    case 'n':
        op->n = pick_count(sketch, op, random);
        return;
    case 'r':
        op->prot = pick_in(random, 1, 2) ? PROT_RW : (uint8_t)pick(random, PROTS);
        return;
    case 'm':
        pick_way_to_map(sketch, random, op);
        return;
    case 'd':
        op->x = as_chance_has_it(random) ? pick(random, UINT32_MAX) : pick(random, DEVICE_FRAMES);
        return;
    case 'v':
        op->x = pick_in(random, 1, 2) ? pick(random, 128) : pick(random, UINT32_MAX);
        return;
    case 'k':
        op->x = pick(random, 12);
        return;
    case 'y':
        op->flags = pick_in(random, 1, 8) ? OP_STICKY : 0;
        return;
    }
}

void sketch_op(const struct sketch *sketch, enum op_code code, uint64_t *random, struct op *op)
{
    *op = (struct op){.code = (uint8_t)code, .expect = OP_EXPECT_NOTHING};
    for (const char *letter = op_infos[code].args; *letter; letter++)
        sketch_argument(sketch, *letter, random, op);
}
