/* linux_run.c: one operation, in terms of Linux, and what Linux answers in terms of vmm/vmm.h.
 *
 * Whatever Linux defines is asked of Linux: overlap (MAP_FIXED_NOREPLACE), coverage (msync),
 * alignment (EINVAL), rights (a real access).  What it leaves open is answered as vmm.h says:
 * slots, the user range, empty ranges, the ends of segments, and that a page of the device is not
 * evicted. README.md lists these with their citations. */
#define _GNU_SOURCE
#include "linux.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT 21 /* madvise(2), since Linux 5.4 */
#endif

/* ---- What the contract says and Linux does not. ---- */

static bool used_space(const struct linux_target *t, uint32_t s)
{
    return s < t->spaces && t->space[s].pid;
}

bool linux_user_range(uint32_t va, uint32_t n)
{
    return n != 0 && va >= LINUX_PAGE && va + (uint64_t)n * LINUX_PAGE <= LINUX_USER_END;
}

/* ---- Asking. ---- */

enum end linux_call(struct linux_target *t, uint32_t s, struct linux_request *request, int file,
                    int *error, int64_t *result)
{
    struct linux_answer answer;
    request->deed = LINUX_CALL;
    enum end end = linux_ask(t, &t->space[s], request, file, &answer);
    if (end != END_RETURNED)
        return end;
    *error = answer.error;
    if (result)
        *result = answer.result;
    return END_RETURNED;
}

enum end linux_call_range(struct linux_target *t, const struct op *op, uint32_t number,
                          uint64_t last, int *error)
{
    uint64_t n = op->code == OP_EVICT ? 1 : op->n;
    struct linux_request request = {.call = number,
                                    .arguments = {linux_address(op->va), n * LINUX_PAGE, last}};
    return linux_call(t, op->s, &request, -1, error, NULL);
}

enum end linux_status(struct linux_target *t, const char *call, int error, enum op_status *status)
{
    switch (error) {
    case 0:
        *status = STATUS_OK;
        return END_RETURNED;
    case EINVAL:
        *status = STATUS_BAD_ARGUMENT;
        return END_RETURNED;
    case EEXIST:
        *status = STATUS_EXISTS;
        return END_RETURNED;
    case EFAULT:
        *status = STATUS_FAULT;
        return END_RETURNED;
    case ENOMEM:
        *status = STATUS_NO_MEMORY;
        return END_RETURNED;
    default:
        return linux_failed(t, "%s: %s", call, strerror(error));
    }
}

int linux_rights(uint8_t prot)
{
    static const int rights[PROTS] = {
        [PROT_NO] = PROT_NONE, [PROT_R] = PROT_READ, [PROT_RW] = PROT_READ | PROT_WRITE};
    return rights[prot];
}

/* ---- Ranges. ---- */

static enum end unmap(struct linux_target *t, const struct op *op, enum op_status *status)
{
    int error = EINVAL;
    enum end end = END_RETURNED;
    if (linux_user_range(op->va, op->n))
        end = linux_call_range(t, op, SYS_munmap, 0, &error);
    return end == END_RETURNED ? linux_status(t, "munmap", error, status) : end;
}

/* msync(2): ENOMEM when the memory, or part of it, is not mapped; MS_ASYNC does nothing else. */
static enum end all_mapped(struct linux_target *t, const struct op *op, enum op_status *status)
{
    int error;
    enum end end = linux_call_range(t, op, SYS_msync, MS_ASYNC, &error);
    if (end == END_RETURNED && error == ENOMEM) {
        *status = STATUS_NOT_MAPPED;
        return END_RETURNED;
    }
    return end == END_RETURNED ? linux_status(t, "msync", error, status) : end;
}

/* mprotect(2) would change what is before a hole and fail at it, so it is asked only about what is
 * all mapped. */
static enum end protect(struct linux_target *t, const struct op *op, enum op_status *status)
{
    int error;
    if (!linux_user_range(op->va, op->n)) {
        *status = STATUS_BAD_ARGUMENT;
        return END_RETURNED;
    }
    enum end end = all_mapped(t, op, status);
    if (end != END_RETURNED || *status != STATUS_OK)
        return end;
    end = linux_call_range(t, op, SYS_mprotect, (uint64_t)linux_rights(op->prot), &error);
    return end == END_RETURNED ? linux_status(t, "mprotect", error, status) : end;
}

/* MADV_PAGEOUT is advice: a page goes if there is swap, and the kernel may say EINVAL.  Either way
 * nothing else may change. */
static enum end evict(struct linux_target *t, const struct op *op, enum op_status *status)
{
    uint32_t vpn = op->va >> LINUX_PAGE_SHIFT;
    int error;
    *status = STATUS_BAD_ARGUMENT;
    if (!linux_user_range(op->va, 1))
        return END_RETURNED;
    const struct region_view *region = linux_region(t, &t->space[op->s], vpn);
    if (t->base.looking != END_RETURNED)
        return t->base.looking;
    if (region && region->first <= vpn && region->backing == BACKING_DEVICE)
        return END_RETURNED;
    *status = STATUS_OK;
    enum end end = all_mapped(t, op, status);
    if (end != END_RETURNED || *status != STATUS_OK)
        return end;
    return linux_call_range(t, op, SYS_madvise, MADV_PAGEOUT, &error);
}

/* madvise(2), MADV_DONTNEED: of shared mappings only the translations go, and accesses build them
 * again; of private ones the content would. */
static enum end discard(struct linux_target *t, uint32_t s)
{
    struct linux_process *process = &t->space[s];
    enum end end = linux_regions(t, process) ? END_RETURNED : t->base.looking;
    for (uint32_t i = 0; end == END_RETURNED && i < process->region_count; i++) {
        const struct region_view *region = &process->regions[i];
        struct op range = {.s = (uint8_t)s,
                           .va = region->first << LINUX_PAGE_SHIFT,
                           .n = region->last - region->first + 1};
        int error = 0;
        if (region->backing != BACKING_PRIVATE)
            end = linux_call_range(t, &range, SYS_madvise, MADV_DONTNEED, &error);
        if (end == END_RETURNED && error)
            end = linux_failed(t, "madvise: %s", strerror(error));
    }
    return end;
}

/* ---- Accesses. ---- */

static enum end access_word(struct linux_target *t, const struct op *op, struct outcome *outcome)
{
    static const uint32_t deeds[OP_CODES] = {
        [OP_READ] = LINUX_LOAD,
        [OP_WRITE] = LINUX_STORE,
        [OP_COPY_IN] = LINUX_COPY_IN,
        [OP_COPY_OUT] = LINUX_COPY_OUT,
    };
    struct linux_request request = {.deed = deeds[op->code],
                                    .arguments = {linux_address(op->va), op->x}};
    struct linux_answer answer;
    enum end end = linux_ask(t, &t->space[op->s], &request, -1, &answer);
    if (end != END_RETURNED)
        return end;
    outcome->word = answer.word;
    if (!answer.faulted)
        return linux_status(t, "pread or pwrite", answer.error, &outcome->status);
    outcome->status = STATUS_FAULT;
    outcome->faults = 1;
    outcome->error = answer.fault_error;
    outcome->cr2 = (uint32_t)(answer.fault_address - LINUX_BASE);
    if (answer.fault_address - LINUX_BASE < LINUX_RANGE)
        return END_RETURNED;
    return linux_failed(t, "a fault at %#llx", (unsigned long long)answer.fault_address);
}

/* ---- Operations. ---- */

static enum end fork_space(struct linux_target *t, struct linux_process *from, uint32_t s,
                           enum op_status *status)
{
    if (s < t->spaces && !t->space[s].pid)
        return linux_fork(t, from, &t->space[s]) ? END_RETURNED : END_RIG;
    *status = STATUS_BAD_SLOT;
    return END_RETURNED;
}

/* The space is in use.  switch and commit are when a VMM may do work, and Linux has its own
 * times. */
static enum end in_space(struct linux_target *t, const struct op *op, struct outcome *outcome)
{
    switch ((enum op_code)op->code) {
    case OP_DESTROY:
        linux_end(&t->space[op->s]);
        return END_RETURNED;
    case OP_FORK:
        return fork_space(t, &t->space[op->s], op->t, &outcome->status);
    case OP_MAP:
        return linux_map(t, op, outcome);
    case OP_MAP_DEVICE:
        return linux_map_device(t, op, outcome);
    case OP_UNMAP:
        return unmap(t, op, &outcome->status);
    case OP_PROTECT:
        return protect(t, op, &outcome->status);
    case OP_EVICT:
        return evict(t, op, &outcome->status);
    case OP_DISCARD:
        return discard(t, op->s);
    case OP_READ:
    case OP_WRITE:
    case OP_COPY_IN:
    case OP_COPY_OUT:
        return access_word(t, op, outcome);
    default:
        return END_RETURNED;
    }
}

/* What Linux's memory management is not told of: a fail that does not happen is right as well. */
enum end linux_run(struct target *target, const struct op *op, struct outcome *outcome)
{
    struct linux_target *t = linux_of(target);
    enum end end = END_RETURNED;
    *outcome = (struct outcome){.status = STATUS_OK, .va = op->va};
    switch ((enum op_code)op->code) {
    case OP_CREATE:
        end = fork_space(t, &t->template, op->s, &outcome->status);
        break;
    case OP_SEGMENT:
        end = linux_make_segment(t, op, &outcome->status);
        break;
    case OP_RELEASE:
        if (linux_used_segment(t, op->g))
            linux_release(&t->segment[op->g]);
        else
            outcome->status = STATUS_BAD_SLOT;
        break;
    case OP_FAIL:
    case OP_CHECK:
        break;
    default:
        if (used_space(t, op->s))
            end = in_space(t, op, outcome);
        else
            outcome->status = STATUS_BAD_SLOT;
        break;
    }
    linux_look_again(t);
    return end;
}
