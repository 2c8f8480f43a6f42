/* trial.c: see trial.h.  Parent and child share one page, in which the child says how far it is and
 * what it has found. */
#include "trial.h"
#include "death.h"
#include "options.h"
#include "scene.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* The literals that a finding points to are at the same addresses in both. */
struct told {
    uint32_t at; /* operations begun */
    bool done, clean;
    struct finding finding;
};

static void cannot(const char *what)
{
    fprintf(stderr, "pagerig: %s: %s\n", what, strerror(errno));
    exit(EXIT_CANNOT);
}

struct trial trial_make(struct rig *rig, const char *target)
{
    struct trial trial = {rig, death_possible() && strcmp(target, "sim") == 0, -1};

    if (trial.apart && (trial.out = open("/dev/null", O_WRONLY | O_CLOEXEC)) < 0)
        cannot("/dev/null");
    return trial;
}

void trial_free(struct trial *trial)
{
    if (trial->out >= 0)
        close(trial->out);
    trial->out = -1;
}

static void run_in_child(const struct trial *trial, struct test_case c, struct told *told)
{
    struct scene scene = {.name = "", .c = &c, .rig = trial->rig};

    dup2(trial->out, STDERR_FILENO);
    death_say(NULL);
    told->clean = scene_start(&scene);
    while (told->clean && scene.at < c.count) {
        told->at = scene.at + 1;
        told->clean = scene_step(&scene);
    }
    told->clean = told->clean && scene_finish(&scene);
    told->finding = scene.finding;
    told->done = true;
    _exit(EXIT_CLEAN);
}

bool trial_clean(struct trial *trial, const struct test_case *c, struct finding *finding)
{
    int status;

    if (!trial->apart)
        return rig_run(trial->rig, c, finding);
    struct told *told =
        mmap(NULL, sizeof *told, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (told == MAP_FAILED)
        cannot("memory to share with a child");
    fflush(NULL);
    pid_t child = fork();
    if (child < 0)
        cannot("a child");
    if (child == 0)
        run_in_child(trial, *c, told);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    struct test_case done = *c;
    done.count = told->at;
    bool clean = told->done && told->clean;
    if (told->done)
        *finding = told->finding;
    else if (told->at)
        *finding = death_finding(&done);
    else
        *finding = (struct finding){.oracle = ORACLE_RIG,
                                    .op = {.code = OP_CODES},
                                    .field = "reset",
                                    .actual = "the process ended before the first operation"};
    munmap(told, sizeof *told);
    return clean;
}
