/* bench_split.c: where the time of a generated operation on the simulated machine goes.
 *
 * The same sequences three times: generated and judged; judged only, from a recording; and run
 * only, by the VMM on the machine, with nobody looking.  The differences are the parts.  Each pass
 * goes over all sequences before the next, because a processor that has just seen a sequence
 * foresees its branches. */
#include "../gen/gen.h"
#include "bench.h"
#include <stdlib.h>
#include <time.h>

enum { GENERATING, RUNNING, JUDGING, PARTS };

struct recording {
    struct test_case *cases;
    struct op *ops;
    uint64_t count; /* of cases */
};

static struct recording make_recording(uint64_t ops)
{
    struct recording r = {.count = (ops + BENCH_SEQUENCE - 1) / BENCH_SEQUENCE};
    r.cases = calloc(r.count, sizeof *r.cases);
    r.ops = calloc(r.count * BENCH_SEQUENCE, sizeof *r.ops);
    if (!r.cases || !r.ops) {
        fprintf(stderr, "pagerig: bench: no memory for %llu operations; fewer with --ops\n",
                (unsigned long long)ops);
        exit(EXIT_CANNOT);
    }
    for (uint64_t i = 0; i < r.count; i++)
        r.cases[i] =
            (struct test_case){.ops = r.ops + i * BENCH_SEQUENCE, .capacity = BENCH_SEQUENCE};
    return r;
}

static void generate(struct rig *rig, const struct recording *r)
{
    for (uint64_t seed = 0; seed < r->count; seed++)
        bench_case(rig, seed, true, &r->cases[seed]);
}

static void judge(struct rig *rig, const struct recording *r)
{
    struct finding finding;
    for (uint64_t i = 0; i < r->count; i++)
        bench_must(rig_run(rig, &r->cases[i], &finding), &finding);
}

static void run(struct rig *rig, const struct recording *r)
{
    struct finding finding;
    struct outcome outcome;
    for (uint64_t i = 0; i < r->count; i++) {
        const struct test_case *c = &r->cases[i];
        bench_must(rig_reset(rig, &c->head, &finding), &finding);
        struct target *target = rig_target(rig);
        for (uint32_t k = 0; k < c->count; k++)
            if (c->ops[k].code != OP_CHECK)
                target->class->run(target, &c->ops[k], &outcome);
    }
}

/* Of processor time: passes are compared with each other, and others may use the machine too. */
static double seconds(void (*pass)(struct rig *, const struct recording *), struct rig *rig,
                      const struct recording *r)
{
    clock_t start = clock();
    pass(rig, r);
    return (double)(clock() - start) / CLOCKS_PER_SEC;
}

void bench_split(const struct bench *bench, struct rig *rig)
{
    static const char *const names[PARTS] = {
        [GENERATING] = "  of this, an operation takes: to generate",
        [RUNNING] = "  the VMM and the simulated machine",
        [JUDGING] = "  the model and all checks",
    };
    double result[PARTS][BENCH_RUNS_MAX];
    struct recording r = make_recording(bench->ops);
    double scale = 1e9 / (double)(r.count * BENCH_SEQUENCE);
    for (uint64_t i = 0; i < bench->runs; i++) {
        double all = seconds(generate, rig, &r), judged = seconds(judge, rig, &r);
        double ran = seconds(run, rig, &r);
        result[GENERATING][i] = (all - judged) * scale;
        result[RUNNING][i] = ran * scale;
        result[JUDGING][i] = (judged - ran) * scale;
    }
    for (int part = 0; part < PARTS; part++)
        bench_print(names[part], "nanoseconds", result[part], bench->runs);
    free(r.ops);
    free(r.cases);
}
