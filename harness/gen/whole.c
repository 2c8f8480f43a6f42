/* whole.c: see whole.h. */
#include "whole.h"

void gen_whole(struct gen *gen, struct rig *rig, struct test_case *c, uint32_t length)
{
    struct finding finding;
    c->count = 0;
    bool good = rig_reset(rig, &c->head, &finding);
    while (good && c->count < length) {
        struct op *op = &c->ops[c->count++];
        gen_next(gen, rig_model(rig), op);
        good = rig_step(rig, op, &finding);
    }
}
