/* files.h: inputs from files, one after the other, without an engine. */
#ifndef FUZZ_FILES_H
#define FUZZ_FILES_H

#include <stdbool.h>

/* Runs each; a directory stands for the files in it.  go_on: also after one that diverged, and else
 * the process is aborted there.  Returns the exit status: 0, 1 when one diverged, 2 when one could
 * not be read (said on stderr), 125 when the rig failed. */
int files_run(int count, char **paths, bool go_on);

#endif
