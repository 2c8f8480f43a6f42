/* report_test.c: a divergence as a file: complete, readable, and the same case. */
#include "../cli/report.h"
#include "../lib/tap.h"
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char directory[] = "/tmp/pagerig-report-XXXXXX";

static const struct finding finding = {
    .oracle = ORACLE_PROTECTION,
    .at = 1,
    .op = {.code = OP_MAP, .va = 0x1000, .n = 2, .prot = PROT_R, .expect = OP_EXPECT_NOTHING},
    .field = "writable bit",
    .where = "s0 0x1000",
    .expected = "frame 7 P U",
    .actual = "frame 7 P W U",
};

/* The file's text, to be freed; NULL: there is none. */
static char *read_text(const char *path)
{
    FILE *file = fopen(path, "r");
    if (!file)
        return NULL;
    char *text = calloc(1, 4096);
    size_t length = fread(text, 1, 4095, file);
    fclose(file);
    text[length] = '\0';
    return text;
}

static void test_report(void)
{
    struct test_case c, again;
    struct op create = {.code = OP_CREATE, .expect = OP_EXPECT_NOTHING};
    struct report report = {&c,   &finding, "PROTECTION map writable bit", 0xabc, "a test",
                            true, NULL};
    char path[PATH_MAX];

    case_init(&c);
    case_init(&again);
    c.head.limit = 8;
    case_append(&c, &create);
    case_append(&c, &finding.op);
    ok_if(report_write(directory, &report, path), "a report is written");
    const char *name = strrchr(path, '/') + 1;
    ok_if(strcmp(name, "protection-map-writable-bit-0000000000000abc.case") == 0,
          "its name is the title and the seed");
    ok_if(case_read_file(&again, path) && again.count == c.count && again.head.limit == 8 &&
              memcmp(again.ops, c.ops, c.count * sizeof *c.ops) == 0,
          "it is the case");

    char *text = read_text(path);
    ok_if(text && strncmp(text, "# PROTECTION map writable bit\n", 30) == 0,
          "it begins with the title");
    static const char *const lines[] = {"# operation 2: map s0 0x1000 2 r\n",
                                        "# where: s0 0x1000\n", "# expected: frame 7 P U\n",
                                        "# actual: frame 7 P W U\n", "# found by: a test\n"};
    for (size_t i = 0; text && i < sizeof lines / sizeof lines[0]; i++)
        ok_if(strstr(text, lines[i]) != NULL, "it has the line %.*s", (int)strlen(lines[i]) - 1,
              lines[i]);
    ok_if(text && strstr(text, "pagerig replay /") && strstr(text, path), "it says how to replay");
    ok_if(text && !strstr(text, "NOT"), "and nothing of a failure that did not show again");
    free(text);

    report.reproduces = false;
    report.options = "--target vax";
    report_write(directory, &report, path);
    text = read_text(path);
    ok_if(text && strstr(text, "did NOT show again"), "but it does if it was so");
    ok_if(text && strstr(text, "pagerig replay --target vax /"), "it says on which target");
    free(text);
    ok_if(remove(path) == 0 && rmdir(directory) == 0, "and there was no other file");
    case_free(&c);
    case_free(&again);
}

static void test_refusals(void)
{
    char path[PATH_MAX], deep[PATH_MAX];
    struct test_case c;
    struct report report = {&c, &finding, "A TITLE", 1, "a test", true, NULL};
    struct stat file;

    case_init(&c);
    fprintf(stderr, "# two messages of report.c follow\n");
    ok_if(!report_write(directory, &report, path), "no directory: no report");
    ok_if(!report_prepare("/dev/null/reports"), "a directory that cannot be made is refused");
    snprintf(deep, sizeof deep, "%s/a/b", directory);
    ok_if(report_prepare(deep) && stat(deep, &file) == 0 && S_ISDIR(file.st_mode),
          "a directory is made, with those above it");
    ok_if(report_prepare(deep), "or it is there already");
    ok_if(rmdir(deep) == 0, "and it is empty");
    snprintf(deep, sizeof deep, "%s/a", directory);
    rmdir(deep);
    rmdir(directory);
}

static void test_titles(void)
{
    struct finding sanitizer = {.oracle = ORACLE_SANITIZER, .op.code = OP_EVICT, .field = ""};
    char title[64];

    ok_if(strcmp(report_title(&finding, title), "PROTECTION map writable bit") == 0,
          "a title is oracle, operation and field");
    ok_if(strcmp(report_title(&sanitizer, title), "SANITIZER evict") == 0,
          "without a blank for a field that is empty");
}

int main(void)
{
    if (!ok_if(mkdtemp(directory) != NULL, "a directory for reports can be made"))
        return tap_done();
    test_report();
    test_refusals();
    test_titles();
    return tap_done();
}
