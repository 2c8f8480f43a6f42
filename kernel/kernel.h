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

/* Runs ring-3 code at eip with these registers until it is done (then EAX is in the lower half of
 * the result, 1 in the upper) or somebody calls ring3_leave (0). */
uint64_t ring3_enter(uint32_t eip, uint32_t eax, uint32_t edx);
_Noreturn void ring3_leave(void);
void ring3_done(void);
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

/* ---- serial.c, pic.c ---- */

void serial_init(void);
void serial_put(uint8_t byte);
int serial_get(void);    /* -1: there is nothing now */
void serial_wait(void);  /* halts until something may have come */
void serial_flush(void); /* until all is sent */

/* Lets interrupts in: until the next one (wait), or those that are there.  True: COM1's came. */
bool pic_serial(bool wait);
void pic_init(void);
void pic_trap(uint32_t vector);

/* ---- tape.c: as the agent's line ---- */

int tape_get(void);
void tape_put(uint8_t byte);
void tape_idle(uint32_t times); /* ends the machine */

/* ---- print.c, symbols.c ---- */

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

/* Frames for the VMM from the boot loader's memory map; info is a physical address.  Maps what
 * holds the largest VMM on them at OBJECT_VA. */
struct machine memory_find(uint32_t info);

/* ---- machine.c: vmm/machine.h, and ---- */

enum { BACKING_SLOTS = 64 };

/* Back to before the first machine_load_cr3, with the frames and slots that were used since the
 * last reset zero again; with those that are new, before they are used first.  Of the object that
 * the VMM had nothing is kept.  watch: machine_frame_changed goes to the agent. */
void machine_reset(const struct machine *machine, bool watch);
void machine_junk(void); /* in all frames of the VMM */
void machine_clear_device(uint32_t first, uint32_t count);

/* All of memory_protect_image's entries count from now on. */
void machine_load_boot(void);

/* Where the VMM stored a word last. */
va_t machine_last_store(void);

/* The words of any frame, until the next call; not to be written.  The directory in CR3. */
const uint32_t *machine_peek(pfn_t pfn);
uint32_t *machine_directory(void);

/* ---- pages.c: a page with a word everywhere; a copy of a page ---- */

void pages_init(void); /* before these are fast */
void page_fill(uint32_t *to, uint32_t word);
void page_copy(uint32_t *to, const uint32_t *from);
bool page_equal(const uint32_t *a, const uint32_t *b);

/* ---- probe.c ---- */

/* A program's access to a word: reading it, writing it.  And an instruction that is not allowed. */
enum probe_kind { PROBE_READ, PROBE_WRITE, PROBE_HALT };

/* Asked at each page fault of the program; true: try again. */
typedef bool probe_repair(va_t cr2, uint32_t error);

/* True: the access was made; *word is what was read, or what is to be written.  repair: NULL: no
 * fault is repaired. */
bool probe_access(enum probe_kind kind, va_t va, uint32_t *word, probe_repair *repair);

/* A trap from ring 3 while a probe runs; false: not one of the probe's. */
bool probe_trap(const struct trap_frame *frame, va_t cr2);

/* ---- touch.c ---- */

/* An access to a word of the current space in ring 0, which the R/W bits hold for and the U/S bits
 * do not: a read, into *word; or a write that leaves the word as it is, and *word 0.  False: it
 * faulted. */
bool touch_word(va_t va, bool write, uint32_t *word);

/* A trap from ring 0; false: not one of such an access. */
bool touch_trap(struct trap_frame *frame);

/* ---- designs.c: design.def by number ---- */

/* axis: below sizeof(struct vmm_design). */
uint32_t design_choices(uint32_t axis);
const char *design_axis_name(uint32_t axis);
const char *design_choice_name(uint32_t axis, uint32_t choice);

/* "axis=choice,choice axis=choice,choice" */
const char *design_text(void);

/* ---- selftest.c, breakage.c ---- */

/* All designs, as TAP on the console.  True: all passed. */
bool selftest(const struct machine *machine);

/* Breaks the kernel in the way of this name; returns when there is no such way. */
void break_kernel(const char *name);

#endif
