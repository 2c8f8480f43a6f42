/* report_command.c: `pagerig report`: all that is known of a case that diverges, as a directory:
 *
 *     DIR/TITLE/report.md report.html picture.svg min.case found.case console.log summary.tsv
 *
 * TITLE is the finding's title in small letters and dashes, so that one class of failures has one
 * directory; who finds it there already has found a known one.  reports/README.md says what is in
 * the files. */
#include "../target/qemu_check.h"
#include "../target/remote.h"
#include "aftermath.h"
#include "head_option.h"
#include "page.h"
#include "report.h"
#include "svg.h"
#include "target_option.h"
#include "text.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct report_options {
    struct target_option target;
    struct head_option head;
    const char *out, *found, *commit;
};

#define AT(field) offsetof(struct report_options, field)

const struct option_row report_options[] = {
    {"out", "DIR", "where a directory for it is made (reports)", option_text, AT(out), 0, 0},
    {"found", "FILE", "the case as it was found, if this one is a smaller one", option_text,
     AT(found), 0, 0},
    {"commit", "TEXT", "the commit of the VMM, for the report", option_text, AT(commit), 0, 0},
    TARGET_OPTION_ROWS(AT(target), "sim"),
    HEAD_OPTION_ROWS(AT(head), ""),
    {0},
};

struct job {
    const struct report_options *options;
    const char *path;
    struct story story;
    char title[64], directory[PATH_MAX];
    char name[64];    /* the directory's, without those above it */
    char target[264]; /* options that a replay needs, with a blank after them; or "" */
    FILE *console;    /* what the guest or a sanitizer said */
};

static const char replay_comment[] = "# replay:"; /* of report_write_text */

/* ---- Sections. ---- */

static void what(const struct job *job, FILE *file)
{
    char head[256];
    case_write_head(&job->story.scene.c->head, head);
    report_finding(file, "", &job->story.finding);
    fprintf(file, "under: %s\n", head);
}

/* This program, from the root of its tree: another has another VMM in it, or no sanitizers. */
static const char *program(void)
{
    static char path[PATH_MAX];
    static const char build[] = "/build/";
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
    path[length > 0 ? length : 0] = '\0';
    char *from = NULL, *next = path;
    while ((next = strstr(next, build)))
        from = ++next;
    return from ? from : *path ? path : "build/pagerig";
}

/* As one pastes them in the root of the tree. */
static void commands(const struct job *job, FILE *file)
{
    const char *name = program();
    fprintf(file, "%s replay %s%s/min.case\n", name, job->target, job->directory);
    fprintf(file, "%s show --life %s%s/min.case\n", name, job->target, job->directory);
    fprintf(file, "scripts/debug %s/min.case\n", job->directory);
    fprintf(file, "scripts/debug %s/min.case --record\n", job->directory);
    fprintf(file, "scripts/bisect %s/min.case GOOD BAD\n", job->directory);
}

static void lives(const struct job *job, FILE *file)
{
    for (unsigned i = 0; i < job->story.life_count; i++)
        life_print(file, &job->story.lives[i], job->story.scene.c);
}

/* The state, walked and drawn; of what a sanitizer ended, the state before. */
static void state(struct job *job, FILE *file)
{
    struct scene *scene = &job->story.scene;
    uint32_t last = job->story.died ? job->story.count - 1 : job->story.count;

    if (!scene_start(scene)) {
        scene_print_finding(scene, file);
        return;
    }
    while (scene->at < last && scene_step(scene))
        continue;
    if (!scene->diverged && !job->story.died && scene->at == scene->c->count)
        scene_finish(scene);
    scene_print(scene, file);
}

/* Of the case as it was found, which may go on where the smaller one ends. */
static void aftermath(const struct job *job, FILE *file)
{
    const char *found = job->options->found;
    struct test_case c;

    if (!found) {
        aftermath_print(file, &job->options->target, job->story.scene.c, &job->story.finding);
        return;
    }
    case_init(&c);
    if (!case_read_file(&c, found))
        return;
    c.head = head_option_apply(&job->options->head, &c);
    aftermath_print(file, &job->options->target, &c, &job->story.finding);
    case_free(&c);
}

/* The comments above a case say how it was found. */
static void comments(const char *path, FILE *file)
{
    FILE *from = fopen(path, "r");
    char line[1024];

    if (!from)
        return;
    while (fgets(line, sizeof line, from) && line[0] == '#')
        if (strncmp(line, replay_comment, strlen(replay_comment)) != 0)
            fputs(line, file);
    fclose(from);
}

static void versions(const struct job *job, FILE *file)
{
    const struct target_option *target = &job->options->target;
    char now[32], version[160];
    time_t seconds = time(NULL);

    strftime(now, sizeof now, "%Y-%m-%d %H:%M:%S UTC", gmtime(&seconds));
    fprintf(file, "commit    %s\n", job->options->commit);
    fprintf(file, "compiler  %s\n", __VERSION__);
    fprintf(file, "written   %s\n", now);
    if (strcmp(target->name, "qemu") != 0)
        return;
    if (qemu_version(target->options.qemu, version, sizeof version) == 0)
        fprintf(file, "qemu      %s\n", version);
    fprintf(file, "started   ");
    remote_qemu_command(file, &target->options, job->story.scene.c->head.ram);
    fprintf(file, "\n");
}

/* ---- The document. ---- */

static void section(const struct page *page, const char *heading, struct text *text)
{
    const char *bytes = text_end(text);
    if (*bytes) {
        page_heading(page, heading);
        page_lines(page, bytes);
    }
    text_free(text);
}

static void write_pages(struct job *job, const struct page *page, const char *svg)
{
    struct text text;

    page_begin(page, job->title);
    text_begin(&text);
    what(job, text.file);
    page_lines(page, text_end(&text));
    text_free(&text);

    text_begin(&text);
    commands(job, text.file);
    section(page, "Replay, debug, bisect", &text);

    text_begin(&text);
    case_write_text(job->story.scene.c, text.file);
    section(page, "The case", &text);

    page_heading(page, "Before and after");
    page_picture(page, svg, "picture.svg");

    text_begin(&text);
    lives(job, text.file);
    section(page, "The life of the frame", &text);

    text_begin(&text);
    state(job, text.file);
    section(page, "The state", &text);

    text_begin(&text);
    text_copy(text.file, job->console);
    section(page, "What the kernel, or a sanitizer, said", &text);

    text_begin(&text);
    aftermath(job, text.file);
    section(page, job->options->found ? "If found.case goes on" : "If it goes on", &text);

    text_begin(&text);
    comments(job->path, text.file);
    if (job->options->found)
        comments(job->options->found, text.file);
    section(page, "How it was found", &text);

    text_begin(&text);
    versions(job, text.file);
    section(page, "Versions", &text);
    page_end(page);
}

/* ---- Files. ---- */

static bool refuse(const char *path)
{
    fprintf(stderr, "pagerig: %s: %s\n", path, strerror(errno));
    return false;
}

static FILE *create(const struct job *job, const char *name)
{
    char path[PATH_MAX + 32];
    snprintf(path, sizeof path, "%s/%s", job->directory, name);
    FILE *file = fopen(path, "w");
    if (!file)
        refuse(path);
    return file;
}

/* False: it is not all on the disk. */
static bool close_file(const struct job *job, const char *name, FILE *file)
{
    bool good = fflush(file) == 0 && !ferror(file);
    if (fclose(file) != 0 || !good) {
        fprintf(stderr, "pagerig: %s/%s: %s\n", job->directory, name, strerror(errno));
        return false;
    }
    return true;
}

static bool write_bytes(const struct job *job, const char *name, const char *bytes)
{
    FILE *file = create(job, name);
    if (!file)
        return false;
    fputs(bytes, file);
    return close_file(job, name, file);
}

static bool write_copy(const struct job *job, const char *name, FILE *from)
{
    struct text text;
    text_begin(&text);
    rewind(from);
    text_copy(text.file, from);
    text_end(&text);
    bool good = !text.length || write_bytes(job, name, text.bytes);
    text_free(&text);
    return good;
}

/* With the way to replay it as it is where the copy is. */
static bool copy_case(const struct job *job, const char *name, const char *path)
{
    FILE *from = fopen(path, "r");
    struct text text;
    char line[1024];

    if (!from)
        return refuse(path);
    text_begin(&text);
    while (fgets(line, sizeof line, from)) {
        if (strncmp(line, replay_comment, strlen(replay_comment)) == 0)
            fprintf(text.file, "%s   pagerig replay %s%s/%s\n", replay_comment, job->target,
                    job->directory, name);
        else
            fputs(line, text.file);
    }
    fclose(from);
    bool good = write_bytes(job, name, text_end(&text));
    text_free(&text);
    return good;
}

/* One line, for scripts: time, title, operations, target, head, the number of the operation. */
static bool write_summary(const struct job *job)
{
    char head[256];
    FILE *file = create(job, "summary.tsv");
    if (!file)
        return false;
    case_write_head(&job->story.scene.c->head, head);
    fprintf(file, "%lld\t%s\t%u\t%s\t%s\n", (long long)time(NULL), job->title,
            (unsigned)job->story.scene.c->count, job->options->target.name, head);
    return close_file(job, "summary.tsv", file);
}

/* The summary comes last: a directory that has one is complete. */
static bool write_report(struct job *job)
{
    struct text svg;
    FILE *markdown = create(job, "report.md"), *html = create(job, "report.html");
    bool good = markdown && html;

    text_begin(&svg);
    svg_print(svg.file, &job->story, true);
    text_end(&svg);
    if (good)
        write_pages(job, &(struct page){markdown, html}, svg.bytes);
    good = (!markdown || close_file(job, "report.md", markdown)) && good;
    good = (!html || close_file(job, "report.html", html)) && good;
    good = good && write_bytes(job, "picture.svg", svg.bytes) &&
           write_copy(job, "console.log", job->console) && copy_case(job, "min.case", job->path) &&
           (!job->options->found || copy_case(job, "found.case", job->options->found)) &&
           write_summary(job);
    text_free(&svg);
    return good;
}

/* ---- The command. ---- */

static int report_story(struct job *job)
{
    char path[PATH_MAX + 32];

    report_title(&job->story.finding, job->title);
    report_slug(job->title, job->name);
    if (snprintf(job->directory, sizeof job->directory, "%s/%s", job->options->out, job->name) >=
        PATH_MAX) {
        errno = ENAMETOOLONG;
        refuse(job->options->out);
        return EXIT_CANNOT;
    }
    snprintf(path, sizeof path, "%s/summary.tsv", job->directory);
    if (access(path, F_OK) == 0) {
        printf("%s\tknown\n", job->directory);
        return EXIT_DIVERGED;
    }
    if (!report_prepare(job->directory))
        return EXIT_CANNOT;
    story_follow(&job->story, NOWHERE);
    if (!write_report(job))
        return EXIT_CANNOT;
    printf("%s\tnew\n", job->directory);
    return job->story.finding.oracle == ORACLE_RIG ? EXIT_CANNOT : EXIT_DIVERGED;
}

static int report_case(struct job *job, struct rig *rig, struct test_case *c)
{
    struct trial trial = trial_make(rig, job->options->target.name);
    int status;

    if (trial.apart)
        dup2(fileno(job->console), trial.out);
    bool able = story_begin(&job->story, &trial, "min.case", c, c->count);
    if (!able || !job->story.diverged) {
        fprintf(stderr, "%s: %s%s\n", job->path,
                able ? "it does not diverge: there is nothing to report" : "it cannot run: ",
                able ? "" : job->story.finding.actual);
        status = able ? EXIT_CLEAN : EXIT_CANNOT;
    } else {
        status = report_story(job);
    }
    story_free(&job->story);
    trial_free(&trial);
    return status;
}

int cmd_report(int argc, char **argv)
{
    static struct job job;
    struct report_options options = {
        .target = target_option_default("sim"), .out = "reports", .commit = "unknown"};
    struct test_case c;
    char target[256];

    if (!options_read_one(argc, argv, report_options, &options) ||
        !target_option_shows_tables(&options.target, argv[0]) ||
        !head_option_read(&options.head, argv[0], argv[1], &c))
        return EXIT_USAGE;
    int status = EXIT_CANNOT;
    job = (struct job){.options = &options, .path = argv[1], .console = tmpfile()};
    if (!job.console) {
        refuse("a temporary file");
    } else {
        options.target.options.console = job.console;
        if (strcmp(options.target.name, "sim") != 0)
            snprintf(job.target, sizeof job.target, "%s ",
                     target_option_text(&options.target, target, sizeof target));
        struct rig *rig = target_option_rig(&options.target, RIG_CHECK_EVERY);
        status = report_case(&job, rig, &c);
        rig_free(rig);
    }
    if (job.console)
        fclose(job.console);
    case_free(&c);
    return status;
}
