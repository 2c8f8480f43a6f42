/* uniform.h: the generator without its knowledge. */
#ifndef GEN_UNIFORM_H
#define GEN_UNIFORM_H

#include "gen.h"

/* The next operation, drawn from the spaces, segments and pages that gen_begin has chosen. */
void gen_uniform(struct gen *gen, struct op *op);

#endif
