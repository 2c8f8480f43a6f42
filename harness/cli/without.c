/* without.c: see without.h. */
#include "without.h"
#include <assert.h>
#include <string.h>

/* The number of the oracle of this name, or ORACLES. */
static unsigned find_oracle(const char *name, size_t length)
{
    unsigned oracle = 0;
    while (oracle < ORACLES && (strlen(oracle_names[oracle]) != length ||
                                memcmp(oracle_names[oracle], name, length) != 0))
        oracle++;
    return oracle;
}

/* What a sanitizer says ends the process, and what the rig says of itself is for everyone to hear.
 */
bool option_without(const struct option_row *row, const char *value, void *field,
                    struct option_why *why)
{
    (void)row;
    for (;; value++) {
        size_t length = strcspn(value, ",");
        unsigned oracle = find_oracle(value, length);
        if (oracle == ORACLES || oracle == ORACLE_RIG || oracle == ORACLE_SANITIZER) {
            snprintf(why->text, sizeof why->text, "'%.*s' is %s", (int)(length > 40 ? 40 : length),
                     value,
                     oracle == ORACLES      ? "no oracle (harness/README.md lists them)"
                     : oracle == ORACLE_RIG ? "never ignored"
                                            : "what build/pagerig is without");
            return false;
        }
        *(uint32_t *)field |= UINT32_C(1) << oracle;
        value += length;
        if (!*value)
            return true;
    }
}

const char *without_text(uint32_t oracles, char buffer[WITHOUT_TEXT_MAX])
{
    size_t used = 0;
    buffer[0] = '\0';
    for (unsigned oracle = 0; oracle < ORACLES; oracle++)
        if (oracles >> oracle & 1)
            used += (size_t)snprintf(buffer + used, WITHOUT_TEXT_MAX - used, "%s%s",
                                     used ? "," : "", oracle_names[oracle]);
    assert(used < WITHOUT_TEXT_MAX);
    return buffer;
}

void without_apply(uint32_t oracles, struct target_options *options)
{
    if (oracles >> ORACLE_STALE & 1)
        options->debt = false;
}
