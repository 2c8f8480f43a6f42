/* linux_look.c: what the kernel says in /proc of a process: its mappings (maps), which pages have a
 * frame (pagemap), and contents (mem).  See proc(5) and Documentation/admin-guide/mm/pagemap.rst.
 *
 * The kernel alone knows; what was read is kept until the next operation. */
#include "linux.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* length: what the read returned.  A process that has ended has no mappings any more. */
static void cannot_look(struct linux_target *t, const char *what, ssize_t length)
{
    t->base.looking =
        linux_failed(t, "%s of a space: %s", what, length < 0 ? strerror(errno) : "cut short");
}

void linux_look_again(struct linux_target *t)
{
    for (uint32_t s = 0; s < OP_SLOTS; s++)
        t->space[s].regions_known = false;
    t->window_space = OP_SLOTS;
}

/* ---- maps. ---- */

/* "rw-p"; anything that was never asked for is no protection at all. */
static uint8_t prot_of(const char rights[5])
{
    if (strncmp(rights, "---", 3) == 0)
        return PROT_NO;
    if (strncmp(rights, "r--", 3) == 0)
        return PROT_R;
    return strncmp(rights, "rw-", 3) == 0 ? PROT_RW : PROTS;
}

/* One line of maps; false: it is behind the user range, so it is the last of interest. */
static bool take_line(struct linux_target *t, struct linux_process *process, const char *line)
{
    unsigned long long from, to, offset, inode;
    char rights[5];
    if (sscanf(line, "%llx-%llx %4s %llx %*s %llu", &from, &to, rights, &offset, &inode) != 5)
        return false;
    if (from < LINUX_BASE || from >= LINUX_BASE + LINUX_RANGE)
        return from < LINUX_BASE;
    if (process->region_count == LINUX_REGIONS_MAX)
        return false;
    struct region_view *view = &process->regions[process->region_count++];
    *view = (struct region_view){
        .first = (uint32_t)((from - LINUX_BASE) >> LINUX_PAGE_SHIFT),
        .last = (uint32_t)((to - LINUX_BASE - 1) >> LINUX_PAGE_SHIFT),
        .prot = prot_of(rights),
        .backing = BACKING_PRIVATE,
    };
    if (rights[3] == 's') {
        view->backing = (uint32_t)inode == t->device.inode ? BACKING_DEVICE : BACKING_SEGMENT;
        view->segment = view->backing == BACKING_SEGMENT ? (uint32_t)inode : 0;
        view->offset = (uint32_t)(offset >> LINUX_PAGE_SHIFT);
    }
    return true;
}

/* Lines are sorted by address; the kernel gives whole lines, about a page at a time. */
bool linux_regions(struct linux_target *t, struct linux_process *process)
{
    char text[3 * LINUX_PAGE + 1];
    size_t held = 0;
    bool more = true;
    if (process->regions_known)
        return true;
    process->region_count = 0;
    lseek(process->maps, 0, SEEK_SET);
    while (more) {
        ssize_t length = read(process->maps, text + held, sizeof text - 1 - held);
        if (length <= 0) { /* before the end of the user range */
            cannot_look(t, "maps", length);
            return false;
        }
        held += (size_t)length;
        text[held] = '\0';
        char *line = text, *end;
        for (; more && (end = strchr(line, '\n')); line = end + 1)
            more = take_line(t, process, line);
        held = strlen(line);
        memmove(text, line, held);
    }
    process->regions_known = true;
    return true;
}

const struct region_view *linux_region(struct linux_target *t, struct linux_process *process,
                                       uint32_t vpn)
{
    if (!linux_regions(t, process))
        return NULL;
    uint32_t low = 0, high = process->region_count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (process->regions[middle].last < vpn)
            low = middle + 1;
        else
            high = middle;
    }
    return low < process->region_count ? &process->regions[low] : NULL;
}

/* ---- pagemap. ---- */

#define PAGEMAP_PRESENT ((uint64_t)1 << 63)
#define PAGEMAP_SWAPPED ((uint64_t)1 << 62)
#define PAGEMAP_FRAME   (((uint64_t)1 << 55) - 1)

static uint32_t entry_frame(uint64_t entry)
{
    return entry & PAGEMAP_PRESENT ? (uint32_t)(entry & PAGEMAP_FRAME) : 0;
}

uint32_t linux_zero_frame(void)
{
    uint64_t entry = 0;
    volatile char *page = mmap(NULL, LINUX_PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    FILE *file = fopen("/proc/self/pagemap", "r");
    if (file && page != MAP_FAILED && page[0] == 0) {
        fseek(file, (long)((uintptr_t)page >> LINUX_PAGE_SHIFT) * (long)sizeof entry, SEEK_SET);
        if (fread(&entry, sizeof entry, 1, file) != 1)
            entry = 0;
    }
    if (file)
        fclose(file);
    if (page != MAP_FAILED)
        munmap((void *)page, LINUX_PAGE);
    return entry_frame(entry);
}

/* Fills the window with the entries from the page on. */
static bool read_window(struct linux_target *t, uint32_t s, uint32_t first)
{
    uint64_t page = (LINUX_BASE >> LINUX_PAGE_SHIFT) + first;
    ssize_t length = pread(t->space[s].pagemap, t->window, sizeof t->window,
                           (off_t)(page * sizeof t->window[0]));
    if (length != (ssize_t)sizeof t->window) {
        cannot_look(t, "pagemap", length);
        return false;
    }
    t->window_space = s;
    t->window_first = first;
    return true;
}

/* The first page of [vpn, last] that is in memory or in swap; UINT32_MAX: none. */
static uint32_t present_in(struct linux_target *t, uint32_t s, uint32_t vpn, uint32_t last)
{
    for (; vpn <= last; vpn++) {
        if (t->window_space != s || vpn < t->window_first || vpn - t->window_first >= LINUX_WINDOW)
            if (!read_window(t, s, vpn))
                return UINT32_MAX;
        if (t->window[vpn - t->window_first] & (PAGEMAP_PRESENT | PAGEMAP_SWAPPED))
            return vpn;
    }
    return UINT32_MAX;
}

uint32_t linux_present(struct target *target, uint32_t s, uint32_t vpn, uint32_t *frame)
{
    struct linux_target *t = linux_of(target);
    const struct region_view *region;
    while ((region = linux_region(t, &t->space[s], vpn))) {
        uint32_t found = present_in(t, s, vpn > region->first ? vpn : region->first, region->last);
        if (found != UINT32_MAX) {
            *frame = entry_frame(t->window[found - t->window_first]);
            if (*frame == t->zero_frame)
                *frame = 0;
            return found;
        }
        if (target->looking != END_RETURNED)
            break;
        vpn = region->last + 1;
    }
    return UINT32_MAX;
}

/* ---- mem: unlike an access it reads whatever the protection is. ---- */

const uint32_t *linux_words(struct target *target, uint32_t s, uint32_t vpn)
{
    struct linux_target *t = linux_of(target);
    off_t address = (off_t)(LINUX_BASE + ((uint64_t)vpn << LINUX_PAGE_SHIFT));
    ssize_t length = pread(t->space[s].memory, t->words, sizeof t->words, address);
    if (length == (ssize_t)sizeof t->words)
        return t->words;
    cannot_look(t, "mem", length);
    return NULL;
}
