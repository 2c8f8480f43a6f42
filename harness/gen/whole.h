/* whole.h: a whole case at once, for targets that had better know what is to come (rig_ahead). */
#ifndef GEN_WHOLE_H
#define GEN_WHOLE_H

#include "../check/rig.h"
#include "gen.h"

/* Fills c, whose head gen_begin has chosen, with length operations; it has the capacity.  They are
 * those that the target `sim` would be given: rig is a world with that target, which runs them.
 * Where it diverges, the case ends with that operation. */
void gen_whole(struct gen *gen, struct rig *rig, struct test_case *c, uint32_t length);

#endif
