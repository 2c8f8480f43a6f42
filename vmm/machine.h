/* machine.h: all that the VMM asks of the machine under it.
 *
 * The kernel provides these functions with inline assembly, harness/sim with a simulated machine;
 * no other header crosses that line.
 *
 * Paging is the 2-level paging of the i386 (Intel SDM vol. 3A, 4.3) with CR0.WP set.  Its geometry
 * is a parameter, so that the same VMM can be searched exhaustively with tiny tables: a table holds
 * 2^L entries of 4 bytes and is as large as a page, so a page holds 2^L words, an address has
 * 3L+2 bits, and L = 10 is the i386.  Entries look the same for every L: flags in bits 0 to 11, the
 * page frame number from bit 12 up.
 *
 *      va:  | directory index, L bits | table index, L bits | offset, L+2 bits |
 */
#ifndef VMM_MACHINE_H
#define VMM_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Virtual address, virtual page number (va >> (L+2)), page frame number. */
typedef uint32_t va_t;
typedef uint32_t vpn_t;
typedef uint32_t pfn_t;

enum {
    MACHINE_LEVEL_BITS_MIN = 3,
    MACHINE_LEVEL_BITS_MAX = 10,
};

/* Bits of directory and table entries, SDM vol. 3A tables 4-5 and 4-6. */
enum {
    PTE_PRESENT = 1 << 0,
    PTE_WRITE = 1 << 1,
    PTE_USER = 1 << 2,
    PTE_ACCESSED = 1 << 5,
    PTE_DIRTY = 1 << 6,
    PTE_PFN_SHIFT = 12,
};

/* Bits of a page fault's error code, SDM vol. 3A 4.7. */
enum {
    FAULT_PRESENT = 1 << 0, /* clear: no translation; set: a translation that forbids the access */
    FAULT_WRITE = 1 << 1,
    FAULT_USER = 1 << 2,
};

/* The machine as the VMM finds it.  Frames [free_first, free_first + free_frames) are RAM that the
 * VMM owns; all other RAM belongs to the kernel.  Device frames lie outside of RAM.
 *
 * boot_directory is a page directory whose entries from user_pdes up map the kernel, which the VMM
 * must leave alone; entry user_pdes is the only one in use.  The VMM may add entries above it. */
struct machine {
    unsigned level_bits; /* L */
    uint32_t user_pdes;  /* directory entries below this one are user addresses */
    pfn_t free_first;
    uint32_t free_frames;
    pfn_t device_first;
    uint32_t device_frames;
    uint32_t backing_slots; /* pages that the backing store holds */
    pfn_t boot_directory;
};

/* One word through the MMU, as the supervisor.  Until the first machine_load_cr3 paging is off: a
 * virtual address is a physical address.  va is a multiple of 4. */
uint32_t machine_load(va_t va);
void machine_store(va_t va, uint32_t word);

/* A whole page through the MMU, as the supervisor; addresses are page-aligned. */
void machine_clear_page(va_t to);
void machine_copy_page(va_t to, va_t from);

/* A page from and to the backing store.  Cannot fail. */
void machine_backing_read(uint32_t slot, va_t to);
void machine_backing_write(uint32_t slot, va_t from);

/* INVLPG; and CR3, which drops every translation (there are no global pages). */
void machine_invlpg(va_t va);
void machine_load_cr3(pfn_t directory);
pfn_t machine_read_cr3(void);

/* Called after each change of a frame's state or reference count in the VMM's frame table, so that
 * a checker need not look at every frame.  A machine that nobody watches does nothing here. */
void machine_frame_changed(pfn_t pfn);

/* Ends the kernel.  what is a string literal; value helps to find out. */
_Noreturn void machine_panic(const char *what, uint32_t value);

#endif
