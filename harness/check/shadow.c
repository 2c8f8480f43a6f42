/* shadow.c: the page tables as the checker last saw them, and what changed since.
 *
 * Directories and tables are recognised by being named: a space's directory by the target, a table
 * by a directory entry.  Each is watched, copied once, and from then on only words that the journal
 * names are compared.  The whole is compared with memory in all.c. */
#include "check_private.h"
#include <string.h>

static bool is_kernels_own(const struct rig *rig, uint32_t pde)
{
    const uint32_t *own = rig->target->facts.kernel_own_pdes;
    return pde >= own[0] && pde < own[1];
}

static uint32_t seen(uint32_t entry)
{
    return entry & ~(uint32_t)ENTRY_HARDWARE;
}

static void take_role(struct rig *rig, uint32_t pfn, enum role role, uint32_t s, uint32_t pde)
{
    rig->tables[pfn] = (struct table_seen){(uint8_t)role, (uint8_t)s, (uint16_t)pde};
    rig->target->class->watch(rig->target, pfn, true);
    if (pfn >= rig->frames_top)
        rig->frames_top = pfn + 1;
}

static void drop_role(struct rig *rig, uint32_t pfn)
{
    rig->tables[pfn].role = ROLE_NONE;
    rig->target->class->watch(rig->target, pfn, false);
    pages_clear(&rig->shadow, pfn);
}

/* A frame that shall become a table must be RAM that is nothing else. */
static bool usable(struct rig *rig, uint32_t pfn, const char *field)
{
    if (pfn < rig->target->facts.ram_frames && rig->tables[pfn].role == ROLE_NONE)
        return true;
    finding_expected(rig, "a frame of its own");
    finding_actual(rig, "frame %u, which is %s", (unsigned)pfn,
                   pfn < rig->target->facts.ram_frames ? "a table already" : "not RAM");
    return diverged_for_good(rig, ORACLE_FRAMES, field);
}

static void remove_table(struct rig *rig, uint32_t pfn)
{
    rig->table_count--;
    drop_role(rig, pfn);
}

COLD static bool wrong_rights(struct rig *rig, uint32_t s, uint32_t pde, uint32_t entry)
{
    char text[64];
    finding_page(rig, s, pde << rig->target->facts.level_bits);
    finding_actual(rig, "%s", entry_text(entry, text));
    if (!(entry & ENTRY_PRESENT)) {
        finding_expected(rig, "0: the directory entry is not present");
        return diverged_for_good(rig, ORACLE_KERNEL_HALF, "reserved bits");
    }
    finding_expected(rig, "directory entry P W U");
    return diverged_for_good(rig, ORACLE_PROTECTION, "directory entry");
}

/* Directory entry pde of space s, a user's, is new; what it named before is forgotten already. */
static bool user_pde(struct rig *rig, uint32_t s, uint32_t pde, uint32_t new)
{
    uint32_t rights = ENTRY_PRESENT | ENTRY_WRITABLE | ENTRY_USER;
    if (!new)
        return true;
    if ((new &((1u << ENTRY_PFN_SHIFT) - 1)) != rights)
        return wrong_rights(rig, s, pde, new);
    uint32_t pfn = new >> ENTRY_PFN_SHIFT;
    if (!usable(rig, pfn, "table")) {
        finding_page(rig, s, pde << rig->target->facts.level_bits);
        return false;
    }
    take_role(rig, pfn, ROLE_TABLE, s, pde);
    rig->table_count++;
    return shadow_page(rig, pfn);
}

COLD static bool wrong_bits(struct rig *rig, const char *field, uint32_t pfn, uint32_t index,
                            uint32_t entry)
{
    char text[64];
    finding_where(rig, "frame %u entry %u", (unsigned)pfn, (unsigned)index);
    finding_expected(rig, "no bits but P W A D");
    finding_actual(rig, "%s", entry_text(entry, text));
    return diverged(rig, ORACLE_KERNEL_HALF, field);
}

/* No entry of the kernel's half is the user's, or has a reserved bit. */
static bool kernel_bits(struct rig *rig, const char *field, uint32_t pfn, uint32_t index,
                        uint32_t entry)
{
    uint32_t known = ENTRY_PRESENT | ENTRY_WRITABLE | ENTRY_HARDWARE;
    bool good = !((entry & ((1u << ENTRY_PFN_SHIFT) - 1)) & ~known);
    return good || wrong_bits(rig, field, pfn, index, entry);
}

bool shadow_kernel_table(struct rig *rig, uint32_t pfn)
{
    const struct pages *ram = &rig->target->ram;
    for (uint32_t i = 0; (i = pages_next(ram, pfn, i)) >> ram->level_bits == 0; i++)
        if (!kernel_bits(rig, "bits of a kernel page", pfn, i, pages_get(ram, pfn, i)))
            return false;
    return true;
}

COLD static bool wrong_kernel_pde(struct rig *rig, uint32_t s, uint32_t pde, uint32_t want,
                                  uint32_t new)
{
    char text[2][64];
    finding_where(rig, "s%u directory entry %u", (unsigned)s, (unsigned)pde);
    finding_expected(rig, "%s", entry_text(want, text[0]));
    finding_actual(rig, "%s", entry_text(new, text[1]));
    return diverged(rig, ORACLE_KERNEL_HALF, "directory entry");
}

/* The kernel's half is the same in all directories, but for what a directory says of itself. */
static bool kernel_pde(struct rig *rig, uint32_t s, uint32_t pde, uint32_t new)
{
    uint32_t want = seen(pages_get(&rig->target->ram, rig->target->facts.boot_directory, pde));
    if (!kernel_bits(rig, "bits of a directory entry", rig->spaces[s].directory, pde, new))
        return false;
    return is_kernels_own(rig, pde) || new == want || wrong_kernel_pde(rig, s, pde, want, new);
}

/* A table that was dropped may be in use elsewhere after the same operation, so all tables that
 * directories no longer name are forgotten before any new one is looked at. */
void shadow_word_gone(struct rig *rig, uint32_t pfn, uint32_t index)
{
    if (rig->tables[pfn].role != ROLE_DIRECTORY || index >= rig->target->facts.user_pdes)
        return;
    uint32_t old = pages_get(&rig->shadow, pfn, index);
    if (!(old & ENTRY_PRESENT) || old == seen(pages_get(&rig->target->ram, pfn, index)))
        return;
    remove_table(rig, old >> ENTRY_PFN_SHIFT);
    pages_set(&rig->shadow, pfn, index, 0);
}

void shadow_page_gone(struct rig *rig, uint32_t pfn)
{
    uint32_t user_pdes = rig->target->facts.user_pdes;
    for (uint32_t i = 0; (i = pages_next(&rig->shadow, pfn, i)) < user_pdes; i++)
        shadow_word_gone(rig, pfn, i);
}

void shadow_tables_gone(struct rig *rig)
{
    for (uint32_t pfn = 0; pfn < rig->frames_top; pfn++)
        if (rig->tables[pfn].role == ROLE_DIRECTORY)
            shadow_page_gone(rig, pfn);
}

bool shadow_word(struct rig *rig, uint32_t pfn, uint32_t index)
{
    struct table_seen table = rig->tables[pfn];
    uint32_t new = seen(pages_get(&rig->target->ram, pfn, index));
    uint32_t old = pages_get(&rig->shadow, pfn, index);
    if (old == new || table.role == ROLE_NONE)
        return true;
    pages_set(&rig->shadow, pfn, index, new);
    if (table.role == ROLE_TABLE)
        return entry_changed(rig, table.space,
                             (uint32_t)table.pde << rig->shadow.level_bits | index, new);
    if (table.role == ROLE_KERNEL)
        return true; /* windows; seen by what they are used for */
    if (index < rig->target->facts.user_pdes)
        return user_pde(rig, table.space, index, new);
    return kernel_pde(rig, table.space, index, new);
}

/* Compares the words of one group whose bits are set. */
static bool shadow_group(struct rig *rig, uint32_t pfn, uint32_t group, uint64_t bits)
{
    for (; bits; bits &= bits - 1) {
        uint32_t index = group * 64 + (uint32_t)__builtin_ctzll(bits);
        uint32_t new = seen(pages_get(&rig->target->ram, pfn, index));
        if (new != pages_get(&rig->shadow, pfn, index) && !shadow_word(rig, pfn, index))
            return false;
    }
    return true;
}

/* First the words that are in memory, then those that have become zero. */
bool shadow_page(struct rig *rig, uint32_t pfn)
{
    const struct pages *ram = &rig->target->ram, *shadow = &rig->shadow;
    for (uint32_t rest = ram->summary[pfn]; rest; rest &= rest - 1) {
        uint32_t group = (uint32_t)__builtin_ctz(rest);
        if (!shadow_group(rig, pfn, group, pages_groups(ram, pfn)[group]))
            return false;
    }
    for (uint32_t rest = shadow->summary[pfn]; rest; rest &= rest - 1) {
        uint32_t group = (uint32_t)__builtin_ctz(rest);
        uint64_t gone = pages_groups(shadow, pfn)[group] & ~pages_groups(ram, pfn)[group];
        if (!shadow_group(rig, pfn, group, gone))
            return false;
    }
    return true;
}

/* Compares the kernel's half entry by entry, since an entry that is missing changes nothing. */
static bool kernel_half(struct rig *rig, uint32_t s)
{
    const struct pages *ram = &rig->target->ram;
    uint32_t boot = rig->target->facts.boot_directory, words = 1u << ram->level_bits;
    uint32_t directory = rig->spaces[s].directory;
    for (uint32_t i = rig->target->facts.user_pdes; (i = pages_next(ram, boot, i)) < words; i++)
        if (!kernel_pde(rig, s, i, seen(pages_get(ram, directory, i))))
            return false;
    return true;
}

bool shadow_add_space(struct rig *rig, uint32_t s)
{
    uint32_t directory = rig->target->class->directory(rig->target, s);
    if (!usable(rig, directory, "directory")) {
        finding_where(rig, "s%u directory", (unsigned)s);
        return false;
    }
    rig->spaces[s].exists = true;
    rig->spaces[s].directory = directory;
    rig->directories++;
    take_role(rig, directory, ROLE_DIRECTORY, s, 0);
    return shadow_page(rig, directory) && kernel_half(rig, s);
}

void shadow_remove_space(struct rig *rig, uint32_t s)
{
    uint32_t directory = rig->spaces[s].directory, user_pdes = rig->target->facts.user_pdes;
    for (uint32_t pde = 0; (pde = pages_next(&rig->shadow, directory, pde)) < user_pdes; pde++)
        remove_table(rig, pages_get(&rig->shadow, directory, pde) >> ENTRY_PFN_SHIFT);
    drop_role(rig, directory);
    rig->directories--;
    rig->spaces[s].exists = false;
}

/* Back to knowing nothing. */
void shadow_forget(struct rig *rig)
{
    for (uint32_t pfn = 0; pfn < rig->frames_top; pfn++)
        pages_clear(&rig->shadow, pfn);
    memset(rig->tables, 0, rig->frames_top * sizeof *rig->tables);
    memset(rig->identity_of, 0, rig->frames_top * sizeof *rig->identity_of);
    memset(rig->frame_of, 0, rig->identities_top * sizeof *rig->frame_of);
    for (uint32_t s = 0; s < OP_SLOTS; s++)
        rig->spaces[s].exists = false;
    rig->directories = rig->table_count = 0;
    rig->frames_top = rig->identities_top = 0;
}

static bool wrong_at_boot(struct rig *rig, uint32_t pde)
{
    finding_where(rig, "boot directory entry %u", (unsigned)pde);
    finding_expected(rig, "not present: user addresses");
    finding_actual(rig, "present");
    return diverged(rig, ORACLE_KERNEL_HALF, "boot directory");
}

/* The frames that the boot directory's kernel half names. */
bool shadow_kernel(struct rig *rig)
{
    const struct pages *ram = &rig->target->ram;
    uint32_t boot = rig->target->facts.boot_directory, words = 1u << ram->level_bits;
    for (uint32_t i = 0; (i = pages_next(ram, boot, i)) < words; i++) {
        uint32_t entry = pages_get(ram, boot, i), pfn = entry >> ENTRY_PFN_SHIFT;
        if (i >= rig->target->facts.user_pdes &&
            !kernel_bits(rig, "bits of a directory entry", boot, i, entry))
            return false;
        if (is_kernels_own(rig, i))
            continue;
        if (i < rig->target->facts.user_pdes)
            return wrong_at_boot(rig, i);
        if (!usable(rig, pfn, "kernel table"))
            return false;
        rig->tables[pfn].role = ROLE_KERNEL;
        if (pfn >= rig->frames_top)
            rig->frames_top = pfn + 1;
    }
    return true;
}

uint32_t shadow_entry(const struct rig *rig, uint32_t s, uint32_t vpn)
{
    uint32_t level_bits = rig->shadow.level_bits;
    uint32_t pde = pages_get(&rig->shadow, rig->spaces[s].directory, vpn >> level_bits);
    if (!(pde & ENTRY_PRESENT))
        return 0;
    return pages_get(&rig->shadow, pde >> ENTRY_PFN_SHIFT, vpn & ((1u << level_bits) - 1));
}

static bool judge_range(struct rig *rig, uint32_t s, uint32_t first, uint32_t last)
{
    const struct pages *shadow = &rig->shadow;
    uint32_t level_bits = shadow->level_bits, words = 1u << level_bits;
    uint32_t directory = rig->spaces[s].directory, pde = first >> level_bits;
    for (; (pde = pages_next(shadow, directory, pde)) <= last >> level_bits; pde++) {
        uint32_t table = pages_get(shadow, directory, pde) >> ENTRY_PFN_SHIFT;
        uint32_t low = pde == first >> level_bits ? first & (words - 1) : 0;
        for (uint32_t i = low; (i = pages_next(shadow, table, i)) < words; i++) {
            uint32_t vpn = pde << level_bits | i;
            if (vpn > last)
                break;
            if (!entry_judge(rig, s, vpn, pages_get(shadow, table, i)))
                return false;
        }
    }
    return true;
}

/* Mostly it is the page of an access. */
bool shadow_judge(struct rig *rig, uint32_t s, uint32_t first, uint32_t last)
{
    if (first != last)
        return judge_range(rig, s, first, last);
    uint32_t entry = shadow_entry(rig, s, first);
    return !entry || entry_judge(rig, s, first, entry);
}
