/* memory.c: the rights of the image's pages, and which frames the VMM gets.
 *
 *      physical:   0 ...... 1 MiB ........... 4 MiB ............ + free_frames ... + device_frames
 *                           | image |         | frames of the VMM | "device"       |
 *
 * The VMM's frames are in no table of the kernel's.  The device is ordinary RAM that the VMM does
 * not own. */
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
    FREE_FIRST = 1024,
    FREE_FRAMES_MAX = 512,
    FREE_FRAMES_MIN = 64,
    DEVICE_FRAMES = 16,
};

static uint32_t page_rights(const uint8_t *page)
{
    if (page < image_start || page >= image_end || page == stack_guard ||
        page == double_fault_guard)
        return 0;
    if (page >= data_start)
        return PTE_PRESENT | PTE_WRITE;
    return page >= user_start && page < rodata_start ? PTE_PRESENT | PTE_USER : PTE_PRESENT;
}

void memory_protect_image(void)
{
    for (uint32_t i = 0; i < ENTRIES; i++) {
        uint32_t rights = page_rights((uint8_t *)KERNEL_BASE + i * PAGE_BYTES);
        boot_table[i] = rights ? i << PTE_PFN_SHIFT | rights : 0;
        machine_invlpg(KERNEL_BASE + i * PAGE_BYTES);
    }
}

/* Frames of RAM from FREE_FIRST on in a range of the map. */
static uint32_t frames_in(uint32_t range)
{
    uint32_t base = machine_load(range + RANGE_BASE);
    uint32_t length = machine_load(range + RANGE_LENGTH);
    uint32_t start = FREE_FIRST * PAGE_BYTES;
    if (machine_load(range + RANGE_TYPE) != RANGE_IS_RAM || machine_load(range + RANGE_BASE_HIGH) ||
        base > start)
        return 0;
    if (machine_load(range + RANGE_LENGTH_HIGH))
        return FREE_FRAMES_MAX + DEVICE_FRAMES;
    return length > start - base ? (length - (start - base)) / PAGE_BYTES : 0;
}

struct machine memory_find(uint32_t info)
{
    uint32_t frames = 0;
    if (!(machine_load(info + INFO_FLAGS) & INFO_HAS_MAP))
        machine_panic("the boot loader gave no memory map", info);
    uint32_t range = machine_load(info + INFO_MAP);
    uint32_t end = range + machine_load(info + INFO_MAP_BYTES);
    for (; range < end && !frames; range += machine_load(range) + 4) /* its size, without itself */
        frames = frames_in(range);
    if (frames < FREE_FRAMES_MIN + DEVICE_FRAMES)
        machine_panic("too little RAM above 4 MiB; frames there", frames);

    frames -= DEVICE_FRAMES;
    frames = frames < FREE_FRAMES_MAX ? frames : FREE_FRAMES_MAX;
    return (struct machine){
        .level_bits = 10,
        .user_pdes = KERNEL_PDE,
        .free_first = FREE_FIRST,
        .free_frames = frames,
        .device_first = FREE_FIRST + frames,
        .device_frames = DEVICE_FRAMES,
        .backing_slots = BACKING_SLOTS,
        .boot_directory = machine_read_cr3(),
    };
}
