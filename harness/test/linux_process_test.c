/* linux_process_test.c: the processes of the target `linux` come and go with the rig, and its own
 * is left alone. */
#define _GNU_SOURCE
#include "linux_fixture.h"
#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- Processes. ---- */

static bool gone(pid_t pid)
{
    return kill(pid, 0) != 0 && errno == ESRCH;
}

static void test_ends_with_the_rig(void)
{
    pid_t pids[5] = {0};
    rig = make_rig();
    ok_if(strcmp(run_script("create s0; create s1; fork s0 s2; fork s2 s3"), "") == 0,
          "four spaces are four processes");
    for (int s = 0; s < 4; s++)
        pids[s] = the_target()->space[s].pid;
    pids[4] = the_target()->template.pid;
    bool distinct = true;
    for (int i = 0; i < 5; i++)
        for (int j = 0; j < i; j++)
            distinct = distinct && pids[i] > 0 && pids[i] != pids[j];
    ok_if(distinct, "of different numbers");
    rig_free(rig);
    bool all_gone = true;
    for (int i = 0; i < 5; i++)
        all_gone = all_gone && gone(pids[i]);
    ok_if(all_gone, "none is left when the rig is freed");
    ok_if(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD, "nor is one to be waited for");
}

/* In a process of its own, which is killed with four spaces, one of them stopped: all of them have
 * done something, since one that has not begun cannot be told to end with its rig. */
static void be_killed(int out)
{
    pid_t pids[5];
    rig = make_rig();
    run_script("create s0; create s1; fork s0 s2; fork s2 s3");
    struct finding finding;
    for (uint8_t s = 0; s < 4; s++) {
        struct op op = {.code = OP_MAP, .va = 0x1000, .n = 1, .prot = PROT_RW, .s = s};
        rig_step(rig, &op, &finding);
    }
    for (int s = 0; s < 4; s++)
        pids[s] = the_target()->space[s].pid;
    pids[4] = the_target()->template.pid;
    kill(pids[1], SIGSTOP);
    if (write(out, pids, sizeof pids) == (ssize_t)sizeof pids)
        kill(getpid(), SIGKILL);
    _exit(1);
}

/* This process becomes the parent of what is left behind. */
static void test_ends_with_a_kill(void)
{
    int ends[2], status = 0;
    pid_t pids[5], left = 0;
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    if (pipe(ends) != 0)
        give_up("pipe");
    pid_t pid = fork();
    if (pid == 0)
        be_killed(ends[1]);
    close(ends[1]);
    bool told = read(ends[0], pids, sizeof pids) == (ssize_t)sizeof pids;
    close(ends[0]);
    waitpid(pid, &status, 0);
    ok_if(told && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "a rig is killed");
    for (int i = 0; i < 1000 && left >= 0; i++) { /* at most 10 seconds */
        left = waitpid(-1, NULL, WNOHANG);
        if (left == 0)
            usleep(10000);
    }
    ok_if(left < 0 && errno == ECHILD, "and all of its processes end, also one that was stopped");
    bool all_gone = told;
    for (int i = 0; i < 5; i++)
        all_gone = all_gone && gone(pids[i]);
    ok_if(all_gone, "none of them is left");
    prctl(PR_SET_CHILD_SUBREAPER, 0);
}

/* Left as a zombie, which the rig waits for. */
static void kill_space(void)
{
    siginfo_t info;
    pid_t pid = the_target()->space[0].pid;
    kill(pid, SIGKILL);
    waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT);
}

static void stop_terminal(void)
{
    kill(the_target()->space[0].pid, SIGINT);
    kill(the_target()->space[0].pid, SIGTERM);
    kill(the_target()->template.pid, SIGINT);
}

static void test_lost_process(void)
{
    static const char *const script = "create s0; map s0 0x1000 1 rw; write s0 0x1000 1";
    const char *title = run_spoiled(script, kill_space);
    ok_if(strcmp(title, "RIG end linux target") == 0,
          "a process that was killed is the rig's failure, not a divergence (%s)", title);
    ok_if(strcmp(run_script(script), "") == 0, "and the next case has new ones");
    ok_if(strcmp(run_spoiled(script, stop_terminal), "") == 0,
          "what the terminal sends to all ends none of them");
    ok_if(strcmp(run_script(script), "") == 0, "nor the one of which they are made");
    kill(the_target()->template.pid, SIGKILL);
    ok_if(strcmp(run_script(script), "RIG create linux target") == 0,
          "when that one is lost, so is the case");
    ok_if(strcmp(run_script(script), "") == 0, "and the next case has another");
}

/* ---- This process. ---- */

/* True when a mapping of this process is in the range that the users have in theirs. */
static bool mapped_here(void)
{
    unsigned long long from, to;
    bool found = false;
    char line[512];
    FILE *maps = fopen("/proc/self/maps", "r");
    while (maps && fgets(line, sizeof line, maps))
        if (sscanf(line, "%llx-%llx", &from, &to) == 2)
            found = found || (from < LINUX_BASE + LINUX_RANGE && to > LINUX_BASE);
    if (maps)
        fclose(maps);
    return found || !maps;
}

int main(void)
{
    test_ends_with_the_rig();
    test_ends_with_a_kill();
    rig = make_rig();
    test_lost_process();
    ok_if(!mapped_here(), "the users' addresses are not mapped in this process");
    rig_free(rig);
    return tap_done();
}
