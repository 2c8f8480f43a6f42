/* lockstep.c: see lockstep.h. */
#include "lockstep.h"
#include "options.h"
#include "report.h"
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* ---- Recording. ---- */

/* The target gave up in the operation, which so has no answer. */
static bool gave_up(struct rig *rig, const struct finding *finding)
{
    return finding->field == rig_target(rig)->what && finding->field;
}

static bool run(struct record *record, struct rig *rig, const struct test_case *c)
{
    struct finding *finding = &record->finding;
    rig_ahead(rig, c->ops, c->count);
    for (uint32_t i = 0; i < c->count; i++) {
        bool good = rig_step(rig, &c->ops[i], finding);
        if (!good && gave_up(rig, finding))
            return false;
        record->outcomes[record->count++] = *rig_outcome(rig);
        if (!good)
            return false;
    }
    return rig_finish(rig, finding);
}

bool record_make(struct record *record, const char *target, struct rig *rig,
                 const struct test_case *c)
{
    *record = (struct record){.target = target};
    record->outcomes = calloc(c->count + 1, sizeof *record->outcomes);
    if (!record->outcomes) {
        fprintf(stderr, "pagerig: out of memory\n");
        exit(EXIT_CANNOT);
    }
    if (rig_reset(rig, &c->head, &record->finding)) {
        const struct facts *facts = &rig_target(rig)->facts;
        record->negative_tlb = facts->negative_tlb;
        record->user_bytes = facts->user_pdes << (2 * facts->level_bits + 2);
        record->agreed = run(record, rig, c);
    }
    return record->agreed || record->finding.oracle != ORACLE_RIG;
}

void record_free(struct record *record)
{
    free(record->outcomes);
    record->outcomes = NULL;
}

/* ---- Comparing. ---- */

__attribute__((format(printf, 2, 3))) static void say(char text[160], const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, 160, format, arguments);
    va_end(arguments);
}

/* Whether a page is present is told by the tables.  Those of the kernel's half are each kernel's
 * own, and a TLB that caches "not present" tells of tables that were. */
static uint32_t error_mask(const struct op *op, const struct record *a, const struct record *b)
{
    enum { PRESENT = 1 };
    bool kernel = a->user_bytes && op->va >= a->user_bytes;
    return kernel || a->negative_tlb || b->negative_tlb ? ~(uint32_t)PRESENT : UINT32_MAX;
}

static bool unlike(struct difference *difference, const char *field, uint32_t a, uint32_t b)
{
    difference->field = field;
    say(difference->texts[0], "%#x", (unsigned)a);
    say(difference->texts[1], "%#x", (unsigned)b);
    return true;
}

/* Of one operation. */
static bool answers_differ(const struct op *op, const struct outcome *a, const struct outcome *b,
                           uint32_t error_bits, struct difference *difference)
{
    bool maps = op->code == OP_MAP || op->code == OP_MAP_DEVICE;
    bool reads = op->code == OP_READ || op->code == OP_COPY_IN;
    bool access = op->code == OP_READ || op->code == OP_WRITE;

    if (a->status != b->status) {
        difference->field = "status";
        say(difference->texts[0], "%s", a->status < STATUSES ? op_status_names[a->status] : "none");
        say(difference->texts[1], "%s", b->status < STATUSES ? op_status_names[b->status] : "none");
        return true;
    }
    if (maps && a->va != b->va)
        return unlike(difference, "address", a->va, b->va);
    if (reads && a->status == STATUS_OK && a->word != b->word)
        return unlike(difference, "word", a->word, b->word);
    if (!access || a->status != STATUS_FAULT)
        return false;
    if ((a->error ^ b->error) & error_bits)
        return unlike(difference, "error code", a->error, b->error);
    return a->cr2 != b->cr2 && unlike(difference, "CR2", a->cr2, b->cr2);
}

static void verdict_text(const struct record *record, char text[160])
{
    char title[64];
    if (record->agreed)
        say(text, "agrees with the model");
    else
        say(text, "%s at operation %u: %.60s", report_title(&record->finding, title),
            (unsigned)record->finding.at + 1, record->finding.actual);
}

static bool verdicts_differ(const struct record *a, const struct record *b,
                            struct difference *difference)
{
    char title_a[64], title_b[64];
    if (a->agreed && b->agreed)
        return false;
    if (a->agreed == b->agreed && a->finding.at == b->finding.at &&
        strcmp(finding_title(&a->finding, title_a), finding_title(&b->finding, title_b)) == 0)
        return false;
    difference->field = "verdict";
    difference->at = a->agreed ? b->finding.at : a->finding.at;
    if (!a->agreed && !b->agreed && b->finding.at < a->finding.at)
        difference->at = b->finding.at;
    verdict_text(a, difference->texts[0]);
    verdict_text(b, difference->texts[1]);
    return true;
}

bool records_differ(const struct test_case *c, const struct record *a, const struct record *b,
                    uint32_t *parted, struct difference *difference)
{
    uint32_t both = a->count < b->count ? a->count : b->count;

    *parted = c->count;
    for (uint32_t i = 0; i < both; i++) {
        const struct op *op = &c->ops[i];
        difference->at = i;
        if (!answers_differ(op, &a->outcomes[i], &b->outcomes[i], error_mask(op, a, b), difference))
            continue;
        bool free_choice = op->flags & OP_ANY && strcmp(difference->field, "address") == 0;
        if (!free_choice)
            return true;
        *parted = i + 1;
        break;
    }
    /* Once the answers may differ, so may a divergence; but not that there is one. */
    if (*parted < c->count && a->agreed == b->agreed)
        return false;
    return verdicts_differ(a, b, difference);
}
