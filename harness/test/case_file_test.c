/* case_file_test.c: cases from files, designs and presets by name. */
#define _POSIX_C_SOURCE 200809L /* mkdtemp, dup, truncate */
#include "../case/case.h"
#include "../lib/tap.h"
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* With every number of the head in one byte. */
enum { HEAD_BYTES = AXES + 1 + 4 };

/* ---- Files. ---- */

static char directory[] = "/tmp/pagerig-case-XXXXXX";

/* Reads the file with stderr caught in said. */
static bool read_file(struct test_case *c, const char *path, char said[512])
{
    char log[64];
    snprintf(log, sizeof(log), "%s/stderr", directory);
    fflush(stderr);
    int saved = dup(STDERR_FILENO);
    FILE *file = freopen(log, "w+", stderr);
    bool good = case_read_file(c, path);
    size_t length = 0;
    if (file) {
        rewind(file);
        length = fread(said, 1, 511, file);
    }
    said[length] = '\0';
    fflush(stderr);
    dup2(saved, STDERR_FILENO);
    close(saved);
    remove(log);
    return good;
}

/* The file's name in the directory of the test. */
static const char *path_to(const char *name)
{
    static char path[64];
    snprintf(path, sizeof(path), "%s/%s", directory, name);
    return path;
}

static const char *make_file(const char *name, const void *bytes, size_t length, off_t size)
{
    const char *path = path_to(name);
    FILE *file = fopen(path, "wb");
    fwrite(bytes, 1, length, file);
    fclose(file);
    if (size && truncate(path, size) != 0)
        perror(path);
    return path;
}

static void file_test(const char *path, const char *message, const char *rule)
{
    struct test_case c;
    char said[512], expected[512];

    case_init(&c);
    snprintf(expected, sizeof(expected), "%s\n", message);
    bool good = read_file(&c, path, said);
    const char *tail = strncmp(said, path, strlen(path)) == 0 ? said + strlen(path) : said;
    if (!ok_if(!good && strcmp(tail, expected) == 0, "%s", rule))
        printf("#   %s", said);
    case_free(&c);
}

static void test_files(void)
{
    static const off_t MB = 1 << 20;
    struct test_case c;
    char said[512];
    uint8_t bytes[HEAD_BYTES + 2] = {0};

    if (!ok_if(mkdtemp(directory) != NULL, "a directory for files can be made"))
        return;
    case_init(&c);
    ok_if(read_file(&c, make_file("good.ops", "create s3\n", 10, 0), said) && !*said &&
              c.count == 1 && c.ops[0].s == 3,
          "a file is read as text");
    bytes[HEAD_BYTES + 1] = 7;
    ok_if(read_file(&c, make_file("good.bin", bytes, sizeof(bytes), 0), said) && !*said &&
              c.count == 1 && c.ops[0].s == 7,
          "a file whose name ends in .bin is read as bytes");

    /* Longer than any buffer that the reader may begin with. */
    char *long_text = malloc(100000 * 6);
    for (unsigned i = 0; i < 100000; i++)
        memcpy(long_text + i * 6, "check\n", 6);
    ok_if(read_file(&c, make_file("long.ops", long_text, 100000 * 6, 0), said) && c.count == 100000,
          "a long file is read to its end");
    free(long_text);

    file_test(make_file("bad.ops", "check\ncreate s16\n", 17, 0),
              ":2:8: slot 's16' is out of range s0 to s15",
              "an error in a text file is reported as file:line:column");
    char message[64];
    snprintf(message, sizeof(message), ": byte %u: create: slot 16 is out of range 0 to 15",
             (unsigned)HEAD_BYTES + 2);
    bytes[HEAD_BYTES + 1] = 16;
    file_test(make_file("bad.bin", bytes, sizeof(bytes), 0), message,
              "an error in a byte file is reported with its byte");
    file_test(path_to("none.ops"), ": No such file or directory", "a file that does not exist");
    file_test(directory, ": Is a directory", "a directory is not a case");
    file_test("", "'': the file name is empty", "an empty file name");
    file_test(make_file("64.ops", "", 0, 64 * MB), ":1:1: NUL byte: this is not a text file",
              "a file of 64 MB is read");
    file_test(make_file("65.ops", "", 0, 64 * MB + 1), ": a case file has at most 64 MB",
              "a file of more than 64 MB is refused");

    static const char *const names[] = {"good.ops", "good.bin", "long.ops", "bad.ops",
                                        "bad.bin",  "64.ops",   "65.ops"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        remove(path_to(names[i]));
    ok_if(rmdir(directory) == 0, "reading leaves no file behind");
    case_free(&c);
}

/* ---- Names and designs. ---- */

static void test_designs(void)
{
    static const struct {
        const char *rule, *text;
        unsigned column;
        const char *message;
    } refusals[] = {
        {"an axis that does not exist", "fork=copy,idx=list", 11,
         "unknown axis 'idx': it is one of index tables update fork flush discard"},
        {"a choice that does not exist", "index=list,fork=lisp", 17,
         "unknown fork 'lisp': it is one of cow copy"},
        {"an axis twice", "index=list,any,index=list", 16, "'index' is given twice"},
        {"an item without a choice", "index", 1, "expected axis=choice or any, found 'index'"},
        {"no items", "", 1, "expected axis=choice or any, found ''"},
        {"an empty item", "any,", 5, "expected axis=choice or any, found ''"},
    };
    struct design design = {{0}}, before;
    struct case_error error;

    ok_if(design_read(&design, "tables=window,fork=copy", &error) &&
              design.choice[AXIS_TABLES] == 1 && design.choice[AXIS_FORK] == 1 &&
              design.choice[AXIS_INDEX] == 0,
          "a design keeps what the text does not name");
    ok_if(design_read(&design, "index=list,any", &error) && design.choice[AXIS_INDEX] == 1 &&
              design.choice[AXIS_TABLES] == CHOICE_ANY && design.choice[AXIS_FORK] == CHOICE_ANY,
          "any stands for all axes that are not named, also before it");
    before = design;
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        memset(&error, 0, sizeof(error));
        bool good = design_read(&design, refusals[i].text, &error);
        if (!ok_if(!good && memcmp(&design, &before, sizeof(design)) == 0 && error.line == 1 &&
                       error.column == refusals[i].column &&
                       strcmp(error.message, refusals[i].message) == 0,
                   "a design refuses %s, unchanged", refusals[i].rule))
            printf("#   %u:%u: %s\n", error.line, error.column, error.message);
    }
}

static void test_names(void)
{
    bool complete = true, sane = true;
    for (unsigned axis = 0; axis < AXES; axis++) {
        const struct axis_info *info = &axis_infos[axis];
        complete = complete && info->name && info->text && info->choices >= 2;
        for (unsigned i = 0; i < info->choices; i++)
            complete = complete && info->choice_names[i] && info->choice_texts[i];
    }
    ok_if(complete, "every axis and every choice has a name and a text");
    ok_if(strcmp(axis_infos[AXIS_TABLES].choice_names[2], "direct") == 0,
          "choices are numbered as they are listed");
    for (unsigned i = 0; i < preset_count; i++) {
        sane = sane && preset_find(presets[i].name) == &presets[i];
        for (unsigned axis = 0; axis < AXES; axis++)
            sane = sane && presets[i].design.choice[axis] < axis_infos[axis].choices;
    }
    ok_if(sane, "every preset is found by its name and is a complete design");
    const struct preset *frounze = preset_find("frounze");
    const char *const *flushes = axis_infos[AXIS_FLUSH].choice_names;
    ok_if(strcmp(flushes[frounze->design.choice[AXIS_FLUSH]], "space") == 0,
          "a preset has the choices that it was given by name");
    ok_if(!preset_find("gottlieb"), "part of a preset's name is no preset");
    ok_if(memcmp(&presets[0].design, &case_head_default.design, sizeof(struct design)) == 0,
          "the preset `default` is the design of the default head");
}

int main(void)
{
    test_names();
    test_designs();
    test_files();
    return tap_done();
}
