/* conform.c: the checks, in the order in which an adapter grows; as TAP. */
#include "conform_private.h"
#include <string.h>

/* rule: of kernel/agent/README.md, in its words. */
static const struct check {
    bool (*check)(struct conform *c);
    uint32_t feature; /* that it needs; 0: none */
    const char *rule;
} checks[] = {
    {check_hello, 0, "HELLO is answered, and the machine can be"},
    {check_hello_again, 0, "HELLO says the same each time"},
    {check_noise, 0, "noise between frames is nothing"},
    {check_damage, 0, "a damaged frame is refused"},
    {check_wrong_length, 0, "a frame with a wrong length is refused"},
    {check_cut_off, 0, "a frame that a START cuts off is refused, the next is answered"},
    {check_starts, 0, "START right after START is as one"},
    {check_unknown_type, 0, "a type that nobody knows is UNKNOWN"},
    {check_reset, 0, "RESET: nothing exists, free frames are zero"},
    {check_reset_again, 0, "RESET: twice in a row the same"},
    {check_read, 0, "READ: twice the same"},
    {check_compare, 0, "COMPARE says of memory what READ says"},
    {check_no_such_slot, 0, "REGIONS of a space that does not exist: none"},
    {check_bad_payloads, 0, "what ends too early, goes on or is out of range is UNKNOWN"},
    {check_reset_refused, 0, "RESET: more frames than there are are refused"},
    {check_reset_choices, 0, "RESET: a choice too many is UNKNOWN"},
    {check_run_nothing, 0, "RUN of no operations"},
    {check_run_bad, 0, "RUN: with an operation that is none, none is done"},
    {check_repetition, 0, "a repeated request is answered, and not done again"},
    {check_other_type, 0, "of another type it is no repetition"},
    {check_forgets, 0, "HELLO forgets what was answered"},
    {check_longest, 0, "a request as long as can be arrives"},
    {check_fault, 0, "RUN: a program's page fault"},
    {check_results, 0, "RUN: results are the same with all flags"},
    {check_see, 0, "SEE tells all that changed"},
    {check_memory, 0, "MEMORY tells all words that changed"},
    {check_brief, 0, "BRIEF tells the rest at the end"},
    {check_witness, 0, "WITNESS changes no result, or is UNKNOWN"},
    {check_used_reset, 0, "RESET: after operations as at first"},
    {check_many, WIRE_HAS_MANY, "MANY answers as its requests alone"},
    {check_many_hello, WIRE_HAS_MANY, "MANY with a HELLO in it does nothing"},
    {check_many_ends, WIRE_HAS_MANY, "MANY ends at what is UNKNOWN"},
};
enum { CHECKS = sizeof checks / sizeof *checks };

/* Of a machine that has ended no more is asked: each check would wait for it, and fail. */
unsigned conform(struct line *line, struct channel *channel, const struct design *design,
                 double seconds, const char *only, FILE *file)
{
    static struct conform c;
    unsigned failed = 0;
    memset(&c, 0, sizeof c);
    c.line = line;
    c.channel = channel;
    c.design = design;
    c.seconds = seconds;
    fprintf(file, "1..%d\n", CHECKS);
    for (unsigned i = 0; i < CHECKS; i++) {
        const struct check *check = &checks[i];
        if (only && i && strcmp(check->rule, only) != 0)
            continue;
        if (check->feature && !(c.hello.features & check->feature)) {
            fprintf(file, "ok %u - %s # SKIP HELLO does not announce it\n", i + 1, check->rule);
            continue;
        }
        bool good = check->check(&c);
        fprintf(file, "%sok %u - %s\n", good ? "" : "not ", i + 1, check->rule);
        if (!good)
            fprintf(file, "# %s\n", c.why);
        failed += !good;
        fflush(file);
        if (!good && (i == 0 || !is_there(&c))) {
            fprintf(file, "Bail out!  HELLO is not answered%s: nothing more can be tried\n",
                    i ? " any more" : "");
            break;
        }
    }
    if (c.overflows)
        fprintf(file, "# %u of %u records said only: look at everything\n", (unsigned)c.overflows,
                (unsigned)c.records);
    world_free(&c.told);
    world_free(&c.seen);
    world_free(&c.fresh);
    return failed;
}
