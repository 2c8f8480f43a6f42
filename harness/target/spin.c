/* spin.c: does it help to look again and again, and is there a processor to spare for it? */
#include "spin.h"
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

bool spin_helps(const struct spin *spin)
{
    enum { FUTILE_MAX = 4, FUTILE_TRY = 32 };
    return spin->futile < FUTILE_MAX || spin->futile % FUTILE_TRY == 0;
}

void spin_note(struct spin *spin, bool helped)
{
    spin->futile = helped ? 0 : spin->futile + 1;
}

long spin_runnable(const char *loadavg)
{
    long threads = 0;
    return sscanf(loadavg, "%*s %*s %*s %ld/", &threads) == 1 ? threads : 0;
}

static long runnable(void)
{
    static int file = -1;
    char text[128] = "";
    if (file < 0)
        file = open("/proc/loadavg", O_RDONLY | O_CLOEXEC);
    return file >= 0 && pread(file, text, sizeof text - 1, 0) > 0 ? spin_runnable(text) : 0;
}

/* What is there for a moment only is seen by one count in several. */
bool spin_crowds(double now)
{
    enum { COUNTS = 8, MANY = 5 };
    static const double count_seconds = 1e-3;
    static double next;
    static int crowded; /* of the last counts, about */
    if (now < next)
        return crowded > MANY;
    next = now + count_seconds;
    bool more = runnable() > sysconf(_SC_NPROCESSORS_ONLN);
    crowded += more ? crowded < COUNTS : -(crowded > 0);
    return crowded > MANY;
}
