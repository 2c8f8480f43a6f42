/* qemu_libfuzzer.c: counters that come from elsewhere, for libFuzzer: it looks at this section
 * after each input, and clears it before (compiler-rt, FuzzerExtraCounters.cpp). */
#include "feedback.h"

enum { ROOM = 4096 };

__attribute__((section("__libfuzzer_extra_counters"))) static uint8_t extra[ROOM];

uint8_t *engine_place(size_t count)
{
    return count <= ROOM ? extra : NULL;
}
