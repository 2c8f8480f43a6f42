/* qemu_test.c: QEMU as a process: what can be missing, how it ends, and that nothing of it is left.
 *
 * Besides the real one there are programs that pretend to be QEMU: this one, under other names
 * (`roles`).  Environment: KERNEL, the kernel's image (build/kernel/kernel.elf). */
#define _GNU_SOURCE /* program_invocation_short_name */
#include "../lib/tap.h"
#include "../target/qemu.h"
#include "qemu_roles.h"
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

static struct line line;
static char why[400];

static struct qemu_options options(void)
{
    const char *kernel = getenv("KERNEL");
    return (struct qemu_options){.program = "qemu-system-i386",
                                 .kernel = kernel ? kernel : "build/kernel/kernel.elf",
                                 .command = "agent",
                                 .accel = "tcg",
                                 .ram_bytes = 32 << 20};
}

static enum channel_end hello(struct qemu *qemu, double seconds)
{
    static const uint8_t version = WIRE_VERSION;
    const uint8_t *answer;
    size_t length;
    line_open(&line, qemu->from_line, qemu->to_line);
    return line.channel.ask(&line.channel, WIRE_HELLO, &version, 1, seconds, &answer, &length);
}

/* ---- What is missing. ---- */

/* Is it refused, with a text that has both parts, and is nothing left? */
static void refused(const struct qemu_options *wanted, const char *one, const char *other,
                    const char *what)
{
    struct qemu qemu;
    unsigned before = open_descriptors();
    why[0] = '\0';
    bool started = qemu_start(&qemu, wanted, why, sizeof why);
    bool named = strstr(why, one) && strstr(why, other);
    if (!ok_if(!started && named && strlen(why) < 160, "%s is refused, and named", what))
        printf("# %s\n", why);
    qemu_stop(&qemu);
    ok_if(open_descriptors() == before && waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD,
          "... and nothing is left");
}

static void test_programs(void)
{
    static const struct {
        const char *name, *one, *other;
    } bad[] = {
        {"qemu-old", "too old", "7.0"},
        {"qemu-other", "is not QEMU", "something else"},
        {"qemu-mute", "is not QEMU", "qemu-mute"},
        {"nothing", "there is no", "apt-get install qemu-system-x86"},
        {"plain", "cannot be run", "Permission denied"},
    };
    struct qemu_options wanted = options();
    make_file("plain", "x", 1);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        wanted.program = path_to(bad[i].name);
        refused(&wanted, bad[i].one, bad[i].other, bad[i].name);
    }
    wanted.program = "";
    refused(&wanted, "there is no", "--qemu", "a program without a name");
}

static void test_images(void)
{
    static const uint8_t elf64[] = {0x7f, 'E', 'L', 'F', 2, 1, 1, 0};
    static const uint8_t elf32[] = {0x7f, 'E', 'L', 'F', 1, 1, 1, 0};
    static const uint32_t wrong_sum[] = {0x464c457f, 0x00010101, 0x1badb002, 3, 4};
    static const struct {
        const char *name, *one, *other;
        const void *bytes;
        size_t length;
    } bad[] = {
        {"empty", "cannot be started", "32-bit ELF", "", 0},
        {"text", "cannot be started", "32-bit ELF", "#!/bin/sh\n", 10},
        {"long-mode", "cannot be started", "32-bit ELF", elf64, sizeof elf64},
        {"no-header", "cannot be started", "multiboot", elf32, sizeof elf32},
        {"wrong-sum", "cannot be started", "multiboot", wrong_sum, sizeof wrong_sum},
    };
    struct qemu_options wanted = options();
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        make_file(bad[i].name, bad[i].bytes, bad[i].length);
        wanted.kernel = path_to(bad[i].name);
        refused(&wanted, bad[i].one, bad[i].other, bad[i].name);
    }
    wanted.kernel = path_to("none");
    refused(&wanted, "there is no kernel", "make", "a kernel that is not there");
    wanted.kernel = directory;
    refused(&wanted, "cannot be started", "not a file", "a directory as a kernel");
}

/* In a process of its own, whose limits are its own: so many more descriptors, or bytes of address
 * space, are all that it may have. */
static void test_limits(int resource, rlim_t more, const char *text)
{
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        struct qemu_options wanted = options();
        struct qemu qemu;
        close_range(STDERR_FILENO + 1, ~0u, 0); /* what was inherited would not count */
        bool checked = qemu_start(&qemu, &wanted, why, sizeof why); /* the version is known then */
        qemu_stop(&qemu);
        rlim_t limit = resource == RLIMIT_NOFILE ? (rlim_t)dup(STDERR_FILENO) + 1 + more : more;
        setrlimit(resource, &(struct rlimit){limit, limit});
        checked = checked && !qemu_start(&qemu, &wanted, why, sizeof why);
        _exit(checked && strstr(why, text) ? 0 : 1);
    }
    int status = 1;
    waitpid(child, &status, 0);
    ok_if(status == 0, "without %s it is said so", text);
}

static void test_kvm(void)
{
    struct qemu_options wanted = options();
    wanted.accel = "kvm";
    int fd = open("/dev/kvm", O_RDWR);
    if (fd < 0)
        refused(&wanted, "KVM cannot be used", "--accel tcg", "KVM");
    else
        close(fd);
    wanted.accel = "none";
    struct qemu qemu;
    bool started = qemu_start(&qemu, &wanted, why, sizeof why);
    ok_if(started && hello(&qemu, 20) == CHANNEL_CLOSED && qemu_ended(&qemu, 10) &&
              qemu_how_ended(&qemu, why, sizeof why) == END_RIG && strstr(why, "accel"),
          "what QEMU says of an accelerator that it does not know is told");
    qemu_stop(&qemu);
}

/* ---- How it ends. ---- */

static void test_role(const char *name, enum channel_end end, const char *text, const char *what)
{
    struct qemu_options wanted = options();
    struct qemu qemu;
    wanted.program = path_to(name);
    bool started = qemu_start(&qemu, &wanted, why, sizeof why);
    double begin = line_clock();
    bool good = started && hello(&qemu, end == CHANNEL_SILENT ? 0.5 : 8) == end;
    ok_if(good && line_clock() - begin < 10, "%s", what);
    if (text) {
        good = qemu_ended(&qemu, 20) && qemu_how_ended(&qemu, why, sizeof why) == END_RIG;
        if (!ok_if(good && strstr(why, text), "... and it is told: %s", text))
            printf("# %s\n", why);
    } else {
        ok_if(!qemu_ended(&qemu, 0), "... and it has not ended");
    }
    struct stat log;
    ok_if(fstat(qemu.log_fd, &log) == 0 && log.st_size <= 4096, "... its complaints fill nothing");
    pid_t pid = qemu.pid;
    qemu_stop(&qemu);
    ok_if(qemu.pid == 0 && (pid == 0 || kill(pid, 0) != 0) && qemu.from_line == -1 &&
              qemu.to_line == -1 && !qemu.ram,
          "... and it can be stopped");
    qemu_stop(&qemu);
}

static void test_roles(void)
{
    test_role("qemu-refuse", CHANNEL_CLOSED, "status 1: qemu: no  such machine",
              "a QEMU that ends at once");
    test_role("qemu-silence", CHANNEL_SILENT, NULL, "a guest that never answers");
    test_role("qemu-babble", CHANNEL_SILENT, NULL, "a guest that babbles");
    test_role("qemu-half", CHANNEL_CLOSED, "status 3", "a guest that stops within a frame");
    test_role("qemu-complain", CHANNEL_CLOSED, "complaint", "a QEMU that complains without end");
    signal(SIGINT, SIG_IGN);
    int leak = open("/dev/null", O_RDONLY);
    test_role("qemu-look", CHANNEL_CLOSED,
              "status 100:", "a QEMU that inherits what it needs and nothing else");
    close(leak);
    signal(SIGINT, SIG_DFL);
}

static void test_kernel(const char *command, enum end end, const char *text)
{
    struct qemu_options wanted = options();
    struct qemu qemu;
    wanted.command = command;
    bool started = qemu_start(&qemu, &wanted, why, sizeof why);
    line_open(&line, qemu.from_line, qemu.to_line);
    double limit = line_clock() + 60;
    while (started && line_clock() < limit && line_wait(&line, 1))
        continue;
    char *console = line_console(&line);
    ok_if(strstr(console, text) != NULL, "%s: the console says '%s'", command, text);
    free(console);
    bool ended = qemu_ended(&qemu, 10);
    if (!ok_if(ended && qemu_how_ended(&qemu, why, sizeof why) == end, "... and how it ended"))
        printf("# %s\n", why);
    qemu_stop(&qemu);
    ok_if(qemu_how_ended(&qemu, why, sizeof why) == end, "... which is known afterwards as well");
}

static void test_killed(int signal, const char *text)
{
    struct qemu_options wanted = options();
    struct qemu qemu;
    bool good = qemu_start(&qemu, &wanted, why, sizeof why) && hello(&qemu, 20) == CHANNEL_ANSWERED;
    ok_if(good, "QEMU starts, and its kernel says HELLO");
    kill(qemu.pid, signal);
    double limit = line_clock() + 20;
    enum channel_end heard = CHANNEL_ANSWERED; /* it may say something before the signal comes */
    while (heard == CHANNEL_ANSWERED && line_clock() < limit)
        heard = hello(&qemu, 20);
    ok_if(heard == CHANNEL_CLOSED && qemu_ended(&qemu, 10), "... until it is killed");
    enum end end = qemu_how_ended(&qemu, why, sizeof why);
    ok_if(end == END_RIG && strstr(why, text), "... which is the rig's failure: %s", text);
    qemu_stop(&qemu);
}

static void test_shared(void)
{
    struct qemu_options wanted = options();
    struct qemu qemu;
    unsigned before = open_descriptors();
    uint32_t used = 0;
    bool good = qemu_start(&qemu, &wanted, why, sizeof why) && hello(&qemu, 20) == CHANNEL_ANSWERED;
    for (uint32_t i = 1 << 20; good && i < 2 << 20; i++)
        used += qemu.ram[i] != 0;
    ok_if(used > 10000, "the guest's memory is ours: the kernel lies at 1 MiB");
    char greeting[7] = "";
    ok_if(good && read(qemu.monitor, greeting, 6) == 6 && strcmp(greeting, "{\"QMP\"") == 0,
          "the monitor speaks QMP");
    qemu_stop(&qemu);
    ok_if(open_descriptors() == before, "nothing is left open");
}

/* ---- Our own end. ---- */

/* A process that starts QEMU, tells its pid, and then waits; in a group of its own. */
static pid_t start_parent(const char *program, bool deaf, bool no_standard, pid_t *qemu_pid)
{
    int told[2];
    if (pipe(told) != 0)
        exit(125);
    fflush(stdout);
    pid_t parent = fork();
    if (parent == 0) {
        struct qemu_options wanted = options();
        struct qemu qemu;
        setpgid(0, 0);
        signal(SIGINT, deaf ? SIG_IGN : SIG_DFL);
        for (int fd = 0; no_standard && fd <= 2; fd++)
            close(fd);
        if (program)
            wanted.program = program;
        bool good = qemu_start(&qemu, &wanted, why, sizeof why) &&
                    (program || hello(&qemu, 20) == CHANNEL_ANSWERED);
        pid_t pid = good ? qemu.pid : 0;
        (void)!write(told[1], &pid, sizeof pid);
        pause();
        _exit(0);
    }
    close(told[1]);
    if (read(told[0], qemu_pid, sizeof *qemu_pid) != sizeof *qemu_pid)
        *qemu_pid = 0;
    close(told[0]);
    return parent;
}

/* Orphans become our children, so that we can see them end. */
static bool vanishes(pid_t pid)
{
    for (int i = 0; pid && i < 1000; i++) {
        if (waitpid(pid, NULL, WNOHANG) == pid)
            return true;
        usleep(1000);
    }
    return false;
}

static void test_parent(int signal, const char *what)
{
    pid_t qemu, parent = start_parent(NULL, false, false, &qemu);
    ok_if(qemu && kill(qemu, 0) == 0, "a process starts QEMU");
    kill(-parent, signal);
    waitpid(parent, NULL, 0);
    ok_if(vanishes(qemu), "... which vanishes with it after %s", what);
}

static void test_deaf_parent(void)
{
    pid_t qemu, parent = start_parent(NULL, true, false, &qemu);
    kill(-parent, SIGINT);
    usleep(200000);
    ok_if(qemu && kill(qemu, 0) == 0 && waitpid(qemu, NULL, WNOHANG) <= 0,
          "a Ctrl-C that its parent survives does not end QEMU");
    kill(parent, SIGKILL);
    waitpid(parent, NULL, 0);
    vanishes(qemu);
}

static void test_no_standard_files(void)
{
    pid_t qemu, parent = start_parent(NULL, false, true, &qemu);
    ok_if(qemu != 0, "without standard input, output and error QEMU starts all the same");
    kill(parent, SIGKILL);
    waitpid(parent, NULL, 0);
    vanishes(qemu);
}

int main(int argc, char **argv)
{
    (void)argc;
    int played = play(argv);
    if (played >= 0)
        return played;
    make_roles();
    prctl(PR_SET_CHILD_SUBREAPER, 1);

    test_programs();
    test_images();
    test_kvm();
    test_limits(RLIMIT_NOFILE, 3, "pipes for QEMU");
    test_limits(RLIMIT_NOFILE, 5, "a socket for QEMU");
    test_limits(RLIMIT_NOFILE, 6, "a file for QEMU's messages");
    test_limits(RLIMIT_NOFILE, 7, "the guest's memory");
    test_limits(RLIMIT_AS, 1 << 20, "the guest's memory");
    test_roles();
    test_shared();
    test_kernel("selftest", END_RETURNED, "1..");
    test_kernel("break=assert", END_PANIC, "Kernel panic - not syncing");
    test_kernel("break=directory", END_TRIPLE_FAULT, "");
    test_killed(SIGKILL, "killed by signal 9");
    test_killed(SIGTERM, "terminating on signal 15");
    test_parent(SIGKILL, "a kill");
    test_parent(SIGINT, "a Ctrl-C");
    test_deaf_parent();
    test_no_standard_files();
    remove_all();
    return tap_done();
}
