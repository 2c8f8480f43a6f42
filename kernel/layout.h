/* layout.h: numbers that C, assembly and the linker script share: where the kernel lies, segment
 * selectors, interrupt vectors.  Only macros, since the assembler reads it too. */
#ifndef KERNEL_LAYOUT_H
#define KERNEL_LAYOUT_H

/* Physical memory from 0 to 4 MiB belongs to the kernel and is seen at KERNEL_BASE, as far as the
 * image goes; one page table, in directory entry KERNEL_PDE, maps it. */
#define KERNEL_BASE 0xc0000000
#define KERNEL_PDE  768
#define KERNEL_LOAD 0x00100000
#define PAGE_BYTES  4096
#define ENTRIES     1024

/* The last pages of these 4 MiB show any frame until the VMM turns its own paging on. */
#define WINDOW_ENTRY 1022
#define WINDOW_VA    (KERNEL_BASE + WINDOW_ENTRY * PAGE_BYTES)

/* Selectors.  The user's have privilege level 3 in the low bits. */
#define KERNEL_CODE       0x08
#define KERNEL_DATA       0x10
#define USER_CODE         0x1b
#define USER_DATA         0x23
#define MAIN_TASK         0x28
#define DOUBLE_FAULT_TASK 0x30

/* Exceptions are vectors 0 to 31. */
#define VECTOR_DOUBLE_FAULT 8
#define VECTOR_PAGE_FAULT   14
#define VECTOR_EXCEPTIONS   32
#define VECTOR_USER_DONE    32 /* the ring-3 probe has made its access */
#define VECTOR_PANIC        33 /* the kernel wants a report with its registers */
#define VECTORS             34

#define STACK_BYTES 16384

#endif
