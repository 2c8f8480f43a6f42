/* rewind.c: a case in QEMU, and back.
 *
 * QEMU replays what it has recorded of a machine's input, and the rig's it cannot record: it knows
 * nothing of memory that somebody else writes, and of what comes over a serial line it loses what
 * comes fast.  So what the rig says is kept on a tape (tape.h), and recorded is a machine without
 * any input, whose kernel has the tape in memory from the beginning. */
#include "rewind.h"
#include "../target/monitor.h"
#include "../target/qemu.h"
#include "../target/remote.h"
#include "../target/tape.h"
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

static int refuse(const char *what, const char *why)
{
    fprintf(stderr, "pagerig hold: %s: %s\n", what, why);
    return EXIT_CANNOT;
}

/* ---- The tape. ---- */

/* The verdict on it is the rig's.  False: the rig could not run it. */
static bool run_case(struct scene *scene, uint32_t number)
{
    if (!scene_start(scene)) {
        scene_print_finding(scene, stderr);
        return false;
    }
    while (scene->at < number && scene_step(scene))
        continue;
    if (scene->diverged)
        scene_print_finding(scene, stdout);
    return !scene->diverged || scene->finding.oracle != ORACLE_RIG;
}

static bool write_tape(struct tape *tape, const char *directory)
{
    char path[4096];
    if (!tape_fits(tape)) {
        refuse("what the rig says does not fit", "minimise the case, or name an earlier --at");
        return false;
    }
    snprintf(path, sizeof path, "%s/tape", directory);
    if (!tape_write(tape, path)) {
        refuse(path, strerror(errno));
        return false;
    }
    return true;
}

/* ---- The recording. ---- */

/* How a kernel ends that does what is on the tape, if it is as the rig has seen it. */
static enum end expected_end(const struct scene *scene)
{
    if (!scene->diverged || scene_ended(scene))
        return END_RETURNED;
    switch (scene->finding.oracle) {
    case ORACLE_PANIC:
        return END_PANIC;
    case ORACLE_HANG:
        return END_HANG;
    case ORACLE_TRIPLE_FAULT:
        return END_TRIPLE_FAULT;
    default:
        return END_RETURNED;
    }
}

/* An operation after which the kernel is nowhere: gdb has to stop before it. */
static bool is_lost(enum end end)
{
    return end == END_HANG || end == END_TRIPLE_FAULT;
}

/* QEMU completes the recording when it ends, also by SIGTERM, but not by SIGKILL. */
static bool record(const struct target_options *options, uint32_t ram, enum end expected)
{
    enum { HANG_SECONDS = 1, LAST_SECONDS = 20 };
    struct qemu qemu;
    char why[200];
    if (!remote_qemu_alone(&qemu, options, ram, why, sizeof why)) {
        refuse("QEMU cannot record", why);
        return false;
    }
    enum end end = END_HANG;
    if (qemu_ended(&qemu, expected == END_HANG ? HANG_SECONDS : options->hang_seconds)) {
        end = qemu_how_ended(&qemu, why, sizeof why);
    } else {
        snprintf(why, sizeof why, "the kernel does not end");
        kill(qemu.pid, SIGTERM);
        qemu_ended(&qemu, LAST_SECONDS);
    }
    qemu_stop(&qemu);
    if (end != expected)
        refuse("alone, the kernel does not end as it did with the rig", why);
    return end == expected;
}

/* When the monitor answers, gdb is served, too. */
static bool answers(struct qemu *qemu, char *why, size_t why_size)
{
    enum { START_SECONDS = 10 };
    char *text = monitor_ask(qemu->monitor, "info status", START_SECONDS, why, why_size);
    free(text);
    return text != NULL;
}

static void wait_for_the_end_of_input(void)
{
    while (getchar() != EOF)
        continue;
}

/* How often the kernel was told to do an operation; `check` is the rig's. */
static uint32_t count_calls(const struct scene *scene)
{
    uint32_t calls = 0;
    for (uint32_t i = 0; i < scene->at; i++)
        calls += scene->c->ops[i].code != OP_CHECK;
    return calls;
}

static int replay(const struct scene *scene, const struct target_options *options)
{
    struct qemu qemu;
    char why[200], text[OP_TEXT_MAX];
    if (!remote_qemu_alone(&qemu, options, scene->c->head.ram, why, sizeof why))
        return refuse("QEMU cannot replay", why);
    if (!answers(&qemu, why, sizeof why)) {
        qemu_stop(&qemu);
        return refuse("QEMU does not replay", why);
    }
    case_write_op(&scene->c->ops[scene->at - 1], text);
    if (is_lost(expected_end(scene)))
        printf("lost in call %u\n", (unsigned)count_calls(scene));
    printf("ready %u of %u: %s\n", (unsigned)scene->at, (unsigned)scene->c->count, text);
    fflush(stdout);
    wait_for_the_end_of_input();
    qemu_stop(&qemu);
    return scene->diverged ? EXIT_DIVERGED : EXIT_CLEAN;
}

int rewind_case(struct scene *scene, uint32_t number, struct target_option *option, const char *gdb,
                const char *directory)
{
    struct target_options alone = option->options;
    struct tape *tape = calloc(1, sizeof *tape);
    int status = EXIT_CANNOT;
    if (!tape)
        return refuse("the tape", strerror(errno));
    option->options.tape = tape;
    scene->rig = target_option_rig(option, RIG_CHECK_EVERY);
    alone.recording = directory;
    if (run_case(scene, number) && write_tape(tape, directory) &&
        record(&alone, scene->c->head.ram, expected_end(scene))) {
        alone.gdb = gdb;
        alone.rewind = true;
        status = replay(scene, &alone);
    }
    rig_free(scene->rig);
    free(tape);
    return status;
}
