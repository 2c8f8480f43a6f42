/* files.c: finding case files.  Whether they are good is for their reader to say. */
#include "files.h"
#include "options.h"
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static void append(struct files *files, const char *path)
{
    if (files->count == files->capacity) {
        files->capacity = files->capacity ? files->capacity * 2 : 64;
        files->paths = realloc(files->paths, files->capacity * sizeof *files->paths);
    }
    char *copy = strdup(path);
    if (!files->paths || !copy) {
        fprintf(stderr, "pagerig: out of memory\n");
        exit(EXIT_CANNOT);
    }
    files->paths[files->count++] = copy;
}

static bool is_case_name(const char *name)
{
    static const char *const endings[] = {".case", ".ops", ".bin"};
    const char *dot = strrchr(name, '.');

    for (size_t i = 0; dot && i < sizeof endings / sizeof endings[0]; i++)
        if (strcmp(dot, endings[i]) == 0)
            return true;
    return false;
}

/* Hidden files are not for us: a report that is being written is one. */
static int is_shown(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static bool refuse(const char *path)
{
    fprintf(stderr, "%s: %s\n", path, strerror(errno));
    return false;
}

/* Links to directories are not followed: they may lead in circles. */
static bool add_directory(struct files *files, const char *directory)
{
    struct dirent **entries;
    int count = scandir(directory, &entries, is_shown, alphasort);
    bool good = count >= 0 || refuse(directory);

    for (int i = 0; i < count; i++) {
        char path[PATH_MAX];
        struct stat link, file;
        if (snprintf(path, sizeof path, "%s/%s", directory, entries[i]->d_name) >= PATH_MAX) {
            errno = ENAMETOOLONG;
            good = refuse(directory);
        } else if (lstat(path, &link) == 0 && S_ISDIR(link.st_mode)) {
            good = add_directory(files, path) && good;
        } else if (is_case_name(path) && stat(path, &file) == 0 && S_ISREG(file.st_mode)) {
            append(files, path);
        }
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    return good;
}

bool files_add(struct files *files, const char *path)
{
    struct stat file;
    size_t before = files->count;

    if (stat(path, &file) != 0 || !S_ISDIR(file.st_mode)) {
        append(files, path); /* one that cannot be read is a case that fails */
        return true;
    }
    bool good = add_directory(files, path);
    if (good && files->count == before) {
        fprintf(stderr, "%s: no cases (*.case, *.ops, *.bin) in this directory\n", path);
        return false;
    }
    return good;
}

void files_free(struct files *files)
{
    for (size_t i = 0; i < files->count; i++)
        free(files->paths[i]);
    free(files->paths);
    *files = (struct files){0};
}
