/* qemu_afl.c: counters that come from elsewhere, for AFL++: they are its map, which has just so
 * many bytes (afl-compiler-rt.o.c; AFL++, docs/env_variables.md, AFL_MAP_SIZE). */
#include "feedback.h"
#include <stdlib.h>

/* The map, and how its run-time library is told of blocks that count. */
extern uint8_t *__afl_area_ptr;
void __sanitizer_cov_trace_pc_guard_init(uint32_t *start, uint32_t *stop);

enum { ROOM = 4096 };

/* So that the library asks for a map of this size before main begins.  It numbers the guards from
 * where it likes: the place is what the first got. */
static uint32_t guards[ROOM];

__attribute__((constructor(101))) static void ask_for_map(void)
{
    __sanitizer_cov_trace_pc_guard_init(guards, guards + ROOM);
}

uint8_t *engine_place(size_t count)
{
    return count <= ROOM ? __afl_area_ptr + guards[0] : NULL;
}
