/* files.c: see files.h. */
#include "files.h"
#include "../harness/cli/options.h"
#include "execute.h"
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { FILE_BYTES_MAX = 1 << 20 }; /* more than an input uses */

static int run_input(const uint8_t *bytes, size_t length, bool go_on)
{
    switch (execute_input(bytes, length)) {
    case EXECUTED_DIVERGED:
        if (!go_on)
            abort();
        return EXIT_DIVERGED;
    case EXECUTED_FAILED:
        return EXIT_CANNOT;
    default:
        return EXIT_CLEAN;
    }
}

static int refuse(const char *path)
{
    fprintf(stderr, "%s: %s\n", path, strerror(errno));
    return EXIT_USAGE;
}

static int run_file(const char *path, bool go_on)
{
    static uint8_t bytes[FILE_BYTES_MAX];
    FILE *file = fopen(path, "rb");
    if (!file)
        return refuse(path);
    size_t length = fread(bytes, 1, sizeof bytes, file);
    int status = ferror(file) ? refuse(path) : run_input(bytes, length, go_on);
    fclose(file);
    return status;
}

static int is_shown(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static int run_directory(const char *directory, bool go_on)
{
    struct dirent **entries;
    int status = EXIT_CLEAN, count = scandir(directory, &entries, is_shown, alphasort);
    if (count < 0)
        return refuse(directory);
    for (int i = 0; i < count; i++) {
        char path[PATH_MAX];
        struct stat file;
        if (snprintf(path, sizeof path, "%s/%s", directory, entries[i]->d_name) < PATH_MAX &&
            stat(path, &file) == 0 && S_ISREG(file.st_mode))
            status = status_worse(status, run_file(path, go_on));
        free(entries[i]);
    }
    free(entries);
    return status;
}

int files_run(int count, char **paths, bool go_on)
{
    int status = EXIT_CLEAN;
    for (int i = 0; i < count; i++) {
        struct stat file;
        bool directory = stat(paths[i], &file) == 0 && S_ISDIR(file.st_mode);
        int one = directory ? run_directory(paths[i], go_on) : run_file(paths[i], go_on);
        status = status_worse(status, one);
    }
    execute_summary();
    return status;
}
