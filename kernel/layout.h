/* layout.h: numbers that C, assembly and the linker script share: where the kernel lies, segment
 * selectors, interrupt vectors.  Only macros, since the assembler reads it too. */
#ifndef KERNEL_LAYOUT_H
#define KERNEL_LAYOUT_H

/* The kernel's 4 MiB of addresses, which one page table maps, in directory entry KERNEL_PDE:
 *
 *      KERNEL_BASE   + KERNEL_LOAD            OBJECT_VA           WINDOW_VA
 *      | nothing     | image (at + physical)  | the VMM's object  | windows |
 */
#define KERNEL_BASE 0xc0000000
#define KERNEL_PDE  768
#define KERNEL_LOAD 0x00100000
#define PAGE_BYTES  4096
#define ENTRIES     1024

#define OBJECT_ENTRY 464
#define OBJECT_VA    (KERNEL_BASE + OBJECT_ENTRY * PAGE_BYTES)

/* Pages whose entries are changed at will; machine.c. */
#define WINDOW_ENTRY 976
#define WINDOWS      48
#define WINDOW_VA    (KERNEL_BASE + WINDOW_ENTRY * PAGE_BYTES)

/* Selectors.  The user's have privilege level 3 in the low bits. */
#define KERNEL_CODE       0x08
#define KERNEL_DATA       0x10
#define USER_CODE         0x1b
#define USER_DATA         0x23
#define MAIN_TASK         0x28
#define DOUBLE_FAULT_TASK 0x30

/* Exceptions are vectors 0 to 31; the 16 interrupts of the PICs begin at a multiple of 8. */
#define VECTOR_DOUBLE_FAULT 8
#define VECTOR_PAGE_FAULT   14
#define VECTOR_EXCEPTIONS   32
#define VECTOR_USER_DONE    32 /* the ring-3 probe has made its access */
#define VECTOR_PANIC        33 /* the kernel wants a report with its registers */
#define VECTOR_IRQ          40
#define VECTORS             56

#define STACK_BYTES 16384

#endif
