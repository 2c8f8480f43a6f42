/* enter.S: where the processor arrives at an interrupt, and the way to ring 3 and back.
 *
 * The data segments always hold the user's selector, which ring 0 may use too, so entering and
 * leaving need not change them. */
#include "layout.h"

#define ALL_VECTORS 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, \
        22, 23, 24, 25, 26, 27, 28, 29, 30, 31, VECTOR_USER_DONE, VECTOR_PANIC

/* One stub for each vector.  Those without an error code (SDM vol. 3A table 6-1) push a 0. */
.text
.irp vector, ALL_VECTORS
stub_\vector:
.if !(\vector == 8 || (\vector >= 10 && \vector <= 14) || \vector == 17 || \vector == 21)
        pushl $0
.endif
        pushl $\vector
        jmp enter
.endr

enter:
        cld
        pushal
        pushl %esp
        call trap
        addl $4, %esp
        popal
        addl $8, %esp                   /* vector and error code */
        iretl

/* Runs as a task of its own, on its own stack. */
.globl double_fault_entry
double_fault_entry:
        cld
        call panic_double_fault

/* uint32_t ring3_enter(uint32_t eip, uint32_t eax, uint32_t edx): traps from ring 3 push below what
 * is saved here.  Interrupts stay off: nothing in this kernel uses them. */
.globl ring3_enter
ring3_enter:
        pushl %ebp
        pushl %ebx
        pushl %esi
        pushl %edi
        movl %esp, saved_esp
        movl %esp, main_task + 4        /* esp0 */
        movl 20(%esp), %ecx
        movl 24(%esp), %eax
        movl 28(%esp), %edx
        pushl $USER_DATA
        pushl $0                        /* ring 3 has no stack and needs none */
        pushl $2                        /* EFLAGS */
        pushl $USER_CODE
        pushl %ecx
        iretl

/* void ring3_leave(uint32_t result): returns from ring3_enter; the trap's frame is abandoned. */
.globl ring3_leave
ring3_leave:
        movl 4(%esp), %eax
        movl saved_esp, %esp
        popl %edi
        popl %esi
        popl %ebx
        popl %ebp
        ret

.section .rodata
.balign 4
.globl trap_stubs
trap_stubs:
.irp vector, ALL_VECTORS
        .long stub_\vector
.endr

.bss
.balign 4
saved_esp:      .skip 4

/* The only page of the kernel that ring 3 may see: one access each and back, and one instruction that
 * is not allowed there. */
.section .user, "ax"
.globl user_read, user_write, user_halt
user_read:
        movl (%eax), %eax
        int $VECTOR_USER_DONE
user_write:
        movl %edx, (%eax)
        int $VECTOR_USER_DONE
user_halt:
        hlt
