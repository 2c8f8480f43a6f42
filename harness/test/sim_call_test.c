/* sim_call_test.c: whatever happens to the VMM in a call comes back as an answer: its own panic,
 * page faults of its own, broken tables, signals, and no end. */
#define _XOPEN_SOURCE 700
#include "../lib/tap.h"
#include "sim_fixture.h"
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static void body_panic(void *argument)
{
    (void)argument;
    machine_panic("gone", 42);
}

static void body_load_cr3(void *argument)
{
    machine_load_cr3(*(pfn_t *)argument);
}

static void body_clear_page(void *argument)
{
    machine_clear_page(*(va_t *)argument);
}

static void body_backing(void *argument)
{
    machine_backing_write(BACKING_SLOTS, *(va_t *)argument);
}

static void body_frame_changed(void *argument)
{
    machine_frame_changed(*(pfn_t *)argument);
}

struct endless {
    va_t va;
    uint32_t loads, ticks;
};

static void body_endless(void *argument)
{
    struct endless *endless = argument;
    for (;; endless->loads++)
        machine_load(endless->va);
}

/* Processor seconds go by while it talks to the machine. */
static void body_slow(void *argument)
{
    struct endless *endless = argument;
    for (;; endless->ticks++) {
        machine_load(endless->va);
        raise(SIGVTALRM);
    }
}

static void body_one_second(void *argument)
{
    (void)argument;
    raise(SIGVTALRM);
}

/* And while it does not. */
static void body_mute(void *argument)
{
    (void)argument;
    for (;;)
        raise(SIGVTALRM);
}

static void test_ends(unsigned level_bits)
{
    struct fixture f = fixture_paging(level_bits, SIM_TLB_TYPICAL);
    va_t data = kernel_va(&f, DATA, 0), absent = va_of(&f, page_at(&f, USER_PDE, 3));
    uint32_t value = RAM_FRAMES;
    ok_if(supervisor(&f, data, true) == SIM_RETURNED, "a call returns: L=%u", level_bits);
    ok_if(sim_call(f.sim, body_panic, NULL) == SIM_PANIC && ended(&f, "gone", 42),
          "machine_panic says what and value: L=%u", level_bits);
    ok_if(supervisor(&f, absent, false) == SIM_PANIC && ended(&f, "kernel page fault", absent),
          "a page fault of the VMM's own is a panic: L=%u", level_bits);
    ok_if(supervisor(&f, data + 2, false) == SIM_PANIC &&
              ended(&f, "address is not word-aligned", data + 2),
          "a misaligned word is a panic: L=%u", level_bits);
    value = data + 4;
    ok_if(sim_call(f.sim, body_clear_page, &value) == SIM_PANIC &&
              ended(&f, "address is not page-aligned", data + 4),
          "a misaligned page is a panic: L=%u", level_bits);
    ok_if(sim_call(f.sim, body_backing, &data) == SIM_PANIC &&
              ended(&f, "no such slot in the backing store", BACKING_SLOTS),
          "a slot that does not exist is a panic: L=%u", level_bits);
    value = RAM_FRAMES + DEVICE_FRAMES;
    ok_if(sim_call(f.sim, body_frame_changed, &value) == SIM_PANIC &&
              ended(&f, "change of a frame that does not exist", value),
          "so is a change of a frame that does not exist: L=%u", level_bits);

    value = RAM_FRAMES;
    ok_if(sim_call(f.sim, body_load_cr3, &value) == SIM_TRIPLE_FAULT &&
              ended(&f, "page directory outside of RAM", RAM_FRAMES),
          "CR3 outside of RAM is a triple fault: L=%u", level_bits);
    poke(&f, TABLE, 3, entry(RAM_FRAMES + DEVICE_FRAMES, P | W));
    ok_if(supervisor(&f, absent, false) == SIM_TRIPLE_FAULT &&
              ended(&f, "page table or page outside of memory", absent),
          "so is a page outside of memory: L=%u", level_bits);
    poke(&f, DIRECTORY, USER_PDE, entry(RAM_FRAMES, P | W));
    ok_if(supervisor(&f, absent, true) == SIM_TRIPLE_FAULT, "so is a table outside of RAM: L=%u",
          level_bits);
    fixture_free(&f);

    f = fixture_boot(level_bits, SIM_TLB_TYPICAL);
    va_t beyond = (RAM_FRAMES + DEVICE_FRAMES) << (level_bits + 2);
    ok_if(supervisor(&f, beyond, false) == SIM_TRIPLE_FAULT &&
              ended(&f, "physical address outside of memory", beyond),
          "so is a physical address outside of memory: L=%u", level_bits);
    fixture_free(&f);
}

static void test_hang(void)
{
    struct fixture f = fixture_paging(3, SIM_TLB_TYPICAL);
    struct endless endless = {.va = kernel_va(&f, DATA, 0)};
    ok_if(sim_call(f.sim, body_endless, &endless) == SIM_HANG && endless.loads == 64 << 20,
          "a call of more than 64 million machine operations is a hang");
    ok_if(sim_call(f.sim, body_slow, &endless) == SIM_HANG && endless.ticks >= 10 &&
              endless.ticks <= 11,
          "one of ten seconds ends at its next machine operation");
    ok_if(sim_call(f.sim, body_mute, NULL) == SIM_HANG, "one that has none does not go on either");
    unsigned returned = 0;
    for (int second = 0; second < 20; second++)
        returned += sim_call(f.sim, body_one_second, NULL) == SIM_RETURNED;
    ok_if(returned == 20, "many calls in much time are none");
    fixture_free(&f);
}

#if !defined(__SANITIZE_ADDRESS__) && defined(__has_feature)
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__
#endif
#endif

#ifndef __SANITIZE_ADDRESS__
static void body_raise(void *argument)
{
    raise(*(int *)argument);
}

static unsigned recurse(unsigned depth)
{
    volatile unsigned here[256];
    here[depth % 256] = depth;
    return depth == UINT32_MAX ? 0 : recurse(depth + 1) + here[depth % 256];
}

static void body_recurse(void *argument)
{
    *(unsigned *)argument = recurse(0);
}

static void test_signals(void)
{
    static const struct {
        int number;
        const char *what;
    } signals[] = {{SIGSEGV, "segmentation fault"},
                   {SIGBUS, "bus error"},
                   {SIGFPE, "arithmetic exception"},
                   {SIGILL, "illegal instruction"},
                   {SIGABRT, "abort"}};
    struct fixture f = fixture_paging(3, SIM_TLB_TYPICAL);
    for (unsigned i = 0; i < sizeof signals / sizeof signals[0]; i++) {
        int number = signals[i].number;
        unsigned panics = 0;
        for (int again = 0; again < 2; again++)
            panics +=
                sim_call(f.sim, body_raise, &number) == SIM_PANIC && ended(&f, signals[i].what, 0);
        ok_if(panics == 2, "every %s in a call is a panic", signals[i].what);
        fflush(stdout);
        pid_t child = fork();
        if (child == 0) {
            raise(number);
            _exit(0);
        }
        int status = 0;
        waitpid(child, &status, 0);
        ok_if(WIFSIGNALED(status) && WTERMSIG(status) == number,
              "outside of a call a %s has its default action", signals[i].what);
    }
    unsigned result;
    ok_if(sim_call(f.sim, body_recurse, &result) == SIM_PANIC && ended(&f, "segmentation fault", 0),
          "a VMM that recurses without end is a panic");
    fixture_free(&f);
}
#else
static void test_signals(void)
{
    /* AddressSanitizer reports them itself. */
}
#endif

int main(void)
{
    for (unsigned level_bits = 3; level_bits <= 10; level_bits++)
        test_ends(level_bits);
    test_signals();
    test_hang();
    return tap_done();
}
