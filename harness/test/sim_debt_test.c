/* sim_debt_test.c: what obliges to flush, what pays, and what happens to a VMM that does not.  The
 * obligation needs no TLB, so everything holds for every personality. */
#include "../lib/tap.h"
#include "sim_fixture.h"

static unsigned level_bits;
static enum sim_tlb personality;

/* Outstanding debt is exactly these pages and, besides, `tables` directory entries?  Pays it. */
static bool owes(const struct fixture *f, uint32_t tables, unsigned n, const vpn_t *pages)
{
    vpn_t vpn;
    bool right = sim_debt(f->sim, &vpn) == n + tables;
    for (unsigned i = 0; i < n; i++) {
        uint32_t before = sim_debt(f->sim, &vpn);
        machine_invlpg(va_of(f, pages[i]));
        right &= sim_debt(f->sim, &vpn) == before - 1 - (i == 0 ? tables : 0);
    }
    right &= sim_debt(f->sim, &vpn) == (n ? 0 : tables);
    sim_debt_clear(f->sim);
    return right;
}

static bool owes_nothing(const struct fixture *f)
{
    return owes(f, 0, 0, NULL);
}

#define rule(condition, text)                                                                      \
    ok_if(condition, "%s: L=%u, %s", text, level_bits, personality_names[personality])

static void test_pte_changes(void)
{
    static const struct {
        uint32_t old, new;
        bool owes;
        const char *text;
    } changes[] = {
        {DATA << 12 | P | W | U, 0, true, "removing a page owes a flush"},
        {DATA << 12 | P | W | U, DATA << 12 | W | U, true, "clearing only P owes a flush"},
        {DATA << 12 | P | U, MOVED << 12 | P | U, true, "moving a page owes a flush"},
        {DATA << 12 | P | U, MOVED << 12 | P | W | U, true, "moving and widening owes a flush"},
        {DATA << 12 | P | W | U, DATA << 12 | P | U, true, "taking W owes a flush"},
        {DATA << 12 | P | W | U, DATA << 12 | P | W, true, "taking U owes a flush"},
        {DATA << 12 | P | W, DATA << 12 | P | U, true, "taking W for U owes a flush"},
        {DATA << 12 | P | U, DATA << 12 | P | W | U, false, "giving W owes nothing"},
        {DATA << 12 | P | W, DATA << 12 | P | W | U, false, "giving U owes nothing"},
        {DATA << 12 | P | W | U, DATA << 12 | P | W | U, false, "the same again owes nothing"},
        {DATA << 12 | P | U | A | D, DATA << 12 | P | U, false, "taking A and D owes nothing"},
        {DATA << 12 | P | U, DATA << 12 | P | U | A | D, false, "giving A and D owes nothing"},
        {0, DATA << 12 | P | W | U, false, "a new page owes nothing"},
        {DATA << 12 | W | U, MOVED << 12, false, "changing what is not present owes nothing"},
    };
    struct fixture f = fixture_paging(level_bits, personality);
    vpn_t page = page_at(&f, USER_PDE, 5);
    for (unsigned i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        poke(&f, TABLE, 5, changes[i].old);
        machine_store(kernel_va(&f, TABLE, 5), changes[i].new);
        rule(changes[i].owes ? owes(&f, 0, 1, &page) : owes_nothing(&f), changes[i].text);
    }
    fixture_free(&f);
}

static void test_which_tables(void)
{
    struct fixture f = fixture_paging(level_bits, personality);
    uint32_t slot = f.kernel_pde + 1;
    poke(&f, OTHER, 2, entry(DATA, P | W | U));
    machine_store(kernel_va(&f, OTHER, 2), 0);
    rule(owes_nothing(&f), "a table that only another space has owes nothing");

    poke(&f, DIRECTORY, USER_PDE, entry(TABLE, W | U));
    poke(&f, TABLE, 2, entry(DATA, P | W | U));
    machine_store(kernel_va(&f, TABLE, 2), 0);
    rule(owes_nothing(&f), "a table under a directory entry without P owes nothing");
    poke(&f, DIRECTORY, USER_PDE, entry(TABLE, P | W | U));

    poke(&f, DIRECTORY, USER_PDE + 1, entry(TABLE, P | U));
    poke(&f, TABLE, 2, entry(DATA, P | W | U));
    machine_store(kernel_va(&f, TABLE, 2), 0);
    rule(owes(&f, 0, 2, (vpn_t[]){page_at(&f, USER_PDE, 2), page_at(&f, USER_PDE + 1, 2)}),
         "a table that is named twice owes for both pages");
    poke(&f, DIRECTORY, USER_PDE + 1, 0);

    poke(&f, DIRECTORY, slot, entry(OTHER, P | W));
    poke(&f, OTHER, 2, entry(DATA, P | W | U));
    machine_store(kernel_va(&f, OTHER, 2), entry(MOVED, P | W | U));
    vpn_t borrowed = page_at(&f, slot, 2);
    rule(owes(&f, 0, 1, &borrowed), "a borrowed directory owes for the table that it shows");
    fixture_free(&f);
}

static void test_directory(void)
{
    struct fixture f = fixture_paging(level_bits, personality);
    uint32_t slot = f.kernel_pde + 1;
    vpn_t pages[] = {page_at(&f, USER_PDE, 2), page_at(&f, USER_PDE, 6)}, vpn = 0;
    va_t pde = kernel_va(&f, DIRECTORY, USER_PDE);
    poke(&f, TABLE, 2, entry(DATA, P | U));
    poke(&f, TABLE, 3, entry(DATA, U));
    poke(&f, TABLE, 6, entry(DATA, P | W | U));

    machine_store(pde, entry(TABLE, P | U));
    rule(owes(&f, 1, 2, pages), "a directory entry that loses W owes for each page under it");
    machine_store(pde, entry(SPARE, P | U));
    rule(owes(&f, 1, 2, pages), "so does one that is moved, for the old table");
    poke(&f, DIRECTORY, USER_PDE, entry(TABLE, P | W | U));
    machine_store(pde, 0);
    rule(owes(&f, 1, 2, pages), "so does one that is removed");

    poke(&f, DIRECTORY, USER_PDE, entry(SPARE, P | W | U));
    machine_store(pde, 0);
    bool one = sim_debt(f.sim, &vpn) == 1 && vpn >> level_bits == USER_PDE;
    machine_invlpg(kernel_va(&f, DATA, 0));
    rule(one && owes_nothing(&f), "the entry of an empty table owes one INVLPG, of any page");

    poke(&f, DIRECTORY, USER_PDE, entry(0xfffff, P | W | U));
    machine_store(pde, 0);
    rule(owes(&f, 1, 0, NULL), "so does an entry that names no memory");

    poke(&f, DIRECTORY, USER_PDE, entry(TABLE, P | W | U));
    poke(&f, DIRECTORY, slot, entry(DIRECTORY, P | W));
    machine_store(pde, 0);
    vpn_t with_window[] = {pages[0], pages[1], page_at(&f, slot, USER_PDE)};
    rule(owes(&f, 1, 3, with_window), "with a self-map, it owes for the table's own page as well");

    poke(&f, DIRECTORY, USER_PDE, entry(TABLE, P | W | U));
    machine_store(kernel_va(&f, DIRECTORY, slot), entry(OTHER, P | W));
    vpn_t windows[] = {page_at(&f, slot, USER_PDE), page_at(&f, slot, f.kernel_pde),
                       page_at(&f, slot, slot)};
    rule(owes(&f, 1, 3, windows), "the slot of a self-map owes for every table that it showed");
    fixture_free(&f);
}

static void test_whole_pages(void)
{
    struct fixture f = fixture_paging(level_bits, personality);
    vpn_t pages[] = {page_at(&f, USER_PDE, 2), page_at(&f, USER_PDE, 6)};
    va_t table = kernel_va(&f, TABLE, 0), data = kernel_va(&f, DATA, 0);
    machine_clear_page(table);
    machine_copy_page(table, data);
    rule(owes_nothing(&f), "replacing an empty table owes nothing");

    poke(&f, TABLE, 2, entry(MOVED, P | U));
    poke(&f, TABLE, 6, entry(MOVED, P | U));
    poke(&f, DATA, 6, entry(MOVED, P | W | U));
    poke(&f, DATA, 7, entry(MOVED, P | W | U));
    machine_backing_write(0, data);
    machine_copy_page(table, data);
    rule(owes(&f, 0, 1, pages), "a page copied to a table owes for what was removed only");
    poke(&f, TABLE, 2, entry(MOVED, P | U));
    machine_backing_read(0, table);
    rule(owes(&f, 0, 1, pages), "so does a page from the backing store");
    poke(&f, TABLE, 2, entry(MOVED, P | U));
    poke(&f, TABLE, 7, entry(MOVED, U));
    machine_clear_page(table);
    rule(owes(&f, 0, 2, pages), "clearing a table owes for each page");
    poke(&f, OTHER, 2, entry(MOVED, P | U));
    machine_clear_page(kernel_va(&f, OTHER, 0));
    rule(owes_nothing(&f), "clearing what is no table owes nothing");

    poke(&f, TABLE, 2, entry(MOVED, P | U));
    poke(&f, TABLE, 6, entry(MOVED, P | U));
    poke(&f, OTHER, f.kernel_pde, entry(KERNEL_TABLE, P | W));
    machine_copy_page(kernel_va(&f, DIRECTORY, 0), kernel_va(&f, OTHER, 0));
    rule(owes(&f, 1, 2, pages), "a page copied to the directory owes as stores to it do");
    fixture_free(&f);
}

static void test_no_supervisor(void)
{
    struct fixture f = fixture_boot(level_bits, personality);
    uint32_t error;
    for (pfn_t pfn = 0; pfn <= DIRECTORY; pfn++) {
        machine_store(pfn << (level_bits + 2), entry(TABLE, P));
        machine_store(pfn << (level_bits + 2), 0);
        machine_store(pfn << (level_bits + 2), entry(TABLE, P));
        machine_clear_page(pfn << (level_bits + 2));
    }
    rule(owes_nothing(&f), "while paging is off, nothing owes");
    fixture_free(&f);

    f = fixture_paging(level_bits, personality);
    poke(&f, TABLE, 0, entry(TABLE, P | W | U));
    poke(&f, TABLE, 1, entry(DATA, P | W | U));
    bool done = sim_user_write(f.sim, va_of(&f, page_at(&f, USER_PDE, 0)) + 4, 0, &error);
    rule(done && owes_nothing(&f), "a user's write owes nothing");
    fixture_free(&f);
}

static void test_payment(void)
{
    struct fixture f = fixture_paging(level_bits, personality);
    va_t va = va_of(&f, page_at(&f, USER_PDE, 5)), table = kernel_va(&f, TABLE, 5);
    vpn_t vpn = 0;
    poke(&f, TABLE, 5, entry(DATA, P | W | U));
    machine_invlpg(va);
    machine_store(table, 0);
    rule(sim_debt(f.sim, &vpn) == 1 && va_of(&f, vpn) == va, "a flush before the change is none");
    machine_invlpg(va_of(&f, page_at(&f, USER_PDE, 4)));
    rule(sim_debt(f.sim, &vpn) == 1, "INVLPG of another page does not pay");
    machine_store(table, entry(DATA, P | W | U));
    rule(sim_debt(f.sim, &vpn) == 1, "putting the entry back does not pay");
    machine_store(table, 0);
    rule(sim_debt(f.sim, &vpn) == 1, "a page owes once");
    machine_load_cr3(DIRECTORY);
    rule(sim_debt(f.sim, &vpn) == 0, "a load of CR3 pays");
    poke(&f, DIRECTORY, 2, entry(SPARE, P | W | U));
    machine_store(kernel_va(&f, DIRECTORY, 2), 0);
    if (level_bits < 10)
        machine_invlpg(1u << (3 * level_bits + 2));
    rule(sim_debt(f.sim, &vpn) == 1, "INVLPG beyond the address bits pays nothing");
    machine_load_cr3(DIRECTORY);
    rule(sim_debt(f.sim, &vpn) == 0, "a load of CR3 pays for directory entries");
    fixture_free(&f);
}

static void test_use_in_debt(void)
{
    struct fixture f = fixture_paging(level_bits, personality);
    va_t window = kernel_va(&f, OTHER, 0), under = va_of(&f, page_at(&f, 2, 1));
    const char *what = "supervisor access through a translation that was not flushed";
    machine_load(window);
    machine_store(kernel_va(&f, KERNEL_TABLE, OTHER), entry(MOVED, P | W));
    rule(supervisor(&f, kernel_va(&f, DATA, 0), true) == SIM_RETURNED,
         "other pages may be used while there is debt");
    poke(&f, DATA, 1, 1);
    poke(&f, KERNEL_TABLE, DATA, entry(SPARE, P | W));
    rule(machine_load(kernel_va(&f, DATA, 1)) == (personality != SIM_TLB_NONE),
         "and are translated by the TLB as ever");
    poke(&f, KERNEL_TABLE, DATA, entry(DATA, P | W));
    rule(supervisor(&f, window + 4, false) == SIM_STALE && ended(&f, what, window + 4),
         "a load through a page in debt is STALE");
    rule(supervisor(&f, window, true) == SIM_STALE, "so is a store");
    machine_invlpg(window);
    rule(supervisor(&f, window, true) == SIM_RETURNED, "not so after INVLPG");

    poke(&f, DIRECTORY, 2, entry(SPARE, P | W));
    poke(&f, TABLE, 1, entry(DATA, P | W));
    machine_store(kernel_va(&f, DIRECTORY, 2), entry(TABLE, P | W));
    rule(supervisor(&f, under, false) == SIM_STALE, "nor may a page under a moved directory entry");
    machine_invlpg(kernel_va(&f, DATA, 0));
    rule(supervisor(&f, under, false) == SIM_RETURNED, "not so after some INVLPG");
    fixture_free(&f);
}

/* One table under many directory entries: more debt than a list of fixed size would hold. */
static void test_much_debt(void)
{
    struct fixture f = fixture_paging(10, SIM_TLB_NONE);
    vpn_t vpn;
    for (uint32_t i = 0; i < 1024; i++)
        poke(&f, TABLE, i, entry(DATA, P | U));
    for (uint32_t pde = 0; pde < 32; pde++)
        poke(&f, DIRECTORY, pde, entry(TABLE, P | U));
    machine_clear_page(kernel_va(&f, TABLE, 0));
    bool all = sim_debt(f.sim, &vpn) == 32 * 1024;
    for (vpn_t page = 0; page < 32 * 1024 - 1; page++)
        machine_invlpg(va_of(&f, page));
    ok_if(all && sim_debt(f.sim, &vpn) == 1 && vpn == 32 * 1024 - 1,
          "32 tables removed at once owe for each page");
    fixture_free(&f);
}

int main(void)
{
    for (level_bits = 3; level_bits <= 10; level_bits += 7) {
        for (personality = SIM_TLB_TYPICAL; personality <= SIM_TLB_NONE; personality++) {
            test_pte_changes();
            test_which_tables();
            test_directory();
            test_whole_pages();
            test_no_supervisor();
            test_payment();
            test_use_in_debt();
        }
    }
    test_much_debt();
    return tap_done();
}
