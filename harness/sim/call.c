/* call.c: runs the VMM so that whatever happens to it comes back as an answer: its own panic, page
 * faults of its own, signals, and calls that do not end.
 *
 * The guards are the process's and are set up once, at the first call.  Outside of calls, a signal
 * goes to whoever had it before. */
#define _XOPEN_SOURCE 700
#include "sim_private.h"
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ADDRESS_SANITIZER
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define ADDRESS_SANITIZER
#endif

/* A call that has taken hang_seconds, counted by ticks of one second of processor time, is to end
 * at its next machine operation, lest it be torn out of the middle of one; TICKS_MORE later it
 * cannot be in one. */
enum { CALLS_MAX = 64 << 20, TICKS_MORE = 1 };

static struct sim *volatile calling; /* NULL: no call is running */
static volatile sig_atomic_t call_number;
static sigjmp_buf call_end;
static enum sim_end ended;

void sim_end(struct sim *sim, enum sim_end end, const char *what, uint32_t value)
{
    sim->what = what;
    sim->value = value;
    if (!calling) {
        fprintf(stderr, "simulated machine, outside of a call: %s (0x%x)\n", what, value);
        abort();
    }
    ended = end;
    siglongjmp(call_end, 1);
}

/* Processor time, so that a loaded or suspended host is not taken for a hang. */
static void on_tick(int signal_number)
{
    static sig_atomic_t last_number, ticks;
    (void)signal_number;
    if (!calling || last_number != call_number) {
        last_number = call_number;
        ticks = 0;
        return;
    }
    if (++ticks >= (sig_atomic_t)calling->config.hang_seconds + TICKS_MORE)
        sim_end(calling, SIM_HANG, "the call does not end", 0);
    if (ticks >= (sig_atomic_t)calling->config.hang_seconds)
        calling->private->calls_left = 0;
}

#ifndef ADDRESS_SANITIZER
static struct guarded {
    int number;
    const char *what;
    struct sigaction before;
} guarded[] = {
    {.number = SIGSEGV, .what = "segmentation fault"},
    {.number = SIGBUS, .what = "bus error"},
    {.number = SIGFPE, .what = "arithmetic exception"},
    {.number = SIGILL, .what = "illegal instruction"},
    {.number = SIGABRT, .what = "abort"},
};
enum { GUARDED = sizeof guarded / sizeof guarded[0] };

static void on_signal(int number)
{
    unsigned i = 0;
    while (guarded[i].number != number)
        i++;
    if (calling)
        sim_end(calling, SIM_PANIC, guarded[i].what, 0);
    sigaction(number, &guarded[i].before, NULL);
    raise(number);
}

/* On a stack of their own, since a VMM that recurses without end has used up this one.  SA_NODEFER,
 * since siglongjmp does not restore the signal mask. */
static void guard_signals(void)
{
    static char stack[64 << 10];
    stack_t alternate = {.ss_sp = stack, .ss_size = sizeof stack};
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_ONSTACK | SA_NODEFER};
    sigaltstack(&alternate, NULL);
    for (unsigned i = 0; i < GUARDED; i++)
        sigaction(guarded[i].number, &action, &guarded[i].before);
}
#else
static void guard_signals(void)
{
    /* AddressSanitizer is to report these itself. */
}
#endif

static void guard(void)
{
    static bool guarding;
    if (guarding)
        return;
    guarding = true;
    guard_signals();
    struct sigaction action = {.sa_handler = on_tick, .sa_flags = SA_RESTART | SA_NODEFER};
    struct itimerval second = {{1, 0}, {1, 0}};
    sigaction(SIGVTALRM, &action, NULL);
    setitimer(ITIMER_VIRTUAL, &second, NULL);
}

enum sim_end sim_call(struct sim *sim, void (*body)(void *argument), void *argument)
{
    assert(sim == sim_active && !calling);
    guard();
    call_number++;
    ended = SIM_RETURNED;
    sim->private->calls_left = CALLS_MAX;
    calling = sim;
    if (sigsetjmp(call_end, 0) == 0)
        body(argument);
    calling = NULL;
    sim->private->calls_left = UINT64_MAX;
    return ended;
}
