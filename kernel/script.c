/* script.c: a fixed sequence of operations on a new VMM, with what each must come to.  Programs'
 * accesses are made in ring 3; error codes and CR2 are the processor's.
 *
 * A translation that an operation takes away was used just before, so that the TLB may hold it. */
#include "script.h"

enum {
    BASE = 0x00400000 - 2 * PAGE_BYTES, /* four pages, across the edge of a table */
    SHARED = 0x10000000,
    MIRROR = 0xbffff000 - PAGE_BYTES, /* up to the last user page */
    DEVICE = 0x20000000,
    HOLE = 0x30000000,
};

/* Of a page fault in ring 3. */
enum {
    READ_ABSENT = FAULT_USER,
    WRITE_ABSENT = FAULT_USER | FAULT_WRITE,
    READ_DENIED = FAULT_USER | FAULT_PRESENT,
    WRITE_DENIED = FAULT_USER | FAULT_WRITE | FAULT_PRESENT,
};

struct script {
    struct vmm *vmm;
    const struct machine *machine;
    bool cow, lazy;
    uint32_t current; /* the space in CR3; UINT32_MAX: none yet */
};

static bool fail(const char *condition, uint32_t line)
{
    print("# script.c:%u: not so: %s\n", line, condition);
    return false;
}

/* Leaves the function that is tested: what follows would make no sense. */
#define EXPECT(condition)                                                                          \
    do {                                                                                           \
        if (!(condition))                                                                          \
            return fail(#condition, __LINE__);                                                     \
    } while (0)

/* ---- A program's accesses. ---- */

/* One fault brings the page in; an access that still faults after this many is not getting on. */
enum { FAULTS_MAX = 6 };

/* What came of one: faults: how many it took, and of the last one the error code and CR2. */
struct access {
    enum vmm_status status;
    uint32_t word; /* that was read */
    uint32_t faults, error;
    va_t cr2;
};

static struct access now;
static struct vmm *repairing;

static bool repair(va_t cr2, uint32_t error)
{
    now.faults++;
    now.error = error;
    now.cr2 = cr2;
    now.status = vmm_fault(repairing, cr2, error);
    return !now.status && now.faults < FAULTS_MAX;
}

static struct access make_access(struct script *script, uint32_t s, enum probe_kind kind, va_t va,
                                 uint32_t word)
{
    if (script->current == s)
        vmm_commit(script->vmm, s); /* as update=deferred asks of whoever runs a program */
    else
        vmm_switch(script->vmm, s);
    script->current = s;
    now = (struct access){.status = VMM_OK};
    repairing = script->vmm;
    if (probe_access(kind, va, &word, repair))
        now.word = word;
    return now;
}

static struct access access_read(struct script *script, uint32_t s, va_t va)
{
    return make_access(script, s, PROBE_READ, va, 0);
}

static struct access access_write(struct script *script, uint32_t s, va_t va, uint32_t word)
{
    return make_access(script, s, PROBE_WRITE, va, word);
}

/* Reads word, however many faults that takes. */
static bool reads(struct script *script, uint32_t s, va_t va, uint32_t word)
{
    struct access access = access_read(script, s, va);
    return access.status == VMM_OK && access.word == word;
}

static bool writes(struct script *script, uint32_t s, va_t va, uint32_t word)
{
    return access_write(script, s, va, word).status == VMM_OK;
}

/* Was refused, after one fault with this error code at this very address. */
static bool refused(struct access access, uint32_t error, va_t va)
{
    return access.status == VMM_FAULT && access.faults == 1 && access.error == error &&
           access.cr2 == va;
}

/* Succeeded after one such fault. */
static bool repaired(struct access access, uint32_t error, va_t va)
{
    return access.status == VMM_OK && access.faults == 1 && access.error == error &&
           access.cr2 == va;
}

static enum vmm_status map(struct script *script, uint32_t s, va_t va, uint32_t n_pages,
                           enum vmm_prot prot, unsigned flags)
{
    return vmm_map(script->vmm, s, &va, n_pages, prot, flags, 0, 0);
}

/* Ring 3 is shut out of the kernel's addresses. */
static bool kernel_is_closed(void)
{
    uint32_t bits = machine_directory()[KERNEL_PDE];
    for (uint32_t i = 0; i < ENTRIES; i++)
        bits |= boot_table[i];
    return !(bits & PTE_USER);
}

/* ---- The script. ---- */

static bool test_demand_zero(struct script *script)
{
    struct access access;
    EXPECT(vmm_create(script->vmm, 0) == VMM_OK);
    EXPECT(vmm_create(script->vmm, 0) == VMM_BAD_SLOT);
    EXPECT(map(script, 0, BASE, 4, VMM_PROT_WRITE, 0) == VMM_OK);
    EXPECT(map(script, 0, BASE + 3 * PAGE_BYTES, 4, VMM_PROT_WRITE, 0) == VMM_EXISTS);
    EXPECT(repaired(access_read(script, 0, BASE + 8), READ_ABSENT, BASE + 8));
    EXPECT(reads(script, 0, BASE + 8, 0)); /* the frame held junk */
    EXPECT(kernel_is_closed());
    EXPECT(refused(access_read(script, 0, KERNEL_BASE + KERNEL_LOAD), READ_DENIED,
                   KERNEL_BASE + KERNEL_LOAD));
    EXPECT(refused(access_write(script, 0, (va_t)user_start, 0), WRITE_DENIED, (va_t)user_start));
    EXPECT(kernel_is_closed());
    EXPECT(repaired(access_write(script, 0, BASE + PAGE_BYTES + 4, 1), WRITE_ABSENT,
                    BASE + PAGE_BYTES + 4));
    access = access_write(script, 0, BASE + 8, 2);
    EXPECT(access.status == VMM_OK && access.faults == 0);
    EXPECT(writes(script, 0, BASE + 2 * PAGE_BYTES, 3));
    EXPECT(reads(script, 0, BASE + PAGE_BYTES + 4, 1));
    EXPECT(reads(script, 0, BASE + 8, 2));
    EXPECT(reads(script, 0, BASE + 2 * PAGE_BYTES, 3));
    return true;
}

static bool test_forbidden(struct script *script)
{
    va_t kernel = (va_t)data_start;
    EXPECT(refused(access_read(script, 0, 0), READ_ABSENT, 0));
    EXPECT(refused(access_write(script, 0, HOLE, 1), WRITE_ABSENT, HOLE));
    EXPECT(refused(access_read(script, 0, kernel), READ_DENIED, kernel));
    EXPECT(refused(access_write(script, 0, kernel, 1), WRITE_DENIED, kernel));
    EXPECT(refused(access_write(script, 0, (va_t)user_start, 1), WRITE_DENIED, (va_t)user_start));
    EXPECT(map(script, 0, 0, 1, VMM_PROT_WRITE, 0) == VMM_BAD_ARGUMENT);
    EXPECT(map(script, 0, 0xbffff000, 2, VMM_PROT_WRITE, 0) == VMM_BAD_ARGUMENT);
    return true;
}

static bool test_protect(struct script *script)
{
    struct vmm *vmm = script->vmm;
    EXPECT(writes(script, 0, BASE + 8, 4));
    EXPECT(vmm_protect(vmm, 0, BASE, 2, VMM_PROT_READ) == VMM_OK);
    EXPECT(refused(access_write(script, 0, BASE + 8, 5), WRITE_DENIED, BASE + 8));
    EXPECT(reads(script, 0, BASE + 8, 4));
    EXPECT(vmm_protect(vmm, 0, BASE, 1, VMM_PROT_NONE) == VMM_OK);
    EXPECT(refused(access_read(script, 0, BASE + 8), READ_ABSENT, BASE + 8));
    EXPECT(vmm_protect(vmm, 0, BASE, 5, VMM_PROT_WRITE) == VMM_NOT_MAPPED);
    EXPECT(vmm_protect(vmm, 0, BASE, 4, VMM_PROT_WRITE) == VMM_OK);
    EXPECT(reads(script, 0, BASE + 8, 4));
    EXPECT(writes(script, 0, BASE + 8, 2));
    return true;
}

/* After the child's write only the parent holds the old frame, but its entry is still read-only. */
static bool test_fork(struct script *script)
{
    struct access access;
    EXPECT(vmm_fork(script->vmm, 0, 1) == VMM_OK);
    EXPECT(reads(script, 0, BASE + 8, 2)); /* commits: read-only from here on */
    EXPECT(reads(script, 1, BASE + 8, 2));
    EXPECT(writes(script, 1, BASE + 8, 20));
    EXPECT(reads(script, 1, BASE + 8, 20));
    access = access_write(script, 0, BASE + 8, 21);
    if (script->cow)
        EXPECT(repaired(access, WRITE_DENIED, BASE + 8));
    else
        EXPECT(access.status == VMM_OK && access.faults == 0);
    EXPECT(reads(script, 0, BASE + 8, 21));
    EXPECT(reads(script, 1, BASE + 8, 20));
    EXPECT(writes(script, 0, BASE + PAGE_BYTES + 4, 22)); /* the parent first, this time */
    EXPECT(reads(script, 1, BASE + PAGE_BYTES + 4, 1));
    return true;
}

static bool test_evict(struct script *script)
{
    struct vmm *vmm = script->vmm;
    va_t third = BASE + 2 * PAGE_BYTES; /* shared with the child when fork=cow */
    uint32_t frames;
    EXPECT(reads(script, 1, third, 3));
    EXPECT(reads(script, 0, third, 3));
    frames = vmm_pools(vmm).frames;
    EXPECT(vmm_evict(vmm, 0, third) == VMM_OK);
    EXPECT(vmm_pools(vmm).frames > frames);
    EXPECT(vmm_pools(vmm).slots == BACKING_SLOTS - 1);
    EXPECT(repaired(access_read(script, 0, third), READ_ABSENT, third));
    EXPECT(reads(script, 0, third, 3));
    EXPECT(reads(script, 1, third, 3));
    EXPECT(vmm_pools(vmm).slots == BACKING_SLOTS);
    EXPECT(vmm_evict(vmm, 0, HOLE) == VMM_NOT_MAPPED);
    return true;
}

static bool test_unmap(struct script *script)
{
    EXPECT(writes(script, 0, BASE + 3 * PAGE_BYTES, 30));
    EXPECT(vmm_unmap(script->vmm, 0, BASE + 2 * PAGE_BYTES, 3) == VMM_OK);
    EXPECT(refused(access_write(script, 0, BASE + 3 * PAGE_BYTES, 31), WRITE_ABSENT,
                   BASE + 3 * PAGE_BYTES));
    EXPECT(reads(script, 0, BASE + PAGE_BYTES + 4, 22));
    EXPECT(reads(script, 1, BASE + 2 * PAGE_BYTES, 3));
    EXPECT(map(script, 0, BASE + 2 * PAGE_BYTES, 2, VMM_PROT_READ, VMM_MAP_EAGER) == VMM_OK);
    struct access access = access_read(script, 0, BASE + 3 * PAGE_BYTES);
    EXPECT(access.status == VMM_OK && access.faults == script->lazy && access.word == 0);
    return true;
}

/* One segment in two spaces; it outlives its name. */
static bool test_segment(struct script *script)
{
    struct vmm *vmm = script->vmm;
    EXPECT(vmm_segment(vmm, 0, 4) == VMM_OK);
    EXPECT(map(script, 0, SHARED, 4, VMM_PROT_WRITE, VMM_MAP_SEGMENT) == VMM_OK);
    va_t mirror = MIRROR;
    EXPECT(vmm_map(vmm, 1, &mirror, 2, VMM_PROT_READ, VMM_MAP_SEGMENT, 0, 1) == VMM_OK);
    EXPECT(vmm_map(vmm, 1, &mirror, 2, VMM_PROT_READ, VMM_MAP_SEGMENT, 0, 3) == VMM_BAD_ARGUMENT);
    EXPECT(writes(script, 0, SHARED + PAGE_BYTES, 40));
    EXPECT(reads(script, 1, MIRROR, 40));
    EXPECT(refused(access_write(script, 1, MIRROR, 41), WRITE_DENIED, MIRROR));
    EXPECT(vmm_release(vmm, 0) == VMM_OK);
    EXPECT(vmm_evict(vmm, 1, MIRROR) == VMM_OK);
    EXPECT(reads(script, 0, SHARED + PAGE_BYTES, 40));
    EXPECT(writes(script, 0, SHARED + PAGE_BYTES, 42));
    EXPECT(reads(script, 1, MIRROR, 42));
    return true;
}

static bool test_device(struct script *script)
{
    va_t va = DEVICE, any = 0;
    struct vmm *vmm = script->vmm;
    EXPECT(vmm_map(vmm, 0, &va, 2, VMM_PROT_WRITE, VMM_MAP_DEVICE, 0, 3) == VMM_OK);
    EXPECT(vmm_map(vmm, 1, &any, 1, VMM_PROT_WRITE, VMM_MAP_DEVICE | VMM_MAP_ANY, 0, 4) == VMM_OK);
    EXPECT(writes(script, 0, DEVICE + PAGE_BYTES + 12, 50));
    EXPECT(reads(script, 1, any + 12, 50));
    EXPECT(vmm_evict(vmm, 0, DEVICE) == VMM_BAD_ARGUMENT);
    EXPECT(vmm_unmap(vmm, 0, DEVICE, 2) == VMM_OK);
    EXPECT(refused(access_read(script, 0, DEVICE + PAGE_BYTES), READ_ABSENT, DEVICE + PAGE_BYTES));
    EXPECT(reads(script, 1, any + 12, 50));
    return true;
}

static bool test_discard(struct script *script)
{
    EXPECT(reads(script, 0, BASE + 8, 21));
    uint32_t frames = vmm_pools(script->vmm).frames;
    EXPECT(vmm_discard(script->vmm, 0) == VMM_OK);
    EXPECT(vmm_pools(script->vmm).frames > frames);
    EXPECT(repaired(access_write(script, 0, BASE + 8, 60), WRITE_ABSENT, BASE + 8));
    EXPECT(reads(script, 0, SHARED + PAGE_BYTES, 42));
    EXPECT(reads(script, 1, BASE + 8, 20));
    return true;
}

/* The kernel's own accesses, with the rights of the space. */
static bool test_copy(struct script *script)
{
    struct vmm *vmm = script->vmm;
    uint32_t word = 70;
    EXPECT(vmm_copy(vmm, 1, BASE + 8, &word, true) == VMM_OK);
    EXPECT(reads(script, 1, BASE + 8, 70));
    EXPECT(vmm_copy(vmm, 0, BASE + 8, &word, false) == VMM_OK);
    EXPECT(word == 60);
    EXPECT(vmm_copy(vmm, 1, MIRROR, &word, true) == VMM_FAULT);
    EXPECT(vmm_copy(vmm, 1, (va_t)data_start, &word, false) == VMM_FAULT);
    return true;
}

/* Tables of two spaces are edited in turn while a third is loaded. */
static bool test_others(struct script *script)
{
    struct vmm *vmm = script->vmm;
    EXPECT(vmm_fork(vmm, 0, 2) == VMM_OK);
    EXPECT(writes(script, 1, BASE + 8, 90));
    EXPECT(writes(script, 2, BASE + 8, 91));
    EXPECT(reads(script, 0, BASE + 8, 60));
    EXPECT(vmm_protect(vmm, 1, BASE, 1, VMM_PROT_READ) == VMM_OK);
    EXPECT(vmm_protect(vmm, 2, BASE, 1, VMM_PROT_READ) == VMM_OK);
    EXPECT(refused(access_write(script, 2, BASE + 8, 92), WRITE_DENIED, BASE + 8));
    EXPECT(refused(access_write(script, 1, BASE + 8, 93), WRITE_DENIED, BASE + 8));
    EXPECT(reads(script, 0, BASE + 8, 60));
    EXPECT(vmm_destroy(vmm, 2) == VMM_OK);
    return true;
}

static bool test_no_memory(struct script *script)
{
    struct vmm *vmm = script->vmm;
    EXPECT(map(script, 0, HOLE, 1, VMM_PROT_WRITE, 0) == VMM_OK);
    vmm_fail(vmm, 1, false);
    EXPECT(access_write(script, 0, HOLE, 80).status == VMM_NO_MEMORY);
    EXPECT(writes(script, 0, HOLE, 81));
    EXPECT(map(script, 0, DEVICE, script->machine->free_frames, VMM_PROT_WRITE, VMM_MAP_EAGER) ==
           VMM_NO_MEMORY);
    EXPECT(refused(access_read(script, 0, DEVICE), READ_ABSENT, DEVICE));
    return true;
}

/* All that the VMM was given comes back. */
static bool test_destroy(struct script *script, const struct vmm_pool_view *before)
{
    struct vmm *vmm = script->vmm;
    EXPECT(vmm_destroy(vmm, 0) == VMM_OK);
    EXPECT(machine_read_cr3() == script->machine->boot_directory);
    EXPECT(reads(script, 1, MIRROR, 42));
    EXPECT(vmm_destroy(vmm, 1) == VMM_OK);
    struct vmm_pool_view after = vmm_pools(vmm);
    EXPECT(after.frames == before->frames);
    EXPECT(after.pages == before->pages);
    EXPECT(after.regions == before->regions);
    EXPECT(after.segments == before->segments);
    EXPECT(after.slots == before->slots);
    return true;
}

bool script_run(struct vmm *vmm, const struct machine *machine, const struct vmm_design *design)
{
    static bool (*const tests[])(struct script *) = {
        test_demand_zero, test_forbidden, test_protect, test_fork, test_evict,  test_unmap,
        test_segment,     test_device,    test_discard, test_copy, test_others, test_no_memory,
    };
    struct script script = {vmm, machine, design->fork == VMM_FORK_COW,
                            design->update == VMM_UPDATE_LAZY, UINT32_MAX};
    struct vmm_pool_view before = vmm_pools(vmm);
    for (uint32_t i = 0; i < sizeof tests / sizeof tests[0]; i++) {
        const char *broken;
        if (!tests[i](&script))
            return false;
        if ((broken = vmm_invariant(vmm)))
            return fail(broken, __LINE__);
    }
    return test_destroy(&script, &before);
}
