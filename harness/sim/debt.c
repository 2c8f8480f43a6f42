/* debt.c: the obligation to flush, Intel SDM vol. 3A, 4.10.4.2 and 4.10.4.3.
 *
 * An entry of a table that the directory in CR3 names (by several entries perhaps: through a
 * recursive self-map the directory is a table too, and another space's directory is one while it is
 * borrowed) stands for one page under each of these entries.  When it is removed, moved or
 * narrowed, each of these pages owes an INVLPG.
 *
 * An entry of the directory stands for all pages that have a translation through it, and each owes
 * an INVLPG; besides, the entry itself may be cached (4.10.3), and any INVLPG drops such entries
 * whatever its address, so even a directory entry whose table is empty owes at least one.
 *
 * A load of CR3 pays everything.
 *
 * Accessed bits play no part: the processor may load translations into the TLB at any time, without
 * the program having used them (4.10.2.3). */
#include "sim_private.h"

static bool set_has(const struct sparse_set *set, uint32_t n)
{
    return set->position[n] < set->count && set->member[set->position[n]] == n;
}

static void set_add(struct sparse_set *set, uint32_t n)
{
    if (set_has(set, n))
        return;
    set->member[set->count] = n;
    set->position[n] = set->count++;
}

static void set_remove(struct sparse_set *set, uint32_t n)
{
    if (!set_has(set, n))
        return;
    uint32_t last = set->member[--set->count];
    set->member[set->position[n]] = last;
    set->position[last] = set->position[n];
}

/* All pages that have a translation through entry `index` of the directory in CR3. */
static void owe_table(struct sim *sim, uint32_t index)
{
    struct sim_private *p = sim->private;
    uint32_t pde = pages_get(&sim->ram, p->kept->cr3, index);
    pfn_t table = pde >> PTE_PFN_SHIFT;
    set_add(&p->owed_tables, index);
    if (table >= sim->config.ram_frames)
        return;
    for (uint32_t i = pages_next(&sim->ram, table, 0); i <= p->index_mask;
         i = pages_next(&sim->ram, table, i + 1))
        if (pages_get(&sim->ram, table, i) & PTE_PRESENT)
            set_add(&p->owed_pages, index << sim->ram.level_bits | i);
}

/* Goes over the entries by which the directory in CR3 names a frame as a table.  Asked at every
 * store that narrows something, so it looks at the words that are not zero, once, without asking
 * for them one by one. */
struct naming {
    const uint32_t *words;
    const uint64_t *groups;
    uint32_t summary, group; /* groups to come, and the one that */
    uint64_t bits;           /* these are left of */
};

static struct naming naming_begin(const struct sim *sim)
{
    pfn_t directory = sim->private->kept->cr3;
    return (struct naming){.words = pages_words(&sim->ram, directory),
                           .groups = pages_groups(&sim->ram, directory),
                           .summary = sim->ram.summary[directory]};
}

/* False: there are no more. */
static inline bool naming_next(struct naming *n, pfn_t pfn, uint32_t *index)
{
    const uint32_t mask = ~0u << PTE_PFN_SHIFT | PTE_PRESENT;
    for (;;) {
        while (n->bits) {
            *index = n->group * 64 + (uint32_t)__builtin_ctzll(n->bits);
            n->bits &= n->bits - 1;
            if ((n->words[*index] & mask) == (pfn << PTE_PFN_SHIFT | PTE_PRESENT))
                return true;
        }
        if (!n->summary)
            return false;
        n->group = (uint32_t)__builtin_ctz(n->summary);
        n->summary &= n->summary - 1;
        n->bits = n->groups[n->group];
    }
}

void debt_word(struct sim *sim, pfn_t pfn, uint32_t index)
{
    struct sim_private *p = sim->private;
    uint32_t pde;
    if (!p->kept->paging || sim->config.no_debt)
        return;
    if (pfn == p->kept->cr3)
        owe_table(sim, index);
    for (struct naming n = naming_begin(sim); naming_next(&n, pfn, &pde);)
        set_add(&p->owed_pages, pde << sim->ram.level_bits | index);
}

/* All words of a frame are about to become those of a page of `with`; NULL: zero. */
void debt_page(struct sim *sim, pfn_t pfn, const struct pages *with, uint32_t page)
{
    struct sim_private *p = sim->private;
    if (pages_empty(&sim->ram, pfn) || sim->config.no_debt)
        return;
    struct naming n = naming_begin(sim);
    uint32_t pde;
    if (pfn != p->kept->cr3 && !naming_next(&n, pfn, &pde))
        return;
    for (uint32_t i = pages_next(&sim->ram, pfn, 0); i <= p->index_mask;
         i = pages_next(&sim->ram, pfn, i + 1))
        if (debt_narrows(pages_get(&sim->ram, pfn, i), with ? pages_get(with, page, i) : 0))
            debt_word(sim, pfn, i);
}

void debt_invlpg(struct sim *sim, vpn_t vpn)
{
    set_remove(&sim->private->owed_pages, vpn);
    sim->private->owed_tables.count = 0;
}

bool debt_owed(const struct sim *sim, vpn_t vpn)
{
    const struct sim_private *p = sim->private;
    return set_has(&p->owed_pages, vpn) || set_has(&p->owed_tables, vpn >> sim->ram.level_bits);
}

uint32_t sim_debt(const struct sim *sim, vpn_t *vpn)
{
    const struct sim_private *p = sim->private;
    if (p->owed_pages.count)
        *vpn = p->owed_pages.member[0];
    else if (p->owed_tables.count)
        *vpn = p->owed_tables.member[0] << sim->ram.level_bits;
    return p->owed_pages.count + p->owed_tables.count;
}

void sim_debt_clear(struct sim *sim)
{
    sim->private->owed_pages.count = 0;
    sim->private->owed_tables.count = 0;
}
