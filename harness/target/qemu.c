/* qemu.c: QEMU's process.  What it shares with us (line, monitor, memory, log) are file descriptors
 * that it inherits; none of them has a name that could be left behind. */
#define _GNU_SOURCE /* memfd_create */
#include "qemu.h"
#include "qemu_check.h"
#include "spawn.h"
#include "tape.h"
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- What both share. ---- */

/* QEMU's ends; ours are in struct qemu. */
struct ends {
    int to_line, monitor, ram;
};

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* A byte on the emulated line is a write of QEMU's: to a pipe it costs half of what it does to a
 * socket. */
static bool make_pipe(int *from, int *to)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return false;
    *from = ends[0];
    *to = ends[1];
    return true;
}

static bool make_pair(int *ours, int *theirs)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
        return false;
    *ours = pair[0];
    *theirs = pair[1];
    return true;
}

/* A file that does not grow, so that a program that never stops complaining fills nothing. */
static int make_log(void)
{
    enum { LOG_BYTES = 4096 };
    int fd = memfd_create("pagerig-log", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd >= 0 && (ftruncate(fd, LOG_BYTES) != 0 || fcntl(fd, F_ADD_SEALS, F_SEAL_GROW) != 0))
        close_fd(&fd);
    return fd;
}

static bool make_ram(struct qemu *qemu, int *fd)
{
    *fd = memfd_create("pagerig-ram", MFD_CLOEXEC);
    if (*fd < 0 || ftruncate(*fd, qemu->ram_bytes) != 0)
        return false;
    void *ram = mmap(NULL, qemu->ram_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, *fd, 0);
    qemu->ram = ram == MAP_FAILED ? NULL : ram;
    return qemu->ram != NULL;
}

static bool make_all(struct qemu *qemu, struct ends *ends, char *why, size_t why_size)
{
    const char *what = NULL;
    if (!make_pipe(&qemu->from_line, &ends->to_line) || !make_pipe(&qemu->unread, &qemu->to_line))
        what = "pipes for QEMU";
    else if (!make_pair(&qemu->monitor, &ends->monitor))
        what = "a socket for QEMU";
    else if ((qemu->log_fd = make_log()) < 0)
        what = "a file for QEMU's messages";
    else if (!make_ram(qemu, &ends->ram))
        what = "the guest's memory";
    if (what)
        snprintf(why, why_size, "%s cannot be made (%u KiB of RAM): %s", what,
                 qemu->ram_bytes >> 10, strerror(errno));
    return !what;
}

/* ---- Its arguments. ---- */

enum { ARGUMENTS_MAX = 48 };

struct arguments {
    char *argv[ARGUMENTS_MAX + 1];
    unsigned count;
    char text[2048]; /* those that were made here */
    size_t used;
};

static void add(struct arguments *a, const char *text)
{
    if (a->count < ARGUMENTS_MAX)
        a->argv[a->count++] = (char *)(uintptr_t)text;
}

__attribute__((format(printf, 2, 3))) static void add_made(struct arguments *a, const char *format,
                                                           ...)
{
    va_list values;
    char *text = a->text + a->used;
    va_start(values, format);
    int length = vsnprintf(text, sizeof a->text - a->used, format, values);
    va_end(values);
    a->used += (size_t)length + 1;
    add(a, text);
}

/* The machine has no input.  Going backwards starts from the state that is kept in the disk. */
static void add_recording(struct arguments *a, const struct qemu_options *options)
{
    add(a, "-serial");
    add(a, "none");
    add(a, "-device");
    add_made(a, "loader,file=%s/tape,addr=%#x,force-raw=on", options->recording, TAPE_ADDRESS);
    add(a, "-drive");
    add_made(a, "file=%s/disk.qcow2,if=none,id=disk", options->recording);
    add(a, "-icount");
    add_made(a, "shift=auto,rr=%s,rrfile=%s/events,rrsnapshot=init",
             options->rewind ? "replay" : "record", options->recording);
    if (options->rewind)
        add(a, "-S");
}

static void add_line(struct arguments *a)
{
    add(a, "-chardev");
    add(a, "stdio,id=line,signal=off");
    add(a, "-serial");
    add(a, "chardev:line");
}

/* qboot starts a kernel in half of SeaBIOS's time and prints nothing.  Without -apic it leaves the
 * timer's interrupts masked.  serial.baudbase makes characters so long that the receiver does not
 * announce a few bytes in between: QEMU sends and receives at once all the same, but the clock for
 * that wakes it at every byte (at 35 ms it does not: something else is due before).
 * -no-reboot: a triple fault ends QEMU. */
static void make_arguments(struct arguments *a, const struct qemu_options *options,
                           const struct ends *ends)
{
    static const char *const fixed[] = {
        "-nodefaults",
        "-no-user-config",
        "-no-reboot",
        "-display",
        "none",
        "-vga",
        "none",
        "-net",
        "none",
        "-bios",
        "qboot.rom",
        "-global",
        "serial.baudbase=1152",
        "-device",
        "isa-debug-exit,iobase=0xf4,iosize=4",
        "-machine",
        "pc,hpet=off,smm=off,vmport=off,graphics=off,memory-backend=ram",
    };
    add(a, options->program);
    for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++)
        add(a, fixed[i]);
    add(a, "-accel");
    add(a, options->accel);
    add(a, "-cpu");
    add(a, strcmp(options->accel, "kvm") == 0 ? "host,-apic" : "qemu32,-apic");
    add(a, "-m");
    add_made(a, "%uM", options->ram_bytes >> 20);
    add(a, "-object");
    add_made(a, "memory-backend-file,id=ram,size=%u,mem-path=/proc/self/fd/%d,share=on",
             options->ram_bytes, ends->ram);
    if (options->recording)
        add_recording(a, options);
    else
        add_line(a);
    add(a, "-chardev");
    add_made(a, "socket,id=qmp,fd=%d", ends->monitor);
    add(a, "-mon");
    add(a, "chardev=qmp,mode=control");
    if (options->gdb) {
        add(a, "-gdb");
        add_made(a, "unix:%s,server=on,wait=off", options->gdb);
    }
    add(a, "-kernel");
    add(a, options->kernel);
    add(a, "-append");
    add(a, options->command);
}

void qemu_print_command(FILE *file, const struct qemu_options *options)
{
    struct arguments arguments = {.count = 0};
    make_arguments(&arguments, options, &(struct ends){-1, -1, -1});
    for (unsigned i = 0; i < arguments.count; i++)
        fprintf(file, "%s%s", i ? " " : "", arguments.argv[i]);
}

/* ---- Starting and ending. ---- */

static bool run_program(struct qemu *qemu, const struct qemu_options *options,
                        const struct ends *ends, char *why, size_t why_size)
{
    struct arguments arguments = {.count = 0};
    const int standard[] = {qemu->unread, ends->to_line, qemu->log_fd};
    const int keep[] = {ends->monitor, ends->ram};
    int error;
    make_arguments(&arguments, options, ends);
    qemu->pid = spawn(arguments.argv, standard, keep, sizeof keep / sizeof keep[0], &error);
    if (!qemu->pid)
        snprintf(why, why_size, "%s cannot be run: %s", options->program, strerror(error));
    return qemu->pid != 0;
}

bool qemu_start(struct qemu *qemu, const struct qemu_options *options, char *why, size_t why_size)
{
    struct ends ends = {-1, -1, -1};
    memset(qemu, 0, sizeof *qemu);
    qemu->from_line = qemu->to_line = qemu->unread = qemu->monitor = qemu->log_fd = -1;
    qemu->ram_bytes = options->ram_bytes;
    snprintf(qemu->program, sizeof qemu->program, "%s", options->program);
    spawn_prepare();
    bool good = qemu_check(options, why, why_size) && make_all(qemu, &ends, why, why_size) &&
                run_program(qemu, options, &ends, why, why_size);
    close_fd(&ends.to_line);
    close_fd(&ends.monitor);
    close_fd(&ends.ram);
    if (!good)
        qemu_stop(qemu);
    return good;
}

static void has_ended(struct qemu *qemu, int status)
{
    qemu->pid = 0;
    qemu->status = status;
    if (pread(qemu->log_fd, qemu->log, sizeof qemu->log - 1, 0) < 0)
        qemu->log[0] = '\0';
}

bool qemu_ended(struct qemu *qemu, double seconds)
{
    int status;
    if (qemu->pid && spawn_ended(qemu->pid, seconds, &status))
        has_ended(qemu, status);
    return qemu->pid == 0;
}

void qemu_stop(struct qemu *qemu)
{
    if (qemu->pid)
        has_ended(qemu, spawn_kill(qemu->pid));
    close_fd(&qemu->from_line);
    close_fd(&qemu->to_line);
    close_fd(&qemu->unread);
    close_fd(&qemu->monitor);
    close_fd(&qemu->log_fd);
    if (qemu->ram)
        munmap(qemu->ram, qemu->ram_bytes);
    qemu->ram = NULL;
}

/* ---- How it ended. ---- */

/* What QEMU wrote, on one line. */
static const char *last_words(struct qemu *qemu)
{
    size_t length = strlen(qemu->log);
    while (length && strchr(" \r\n", qemu->log[length - 1]))
        length--;
    qemu->log[length] = '\0';
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)qemu->log[i] < ' ' || qemu->log[i] == 0x7f)
            qemu->log[i] = ' ';
    return length ? qemu->log : "it said nothing";
}

/* isa-debug-exit makes 2 * v + 1 of the values of `enum exit_value` in kernel/kernel.h.  A reset
 * ends QEMU with 0, and so does a friendly signal to QEMU, which it mentions. */
enum end qemu_how_ended(struct qemu *qemu, char *why, size_t why_size)
{
    enum { LEFT = 33, FAILED = 35, PANICKED = 37 };
    int status = WIFEXITED(qemu->status) ? WEXITSTATUS(qemu->status) : -1;
    const char *said = last_words(qemu);
    const char *text = "";
    enum end end = END_RIG;
    if (status == LEFT) {
        end = END_RETURNED;
        text = "the kernel left";
    } else if (status == FAILED) {
        end = END_PANIC;
        text = "the kernel ended and says that it failed";
    } else if (status == PANICKED) {
        end = END_PANIC;
        text = "the kernel panicked";
    } else if (status == 0 && !strstr(said, "terminating on signal")) {
        end = END_TRIPLE_FAULT;
        text = "the processor was reset";
    }
    if (end != END_RIG)
        snprintf(why, why_size, "%s", text);
    else if (WIFSIGNALED(qemu->status))
        snprintf(why, why_size, "%s was killed by signal %d (%s): %s", qemu->program,
                 WTERMSIG(qemu->status), strsignal(WTERMSIG(qemu->status)), said);
    else
        snprintf(why, why_size, "%s ended with status %d: %s", qemu->program, status, said);
    return end;
}
