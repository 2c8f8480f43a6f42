/* linux_fixture.h: what the tests of the target `linux` share: a world, and scripts.
 *
 * A script is a case in one line, its operations separated by `;`.  Whoever includes it asks for
 * _GNU_SOURCE first. */
#ifndef TEST_LINUX_FIXTURE_H
#define TEST_LINUX_FIXTURE_H

#include "../check/rig.h"
#include "../lib/tap.h"
#include "../target/linux.h"
#include <stdlib.h>
#include <string.h>

static struct rig *rig;

static inline struct rig *make_rig(void)
{
    struct rig_config config = {
        .target = "linux", .check = RIG_CHECK_EVERY, .spaces = 4, .segments = 2};
    return rig_make(&config);
}

static inline struct linux_target *the_target(void)
{
    return linux_target(rig_target(rig));
}

static inline void give_up(const char *what)
{
    printf("Bail out! %s\n", what);
    exit(1);
}

static inline void read_script(struct test_case *c, const char *text)
{
    struct case_error error;
    char lines[2048];
    snprintf(lines, sizeof lines, "%s\n", text);
    for (char *end = lines; (end = strchr(end, ';')); *end = '\n')
        ;
    case_init(c);
    if (!case_read_text(c, lines, strlen(lines), &error))
        give_up(error.message);
}

/* The title of what is found, or "". */
static inline const char *run_script(const char *text)
{
    static char title[64];
    struct test_case c;
    struct finding finding;
    read_script(&c, text);
    strcpy(title, "");
    if (!rig_run(rig, &c, &finding)) {
        finding_title(&finding, title);
        printf("# %s: %s: expected %s, actual %s\n", title, finding.where, finding.expected,
               finding.actual);
    }
    case_free(&c);
    return title;
}

/* As run_script, but that before the end of the case something is done to the kernel's state. */
static inline const char *run_spoiled(const char *text, void (*spoil)(void))
{
    static char title[64];
    struct test_case c;
    struct finding finding;
    read_script(&c, text);
    bool good = rig_reset(rig, &c.head, &finding);
    for (uint32_t i = 0; good && i < c.count; i++)
        good = rig_step(rig, &c.ops[i], &finding);
    case_free(&c);
    if (!good)
        give_up("the script does not hold");
    spoil();
    if (rig_finish(rig, &finding))
        return "";
    return finding_title(&finding, title);
}

#endif
