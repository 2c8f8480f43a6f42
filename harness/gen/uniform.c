/* uniform.c: operations as chance has them: code and arguments drawn uniformly from what a case
 * plays with, and nobody looks at what is mapped.  What the rest of this folder is compared with.
 */
#include "uniform.h"
#include "pick.h"

static void draw(struct gen *gen, char letter, struct op *op)
{
    enum { DEVICE_FRAMES = 16, ALLOCATIONS = 12 };
    uint32_t va = window_page(gen) << (gen->bits + 2);

    switch (letter) {
    case 's':
        op->s = (uint8_t)below(gen, gen->spaces);
        return;
    case 't':
        op->t = (uint8_t)below(gen, gen->spaces);
        return;
    case 'g':
        op->g = (uint8_t)below(gen, gen->segments);
        return;
    case 'p':
        op->va = va;
        return;
    case 'a':
        op->va = va;
        if (below(gen, 2))
            op->flags |= OP_ANY, op->va = 0;
        return;
    case 'w':
        op->va = va + 4 * below(gen, 1u << gen->bits);
        return;
    case 'n':
        op->n = 1 + below(gen, gen->window_pages);
        return;
    case 'r':
        op->prot = (uint8_t)below(gen, PROTS);
        return;
    case 'm':
        if (below(gen, 2))
            op->flags |= OP_EAGER;
        if (below(gen, 2)) {
            op->flags |= OP_BACKED;
            op->g = (uint8_t)below(gen, gen->segments);
            op->x = below(gen, gen->window_pages);
        }
        return;
    case 'd':
        op->x = below(gen, DEVICE_FRAMES);
        return;
    case 'v':
        op->x = gen->word += 0x9e3779b9;
        return;
    case 'k':
        op->x = below(gen, 1 + ALLOCATIONS);
        return;
    case 'y':
        if (below(gen, 2))
            op->flags |= OP_STICKY;
        return;
    }
    assert(!"a letter of ops.def that cannot be drawn");
}

void gen_uniform(struct gen *gen, struct op *op)
{
    *op = (struct op){.code = (uint8_t)below(gen, OP_CODES), .expect = OP_EXPECT_NOTHING};
    for (const char *letter = op_infos[op->code].args; *letter; letter++)
        draw(gen, *letter, op);
}
