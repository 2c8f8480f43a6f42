/* without.h: the option --without ORACLE,...: oracles that are ignored (rig_ignore), so that one
 * can see what the others find. */
#ifndef CLI_WITHOUT_H
#define CLI_WITHOUT_H

#include "../check/rig.h"
#include "options.h"

bool option_without(const struct option_row *row, const char *value, void *field,
                    struct option_why *why); /* uint32_t, bits 1 << ORACLE_*; adds to it */

/* Their names with commas between them; "" for none. */
enum { WITHOUT_TEXT_MAX = 256 };
const char *without_text(uint32_t oracles, char buffer[WITHOUT_TEXT_MAX]);

/* What of a target's options is for these oracles alone is switched off. */
void without_apply(uint32_t oracles, struct target_options *options);

#endif
