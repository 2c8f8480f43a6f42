/* boot.S: from the boot loader to kernel_main: the multiboot header, the first page directory, the
 * stacks.
 *
 * Symbols have the addresses at which the kernel will run; until paging is on, PHYSICAL says where
 * they are. */
#include "layout.h"

#define PHYSICAL(symbol) (symbol - KERNEL_BASE)

/* Multiboot specification 0.6.96, 3.1.1. */
#define MULTIBOOT_MAGIC 0x1badb002
#define MULTIBOOT_MEMORY_MAP 2

#define PRESENT_WRITE 3
#define CR0_PG_WP 0x80010000

.section .multiboot, "a"
.balign 4
        .long MULTIBOOT_MAGIC, MULTIBOOT_MEMORY_MAP, -(MULTIBOOT_MAGIC + MULTIBOOT_MEMORY_MAP)

/* The loader's answer: EAX is a magic number, EBX the physical address of its information. */
.text
.globl start
start:
        cli
        cld
        movl %eax, %ebp
        movl $PHYSICAL(boot_table), %edi
        movl $PRESENT_WRITE, %eax
        movl $OBJECT_ENTRY, %ecx
1:      stosl
        addl $PAGE_BYTES, %eax
        loop 1b

        /* The same table twice: the instruction after MOV to CR0 is still fetched from its physical
         * address. */
        movl $PHYSICAL(boot_table) + PRESENT_WRITE, %eax
        movl %eax, PHYSICAL(boot_directory)
        movl %eax, PHYSICAL(boot_directory) + 4 * KERNEL_PDE
        movl $PHYSICAL(boot_directory), %eax
        movl %eax, %cr3
        movl %cr0, %eax
        orl $CR0_PG_WP, %eax
        movl %eax, %cr0
        movl $high, %eax
        jmp *%eax
high:
        movl $0, boot_directory
        movl %cr3, %eax
        movl %eax, %cr3

        movl $stack_end, %esp
        movl %ebp, %eax
        xorl %ebp, %ebp                 /* a stack trace ends here */
        pushl %ebx
        pushl %eax
        pushl $0                        /* no caller */
        jmp kernel_main

/* A guard below each stack; memory.c removes it from the table, so that an overflow faults. */
.bss
.balign PAGE_BYTES
.globl boot_directory, boot_table
boot_directory:         .skip PAGE_BYTES
boot_table:             .skip PAGE_BYTES
.globl stack_guard, stack, stack_end
stack_guard:            .skip PAGE_BYTES
stack:                  .skip STACK_BYTES
stack_end:
.globl double_fault_guard, double_fault_stack_end
double_fault_guard:     .skip PAGE_BYTES
                        .skip PAGE_BYTES
double_fault_stack_end:
