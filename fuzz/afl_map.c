/* afl_map.c: AFL++'s map, as its run-time library has it (afl-compiler-rt.o.c). */
#include "feedback.h"
#include <string.h>

extern uint8_t *__afl_area_ptr;
extern uint32_t __afl_map_size;

/* The first byte says that there is a map. */
void engine_forget(void)
{
    memset(__afl_area_ptr + 1, 0, __afl_map_size - 1);
}
