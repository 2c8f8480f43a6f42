/* convert.c: `pagerig convert`: what a fuzzing engine left, as text that can be read, replayed and
 * reviewed; and cases as bytes, for an engine to begin with.
 *
 * Files named .case and .ops are text; all others are inputs of an engine, whatever their names,
 * and every byte string is one. */
#include "files.h"
#include "options.h"
#include "target_option.h"
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct convert_options {
    const char *to;  /* "text", "bytes" */
    const char *out; /* a directory; NULL: standard output */
    bool expect;
};

#define AT(field) offsetof(struct convert_options, field)

static bool option_form(const struct option_row *row, const char *value, void *field,
                        struct option_why *why)
{
    static const char *const forms[] = {"text", "bytes", NULL};
    return option_name(row, value, forms, field, why);
}

const struct option_row convert_options[] = {
    {"to", "FORM", "text (the default) or bytes", option_form, AT(to), 0, 0},
    {"expect", NULL,
     "text: with the status that the sim target gives each operation, up to the first divergence",
     option_flag, AT(expect), 0, 0},
    {"out", "DIR", "a file for each, of the same name, in this directory; else to standard output",
     option_text, AT(out), 0, 0},
    {0},
};

static bool has_ending(const char *path, const char *ending)
{
    size_t length = strlen(path), ending_length = strlen(ending);
    return length >= ending_length && strcmp(path + length - ending_length, ending) == 0;
}

static bool read_any(struct test_case *c, const char *path)
{
    bool text = has_ending(path, ".case") || has_ending(path, ".ops");
    return text ? case_read_file(c, path) : case_read_input_file(c, path);
}

/* ---- Expectations. ---- */

/* Runs the case and notes what came of it.  False: no such machine can be. */
static bool note_statuses(struct test_case *c, const char *path)
{
    struct target_option sim = target_option_default("sim");
    struct rig *rig = target_option_rig(&sim, RIG_CHECK_EVERY);
    struct finding finding;
    bool good = rig_reset(rig, &c->head, &finding);
    uint32_t done = 0;
    if (!good)
        fprintf(stderr, "%s: %s\n", path, finding.actual);
    while (good && done < c->count && rig_step(rig, &c->ops[done], &finding))
        c->ops[done++].expect = (uint8_t)rig_status(rig);
    rig_free(rig);
    if (good && done < c->count)
        c->count = done + 1;
    return good;
}

/* ---- Writing. ---- */

static void write_case(FILE *file, const struct test_case *c, const struct convert_options *options)
{
    size_t length;
    if (strcmp(options->to, "text") == 0) {
        case_write_text(c, file);
        return;
    }
    uint8_t *bytes = case_write_bytes(c, &length);
    fwrite(bytes, 1, length, file);
    free(bytes);
}

static bool refuse(const char *path)
{
    fprintf(stderr, "%s: %s\n", path, strerror(errno));
    return false;
}

/* DIR/name.case or DIR/name.bin; the whole file or none. */
static bool write_file(const char *path, const struct test_case *c,
                       const struct convert_options *options)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    const char *form = strcmp(options->to, "text") == 0 ? "case" : "bin";
    char to[PATH_MAX], part[PATH_MAX];
    int stem = (int)strlen(name);
    if (has_ending(name, ".case") || has_ending(name, ".ops") || has_ending(name, ".bin"))
        stem = (int)(strrchr(name, '.') - name);
    if (snprintf(to, PATH_MAX, "%s/%.*s.%s", options->out, stem, name, form) >= PATH_MAX ||
        snprintf(part, PATH_MAX, "%s/.%.*s.part", options->out, stem, name) >= PATH_MAX) {
        errno = ENAMETOOLONG;
        return refuse(path);
    }
    FILE *file = fopen(part, "wb");
    if (!file)
        return refuse(part);
    write_case(file, c, options);
    bool good = !ferror(file);
    good = fclose(file) == 0 && good && rename(part, to) == 0;
    if (!good) {
        refuse(to);
        unlink(part);
    }
    return good;
}

static int convert(const char *path, const struct convert_options *options)
{
    struct test_case c;
    int status = EXIT_CLEAN;
    case_init(&c);
    if (!read_any(&c, path) || (options->expect && !note_statuses(&c, path)))
        status = EXIT_USAGE;
    else if (!options->out)
        write_case(stdout, &c, options);
    else if (!write_file(path, &c, options))
        status = EXIT_CANNOT;
    case_free(&c);
    return status;
}

int cmd_convert(int argc, char **argv)
{
    struct convert_options options = {.to = "text"};
    struct files files = {0};
    int status = EXIT_CLEAN;
    int arguments = options_read(argc, argv, convert_options, &options);
    if (arguments == OPTIONS_FAILED)
        return EXIT_USAGE;
    if (arguments == 0)
        return options_refuse(argv[0], "no file is named");
    if (options.expect && strcmp(options.to, "text") != 0)
        return options_refuse(argv[0], "--expect: bytes have no room for it");
    for (int i = 1; i <= arguments; i++)
        if (!files_add(&files, argv[i]))
            status = EXIT_USAGE;
    if (status == EXIT_CLEAN && !options.out && files.count > 1)
        status = options_refuse(argv[0], "more than one file needs --out");
    else
        for (size_t i = 0; i < files.count; i++)
            status = status_worse(status, convert(files.paths[i], &options));
    files_free(&files);
    return status;
}
