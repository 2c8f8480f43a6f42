/* uniform_test.c: the generator without its knowledge: no model is asked, no operation comes more
 * often than another, and everything stays in what the case plays with. */
#include "../gen/gen.h"
#include "../lib/tap.h"
#include <string.h>

enum { CASES = 400, EACH = 100, MEAN = CASES * EACH / OP_CODES };

static uint32_t codes[OP_CODES], sticky[2], prots[PROTS], outside, repeated;

static void count(const struct gen *gen, const struct op *op)
{
    uint32_t page = op->va >> (gen->bits + 2);
    const char *args = op_infos[op->code].args;

    codes[op->code]++;
    if (op->code == OP_PROTECT)
        prots[op->prot]++;
    if (op->code == OP_FAIL)
        sticky[(op->flags & OP_STICKY) != 0]++;
    bool paged = strpbrk(args, "pw") || (strchr(args, 'a') && !(op->flags & OP_ANY));
    outside += (paged && page - gen->window_first >= gen->window_pages) || op->s >= gen->spaces ||
               op->t >= gen->spaces || op->g >= gen->segments ||
               (strchr(args, 'n') && op->n - 1 >= gen->window_pages);
}

int main(void)
{
    static struct gen gen;
    const struct gen_options options = {.uniform = true};
    struct case_head head;
    struct op op, again[EACH];

    for (uint64_t seed = 0; seed < CASES; seed++) {
        gen_begin(&gen, seed, &options, &head);
        for (int i = 0; i < EACH; i++) {
            gen_next(&gen, NULL, &again[i]);
            count(&gen, &again[i]);
        }
        gen_begin(&gen, seed, &options, &head);
        bool same = true;
        for (int i = 0; i < EACH; i++) {
            gen_next(&gen, NULL, &op);
            same = same && memcmp(&op, &again[i], sizeof op) == 0;
        }
        repeated += same;
    }
    uint32_t least = UINT32_MAX, most = 0;
    for (unsigned code = 0; code < OP_CODES; code++) {
        least = codes[code] < least ? codes[code] : least;
        most = codes[code] > most ? codes[code] : most;
    }
    /* A code's count has a standard deviation of 45. */
    ok_if(least > MEAN - 300 && most < MEAN + 300, "each operation comes as often: %u to %u of %u",
          least, most, MEAN);
    ok_if(prots[PROT_NO] > MEAN / 4 && prots[PROT_R] > MEAN / 4 && prots[PROT_RW] > MEAN / 4,
          "and so does each protection");
    ok_if(sticky[0] > MEAN / 3 && sticky[1] > MEAN / 3, "and each way to fail");
    ok_if(outside == 0, "spaces, segments, pages and counts are those of the case");
    ok_if(repeated == CASES, "the same seed is the same case");
    return tap_done();
}
