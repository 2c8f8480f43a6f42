/* report.c: divergences as files, and as lines of text.  A report appears under its name only when
 * it is complete. */
#include "report.h"
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool refuse(const char *path)
{
    fprintf(stderr, "pagerig: %s: %s\n", path, strerror(errno));
    return false;
}

/* directory/prefix name suffix; false: too long for a path. */
static bool join(char path[PATH_MAX], const char *directory, const char *prefix, const char *name,
                 const char *suffix)
{
    int length = snprintf(path, PATH_MAX, "%s/%s%s%s", directory, prefix, name, suffix);
    if (length < PATH_MAX)
        return true;
    errno = ENAMETOOLONG;
    return refuse(directory);
}

/* With the directories above it. */
static bool make_directories(const char *directory)
{
    char path[PATH_MAX];

    if (!join(path, directory, "", "", ""))
        return false;
    for (char *slash = path + 1; (slash = strchr(slash, '/')); slash++) {
        *slash = '\0';
        if (mkdir(path, 0777) != 0 && errno != EEXIST)
            return refuse(path);
        *slash = '/';
    }
    return true;
}

bool report_prepare(const char *directory)
{
    char path[PATH_MAX];

    if (!make_directories(directory) || !join(path, directory, ".try-", "XXXXXX", ""))
        return false;
    int file = mkstemp(path);
    if (file < 0)
        return refuse(directory);
    close(file);
    unlink(path);
    return true;
}

const char *report_title(const struct finding *finding, char buffer[64])
{
    size_t length = strlen(finding_title(finding, buffer));
    if (length && buffer[length - 1] == ' ')
        buffer[length - 1] = '\0';
    return buffer;
}

void report_finding(FILE *file, const char *prefix, const struct finding *finding)
{
    char text[OP_TEXT_MAX];

    if (finding->op.code < OP_CODES) {
        case_write_op(&finding->op, text);
        fprintf(file, "%soperation %u: %s\n", prefix, finding->at + 1, text);
    } else if (finding->at == 0) {
        fprintf(file, "%sbefore the first operation\n", prefix);
    } else {
        fprintf(file, "%safter all %u operations\n", prefix, finding->at);
    }
    if (*finding->where)
        fprintf(file, "%swhere: %s\n", prefix, finding->where);
    fprintf(file, "%sexpected: %s\n", prefix, finding->expected);
    fprintf(file, "%sactual: %s\n", prefix, finding->actual);
}

void report_slug(const char *title, char buffer[64])
{
    size_t used = 0;
    for (; *title && used < 63; title++) {
        if (isalnum((unsigned char)*title))
            buffer[used++] = (char)tolower((unsigned char)*title);
        else if (used && buffer[used - 1] != '-')
            buffer[used++] = '-';
    }
    buffer[used] = '\0';
}

void report_write_text(FILE *file, const struct report *report, const char *path)
{
    fprintf(file, "# %s\n#\n", report->title);
    report_finding(file, "# ", report->finding);
    fprintf(file, "#\n# found by: %s\n", report->note);
    const char *options = report->options ? report->options : "";
    fprintf(file, "# replay:   pagerig replay %s%s%s\n", options, *options ? " " : "", path);
    if (!report->reproduces)
        fprintf(file, "# It did NOT show again when it was replayed at once: suspect the rig.\n");
    case_write_text(report->c, file);
}

/* A file beside it, which takes its name when it is complete. */
bool report_write_as(const char *path, const struct report *report)
{
    char directory[PATH_MAX], temporary[PATH_MAX];
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;

    snprintf(directory, sizeof directory, "%.*s", slash ? (int)(slash - path) : 1,
             slash ? path : ".");
    if (!join(temporary, directory, ".", name, ".part"))
        return false;
    FILE *file = fopen(temporary, "w");
    if (!file)
        return refuse(temporary);
    report_write_text(file, report, path);
    bool good = fflush(file) == 0 && !ferror(file);
    good = fclose(file) == 0 && good && rename(temporary, path) == 0;
    if (good)
        return true;
    refuse(path);
    unlink(temporary);
    return false;
}

bool report_write(const char *directory, const struct report *report, char path[PATH_MAX])
{
    char name[64 + 32], stem[64];

    report_slug(report->title, stem);
    snprintf(name, sizeof name, "%s-%016llx", stem, (unsigned long long)report->seed);
    return join(path, directory, "", name, ".case") && report_write_as(path, report);
}
