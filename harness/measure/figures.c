/* figures.c: see figures.h. */
#define _POSIX_C_SOURCE 200809L
#include "figures.h"
#include <stdlib.h>
#include <time.h>

/* ---- Counting. ---- */

struct census {
    struct target *target;
    uint8_t *states; /* enum frame_state, of each frame */
    uint32_t tables;
    double tables_sum;
};

static void census_frame(struct census *census, uint32_t pfn)
{
    uint32_t refs;
    uint8_t state = (uint8_t)census->target->class->frame(census->target, pfn, &refs);
    census->tables += (state == FRAME_TABLE) - (census->states[pfn] == FRAME_TABLE);
    census->states[pfn] = state;
}

static struct census census_begin(struct target *target)
{
    struct census census = {target, calloc(target->ram.count, 1), 0, 0};
    if (!census.states) {
        fprintf(stderr, "pagerig: out of memory\n");
        exit(125);
    }
    for (uint32_t pfn = 0; pfn < target->facts.ram_frames; pfn++)
        census_frame(&census, pfn);
    return census;
}

static void census_step(struct census *census, struct figures *figures)
{
    const struct journal *journal = census->target->class->journal(census->target);
    for (uint32_t i = 0; i < journal->changed_count; i++)
        census_frame(census, journal->changed[i]);
    census->tables_sum += census->tables;
    if (census->tables > figures->tables_most)
        figures->tables_most = census->tables;
}

static uint32_t count_regions(struct target *target)
{
    struct region_view region;
    uint32_t count = 0;
    for (uint32_t s = 0; s < OP_SLOTS; s++) {
        if (!target->class->exists(target, s))
            continue;
        for (uint32_t vpn = 0; target->class->region(target, s, vpn, &region);
             vpn = region.last + 1)
            count++;
    }
    return count;
}

static uint64_t mix(uint64_t hash, uint64_t number)
{
    return (hash ^ number) * 0x100000001b3; /* FNV-1a, a number at a time */
}

static void count_answer(struct figures *figures, const struct outcome *outcome)
{
    figures->refused += outcome->status == STATUS_NO_MEMORY;
    figures->faults += outcome->faults;
    figures->spurious += outcome->spurious;
    figures->answers = mix(figures->answers, outcome->status);
    figures->answers = mix(figures->answers, outcome->va);
    figures->answers = mix(figures->answers, outcome->word);
}

static bool unlike(struct figures *figures, const struct op *op, const struct outcome *outcome,
                   uint32_t at, char *why, size_t why_size)
{
    char text[OP_TEXT_MAX];
    figures->unexpected = true;
    case_write_op(op, text);
    snprintf(why, why_size, "operation %u: %s; it was %s", (unsigned)at, text,
             op_status_names[outcome->status]);
    return false;
}

/* Time goes by the wall; but where it is long, and all happens in this process, by the processor's
 * time: that has coarse ticks, and others of the host do not count. */
struct clocks {
    double wall, processor;
};

static double seconds_of(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static struct clocks clocks_now(void)
{
    return (struct clocks){seconds_of(CLOCK_MONOTONIC), seconds_of(CLOCK_PROCESS_CPUTIME_ID)};
}

static double clocks_since(const struct target *target, struct clocks start)
{
    const double many_ticks = 0.1;
    struct clocks now = clocks_now();
    double processor = now.processor - start.processor;
    bool in_process = target->class->counts;
    return in_process && processor > many_ticks ? processor : now.wall - start.wall;
}

/* Where most is mapped. */
static void count_mapped(struct figures *figures, struct target *target)
{
    struct target_counts counts;
    figures->regions = count_regions(target);
    if (!target->class->counts)
        return;
    target->class->counts(target, &counts);
    figures->structure_bytes = counts.structure_bytes;
}

static bool count_ops(struct figures *figures, struct census *census, const struct test_case *c,
                      char *why, size_t why_size)
{
    struct target *target = census->target;
    struct clocks start = clocks_now(), looked;
    double looking = 0;
    for (uint32_t i = 0; i < c->count; i++) {
        const struct op *op = &c->ops[i];
        struct outcome outcome;
        if (op->code == OP_CHECK) {
            looked = clocks_now();
            if (!figures->regions)
                count_mapped(figures, target);
            looking += clocks_since(target, looked);
            continue;
        }
        if (target->class->run(target, op, &outcome) != END_RETURNED) {
            snprintf(why, why_size, "operation %u: %s", (unsigned)i, target->why);
            return false;
        }
        if (op->expect != OP_EXPECT_NOTHING && op->expect != outcome.status)
            return unlike(figures, op, &outcome, i, why, why_size);
        figures->ops++;
        count_answer(figures, &outcome);
        census_step(census, figures);
        /* The word that is copied out is a store of the VMM's, but not to its tables. */
        figures->counts.stores -= op->code == OP_COPY_OUT && outcome.status == STATUS_OK;
    }
    figures->seconds = clocks_since(target, start) - looking;
    return true;
}

bool figures_count(struct figures *figures, struct target *target, const struct test_case *c,
                   const struct case_head *head, char *why, size_t why_size)
{
    struct target_counts before = {0}, after = {0};
    if (!target->class->reset(target, head)) {
        snprintf(why, why_size, "%s", target->why);
        return false;
    }
    figures->counted = target->class->counts;
    if (figures->counted)
        target->class->counts(target, &before);
    struct census census = census_begin(target);
    bool good = count_ops(figures, &census, c, why, why_size);
    figures->tables_mean = figures->ops ? census.tables_sum / (double)figures->ops : 0;
    free(census.states);
    if (good)
        figures->ns[figures->runs++] = figures->seconds * 1e9 / (double)figures->ops;
    if (figures->counted) {
        target->class->counts(target, &after);
        figures->counts.stores += after.stores - before.stores;
        figures->counts.invlpgs = after.invlpgs - before.invlpgs;
        figures->counts.cr3_loads = after.cr3_loads - before.cr3_loads;
        figures->counts.pages = after.pages - before.pages;
        figures->counts.walks = after.walks - before.walks;
    }
    return good;
}

/* ---- Timing. ---- */

/* Tells a target that can use it what is to come, up to the next `check`. */
static void tell_ahead(struct target *target, const struct test_case *c, uint32_t from)
{
    uint32_t to = from;
    while (to < c->count && c->ops[to].code != OP_CHECK)
        to++;
    if (target->class->ahead && to > from)
        target->class->ahead(target, c->ops, from, to, true);
}

static void count_instructions(struct figures *figures, uint64_t instructions)
{
    figures->unstable |= figures->instructions && figures->instructions != instructions;
    figures->instructions = instructions;
}

/* A case is timed in parts, and the least time of each part counts: what disturbs a run seldom
 * disturbs the same part of all runs.  A part is long enough for the clock. */
enum { PART_OPS_MIN = 256 };

static uint32_t part_ops(const struct test_case *c)
{
    uint32_t ops = c->count / FIGURES_PARTS + 1;
    return ops < PART_OPS_MIN ? PART_OPS_MIN : ops;
}

/* Runs operations [from, to). */
static bool run_part(struct target *target, const struct test_case *c, uint32_t from, uint32_t to)
{
    struct outcome outcome;
    if (from == 0) /* while the time is taken: the target may begin at once */
        tell_ahead(target, c, 0);
    for (uint32_t i = from; i < to; i++)
        if (c->ops[i].code == OP_CHECK)
            tell_ahead(target, c, i + 1);
        else if (target->class->run(target, &c->ops[i], &outcome) != END_RETURNED)
            return false;
    return true;
}

static bool time_once(struct figures *figures, struct target *target, const struct test_case *c,
                      const struct case_head *head, const volatile uint64_t *counter,
                      double *seconds)
{
    uint32_t step = part_ops(c);
    if (!target->class->reset(target, head))
        return false;
    uint64_t counted = counter ? *counter : 0;
    *seconds = 0;
    for (uint32_t from = 0, part = 0; from < c->count; from += step, part++) {
        struct clocks start = clocks_now();
        if (!run_part(target, c, from, from + step < c->count ? from + step : c->count))
            return false;
        double took = clocks_since(target, start);
        bool first = part == figures->parts;
        if (first || took < figures->least[part])
            figures->least[part] = took;
        figures->parts += first;
        *seconds += took;
    }
    if (counter)
        count_instructions(figures, *counter - counted);
    return true;
}

bool figures_time(struct figures *figures, struct target *target, const struct test_case *c,
                  const struct case_head *head, const volatile uint64_t *counter)
{
    enum { TIMES_MAX = 500 };
    const double enough = 0.02;
    double total = 0, least = 0, seconds;
    for (unsigned i = 0; i < TIMES_MAX && total < enough; i++) {
        if (!time_once(figures, target, c, head, counter, &seconds))
            return false;
        least = i && least < seconds ? least : seconds;
        total += seconds;
    }
    figures->seconds += total;
    figures->ns[figures->runs++] = least * 1e9 / (double)figures->ops;
    return true;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

void figures_end(struct figures *figures)
{
    double seconds = 0;
    if (!figures->runs)
        return;
    qsort(figures->ns, figures->runs, sizeof *figures->ns, ascending);
    figures->median_ns = figures->ns[figures->runs / 2];
    for (unsigned part = 0; part < figures->parts; part++)
        seconds += figures->least[part];
    figures->least_ns = figures->parts ? seconds * 1e9 / (double)figures->ops : figures->ns[0];
}
