/* workload_spaces.c: workloads of several address spaces: fork, shared segments, a shell, and a
 * machine that is nearly full. */
#include "workload_private.h"
#include <stdlib.h>

/* ---- A process: regions of two pages; of every other one a page is in use. ---- */

enum { PROCESS_STRIDE = 4, PROCESS_LENGTH = 2 };

static uint32_t process_page(uint32_t i)
{
    return TRACE_FIRST_PAGE + PROCESS_STRIDE * i;
}

static void make_process(struct trace *t, uint32_t s, uint32_t regions)
{
    trace_create(t, s);
    for (uint32_t i = 0; i < regions; i++)
        trace_map(t, s, process_page(i), PROCESS_LENGTH, PROT_RW);
    for (uint32_t i = 0; i < regions; i += 2)
        trace_write(t, s, process_page(i));
}

static uint32_t some_page(struct trace *t, uint32_t regions)
{
    return process_page(rng_below(&t->rng, regions));
}

/* ---- fork ---- */

void workload_fork(struct test_case *c, uint32_t regions)
{
    enum { GENERATIONS = 4 };
    struct trace t = trace_begin(c);

    make_process(&t, 0, regions);
    for (uint32_t generation = 0; generation < GENERATIONS; generation++) {
        uint32_t parent = generation % 2, child = 1 - parent;
        trace_fork(&t, parent, child);
        for (uint32_t left = regions / 8; left; left--) {
            trace_write(&t, child, some_page(&t, regions));
            trace_write(&t, child, some_page(&t, regions));
            trace_read(&t, child, some_page(&t, regions));
            trace_write(&t, parent, some_page(&t, regions));
        }
        trace_check(&t);
        trace_destroy(&t, parent);
    }
    trace_destroy(&t, GENERATIONS % 2);
}

/* ---- share ---- */

enum { SHARE_SPACES = 8, SHARE_LENGTH = 2 };

/* Eight regions that follow each other show the same part of the same segment, in eight spaces. */
static void share_map(struct trace *t, uint32_t i)
{
    uint32_t part = i / SHARE_SPACES;
    trace_map_segment(t, i % SHARE_SPACES, process_page(part), SHARE_LENGTH, part % OP_SLOTS,
                      part / OP_SLOTS * SHARE_LENGTH);
}

static void share_use(struct trace *t, uint32_t regions)
{
    uint32_t i = rng_below(&t->rng, regions), page = process_page(i / SHARE_SPACES);
    uint32_t s = i % SHARE_SPACES, other = (i ^ 1) < regions ? (i ^ 1) % SHARE_SPACES : s;
    if (rng_one_in(&t->rng, 8)) {
        trace_unmap(t, s, page, SHARE_LENGTH);
        share_map(t, i);
    } else if (rng_one_in(&t->rng, 8)) {
        trace_evict(t, s, page);
        trace_read(t, other, page);
    } else {
        trace_write(t, s, page);
        trace_read(t, other, page);
    }
}

void workload_share(struct test_case *c, uint32_t regions)
{
    struct trace t = trace_begin(c);
    uint32_t parts = (regions + SHARE_SPACES - 1) / SHARE_SPACES;

    for (uint32_t s = 0; s < SHARE_SPACES; s++)
        trace_create(&t, s);
    for (uint32_t g = 0; g < OP_SLOTS; g++)
        trace_segment(&t, g, SHARE_LENGTH * ((parts + OP_SLOTS - 1) / OP_SLOTS));
    for (uint32_t i = 0; i < regions; i++)
        share_map(&t, i);
    for (uint32_t i = 0; i < regions; i++)
        trace_access(&t, i % SHARE_SPACES, process_page(i / SHARE_SPACES));
    trace_check(&t);
    for (uint32_t left = 2 * regions; left; left--)
        share_use(&t, regions);
    for (uint32_t g = 0; g < OP_SLOTS; g++)
        trace_release(&t, g);
    for (uint32_t s = 0; s < SHARE_SPACES; s++)
        trace_destroy(&t, s);
}

/* ---- shell ---- */

enum { SHELL = 0, CHILD = 1, TEXT = 0, TEXT_PAGES = 64 };

/* A program in place of what the child inherited: one region in four is text, which all share. */
static void shell_exec(struct trace *t, uint32_t regions)
{
    trace_unmap(t, CHILD, TRACE_FIRST_PAGE, PROCESS_STRIDE * 2 * regions);
    for (uint32_t i = 0; i < regions; i++)
        if (i % 4 == 0)
            trace_map_segment(t, CHILD, process_page(i), PROCESS_LENGTH, TEXT,
                              i % (TEXT_PAGES - PROCESS_LENGTH));
        else
            trace_map(t, CHILD, process_page(i), PROCESS_LENGTH, PROT_RW);
    for (uint32_t i = 0; i < regions; i++)
        if (i % 4 == 0)
            trace_read(t, CHILD, process_page(i));
        else
            trace_write(t, CHILD, process_page(i));
}

void workload_shell(struct test_case *c, uint32_t regions)
{
    enum { COMMANDS = 4 };
    struct trace t = trace_begin(c);

    trace_segment(&t, TEXT, TEXT_PAGES);
    make_process(&t, SHELL, regions);
    for (unsigned command = 0; command < COMMANDS; command++) {
        trace_fork(&t, SHELL, CHILD);
        trace_copy_out(&t, CHILD, process_page(0)); /* the result of fork */
        for (uint32_t left = regions / 8; left; left--)
            trace_access(&t, CHILD, some_page(&t, regions));
        trace_check(&t);
        shell_exec(&t, regions / 2);
        trace_destroy(&t, CHILD);
        trace_copy_out(&t, SHELL, process_page(0)); /* that of wait */
        for (uint32_t left = regions / 8; left; left--)
            trace_access(&t, SHELL, some_page(&t, regions));
    }
    trace_destroy(&t, SHELL);
    trace_release(&t, TEXT);
}

/* ---- full ---- */

/* First in, first out: who is evicted next. */
struct residents {
    uint32_t *queue; /* a ring of `most` */
    bool *resident;  /* by number of the page */
    uint32_t count, most, oldest;
};

static void evict_oldest(struct trace *t, struct residents *r)
{
    uint32_t victim = r->queue[r->oldest];
    trace_evict(t, 0, process_page(victim));
    r->resident[victim] = false;
    r->oldest = (r->oldest + 1) % r->most;
    r->count--;
}

static void use_page(struct trace *t, struct residents *r, uint32_t i)
{
    if (!r->resident[i]) {
        if (r->count == r->most)
            evict_oldest(t, r);
        r->queue[(r->oldest + r->count++) % r->most] = i;
        r->resident[i] = true;
    }
    trace_access(t, 0, process_page(i));
}

/* A process that sleeps has a table for each of its few pages; another uses all other frames, and
 * evicts a page for each that it brings in.  At last it wants tables, too: a page that it gives up
 * is not enough for a page and its table, unless the VMM takes a table from the other. */
void workload_full(struct test_case *c, uint32_t regions)
{
    enum { SLEEPER = 1, SLEEPER_TABLES_MAX = 8, OUT_MAX = 48, DIRECTORIES = 2, LATER = 128 };
    uint32_t few = regions / 16 + 1;
    uint32_t sleeper_tables = few < SLEEPER_TABLES_MAX ? few : SLEEPER_TABLES_MAX;
    uint32_t out = regions / 4 < OUT_MAX ? regions / 4 : OUT_MAX;
    uint32_t tables = (PROCESS_STRIDE * regions + TRACE_TABLE_PAGES - 1) / TRACE_TABLE_PAGES;
    struct trace t = trace_begin(c);
    struct residents r = {.most = regions - out};
    r.queue = trace_shuffled(&t, regions);
    r.resident = calloc(regions, sizeof *r.resident);
    if (!r.resident)
        exit(125);
    c->head.limit = DIRECTORIES + 2 * sleeper_tables + tables + r.most;

    trace_create(&t, SLEEPER);
    for (uint32_t i = 0; i < sleeper_tables; i++) {
        trace_map(&t, SLEEPER, TRACE_FIRST_PAGE + i * TRACE_TABLE_PAGES, 1, PROT_RW);
        trace_write(&t, SLEEPER, TRACE_FIRST_PAGE + i * TRACE_TABLE_PAGES);
    }
    trace_create(&t, 0);
    for (uint32_t i = 0; i < regions; i++)
        trace_map(&t, 0, process_page(i), 1, PROT_RW);
    for (uint32_t i = 0; i < regions; i++)
        use_page(&t, &r, i);
    trace_check(&t);
    for (uint32_t left = 4 * regions; left; left--)
        use_page(&t, &r, rng_below(&t.rng, regions));

    t.expect = OP_EXPECT_NOTHING;
    for (uint32_t i = 0; i < sleeper_tables; i++) {
        uint32_t page = TRACE_FIRST_PAGE + (LATER + i) * TRACE_TABLE_PAGES;
        if (r.count)
            evict_oldest(&t, &r);
        trace_map(&t, 0, page, 1, PROT_RW);
        trace_write(&t, 0, page);
    }
    trace_destroy(&t, 0);
    trace_destroy(&t, SLEEPER);
    free(r.resident);
    free(r.queue);
}
