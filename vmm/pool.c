/* pool.c: fixed arrays of structures, and the promise that taking from them cannot fail.
 *
 * An operation states what it needs with reserve() before it changes anything; that is the only
 * place where memory can run out, and where vmm_fail counts. */
#include "internal.h"

enum { JUNK = 0x5a }; /* freed structures are filled with it, so that a use after free shows */

void *pool_take(struct pool *pool)
{
    vmm_assert(pool->left > 0); /* reserved */
    pool->left--;
    if (!pool->first_free)
        return pool->memory + (size_t)pool->size * pool->fresh++;
    void *element = pool->first_free;
    pool->first_free = *(void **)element;
    return element;
}

void pool_give(struct pool *pool, void *element)
{
    vmm_assert((uint8_t *)element >= pool->memory);
    vmm_assert(pool->left < pool->total);
    __builtin_memset(element, JUNK, pool->size);
    *(void **)element = pool->first_free;
    pool->first_free = element;
    pool->left++;
}

/* Whether one of the next n allocations is to fail. */
static bool fails(struct vmm *vmm, uint32_t n)
{
    if (!vmm->fail_at || !n)
        return false;
    if (n < vmm->fail_at) {
        vmm->fail_at -= n;
        return false;
    }
    vmm->fail_at = vmm->fail_sticky ? 1 : 0;
    return true;
}

bool reserve(struct vmm *vmm, const struct need *need)
{
    bool scarce = need->frames > vmm->ram.left || need->tables > vmm->tables_left;
    if (need->slots > vmm->slots.left || need->pages > vmm->pages.left ||
        need->regions > vmm->regions.left || need->segments > vmm->segments.left ||
        (scarce && !pmap_reclaimable(vmm, need)))
        return false;
    if (fails(vmm, need->frames + need->slots + need->pages + need->regions + need->segments))
        return false;
    if (scarce)
        pmap_reclaim(vmm, need);
    return true;
}

void vmm_fail(struct vmm *vmm, uint32_t k, bool sticky)
{
    vmm->fail_at = k;
    vmm->fail_sticky = sticky;
}
