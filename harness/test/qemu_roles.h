/* qemu_roles.h: programs that pretend to be QEMU, for qemu_test.c: the test itself, under other
 * names, in a directory of temporary files. */
#ifndef QEMU_ROLES_H
#define QEMU_ROLES_H

#include "../target/line.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char directory[] = "/tmp/pagerig-qemu-XXXXXX";

static unsigned open_descriptors(void)
{
    unsigned count = 0;
    DIR *all = opendir("/proc/self/fd");
    while (all && readdir(all))
        count++;
    closedir(all);
    return count;
}

static int play_refuse(char **argv)
{
    (void)argv;
    fprintf(stderr, "qemu: no \001such\nmachine\n");
    return 1;
}

static int play_silence(char **argv)
{
    (void)argv;
    return pause();
}

static int play_babble(char **argv)
{
    (void)argv;
    while (write(STDOUT_FILENO, "babble\n", 7) > 0)
        continue;
    return 1;
}

static int play_half(char **argv)
{
    static const uint8_t half[] = {WIRE_START, WIRE_HELLO | WIRE_ANSWER, 1, 9, 0, 1};
    (void)argv;
    return write(STDOUT_FILENO, half, sizeof half) == (ssize_t)sizeof half ? 3 : 1;
}

static int play_complain(char **argv)
{
    (void)argv;
    for (int i = 0; i < 100000; i++)
        (void)!write(STDERR_FILENO, "complaint\n", 10);
    return 1;
}

/* Ends with 100 and what is wrong with the process that it is: each a bit. */
static int play_look(char **argv)
{
    struct sigaction action;
    sigset_t blocked;
    int wrong = 0;
    (void)argv;
    if (open_descriptors() != 2 + 3 + 2 + 1) /* . and .., standard, the shared, the directory's */
        wrong |= 1;
    sigaction(SIGINT, NULL, &action);
    sigprocmask(SIG_BLOCK, NULL, &blocked);
    if (action.sa_handler != SIG_DFL || sigismember(&blocked, SIGTERM))
        wrong |= 2;
    if (getpgrp() != getpid())
        wrong |= 4;
    if (fcntl(STDIN_FILENO, F_GETPIPE_SZ) < 0 || fcntl(STDOUT_FILENO, F_GETPIPE_SZ) < 0)
        wrong |= 8;
    return 100 + wrong;
}

static const struct role {
    const char *name, *version;
    int (*play)(char **argv);
} roles[] = {
    {"qemu-refuse", "QEMU emulator version 7.0.0", play_refuse},
    {"qemu-silence", "QEMU emulator version 10.1.2 (some)", play_silence},
    {"qemu-babble", "QEMU emulator version 7.2.22", play_babble},
    {"qemu-half", "QEMU emulator version 7.2.22", play_half},
    {"qemu-complain", "QEMU emulator version 7.2.22", play_complain},
    {"qemu-look", "QEMU emulator version 7.2.22", play_look},
    {"qemu-old", "QEMU emulator version 6.2.0 (Debian)", play_silence},
    {"qemu-other", "something else", play_silence},
    {"qemu-mute", "", play_silence},
};

/* The exit status; -1: this is not one of them. */
static int play(char **argv)
{
    for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++) {
        if (strcmp(roles[i].name, program_invocation_short_name) != 0)
            continue;
        if (argv[1] && strcmp(argv[1], "--version") == 0)
            return puts(roles[i].version) < 0;
        return roles[i].play(argv);
    }
    return -1;
}

static const char *path_to(const char *name)
{
    static char path[400];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    return path;
}

static void make_file(const char *name, const void *bytes, size_t length)
{
    FILE *file = fopen(path_to(name), "w");
    if (!file || fwrite(bytes, 1, length, file) != length || fclose(file) != 0)
        exit(125);
}

static void make_roles(void)
{
    char self[300];
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    if (length < 0 || !mkdtemp(directory))
        exit(125);
    self[length] = '\0';
    for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++)
        if (symlink(self, path_to(roles[i].name)) != 0)
            exit(125);
}

static void remove_all(void)
{
    DIR *all = opendir(directory);
    struct dirent *entry;
    while (all && (entry = readdir(all)))
        unlink(path_to(entry->d_name));
    if (all)
        closedir(all);
    rmdir(directory);
}

#endif
