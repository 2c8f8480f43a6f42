/* rig.c: one world: makes it, resets it, and takes it through operations. */
#include "check_private.h"
#include <stdio.h>
#include <string.h>

const char finding_head[] = "head";

/* Everything is compared after so many operations, and later when more is mapped, so that what it
 * costs for each operation does not grow. */
enum { CHECK_ALL_PERIOD = 1024, CHECK_ALL_PER_PAGE = 16 };

/* Address space, not memory: pages that are never touched cost nothing. */
#define STATE_MAX   ((size_t)4 << 30)
#define SCRATCH_MAX ((size_t)1 << 30)

/* ---- Making. ---- */

struct rig *rig_make(const struct rig_config *config)
{
    if (!target_known(config->target))
        return NULL;
    struct arena state = arena_make(STATE_MAX);
    struct rig *rig = arena_take(&state, sizeof *rig);
    rig->config = *config;
    rig->state = state;
    rig->scratch = arena_make(SCRATCH_MAX);
    return rig;
}

void rig_free(struct rig *rig)
{
    if (rig->target)
        rig->target->class->free(rig->target);
    struct arena state = rig->state;
    arena_free(&rig->scratch);
    arena_free(&state);
}

static bool same_machine(const struct case_head *a, const struct case_head *b)
{
    return a->ram == b->ram && a->slots == b->slots && a->bits == b->bits;
}

/* The model and the checker can hold as much as the target has: its pools say how much. */
static void make_judges(struct rig *rig)
{
    const struct facts *facts = &rig->target->facts;
    uint32_t free[POOLS], frames = rig->target->ram.count;
    rig->target->class->pools(rig->target, free);
    struct model_config config = {
        .level_bits = facts->level_bits,
        .user_pdes = facts->user_pdes,
        .device_frames = facts->device_frames,
        .identities = facts->ram_frames + facts->slots,
        .chunks = (rig->config.spaces + free[POOL_SEGMENTS]) * facts->user_pdes,
        .regions = free[POOL_REGIONS],
        .objects = free[POOL_SEGMENTS],
        .spaces = rig->config.spaces,
        .segments = rig->config.segments,
    };
    struct arena *state = &rig->state;
    arena_give(state, rig->target_end);
    rig->frames_top = rig->identities_top = 0;
    rig->model = model_make(state, &config);
    rig->shadow = pages_make(arena_take(state, pages_bytes(frames, facts->level_bits)), frames,
                             facts->level_bits);
    rig->tables = arena_take(state, frames * sizeof *rig->tables);
    rig->identity_of = arena_take(state, frames * sizeof *rig->identity_of);
    rig->frame_of = arena_take(state, (config.identities + 1) * sizeof *rig->frame_of);
    rig->object_of = arena_take(state, (config.objects + 1) * sizeof *rig->object_of);
    if (facts->opaque)
        opaque_make(rig);
}

static void expect_finding(struct rig *rig, struct finding *finding)
{
    rig->finding = finding;
    finding->where[0] = finding->expected[0] = finding->actual[0] = '\0';
    finding->ignored = false;
}

/* ---- Resetting. ---- */

static bool cannot_run(struct rig *rig, const char *field, const char *why)
{
    finding_expected(rig, "a target that starts");
    finding_actual(rig, "%s", why);
    return diverged(rig, ORACLE_RIG, field);
}

/* A new target: all that follows struct rig is made anew. */
static bool make_target(struct rig *rig, const struct case_head *head)
{
    char why[160] = "";
    struct target_setup setup = {
        .name = rig->config.target,
        .head = head,
        .spaces = rig->config.spaces,
        .segments = rig->config.segments,
        .options = rig->config.options ? rig->config.options : &target_options_default,
    };
    if (rig->target)
        rig->target->class->free(rig->target);
    rig->model = NULL;
    rig->target = NULL;
    arena_give(&rig->state, arena_bytes(sizeof *rig));
    arena_give(&rig->scratch, 0);
    rig->target = target_make(&rig->state, &rig->scratch, &setup, why, sizeof why);
    rig->target_end = rig->state.used;
    return rig->target || cannot_run(rig, "reset", why);
}

/* For a head of another size than the last, the judges are made anew, and most targets too. */
static bool start(struct rig *rig, const struct case_head *head)
{
    bool same = rig->model && same_machine(&rig->made_for, head);
    bool fits = same || (rig->target && rig->target->class->fits &&
                         rig->target->class->fits(rig->target, head));
    rig->hopeless = true;
    if (!fits && !make_target(rig, head))
        return false;
    rig->target->what = NULL;
    rig->target->impossible = rig->target->refused = false;
    if (!rig->target->class->reset(rig->target, head)) {
        const char *what = rig->target->impossible ? finding_head : rig->target->what;
        rig->hopeless = !rig->target->what;
        return cannot_run(rig, what ? what : "reset", rig->target->why);
    }
    if (!same)
        make_judges(rig);
    rig->made_for = *head;
    rig->hopeless = false;
    return true;
}

bool rig_reset(struct rig *rig, const struct case_head *head, struct finding *finding)
{
    expect_finding(rig, finding);
    rig->op = NULL;
    rig->done = rig->checked_all = 0;
    rig->compared = false;
    rig->ahead = NULL;
    if (!start(rig, head))
        return false;
    rig->target->looking = END_RETURNED;
    shadow_forget(rig);
    model_reset(rig->model, rig->target->facts.copy_fork);
    rig->target->class->pools(rig->target, rig->free);
    memcpy(rig->most, rig->free, sizeof rig->most);
    return rig->target->facts.opaque || shadow_kernel(rig);
}

/* ---- Stepping. ---- */

/* The VMM gave up while it was looked at. */
COLD static bool ended_badly(struct rig *rig, enum end end);

static bool looked_well(struct rig *rig, bool good)
{
    enum end end = rig->target->looking;
    rig->target->looking = END_RETURNED;
    return end == END_RETURNED ? good : ended_badly(rig, end);
}

COLD static bool ended_badly(struct rig *rig, enum end end)
{
    static const enum oracle oracles[] = {
        [END_PANIC] = ORACLE_PANIC, [END_HANG] = ORACLE_HANG,
        [END_STALE] = ORACLE_STALE, [END_TRIPLE_FAULT] = ORACLE_TRIPLE_FAULT,
        [END_RIG] = ORACLE_RIG,
    };
    finding_expected(rig, "an operation that returns");
    finding_actual(rig, "%s", rig->target->why);
    return diverged_for_good(rig, oracles[end], rig->target->what);
}

COLD static bool unlike(struct rig *rig, const char *field, uint32_t expected, uint32_t actual)
{
    finding_where(rig, "s%u %#x", (unsigned)rig->op->s, (unsigned)rig->op->va);
    finding_expected(rig, "%s %#x", field, (unsigned)expected);
    finding_actual(rig, "%s %#x", field, (unsigned)actual);
    return diverged(rig, ORACLE_ACCESS, field);
}

/* A fault must say what it was; a page may fault once for nothing after its translation was widened
 * (Intel SDM vol. 3A, 4.10.4.3). */
static bool judge_access(struct rig *rig, const struct outcome *outcome)
{
    const struct op *op = rig->op;
    enum { PRESENT = 1 }; /* SDM 4.7, bit 0; whether a page is present is the tables' affair */
    if (outcome->faults && outcome->cr2 != op->va)
        return unlike(rig, "CR2", op->va, outcome->cr2);
    if (outcome->wrong_error)
        return unlike(rig, "present bit of the error code", !(outcome->error & PRESENT),
                      outcome->error & PRESENT);
    if (outcome->unhelped && !rig->target->facts.negative_tlb)
        return unlike(rig, "faults handled in vain", 0, outcome->unhelped);
    if (outcome->spurious > 1 && !rig->target->facts.negative_tlb)
        return unlike(rig, "spurious faults", 1, outcome->spurious);
    return outcome->status != STATUS_FAULT ||
           (outcome->error & ~(uint32_t)PRESENT) == model_fault_error(op) ||
           unlike(rig, "error code", model_fault_error(op), outcome->error & ~(uint32_t)PRESENT);
}

/* A map that failed has not said where (vmm.h: *va is unchanged on error). */
static bool judge_failed_map(struct rig *rig, const struct outcome *outcome)
{
    bool maps = rig->op->code == OP_MAP || rig->op->code == OP_MAP_DEVICE;
    if (!maps || outcome->status == STATUS_OK || outcome->va == rig->op->va)
        return true;
    finding_expected(rig, "the address as it was, %#x", (unsigned)rig->op->va);
    finding_actual(rig, "%#x", (unsigned)outcome->va);
    return diverged(rig, ORACLE_RESULT, "address after an error");
}

static bool check_due(struct rig *rig)
{
    uint32_t check = rig->config.check, done = rig->done + 1;
    if (check == RIG_CHECK_EVERY)
        return done - rig->checked_all >=
               CHECK_ALL_PERIOD + CHECK_ALL_PER_PAGE * model_resident(rig->model);
    return check != RIG_CHECK_END && done % check == 0;
}

static bool check_everything(struct rig *rig)
{
    rig->checked_all = rig->done;
    return rig->config.check == RIG_CHECK_EVERY ? check_all(rig) : check_rebuilt(rig);
}

/* A divergence that an independent look at the page tables does not bear out is the rig's own. */
static bool doubted(struct rig *rig)
{
    struct target *target = rig->target;
    if (rig->finding->oracle == ORACLE_RIG || rig->finding->ignored ||
        !target->class->second_opinion || target->class->second_opinion(target))
        return false;
    finding_expected(rig, "page tables as an independent walk finds them");
    finding_actual(rig, "%s", target->why);
    return diverged(rig, ORACLE_RIG, "page tables");
}

/* Everything will be looked at after this many operations, when nothing unforeseen happens. */
static uint32_t next_check(const struct rig *rig)
{
    uint32_t check = rig->config.check, next = rig->ahead_count;
    if (check == RIG_CHECK_EVERY)
        next =
            rig->checked_all + CHECK_ALL_PERIOD + CHECK_ALL_PER_PAGE * model_resident(rig->model);
    else if (check != RIG_CHECK_END)
        next = rig->done - rig->done % check + check;
    next = next > rig->ahead_count ? rig->ahead_count : next <= rig->done ? rig->done + 1 : next;
    for (uint32_t i = rig->done; i < next; i++)
        if (rig->ahead[i].code == OP_CHECK)
            return i + 1;
    return next;
}

/* Tells the target what is to come, up to when it will be looked at. */
static void look_ahead(struct rig *rig, const struct op *op)
{
    if (!rig->ahead || rig->done < rig->ahead_told)
        return;
    if (rig->done >= rig->ahead_count || op != &rig->ahead[rig->done]) {
        rig->ahead = NULL;
        return;
    }
    rig->ahead_told = next_check(rig);
    rig->target->class->ahead(rig->target, rig->ahead, rig->done, rig->ahead_told,
                              rig->config.check != RIG_CHECK_EVERY);
}

/* A VMM that takes page tables from other spaces before it runs out has these besides what is free.
 * (They are counted only when tables are compared after every operation.) */
static void add_reclaimable(const struct rig *rig, const struct op *op, uint32_t free[POOLS])
{
    uint32_t tables = 0;
    if (!rig->target->facts.reclaims || rig->config.check != RIG_CHECK_EVERY)
        return;
    for (uint32_t pfn = 0; pfn < rig->frames_top; pfn++)
        tables += rig->tables[pfn].role == ROLE_TABLE && rig->tables[pfn].space != op->s;
    free[POOL_FRAMES] += tables;
    if (free[POOL_TABLES] && free[POOL_TABLES] != UINT32_MAX)
        free[POOL_TABLES] += tables;
}

static bool step(struct rig *rig, const struct op *op)
{
    struct outcome *outcome = &rig->outcome;
    uint32_t free_before[POOLS];
    struct effect effect;
    memcpy(free_before, rig->free, sizeof free_before);
    rig->compared = false;
    look_ahead(rig, op);
    enum end end = rig->target->class->run(rig->target, op, outcome);
    rig->did = outcome->status == STATUS_OK ? 1u << op->code : 0;
    rig->target->class->pools(rig->target, rig->free);
    if (end != END_RETURNED)
        return ended_badly(rig, end);
    if ((op->code == OP_READ || op->code == OP_WRITE) && !judge_access(rig, outcome))
        return false;
    if (!judge_failed_map(rig, outcome))
        return false;
    if (outcome->status == STATUS_NO_MEMORY)
        add_reclaimable(rig, op, free_before);
    struct answer answer = {outcome->status, outcome->va, outcome->word, free_before};
    if (!answer_follow(rig, &answer, &effect))
        return false;
    bool good =
        rig->config.check == RIG_CHECK_EVERY ? check_step(rig, &effect) : check_later(rig, &effect);
    if (good && (op->code == OP_CHECK || check_due(rig)))
        good = rig->compared = check_everything(rig);
    if (!looked_well(rig, good))
        return false;
    rig->done++;
    return true;
}

bool rig_step(struct rig *rig, const struct op *op, struct finding *finding)
{
    expect_finding(rig, finding);
    rig->op = op;
    return step(rig, op) || doubted(rig);
}

void rig_ahead(struct rig *rig, const struct op *ops, uint32_t count)
{
    rig->ahead = rig->target->class->ahead ? ops : NULL;
    rig->ahead_count = count;
    rig->ahead_told = 0;
    if (count)
        look_ahead(rig, ops);
}

bool rig_finish(struct rig *rig, struct finding *finding)
{
    expect_finding(rig, finding);
    rig->op = NULL;
    return rig->compared || looked_well(rig, check_everything(rig)) || doubted(rig);
}

/* ---- Whole cases. ---- */

static bool unexpected(struct rig *rig, const struct op *op)
{
    rig->done--;
    finding_where(rig, "the case says what it expects");
    finding_expected(rig, "%s", op_status_names[op->expect]);
    finding_actual(rig, "%s", op_status_names[rig->outcome.status]);
    return diverged(rig, ORACLE_RESULT, "expectation");
}

bool rig_run(struct rig *rig, const struct test_case *c, struct finding *finding)
{
    if (!rig_reset(rig, &c->head, finding))
        return false;
    rig_ahead(rig, c->ops, c->count);
    for (uint32_t i = 0; i < c->count; i++) {
        const struct op *op = &c->ops[i];
        if (!rig_step(rig, op, finding))
            return false;
        if (op->expect != OP_EXPECT_NOTHING && op->expect != rig->outcome.status)
            return unexpected(rig, op);
    }
    return rig_finish(rig, finding);
}

/* A look may take away what it would have shown: in QEMU it pushes stale translations out of the
 * TLB. */
static void hidden_by_looking(struct finding *finding)
{
    size_t used = strlen(finding->where);
    snprintf(finding->where + used, sizeof finding->where - used, "%snot seen with --check every",
             used ? "; " : "");
}

void rig_run_again(struct rig *rig, struct rig *exact, const struct test_case *c,
                   struct finding *finding)
{
    char title[64];
    finding_title(finding, title);
    if (!rig_run(exact, c, finding))
        return;
    if (!rig_run(rig, c, finding)) {
        if (finding->oracle != ORACLE_RIG)
            hidden_by_looking(finding);
        return;
    }
    expect_finding(exact, finding);
    exact->op = NULL;
    finding_where(exact, "checked at the end, but not after each operation");
    finding_expected(exact, "%s", title);
    finding_actual(exact, "no divergence");
    diverged(exact, ORACLE_RIG, "case does not diverge again");
}

bool rig_run_fast(struct rig *fast, struct rig *exact, const struct test_case *c,
                  struct finding *finding)
{
    if (rig_run(fast, c, finding))
        return true;
    if (finding->oracle != ORACLE_RIG)
        rig_run_again(fast, exact, c, finding);
    return false;
}

/* ---- Looking in. ---- */

void *rig_state(struct rig *rig, size_t *size)
{
    *size = rig->state.used;
    return rig->state.memory;
}

void rig_restored(struct rig *rig)
{
    rig->target->class->restored(rig->target);
}

const struct model *rig_model(const struct rig *rig)
{
    return rig->model;
}

struct target *rig_target(struct rig *rig)
{
    return rig->target;
}

bool rig_hopeless(const struct rig *rig)
{
    return rig->hopeless;
}

enum op_status rig_status(const struct rig *rig)
{
    return rig->outcome.status;
}

const struct outcome *rig_outcome(const struct rig *rig)
{
    return &rig->outcome;
}
