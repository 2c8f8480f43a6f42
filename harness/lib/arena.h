/* arena.h: one block of zeroed memory, handed out from the start.
 *
 * A world (machine, VMM, model, checker) lies in one arena, so that exhaustive search can save and
 * restore it with one copy.  Pages that are never touched cost nothing. */
#ifndef LIB_ARENA_H
#define LIB_ARENA_H

#include <stddef.h>
#include <stdint.h>

struct arena {
    uint8_t *memory;
    size_t size, used;
};

/* Reserves size bytes; ends the process with status 125 when the system has no address space left.
 */
struct arena arena_make(size_t size);
void arena_free(struct arena *arena);

/* The next bytes, aligned to 64.  Running out is a bug of the caller, who computed the size. */
void *arena_take(struct arena *arena, size_t bytes);

/* Gives back all but the first `used` bytes, which are zeroes when they are taken again. */
void arena_give(struct arena *arena, size_t used);

/* What arena_take(bytes) uses up. */
static inline size_t arena_bytes(size_t bytes)
{
    return (bytes + 63) & ~(size_t)63;
}

#endif
