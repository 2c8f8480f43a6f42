/* text_write.c: from a case to its text.  Writes one form of each thing: addresses and words in
 * hexadecimal, all else in decimal, single spaces, expectations in a column of their own. */
#include "case.h"
#include <assert.h>
#include <stdarg.h>

/* A buffer that is being filled. */
struct out {
    char *text;
    size_t size, used;
};

__attribute__((format(printf, 2, 3))) static void put(struct out *out, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(out->text + out->used, out->size - out->used, format, arguments);
    va_end(arguments);
    assert(length >= 0);
    assert((size_t)length < out->size - out->used);
    out->used += (size_t)length;
}

static void put_argument(struct out *out, char letter, const struct op *op)
{
    switch (letter) {
    case 's':
        put(out, " s%u", op->s);
        return;
    case 't':
        put(out, " s%u", op->t);
        return;
    case 'g':
        put(out, " g%u", op->g);
        return;
    case 'a':
        if (op->flags & OP_ANY) {
            put(out, " any");
            return;
        }
        put(out, " 0x%x", op->va);
        return;
    case 'p':
    case 'w':
        put(out, " 0x%x", op->va);
        return;
    case 'n':
        put(out, " %u", op->n);
        return;
    case 'r':
        put(out, " %s", op_prot_names[op->prot]);
        return;
    case 'm':
        if (op->flags & OP_EAGER)
            put(out, " eager");
        if (op->flags & OP_BACKED)
            put(out, " g%u %u", op->g, op->x);
        return;
    case 'v':
        put(out, " 0x%x", op->x);
        return;
    case 'd':
    case 'k':
        put(out, " %u", op->x);
        return;
    case 'y':
        if (op->flags & OP_STICKY)
            put(out, " sticky");
        return;
    }
    assert(!"a letter of ops.def that cannot be written");
}

int case_write_op(const struct op *op, char buffer[OP_TEXT_MAX])
{
    enum { EXPECT_COLUMN = 35 };
    struct out out = {buffer, OP_TEXT_MAX, 0};

    assert(op->code < OP_CODES);
    const struct op_info *info = &op_infos[op->code];
    put(&out, "%s", info->name);
    for (const char *letter = info->args; *letter; letter++)
        put_argument(&out, *letter, op);
    if (op->expect != OP_EXPECT_NOTHING) {
        assert(op->expect < STATUSES);
        int gap = out.used < EXPECT_COLUMN ? EXPECT_COLUMN - (int)out.used : 0;
        put(&out, "%*s -> %s", gap, "", op_status_names[op->expect]);
    }
    return (int)out.used;
}

int case_write_head(const struct case_head *head, char buffer[256])
{
    struct out out = {buffer, 256, 0};

    put(&out, "case");
#define HEAD_NUMBER(name, least, most, standard)                                                   \
    if (head->name != case_head_default.name)                                                      \
        put(&out, " " #name "=%u", head->name);
#include "head.def"
    if (head->tlb != case_head_default.tlb)
        put(&out, " tlb=%s", tlb_names[head->tlb]);
    for (unsigned axis = 0; axis < AXES; axis++) {
        const struct axis_info *info = &axis_infos[axis];
        uint8_t choice = head->design.choice[axis];
        if (choice != case_head_default.design.choice[axis])
            put(&out, " %s=%s", info->name, info->choice_names[choice]);
    }
    return (int)out.used;
}

void case_write_text(const struct test_case *c, FILE *file)
{
    char head[256], op[OP_TEXT_MAX];

    if (case_write_head(&c->head, head) > (int)sizeof("case") - 1)
        fprintf(file, "%s\n", head);
    for (uint32_t i = 0; i < c->count; i++) {
        case_write_op(&c->ops[i], op);
        fprintf(file, "%s\n", op);
    }
}
