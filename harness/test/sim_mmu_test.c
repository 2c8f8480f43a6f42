/* sim_mmu_test.c: the simulated MMU and TLB against the rules of the Intel SDM, vol. 3A, chapter 4.
 * What is expected is written down here a second time, from the manual and not from the code. */
#include "../lib/tap.h"
#include "sim_fixture.h"

enum { NO_FAULT = 0x100 };

/* The error code of a page fault, or NO_FAULT: 4.6.1 with CR0.WP = 1, and 4.7. */
static uint32_t expected_error(uint32_t pde, uint32_t pte, bool user, bool write)
{
    uint32_t error = (write ? 2u : 0u) | (user ? 4u : 0u);
    if ((pde & 1) == 0 || (pte & 1) == 0)
        return error;
    bool user_page = (pde & 4) != 0 && (pte & 4) != 0;
    bool writable = (pde & 2) != 0 && (pte & 2) != 0;
    if ((user && !user_page) || (write && !writable))
        return error | 1;
    return NO_FAULT;
}

static uint32_t user_error(const struct fixture *f, va_t va, bool write)
{
    uint32_t word, error = 0;
    bool done =
        write ? sim_user_write(f->sim, va, 77, &error) : sim_user_read(f->sim, va, &word, &error);
    return done ? NO_FAULT : error;
}

/* The supervisor's faults show no error code: its page fault is a panic at that address. */
static bool supervisor_agrees(const struct fixture *f, va_t va, bool write, uint32_t error)
{
    enum sim_end end = supervisor(f, va, write);
    if (error == NO_FAULT)
        return end == SIM_RETURNED;
    return end == SIM_PANIC && ended(f, "kernel page fault", va);
}

/* One cell of the matrix: cold, and again with whatever the TLB has kept. */
static bool cell_agrees(const struct fixture *f, uint32_t pde, uint32_t pte, bool user, bool write)
{
    va_t va = va_of(f, page_at(f, USER_PDE, 2)) + 4;
    uint32_t error = expected_error(pde, pte, user, write);
    poke(f, DIRECTORY, USER_PDE, entry(TABLE, pde));
    poke(f, TABLE, 2, entry(DATA, pte));
    machine_invlpg(va);
    for (int again = 0; again < 2; again++)
        if (user ? user_error(f, va, write) != error : !supervisor_agrees(f, va, write, error))
            return false;

    bool done = error == NO_FAULT;
    uint32_t pde_marks = done ? A : 0, pte_marks = !done ? 0 : write ? A | D : A;
    return peek(f, DIRECTORY, USER_PDE) == entry(TABLE, pde | pde_marks) &&
           peek(f, TABLE, 2) == entry(DATA, pte | pte_marks);
}

static void test_rights(unsigned level_bits, enum sim_tlb tlb)
{
    struct fixture f = fixture_paging(level_bits, tlb);
    unsigned wrong = 0;
    for (uint32_t cell = 0; cell < 256; cell++) {
        uint32_t pde = cell & 7, pte = cell >> 3 & 7;
        bool user = cell & 64, write = cell & 128;
        if (!cell_agrees(&f, pde, pte, user, write)) {
            printf("# pde %x pte %x user %d write %d\n", pde, pte, user, write);
            wrong++;
        }
    }
    ok_if(!wrong, "rights, error codes, accessed and dirty bits of all 256 accesses: L=%u, %s",
          level_bits, personality_names[tlb]);
    fixture_free(&f);
}

static void test_addresses(unsigned level_bits)
{
    struct fixture f = fixture_paging(level_bits, SIM_TLB_TYPICAL);
    uint32_t last = (1u << level_bits) - 1, word, error;
    poke(&f, TABLE, last, entry(DATA, P | W | U));
    va_t va = va_of(&f, page_at(&f, USER_PDE, last)) + last * 4;
    ok_if(sim_user_write(f.sim, va, 7, &error) && peek(&f, DATA, last) == 7,
          "the last word of the last page of a table is where it is: L=%u", level_bits);
    poke(&f, TABLE, 0, entry(RAM_FRAMES + DEVICE_FRAMES - 1, P | W | U));
    va = va_of(&f, page_at(&f, USER_PDE, 0));
    ok_if(sim_user_write(f.sim, va, 8, &error) && sim_user_read(f.sim, va, &word, &error) &&
              word == 8,
          "the last device frame can be mapped: L=%u", level_bits);

    uint32_t reserved = FAULT_PRESENT | FAULT_USER | SIM_FAULT_RESERVED;
    poke(&f, TABLE, 1, entry(RAM_FRAMES + DEVICE_FRAMES, P | W | U));
    poke(&f, DIRECTORY, 0, entry(RAM_FRAMES, P | W | U));
    ok_if(user_error(&f, va_of(&f, page_at(&f, USER_PDE, 1)), false) == reserved &&
              user_error(&f, 0, false) == reserved,
          "a user's access through tables that name no memory is a reserved-bit fault: L=%u",
          level_bits);
    poke(&f, TABLE, 1, entry(RAM_FRAMES + DEVICE_FRAMES, W | U));
    poke(&f, DIRECTORY, 0, entry(RAM_FRAMES, W | U));
    ok_if(user_error(&f, va_of(&f, page_at(&f, USER_PDE, 1)), false) == FAULT_USER &&
              user_error(&f, 0, false) == FAULT_USER,
          "but only where these tables say present: L=%u", level_bits);
    if (level_bits == 10)
        return fixture_free(&f);
    va = 1u << (3 * level_bits + 2);
    ok_if(user_error(&f, va, true) == (FAULT_USER | FAULT_WRITE) &&
              supervisor(&f, va, false) == SIM_PANIC && ended(&f, "kernel page fault", va),
          "nothing is present beyond the address bits: L=%u", level_bits);
    fixture_free(&f);
}

static uint32_t user_read(const struct fixture *f, va_t va)
{
    uint32_t word, error;
    return sim_user_read(f->sim, va, &word, &error) ? word : 0xffff0000 | error;
}

/* A page that shows DATA (word 0 is 1) and has been read, then is moved to OTHER (2) unseen. */
static va_t moved_page(const struct fixture *f, uint32_t index)
{
    va_t va = va_of(f, page_at(f, USER_PDE, index));
    poke(f, DATA, 0, 1);
    poke(f, OTHER, 0, 2);
    poke(f, TABLE, index, entry(DATA, P | U));
    machine_invlpg(va);
    user_read(f, va);
    poke(f, TABLE, index, entry(OTHER, P | U));
    return va;
}

static void test_invalidation(unsigned level_bits, enum sim_tlb tlb)
{
    struct fixture f = fixture_paging(level_bits, tlb);
    const char *name = personality_names[tlb];
    uint32_t before = tlb == SIM_TLB_NONE ? 2 : 1;
    vpn_t vpn;

    va_t va = moved_page(&f, 3);
    ok_if(user_read(&f, va) == before, "a moved page is seen %s: L=%u, %s",
          before == 1 ? "stale" : "at once", level_bits, name);
    ok_if(sim_tlb_stale(f.sim, &vpn) == (before == 1) && (before == 2 || va_of(&f, vpn) == va),
          "and sim_tlb_stale names it: L=%u, %s", level_bits, name);
    machine_invlpg(va_of(&f, page_at(&f, USER_PDE, 4)));
    ok_if(user_read(&f, va) == before, "INVLPG of another page changes nothing: L=%u, %s",
          level_bits, name);
    user_error(&f, va_of(&f, page_at(&f, USER_PDE, 4)), false);
    ok_if(user_read(&f, va) == before, "a page fault elsewhere changes nothing: L=%u, %s",
          level_bits, name);
    machine_invlpg(va + 4);
    ok_if(user_read(&f, va) == 2 && !sim_tlb_stale(f.sim, &vpn),
          "INVLPG of any of its words shows the new frame: L=%u, %s", level_bits, name);
    moved_page(&f, 3);
    machine_load_cr3(DIRECTORY);
    ok_if(user_read(&f, va) == 2, "so does a load of CR3: L=%u, %s", level_bits, name);

    poke(&f, TABLE, 3, entry(OTHER, P | W | U));
    uint32_t spurious = tlb == SIM_TLB_NONE ? NO_FAULT : FAULT_PRESENT | FAULT_WRITE | FAULT_USER;
    ok_if(!sim_tlb_stale(f.sim, &vpn) && user_error(&f, va, true) == spurious &&
              user_error(&f, va, true) == NO_FAULT,
          "a widened translation is no stale one and faults at most once: L=%u, %s", level_bits,
          name);
    ok_if(!f.sim->negative_faults, "which is no negative fault: L=%u, %s", level_bits, name);

    poke(&f, TABLE, 3, entry(DATA, P | W | U));
    poke(&f, OTHER, 0, 2);
    machine_invlpg(va);
    user_read(&f, va);
    user_error(&f, va, true);
    poke(&f, TABLE, 3, entry(OTHER, P | W | U));
    machine_invlpg(va);
    ok_if(user_read(&f, va) == 2, "one INVLPG is enough after a read and a write: L=%u, %s",
          level_bits, name);
    fixture_free(&f);
}

/* Narrowed under a cached translation; what the CPU still allows, and what sim_tlb_stale says. */
static void test_narrowed(void)
{
    struct fixture f = fixture_paging(3, SIM_TLB_PARANOID);
    va_t va = va_of(&f, page_at(&f, USER_PDE, 5));
    vpn_t vpn;
    poke(&f, TABLE, 5, entry(DATA, P | W | U));
    user_read(&f, va);
    poke(&f, TABLE, 5, entry(DATA, P | U));
    ok_if(sim_tlb_stale(f.sim, &vpn), "a translation that lost W is stale");
    ok_if(user_error(&f, va, true) == (FAULT_PRESENT | FAULT_WRITE | FAULT_USER),
          "the first write, D = 0, walks the tables again and sees what they say");
    poke(&f, DATA, 0, 1);
    poke(&f, TABLE, 5, entry(OTHER, P | U));
    ok_if(user_read(&f, va) == 0, "and its page fault has dropped the translation");
    machine_invlpg(va);

    poke(&f, TABLE, 5, entry(DATA, P | W | U));
    user_error(&f, va, true);
    ok_if(peek(&f, TABLE, 5) == entry(DATA, P | W | U | A | D), "a write sets A and D");
    poke(&f, TABLE, 5, entry(DATA, P | U));
    ok_if(user_error(&f, va, true) == NO_FAULT && peek(&f, TABLE, 5) == entry(DATA, P | U),
          "a write through a translation with D = 1 walks nothing");
    poke(&f, TABLE, 5, entry(DATA, P | W));
    ok_if(sim_tlb_stale(f.sim, &vpn) && user_error(&f, va, true) == NO_FAULT,
          "a translation that lost U is stale and still good for users");
    poke(&f, TABLE, 5, 0);
    ok_if(sim_tlb_stale(f.sim, &vpn) && user_read(&f, va) == 77, "so is one that was removed");
    poke(&f, TABLE, 5, entry(DATA, P | W | U));
    poke(&f, DIRECTORY, USER_PDE, entry(TABLE, P | U));
    ok_if(sim_tlb_stale(f.sim, &vpn) && vpn == page_at(&f, USER_PDE, 5),
          "so is one whose directory entry lost W");
    poke(&f, DIRECTORY, USER_PDE, 0);
    ok_if(sim_tlb_stale(f.sim, &vpn) && user_read(&f, va) == 77,
          "so is one whose directory entry was removed");
    fixture_free(&f);
}

/* A read caches D = 0; a dirty bit that the tables have already is cached as well. */
static void test_dirty_known(void)
{
    struct fixture f = fixture_paging(3, SIM_TLB_PARANOID);
    va_t va = va_of(&f, page_at(&f, USER_PDE, 5));
    poke(&f, TABLE, 5, entry(DATA, P | W | U | D));
    user_read(&f, va);
    poke(&f, TABLE, 5, entry(DATA, P | U));
    ok_if(user_error(&f, va, true) == NO_FAULT, "a walk by a read caches D = 1 if it finds it");
    fixture_free(&f);
}

static void test_capacity(void)
{
    struct fixture f = fixture_paging(10, SIM_TLB_TYPICAL);
    va_t va[5];
    for (uint32_t way = 0; way < 4; way++)
        va[way] = moved_page(&f, way * 16 + 3);
    ok_if(user_read(&f, va[0]) == 1 && user_read(&f, va[3]) == 1,
          "typical: four pages of a set stay cached");
    va[4] = moved_page(&f, 4 * 16 + 3);
    ok_if(user_read(&f, va[1]) == 1 && user_read(&f, va[4]) == 1 && user_read(&f, va[0]) == 2,
          "typical: a fifth one replaces the oldest");
    fixture_free(&f);

    f = fixture_paging(10, SIM_TLB_PARANOID);
    va[0] = moved_page(&f, 0);
    for (uint32_t index = 1; index < 1024; index++)
        moved_page(&f, index);
    uint32_t sum = 0;
    for (uint32_t index = 0; index < 1024; index++)
        sum += user_read(&f, va_of(&f, page_at(&f, USER_PDE, index)));
    ok_if(sum == 1024, "paranoid: nothing is ever forgotten");
    vpn_t vpn;
    for (uint32_t index = 0; index < 1023; index++)
        machine_invlpg(va_of(&f, page_at(&f, USER_PDE, index)));
    ok_if(sim_tlb_stale(f.sim, &vpn) && vpn == page_at(&f, USER_PDE, 1023),
          "paranoid: sim_tlb_stale finds the one that is left");
    fixture_free(&f);
}

static void test_negative(enum sim_tlb tlb)
{
    struct fixture f = fixture_paging(3, tlb);
    bool negative = tlb == SIM_TLB_NEGATIVE;
    const char *name = personality_names[tlb];
    va_t va = va_of(&f, page_at(&f, USER_PDE, 6));
    for (int again = 0; again < 3; again++)
        ok_if(user_error(&f, va, false) == FAULT_USER && !f.sim->negative_faults,
              "an absent page faults, which is no negative fault: %s", name);
    poke(&f, TABLE, 6, entry(DATA, P | W | U));
    ok_if(user_error(&f, va, false) == (negative ? FAULT_USER : NO_FAULT) &&
              f.sim->negative_faults == negative,
          "once it is present, \"not present\" is %s: %s", negative ? "still cached" : "forgotten",
          name);
    ok_if(user_error(&f, va, true) == NO_FAULT, "the next try succeeds: %s", name);

    va = kernel_va(&f, 0, 0);
    user_error(&f, va, false);
    poke(&f, KERNEL_TABLE, 0, entry(DATA, P | W));
    ok_if(supervisor(&f, va, false) == SIM_RETURNED && f.sim->negative_faults == 2u * negative,
          "the supervisor passes over a cached \"not present\", and it is counted: %s", name);
    vpn_t vpn;
    user_error(&f, va_of(&f, 0), false);
    poke(&f, DIRECTORY, 0, entry(TABLE, P | W | U));
    poke(&f, TABLE, 0, entry(DATA, P | W | U));
    ok_if(!sim_tlb_stale(f.sim, &vpn), "a cached \"not present\" is not stale: %s", name);
    fixture_free(&f);
}

/* What is noted of the pages in use does not grow with the number of INVLPGs. */
static void test_many_drops(void)
{
    struct fixture f = fixture_paging(3, SIM_TLB_PARANOID);
    va_t va = moved_page(&f, 3);
    for (uint32_t i = 0; i < 1 << 20; i++) {
        machine_invlpg(va);
        user_read(&f, va);
    }
    vpn_t vpn;
    poke(&f, TABLE, 3, 0);
    ok_if(user_read(&f, va) == 2 && sim_tlb_stale(f.sim, &vpn) && vpn == page_at(&f, USER_PDE, 3),
          "a page may be dropped and cached again without end");
    fixture_free(&f);
}

/* Numbers of generations come round after 2^20 - 1 loads of CR3. */
static void test_generations(void)
{
    struct fixture f = fixture_paging(3, SIM_TLB_PARANOID);
    va_t va = moved_page(&f, 3);
    for (uint32_t i = 0; i < (1 << 20) - 1; i++)
        machine_load_cr3(DIRECTORY);
    vpn_t vpn;
    ok_if(!sim_tlb_stale(f.sim, &vpn) && user_read(&f, va) == 2,
          "no number of loads of CR3 brings an old translation back");
    fixture_free(&f);
}

/* Through a directory that names itself, directory and table are one frame. */
static void test_recursive(unsigned level_bits)
{
    struct fixture f = fixture_paging(level_bits, SIM_TLB_PARANOID);
    uint32_t slot = f.kernel_pde + 1;
    machine_store(kernel_va(&f, DIRECTORY, slot), entry(DIRECTORY, P | W));
    machine_store(va_of(&f, page_at(&f, slot, USER_PDE)) + 4 * 2, entry(DATA, P | U));
    ok_if(peek(&f, TABLE, 2) == entry(DATA, P | U), "a self-map shows the tables: L=%u",
          level_bits);
    machine_store(va_of(&f, page_at(&f, slot, slot)), entry(OTHER, P));
    ok_if(peek(&f, DIRECTORY, 0) == entry(OTHER, P) &&
              peek(&f, DIRECTORY, slot) == entry(DIRECTORY, P | W | A | D),
          "and, twice through, the directory: L=%u", level_bits);
    fixture_free(&f);
}

int main(void)
{
    for (unsigned level_bits = 3; level_bits <= 10; level_bits++) {
        for (enum sim_tlb tlb = SIM_TLB_TYPICAL; tlb <= SIM_TLB_NONE; tlb++)
            test_rights(level_bits, tlb);
        test_addresses(level_bits);
        test_recursive(level_bits);
    }
    for (enum sim_tlb tlb = SIM_TLB_TYPICAL; tlb <= SIM_TLB_NONE; tlb++) {
        test_invalidation(3, tlb);
        test_invalidation(10, tlb);
        test_negative(tlb);
    }
    test_narrowed();
    test_dirty_known();
    test_capacity();
    test_many_drops();
    test_generations();
    return tap_done();
}
