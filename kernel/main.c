/* main.c: brings the kernel up and does what the command line says: nothing, or `agent`: serves a
 * rig; `tape`: does what a rig has said; `selftest`; `break=WAY`, what breakage.c knows. */
#include "adapter.h"

enum {
    MULTIBOOT_LOADED = 0x2badb002,
    INFO_FLAGS = 0,
    INFO_COMMAND_LINE = 16,
    INFO_HAS_COMMAND_LINE = 1 << 2,
    COMMAND_MAX = 256,
};

static char command_line[COMMAND_MAX];

/* The boot loader's copy lies anywhere in physical memory; it is read before the VMM owns any.  The
 * first word is the kernel's name. */
static const char *read_command(uint32_t info)
{
    uint32_t i = 0;
    if (!(machine_load(info + INFO_FLAGS) & INFO_HAS_COMMAND_LINE))
        return "";
    uint32_t from = machine_load(info + INFO_COMMAND_LINE);
    for (; i < COMMAND_MAX - 1; i++) {
        uint32_t at = from + i;
        command_line[i] = (char)(machine_load(at & ~3u) >> at % 4 * 8);
        if (!command_line[i])
            break;
    }
    char *word = command_line;
    while (*word && *word != ' ')
        word++;
    while (*word == ' ')
        word++;
    return word;
}

static void obey(const char *command, const struct machine *machine)
{
    static const char prefix[] = "break=";
    uint32_t i = 0;
    if (!*command || string_equal(command, "agent"))
        adapter_serve(machine, false);
    if (string_equal(command, "tape"))
        adapter_serve(machine, true);
    if (string_equal(command, "selftest"))
        machine_exit(selftest(machine) ? EXIT_CLEAN : EXIT_FAILED);
    while (prefix[i] && command[i] == prefix[i])
        i++;
    if (!prefix[i])
        break_kernel(command + i);
}

_Noreturn void kernel_main(uint32_t magic, uint32_t info)
{
    serial_init();
    gdt_init();
    idt_init();
    pages_init();
    pic_init();
    memory_protect_image();
    if (magic != MULTIBOOT_LOADED)
        machine_panic("not started by a multiboot loader", magic);
    const char *command = read_command(info);
    struct machine machine = memory_find(info);
    print("\npagerig kernel: %u frames from %x, device frames %u\n", machine.free_frames,
          machine.free_first * PAGE_BYTES, machine.device_frames);
    obey(command, &machine);
    print("unknown command: %s\n", command);
    machine_exit(EXIT_FAILED);
}
