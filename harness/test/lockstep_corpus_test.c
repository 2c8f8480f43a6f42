/* lockstep_corpus_test.c: the corpus on `sim` and on a guest behind an agent, in this process:
 * answers and verdicts are the same, but for cases that no such guest can be made for; and a defect
 * in the guest is a difference. */
#include "../cli/files.h"
#include "../cli/lockstep.h"
#include "../lib/tap.h"
#include "loopback.h"

static struct rig *make_rig(const char *target, const struct target_options *options)
{
    struct rig_config config = {target, RIG_CHECK_EVERY, OP_SLOTS, OP_SLOTS, options};
    return rig_make(&config);
}

/* The difference in words, or NULL. */
static const char *differs(struct rig *rigs[2], const struct test_case *c, uint32_t *skipped)
{
    static char text[400];
    struct record records[2] = {{0}};
    struct difference difference;
    uint32_t parted;
    const char *result = NULL;
    if (!record_make(&records[0], "sim", rigs[0], c)) {
        result = "sim failed";
    } else if (!record_make(&records[1], "guest", rigs[1], c)) {
        bool impossible = records[1].finding.field == finding_head;
        *skipped += impossible;
        snprintf(text, sizeof text, "the guest failed: %s", records[1].finding.actual);
        result = impossible ? NULL : text;
    } else if (records_differ(c, &records[0], &records[1], &parted, &difference)) {
        snprintf(text, sizeof text, "operation %u, %s: %s, %s", (unsigned)difference.at + 1,
                 difference.field, difference.texts[0], difference.texts[1]);
        result = text;
    }
    record_free(&records[0]);
    record_free(&records[1]);
    return result;
}

static void test_corpus(const char *lane)
{
    struct target_options options = target_options_default;
    struct files files = {0};
    uint32_t different = 0, skipped = 0;
    options.lane = lane;
    options.host = loop_host;
    struct rig *rigs[2] = {make_rig("sim", NULL), make_rig("qemu", &options)};
    if (!files_add(&files, "corpus"))
        exit(125);
    for (size_t i = 0; i < files.count; i++) {
        struct test_case c;
        case_init(&c);
        if (!case_read_file(&c, files.paths[i]))
            exit(125);
        const char *difference = differs(rigs, &c, &skipped);
        if (difference)
            printf("# %s: %s\n", files.paths[i], difference);
        different += difference != NULL;
        case_free(&c);
    }
    ok_if(files.count > 100 && !different, "the corpus does the same on both: lane=%s", lane);
    ok_if(skipped > 5 && skipped < files.count / 4, "few cases need what hardware is not: lane=%s",
          lane);
    files_free(&files);
    rig_free(rigs[0]);
    rig_free(rigs[1]);
}

/* ---- Defects. ---- */

/* A page that is mapped is read-only, whatever was asked for. */
static void forget_rights(struct sim_target *t, const struct op *op)
{
    if (op->code == OP_MAP)
        vmm_protect(t->vmm, op->s, op->va, op->n, VMM_PROT_READ);
}

static void test_defect(void)
{
    static const char text[] = "create s0\nmap s0 0x1000 1 rw\nwrite s0 0x1000 1\n";
    struct target_options options = target_options_default;
    struct case_error error;
    struct test_case c;
    uint32_t skipped = 0;
    options.host = loop_host;
    struct rig *rigs[2] = {make_rig("sim", NULL), make_rig("qemu", &options)};
    case_init(&c);
    if (!case_read_text(&c, text, sizeof text - 1, &error))
        exit(125);
    ok_if(!differs(rigs, &c, &skipped), "a small case is the same on both");
    planted.after = forget_rights;
    const char *difference = differs(rigs, &c, &skipped);
    printf("# %s\n", difference ? difference : "no difference");
    ok_if(difference && strstr(difference, "operation 2, verdict: agrees with the model, REGIONS"),
          "a guest that maps with other rights differs in its verdict");
    planted.after = NULL;
    ok_if(!differs(rigs, &c, &skipped), "without the defect it is the same again");
    case_free(&c);
    rig_free(rigs[0]);
    rig_free(rigs[1]);
}

int main(void)
{
    test_corpus("ram");
    test_corpus("serial");
    test_defect();
    return tap_done();
}
