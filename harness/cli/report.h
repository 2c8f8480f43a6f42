/* report.h: what a run leaves of a divergence: a case in the report directory. */
#ifndef CLI_REPORT_H
#define CLI_REPORT_H

#include "../check/rig.h"
#include <limits.h>

/* Makes the directory if it is missing, and tries that files can be made in it.  False: not so;
 * said on stderr. */
bool report_prepare(const char *directory);

struct report {
    const struct test_case *c;
    const struct finding *finding;
    const char *title;
    uint64_t seed;    /* part of the file's name */
    const char *note; /* a line on where it was found; no newline */
    bool reproduces;
    const char *options; /* that a replay needs, as one types them; NULL: none */
};

/* Writes the case, with comments that say what was found and how to see it again, under a name made
 * of title and seed; the whole file or none.  False: it could not be written; said on stderr. */
bool report_write(const char *directory, const struct report *report, char path[PATH_MAX]);

/* The same under a name of the caller's, and to a file that is open. */
bool report_write_as(const char *path, const struct report *report);
void report_write_text(FILE *file, const struct report *report, const char *path);

/* A title as a name of files: lowercase letters and digits, with a dash for each run of anything
 * else. */
void report_slug(const char *title, char buffer[64]);

/* Lines on what was expected and found and where, each after prefix. */
void report_finding(FILE *file, const char *prefix, const struct finding *finding);

/* finding_title without the blank of a field that is empty. */
const char *report_title(const struct finding *finding, char buffer[64]);

#endif
