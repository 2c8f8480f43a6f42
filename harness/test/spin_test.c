/* spin_test.c: when the rig looks again and again, and when it had better sleep. */
#include "../lib/tap.h"
#include "../target/spin.h"
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static void test_futile(void)
{
    enum { TIMES = 640 };
    struct spin spin = {0};
    unsigned tried = 0;
    ok_if(spin_helps(&spin), "at first it is tried");
    for (int i = 0; i < TIMES; i++) {
        tried += spin_helps(&spin);
        spin_note(&spin, false);
    }
    ok_if(tried > 4 && tried < TIMES / 10, "what never helps is tried now and then: %u of %u times",
          tried, (unsigned)TIMES);
    spin_note(&spin, true);
    ok_if(spin_helps(&spin), "what helped once is tried again");
}

static void test_loadavg(void)
{
    ok_if(spin_runnable("0.20 1.18 10.12 3/80 11206\n") == 3, "threads that want to run, not all");
    ok_if(spin_runnable("12.00 9.18 5.12 64/1200 4\n") == 64, "... also when they are many");
    ok_if(spin_runnable("") == 0 && spin_runnable("nonsense") == 0, "no text tells nothing");
}

/* One process more than there are processors, each of which never rests. */
static void test_crowd(void)
{
    enum { BUSY_MAX = 512, COUNTS = 2000, PAUSE_MICROSECONDS = 2000 };
    static pid_t busy[BUSY_MAX];
    long count = sysconf(_SC_NPROCESSORS_ONLN) + 1;
    double now = 1;
    bool crowds = spin_crowds(now);
    ok_if(!crowds, "one count is not believed");
    count = count < BUSY_MAX ? count : BUSY_MAX;
    for (long i = 0; i < count; i++)
        if ((busy[i] = fork()) == 0)
            for (volatile unsigned x = 0;; x++)
                continue;
    for (int i = 0; i < COUNTS && !crowds; i++) {
        crowds = spin_crowds(now += 1);
        usleep(PAUSE_MICROSECONDS);
    }
    ok_if(crowds, "%ld processes that never rest are a crowd", count);
    ok_if(spin_crowds(now), "... until somebody counts again");
    for (long i = 0; i < count; i++) {
        kill(busy[i], SIGKILL);
        waitpid(busy[i], NULL, 0);
    }
}

int main(void)
{
    test_futile();
    test_loadavg();
    test_crowd();
    return tap_done();
}
