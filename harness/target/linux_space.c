/* linux_space.c: what runs in the process that is an address space: it does what it is asked, one
 * request after the other, and knows nothing of cases or of the model.
 *
 * System calls are made without the C library's wrappers, which a sanitizer may have replaced. */
#define _GNU_SOURCE
#include "linux.h"
#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

static pid_t rig_pid;
static int scratch; /* a file of one word */

/* ---- Accesses. ---- */

static sigjmp_buf after_fault;
static volatile sig_atomic_t accessing;
static struct linux_answer *faulting;

static uint32_t processor_error(const ucontext_t *context)
{
#ifdef __x86_64__
    return (uint32_t)context->uc_mcontext.gregs[REG_ERR];
#else
    (void)context;
    return 0;
#endif
}

/* A fault that no access asked for is this program's own: it comes again, and ends the process. */
static void on_fault(int number, siginfo_t *info, void *context)
{
    if (!accessing) {
        signal(number, SIG_DFL);
        return;
    }
    faulting->faulted = true;
    faulting->fault_address = (uintptr_t)info->si_addr;
    faulting->fault_error = processor_error(context);
    siglongjmp(after_fault, 1);
}

static void catch_faults(void)
{
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_NODEFER};
    sigaction(SIGSEGV, &action, NULL);
    sigaction(SIGBUS, &action, NULL);
}

/* The word is the user's, of which no sanitizer knows. */
__attribute__((noinline, no_sanitize("address", "undefined"))) static void
access_word(const struct linux_request *request, struct linux_answer *answer)
{
    volatile uint32_t *word = (volatile uint32_t *)(uintptr_t)request->arguments[0];
    if (request->deed == LINUX_STORE)
        *word = (uint32_t)request->arguments[1];
    else
        answer->word = *word;
}

static void access_guarded(const struct linux_request *request, struct linux_answer *answer)
{
    faulting = answer;
    accessing = 1;
    if (sigsetjmp(after_fault, 0) == 0)
        access_word(request, answer);
    accessing = 0;
}

/* ---- System calls. ---- */

static void call(const struct linux_request *request, int file, struct linux_answer *answer)
{
    const uint64_t *a = request->arguments;
    uint64_t fifth = file >= 0 ? (uint64_t)file : a[4];
    answer->result = syscall((long)request->call, a[0], a[1], a[2], a[3], fifth, a[5]);
    answer->error = answer->result == -1 ? errno : 0;
}

/* pread(2) and pwrite(2) with the user's address: the kernel copies from and to the user with the
 * rights of this process; EFAULT when these do not allow it. */
static void copy(const struct linux_request *request, struct linux_answer *answer)
{
    enum { BYTES = sizeof(uint32_t) };
    uint32_t word = (uint32_t)request->arguments[1];
    uint64_t address = request->arguments[0];
    bool in = request->deed == LINUX_COPY_IN;

    if (!in)
        syscall(SYS_pwrite64, scratch, &word, BYTES, 0);
    answer->result = syscall(in ? SYS_pwrite64 : SYS_pread64, scratch, address, BYTES, 0);
    answer->error = answer->result == -1 ? errno : 0;
    if (in)
        syscall(SYS_pread64, scratch, &answer->word, BYTES, 0);
}

/* ---- The process. ---- */

/* A process whose rig has ended already would not be told. */
static void end_with_rig(void)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != rig_pid)
        _exit(0);
}

/* Takes the socket as descriptor 0, where requests come from. */
static void listen_at(int line)
{
    if (line == 0)
        return;
    dup2(line, 0);
    close(line);
}

/* CLONE_PARENT: the new process is a child of the rig as well, so it does not end with this one.
 * Only the parent answers. */
static bool fork_answers(int line, struct linux_answer *answer)
{
    answer->result = syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0);
    answer->error = answer->result == -1 ? errno : 0;
    if (answer->result != 0)
        return true;
    listen_at(line);
    end_with_rig();
    return false;
}

/* False: the rig has closed the line.  *file: a descriptor that came along, or -1. */
static bool receive(struct linux_request *request, int *file)
{
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr aligned;
    } control;
    struct iovec part = {request, sizeof *request};
    struct msghdr message = {
        .msg_iov = &part,
        .msg_iovlen = 1,
        .msg_control = control.bytes,
        .msg_controllen = sizeof control.bytes,
    };
    ssize_t length;
    do
        length = recvmsg(0, &message, 0);
    while (length < 0 && errno == EINTR);
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    *file = -1;
    if (header && header->cmsg_type == SCM_RIGHTS)
        memcpy(file, CMSG_DATA(header), sizeof *file);
    return length == (ssize_t)sizeof *request;
}

/* True: there is an answer to send. */
static bool obey(const struct linux_request *request, int file, struct linux_answer *answer)
{
    switch ((enum linux_deed)request->deed) {
    case LINUX_FORK:
        return fork_answers(file, answer);
    case LINUX_CALL:
        call(request, file, answer);
        break;
    case LINUX_LOAD:
    case LINUX_STORE:
        access_guarded(request, answer);
        break;
    case LINUX_COPY_IN:
    case LINUX_COPY_OUT:
        copy(request, answer);
        break;
    }
    return true;
}

/* Of this process's descriptors only the line and standard error stay: another rig's lines, if it
 * has one, must end with their owner. */
void linux_space(int line, pid_t rig)
{
    struct linux_request request;
    struct linux_answer answer;
    int file;

    rig_pid = rig;
    end_with_rig();
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    listen_at(line);
    close(1);
    syscall(SYS_close_range, 3u, ~0u, 0u);
    scratch = memfd_create("pagerig-word", 0);
    catch_faults();
    while (receive(&request, &file)) {
        memset(&answer, 0, sizeof answer);
        bool answers = obey(&request, file, &answer);
        if (answers && file >= 0)
            close(file);
        if (answers && send(0, &answer, sizeof answer, MSG_NOSIGNAL) < 0)
            break;
    }
    _exit(0);
}
