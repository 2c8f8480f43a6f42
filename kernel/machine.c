/* machine.c: vmm/machine.h on the real processor.
 *
 * vmm_init takes a virtual address for a physical one until it loads CR3.  This kernel runs with
 * paging from the start, so until then every access goes through a window, a page of the image's
 * table that is made to show the frame meant. */
#include "kernel.h"

enum { JUNK = 0x5a5a5a5a };

static bool adopted; /* the VMM has loaded CR3 */
static uint32_t backing[BACKING_SLOTS][ENTRIES] __attribute__((aligned(PAGE_BYTES)));

/* Where the kernel can access va; two windows, for the two pages of a copy. */
static uint32_t *reach(va_t va, uint32_t window)
{
    if (adopted)
        return (uint32_t *)va;
    va_t at = WINDOW_VA + window * PAGE_BYTES;
    boot_table[WINDOW_ENTRY + window] = (va & -(uint32_t)PAGE_BYTES) | PTE_PRESENT | PTE_WRITE;
    machine_invlpg(at);
    return (uint32_t *)(at | (va & (PAGE_BYTES - 1)));
}

static void fill_page(uint32_t *to, uint32_t word)
{
    uint32_t count = ENTRIES;
    __asm__ volatile("rep stosl" : "+D"(to), "+c"(count) : "a"(word) : "memory");
}

static void copy_page(uint32_t *to, const uint32_t *from)
{
    uint32_t count = ENTRIES;
    __asm__ volatile("rep movsl" : "+D"(to), "+S"(from), "+c"(count) : : "memory");
}

uint32_t machine_load(va_t va)
{
    return *(volatile uint32_t *)reach(va, 0);
}

void machine_store(va_t va, uint32_t word)
{
    *(volatile uint32_t *)reach(va, 0) = word;
}

void machine_clear_page(va_t to)
{
    fill_page(reach(to, 0), 0);
}

void machine_copy_page(va_t to, va_t from)
{
    copy_page(reach(to, 0), reach(from, 1));
}

static uint32_t *slot_page(uint32_t slot)
{
    if (slot >= BACKING_SLOTS)
        machine_panic("no such slot in the backing store", slot);
    return backing[slot];
}

void machine_backing_read(uint32_t slot, va_t to)
{
    copy_page(reach(to, 0), slot_page(slot));
}

void machine_backing_write(uint32_t slot, va_t from)
{
    copy_page(slot_page(slot), reach(from, 0));
}

void machine_invlpg(va_t va)
{
    __asm__ volatile("invlpg (%0)" : : "r"(va) : "memory");
}

static void load_cr3(pfn_t directory)
{
    main_task.cr3 = directory << PTE_PFN_SHIFT;
    __asm__ volatile("movl %0, %%cr3" : : "r"(main_task.cr3) : "memory");
}

void machine_load_cr3(pfn_t directory)
{
    if (!adopted) {
        boot_table[WINDOW_ENTRY] = 0;
        boot_table[WINDOW_ENTRY + 1] = 0;
        adopted = true;
    }
    load_cr3(directory);
}

pfn_t machine_read_cr3(void)
{
    uint32_t cr3;
    __asm__ volatile("movl %%cr3, %0" : "=r"(cr3));
    return cr3 >> PTE_PFN_SHIFT;
}

void machine_frame_changed(pfn_t pfn)
{
    (void)pfn; /* nobody watches */
}

void machine_reset(const struct machine *machine)
{
    load_cr3(machine->boot_directory);
    for (uint32_t i = 0; i < ENTRIES; i++)
        if (i != KERNEL_PDE)
            boot_directory[i] = 0;
    load_cr3(machine->boot_directory);
    adopted = false;
    for (uint32_t i = 0; i < machine->free_frames; i++)
        fill_page(reach((machine->free_first + i) * PAGE_BYTES, 0), JUNK);
    for (uint32_t i = 0; i < machine->device_frames; i++)
        fill_page(reach((machine->device_first + i) * PAGE_BYTES, 0), 0);
}
