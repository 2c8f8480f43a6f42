/* measure_test.c: the workloads, and that what is counted of a case is what happened in it: each
 * figure against a case whose cost can be told from the i386's manual (Intel SDM vol. 3A, 4.3 and
 * 4.10) and vmm/vmm.h. */
#define _POSIX_C_SOURCE 200809L
#include "../lib/tap.h"
#include "../measure/figures.h"
#include "../measure/workload.h"
#include "case_text.h"
#include <stdlib.h>
#include <string.h>

static struct rig *rig;

/* ---- Workloads. ---- */

static void test_workload(const struct workload *workload)
{
    static const uint32_t sizes[] = {WORKLOAD_REGIONS_MIN, 100, 1000};
    for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct test_case again, c;
        struct case_error error;
        struct finding finding;
        uint32_t regions = sizes[i];
        size_t length;
        workload_make(workload, regions, &c);
        workload_make(workload, regions, &again);
        char *text = text_of(&c, &length), *same = text_of(&again, &length);
        uint32_t ops = c.count;
        case_free(&again);
        ok_if(strcmp(text, same) == 0, "%s, %u regions: the same twice", workload->name, regions);
        ok_if(case_read_text(&again, text, strlen(text), &error) && again.count == c.count &&
                  memcmp(again.ops, c.ops, c.count * sizeof *c.ops) == 0,
              "%s, %u regions: its text is a case, and the same one", workload->name, regions);
        ok_if(ops >= 3 * regions && ops <= 12 * regions + 50,
              "%s, %u regions: about 10 operations a region", workload->name, regions);
        bool good = rig_run(rig, &c, &finding);
        ok_if(good, "%s, %u regions: is judged to be right", workload->name, regions);
        if (!good)
            printf("# operation %u: expected %s, actual %s\n", (unsigned)finding.at,
                   finding.expected, finding.actual);
        case_free(&again);
        case_free(&c);
        free(text);
        free(same);
    }
}

/* ---- Figures. ---- */

static struct figures count(const char *text)
{
    struct figures figures = {0};
    struct finding finding;
    struct case_error error;
    struct test_case c;
    char why[160] = "";
    case_init(&c);
    if (!case_read_text(&c, text, strlen(text), &error)) {
        printf("Bail out!  %u: %s\n", (unsigned)error.line, error.message);
        exit(1);
    }
    if (!rig_reset(rig, &c.head, &finding) ||
        !figures_count(&figures, rig_target(rig), &c, &c.head, why, sizeof why))
        printf("# %s\n", why);
    case_free(&c);
    return figures;
}

#define PROGRAM "create s0\nswitch s0\nmap s0 0x400000 16 rw\n"

/* What the last lines of a case add to what those before cost. */
#define COST(head, before, lines, field)                                                           \
    (long)(count(head before lines).counts.field - count(head before).counts.field)

#define DIRECT "case tables=direct\n"

static void test_stores(void)
{
    static const struct {
        const char *what, *before, *lines;
        long stores;
    } rows[] = {
        {"a page in a new table: its entry, and the directory's", "create s0\n",
         "map s0 0x400000 1 rw eager\n", 2},
        {"five more in that table: five", "create s0\nmap s0 0x400000 1 rw eager\n",
         "map s0 0x401000 5 rw eager\n", 5},
        {"three pages removed of six: three", "create s0\nmap s0 0x400000 6 rw eager\n",
         "unmap s0 0x401000 3\n", 3},
        {"a page fault: one", PROGRAM "write s0 0x400000 1\n", "write s0 0x401000 1\n", 1},
        {"an access without a fault: none", PROGRAM "write s0 0x400000 1\n",
         "write s0 0x400004 1\n", 0},
        {"the word of a copy_out is not one", PROGRAM "write s0 0x400000 1\n",
         "copy_out s0 0x400000 1\n", 0},
    };
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[512];
        snprintf(text, sizeof text, DIRECT "%s", rows[i].before);
        uint64_t before = count(text).counts.stores;
        strcat(text, rows[i].lines);
        long stores = (long)(count(text).counts.stores - before);
        if (!ok_if(stores == rows[i].stores, "PTE writes: %s", rows[i].what))
            printf("# expected %ld, actual %ld\n", rows[i].stores, stores);
    }
}

#define TOUCHED                                                                                    \
    PROGRAM "write s0 0x400000 1\nwrite s0 0x401000 1\nwrite s0 0x402000 1\nwrite s0 0x403000 1\n"

static void test_flushes(void)
{
    ok_if(COST(DIRECT, TOUCHED, "protect s0 0x400000 3 r\n", invlpgs) == 3,
          "flush=page: an INVLPG for each translation that is narrowed");
    ok_if(COST(DIRECT, TOUCHED, "protect s0 0x400000 3 r\n", cr3_loads) == 0,
          "flush=page: and no CR3 load");
    ok_if(COST("case tables=direct flush=space\n", TOUCHED, "protect s0 0x400000 3 r\n", invlpgs) ==
              0,
          "flush=space: no INVLPG");
    ok_if(COST("case tables=direct flush=space\n", TOUCHED, "protect s0 0x400000 3 r\n",
               cr3_loads) == 1,
          "flush=space: one CR3 load");
    ok_if(COST(DIRECT, TOUCHED, "map s0 0x800000 4 rw eager\n", invlpgs) == 0,
          "new translations need no flush");
    ok_if(COST(DIRECT, TOUCHED "create s1\n", "switch s1\n", cr3_loads) == 1,
          "a switch is a CR3 load");
}

static void test_memory(void)
{
    ok_if(COST(DIRECT, PROGRAM, "write s0 0x400000 1\n", pages) == 2,
          "a first page in a first table: two pages are cleared");
    ok_if(COST(DIRECT, TOUCHED, "fork s0 s1\nwrite s1 0x400000 2\n", pages) == 3,
          "fork: the child's directory, its table, and the copy of what it writes");
    ok_if(COST("case tables=direct fork=copy\n", TOUCHED, "fork s0 s1\n", pages) == 5,
          "fork=copy: the child's directory and all four pages");
    ok_if(COST("case tables=direct tlb=none\n", TOUCHED, "read s0 0x400000\nread s0 0x401000\n",
               walks) == 2,
          "without a TLB each access is a walk");
    ok_if(COST(DIRECT, TOUCHED "read s0 0x400000\n", "read s0 0x400000\n", walks) == 0,
          "with one the second is none");
}

static void test_rest(void)
{
    struct figures f = count(TOUCHED "read s0 0x400000\nread s0 0x400000\n");
    ok_if(f.ops == 9, "operations are counted");
    ok_if(f.faults == 4 && f.spurious == 0, "faults: one for each page");
    ok_if(f.refused == 0, "nothing is refused");
    struct figures one = count(TOUCHED), two = count(TOUCHED "map s0 0x800000 1 rw eager\n");
    ok_if(two.tables_most == one.tables_most + 1, "a second table is one more");
    ok_if(one.tables_mean > 1 && one.tables_mean < one.tables_most,
          "on the average there were fewer than at most");
    two = count(TOUCHED "map s0 0x800000 1 rw eager\nunmap s0 0x800000 1\nread s0 0x400000\n");
    ok_if(two.tables_most == one.tables_most + 1, "also when it is gone at the end");

    f = count("case limit=4\n" TOUCHED);
    ok_if(f.refused == 2, "with 4 frames two of four pages are refused");

    f = count("create s0\nmap s0 0x400000 1 rw\nmap s0 0x402000 1 rw\ncreate s1\n"
              "map s1 0x400000 1 rw\ncheck\nunmap s0 0x400000 1\ncheck\n");
    ok_if(f.regions == 3, "regions of all spaces, at the first check");
    two = count("create s0\nmap s0 0x400000 1 rw\nmap s0 0x402000 1 rw\ncreate s1\ncheck\n");
    ok_if(f.structure_bytes && f.structure_bytes == two.structure_bytes / 2 * 3,
          "a region more is its size more");
    two = count("create s0\nmap s0 0x400000 1 rw eager\nmap s0 0x402000 1 rw\ncreate s1\n"
                "map s1 0x400000 1 rw\ncheck\n");
    ok_if(two.structure_bytes > f.structure_bytes, "a page needs a structure, too");

    ok_if(count(TOUCHED).answers == count(TOUCHED).answers, "the same answers, the same number");
    ok_if(count(TOUCHED "read s0 0x400000\n").answers !=
              count(TOUCHED "read s0 0x410000\n").answers,
          "another status, another number");
    ok_if(
        count("create s0\nmap s0 0x400000 1 rw\nwrite s0 0x400000 1\nread s0 0x400000\n").answers !=
            count("create s0\nmap s0 0x400000 1 rw\nwrite s0 0x400000 2\nread s0 0x400000\n")
                .answers,
        "another word, another number");
}

static void test_refusal(void)
{
    struct figures figures = {0};
    struct finding finding;
    struct case_error error;
    struct test_case c;
    char why[160] = "";
    static const char text[] = "create s0\nread s0 0x400000   -> OK\n";
    case_init(&c);
    case_read_text(&c, text, strlen(text), &error);
    rig_reset(rig, &c.head, &finding);
    ok_if(!figures_count(&figures, rig_target(rig), &c, &c.head, why, sizeof why) &&
              strstr(why, "operation 1") && strstr(why, "FAULT"),
          "an answer that the case does not expect is no figure");
    case_free(&c);
}

static void test_time(void)
{
    struct figures figures = count(TOUCHED);
    struct case_error error;
    struct test_case c;
    case_init(&c);
    case_read_text(&c, TOUCHED, strlen(TOUCHED), &error);
    for (unsigned i = 0; i < 5; i++)
        ok_if(figures_time(&figures, rig_target(rig), &c, &c.head, NULL), "a timed run");
    figures_end(&figures);
    ok_if(figures.runs == 6 && figures.least_ns > 0 && figures.least_ns <= figures.median_ns,
          "the counting run and five more: the least, and the median");
    case_free(&c);
}

int main(void)
{
    rig = rig_make(&(struct rig_config){"sim", RIG_CHECK_END, OP_SLOTS, OP_SLOTS, NULL});
    for (unsigned i = 0; i < workload_count; i++)
        test_workload(&workloads[i]);
    ok_if(workload_find("shell") && !workload_find("shel"), "workloads have names");
    test_stores();
    test_flushes();
    test_memory();
    test_rest();
    test_refusal();
    test_time();
    rig_free(rig);
    return tap_done();
}
