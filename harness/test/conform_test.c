/* conform_test.c: what is wrong with an agent or its adapter is found by the check that is for it,
 * and nothing is wrong with ours. */
#include "../conform/conform.h"
#include "broken_agent.h"

/* Runs checks against an agent with this defect; all that they print, which the caller frees. */
static char *conform_to(enum defect which, const char *only, unsigned *failed)
{
    static const double seconds = 1;
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);
    defect = which;
    peer_start(play_half);
    *failed = conform(&line, &line.channel, &case_head_default.design, seconds, only, file);
    peer_end();
    fclose(file);
    return text;
}

static void test_good(void)
{
    unsigned failed;
    char *text = conform_to(NONE, NULL, &failed);
    bool good = !failed && !strstr(text, "not ok") && !strstr(text, "SKIP");
    if (!ok_if(good, "our agent: nothing is wrong, nothing is left out"))
        printf("# %s\n", text);
    free(text);
}

static const struct {
    enum defect defect;
    const char *rule;
} planted_defects[] = {
    {DAMAGE_IS_NOTHING, "a damaged frame is refused"},
    {DAMAGE_IS_GOOD, "a damaged frame is refused"},
    {REFUSES_BY_NUMBER, "a damaged frame is refused"},
    {LENGTH_IS_NOTHING, "a frame with a wrong length is refused"},
    {DAMAGE_IS_NOTHING, "a frame with a wrong length is refused"},
    {DAMAGE_IS_NOTHING, "a frame that a START cuts off is refused, the next is answered"},
    {REFUSES_NOISE, "noise between frames is nothing"},
    {REFUSES_STARTS, "START right after START is as one"},
    {SILENT_ON_UNKNOWN, "a type that nobody knows is UNKNOWN"},
    {DOES_AGAIN, "a repeated request is answered, and not done again"},
    {REPEATS_ANY_TYPE, "of another type it is no repetition"},
    {HELLO_KEEPS, "HELLO forgets what was answered"},
    {LOSES_LATE_BYTES, "a request as long as can be arrives"},
    {HELLO_IS_CUT_OFF, "HELLO is answered, and the machine can be"},
    {HELLO_CHANGES, "HELLO says the same each time"},
    {TAKES_ANY_PAYLOAD, "what ends too early, goes on or is out of range is UNKNOWN"},
    {TAKES_ANY_PAYLOAD, "RESET: more frames than there are are refused"},
    {RESET_TAKES_ANYTHING, "RESET: more frames than there are are refused"},
    {SKIPS_EXTRA_CHOICE, "RESET: a choice too many is UNKNOWN"},
    {KNOWS_NO_EMPTY_RUN, "RUN of no operations"},
    {RUNS_UP_TO_THE_BAD, "RUN: with an operation that is none, none is done"},
    {MANY_RUNS_BEFORE_HELLO, "MANY with a HELLO in it does nothing"},
    {MANY_GOES_ON, "MANY ends at what is UNKNOWN"},
    {MANY_SAYS_ANOTHER, "MANY answers as its requests alone"},
    {REGIONS_ARE_NEVER_ALL, "REGIONS of a space that does not exist: none"},
    {COMPARE_HAS_ANOTHER_REST, "COMPARE says of memory what READ says"},
    {COMPARE_TELLS_NOTHING, "COMPARE says of memory what READ says"},
    {BRIEF_HAS_NO_END, "BRIEF tells the rest at the end"},
    {RESET_LEAVES_A_WORD, "RESET: nothing exists, free frames are zero"},
    {CR3_IS_NOTHING, "RESET: nothing exists, free frames are zero"},
    {INVARIANT_FAILS, "RESET: nothing exists, free frames are zero"},
    {RESET_IS_ANOTHER, "RESET: twice in a row the same"},
    {RESET_KEEPS_A_WORD, "RESET: after operations as at first"},
    {PEEK_DEPENDS_ON_LOOKS, "READ: twice the same"},
    {FAULT_IS_ELSEWHERE, "RUN: a program's page fault"},
    {FAULT_KNOWS_AN_ENTRY, "RUN: a program's page fault"},
    {RESULT_CHANGES, "RUN: results are the same with all flags"},
    {FRAMES_ARE_NOT_TOLD, "SEE tells all that changed"},
    {CR3_IS_LATE, "SEE tells all that changed"},
    {POOLS_ARE_LATE, "SEE tells all that changed"},
    {REGIONS_ARE_SHORT, "SEE tells all that changed"},
    {ALL_WORDS_ARE_EQUAL, "MEMORY tells all words that changed"},
    {FRAMES_ARE_NOT_TOLD, "BRIEF tells the rest at the end"},
    {TOUCH_WRITES, "WITNESS changes no result, or is UNKNOWN"},
};

static void test_defect(enum defect which, const char *rule)
{
    unsigned failed;
    char wanted[128];
    char *text = conform_to(which, rule, &failed);
    snprintf(wanted, sizeof wanted, "- %s\n#", rule);
    char *at = strstr(text, "not ok");
    if (!ok_if(failed == 1 && at && strstr(at, wanted), "defect %d: not ok: %s", which, rule))
        printf("# %s\n", text);
    free(text);
}

static void test_end(enum defect which, const char *what)
{
    unsigned failed;
    char *text = conform_to(which, NULL, &failed);
    char *out = strstr(text, "Bail out!  HELLO is not answered any more");
    if (!ok_if(failed == 1 && out, "a machine that %s is not asked for ever", what))
        printf("# %s\n", text);
    free(text);
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    test_good();
    for (size_t i = 0; i < sizeof planted_defects / sizeof *planted_defects; i++)
        test_defect(planted_defects[i].defect, planted_defects[i].rule);
    test_end(ENDS_IN_A_RUN, "ends");
    test_end(HANGS_IN_A_RUN, "hangs");
    return tap_done();
}
