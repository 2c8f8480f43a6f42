/* minimize.c: the order of the steps, and how a candidate is tried. */
#define XXH_INLINE_ALL
#include "minimize_private.h"
#include <string.h>
#include <xxhash.h>

/* ---- One candidate. ---- */

static void copy_case(struct test_case *to, const struct test_case *from)
{
    to->head = from->head;
    to->named = from->named;
    to->count = 0;
    for (uint32_t i = 0; i < from->count; i++)
        case_append(to, &from->ops[i]);
}

struct test_case *candidate(struct minimizer *m)
{
    copy_case(&m->trial, m->best);
    return &m->trial;
}

bool stopped(struct minimizer *m)
{
    m->result->stopped = m->result->stopped || m->judge->stop(m->judge->context);
    return m->result->stopped;
}

static uint64_t hash_case(const struct test_case *c)
{
    char head[256];
    int length = case_write_head(&c->head, head);
    return XXH3_64bits_withSeed(c->ops, c->count * sizeof *c->ops,
                                XXH3_64bits(head, (size_t)length));
}

/* What comes after the operation that diverged is not part of the failure. */
static void cut_tail(struct test_case *c, const struct finding *finding)
{
    if (finding->op.code < OP_CODES && finding->at + 1 < c->count)
        c->count = finding->at + 1;
}

bool keep_if_good(struct minimizer *m)
{
    struct minimize_result *result = m->result;
    struct finding finding = {.oracle = ORACLE_RIG};
    char title[64];

    if (stopped(m))
        return false;
    if (!states_add(&m->tried, hash_case(&m->trial), (struct state){0})) {
        result->known++;
        return false;
    }
    result->tries++;
    if (m->judge->clean(m->judge->context, &m->trial, &finding) ||
        strcmp(finding_title(&finding, title), result->title) != 0)
        return false;
    cut_tail(&m->trial, &finding);
    copy_case(m->best, &m->trial);
    result->finding = finding;
    return true;
}

/* ---- All of it. ---- */

/* What the writer of the case expects is not what diverged, unless it is; elsewhere it would stand
 * in the way: without the operations before, another status is right. */
static void forget_expectations(struct minimizer *m)
{
    struct test_case *c = candidate(m);
    bool is_one = strcmp(m->result->finding.field, "expectation") == 0;

    for (uint32_t i = 0; i + is_one < c->count; i++)
        c->ops[i].expect = OP_EXPECT_NOTHING;
    keep_if_good(m);
}

bool minimize(struct test_case *c, const struct minimize_judge *judge,
              struct minimize_result *result)
{
    struct minimizer m = {.judge = judge, .result = result, .best = c};

    *result = (struct minimize_result){.tries = 1};
    if (judge->clean(judge->context, c, &result->finding))
        return false;
    finding_title(&result->finding, result->title);
    cut_tail(c, &result->finding);
    case_init(&m.trial);
    states_make(&m.tried);
    forget_expectations(&m);
    lower_head(&m);
    for (bool more = true; more && !stopped(&m);) {
        more = drop_runs(&m);
        more = drop_pairs(&m) || more;
        more = lower_arguments(&m) || more;
        more = close_gaps(&m) || more;
        more = lower_head(&m) || more;
        more = rename_slots(&m) || more;
    }
    states_free(&m.tried);
    case_free(&m.trial);
    return true;
}
