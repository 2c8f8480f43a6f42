/* explore.c: `pagerig explore`: every sequence of operations in a small universe. */
#define _POSIX_C_SOURCE 200809L
#include "../explore/search.h"
#include "options.h"
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const usage = "\
usage: pagerig explore [option]...\n\
\n\
Searches breadth first, over the real VMM with tables of 8 entries: every operation in every state\n\
of a small universe, each answer and each state compared with the model.  The first divergence is\n\
the shortest.  The last line of output is a summary.\n\
\n";
