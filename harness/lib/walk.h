/* walk.h: reading i386 page tables out of physical memory: the rig's own decoding, for targets and
 * the checker.  Intel SDM vol. 3A, 4.3 and tables 4-5 and 4-6. */
#ifndef LIB_WALK_H
#define LIB_WALK_H

#include "pages.h"

enum {
    ENTRY_PRESENT = 1 << 0,
    ENTRY_WRITABLE = 1 << 1,
    ENTRY_USER = 1 << 2,
    ENTRY_ACCESSED = 1 << 5,
    ENTRY_DIRTY = 1 << 6,
    ENTRY_PFN_SHIFT = 12,
    ENTRY_HARDWARE = ENTRY_ACCESSED | ENTRY_DIRTY, /* bits that the processor sets */
};

/* The translation of vpn under a directory: the table's entry with the rights of both levels, 0 if
 * it is not present or lies outside of memory. */
static inline uint32_t walk(const struct pages *ram, uint32_t directory, uint32_t vpn)
{
    uint32_t pde_index = vpn >> ram->level_bits;
    if (pde_index >> ram->level_bits || directory >= ram->count)
        return 0;
    uint32_t pde = pages_get(ram, directory, pde_index);
    uint32_t table = pde >> ENTRY_PFN_SHIFT;
    if (!(pde & ENTRY_PRESENT) || table >= ram->count)
        return 0;
    uint32_t pte = pages_get(ram, table, vpn & ((1u << ram->level_bits) - 1));
    uint32_t rights = ENTRY_WRITABLE | ENTRY_USER;
    return pte & ENTRY_PRESENT ? pte & (pde | ~rights) : 0;
}

#endif
