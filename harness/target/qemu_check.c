/* qemu_check.c: can this QEMU run this kernel?  Asked before anything is started, so that what is
 * missing has a name. */
#define _GNU_SOURCE /* pipe2 */
#include "qemu_check.h"
#include "spawn.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- The kernel's image. ---- */

/* The multiboot header lies within the first 8 KiB, at a multiple of 4, and its first three words
 * add up to 0: Multiboot Specification 0.6.96, section 3.1. */
enum { HEADER_WORDS = 8192 / 4, MULTIBOOT_MAGIC = 0x1badb002 };

static bool has_multiboot_header(const uint32_t *words, size_t count)
{
    for (size_t i = 0; i + 2 < count; i++)
        if (words[i] == MULTIBOOT_MAGIC && words[i] + words[i + 1] + words[i + 2] == 0)
            return true;
    return false;
}

/* NULL: it is an image. */
static const char *what_is_wrong_with(int fd)
{
    static const uint8_t elf32_i386[] = {0x7f, 'E', 'L', 'F', 1, 1};
    static uint32_t words[HEADER_WORDS];
    struct stat stat;
    if (fstat(fd, &stat) != 0)
        return strerror(errno);
    if (!S_ISREG(stat.st_mode))
        return "it is not a file";
    ssize_t got = read(fd, words, sizeof words);
    if (got < 0)
        return strerror(errno);
    if ((size_t)got < sizeof elf32_i386 || memcmp(words, elf32_i386, sizeof elf32_i386) != 0)
        return "it is not a 32-bit ELF file";
    if (!has_multiboot_header(words, (size_t)got / 4))
        return "it has no multiboot header in its first 8 KiB";
    return NULL;
}

static bool check_image(const char *path, char *why, size_t why_size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    const char *wrong = fd < 0 ? strerror(errno) : what_is_wrong_with(fd);
    if (fd < 0 && errno == ENOENT)
        snprintf(why, why_size, "there is no kernel %s (make %s; or --kernel)", path, path);
    else if (wrong)
        snprintf(why, why_size, "the kernel %s cannot be started: %s", path, wrong);
    if (fd >= 0)
        close(fd);
    return !wrong;
}

/* ---- The accelerator. ---- */

static bool check_accel(const char *accel, char *why, size_t why_size)
{
    if (strcmp(accel, "kvm") != 0)
        return true;
    int fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);
    if (fd < 0) {
        snprintf(why, why_size, "KVM cannot be used here: /dev/kvm: %s (use --accel tcg)",
                 strerror(errno));
        return false;
    }
    close(fd);
    return true;
}

/* ---- The program. ---- */

int qemu_version(const char *program, char *text, size_t size)
{
    enum { MILLISECONDS = 10000 };
    char *const argv[] = {(char *)(uintptr_t)program, "--version", NULL};
    int out[2], error;
    size_t count = 0;
    if (pipe2(out, O_CLOEXEC) != 0)
        return errno;
    pid_t pid = spawn(argv, (const int[]){-1, out[1], out[1]}, NULL, 0, &error);
    close(out[1]);
    text[0] = '\0';
    struct pollfd wanted = {.fd = out[0], .events = POLLIN};
    while (pid && count < size - 1 && !strchr(text, '\n') && poll(&wanted, 1, MILLISECONDS) > 0) {
        ssize_t got = read(out[0], text + count, size - 1 - count);
        if (got <= 0)
            break;
        count += (size_t)got;
        text[count] = '\0';
    }
    close(out[0]);
    if (pid)
        spawn_kill(pid);
    text[strcspn(text, "\r\n")] = '\0';
    return pid ? 0 : error;
}

static bool check_version(const char *program, char *why, size_t why_size)
{
    static const char before[] = "QEMU emulator version ";
    char text[160];
    int major, minor;
    int error = qemu_version(program, text, sizeof text);
    const char *version = strstr(text, before);
    if (error == ENOENT)
        snprintf(why, why_size,
                 "there is no %s (Debian: apt-get install qemu-system-x86; or --qemu)", program);
    else if (error)
        snprintf(why, why_size, "%s cannot be run: %s", program, strerror(error));
    else if (!version || sscanf(version + strlen(before), "%d.%d", &major, &minor) != 2)
        snprintf(why, why_size, "%s is not QEMU: to --version it says '%.60s'", program, text);
    else if (major < QEMU_MAJOR || (major == QEMU_MAJOR && minor < QEMU_MINOR))
        snprintf(why, why_size, "%s is too old: QEMU %d.%d; it takes %d.%d", program, major, minor,
                 QEMU_MAJOR, QEMU_MINOR);
    else
        return true;
    return false;
}

/* ---- All of it. ---- */

static bool check_program(const char *program, char *why, size_t why_size)
{
    static char good[256]; /* the last program that was a QEMU */
    if (*program && strcmp(good, program) == 0)
        return true;
    if (!check_version(program, why, why_size))
        return false;
    snprintf(good, sizeof good, "%s", program);
    return true;
}

bool qemu_check(const struct qemu_options *options, char *why, size_t why_size)
{
    return check_program(options->program, why, why_size) &&
           check_image(options->kernel, why, why_size) &&
           check_accel(options->accel, why, why_size);
}
