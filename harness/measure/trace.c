/* trace.c: see trace.h. */
#include "trace.h"
#include <stdlib.h>

enum { PAGE_BITS = 12 };

struct trace trace_begin(struct test_case *c)
{
    struct trace t = {.c = c, .expect = STATUS_OK};
    rng_seed(&t.rng, 1);
    return t;
}

static void add(struct trace *t, struct op op)
{
    op.expect = t->expect;
    case_append(t->c, &op);
}

/* An operation on pages of a space. */
static struct op pages(enum op_code code, uint32_t s, uint32_t page, uint32_t n)
{
    return (struct op){.code = (uint8_t)code, .s = (uint8_t)s, .va = page << PAGE_BITS, .n = n};
}

void trace_create(struct trace *t, uint32_t s)
{
    add(t, (struct op){.code = OP_CREATE, .s = (uint8_t)s});
}

void trace_destroy(struct trace *t, uint32_t s)
{
    add(t, (struct op){.code = OP_DESTROY, .s = (uint8_t)s});
}

void trace_fork(struct trace *t, uint32_t s, uint32_t child)
{
    add(t, (struct op){.code = OP_FORK, .s = (uint8_t)s, .t = (uint8_t)child});
}

void trace_segment(struct trace *t, uint32_t g, uint32_t n)
{
    add(t, (struct op){.code = OP_SEGMENT, .g = (uint8_t)g, .n = n});
}

void trace_release(struct trace *t, uint32_t g)
{
    add(t, (struct op){.code = OP_RELEASE, .g = (uint8_t)g});
}

void trace_map(struct trace *t, uint32_t s, uint32_t page, uint32_t n, enum op_prot prot)
{
    struct op op = pages(OP_MAP, s, page, n);
    op.prot = (uint8_t)prot;
    add(t, op);
}

void trace_map_any(struct trace *t, uint32_t s, uint32_t n)
{
    struct op op = pages(OP_MAP, s, 0, n);
    op.prot = PROT_RW;
    op.flags = OP_ANY;
    add(t, op);
}

void trace_map_segment(struct trace *t, uint32_t s, uint32_t page, uint32_t n, uint32_t g,
                       uint32_t offset)
{
    struct op op = pages(OP_MAP, s, page, n);
    op.prot = PROT_RW;
    op.flags = OP_BACKED;
    op.g = (uint8_t)g;
    op.x = offset;
    add(t, op);
}

void trace_unmap(struct trace *t, uint32_t s, uint32_t page, uint32_t n)
{
    add(t, pages(OP_UNMAP, s, page, n));
}

void trace_protect(struct trace *t, uint32_t s, uint32_t page, uint32_t n, enum op_prot prot)
{
    struct op op = pages(OP_PROTECT, s, page, n);
    op.prot = (uint8_t)prot;
    add(t, op);
}

void trace_read(struct trace *t, uint32_t s, uint32_t page)
{
    add(t, pages(OP_READ, s, page, 0));
}

/* An operation that writes a word, which nobody wrote before. */
static void write_by(struct trace *t, enum op_code code, uint32_t s, uint32_t page)
{
    struct op op = pages(code, s, page, 0);
    op.x = ++t->words;
    add(t, op);
}

void trace_write(struct trace *t, uint32_t s, uint32_t page)
{
    write_by(t, OP_WRITE, s, page);
}

void trace_copy_out(struct trace *t, uint32_t s, uint32_t page)
{
    write_by(t, OP_COPY_OUT, s, page);
}

void trace_evict(struct trace *t, uint32_t s, uint32_t page)
{
    add(t, pages(OP_EVICT, s, page, 0));
}

void trace_discard(struct trace *t, uint32_t s)
{
    add(t, (struct op){.code = OP_DISCARD, .s = (uint8_t)s});
}

void trace_check(struct trace *t)
{
    add(t, (struct op){.code = OP_CHECK});
}

void trace_access(struct trace *t, uint32_t s, uint32_t page)
{
    if (rng_one_in(&t->rng, 3))
        trace_write(t, s, page);
    else
        trace_read(t, s, page);
}

uint32_t *trace_shuffled(struct trace *t, uint32_t n)
{
    uint32_t *order = malloc(n * sizeof *order);
    if (!order) {
        fprintf(stderr, "pagerig: out of memory\n");
        exit(125);
    }
    for (uint32_t i = 0; i < n; i++) {
        uint32_t j = rng_below(&t->rng, i + 1);
        order[i] = order[j];
        order[j] = i;
    }
    return order;
}
