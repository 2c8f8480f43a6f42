/* serial.c: the line, COM1 (16550).
 *
 * Bytes that arrive are announced by an interrupt, so that a kernel that has something else to look
 * at need not ask the port, which is slow, more so in QEMU.  The receiver's FIFO announces 14
 * bytes, or that nothing has come for a while; then all that is there is taken.
 *
 * In QEMU a byte costs a fifth of a microsecond to take, but wakes a thread that has more to give,
 * which costs several.  With the UART in loopback nobody is woken (hw/char/serial.c,
 * serial_ioport_read); what comes then is received all the same, which is so in QEMU only.
 *
 * The transmitter is asked before it is given anything: without that, bytes are lost without a sign
 * as soon as the host reads slowly. */
#include "agent/wire.h"
#include "kernel.h"
#include "port.h"

enum {
    COM1 = 0x3f8,
    DATA = COM1,
    INTERRUPTS = COM1 + 1,
    FIFO = COM1 + 2,  /* written */
    CAUSE = COM1 + 2, /* read */
    LINE = COM1 + 3,
    MODEM = COM1 + 4,
    LINE_STATUS = COM1 + 5,
    LINE_DIVISOR = 0x80, /* DATA and INTERRUPTS are the divisor's bytes */
    LINE_8N1 = 3,
    FIFO_ON_14 = 0xc1,
    MODEM_ON = 0x0b, /* DTR, RTS, and OUT2, which lets interrupts through */
    MODEM_LOOPBACK = 0x10,
    RECEIVED = 1, /* interrupts */
    CAUSE_MASK = 0x0f,
    CAUSE_LEVEL = 0x04,  /* the receiver's FIFO has as many bytes as it announces */
    HAS_RECEIVED = 0x01, /* line status */
    TRANSMITTER_EMPTY = 0x20,
    ALL_SENT = 0x40,
    FIFO_BYTES = 16,
    INPUT_BYTES = 64,
    EARLY_POLLS = 100000, /* without a byte: a tenth of a second or so */
    FIFO_LEVEL = WIRE_GROUP,
};

static uint8_t input[INPUT_BYTES];
static uint32_t input_from, input_to;
static bool in_qemu;
static bool announced; /* there may be bytes in the receiver */
static uint32_t room;  /* in the transmitter, at least */

/* A rig may have sent its first frame before the kernel came this far, and turning the FIFO on
 * drops what waits in the receiver: so a frame that has begun to come is taken without it. */
static void receive_early(void)
{
    uint32_t patience = EARLY_POLLS;
    bool begun = false;
    if (!(port_in(LINE_STATUS) & HAS_RECEIVED))
        return;
    while (patience-- && input_to < INPUT_BYTES) {
        if (!(port_in(LINE_STATUS) & HAS_RECEIVED))
            continue;
        uint8_t byte = input[input_to++] = port_in(DATA);
        if (begun && byte == WIRE_END)
            return;
        begun = begun || byte == WIRE_START;
        patience = EARLY_POLLS;
    }
}

/* By what QEMU has for its guests (docs/specs/fw_cfg.rst). */
static bool is_qemu(void)
{
    enum { SELECTOR = 0x510, CONTENT = 0x511, SIGNATURE = 0 };
    static const char name[] = "QEMU";
    uint32_t i = 0;
    port_out_16(SELECTOR, SIGNATURE);
    while (name[i] && port_in(CONTENT) == name[i])
        i++;
    return !name[i];
}

void serial_init(void)
{
    in_qemu = is_qemu();
    port_out(INTERRUPTS, 0);
    port_out(LINE, LINE_DIVISOR);
    port_out(DATA, 1); /* 115200 baud */
    port_out(INTERRUPTS, 0);
    port_out(LINE, LINE_8N1);
    receive_early();
    port_out(FIFO, FIFO_ON_14);
    port_out(MODEM, MODEM_ON);
    port_out(INTERRUPTS, RECEIVED);
}

void serial_put(uint8_t byte)
{
    if (!room) {
        while (!(port_in(LINE_STATUS) & TRANSMITTER_EMPTY))
            ;
        room = FIFO_BYTES;
    }
    room--;
    port_out(DATA, byte);
}

void serial_flush(void)
{
    while (!(port_in(LINE_STATUS) & ALL_SENT))
        ;
}

/* Takes what the FIFO announced. */
static void receive_level(void)
{
    uint8_t loopback = in_qemu ? MODEM_LOOPBACK : 0;
    port_out(MODEM, MODEM_ON | loopback);
    port_in_many(DATA, input, FIFO_LEVEL - 1);
    port_out(MODEM, MODEM_ON);
    input[FIFO_LEVEL - 1] = port_in(DATA);
    input_to = FIFO_LEVEL;
}

static bool has_received(void)
{
    return port_in(LINE_STATUS) & HAS_RECEIVED;
}

/* Takes what the receiver has. */
static void receive(void)
{
    input_from = input_to = 0;
    if ((port_in(CAUSE) & CAUSE_MASK) == CAUSE_LEVEL) {
        receive_level();
        return;
    }
    while (input_to < FIFO_BYTES && has_received())
        input[input_to++] = port_in(DATA);
    announced = input_to > 0;
}

int serial_get(void)
{
    if (input_from == input_to) {
        announced = announced || pic_serial(false);
        if (!announced)
            return -1;
        receive();
        if (input_from == input_to)
            return -1;
    }
    return input[input_from++];
}

/* A few bytes are announced late. */
void serial_wait(void)
{
    announced = announced || has_received() || pic_serial(true);
}
