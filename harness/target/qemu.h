/* qemu.h: starts a kernel in QEMU and ends it: the process, the line, the monitor's socket and the
 * memory that both map.  Nothing of these has a name in a file system, and all of it goes with this
 * process, however that ends. */
#ifndef QEMU_H
#define QEMU_H

#include "target.h"

struct qemu_options {
    const char *program;   /* "qemu-system-i386" */
    const char *kernel;    /* path of the image */
    const char *command;   /* its command line */
    const char *accel;     /* "tcg", "kvm" */
    const char *gdb;       /* path of a socket on which gdb is served; NULL: none */
    const char *recording; /* NULL; or a directory with `tape` (tape.h), which the kernel does all
                            * alone, and an empty `disk.qcow2`: QEMU makes `events` there */
    bool rewind;           /* or runs that, for gdb to go backwards in; stopped at its start */
    uint32_t ram_bytes;    /* a multiple of 1 MiB */
};

struct qemu {
    int pid;             /* 0: not running */
    int from_line;       /* file descriptors; -1: closed */
    int to_line, unread; /* unread: what is written to can be read here, so it never breaks */
    int monitor;         /* QMP */
    uint8_t *ram;        /* the guest's physical memory from 0, shared; NULL: none */
    uint32_t ram_bytes;
    int status;        /* of wait, once pid is 0 */
    char log[512];     /* the first that QEMU itself wrote to its standard error, once pid is 0 */
    int log_fd;        /* -1: closed */
    char program[256]; /* for messages */
};

/* The oldest QEMU that will do. */
enum { QEMU_MAJOR = 7, QEMU_MINOR = 0 };

/* False: why (of why_size bytes) says what is missing and what to do about it, and nothing is left
 * behind.  True: QEMU runs; whether its kernel does is the line's to find out. */
bool qemu_start(struct qemu *qemu, const struct qemu_options *options, char *why, size_t why_size);

/* The command line with which it is started, without the numbers of file descriptors. */
void qemu_print_command(FILE *file, const struct qemu_options *options);

/* Has it ended by itself?  Waits for so many seconds at most; then status is set and pid is 0. */
bool qemu_ended(struct qemu *qemu, double seconds);

/* Kills it if it runs and closes everything.  May be called twice. */
void qemu_stop(struct qemu *qemu);

/* How a QEMU ended: by the exit values of kernel/kernel.h through isa-debug-exit.  END_RETURNED:
 * the kernel left because it was told to.  END_RIG: QEMU itself failed; why says so. */
enum end qemu_how_ended(struct qemu *qemu, char *why, size_t why_size);

#endif
