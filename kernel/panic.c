/* panic.c: the last words of the kernel, in the manner of Linux, and the way out of QEMU.
 *
 * Needs nothing but the image and the serial port: no page table is edited, and a double fault
 * arrives here on a stack of its own. */
#include "agent/wire.h"
#include "kernel.h"

enum { DEBUG_EXIT_PORT = 0xf4, TRACE_MAX = 16 };

static const char *panic_what; /* machine_panic's */
static uint32_t panic_value;

static const char *const exceptions[VECTOR_EXCEPTIONS] = {
    "divide error",
    "debug",
    "NMI",
    "breakpoint",
    "overflow",
    "bound range exceeded",
    "invalid opcode",
    "device not available",
    "double fault",
    "coprocessor segment overrun",
    "invalid TSS",
    "segment not present",
    "stack segment fault",
    "general protection fault",
    "page fault",
    [16] = "x87 error",
    "alignment check",
    "machine check",
};

_Noreturn void machine_exit(enum exit_value value)
{
    serial_flush();
    __asm__ volatile("outl %0, %1" : : "a"(value), "Nd"((uint16_t)DEBUG_EXIT_PORT));
    for (;;)
        __asm__ volatile("cli; hlt");
}

/* Through a trap, which saves all registers. */
_Noreturn void machine_panic(const char *what, uint32_t value)
{
    panic_what = what;
    panic_value = value;
    __asm__ volatile("int %0" : : "i"(VECTOR_PANIC) : "memory");
    __builtin_unreachable();
}

static bool in_text(uint32_t address)
{
    return address >= (uint32_t)image_start && address < (uint32_t)user_start;
}

static bool on_stack(uint32_t address)
{
    return address % 4 == 0 && address >= (uint32_t)stack && address < (uint32_t)stack_end - 4;
}

static void print_caller(uint32_t address)
{
    print(" ");
    print_address(address, true);
    print("\n");
}

/* The chain of frame pointers.  After a call of an address that is no code, the caller is only at
 * the top of the stack. */
static void print_trace(uint32_t eip, uint32_t esp, uint32_t ebp)
{
    print("Call Trace:\n");
    if (!in_text(eip) && on_stack(esp) && in_text(*(uint32_t *)esp))
        print_caller(*(uint32_t *)esp);
    for (int i = 0; i < TRACE_MAX && on_stack(ebp); i++) {
        const uint32_t *frame = (uint32_t *)ebp;
        if (!in_text(frame[1]))
            break;
        print_caller(frame[1]);
        if (frame[0] <= ebp)
            break;
        ebp = frame[0];
    }
}

static void print_what(const char *what, uint32_t value)
{
    print("Kernel panic - not syncing: %s (0x%x)", what, value);
}

/* task: the registers, and CR3, at the time.  trap: NULL if it was none that the processor made. */
static _Noreturn void report(const struct tss *task, const struct trap_frame *trap,
                             const char *what, uint32_t value)
{
    static bool reporting;
    uint32_t cr0, cr2;
    if (reporting)
        machine_exit(EXIT_PANIC);
    reporting = true;
    __asm__ volatile("movl %%cr0, %0\n\tmovl %%cr2, %1" : "=r"(cr0), "=r"(cr2));

    serial_put(WIRE_END); /* an answer may be half sent */
    print_what(what, value);
    if (trap)
        print("\nIn %s, vector %u, error code %04x", trap->cs & 3 ? "ring 3" : "the kernel",
              trap->vector, trap->error);
    print("\nEIP: %04x:", task->cs & 0xffff);
    print_address(task->eip, false);
    print(" EFLAGS: %08x\n", task->eflags);
    print("EAX: %08x EBX: %08x ECX: %08x EDX: %08x\n", task->eax, task->ebx, task->ecx, task->edx);
    print("ESI: %08x EDI: %08x EBP: %08x ESP: %08x\n", task->esi, task->edi, task->ebp, task->esp);
    print("CR0: %08x CR2: %08x CR3: %08x\n", cr0, cr2, task->cr3);
    print_trace(task->eip, task->esp, task->ebp);
    print("---[ end ");
    print_what(what, value);
    print(" ]---\n");
    machine_exit(EXIT_PANIC);
}

_Noreturn void panic_report(const struct trap_frame *frame)
{
    /* Without a change of privilege no stack pointer is pushed: the stack was where the frame ends,
     * which is at the fields that were not pushed. */
    bool user = frame->cs & 3;
    struct tss task = {
        .eip = frame->eip,
        .cs = frame->cs,
        .eflags = frame->eflags,
        .eax = frame->eax,
        .ebx = frame->ebx,
        .ecx = frame->ecx,
        .edx = frame->edx,
        .esi = frame->esi,
        .edi = frame->edi,
        .ebp = frame->ebp,
        .esp = user ? frame->esp : (uint32_t)&frame->esp,
        .cr3 = machine_read_cr3() << PTE_PFN_SHIFT,
    };
    if (frame->vector == VECTOR_PANIC)
        report(&task, NULL, panic_what, panic_value);
    const char *what = frame->vector < VECTOR_EXCEPTIONS ? exceptions[frame->vector] : NULL;
    report(&task, frame, what ? what : "reserved exception", frame->error);
}

/* The processor saved the registers of the task that it left. */
_Noreturn void panic_double_fault(void)
{
    report(&main_task, NULL, exceptions[VECTOR_DOUBLE_FAULT], 0);
}
