/* machine.c: vmm/machine.h on the real processor, and back to boot.
 *
 * vmm_init takes a virtual address for a physical one until it loads CR3.  This kernel runs with
 * paging from the start, so until then every access goes through a window, a page of the image's
 * table that is made to show the frame meant.
 *
 * All windows are closed while the VMM runs but one, which shows the directory in CR3, for the
 * probe; and some, read-only, for who looks in. */
#include "agent/agent.h"
#include "kernel.h"

enum window { WINDOW_TO, WINDOW_FROM, WINDOW_DIRECTORY, WINDOW_PEEK };

enum { PEEKS = 8, WINDOW_MANY = WINDOW_PEEK + PEEKS, MANY = WINDOWS - WINDOW_MANY };

static struct machine now; /* as the VMM was told */
static bool adopted;       /* the VMM has loaded CR3 */
static bool watched;
static uint32_t many_used;     /* from WINDOW_MANY on: the TLB may know what these showed */
static uint32_t used, cleared; /* frames below were used since the reset; cleared since boot */
static uint32_t slots_used;
/* Always written: debuggers watch it.  (Going backwards, QEMU 7.2 takes an unaligned store further
 * behind in its page for one to it: cputlb.c, store_helper_unaligned.) */
static volatile va_t last_store;
static uint32_t backing[BACKING_SLOTS][ENTRIES] __attribute__((aligned(PAGE_BYTES)));

/* ---- Windows. ---- */

static uint32_t *window_page(uint32_t window)
{
    return (uint32_t *)(WINDOW_VA + window * PAGE_BYTES);
}

static uint32_t *window_show(uint32_t window, pfn_t pfn, uint32_t rights)
{
    uint32_t *entry = &boot_table[WINDOW_ENTRY + window];
    if (*entry >> PTE_PFN_SHIFT != pfn || !(*entry & PTE_PRESENT)) {
        *entry = pfn << PTE_PFN_SHIFT | rights;
        machine_invlpg((va_t)window_page(window));
    }
    return window_page(window);
}

/* Where the kernel can access va; two windows, for the two pages of a copy. */
static uint32_t *reach(va_t va, enum window window)
{
    if (adopted)
        return (uint32_t *)va;
    uint32_t *page = window_show(window, va / PAGE_BYTES, PTE_PRESENT | PTE_WRITE);
    return page + va % PAGE_BYTES / 4;
}

/* The windows' own table is seen with those closed through which others were seen before: what it
 * is like does not depend on that. */
static const uint32_t *peek_windows(void)
{
    for (uint32_t i = 0; i < PEEKS; i++)
        boot_table[WINDOW_ENTRY + WINDOW_PEEK + i] = 0;
    return boot_table;
}

const uint32_t *machine_peek(pfn_t pfn)
{
    if (pfn == ((va_t)boot_table - KERNEL_BASE) / PAGE_BYTES)
        return peek_windows();
    uint32_t shown = boot_table[WINDOW_ENTRY + WINDOW_DIRECTORY] >> PTE_PFN_SHIFT;
    return pfn == shown ? window_page(WINDOW_DIRECTORY)
                        : window_show(WINDOW_PEEK + pfn % PEEKS, pfn, PTE_PRESENT);
}

va_t machine_last_store(void)
{
    return last_store;
}

uint32_t *machine_directory(void)
{
    return window_page(WINDOW_DIRECTORY);
}

/* ---- Words and pages. ---- */

uint32_t machine_load(va_t va)
{
    return *(volatile uint32_t *)reach(va, WINDOW_TO);
}

void machine_store(va_t va, uint32_t word)
{
    last_store = va;
    *(volatile uint32_t *)reach(va, WINDOW_TO) = word;
}

void machine_clear_page(va_t to)
{
    page_fill(reach(to, WINDOW_TO), 0);
}

void machine_copy_page(va_t to, va_t from)
{
    page_copy(reach(to, WINDOW_TO), reach(from, WINDOW_FROM));
}

static uint32_t *slot_page(uint32_t slot)
{
    if (slot >= now.backing_slots)
        machine_panic("no such slot in the backing store", slot);
    return backing[slot];
}

void machine_backing_read(uint32_t slot, va_t to)
{
    page_copy(reach(to, WINDOW_TO), slot_page(slot));
}

void machine_backing_write(uint32_t slot, va_t from)
{
    page_copy(slot_page(slot), reach(from, WINDOW_FROM));
    slots_used = slot < slots_used ? slots_used : slot + 1;
}

/* ---- Translations. ---- */

void machine_invlpg(va_t va)
{
    __asm__ volatile("invlpg (%0)" : : "r"(va) : "memory");
}

/* CR3 drops what was cached of the windows. */
static void load_cr3(pfn_t directory)
{
    many_used = 0;
    boot_table[WINDOW_ENTRY + WINDOW_DIRECTORY] =
        directory << PTE_PFN_SHIFT | PTE_PRESENT | PTE_WRITE;
    main_task.cr3 = directory << PTE_PFN_SHIFT;
    __asm__ volatile("movl %0, %%cr3" : : "r"(main_task.cr3) : "memory");
}

void machine_load_cr3(pfn_t directory)
{
    if (!adopted) {
        boot_table[WINDOW_ENTRY + WINDOW_TO] = 0;
        boot_table[WINDOW_ENTRY + WINDOW_FROM] = 0;
        adopted = true;
    }
    load_cr3(directory);
}

void machine_load_boot(void)
{
    load_cr3(machine_read_cr3());
}

pfn_t machine_read_cr3(void)
{
    uint32_t cr3;
    __asm__ volatile("movl %%cr3, %0" : "=r"(cr3));
    return cr3 >> PTE_PFN_SHIFT;
}

void machine_frame_changed(pfn_t pfn)
{
    uint32_t frame = pfn - now.free_first;
    used = frame < used ? used : frame + 1;
    if (watched)
        agent_frame_changed(pfn);
}

/* ---- Back to boot. ---- */

/* As many windows at once as there are.  Before one is used again CR3 is loaded: an INVLPG for each
 * would cost more. */
static void fill_frames(pfn_t first, uint32_t count, uint32_t word)
{
    while (count) {
        if (many_used == MANY)
            load_cr3(machine_read_cr3());
        uint32_t window = WINDOW_MANY + many_used;
        uint32_t some = count < MANY - many_used ? count : MANY - many_used;
        for (uint32_t i = 0; i < some; i++)
            boot_table[WINDOW_ENTRY + window + i] =
                (first + i) << PTE_PFN_SHIFT | PTE_PRESENT | PTE_WRITE;
        for (uint32_t i = 0; i < some; i++)
            page_fill(window_page(window + i), word);
        for (uint32_t i = 0; i < some; i++)
            boot_table[WINDOW_ENTRY + window + i] = 0;
        many_used += some;
        first += some;
        count -= some;
    }
}

void machine_junk(void)
{
    fill_frames(now.free_first, now.free_frames, 0x5a5a5a5a);
    used = now.free_frames;
}

void machine_clear_device(uint32_t first, uint32_t count)
{
    fill_frames(now.device_first + first, count, 0);
}

/* All but the image's entry, which is in use.  Nearly all of it is zero. */
static void clear_boot_directory(void)
{
    enum { GROUP = 8 };
    for (uint32_t from = 0; from < ENTRIES; from += GROUP) {
        uint32_t *e = boot_directory + from;
        if (!(e[0] | e[1] | e[2] | e[3] | e[4] | e[5] | e[6] | e[7]))
            continue;
        for (uint32_t i = from; i < from + GROUP; i++)
            if (i != KERNEL_PDE)
                boot_directory[i] = 0;
    }
}

void machine_reset(const struct machine *machine, bool watch)
{
    load_cr3(machine->boot_directory);
    clear_boot_directory();
    for (uint32_t i = 0; i < PEEKS; i++)
        boot_table[WINDOW_ENTRY + WINDOW_PEEK + i] = 0;
    adopted = false;
    watched = false;

    fill_frames(machine->free_first, used, 0);
    cleared = used > cleared ? used : cleared;
    if (machine->free_frames > cleared) {
        fill_frames(machine->free_first + cleared, machine->free_frames - cleared, 0);
        cleared = machine->free_frames;
    }
    for (uint32_t slot = 0; slot < slots_used; slot++)
        page_fill(backing[slot], 0);
    used = slots_used = 0;
    now = *machine;
    watched = watch;
}
