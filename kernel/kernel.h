/* kernel.h: what the parts of the kernel offer to each other, by file. */
#ifndef KERNEL_H
#define KERNEL_H

#include "../vmm/vmm.h"
#include "layout.h"

/* ---- boot.S: what exists before C runs, and kernel.ld: where the image's parts start. ---- */

extern uint32_t boot_directory[ENTRIES], boot_table[ENTRIES];
extern uint8_t stack_guard[], stack[], stack_end[];
extern uint8_t double_fault_guard[], double_fault_stack_end[];
extern uint8_t image_start[], user_start[], rodata_start[], data_start[], image_end[];

_Noreturn void kernel_main(uint32_t magic, uint32_t info);

/* ---- enter.S, trap.c ---- */

/* What the stubs of enter.S push, from the lowest address up.  esp and ss were pushed only by a
 * trap from ring 3; kernel_esp is what PUSHA saved, the address of vector. */
struct trap_frame {
    uint32_t edi, esi, ebp, kernel_esp, ebx, edx, ecx, eax;
    uint32_t vector, error;
    uint32_t eip, cs, eflags, esp, ss;
};

extern const uint32_t trap_stubs[VECTORS];
void trap(struct trap_frame *frame);

/* Runs ring-3 code at eip with these registers until somebody calls ring3_leave, whose argument
 * ring3_enter then returns. */
uint32_t ring3_enter(uint32_t eip, uint32_t eax, uint32_t edx);
_Noreturn void ring3_leave(uint32_t result);
void double_fault_entry(void);
extern uint8_t user_read[], user_write[], user_halt[];

/* ---- gdt.c, idt.c ---- */

/* Task state segment, SDM vol. 3A figure 8-2; selectors are in the low halves. */
struct tss {
    uint32_t previous, esp0, ss0, esp1, ss1, esp2, ss2, cr3, eip, eflags;
    uint32_t eax, ecx, edx, ebx, esp, ebp, esi, edi;
    uint32_t es, cs, ss, ds, fs, gs, ldt, io_map;
};

/* Of the kernel proper: ring3_enter sets esp0; cr3 is kept up to date by machine_load_cr3, because
 * a switch to the double-fault task would lose it. */
extern struct tss main_task;

void gdt_init(void);
void idt_init(void);

/* ---- serial.c, print.c, symbols.c ---- */

void serial_init(void);
void serial_put(char c);

/* `[<c0101234>] function+0x41/0x90`; returned: it is where a call would return to. */
void print_address(uint32_t address, bool returned);

bool string_equal(const char *a, const char *b);

/* %s, %u, %x, and %0Nx for at least N digits. */
void print(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* ---- panic.c ---- */

/* How the kernel ends QEMU: isa-debug-exit makes (2 * value + 1) its exit status, and QEMU's own
 * failure is 1, so 0 is not used.  scripts/boot translates. */
enum exit_value { EXIT_CLEAN = 16, EXIT_FAILED = 17, EXIT_PANIC = 18 };

_Noreturn void machine_exit(enum exit_value value);

/* Reports an exception that nobody expected, or what machine_panic was told, and ends QEMU. */
_Noreturn void panic_report(const struct trap_frame *frame);
_Noreturn void panic_double_fault(void);

/* ---- memory.c ---- */

/* Gives each part of the image its rights and removes all else from the boot directory's table. */
void memory_protect_image(void);

/* Frames for the VMM from the boot loader's memory map; info is a physical address. */
struct machine memory_find(uint32_t info);

/* ---- machine.c: vmm/machine.h, and ---- */

/* Back to before the first machine_load_cr3; the machine's frames are filled with junk. */
void machine_reset(const struct machine *machine);

enum { BACKING_SLOTS = 64 };

/* ---- probe.c ---- */

/* An access of a program, made in ring 3.  status: what came of it; faults: how many it took, and
 * of the last one the error code and CR2 (0 when there was none). */
struct probe {
    enum vmm_status status;
    uint32_t word; /* that was read */
    uint32_t faults, error;
    va_t cr2;
};

struct probe probe_read(struct vmm *vmm, va_t va);
struct probe probe_write(struct vmm *vmm, va_t va, uint32_t word);

/* A trap from ring 3 while a probe runs; false: not one of the probe's. */
bool probe_trap(const struct trap_frame *frame, va_t cr2);

/* ---- selftest.c, breakage.c ---- */

/* All designs, as TAP on the console.  True: all passed. */
bool selftest(const struct machine *machine);

/* Breaks the kernel in the way of this name; returns when there is no such way. */
void break_kernel(const char *name);

#endif
