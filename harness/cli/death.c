/* death.c: the sanitizers' hook for the end of the process. */
#include "death.h"
#include <assert.h>

/* Part of the sanitizers' run-time library (sanitizer/common_interface_defs.h); only in a build
 * with them. */
__attribute__((weak)) void __sanitizer_set_death_callback(void (*callback)(void));

static void (*words)(void);

/* Once: what it does may itself be what a sanitizer complains of. */
static void say(void)
{
    void (*last_words)(void) = words;
    words = NULL;
    if (last_words)
        last_words();
}

void death_say(void (*last_words)(void))
{
    words = last_words;
    if (__sanitizer_set_death_callback)
        __sanitizer_set_death_callback(say);
}

bool death_possible(void)
{
    return __sanitizer_set_death_callback;
}

struct finding death_finding(const struct test_case *c)
{
    assert(c->count);
    return (struct finding){
        .oracle = ORACLE_SANITIZER,
        .at = c->count - 1,
        .op = c->ops[c->count - 1],
        .field = "",
        .expected = "silence of the sanitizers",
        .actual = "a report on stderr",
    };
}
