/* witness.c: uses translations before an operation, so that the processor may keep them, and after
 * it those that were narrowed, moved or removed.  README.md, "Witness". */
#include "parts.h"

static struct {
    uint32_t va, entry; /* entry: by the tables, before */
} pages[WIRE_WITNESS_MAX];
static uint32_t page_count, cr3_before;
static uint32_t recent[2]; /* addresses that programs accessed last */

/* Operations that take nothing away from the current space.  Accesses are not among them: what was
 * deferred is due then. */
enum {
    ONLY_ADDS = 1 << OP_CREATE | 1 << OP_SWITCH | 1 << OP_SEGMENT | 1 << OP_MAP |
                1 << OP_MAP_DEVICE | 1 << OP_FAIL | 1 << OP_CHECK,
};

/* Uses a page as far as its tables allow, which is a write where that is possible.  Page 0 is never
 * mapped: an address in it stands for none. */
static void prime(uint32_t va)
{
    uint32_t word, entry;
    if (va >> PAGE_SHIFT == 0 || va >> PDE_SHIFT >= agent_kernel->facts->user_pdes)
        return;
    for (uint32_t i = 0; i < page_count; i++)
        if (pages[i].va >> PAGE_SHIFT == va >> PAGE_SHIFT)
            return;
    entry = agent_walk(cr3_before, va);
    if (!(entry & ENTRY_USER) || !agent_kernel->touch(va & ~3u, entry & ENTRY_WRITABLE, &word))
        return;
    pages[page_count].va = va & ~3u;
    pages[page_count++].entry = entry;
}

void witness_before(const struct record *record)
{
    const struct op *op = record->op;
    uint32_t vpn = op->va >> PAGE_SHIFT, more = op->n ? op->n - 1 : 0;

    page_count = 0;
    if (!(record->flags & WIRE_WITNESS) || 1u << op->code & ONLY_ADDS)
        return;
    cr3_before = agent_kernel->cr3();
    prime(recent[0]);
    prime(recent[1]);
    if (vpn && agent_kernel->directory(op->s) == cr3_before) {
        prime(op->va);
        prime(more < PAGES - vpn ? (vpn + more) << PAGE_SHIFT : 0);
    }
    if ((op->code == OP_READ || op->code == OP_WRITE) &&
        op->va >> PAGE_SHIFT != recent[0] >> PAGE_SHIFT) {
        recent[1] = recent[0];
        recent[0] = op->va;
    }
}

/* Can the page be used in a way that its tables do not allow, or not so any more? */
static bool is_stale(uint32_t va, uint32_t was)
{
    uint32_t now = agent_walk(cr3_before, va), word;
    uint32_t index = va >> 2 & (PAGE_WORDS - 1);
    if ((was ^ now) >> PAGE_SHIFT == 0 && !(was & ~now & (ENTRY_USER | ENTRY_WRITABLE)))
        return false;
    if (agent_kernel->touch(va, false, &word) &&
        (!(now & ENTRY_USER) || word != agent_peek(now >> PAGE_SHIFT)[index]))
        return true;
    return was & ~now & ENTRY_WRITABLE && agent_kernel->touch(va, true, &word);
}

bool witness_tell(struct output *out)
{
    uint32_t count = 0;
    uint8_t *place = begin_count(out, WIRE_WITNESS_MAX);
    if (page_count && agent_kernel->cr3() != cr3_before)
        page_count = 0;
    for (uint32_t i = 0; i < page_count; i++) {
        if (!is_stale(pages[i].va, pages[i].entry))
            continue;
        put_number(out, pages[i].va >> PAGE_SHIFT);
        count++;
    }
    end_count(out, place, WIRE_WITNESS_MAX, count);
    if (!count)
        out->at = place;
    return count;
}
