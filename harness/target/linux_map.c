/* linux_map.c: segments, which are files in memory, and new regions. */
#define _GNU_SOURCE
#include "linux.h"
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* ---- Segments. ---- */

/* A file in memory of n pages, all zero. */
static bool make_file(struct linux_target *t, struct linux_segment *segment, uint32_t n)
{
    struct stat status;
    segment->file = memfd_create("pagerig", MFD_CLOEXEC);
    if (segment->file >= 0 && ftruncate(segment->file, (off_t)n * LINUX_PAGE) == 0 &&
        fstat(segment->file, &status) == 0) {
        segment->inode = (uint32_t)status.st_ino;
        return true;
    }
    linux_failed(t, "memfd_create: %s", strerror(errno));
    return false;
}

bool linux_make_device(struct linux_target *t)
{
    return make_file(t, &t->device, LINUX_DEVICE_FRAMES);
}

enum end linux_make_segment(struct linux_target *t, const struct op *op, enum op_status *status)
{
    if (op->g >= t->segments || linux_used_segment(t, op->g))
        *status = STATUS_BAD_SLOT;
    else if (op->n == 0 || (uint64_t)op->n * LINUX_PAGE > LINUX_USER_END)
        *status = STATUS_BAD_ARGUMENT;
    else if (t->segments_made == LINUX_SEGMENTS)
        *status = STATUS_NO_MEMORY;
    else if (!make_file(t, &t->segment[op->g], op->n))
        return END_RIG;
    t->segments_made += *status == STATUS_OK;
    return END_RETURNED;
}

/* The kernel keeps the file while something maps it. */
void linux_release(struct linux_segment *segment)
{
    if (segment->file >= 0)
        close(segment->file);
    segment->file = -1;
}

/* A mapping may reach beyond the end of its file in Linux (mmap(2): the effect of accesses there is
 * SIGBUS), and not of its segment here. */
static bool inside_file(int file, uint32_t offset, uint32_t n)
{
    struct stat status;
    return fstat(file, &status) == 0 &&
           ((uint64_t)offset + n) * LINUX_PAGE <= (uint64_t)status.st_size;
}

/* ---- Mapping. ---- */

/* The lowest free place for n pages of the user range, from what the kernel lists; 0: none. */
static uint32_t free_place(struct linux_target *t, uint32_t s, uint32_t n)
{
    struct linux_process *process = &t->space[s];
    uint32_t first = 1, end = (uint32_t)(LINUX_USER_END >> LINUX_PAGE_SHIFT);
    if (!linux_regions(t, process))
        return 0;
    for (uint32_t i = 0; i < process->region_count; i++) {
        if (process->regions[i].first - first >= n)
            return first;
        first = process->regions[i].last + 1;
    }
    return end - first >= n ? first : 0;
}

/* MAP_NORESERVE: what is promised and never touched costs nothing (mmap(2)). */
static enum end map_at(struct linux_target *t, const struct op *op, uint32_t va, int file,
                       bool populate, int *error)
{
    int flags = MAP_FIXED_NOREPLACE | MAP_NORESERVE | (populate ? MAP_POPULATE : 0) |
                (file < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED);
    int rights = op->code == OP_MAP_DEVICE ? PROT_READ | PROT_WRITE : linux_rights(op->prot);
    uint64_t offset = file < 0 ? 0 : (uint64_t)op->x * LINUX_PAGE;
    struct linux_request request = {
        .call = SYS_mmap,
        .arguments = {linux_address(va), (uint64_t)op->n * LINUX_PAGE, (uint64_t)rights,
                      (uint64_t)flags, (uint64_t)-1, offset},
    };
    int64_t result;
    enum end end = linux_call(t, op->s, &request, file, error, &result);
    if (end != END_RETURNED || *error || (uint64_t)result == linux_address(va))
        return end;
    return linux_failed(t, "mmap: mapped at another address than asked");
}

/* An eager map of more pages than a case may have is undone. */
static enum end map_eager(struct linux_target *t, const struct op *op, uint32_t va, int file,
                          int *error)
{
    bool enough = op->n <= LINUX_EAGER_PAGES - t->eager_pages;
    enum end end = map_at(t, op, va, file, enough, error);
    if (end != END_RETURNED || *error)
        return end;
    if (enough) {
        t->eager_pages += op->n;
        return END_RETURNED;
    }
    struct op there = *op;
    there.va = va;
    end = linux_call_range(t, &there, SYS_munmap, 0, error);
    *error = *error ? *error : ENOMEM;
    return end;
}

/* file: -1 for private memory. */
static enum end map(struct linux_target *t, const struct op *op, int file, struct outcome *outcome)
{
    bool any = op->flags & OP_ANY, eager = op->flags & OP_EAGER && op->prot != PROT_NO;
    uint32_t va = op->va;
    int error = 0;
    if (any ? op->n == 0 : !linux_user_range(op->va, op->n))
        outcome->status = STATUS_BAD_ARGUMENT;
    if (file >= 0 && !inside_file(file, op->x, op->n))
        outcome->status = STATUS_BAD_ARGUMENT;
    if (outcome->status != STATUS_OK)
        return END_RETURNED;
    if (any && !(va = free_place(t, op->s, op->n) << LINUX_PAGE_SHIFT)) {
        outcome->status = STATUS_NO_SPACE;
        return t->base.looking;
    }
    enum end end =
        eager ? map_eager(t, op, va, file, &error) : map_at(t, op, va, file, false, &error);
    if (end != END_RETURNED)
        return end;
    if (any && error == EEXIST)
        return linux_failed(t, "mmap: EEXIST where maps shows nothing");
    outcome->va = error ? op->va : va;
    return linux_status(t, "mmap", error, &outcome->status);
}

enum end linux_map(struct linux_target *t, const struct op *op, struct outcome *outcome)
{
    if (!(op->flags & OP_BACKED))
        return map(t, op, -1, outcome);
    if (linux_used_segment(t, op->g))
        return map(t, op, t->segment[op->g].file, outcome);
    outcome->status = STATUS_BAD_SLOT;
    return END_RETURNED;
}

enum end linux_map_device(struct linux_target *t, const struct op *op, struct outcome *outcome)
{
    return map(t, op, t->device.file, outcome);
}
