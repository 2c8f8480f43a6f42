/* progress.c: the progress line. */
#include "progress.h"
#include <stdio.h>
#include <time.h>
#include <unistd.h>

double progress_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static double period(const struct progress *progress)
{
    return progress->terminal ? 0.25 : 10;
}

void progress_begin(struct progress *progress)
{
    *progress = (struct progress){.started = progress_clock(), .terminal = isatty(STDERR_FILENO)};
    progress->next = progress->started + period(progress);
}

double progress_tick(struct progress *progress, uint64_t ops, uint64_t divergences)
{
    double now = progress_clock(), seconds = now - progress->started;

    if (now < progress->next)
        return seconds;
    progress->next = now + period(progress);
    progress->shown = true;
    fprintf(stderr, "%s%.1f s  %llu operations  %.2f million/s  %llu divergences%s",
            progress->terminal ? "\r" : "", seconds, (unsigned long long)ops,
            (double)ops / seconds / 1e6, (unsigned long long)divergences,
            progress->terminal ? "\033[K" : "\n");
    return seconds;
}

void progress_clear(struct progress *progress)
{
    if (progress->shown && progress->terminal)
        fprintf(stderr, "\r\033[K");
    progress->shown = false;
}
