/* witness.c: uses translations before an operation, so that the processor may keep them, and again
 * after it.  README.md, "Witness". */
#include "parts.h"

static struct {
    uint32_t va, word, flags;
} pages[WIRE_WITNESS_MAX];
static uint32_t page_count, cr3_before;
static uint32_t recent[2]; /* addresses that programs accessed last */

/* Operations that take nothing away from the current space.  Accesses are not among them: what was
 * deferred is due then. */
enum {
    ONLY_ADDS = 1 << OP_CREATE | 1 << OP_SWITCH | 1 << OP_SEGMENT | 1 << OP_MAP |
                1 << OP_MAP_DEVICE | 1 << OP_FAIL | 1 << OP_CHECK,
};

/* Page 0 is never mapped: an address in it stands for none. */
static void add(const struct agent_kernel *kernel, uint32_t va)
{
    if (va >> PAGE_SHIFT == 0 || va >> PDE_SHIFT >= kernel->user_pdes)
        return;
    for (uint32_t i = 0; i < page_count; i++)
        if (pages[i].va >> PAGE_SHIFT == va >> PAGE_SHIFT)
            return;
    pages[page_count++].va = va & ~3u;
}

/* Uses the pages; those that cannot be used are dropped. */
static void prime(const struct agent_kernel *kernel)
{
    uint32_t word, count = page_count;
    page_count = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t va = pages[i].va;
        bool writable = kernel->touch(va, true, &word);
        if (!writable && !kernel->touch(va, false, &word))
            continue;
        pages[page_count].va = va;
        pages[page_count++].flags = WIRE_PRIMED_READ | (writable ? WIRE_PRIMED_WRITE : 0);
    }
}

void witness_before(const struct record *record)
{
    const struct agent_kernel *kernel = record->kernel;
    const struct op *op = record->op;
    uint32_t vpn = op->va >> PAGE_SHIFT, more = op->n ? op->n - 1 : 0;

    page_count = 0;
    if (!(record->flags & WIRE_WITNESS) || 1u << op->code & ONLY_ADDS)
        return;
    cr3_before = kernel->cr3();
    add(kernel, recent[0]);
    add(kernel, recent[1]);
    if (vpn && kernel->directory(op->s) == cr3_before) {
        add(kernel, op->va);
        add(kernel, more < PAGES - vpn ? (vpn + more) << PAGE_SHIFT : 0);
    }
    prime(kernel);
    if ((op->code == OP_READ || op->code == OP_WRITE) &&
        op->va >> PAGE_SHIFT != recent[0] >> PAGE_SHIFT) {
        recent[1] = recent[0];
        recent[0] = op->va;
    }
}

void witness_after(const struct record *record)
{
    const struct agent_kernel *kernel = record->kernel;
    if (page_count && kernel->cr3() != cr3_before)
        page_count = 0;
    for (uint32_t i = 0; i < page_count; i++) {
        uint32_t ignored;
        pages[i].word = 0;
        if (kernel->touch(pages[i].va, false, &pages[i].word))
            pages[i].flags |= WIRE_STILL_READ;
        if (pages[i].flags & WIRE_PRIMED_WRITE && kernel->touch(pages[i].va, true, &ignored))
            pages[i].flags |= WIRE_STILL_WRITE;
    }
}

bool witness_tell(struct output *out)
{
    if (!page_count)
        return false;
    put_byte(out, page_count);
    for (uint32_t i = 0; i < page_count; i++) {
        put_address(out, pages[i].va);
        put_byte(out, pages[i].flags);
        put_number(out, pages[i].flags & WIRE_STILL_READ ? pages[i].word : 0);
    }
    return true;
}
