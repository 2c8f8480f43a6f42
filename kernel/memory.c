/* memory.c: the rights of the image's pages, and which frames the VMM gets.
 *
 *      physical:   0 ...... 1 MiB ... + image ... + free_frames ... + device_frames ... + object
 *                           | image  | frames of the VMM | "device" | the VMM's object |
 *
 * The VMM's frames are in no table of the kernel's, its object is.  The device is ordinary RAM that
 * the VMM does not own. */
#include "kernel.h"

/* Of the boot loader's information, multiboot specification 3.3: offsets of its fields. */
enum {
    INFO_FLAGS = 0,
    INFO_MAP_BYTES = 44,
    INFO_MAP = 48,
    INFO_HAS_MAP = 1 << 6,
    RANGE_BASE = 4,
    RANGE_BASE_HIGH = 8,
    RANGE_LENGTH = 12,
    RANGE_LENGTH_HIGH = 16,
    RANGE_TYPE = 20,
    RANGE_IS_RAM = 1,
};

enum {
    FREE_FRAMES_MAX = 16384,
    FREE_FRAMES_MIN = 64,
    DEVICE_FRAMES = 16,
    OBJECT_PAGES_MAX = WINDOW_ENTRY - OBJECT_ENTRY,
    SLOTS_MAX = 16, /* of spaces and segments */
};

/* The kernel's own pages are as if all had been used: entries that are alike are told in fewer
 * bytes (agent/README.md). */
enum { READABLE = PTE_PRESENT | PTE_ACCESSED | PTE_DIRTY, WRITABLE = READABLE | PTE_WRITE };

static uint32_t page_rights(const uint8_t *page)
{
    if (page < image_start || page >= image_end || page == stack_guard ||
        page == double_fault_guard)
        return 0;
    return page >= data_start ? WRITABLE : READABLE;
}

void memory_protect_image(void)
{
    for (uint32_t i = 0; i < ENTRIES; i++) {
        uint32_t rights = page_rights((uint8_t *)KERNEL_BASE + i * PAGE_BYTES);
        boot_table[i] = rights ? i << PTE_PFN_SHIFT | rights : 0;
    }
    machine_load_boot();
}

static pfn_t image_end_frame(void)
{
    return ((uint32_t)image_end - KERNEL_BASE + PAGE_BYTES - 1) / PAGE_BYTES;
}

/* Frames of RAM behind the image in a range of the map. */
static uint32_t frames_in(uint32_t range)
{
    uint32_t base = machine_load(range + RANGE_BASE);
    uint32_t length = machine_load(range + RANGE_LENGTH);
    uint32_t start = image_end_frame() * PAGE_BYTES;
    if (machine_load(range + RANGE_TYPE) != RANGE_IS_RAM || machine_load(range + RANGE_BASE_HIGH) ||
        base > start)
        return 0;
    if (machine_load(range + RANGE_LENGTH_HIGH))
        length = UINT32_MAX;
    return length > start - base ? (length - (start - base)) / PAGE_BYTES : 0;
}

/* The largest object that a VMM of so many frames may have, whatever its design. */
static uint32_t object_pages(struct machine machine, uint32_t frames)
{
    machine.free_frames = frames;
    return (uint32_t)(vmm_size_most(&machine, SLOTS_MAX, SLOTS_MAX) + PAGE_BYTES - 1) / PAGE_BYTES;
}

/* Divides what there is: most for the VMM. */
static void divide(struct machine *machine, uint32_t frames)
{
    uint32_t most = frames - DEVICE_FRAMES;
    most = most < FREE_FRAMES_MAX ? most : FREE_FRAMES_MAX;
    uint32_t object = object_pages(*machine, most);
    if (object > OBJECT_PAGES_MAX)
        machine_panic("the VMM's object does not fit; its pages", object);
    if (most > frames - DEVICE_FRAMES - object)
        most = frames - DEVICE_FRAMES - object;
    machine->free_frames = most;
    machine->device_first = machine->free_first + most;
    for (uint32_t i = 0; i < object; i++)
        boot_table[OBJECT_ENTRY + i] =
            (machine->device_first + DEVICE_FRAMES + i) << PTE_PFN_SHIFT | WRITABLE;
}

struct machine memory_find(uint32_t info)
{
    struct machine machine = {
        .level_bits = 10,
        .user_pdes = KERNEL_PDE,
        .free_first = image_end_frame(),
        .device_frames = DEVICE_FRAMES,
        .backing_slots = BACKING_SLOTS,
        .boot_directory = machine_read_cr3(),
    };
    uint32_t frames = 0;
    if (!(machine_load(info + INFO_FLAGS) & INFO_HAS_MAP))
        machine_panic("the boot loader gave no memory map", info);
    uint32_t range = machine_load(info + INFO_MAP);
    uint32_t end = range + machine_load(info + INFO_MAP_BYTES);
    for (; range < end && !frames; range += machine_load(range) + 4) /* its size, without itself */
        frames = frames_in(range);
    if (frames < 2 * (FREE_FRAMES_MIN + DEVICE_FRAMES))
        machine_panic("too little RAM behind the kernel; frames there", frames);
    divide(&machine, frames);
    return machine;
}
