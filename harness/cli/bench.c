/* bench.c: `pagerig bench`: how fast the rig is, on this machine, now.  Each figure is the median
 * of several runs, with the least and the most, since machines are shared and noisy.  Nothing here
 * is a test. */
#include "bench.h"
#include "../gen/gen.h"
#include "progress.h"
#include <stdlib.h>
#include <string.h>

const struct option_row bench_options[] = {
    {"runs", "N", "runs of each figure (default 7)", option_number, offsetof(struct bench, runs), 1,
     BENCH_RUNS_MAX},
    {"ops", "N", "operations of one run (default 1,000,000; fewer on slow targets)", option_number,
     offsetof(struct bench, ops), BENCH_SEQUENCE, UINT64_MAX >> 1},
    TARGET_OPTION_ROWS(offsetof(struct bench, target), "sim"),
    {0},
};

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static struct rig *world(void)
{
    return rig_make(&(struct rig_config){"sim", RIG_CHECK_EVERY, OP_SLOTS, OP_SLOTS, NULL});
}

void bench_must(bool good, const struct finding *finding)
{
    char title[64];
    if (good)
        return;
    fprintf(stderr, "pagerig: bench: %s: expected %s, actual %s\n", finding_title(finding, title),
            finding->expected, finding->actual);
    exit(finding->oracle == ORACLE_RIG ? EXIT_CANNOT : EXIT_DIVERGED);
}

void bench_step(struct rig *rig, const struct op *op)
{
    struct finding finding;
    bench_must(rig_step(rig, op, &finding), &finding);
}

void bench_case(struct rig *rig, uint64_t seed, bool any, struct test_case *c)
{
    struct gen_options options = {.design = case_head_default.design, .tlb = TLB_PARANOID};
    struct finding finding;
    struct gen gen;
    if (any)
        memset(options.design.choice, CHOICE_ANY, AXES);
    gen_begin(&gen, seed, &options, &c->head);
    bench_must(rig_reset(rig, &c->head, &finding), &finding);
    for (c->count = 0; c->count < BENCH_SEQUENCE; c->count++) {
        gen_next(&gen, rig_model(rig), &c->ops[c->count]);
        bench_step(rig, &c->ops[c->count]);
    }
    bench_must(rig_finish(rig, &finding), &finding);
}

double bench_generated(struct rig *rig, uint64_t ops, bool any)
{
    struct op room[BENCH_SEQUENCE];
    struct test_case c = {.ops = room, .capacity = BENCH_SEQUENCE};
    uint64_t sequences = (ops + BENCH_SEQUENCE - 1) / BENCH_SEQUENCE;
    double start = progress_clock();
    for (uint64_t seed = 0; seed < sequences; seed++)
        bench_case(rig, seed, any, &c);
    return (double)(sequences * BENCH_SEQUENCE) / (progress_clock() - start);
}

static struct rig *generated_in; /* one world for all generated figures */

static double generated(const struct bench *bench, uint32_t any)
{
    return bench_generated(generated_in, bench->ops, any);
}

/* Small operations in a space with so many pages mapped and present, in regions of ten. */
static double mapped(const struct bench *bench, uint32_t pages)
{
    enum { REGION = 10, FIRST = 16, PAGE = 4096, ROUND = 8 };
    struct rig *rig = world();
    struct case_head head = case_head_default;
    struct finding finding;
    struct rng rng;
    head.ram = 16384;
    bench_must(rig_reset(rig, &head, &finding), &finding);
    rng_seed(&rng, pages);
    bench_step(rig, &(struct op){.code = OP_CREATE});
    for (uint32_t i = 0; i < pages; i += REGION)
        bench_step(rig, &(struct op){.code = OP_MAP,
                                     .va = (FIRST + i) * PAGE,
                                     .n = REGION,
                                     .prot = PROT_RW,
                                     .flags = OP_EAGER});
    uint64_t ops = bench->ops / 4 / ROUND * ROUND;
    double start = progress_clock();
    for (uint64_t i = 0; i < ops; i += ROUND) {
        uint32_t at = rng_below(&rng, pages), region = (FIRST + at - at % REGION) * PAGE;
        uint32_t va = (FIRST + at) * PAGE;
        bench_step(rig, &(struct op){.code = OP_WRITE, .va = va, .x = (uint32_t)i});
        bench_step(rig,
                   &(struct op){.code = OP_PROTECT, .va = region, .n = REGION, .prot = PROT_R});
        bench_step(rig, &(struct op){.code = OP_READ, .va = va});
        bench_step(rig,
                   &(struct op){.code = OP_PROTECT, .va = region, .n = REGION, .prot = PROT_RW});
        bench_step(rig, &(struct op){.code = OP_EVICT, .va = va});
        bench_step(rig, &(struct op){.code = OP_COPY_IN, .va = va});
        bench_step(rig, &(struct op){.code = OP_UNMAP, .va = region, .n = REGION});
        bench_step(
            rig,
            &(struct op){
                .code = OP_MAP, .va = region, .n = REGION, .prot = PROT_RW, .flags = OP_EAGER});
    }
    double rate = (double)ops / (progress_clock() - start);
    bench_must(rig_finish(rig, &finding), &finding);
    rig_free(rig);
    return rate;
}

/* The thread's own test: 100,000 random allocations and deallocations.  Seconds. */
static double thread_test(const struct bench *bench, uint32_t allocations)
{
    enum { LIVE = 64, PAGE = 4096 };
    struct rig *rig = world();
    struct finding finding;
    struct rng rng;
    struct {
        uint32_t va, n;
    } live[LIVE] = {{0, 0}};
    (void)bench;
    bench_must(rig_reset(rig, &case_head_default, &finding), &finding);
    rng_seed(&rng, allocations);
    bench_step(rig, &(struct op){.code = OP_CREATE});
    double start = progress_clock();
    for (uint32_t i = 0; i < allocations; i++) {
        uint32_t k = rng_below(&rng, LIVE);
        if (live[k].n) {
            bench_step(rig, &(struct op){.code = OP_UNMAP, .va = live[k].va, .n = live[k].n});
            live[k].n = 0;
            continue;
        }
        /* Each has a place of its own, so that the place is known without asking. */
        live[k].n = 1 + rng_below(&rng, 4);
        live[k].va = (16 + 8 * k) * PAGE;
        bench_step(rig, &(struct op){.code = OP_MAP,
                                     .va = live[k].va,
                                     .n = live[k].n,
                                     .prot = PROT_RW,
                                     .flags = OP_EAGER});
    }
    bench_must(rig_finish(rig, &finding), &finding);
    double seconds = progress_clock() - start;
    rig_free(rig);
    return seconds;
}

void bench_print(const char *name, const char *unit, double *result, uint64_t runs)
{
    qsort(result, runs, sizeof *result, ascending);
    printf("%-44s %8.2f %s  (%.2f to %.2f, %u runs)\n", name, result[runs / 2], unit, result[0],
           result[runs - 1], (unsigned)runs);
    fflush(stdout);
}

void bench_measure(const struct bench *bench, const char *name, const char *unit, double scale,
                   double (*run)(const struct bench *, uint32_t), uint32_t argument)
{
    double result[BENCH_RUNS_MAX];
    for (uint64_t i = 0; i < bench->runs; i++)
        result[i] = run(bench, argument) * scale;
    bench_print(name, unit, result, bench->runs);
}

static void measure_sim(const struct bench *bench)
{
    const char *unit = "million checked operations a second";
    generated_in = world();
    bench_measure(bench, "generated, default design, paranoid TLB", unit, 1e-6, generated, false);
    bench_measure(bench, "generated, any design, paranoid TLB", unit, 1e-6, generated, true);
    bench_split(bench, generated_in);
    bench_measure(bench, "100 mapped pages", unit, 1e-6, mapped, 100);
    bench_measure(bench, "1,000 mapped pages", unit, 1e-6, mapped, 1000);
    bench_measure(bench, "10,000 mapped pages", unit, 1e-6, mapped, 10000);
    bench_measure(bench, "the thread's test: 100,000 maps and unmaps", "milliseconds", 1e3,
                  thread_test, 100000);
}

int cmd_bench(int argc, char **argv)
{
    struct bench bench = {.runs = 7, .ops = 1000000, .target = target_option_default("sim")};
    int rest = options_read(argc, argv, bench_options, &bench);
    if (rest == OPTIONS_FAILED)
        return EXIT_USAGE;
    if (rest > 0)
        return options_refuse(argv[0], "takes no argument '%s'", argv[1]);
    if (strcmp(bench.target.name, "serial") == 0)
        return options_refuse(argv[0], "the serial target is as fast as its line");
    if (!target_option_shows_tables(&bench.target, argv[0]))
        return EXIT_USAGE;
    if (strcmp(bench.target.name, "sim") != 0)
        return bench_remote(&bench);
    measure_sim(&bench);
    return EXIT_CLEAN;
}
