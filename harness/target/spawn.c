/* spawn.c: fork and exec, with what a child must not inherit taken away. */
#define _GNU_SOURCE /* close_range, pipe2 */
#include "spawn.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

void spawn_prepare(void)
{
    int fd;
    while ((fd = open("/dev/null", O_RDWR | O_CLOEXEC)) >= 0 && fd <= STDERR_FILENO)
        fcntl(fd, F_SETFD, 0);
    if (fd >= 0)
        close(fd);
}

/* ---- In the child, where only what a signal handler may call is allowed. ---- */

/* An ignored signal would stay ignored. */
static void forget_signals(void)
{
    struct sigaction standard = {.sa_handler = SIG_DFL};
    sigset_t none;
    for (int i = 1; i < NSIG; i++)
        sigaction(i, &standard, NULL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static void die_with(pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) /* it was too late */
        _exit(127);
}

static void keep_only(const int standard[3], const int *keep, size_t keep_count)
{
    int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        dup2(standard[fd] < 0 ? nothing : standard[fd], fd);
    /* A kernel before 5.11 cannot; what this program opens is closed at exec anyway. */
    close_range(STDERR_FILENO + 1, ~0u, CLOSE_RANGE_CLOEXEC);
    for (size_t i = 0; i < keep_count; i++)
        fcntl(keep[i], F_SETFD, 0);
}

/* ---- In the parent. ---- */

/* The child tells the errno of exec through a pipe; exec closes it. */
static int exec_error(int fd)
{
    int error = 0;
    ssize_t got;
    do
        got = read(fd, &error, sizeof error);
    while (got < 0 && errno == EINTR);
    return got == sizeof error ? error : 0;
}

pid_t spawn(char *const argv[], const int standard[3], const int *keep, size_t keep_count,
            int *error)
{
    sigset_t all, before;
    int told[2], status;
    pid_t parent = getpid();
    if (pipe2(told, O_CLOEXEC) != 0) {
        *error = errno;
        return 0;
    }
    /* None of our handlers may run in the child. */
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    pid_t pid = fork();
    if (pid == 0) {
        setpgid(0, 0);
        die_with(parent);
        keep_only(standard, keep, keep_count);
        forget_signals();
        execvp(argv[0], argv);
        int why = errno;
        (void)!write(told[1], &why, sizeof why);
        _exit(127);
    }
    *error = errno;
    sigprocmask(SIG_SETMASK, &before, NULL);
    close(told[1]);
    if (pid > 0 && (*error = exec_error(told[0])) != 0)
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
            continue;
    close(told[0]);
    return pid > 0 && *error == 0 ? pid : 0;
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

bool spawn_ended(pid_t pid, double seconds, int *status)
{
    static const struct timespec moment = {.tv_nsec = 500000};
    double end = now() + seconds;
    for (;;) {
        pid_t ended = waitpid(pid, status, WNOHANG);
        if (ended == pid)
            return true;
        if ((ended < 0 && errno != EINTR) || now() >= end)
            return false;
        nanosleep(&moment, NULL);
    }
}

int spawn_kill(pid_t pid)
{
    int status = 0;
    kill(-pid, SIGKILL);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    return status;
}
