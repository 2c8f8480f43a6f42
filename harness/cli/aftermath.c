/* aftermath.c: see aftermath.h. */
#include "aftermath.h"
#include "report.h"
#include "text.h"
#include "trial.h"
#include "without.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BIT(oracle) (UINT32_C(1) << (oracle))

static const uint32_t crashes =
    BIT(ORACLE_PANIC) | BIT(ORACLE_TRIPLE_FAULT) | BIT(ORACLE_HANG) | BIT(ORACLE_SANITIZER);

/* The case without what it expects, and the end of its spaces and segments: structures that are
 * wrong are torn down then.  Those that there are not refuse. */
static struct test_case with_the_end(const struct test_case *c)
{
    struct test_case whole;
    case_init(&whole);
    whole.head = c->head;
    for (uint32_t i = 0; i < c->count; i++) {
        struct op op = c->ops[i];
        op.expect = OP_EXPECT_NOTHING;
        case_append(&whole, &op);
    }
    case_append(&whole, &(struct op){.code = OP_FAIL, .expect = OP_EXPECT_NOTHING});
    for (unsigned i = 0; i < OP_SLOTS; i++) {
        case_append(&whole,
                    &(struct op){.code = OP_DESTROY, .s = (uint8_t)i, .expect = OP_EXPECT_NOTHING});
        case_append(&whole,
                    &(struct op){.code = OP_RELEASE, .g = (uint8_t)i, .expect = OP_EXPECT_NOTHING});
    }
    return whole;
}

static void print_crash(FILE *file, const struct finding *crash, uint32_t count)
{
    char title[64];
    if (crash->ignored) {
        fprintf(file, "nobody can go on after operation %u\n", (unsigned)crash->at + 1);
        return;
    }
    fprintf(file, "%s\n", report_title(crash, title));
    report_finding(file, "", crash);
    if (crash->op.code < OP_CODES && crash->at >= count)
        fprintf(file, "(after all %u operations the spaces and segments are destroyed)\n",
                (unsigned)count);
}

void aftermath_print(FILE *file, const struct target_option *target, const struct test_case *c,
                     const struct finding *divergence)
{
    struct target_option bold = *target;
    struct finding crash = {0};
    FILE *console = tmpfile();
    if (crashes & BIT(divergence->oracle) || !console) {
        if (console)
            fclose(console);
        return;
    }
    bold.options.console = console;
    without_apply(~crashes, &bold.options);
    struct rig *rig = target_option_rig(&bold, RIG_CHECK_EVERY);
    struct trial trial = trial_make(rig, target->name);
    struct test_case whole = with_the_end(c);
    rig_ignore(rig, ~crashes);
    if (trial.apart)
        dup2(fileno(console), trial.out);
    if (trial_clean(&trial, &whole, &crash)) {
        fprintf(file,
                "nothing crashes: all %u operations come to their ends, and so do the spaces\n",
                (unsigned)c->count);
    } else {
        print_crash(file, &crash, c->count);
        if (crashes & BIT(crash.oracle) && !crash.ignored)
            text_copy(file, console);
    }
    case_free(&whole);
    trial_free(&trial);
    rig_free(rig);
    fclose(console);
}
