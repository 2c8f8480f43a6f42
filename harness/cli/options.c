/* options.c: the reader of command lines, and the kinds of values that several commands take. */
#include "options.h"
#include "../check/rig.h"
#include <assert.h>
#include <stdarg.h>
#include <string.h>

int status_worse(int a, int b)
{
    static const int order[] = {EXIT_USAGE, EXIT_DIVERGED, EXIT_CANNOT};
    for (unsigned i = 0; i < sizeof order / sizeof *order; i++)
        if (a == order[i] || b == order[i])
            return order[i];
    return EXIT_CLEAN;
}

/* ---- Reading and printing. ---- */

int options_refuse(const char *command, const char *format, ...)
{
    va_list arguments;
    fprintf(stderr, "pagerig %s: ", command);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fprintf(stderr, "\nTry 'pagerig help %s'.\n", command);
    return EXIT_USAGE;
}

/* The row of `--name` or `--name=value`; *value is what follows the =, or NULL.  -o is --out. */
static const struct option_row *find_row(const struct option_row *rows, const char *text,
                                         const char **value)
{
    if (strcmp(text, "-o") == 0)
        text = "--out";
    if (strncmp(text, "--", 2) != 0)
        return NULL;
    text += 2;
    size_t length = strcspn(text, "=");
    *value = text[length] ? text + length + 1 : NULL;
    while (rows->name && (strlen(rows->name) != length || strncmp(text, rows->name, length) != 0))
        rows++;
    return rows->name ? rows : NULL;
}

int options_read(int argc, char **argv, const struct option_row *rows, void *values)
{
    struct option_why why;
    int arguments = 0, at = 1;

    for (; at < argc && strcmp(argv[at], "--") != 0; at++) {
        if (argv[at][0] != '-') {
            argv[++arguments] = argv[at];
            continue;
        }
        const char *value = NULL;
        const struct option_row *row = find_row(rows, argv[at], &value);
        int refused = 0;
        if (!row)
            refused = options_refuse(argv[0], "unknown option '%s'", argv[at]);
        else if (!row->value && value)
            refused = options_refuse(argv[0], "--%s takes no value", row->name);
        else if (row->value && !value && ++at == argc)
            refused = options_refuse(argv[0], "--%s: missing value %s", row->name, row->value);
        else if (!row->read(row, value ? value : argv[at], (char *)values + row->offset, &why))
            refused = options_refuse(argv[0], "--%s: %s", row->name, why.text);
        if (refused)
            return OPTIONS_FAILED;
    }
    for (at++; at < argc; at++)
        argv[++arguments] = argv[at];
    return arguments;
}

bool options_read_one(int argc, char **argv, const struct option_row *rows, void *values)
{
    int arguments = options_read(argc, argv, rows, values);
    if (arguments != 1 && arguments != OPTIONS_FAILED)
        options_refuse(argv[0], arguments ? "more than one case is named" : "no case is named");
    return arguments == 1;
}

static void print_designs(FILE *file)
{
    fprintf(file, "\nAxes of a design, and their choices; the first is the default:\n");
    for (unsigned axis = 0; axis < AXES; axis++) {
        const struct axis_info *info = &axis_infos[axis];
        fprintf(file, "  %-26s %s\n", info->name, info->text);
        for (unsigned i = 0; i < info->choices; i++)
            fprintf(file, "    %-24s %s\n", info->choice_names[i], info->choice_texts[i]);
    }
    fprintf(file, "\nPresets:\n");
    for (unsigned i = 0; i < preset_count; i++)
        fprintf(file, "  %-26s %s\n", presets[i].name, presets[i].text);
}

void options_print(const struct option_row *rows, FILE *file)
{
    char left[64];
    bool designs = false;

    for (; rows->name; rows++) {
        snprintf(left, sizeof left, "--%s%s%s", rows->name, rows->value ? " " : "",
                 rows->value ? rows->value : "");
        fprintf(file, "  %-26s %s\n", left, rows->text);
        designs = designs || rows->read == option_design;
    }
    if (designs)
        print_designs(file);
}

/* ---- Kinds of values. ---- */

__attribute__((format(printf, 2, 3))) static bool refuse(struct option_why *why, const char *format,
                                                         ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(why->text, sizeof why->text, format, arguments);
    va_end(arguments);
    return false;
}

/* `unknown WHAT 'value': it is one of NAMES any` */
static bool refuse_name(struct option_why *why, const char *what, const char *value,
                        const char *const *names, unsigned count, const char *also)
{
    refuse(why, "unknown %s '%.40s': it is one of", what, value);
    for (unsigned i = 0; i <= count; i++) {
        const char *name = i < count ? names[i] : also;
        size_t used = strlen(why->text);
        if (name)
            snprintf(why->text + used, sizeof why->text - used, " %s", name);
    }
    return false;
}

bool option_flag(const struct option_row *row, const char *value, void *field,
                 struct option_why *why)
{
    (void)row, (void)value, (void)why;
    *(bool *)field = true;
    return true;
}

bool option_text(const struct option_row *row, const char *value, void *field,
                 struct option_why *why)
{
    if (!*value)
        return refuse(why, "%s is empty", row->value);
    *(const char **)field = value;
    return true;
}

/* Decimal or 0x hexadecimal, nothing before, nothing after. */
static bool read_number(const char *text, uint64_t *number)
{
    bool hexadecimal = text[0] == '0' && text[1] == 'x';
    const char *digits = hexadecimal ? "0123456789abcdef" : "0123456789";
    uint64_t base = hexadecimal ? 16 : 10, x = 0;

    text += hexadecimal ? 2 : 0;
    if (!*text)
        return false;
    for (; *text; text++) {
        const char *digit = strchr(digits, *text);
        if (!digit)
            return false;
        uint64_t value = (uint64_t)(digit - digits);
        if (x > (UINT64_MAX - value) / base)
            return false;
        x = x * base + value;
    }
    *number = x;
    return true;
}

bool option_number(const struct option_row *row, const char *value, void *field,
                   struct option_why *why)
{
    uint64_t x;
    if (!read_number(value, &x) || x < row->least || x > row->most)
        return refuse(why, "expected a number from %llu to %llu, found '%.40s'",
                      (unsigned long long)row->least, (unsigned long long)row->most, value);
    *(uint64_t *)field = x;
    return true;
}

bool option_name(const struct option_row *row, const char *value, const char *const *names,
                 void *field, struct option_why *why)
{
    unsigned count = 0;
    for (; names[count]; count++)
        if (strcmp(value, names[count]) == 0) {
            *(const char **)field = names[count];
            return true;
        }
    return refuse_name(why, row->name, value, names, count, NULL);
}

bool option_tlb(const struct option_row *row, const char *value, void *field,
                struct option_why *why)
{
    (void)row;
    if (strcmp(value, "any") == 0) {
        *(uint8_t *)field = CHOICE_ANY;
        return true;
    }
    for (uint8_t i = 0; i < TLBS; i++)
        if (strcmp(value, tlb_names[i]) == 0) {
            *(uint8_t *)field = i;
            return true;
        }
    return refuse_name(why, "TLB", value, tlb_names, TLBS, "any");
}

bool option_check(const struct option_row *row, const char *value, void *field,
                  struct option_why *why)
{
    (void)row;
    uint64_t x = 0;
    if (strcmp(value, "every") == 0)
        x = RIG_CHECK_EVERY;
    else if (strcmp(value, "end") == 0)
        x = RIG_CHECK_END;
    else if (!read_number(value, &x) || x == 0 || x > UINT32_MAX)
        return refuse(why, "expected every, end, or a number from 1 to %u, found '%.40s'",
                      UINT32_MAX, value);
    *(uint32_t *)field = (uint32_t)x;
    return true;
}

/* ---- Designs. ---- */

bool option_preset(const struct option_row *row, const char *value, void *field,
                   struct option_why *why)
{
    struct design_option *option = field;

    (void)row;
    if (option->items)
        return refuse(why, "it excludes --design");
    option->preset = preset_find(value);
    if (option->preset)
        return true;
    const char *names[16];
    assert(preset_count <= 16);
    for (unsigned i = 0; i < preset_count; i++)
        names[i] = presets[i].name;
    return refuse_name(why, "preset", value, names, preset_count, NULL);
}

bool option_design(const struct option_row *row, const char *value, void *field,
                   struct option_why *why)
{
    struct design_option *option = field;
    struct design design = {{0}};
    struct case_error error;

    (void)row;
    if (option->preset)
        return refuse(why, "it excludes --preset");
    if (!design_read(&design, value, &error))
        return refuse(why, "column %u: %s", error.column, error.message);
    option->items = value;
    return true;
}

void design_option_apply(const struct design_option *option, struct design *design)
{
    struct case_error error;

    if (option->preset)
        *design = option->preset->design;
    if (option->items)
        design_read(design, option->items, &error);
}

const char *design_text(const struct design *design, char buffer[DESIGN_TEXT_MAX])
{
    unsigned any = 0;
    size_t used = 0;

    for (unsigned i = 0; i < preset_count; i++)
        if (memcmp(design, &presets[i].design, sizeof *design) == 0)
            return presets[i].name;
    for (unsigned axis = 0; axis < AXES; axis++)
        any += design->choice[axis] == CHOICE_ANY;
    if (any == AXES)
        return "any";
    for (unsigned axis = 0; axis < AXES; axis++) {
        const struct axis_info *info = &axis_infos[axis];
        if (design->choice[axis] == CHOICE_ANY)
            continue;
        used += (size_t)snprintf(buffer + used, DESIGN_TEXT_MAX - used, "%s%s=%s", used ? "," : "",
                                 info->name, info->choice_names[design->choice[axis]]);
        assert(used < DESIGN_TEXT_MAX);
    }
    if (any)
        snprintf(buffer + used, DESIGN_TEXT_MAX - used, ",any");
    return buffer;
}

const char *tlb_text(uint8_t tlb)
{
    return tlb == CHOICE_ANY ? "any" : tlb_names[tlb];
}
