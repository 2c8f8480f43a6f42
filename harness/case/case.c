/* case.c: a case in memory, a case from a file, and designs by name.  The forms themselves are in
 * text_read.c, text_write.c and bytes.c. */
#include "case.h"
#include "scan.h"
#include <errno.h>
#include <stdlib.h>

enum { FILE_BYTES_MAX = 64 << 20 };

enum form { FORM_TEXT, FORM_BYTES, FORM_INPUT };

void case_init(struct test_case *c)
{
    *c = (struct test_case){.head = case_head_default};
}

void case_free(struct test_case *c)
{
    free(c->ops);
    case_init(c);
}

static void *resize(void *memory, size_t bytes)
{
    memory = realloc(memory, bytes);
    if (!memory) {
        fprintf(stderr, "pagerig: out of memory\n");
        exit(125);
    }
    return memory;
}

void case_append(struct test_case *c, const struct op *op)
{
    if (c->count == c->capacity) {
        c->capacity = c->capacity ? c->capacity * 2 : 64;
        c->ops = resize(c->ops, c->capacity * sizeof(*c->ops));
    }
    c->ops[c->count++] = *op;
}

/* The file, malloc'ed; of one that is over the limit at least enough to see that.  NULL: errno
 * says why. */
static uint8_t *read_all(const char *path, size_t *length)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return NULL;

    size_t capacity = 1 << 14, used = 0, got;
    uint8_t *bytes = resize(NULL, capacity);
    while (used <= FILE_BYTES_MAX && (got = fread(bytes + used, 1, capacity - used, file)) > 0) {
        used += got;
        if (used == capacity)
            bytes = resize(bytes, capacity *= 2);
    }
    int reason = errno;
    if (ferror(file)) {
        free(bytes);
        bytes = NULL;
    }
    fclose(file);
    errno = reason;
    *length = used;
    return bytes;
}

static bool read_form(struct test_case *c, enum form form, const uint8_t *bytes, size_t length,
                      struct case_error *error)
{
    if (length > FILE_BYTES_MAX)
        return refuse_at(error, 0, 0, "a case file has at most %u MB", FILE_BYTES_MAX >> 20);
    if (form == FORM_TEXT)
        return case_read_text(c, (const char *)bytes, length, error);
    if (form == FORM_BYTES)
        return case_read_bytes_strict(c, bytes, length, error);
    case_read_input(c, bytes, length);
    return true;
}

static bool read_file(struct test_case *c, const char *path, enum form form)
{
    size_t length;
    if (!*path) {
        fprintf(stderr, "'': the file name is empty\n");
        return false;
    }
    uint8_t *bytes = read_all(path, &length);
    if (!bytes) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        return false;
    }

    struct case_error error;
    bool good = read_form(c, form, bytes, length, &error);
    free(bytes);
    if (!good && error.line)
        fprintf(stderr, "%s:%u:%u: %s\n", path, error.line, error.column, error.message);
    else if (!good && error.column)
        fprintf(stderr, "%s: byte %u: %s\n", path, error.column, error.message);
    else if (!good)
        fprintf(stderr, "%s: %s\n", path, error.message);
    return good;
}

bool case_read_file(struct test_case *c, const char *path)
{
    size_t length = strlen(path);
    bool bytes = length >= 4 && strcmp(path + length - 4, ".bin") == 0;
    return read_file(c, path, bytes ? FORM_BYTES : FORM_TEXT);
}

bool case_read_input_file(struct test_case *c, const char *path)
{
    return read_file(c, path, FORM_INPUT);
}

/* One item that is not `any`; named has a bit for each axis that an item before it named. */
static bool read_choice(struct design *design, struct token item, size_t column, uint32_t *named,
                        struct case_error *error)
{
    static const char *const axis_names[AXES] = {
#define DESIGN_AXIS(AXIS, name, text) #name,
#include "../../vmm/design.def"
    };
    struct token key, value;

    if (!token_split(item, &key, &value))
        return refuse_at(error, 1, column, "expected axis=choice or any, found '%s'",
                         quote(item).text);
    unsigned axis = token_find(key, axis_names, AXES);
    if (axis == AXES)
        return refuse_name(error, 1, column, "axis", key, axis_names, AXES);
    if (*named & 1u << axis)
        return refuse_at(error, 1, column, "'%s' is given twice", axis_names[axis]);

    const struct axis_info *info = &axis_infos[axis];
    unsigned choice = token_find(value, info->choice_names, info->choices);
    if (choice == info->choices)
        return refuse_name(error, 1, column + key.length + 1, info->name, value, info->choice_names,
                           info->choices);
    design->choice[axis] = (uint8_t)choice;
    *named |= 1u << axis;
    return true;
}

/* `any` stands for all axes that the text does not name, wherever in the text it stands. */
bool design_read(struct design *design, const char *text, struct case_error *error)
{
    struct design result = *design;
    uint32_t named = 0;
    bool any = false;

    for (const char *at = text;; at++) {
        struct token item = {at, strcspn(at, ",")};
        if (token_is(item, "any"))
            any = true;
        else if (!read_choice(&result, item, (size_t)(at - text) + 1, &named, error))
            return false;
        at += item.length;
        if (!*at)
            break;
    }
    for (unsigned axis = 0; any && axis < AXES; axis++)
        if (!(named & 1u << axis))
            result.choice[axis] = CHOICE_ANY;
    *design = result;
    return true;
}

const struct preset *preset_find(const char *name)
{
    for (unsigned i = 0; i < preset_count; i++)
        if (strcmp(presets[i].name, name) == 0)
            return &presets[i];
    return NULL;
}
