/* bench_remote.c: the figures of a target outside of this process: how fast it starts, resets, is
 * looked at, and runs operations over each lane. */
#include "../gen/whole.h"
#include "../lib/walk.h"
#include "../target/remote.h"
#include "bench.h"
#include "progress.h"
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PAGE = 4096, TABLE_PAGES = 1024, BESIDE_CHECK = 64 };

static struct rig *rig; /* of the figure that is measured */

/* From exec to the answer to HELLO: firmware, kernel, agent.  Seconds. */
static double hello(const struct bench *bench, uint32_t unused)
{
    static const uint8_t version[] = {WIRE_VERSION};
    const uint8_t *answer;
    size_t length;
    char why[160];
    (void)unused;

    struct remote_host *host = remote_qemu(&bench->target.options, RAM_DEFAULT);
    double start = progress_clock();
    struct channel *channel = host->start(host, why, sizeof why);
    if (!channel || channel->ask(channel, WIRE_HELLO, version, sizeof version, 10, &answer,
                                 &length) != CHANNEL_ANSWERED) {
        fprintf(stderr, "pagerig: bench: no HELLO%s%s\n", channel ? "" : ": ", channel ? "" : why);
        exit(EXIT_CANNOT);
    }
    double seconds = progress_clock() - start;
    host->free(host);
    return seconds;
}

static struct rig *planner; /* generates what is run */

static void generate(uint64_t seed, uint32_t length, struct test_case *c)
{
    struct gen_options options = {.design = case_head_default.design, .tlb = TLB_PARANOID};
    struct gen gen;
    gen_begin(&gen, seed, &options, &c->head);
    gen_whole(&gen, planner, c, length);
}

/* Whole cases of so many operations, resets included, generated before the clock runs. */
static double run_cases(uint64_t cases, uint32_t length)
{
    static struct op ops[BENCH_SEQUENCE];
    struct test_case c = {.ops = ops, .capacity = BENCH_SEQUENCE};
    struct finding finding;
    double seconds = 0;
    for (uint64_t seed = 0; seed < cases; seed++) {
        generate(seed, length, &c);
        double start = progress_clock();
        bench_must(rig_run(rig, &c, &finding), &finding);
        seconds += progress_clock() - start;
    }
    return seconds;
}

static double generated(const struct bench *bench, uint32_t part)
{
    uint64_t cases = bench->ops / part / BENCH_SEQUENCE + 1;
    return (double)(cases * BENCH_SEQUENCE) / run_cases(cases, BENCH_SEQUENCE);
}

/* As `pagerig run` does it: a case is generated while the guest is at work on the one before. */
static void run_generating(uint64_t cases)
{
    static struct op ops[2][BENCH_SEQUENCE];
    struct test_case both[2] = {{.ops = ops[0], .capacity = BENCH_SEQUENCE},
                                {.ops = ops[1], .capacity = BENCH_SEQUENCE}};
    struct finding finding;
    generate(0, BENCH_SEQUENCE, &both[0]);
    for (uint64_t seed = 0; seed < cases; seed++) {
        const struct test_case *c = &both[seed % 2];
        bench_must(rig_reset(rig, &c->head, &finding), &finding);
        rig_ahead(rig, c->ops, c->count);
        generate(seed + 1, BENCH_SEQUENCE, &both[(seed + 1) % 2]);
        for (uint32_t i = 0; i < c->count; i++)
            bench_must(rig_step(rig, &c->ops[i], &finding), &finding);
        bench_must(rig_finish(rig, &finding), &finding);
    }
}

/* One of several: says when it is ready, and when it is done. */
static _Noreturn void run_beside(const struct bench *bench, uint64_t cases, int say, int go)
{
    char byte = 0;
    rig = target_option_rig(&bench->target, BESIDE_CHECK);
    bool good = write(say, &byte, 1) == 1 && read(go, &byte, 1) == 0;
    run_generating(cases);
    good = good && write(say, &byte, 1) == 1;
    rig_free(rig);
    _exit(good ? EXIT_CLEAN : EXIT_CANNOT);
}

static void must_hear(int hear, long count)
{
    char byte;
    for (long i = 0; i < count; i++)
        if (read(hear, &byte, 1) != 1) {
            fprintf(stderr, "pagerig: bench: a rig beside others has ended\n");
            exit(EXIT_CANNOT);
        }
}

/* As in a campaign, a rig for each processor, all at once.  Generating is in the time. */
static double beside(const struct bench *bench, uint32_t part)
{
    uint64_t cases = bench->ops / part / BENCH_SEQUENCE + 1;
    long rigs = sysconf(_SC_NPROCESSORS_ONLN);
    int ready[2], go[2];
    fflush(NULL);
    bool good = pipe(ready) == 0 && pipe(go) == 0;
    for (long i = 0; i < rigs && good; i++) {
        pid_t child = fork();
        if (child == 0) {
            close(go[1]);
            run_beside(bench, cases, ready[1], go[0]);
        }
        good = child > 0;
    }
    if (!good) {
        perror("pagerig: bench: rigs beside each other");
        exit(EXIT_CANNOT);
    }
    close(ready[1]);
    close(go[0]);
    must_hear(ready[0], rigs);
    double start = progress_clock();
    close(go[1]);
    must_hear(ready[0], rigs);
    double seconds = progress_clock() - start;
    close(ready[0]);
    while (wait(NULL) > 0)
        continue;
    return (double)(cases * BENCH_SEQUENCE) * (double)rigs / seconds;
}

/* As fuzzers run them. */
static double executions(const struct bench *bench, uint32_t length)
{
    uint64_t cases = bench->ops / BENCH_SEQUENCE + 1;
    return (double)cases / run_cases(cases, length);
}

/* A space with so many pages mapped and present, in tables of a hundred and more. */
static void make_pages(uint32_t pages, uint32_t tables)
{
    struct finding finding;
    bench_must(rig_reset(rig, &case_head_default, &finding), &finding);
    bench_step(rig, &(struct op){.code = OP_CREATE});
    for (uint32_t i = 0; i < tables; i++)
        bench_step(rig, &(struct op){.code = OP_MAP,
                                     .va = (i + 1) * TABLE_PAGES * PAGE,
                                     .n = pages / tables,
                                     .prot = PROT_RW,
                                     .flags = OP_EAGER});
    bench_step(rig, &(struct op){.code = OP_SWITCH});
}

/* A fresh VMM after one with so many pages, and that it is one: what the rig's reset costs in the
 * target.  Seconds. */
static double reset(const struct bench *bench, uint32_t pages)
{
    enum { TIMES = 50 };
    double seconds = 0;
    (void)bench;
    for (unsigned i = 0; i < TIMES; i++) {
        struct finding finding = {.oracle = ORACLE_RIG, .op.code = OP_CODES, .field = "reset"};
        make_pages(pages, 2);
        struct target *target = rig_target(rig);
        double start = progress_clock();
        bool good = target->class->reset(target, &case_head_default);
        seconds += progress_clock() - start;
        snprintf(finding.actual, sizeof finding.actual, "%s", target->why);
        bench_must(good, &finding);
    }
    return seconds / TIMES;
}

static uint32_t count_present(const struct pages *ram, uint32_t directory)
{
    uint32_t present = 0;
    for (uint32_t i = pages_next(ram, directory, 0); i < 768;
         i = pages_next(ram, directory, i + 1)) {
        uint32_t pde = pages_get(ram, directory, i), table = pde >> ENTRY_PFN_SHIFT;
        if (!(pde & ENTRY_PRESENT) || table >= ram->count)
            continue;
        for (uint32_t j = pages_next(ram, table, 0); j < TABLE_PAGES;
             j = pages_next(ram, table, j + 1))
            present += walk(ram, directory, i * TABLE_PAGES + j) != 0;
    }
    return present;
}

/* Every translation of a space with so many pages.  Seconds. */
static double walk_pages(const struct bench *bench, uint32_t pages)
{
    enum { TIMES = 1000 };
    volatile uint32_t present = 0;
    (void)bench;
    make_pages(pages, 4);
    struct target *target = rig_target(rig);
    uint32_t directory = target->class->directory(target, 0);
    double start = progress_clock();
    for (unsigned i = 0; i < TIMES; i++)
        present = count_present(&target->ram, directory);
    double seconds = (progress_clock() - start) / TIMES;
    if (present != pages) {
        fprintf(stderr, "pagerig: bench: %u pages are present, not %u\n", (unsigned)present,
                (unsigned)pages);
        exit(EXIT_DIVERGED);
    }
    return seconds;
}

static double second_opinion(const struct bench *bench, uint32_t pages)
{
    struct finding finding = {.oracle = ORACLE_RIG, .op.code = OP_CODES, .field = "walk"};
    (void)bench;
    make_pages(pages, 4);
    struct target *target = rig_target(rig);
    double start = progress_clock();
    bool good = target->class->second_opinion(target);
    double seconds = progress_clock() - start;
    snprintf(finding.actual, sizeof finding.actual, "%s", target->why);
    bench_must(good, &finding);
    return seconds;
}

/* part: this part of the operations is enough for a lane. */
static void measure_lane(struct bench *bench, const char *lane, uint32_t part)
{
    static const struct {
        uint32_t check;
        const char *name;
    } checks[] = {{RIG_CHECK_EVERY, "after each"}, {64, "every 64"}};
    char name[64];

    bench->target.options.lane = lane;
    for (unsigned i = 0; i < sizeof checks / sizeof *checks; i++) {
        rig = target_option_rig(&bench->target, checks[i].check);
        snprintf(name, sizeof name, "generated, lane %s, checked %s", lane, checks[i].name);
        bench_measure(bench, name, "thousand operations a second", 1e-3, generated, part);
        rig_free(rig);
    }
    bench_measure(bench, "the same, a rig for each processor, in all",
                  "thousand operations a second", 1e-3, beside, part);
}

static void measure_looks(struct bench *bench)
{
    bench->target.options.lane = "ram";
    rig = target_option_rig(&bench->target, RIG_CHECK_END);
    bench_measure(bench, "whole cases of 16 operations, checked at the end", "a second", 1,
                  executions, 16);
    rig_free(rig);
    rig = target_option_rig(&bench->target, RIG_CHECK_EVERY);
    bench_measure(bench, "reset and its verification, 60 pages before", "microseconds", 1e6, reset,
                  60);
    bench_measure(bench, "walk of 500 mapped pages", "microseconds", 1e6, walk_pages, 500);
    if (rig_target(rig)->class->second_opinion)
        bench_measure(bench, "QEMU's own walk, compared with ours", "milliseconds", 1e3,
                      second_opinion, 500);
    rig_free(rig);
}

int bench_remote(struct bench *bench)
{
    rig = target_option_rig(&bench->target, RIG_CHECK_EVERY);
    bool able = target_option_starts(&bench->target, rig, "bench");
    rig_free(rig);
    if (!able)
        return EXIT_CANNOT;
    bench_measure(bench, "start of QEMU to HELLO", "milliseconds", 1e3, hello, 0);
    planner = rig_make(&(struct rig_config){"sim", RIG_CHECK_END, OP_SLOTS, OP_SLOTS, NULL});
    measure_lane(bench, "ram", 16);
    measure_lane(bench, "serial", 64);
    measure_looks(bench);
    rig_free(planner);
    return EXIT_CLEAN;
}
