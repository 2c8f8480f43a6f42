/* oracle_answer_test.c: answers that are wrong (RESULT), accesses that are (ACCESS), and operations
 * that do not come back at all (PANIC HANG TRIPLE_FAULT STALE RIG, and the sanitizers). */
#include "rig_script.h"
#include <sys/wait.h>
#include <unistd.h>

/* Pages 1 to 3 of s0 are mapped rw; 1 and 2 were written. */
#define TWO_PAGES "create s0; map s0 0x20 3 rw; write s0 0x20 1; write s0 0x40 2;"

/* ---- RESULT ---- */

static enum end no_memory(struct target *target, const struct op *op, struct outcome *outcome)
{
    skip(target, op, outcome);
    outcome->status = STATUS_NO_MEMORY;
    return END_RETURNED;
}

static enum end no_space(struct target *target, const struct op *op, struct outcome *outcome)
{
    skip(target, op, outcome);
    outcome->status = STATUS_NO_SPACE;
    return END_RETURNED;
}

static enum end not_mapped(struct target *target, const struct op *op, struct outcome *outcome)
{
    skip(target, op, outcome);
    outcome->status = STATUS_NOT_MAPPED;
    return END_RETURNED;
}

static enum end no_status(struct target *target, const struct op *op, struct outcome *outcome)
{
    skip(target, op, outcome);
    outcome->status = STATUSES;
    return END_RETURNED;
}

static void next_page(struct target *target, const struct op *op, struct outcome *outcome)
{
    (void)target, (void)op;
    outcome->va += 1 << PAGE_SHIFT;
}

static void page_1(struct target *target, const struct op *op, struct outcome *outcome)
{
    (void)target, (void)op;
    outcome->va = 1 << PAGE_SHIFT;
}

static void page_0(struct target *target, const struct op *op, struct outcome *outcome)
{
    (void)target, (void)op;
    outcome->va = 0;
}

static void inside_a_page(struct target *target, const struct op *op, struct outcome *outcome)
{
    (void)target, (void)op;
    outcome->va += 4;
}

/* Maps at the end of the user's range instead of where the VMM would. */
static enum end map_at_the_end(struct target *target, const struct op *op, struct outcome *outcome)
{
    struct op there = *op;
    there.flags &= (uint8_t)~OP_ANY;
    there.va = (32 - op->n) << PAGE_SHIFT;
    return honest->run(target, &there, outcome);
}

static const struct planted results[] = {
    {"OK to what must be refused", TWO_PAGES "! map s0 0x40 1 rw", "RESULT map status",
     .instead = skip},
    {"a slot that is in use is given away", TWO_PAGES "! create s0", "RESULT create status",
     .instead = skip},
    {"a refusal of what is right", TWO_PAGES "! unmap s0 0x20 1", "RESULT unmap status",
     .instead = not_mapped},
    {"the wrong refusal", TWO_PAGES "! protect s0 0x20 0 r", "RESULT protect status",
     .instead = not_mapped},
    {"a status that there is not", TWO_PAGES "! map s0 0x80 1 rw", "RESULT map status",
     .instead = no_status},
    {"no memory when there is", TWO_PAGES "! map s0 0x80 1 rw", "RESULT map status",
     .instead = no_memory},
    {"no memory for what needs none", TWO_PAGES "fail 1 sticky; ! discard s0",
     "RESULT discard status", .instead = no_memory},
    {"no memory before the allocation that shall fail", TWO_PAGES "fail 9; ! map s0 0x80 1 rw",
     "RESULT map status", .instead = no_memory},
    {"no space though a hole is just big enough", TWO_PAGES "! map s0 any 28 rw",
     "RESULT map status", .instead = no_space},
    {"an address from a map that failed", TWO_PAGES "! map s0 0x20 1 rw",
     "RESULT map address after an error", .after = next_page},
    {"another address than was asked for", TWO_PAGES "! map s0 0x80 1 rw", "RESULT map address",
     .after = next_page},
    {"any address, and one that is taken", TWO_PAGES "! map s0 any 1 rw", "RESULT map address",
     .after = page_1},
    {"any address, and page 0", TWO_PAGES "! map s0 any 1 rw", "RESULT map address",
     .after = page_0},
    {"any address, and not a page's", TWO_PAGES "! map s0 any 1 rw", "RESULT map address",
     .after = inside_a_page},
    {"any address, but not where the region is", TWO_PAGES "! map s0 any 1 rw",
     "REGIONS map missing", .after = next_page},

    {"any free address", TWO_PAGES "! map s0 any 3 rw; write s0 0x3a0 1",
     .instead = map_at_the_end},
    {"no memory when the next allocation fails", TWO_PAGES "fail 1; ! map s0 0x80 1 rw; fail 0",
     .instead = no_memory},
    {"no memory when there is only just enough",
     "case limit=3; create s0; map s0 0x20 1 rw; switch s0; ! read s0 0x20", .instead = no_memory},
};

/* ---- ACCESS ---- */

static void another_word(struct target *target, const struct op *op, struct outcome *outcome)
{
    (void)target, (void)op;
    outcome->word ^= 4;
}

/* As a page fault for good would be told. */
static enum end fault(struct target *target, const struct op *op, struct outcome *outcome)
{
    skip(target, op, outcome);
    outcome->status = STATUS_FAULT;
    outcome->error = 4 | (op->code == OP_WRITE ? 2 : 0);
    outcome->cr2 = op->va;
    return END_RETURNED;
}

static void contradicting_error(struct target *target, const struct op *op, struct outcome *outcome)
{
    (void)target, (void)op;
    outcome->wrong_error = true;
}

static void in_vain(struct target *target, const struct op *op, struct outcome *outcome)
{
    (void)target, (void)op;
    outcome->unhelped = 1;
}

static void one_spurious_fault(struct target *target, const struct op *op, struct outcome *outcome)
{
    (void)target, (void)op;
    outcome->spurious = 1;
}

static void two_spurious_faults(struct target *target, const struct op *op, struct outcome *outcome)
{
    (void)target, (void)op;
    outcome->spurious = 2;
}

static void not_a_write(struct target *target, const struct op *op, struct outcome *outcome)
{
    (void)target, (void)op;
    outcome->error ^= 2;
}

static void not_a_user(struct target *target, const struct op *op, struct outcome *outcome)
{
    (void)target, (void)op;
    outcome->error ^= 4;
}

static void the_other_present(struct target *target, const struct op *op, struct outcome *outcome)
{
    (void)target, (void)op;
    outcome->error ^= 1;
}

static void another_cr2(struct target *target, const struct op *op, struct outcome *outcome)
{
    (void)target, (void)op;
    outcome->cr2 &= ~(uint32_t)((1 << PAGE_SHIFT) - 1);
}

static const struct planted accesses[] = {
    {"another word than was written", TWO_PAGES "! read s0 0x20", "ACCESS read word",
     .after = another_word},
    {"a word that nobody wrote", TWO_PAGES "! read s0 0x60", "ACCESS read word",
     .after = another_word},
    {"the kernel reads another word", TWO_PAGES "! copy_in s0 0x20", "ACCESS copy_in word",
     .after = another_word},
    {"a fault where the region allows the access", TWO_PAGES "! read s0 0x60", "ACCESS read status",
     .instead = fault},
    {"a write to a read-only region", TWO_PAGES "protect s0 0x20 1 r; ! write s0 0x20 3",
     "ACCESS write status", .instead = skip},
    {"a kernel's write to a read-only region",
     TWO_PAGES "protect s0 0x20 1 r; ! copy_out s0 0x20 3", "ACCESS copy_out status",
     .instead = skip},
    {"no memory for an access when there is", TWO_PAGES "! read s0 0x60", "ACCESS read status",
     .instead = no_memory},
    {"no memory for an access when there is just enough",
     "case limit=4; create s0; map s0 0x20 1 rw; switch s0; ! read s0 0x20", "ACCESS read status",
     .instead = no_memory},
    {"an error code that the tables contradict", TWO_PAGES "! read s0 0x80",
     "ACCESS read present bit of the error code", .after = contradicting_error},
    {"a fault that was said to be handled, and was not", TWO_PAGES "! read s0 0x20",
     "ACCESS read faults handled in vain", .after = in_vain},
    {"a fault for nothing, twice", TWO_PAGES "! read s0 0x20", "ACCESS read spurious faults",
     .after = two_spurious_faults},
    {"a write's fault that says it was a read", TWO_PAGES "! write s0 0x80 1",
     "ACCESS write error code", .after = not_a_write},
    {"a user's fault that says it was the kernel's", TWO_PAGES "! read s0 0x80",
     "ACCESS read error code", .after = not_a_user},
    {"CR2 without the offset in the page", TWO_PAGES "! read s0 0x84", "ACCESS read CR2",
     .after = another_cr2},

    {"a fault for nothing, once", TWO_PAGES "! read s0 0x20", .after = one_spurious_fault},
    {"faults for nothing where \"not present\" is cached",
     "case tlb=negative;" TWO_PAGES "! read s0 0x20", .after = two_spurious_faults},
    {"the present bit of a fault, which is the tables' affair", TWO_PAGES "! read s0 0x80",
     .after = the_other_present},
};

/* ---- Operations that do not return. ---- */

static enum end end_as(struct target *target, enum end end, const char *what)
{
    target->what = what;
    snprintf(target->why, sizeof target->why, "%s (0x1)", what);
    return end;
}

static enum end panics(struct target *target, const struct op *op, struct outcome *outcome)
{
    (void)op, (void)outcome;
    return end_as(target, END_PANIC, "out of frames");
}

static enum end hangs(struct target *target, const struct op *op, struct outcome *outcome)
{
    (void)op, (void)outcome;
    return end_as(target, END_HANG, "the call does not end");
}

static enum end uses_stale(struct target *target, const struct op *op, struct outcome *outcome)
{
    (void)op, (void)outcome;
    return end_as(target, END_STALE, "not flushed");
}

static enum end triple_faults(struct target *target, const struct op *op, struct outcome *outcome)
{
    (void)op, (void)outcome;
    return end_as(target, END_TRIPLE_FAULT, "no directory");
}

static enum end rig_fails(struct target *target, const struct op *op, struct outcome *outcome)
{
    (void)op, (void)outcome;
    return end_as(target, END_RIG, "line lost");
}

/* The kernel's half of the directory in CR3 becomes `word`; then the VMM runs into it. */
static enum end run_without_kernel(struct target *target, const struct op *op,
                                   struct outcome *outcome, uint32_t word)
{
    uint32_t cr3 = honest->current(target);
    for (uint32_t pde = target->facts.user_pdes; pde < 1u << TABLE_BITS; pde++)
        poke(target, (struct place){cr3, pde}, word);
    machine_load_cr3(cr3);
    return honest->run(target, op, outcome);
}

static enum end loses_its_tables(struct target *target, const struct op *op,
                                 struct outcome *outcome)
{
    return run_without_kernel(target, op, outcome, 0);
}

static enum end has_tables_nowhere(struct target *target, const struct op *op,
                                   struct outcome *outcome)
{
    return run_without_kernel(target, op, outcome, entry(RAM_FRAMES + 100, P | W));
}

static const char *out_of_order(struct target *target)
{
    (void)target;
    return "regions out of order";
}

static const struct planted ends[] = {
    {"the VMM says so", TWO_PAGES "! read s0 0x60", "PANIC read out of frames", .instead = panics},
    {"it does not end", TWO_PAGES "! read s0 0x60", "HANG read the call does not end",
     .instead = hangs},
    {"the VMM itself uses what it has not flushed", TWO_PAGES "! read s0 0x60",
     "STALE read not flushed", .instead = uses_stale},
    {"the machine gives up", TWO_PAGES "! read s0 0x60", "TRIPLE_FAULT read no directory",
     .instead = triple_faults},
    {"the line to the target is lost", TWO_PAGES "! read s0 0x60", "RIG read line lost",
     .instead = rig_fails},
    {"the VMM's window is not mapped", "case tables=window;" TWO_PAGES "! read s0 0x60",
     "PANIC read kernel page fault", .instead = loses_its_tables},
    {"the VMM's self-map is not mapped", "case tables=recursive;" TWO_PAGES "! read s0 0x60",
     "PANIC read kernel page fault", .instead = loses_its_tables},
    {"the VMM's tables lie outside of memory", TWO_PAGES "! read s0 0x60",
     "TRIPLE_FAULT read page table or page outside of memory", .instead = has_tables_nowhere},
    {"the VMM's own check", TWO_PAGES "! read s0 0x60; > check",
     "INVARIANT check regions out of order", .lies.invariant = out_of_order},
};

/* ---- Expectations. ---- */

static void expectation(const char *text, const char *title, uint32_t at)
{
    struct finding finding;
    char found[64] = "";
    read_script(text);
    if (!rig_run(rig_for(RIG_CHECK_EVERY), &script, &finding))
        finding_title(&finding, found);
    ok_if(strcmp(found, title) == 0 && (!title[0] || finding.at == at), "%s: \"%s\"",
          title[0] ? title : "as expected", text);
}

/* ---- The sanitizers end the process, and the rig must not hold them up. ---- */

static enum end reads_past_the_end(struct target *target, const struct op *op,
                                   struct outcome *outcome)
{
    uint8_t *bytes = calloc(8, 1);
    volatile uint32_t past = 8;
    outcome->word = bytes[past];
    free(bytes);
    return honest->run(target, op, outcome);
}

static enum end shifts_too_far(struct target *target, const struct op *op, struct outcome *outcome)
{
    volatile uint32_t bits = 32;
    outcome->word = 1u << bits;
    return honest->run(target, op, outcome);
}

/* Does the script, with the defect, end the process with a report of `sanitizer`? */
static bool child_reports(const struct planted *planted, const char *sanitizer)
{
    static char report[1 << 16];
    size_t length = 0;
    struct finding finding;
    int ends[2], status;
    if (pipe(ends) != 0)
        give_up("no pipe");
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        run_planted(rig_for(RIG_CHECK_EVERY), planted, &finding);
        _exit(0);
    }
    close(ends[1]);
    for (ssize_t n; (n = read(ends[0], report + length, sizeof report - 1 - length)) > 0;)
        length += (size_t)n;
    report[length] = '\0';
    close(ends[0]);
    waitpid(child, &status, 0);
    return (!WIFEXITED(status) || WEXITSTATUS(status) != 0) && strstr(report, sanitizer);
}

static void sanitizer_must_speak(const char *sanitizer,
                                 enum end (*defect)(struct target *, const struct op *,
                                                    struct outcome *))
{
    struct planted bad = {.instead = defect}, good = {0};
    read_script(TWO_PAGES "! read s0 0x20");
    ok_if(child_reports(&bad, sanitizer) && !child_reports(&good, sanitizer),
          "%s ends the process, and only when there is something to report", sanitizer);
}

int main(void)
{
    MUST_FIND_ALL(RIG_CHECK_EVERY, results);
    MUST_FIND_ALL(RIG_CHECK_EVERY, accesses);
    MUST_FIND_ALL(RIG_CHECK_EVERY, ends);
    expectation("create s0; create s0 -> OK; create s1", "RESULT create expectation", 1);
    expectation("create s0 -> OK; create s0 -> BAD_SLOT; create s1", "", 0);
    sanitizer_must_speak("AddressSanitizer", reads_past_the_end);
    sanitizer_must_speak("runtime error", shifts_too_far);
    return tap_done();
}
