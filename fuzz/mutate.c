/* mutate.c: see mutate.h. */
#include "mutate.h"
#include "pick.h"
#include "sketch.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Lists of operations. ---- */

void mutate_remove(struct test_case *c, uint32_t at, uint32_t count)
{
    assert(at <= c->count && count <= c->count - at);
    if (!count)
        return;
    memmove(c->ops + at, c->ops + at + count, (c->count - at - count) * sizeof *c->ops);
    c->count -= count;
}

/* As many as there is room for; the operations are not of c. */
static void insert(struct test_case *c, uint32_t at, const struct op *ops, uint32_t count)
{
    assert(at <= c->count && c->count <= INPUT_OPS_MAX);
    uint32_t behind = c->count - at;
    if (count > INPUT_OPS_MAX - c->count)
        count = INPUT_OPS_MAX - c->count;
    if (!count)
        return;
    for (uint32_t i = 0; i < count; i++)
        case_append(c, &ops[i]);
    memmove(c->ops + at + count, c->ops + at, behind * sizeof *c->ops);
    memcpy(c->ops + at, ops, count * sizeof *c->ops);
}

/* A run of operations, mostly short; count is 0 when there are none. */
struct run {
    uint32_t at, count;
};

static struct run pick_run(const struct test_case *c, uint64_t *random)
{
    struct run run = {0, 0};
    if (!c->count)
        return run;
    run.at = pick(random, c->count);
    uint32_t rest = c->count - run.at;
    run.count = 1 + (pick_in(random, 1, 8) ? pick(random, rest) : pick(random, 4));
    if (run.count > rest)
        run.count = rest;
    return run;
}

static void insert_run(struct test_case *c, uint32_t at, const struct test_case *from,
                       struct run run)
{
    static struct op copy[INPUT_OPS_MAX];
    if (!run.count)
        return;
    memcpy(copy, from->ops + run.at, run.count * sizeof *copy);
    insert(c, at, copy, run.count);
}

/* ---- Edits. ---- */

/* Accesses find out what the others have done. */
static enum op_code pick_code(uint64_t *random)
{
    static const enum op_code accesses[] = {OP_READ, OP_WRITE, OP_WRITE, OP_COPY_IN, OP_COPY_OUT};
    if (pick_in(random, 1, 3))
        return accesses[pick(random, sizeof accesses / sizeof *accesses)];
    enum op_code code = (enum op_code)pick(random, OP_CODES);
    return code != OP_CHECK || pick_in(random, 1, 8) ? code : OP_MAP;
}

static void edit_insert(struct test_case *c, uint64_t *random)
{
    uint32_t at = pick_in(random, 1, 3) ? c->count : pick(random, c->count + 1);
    for (uint32_t left = 1 + pick(random, 4); left; left--, at++) {
        struct sketch sketch;
        struct op op;
        if (c->count >= INPUT_OPS_MAX)
            return;
        sketch_follow(&sketch, c, at);
        sketch_op(&sketch, pick_code(random), random, &op);
        insert(c, at, &op, 1);
    }
}

static void edit_delete(struct test_case *c, uint64_t *random)
{
    struct run run = pick_run(c, random);
    mutate_remove(c, run.at, run.count);
}

/* Again at once, or elsewhere. */
static void edit_repeat(struct test_case *c, uint64_t *random)
{
    struct run run = pick_run(c, random);
    uint32_t at = pick_in(random, 1, 2) ? run.at + run.count : pick(random, c->count + 1);
    insert_run(c, at, c, run);
}

static void edit_move(struct test_case *c, uint64_t *random)
{
    static struct op copy[INPUT_OPS_MAX];
    struct run run = pick_run(c, random);
    if (!run.count)
        return;
    memcpy(copy, c->ops + run.at, run.count * sizeof *copy);
    mutate_remove(c, run.at, run.count);
    insert(c, pick(random, c->count + 1), copy, run.count);
}

/* One argument of one operation. */
static void edit_retarget(struct test_case *c, uint64_t *random)
{
    struct sketch sketch;
    if (!c->count)
        return;
    struct op *op = &c->ops[pick(random, c->count)];
    const char *letters = op_infos[op->code].args;
    if (!*letters)
        return;
    sketch_follow(&sketch, c, (uint32_t)(op - c->ops));
    sketch_argument(&sketch, letters[pick(random, (uint32_t)strlen(letters))], random, op);
}

/* Another operation on the same space and pages. */
static void edit_recode(struct test_case *c, uint64_t *random)
{
    struct sketch sketch;
    struct op op;
    if (!c->count)
        return;
    struct op *old = &c->ops[pick(random, c->count)];
    enum op_code code = pick_code(random);
    const char *before = op_infos[old->code].args, *after = op_infos[code].args;
    sketch_follow(&sketch, c, (uint32_t)(old - c->ops));
    sketch_op(&sketch, code, random, &op);
    if (strchr(before, 's') && strchr(after, 's') && code != OP_CREATE)
        op.s = old->s;
    if (strpbrk(before, "paw") && strpbrk(after, "paw") && !((op.flags | old->flags) & OP_ANY))
        op.va = strchr(after, 'w') ? old->va & ~3u : old->va;
    if (strchr(before, 'n') && strchr(after, 'n'))
        op.n = old->n;
    *old = op;
}

/* Memory runs out in an operation. */
static void edit_fail(struct test_case *c, uint64_t *random)
{
    struct op op = {.code = OP_FAIL, .x = 1 + pick(random, 8), .expect = OP_EXPECT_NOTHING};
    insert(c, pick(random, c->count + 1), &op, 1);
}

static void edit_design(struct test_case *c, uint64_t *random)
{
    unsigned axis = pick(random, AXES);
    c->head.design.choice[axis] = (uint8_t)pick(random, axis_infos[axis].choices);
}

static void edit_tlb(struct test_case *c, uint64_t *random)
{
    c->head.tlb = (uint8_t)pick(random, TLBS);
}

/* Few frames bring about what happens when there are none. */
static void edit_limit(struct test_case *c, uint64_t *random)
{
    c->head.limit = pick_in(random, 1, 4) ? 0 : 1 + pick(random, 64);
}

/* The i386, small ones, and one with tiny pages: few, since each takes time to make. */
static void edit_machine(struct test_case *c, uint64_t *random)
{
    struct case_head *head = &c->head;
    head->ram = RAM_DEFAULT;
    head->slots = SLOTS_DEFAULT;
    head->bits = BITS_MAX;
    switch (pick(random, 8)) {
    case 0:
        head->ram = RAM_MIN;
        return;
    case 1:
        head->slots = pick(random, 2);
        return;
    case 2:
        head->bits = BITS_MIN;
        head->ram = RAM_MIN;
        return;
    default:
        return;
    }
}

/* Every input is compared at its end, or after each operation.  A check in the middle costs in QEMU
 * as much as all the rest of a short input, so few are kept. */
static void drop_checks(struct test_case *c, uint64_t *random)
{
    uint32_t kept = 0;
    if (pick_in(random, 1, 32))
        return;
    for (uint32_t i = 0; i < c->count; i++)
        if (c->ops[i].code != OP_CHECK)
            c->ops[kept++] = c->ops[i];
    c->count = kept;
}

/* In the proportion in which they stand here. */
static const struct edit {
    const char *name;
    void (*make)(struct test_case *c, uint64_t *random);
    uint32_t weight;
} edits[] = {
    {"insert", edit_insert, 16}, {"retarget", edit_retarget, 12}, {"delete", edit_delete, 8},
    {"repeat", edit_repeat, 6},  {"move", edit_move, 4},          {"recode", edit_recode, 6},
    {"fail", edit_fail, 3},      {"design", edit_design, 4},      {"tlb", edit_tlb, 1},
    {"limit", edit_limit, 3},    {"machine", edit_machine, 1},
};
enum { EDITS = sizeof edits / sizeof edits[0] };

static const struct edit *pick_edit(uint64_t *random)
{
    uint32_t all = 0, i = 0;
    for (unsigned e = 0; e < EDITS; e++)
        all += edits[e].weight;
    uint32_t chosen = pick(random, all);
    while (chosen >= edits[i].weight)
        chosen -= edits[i++].weight;
    return &edits[i];
}

void mutate_case(struct test_case *c, uint32_t rounds, uint64_t *random,
                 char names[MUTATE_NAMES_MAX])
{
    size_t used = 0;
    uint32_t left = 0;
    names[0] = '\0';
    for (; rounds; rounds--)
        left += 1 + (pick_in(random, 1, 2) ? 0 : pick(random, 4));
    for (; left; left--) {
        const struct edit *edit = pick_edit(random);
        edit->make(c, random);
        int length =
            snprintf(names + used, MUTATE_NAMES_MAX - used, "%s%s", used ? "," : "", edit->name);
        used += (size_t)length;
        if (used >= MUTATE_NAMES_MAX)
            used = MUTATE_NAMES_MAX - 1;
    }
    drop_checks(c, random);
}

void mutate_splice(struct test_case *c, const struct test_case *other, uint64_t *random)
{
    struct run run = {0, 0};
    uint32_t at = pick(random, c->count + 1);
    if (pick_in(random, 1, 2)) { /* the beginning of one and the end of the other */
        run.at = pick(random, other->count + 1);
        run.count = other->count - run.at;
        c->count = at;
    } else {
        run = pick_run(other, random);
    }
    insert_run(c, at, other, run);
    drop_checks(c, random);
}

size_t mutate_write(struct test_case *c, uint8_t *bytes, size_t max)
{
    uint8_t op[OP_BYTES_MAX];
    size_t length;
    uint8_t *all = case_write_bytes(c, &length);
    while (length > max && c->count)
        length -= case_write_op_bytes(&c->ops[--c->count], c->head.bits, op);
    if (length > max)
        length = 0;
    memcpy(bytes, all, length);
    free(all);
    return length;
}
