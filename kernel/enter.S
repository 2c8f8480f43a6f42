/* enter.S: where the processor arrives at an interrupt, and the way to ring 3 and back.
 *
 * The data segments always hold the user's selector, which ring 0 may use too, so entering and
 * leaving need not change them. */
#include "layout.h"

/* One stub for each vector.  Those without an error code (SDM vol. 3A table 6-1) push a 0. */
.text
.set vector, 0
.rept VECTORS
        .balign 16
.if vector == 0
stubs:
.endif
.if !(vector == 8 || (vector >= 10 && vector <= 14) || vector == 17 || vector == 21)
        pushl $0
.endif
        pushl $vector
        jmp enter
.set vector, vector + 1
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

/* uint64_t ring3_enter(uint32_t eip, uint32_t eax, uint32_t edx): traps from ring 3 push below what
 * is saved here.  Interrupts stay off. */
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

/* The program is done; void ring3_leave(void): it is given up.  Both return from ring3_enter; the
 * trap's frame is abandoned. */
.globl ring3_done, ring3_leave
ring3_done:
        movl $1, %edx
        jmp 1f
ring3_leave:
        xorl %eax, %eax
        xorl %edx, %edx
1:      movl saved_esp, %esp
        popl %edi
        popl %esi
        popl %ebx
        popl %ebp
        ret

.section .rodata
.balign 4
.globl trap_stubs
trap_stubs:
.set vector, 0
.rept VECTORS
        .long stubs + 16 * vector
.set vector, vector + 1
.endr

.bss
.balign 4
saved_esp:      .skip 4

/* What ring 3 runs, in the order of `enum probe_kind`: an access each and back, and one instruction
 * that is not allowed there.  In a page of its own, which is the user's while ring 3 runs. */
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
