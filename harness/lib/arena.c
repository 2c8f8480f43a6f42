/* arena.c: see arena.h. */
#include "arena.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct arena arena_make(size_t size)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) {
        fprintf(stderr, "pagerig: cannot reserve %zu bytes of memory\n", size);
        exit(125);
    }
    return (struct arena){memory, size, 0};
}

void arena_free(struct arena *arena)
{
    munmap(arena->memory, arena->size);
    *arena = (struct arena){0};
}

void *arena_take(struct arena *arena, size_t bytes)
{
    assert(arena_bytes(bytes) <= arena->size - arena->used);
    void *memory = arena->memory + arena->used;
    arena->used += arena_bytes(bytes);
    return memory;
}

void arena_give(struct arena *arena, size_t used)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), whole = (used + page - 1) / page * page;
    memset(arena->memory + used, 0, (arena->used < whole ? arena->used : whole) - used);
    if (arena->used > whole)
        madvise(arena->memory + whole, arena->used - whole, MADV_DONTNEED);
    arena->used = used;
}
