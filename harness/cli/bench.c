/* bench.c: `pagerig bench`: how fast the rig is, on this machine, now.  Each figure is the median
 * of several runs, with the least and the most, since machines are shared and noisy.  Nothing here
 * is a test. */
#include "../check/rig.h"
#include "../gen/gen.h"
#include "options.h"
#include "progress.h"
#include <stdlib.h>
#include <string.h>

enum { RUNS_MAX = 99, SEQUENCE = 256 };

struct bench {
    uint64_t runs;
    uint64_t ops; /* of one run */
};

const struct option_row bench_options[] = {
    {"runs", "N", "runs of each figure (default 7)", option_number, offsetof(struct bench, runs), 1,
     RUNS_MAX},
    {"ops", "N", "operations of one run (default 1,000,000)", option_number,
     offsetof(struct bench, ops), SEQUENCE, UINT64_MAX >> 1},
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

/* A benchmark that diverges measures nothing. */
static void must(bool good, const struct finding *finding)
{
    char title[64];
    if (good)
        return;
    fprintf(stderr, "pagerig: bench: %s: expected %s, actual %s\n", finding_title(finding, title),
            finding->expected, finding->actual);
    exit(EXIT_DIVERGED);
}

static void step(struct rig *rig, const struct op *op)
{
    struct finding finding;
    must(rig_step(rig, op, &finding), &finding);
}

/* Generated sequences, resets included. */
static double generated(const struct bench *bench, uint32_t any)
{
    static struct rig *rig;
    struct gen_options options = {.design = case_head_default.design, .tlb = TLB_PARANOID};
    struct finding finding;
    struct case_head head;
    struct gen gen;
    struct op op;
    if (any)
        memset(options.design.choice, CHOICE_ANY, AXES);
    rig = rig ? rig : world();
    uint64_t sequences = (bench->ops + SEQUENCE - 1) / SEQUENCE;
    double start = progress_clock();
    for (uint64_t seed = 0; seed < sequences; seed++) {
        gen_begin(&gen, seed, &options, &head);
        must(rig_reset(rig, &head, &finding), &finding);
        for (unsigned i = 0; i < SEQUENCE; i++) {
            gen_next(&gen, rig_model(rig), &op);
            step(rig, &op);
        }
        must(rig_finish(rig, &finding), &finding);
    }
    return (double)(sequences * SEQUENCE) / (progress_clock() - start);
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
    must(rig_reset(rig, &head, &finding), &finding);
    rng_seed(&rng, pages);
    step(rig, &(struct op){.code = OP_CREATE});
    for (uint32_t i = 0; i < pages; i += REGION)
        step(rig, &(struct op){.code = OP_MAP,
                               .va = (FIRST + i) * PAGE,
                               .n = REGION,
                               .prot = PROT_RW,
                               .flags = OP_EAGER});
    uint64_t ops = bench->ops / 4 / ROUND * ROUND;
    double start = progress_clock();
    for (uint64_t i = 0; i < ops; i += ROUND) {
        uint32_t at = rng_below(&rng, pages), region = (FIRST + at - at % REGION) * PAGE;
        uint32_t va = (FIRST + at) * PAGE;
        step(rig, &(struct op){.code = OP_WRITE, .va = va, .x = (uint32_t)i});
        step(rig, &(struct op){.code = OP_PROTECT, .va = region, .n = REGION, .prot = PROT_R});
        step(rig, &(struct op){.code = OP_READ, .va = va});
        step(rig, &(struct op){.code = OP_PROTECT, .va = region, .n = REGION, .prot = PROT_RW});
        step(rig, &(struct op){.code = OP_EVICT, .va = va});
        step(rig, &(struct op){.code = OP_COPY_IN, .va = va});
        step(rig, &(struct op){.code = OP_UNMAP, .va = region, .n = REGION});
        step(rig,
             &(struct op){
                 .code = OP_MAP, .va = region, .n = REGION, .prot = PROT_RW, .flags = OP_EAGER});
    }
    double rate = (double)ops / (progress_clock() - start);
    must(rig_finish(rig, &finding), &finding);
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
    must(rig_reset(rig, &case_head_default, &finding), &finding);
    rng_seed(&rng, allocations);
    step(rig, &(struct op){.code = OP_CREATE});
    double start = progress_clock();
    for (uint32_t i = 0; i < allocations; i++) {
        uint32_t k = rng_below(&rng, LIVE);
        if (live[k].n) {
            step(rig, &(struct op){.code = OP_UNMAP, .va = live[k].va, .n = live[k].n});
            live[k].n = 0;
            continue;
        }
        /* Each has a place of its own, so that the place is known without asking. */
        live[k].n = 1 + rng_below(&rng, 4);
        live[k].va = (16 + 8 * k) * PAGE;
        step(rig, &(struct op){.code = OP_MAP,
                               .va = live[k].va,
                               .n = live[k].n,
                               .prot = PROT_RW,
                               .flags = OP_EAGER});
    }
    must(rig_finish(rig, &finding), &finding);
    double seconds = progress_clock() - start;
    rig_free(rig);
    return seconds;
}

static void measure(const struct bench *bench, const char *name, const char *unit, double scale,
                    double (*run)(const struct bench *, uint32_t), uint32_t argument)
{
    double result[RUNS_MAX];
    for (uint64_t i = 0; i < bench->runs; i++)
        result[i] = run(bench, argument) * scale;
    qsort(result, bench->runs, sizeof *result, ascending);
    printf("%-44s %8.2f %s  (%.2f to %.2f, %u runs)\n", name, result[bench->runs / 2], unit,
           result[0], result[bench->runs - 1], (unsigned)bench->runs);
    fflush(stdout);
}

int cmd_bench(int argc, char **argv)
{
    struct bench bench = {.runs = 7, .ops = 1000000};
    int rest = options_read(argc, argv, bench_options, &bench);
    if (rest == OPTIONS_FAILED)
        return EXIT_USAGE;
    if (rest > 0)
        return options_refuse("bench", "takes no argument '%s'", argv[1]);
    const char *unit = "million checked operations a second";
    measure(&bench, "generated, default design, paranoid TLB", unit, 1e-6, generated, false);
    measure(&bench, "generated, any design, paranoid TLB", unit, 1e-6, generated, true);
    measure(&bench, "100 mapped pages", unit, 1e-6, mapped, 100);
    measure(&bench, "1,000 mapped pages", unit, 1e-6, mapped, 1000);
    measure(&bench, "10,000 mapped pages", unit, 1e-6, mapped, 10000);
    measure(&bench, "the thread's test: 100,000 maps and unmaps", "milliseconds", 1e3, thread_test,
            100000);
    return EXIT_CLEAN;
}
