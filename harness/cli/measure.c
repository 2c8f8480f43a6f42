/* measure.c: `pagerig measure`: what cases cost under each design, as a table for other programs:
 * a line of names, then a line a case and design, fields separated by tabs, `-` for what the target
 * cannot tell.
 *
 * Each case is first run in the rig, so that nothing is measured that is not right; then alone:
 * once to count, several times for the time.  The timed runs of all designs take turns, so that a
 * bad moment of the machine is not one design's. */
#include "../measure/figures.h"
#include "files.h"
#include "target_option.h"
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct measure_options {
    struct target_option target;
    struct design_option design;
    uint32_t check;
    uint64_t runs;
    bool unjudged;
    const char *counter; /* a file of 8 bytes; NULL: none */
};

#define AT(field) offsetof(struct measure_options, field)

const struct option_row measure_options[] = {
    TARGET_OPTION_ROWS(AT(target), "sim"),
    OPTION_ROW("preset", "NAME", "only this design", option_preset, AT(design)),
    OPTION_ROW("design", "AXIS=CHOICE,...", "only this one: these choices, else the default",
               option_design, AT(design)),
    OPTION_ROW("check", "every|N|end", "how often the rig compares everything, before (every)",
               option_check, AT(check)),
    OPTION_ROW("instructions", "FILE",
               "8 bytes in which a plugin of QEMU counts (scripts/counting-qemu)", option_text,
               AT(counter)),
    OPTION_ROW("unjudged", NULL,
               "not in the rig before: only the answers that a case expects count", option_flag,
               AT(unjudged)),
    {"runs", "N", "timed runs, of which the least is printed; 0: time is not measured (5)",
     option_number, AT(runs), 0, FIGURES_RUNS_MAX},
    {0},
};

/* ---- The designs. ---- */

struct variant {
    char name[DESIGN_TEXT_MAX];
    struct design design;
    bool good; /* it could be measured */
    struct figures figures;
};

struct variants {
    struct variant *all;
    unsigned count;
};

static struct variant *add_variant(struct variants *variants, const char *name)
{
    struct variant *variant = &variants->all[variants->count++];
    snprintf(variant->name, sizeof variant->name, "%s", name);
    variant->design = case_head_default.design;
    return variant;
}

/* Every preset, and every choice alone that is not the default's. */
static struct variants all_variants(void)
{
    unsigned most = preset_count;
    for (unsigned axis = 0; axis < AXES; axis++)
        most += axis_infos[axis].choices;
    struct variants variants = {calloc(most, sizeof *variants.all), 0};
    if (!variants.all) {
        fprintf(stderr, "pagerig: out of memory\n");
        exit(EXIT_CANNOT);
    }
    for (unsigned i = 0; i < preset_count; i++)
        add_variant(&variants, presets[i].name)->design = presets[i].design;
    for (unsigned axis = 0; axis < AXES; axis++)
        for (uint8_t choice = 0; choice < axis_infos[axis].choices; choice++) {
            char name[DESIGN_TEXT_MAX];
            if (choice == case_head_default.design.choice[axis])
                continue;
            snprintf(name, sizeof name, "%s=%s", axis_infos[axis].name,
                     axis_infos[axis].choice_names[choice]);
            add_variant(&variants, name)->design.choice[axis] = choice;
        }
    return variants;
}

static struct variants chosen_variants(const struct measure_options *options)
{
    char name[DESIGN_TEXT_MAX];
    if (!options->design.preset && !options->design.items)
        return all_variants();
    struct variants variants = {calloc(1, sizeof *variants.all), 0};
    if (!variants.all)
        exit(EXIT_CANNOT);
    struct variant *variant = add_variant(&variants, "");
    design_option_apply(&options->design, &variant->design);
    memcpy(variant->name, design_text(&variant->design, name), sizeof name);
    return variants;
}

/* ---- Measuring. ---- */

static struct case_head head_under(const struct test_case *c, const struct variant *variant)
{
    struct case_head head = c->head;
    head.design = variant->design;
    return head;
}

static int cannot(const char *path, const struct variant *variant, const char *why)
{
    fprintf(stderr, "pagerig measure: %s: %s: %s\n", path, variant->name, why);
    return EXIT_CANNOT;
}

/* Is the design right in this case?  A machine that cannot be is said, and left out. */
static int judge(struct rig *rig, const char *path, struct test_case *c,
                 const struct variant *variant)
{
    struct finding finding;
    struct case_head head = c->head;
    char title[64], why[512];
    c->head = head_under(c, variant);
    bool good = rig_run(rig, c, &finding);
    c->head = head;
    if (good)
        return EXIT_CLEAN;
    if (finding.oracle == ORACLE_RIG)
        return cannot(path, variant, finding.actual);
    snprintf(why, sizeof why, "%s at operation %u: expected %s, actual %s",
             finding_title(&finding, title), (unsigned)finding.at, finding.expected,
             finding.actual);
    cannot(path, variant, why);
    return EXIT_DIVERGED;
}

/* A target for this head. */
static int prepare(struct rig *rig, const char *path, const struct case_head *head,
                   const struct variant *variant)
{
    struct finding finding;
    return rig_reset(rig, head, &finding) ? EXIT_CLEAN : cannot(path, variant, finding.actual);
}

static int count(struct rig *rig, const char *path, struct test_case *c,
                 const struct measure_options *options, struct variant *variant)
{
    char why[256];
    struct case_head head = head_under(c, variant);
    variant->figures = (struct figures){0};
    variant->good = false;
    int status =
        options->unjudged ? prepare(rig, path, &head, variant) : judge(rig, path, c, variant);
    if (status != EXIT_CLEAN)
        return status;
    variant->good = figures_count(&variant->figures, rig_target(rig), c, &head, why, sizeof why);
    if (!options->runs)
        variant->figures.runs = 0;
    if (variant->good)
        return EXIT_CLEAN;
    cannot(path, variant, why);
    return variant->figures.unexpected ? EXIT_DIVERGED : EXIT_CANNOT;
}

/* A design that is slow enough to be seen well has had its turns. */
static int take_times(struct rig *rig, const char *path, struct test_case *c,
                      struct variants *variants, uint64_t runs, const volatile uint64_t *counter)
{
    const double enough = 1.5;
    for (uint64_t run = 0; run < runs; run++)
        for (unsigned i = 0; i < variants->count; i++) {
            struct variant *variant = &variants->all[i];
            struct case_head head = head_under(c, variant);
            if (!variant->good || (variant->figures.seconds > enough && (run || !counter)))
                continue;
            if (!figures_time(&variant->figures, rig_target(rig), c, &head, counter))
                return cannot(path, variant, rig_target(rig)->why);
        }
    return EXIT_CLEAN;
}

/* ---- Printing. ---- */

static void print_names(void)
{
    printf(
        "target\tcase\tdesign\tops\tns\tmedian_ns\tinstructions\tpte_writes\tinvlpgs\tcr3_loads\t"
        "pages\twalks\tfaults\tspurious\ttables\ttables_most\tregions\tbytes\trefused\t"
        "answers\tchoices\n");
}

static void print_number(bool known, uint64_t number)
{
    if (known)
        printf("\t%llu", (unsigned long long)number);
    else
        printf("\t-");
}

static void print_time(const struct figures *f, double ns)
{
    if (f->runs)
        printf("\t%.1f", ns);
    else
        printf("\t-");
}

static void print_choices(const struct design *design)
{
    for (unsigned axis = 0; axis < AXES; axis++)
        printf("%s%s=%s", axis ? "," : "\t", axis_infos[axis].name,
               axis_infos[axis].choice_names[design->choice[axis]]);
    printf("\n");
}

static void print_row(const char *target, const char *path, struct variant *variant)
{
    struct figures *f = &variant->figures;
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    const char *dot = strrchr(name, '.');
    figures_end(f);
    printf("%s\t%.*s\t%s\t%llu", target, (int)(dot ? (size_t)(dot - name) : strlen(name)), name,
           variant->name, (unsigned long long)f->ops);
    print_time(f, f->least_ns);
    print_time(f, f->median_ns);
    print_number(f->instructions && !f->unstable, f->instructions);
    print_number(f->counted, f->counts.stores);
    print_number(f->counted, f->counts.invlpgs);
    print_number(f->counted, f->counts.cr3_loads);
    print_number(f->counted, f->counts.pages);
    print_number(f->counted, f->counts.walks);
    print_number(true, f->faults);
    print_number(true, f->spurious);
    printf("\t%.1f\t%u\t%u", f->tables_mean, (unsigned)f->tables_most, (unsigned)f->regions);
    print_number(f->structure_bytes, f->structure_bytes);
    print_number(true, f->refused);
    printf("\t%016llx", (unsigned long long)f->answers);
    print_choices(&variant->design);
}

static int measure_file(struct rig *rig, const char *path, const struct measure_options *options,
                        struct variants *variants, const volatile uint64_t *counter)
{
    struct test_case c;
    int status = EXIT_CLEAN;
    case_init(&c);
    if (!case_read_file(&c, path))
        return EXIT_USAGE;
    for (unsigned i = 0; i < variants->count; i++)
        status = status_worse(status, count(rig, path, &c, options, &variants->all[i]));
    status = status_worse(status, take_times(rig, path, &c, variants, options->runs, counter));
    for (unsigned i = 0; i < variants->count; i++)
        if (variants->all[i].good)
            print_row(options->target.name, path, &variants->all[i]);
    fflush(stdout);
    case_free(&c);
    return status;
}

static const volatile uint64_t *map_counter(const char *path)
{
    int fd = open(path, O_RDONLY);
    struct stat file;
    void *memory = MAP_FAILED;
    if (fd >= 0 && fstat(fd, &file) == 0 && file.st_size == sizeof(uint64_t))
        memory = mmap(NULL, sizeof(uint64_t), PROT_READ, MAP_SHARED, fd, 0);
    if (fd >= 0)
        close(fd);
    if (memory != MAP_FAILED)
        return memory;
    fprintf(stderr, "pagerig measure: %s: not a counter, which is a file of 8 bytes\n", path);
    return NULL;
}

int cmd_measure(int argc, char **argv)
{
    struct measure_options options = {
        .target = target_option_default("sim"), .check = RIG_CHECK_EVERY, .runs = 5};
    struct files files = {0};
    bool found = true;

    int arguments = options_read(argc, argv, measure_options, &options);
    if (arguments == OPTIONS_FAILED)
        return EXIT_USAGE;
    if (arguments == 0)
        return options_refuse(argv[0], "no case is named");
    if (!target_shows_tables(options.target.name))
        return options_refuse(argv[0], "the %s target has no designs", options.target.name);
    for (int i = 1; i <= arguments; i++)
        found = files_add(&files, argv[i]) && found;

    const volatile uint64_t *counter = NULL;
    if (options.counter && !(counter = map_counter(options.counter)))
        return EXIT_USAGE;
    struct variants variants = chosen_variants(&options);
    struct rig *rig = target_option_rig(&options.target, options.check);
    int status = EXIT_USAGE;
    if (files.count) {
        status = target_option_starts(&options.target, rig, argv[0]) ? EXIT_CLEAN : EXIT_CANNOT;
        print_names();
        for (size_t i = 0; i < files.count && status != EXIT_CANNOT; i++)
            status = status_worse(status,
                                  measure_file(rig, files.paths[i], &options, &variants, counter));
    }
    rig_free(rig);
    files_free(&files);
    free(variants.all);
    return found ? status : EXIT_USAGE;
}
