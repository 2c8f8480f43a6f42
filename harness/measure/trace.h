/* trace.h: writing a workload down, an operation at a time.  Only the workloads include this.
 *
 * Places are page numbers.  Words that are written all differ. */
#ifndef MEASURE_TRACE_H
#define MEASURE_TRACE_H

#include "../lib/rng.h"
#include "workload.h"

/* Programs begin here: page 0 is nobody's, and the first table is left to those who want it. */
enum { TRACE_FIRST_PAGE = 1024, TRACE_TABLE_PAGES = 1024 };

struct trace {
    struct test_case *c;
    struct rng rng;
    uint32_t words;
    uint8_t expect; /* of the operations that follow */
};

struct trace trace_begin(struct test_case *c);

void trace_create(struct trace *t, uint32_t s);
void trace_destroy(struct trace *t, uint32_t s);
void trace_fork(struct trace *t, uint32_t s, uint32_t child);
void trace_segment(struct trace *t, uint32_t g, uint32_t n);
void trace_release(struct trace *t, uint32_t g);
void trace_map(struct trace *t, uint32_t s, uint32_t page, uint32_t n, enum op_prot prot);
void trace_map_any(struct trace *t, uint32_t s, uint32_t n);
void trace_map_segment(struct trace *t, uint32_t s, uint32_t page, uint32_t n, uint32_t g,
                       uint32_t offset);
void trace_unmap(struct trace *t, uint32_t s, uint32_t page, uint32_t n);
void trace_protect(struct trace *t, uint32_t s, uint32_t page, uint32_t n, enum op_prot prot);
void trace_read(struct trace *t, uint32_t s, uint32_t page);
void trace_write(struct trace *t, uint32_t s, uint32_t page);
void trace_copy_out(struct trace *t, uint32_t s, uint32_t page);
void trace_evict(struct trace *t, uint32_t s, uint32_t page);
void trace_discard(struct trace *t, uint32_t s);
void trace_check(struct trace *t);

/* A read, or once in three a write. */
void trace_access(struct trace *t, uint32_t s, uint32_t page);

/* The numbers below n in no order; malloc. */
uint32_t *trace_shuffled(struct trace *t, uint32_t n);

#endif
