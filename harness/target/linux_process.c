/* linux_process.c: the processes that are address spaces, seen from the rig: how they are started,
 * asked, and ended. */
#define _GNU_SOURCE
#include "linux.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum end linux_failed(struct linux_target *t, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(t->base.why, sizeof t->base.why, format, arguments);
    va_end(arguments);
    t->base.what = "linux target";
    return END_RIG;
}

/* ---- Lines. ---- */

/* lines[0] is the rig's end. */
static bool make_lines(struct linux_target *t, int lines[2])
{
    struct timeval patience = {.tv_sec = t->hang_seconds};
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, lines) != 0) {
        linux_failed(t, "socketpair: %s", strerror(errno));
        return false;
    }
    setsockopt(lines[0], SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    return true;
}

static bool send_request(int line, const struct linux_request *request, int file)
{
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr aligned;
    } control = {{0}};
    struct iovec part = {(void *)request, sizeof *request};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    if (file >= 0) {
        message.msg_control = control.bytes;
        message.msg_controllen = sizeof control.bytes;
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(header), &file, sizeof file);
    }
    return sendmsg(line, &message, MSG_NOSIGNAL) == (ssize_t)sizeof *request;
}

enum end linux_ask(struct linux_target *t, struct linux_process *process,
                   const struct linux_request *request, int file, struct linux_answer *answer)
{
    ssize_t length = -1;
    if (send_request(process->line, request, file))
        do
            length = recv(process->line, answer, sizeof *answer, 0);
        while (length < 0 && errno == EINTR);
    if (length == (ssize_t)sizeof *answer)
        return END_RETURNED;
    if (length < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
        linux_failed(t, "process %d does not answer", (int)process->pid);
        return END_HANG;
    }
    return linux_failed(t, "process %d has ended", (int)process->pid);
}

/* ---- Processes. ---- */

static int open_proc(pid_t pid, const char *name)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
    return open(path, O_RDONLY | O_CLOEXEC);
}

/* process->regions stays. */
static bool adopt(struct linux_target *t, struct linux_process *process, pid_t pid, int line)
{
    process->pid = pid;
    process->line = line;
    process->maps = open_proc(pid, "maps");
    process->pagemap = open_proc(pid, "pagemap");
    process->memory = open_proc(pid, "mem");
    process->regions_known = false;
    if (process->maps >= 0 && process->pagemap >= 0 && process->memory >= 0)
        return true;
    linux_failed(t, "/proc/%d cannot be read: %s", (int)pid, strerror(errno));
    return false;
}

static void close_file(int *file)
{
    if (*file >= 0)
        close(*file);
    *file = -1;
}

void linux_end(struct linux_process *process)
{
    if (!process->pid)
        return;
    kill(process->pid, SIGKILL); /* not waited for yet, so the number is still its own */
    while (waitpid(process->pid, NULL, 0) < 0 && errno == EINTR)
        ;
    close_file(&process->line);
    close_file(&process->maps);
    close_file(&process->pagemap);
    close_file(&process->memory);
    process->pid = 0;
}

bool linux_fork(struct linux_target *t, struct linux_process *from, struct linux_process *to)
{
    struct linux_request request = {.deed = LINUX_FORK};
    struct linux_answer answer;
    int lines[2];
    if (!make_lines(t, lines))
        return false;
    bool asked = linux_ask(t, from, &request, lines[1], &answer) == END_RETURNED;
    close(lines[1]);
    if (asked && answer.result > 0)
        return adopt(t, to, (pid_t)answer.result, lines[0]);
    if (asked)
        linux_failed(t, "fork: %s", strerror(answer.error));
    else if (from == &t->template)
        linux_end(from); /* the next reset starts another */
    close(lines[0]);
    return false;
}

/* The arenas are gigabytes of the rig's own, which no address space shall have. */
static pid_t fork_without_arenas(const struct linux_target *t)
{
    const struct arena *arenas[] = {t->state, t->scratch};
    for (int i = 0; i < 2; i++)
        madvise(arenas[i]->memory, arenas[i]->size, MADV_DONTFORK);
    pid_t pid = fork();
    for (int i = 0; pid != 0 && i < 2; i++)
        madvise(arenas[i]->memory, arenas[i]->size, MADV_DOFORK);
    return pid;
}

static bool template_call(struct linux_target *t, const struct linux_request *request,
                          const char *what)
{
    struct linux_answer answer;
    if (linux_ask(t, &t->template, request, -1, &answer) != END_RETURNED)
        return false;
    if (!answer.error)
        return true;
    linux_failed(t, "%s: %s", what, strerror(answer.error));
    return false;
}

/* The range is free in every process, because it is in the one of which they are forked.  Huge
 * pages would be more memory than was asked for, and show pages that nobody has touched. */
static bool prepare_template(struct linux_target *t)
{
    struct linux_request reserve = {
        .deed = LINUX_CALL,
        .call = SYS_mmap,
        .arguments = {LINUX_BASE, LINUX_RANGE, PROT_NONE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE,
                      (uint64_t)-1, 0},
    };
    struct linux_request release = {
        .deed = LINUX_CALL, .call = SYS_munmap, .arguments = {LINUX_BASE, LINUX_RANGE}};
    struct linux_request small = {
        .deed = LINUX_CALL, .call = SYS_prctl, .arguments = {PR_SET_THP_DISABLE, 1}};
    return template_call(t, &reserve, "reserving the user's addresses") &&
           template_call(t, &release, "munmap") && template_call(t, &small, "PR_SET_THP_DISABLE");
}

bool linux_start(struct linux_target *t)
{
    int lines[2];
    pid_t rig = getpid();
    if (!make_lines(t, lines))
        return false;
    pid_t pid = fork_without_arenas(t);
    if (pid == 0)
        linux_space(lines[1], rig);
    close(lines[1]);
    if (pid < 0) {
        linux_failed(t, "fork: %s", strerror(errno));
        close(lines[0]);
        return false;
    }
    if (adopt(t, &t->template, pid, lines[0]) && prepare_template(t))
        return true;
    linux_end(&t->template);
    return false;
}
