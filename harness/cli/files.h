/* files.h: the case files that arguments of the command line name. */
#ifndef CLI_FILES_H
#define CLI_FILES_H

#include <stdbool.h>
#include <stddef.h>

struct files {
    char **paths; /* owned */
    size_t count, capacity;
};

/* Adds a file, or all cases (*.case, *.ops, *.bin) in a directory and those in it, sorted.  False,
 * and said on stderr: a directory that cannot be read, or has no cases. */
bool files_add(struct files *files, const char *path);
void files_free(struct files *files);

#endif
