/* pic.c: the two interrupt controllers (8259A), with all interrupts masked but COM1's, and the only
 * places where interrupts are enabled. */
#include "kernel.h"
#include "port.h"

enum {
    MASTER = 0x20,
    SLAVE = 0xa0,
    DATA = 1,                /* behind each */
    INITIALISE = 0x11,       /* ICW1: edge triggered, cascaded, ICW4 follows */
    MODE_8086 = 1,           /* ICW4 */
    SLAVE_IRQ = 2,           /* where the slave is connected */
    END_OF_INTERRUPT = 0x64, /* OCW2: specific, of COM1's interrupt */
    COM1_IRQ = 4,
};

static volatile bool serial_has_come;

void pic_init(void)
{
    port_out(MASTER, INITIALISE);
    port_out(SLAVE, INITIALISE);
    port_out(MASTER + DATA, VECTOR_IRQ);
    port_out(SLAVE + DATA, VECTOR_IRQ + 8);
    port_out(MASTER + DATA, 1 << SLAVE_IRQ);
    port_out(SLAVE + DATA, SLAVE_IRQ);
    port_out(MASTER + DATA, MODE_8086);
    port_out(SLAVE + DATA, MODE_8086);
    port_out(MASTER + DATA, (uint8_t) ~(1 << COM1_IRQ));
    port_out(SLAVE + DATA, 0xff);
}

/* What is not COM1's is spurious (a request that went away before it was answered), and needs no
 * end of interrupt. */
void pic_trap(uint32_t vector)
{
    if (vector != VECTOR_IRQ + COM1_IRQ)
        return;
    port_out(MASTER, END_OF_INTERRUPT);
    serial_has_come = true;
}

/* STI takes effect after the instruction that follows it, so nothing can come between STI and
 * HLT. */
bool pic_serial(bool wait)
{
    if (wait && !serial_has_come)
        __asm__ volatile("sti; hlt; cli" : : : "memory");
    else
        __asm__ volatile("sti; nop; cli" : : : "memory");
    bool come = serial_has_come;
    serial_has_come = false;
    return come;
}
