/* sim_test.c: the simulated machine around its MMU: boot and reset, the journal and whole pages.
 * See sim_mmu_test.c for translation and TLB, sim_debt_test.c for flush debt, sim_call_test.c for
 * how calls of the VMM end. */
#include "../lib/rng.h"
#include "../lib/tap.h"
#include "sim_fixture.h"
#include <stdlib.h>

static void test_boot(unsigned level_bits)
{
    struct fixture f = fixture_boot(level_bits, SIM_TLB_TYPICAL);
    const struct machine *m = &f.sim->machine;
    const struct pages *ram = &f.sim->ram;
    uint32_t words = 0;
    for (pfn_t pfn = 0; pfn < ram->count; pfn++)
        words += pages_population(ram, pfn);
    ok_if(peek(&f, SIM_DIRECTORY, m->user_pdes) == entry(SIM_IMAGE_TABLE, P | W) &&
              pages_population(ram, SIM_DIRECTORY) == 1 &&
              pages_population(ram, SIM_IMAGE_TABLE) == words - 1 && words > 1,
          "at boot the directory names the image's table and nothing else: L=%u", level_bits);
    ok_if(m->level_bits == level_bits && m->user_pdes == f.kernel_pde && m->free_first == 3 &&
              m->free_frames == RAM_FRAMES - 3 && m->device_first == RAM_FRAMES &&
              m->device_frames == DEVICE_FRAMES && m->backing_slots == BACKING_SLOTS &&
              m->boot_directory == SIM_DIRECTORY,
          "the VMM is told what there is: L=%u", level_bits);

    pfn_t last = RAM_FRAMES + DEVICE_FRAMES - 1;
    uint32_t last_index = (1u << level_bits) - 1;
    va_t va = last << (level_bits + 2) | last_index << 2;
    machine_store(va, 5);
    ok_if(peek(&f, last, last_index) == 5 && machine_load(va) == 5,
          "while paging is off an address is physical, devices included: L=%u", level_bits);
    machine_load_cr3(SIM_DIRECTORY);
    va = va_of(&f, page_at(&f, f.kernel_pde, SIM_IMAGE_TABLE)) + 4 * SIM_IMAGE_TABLE;
    ok_if(machine_load(va) >> PTE_PFN_SHIFT == SIM_IMAGE_TABLE &&
              machine_read_cr3() == SIM_DIRECTORY,
          "the boot directory can be loaded and maps the image: L=%u", level_bits);
    fixture_free(&f);
}

static void test_whole_pages(unsigned level_bits)
{
    struct fixture f = fixture_paging(level_bits, SIM_TLB_TYPICAL);
    uint32_t last = (1u << level_bits) - 1;
    va_t data = kernel_va(&f, DATA, 0), other = kernel_va(&f, OTHER, 0);
    poke(&f, DATA, 0, 11);
    poke(&f, DATA, last, 12);
    poke(&f, OTHER, 1, 13);
    machine_copy_page(other, data);
    ok_if(peek(&f, OTHER, 0) == 11 && peek(&f, OTHER, 1) == 0 && peek(&f, OTHER, last) == 12,
          "a copied page replaces all words: L=%u", level_bits);
    machine_backing_write(4, other);
    machine_clear_page(other);
    ok_if(pages_empty(&f.sim->ram, OTHER) && peek(&f, DATA, last) == 12,
          "a cleared page is zero, and only that page: L=%u", level_bits);
    poke(&f, OTHER, 1, 13);
    machine_backing_read(4, other);
    ok_if(pages_differ(&f.sim->ram, OTHER, &f.sim->ram, DATA) > last &&
              pages_get(sim_backing(f.sim), 4, last) == 12,
          "a page comes back from the backing store as it was: L=%u", level_bits);
    uint32_t pte = peek(&f, KERNEL_TABLE, OTHER);
    ok_if(pte == entry(OTHER, P | W | A | D), "page operations set A and D: L=%u", level_bits);
    fixture_free(&f);
}

static bool journal_is(const struct sim *sim, uint32_t words, uint32_t pages, uint32_t changed)
{
    const struct sim_journal *j = &sim->journal;
    return j->word_count == words && j->page_count == pages && j->changed_count == changed;
}

static void test_journal(void)
{
    struct fixture f = fixture_paging(3, SIM_TLB_TYPICAL);
    const struct sim_journal *j = &f.sim->journal;
    va_t data = kernel_va(&f, DATA, 0), table = kernel_va(&f, TABLE, 0);
    uint32_t word, error;
    sim_journal_clear(f.sim);
    sim_watch(f.sim, TABLE, true);
    machine_load(data);
    ok_if(journal_is(f.sim, 0, 0, 0), "accessed bits and loads are not in the journal");
    machine_store(data, 1);
    machine_store(data + 4, 2);
    ok_if(journal_is(f.sim, 0, 1, 0) && j->pages[0] == DATA,
          "stores to a frame that is not watched list it once");
    machine_store(table + 8, entry(OTHER, P | W | U));
    machine_store(table + 12, 0);
    machine_store(table + 8, entry(OTHER, P | W | U));
    ok_if(journal_is(f.sim, 3, 1, 0) && j->words[0].pfn == TABLE && j->words[0].index == 2 &&
              j->words[1].index == 3 && j->words[2].index == 2,
          "stores to a watched frame are listed word by word");
    machine_frame_changed(7);
    machine_frame_changed(RAM_FRAMES + DEVICE_FRAMES - 1);
    machine_frame_changed(7);
    ok_if(journal_is(f.sim, 3, 1, 2) && j->changed[0] == 7 &&
              j->changed[1] == RAM_FRAMES + DEVICE_FRAMES - 1,
          "changes of the frame table are listed once");
    sim_user_read(f.sim, va_of(&f, page_at(&f, USER_PDE, 2)), &word, &error);
    ok_if(journal_is(f.sim, 3, 1, 2), "a user's read is not listed");
    sim_watch(f.sim, OTHER, true);
    sim_user_write(f.sim, va_of(&f, page_at(&f, USER_PDE, 2)), 1, &error);
    ok_if(journal_is(f.sim, 3, 2, 2) && j->pages[1] == OTHER,
          "a user's write lists the frame, watched or not");
    machine_clear_page(table);
    ok_if(journal_is(f.sim, 3, 3, 2) && j->pages[2] == TABLE,
          "a watched frame that is cleared is listed as a whole");
    sim_journal_clear(f.sim);
    machine_copy_page(table, data);
    machine_backing_write(1, table);
    machine_backing_read(1, table);
    machine_frame_changed(7);
    ok_if(journal_is(f.sim, 0, 1, 1) && j->pages[0] == TABLE,
          "a new journal lists anew; whole pages once, and not the page that was read");
    sim_watch(f.sim, TABLE, false);
    machine_store(table, 0);
    ok_if(journal_is(f.sim, 0, 1, 1), "a frame may be unwatched again");
    fixture_free(&f);
}

static void test_journal_overflow(unsigned level_bits, uint32_t capacity)
{
    struct fixture f = fixture_paging(level_bits, SIM_TLB_TYPICAL);
    sim_watch(f.sim, DATA, true);
    for (uint32_t i = 0; i < capacity; i++)
        machine_store(kernel_va(&f, DATA, 0), i);
    bool before = f.sim->journal.overflow;
    machine_store(kernel_va(&f, DATA, 0), 0);
    ok_if(!before && f.sim->journal.overflow && f.sim->journal.word_count == capacity,
          "word %u is one too many: L=%u", capacity + 1, level_bits);
    sim_journal_clear(f.sim);
    ok_if(!f.sim->journal.overflow, "a new journal has room again: L=%u", level_bits);
    fixture_free(&f);
}

static bool same_pages(const struct pages *a, const struct pages *b)
{
    size_t words = (size_t)a->count << a->level_bits, groups = (size_t)a->count << a->group_bits;
    return a->count == b->count && !memcmp(a->words, b->words, words * sizeof *a->words) &&
           !memcmp(a->groups, b->groups, groups * sizeof *a->groups) &&
           !memcmp(a->summary, b->summary, a->count * sizeof *a->summary);
}

/* Uses everything that a machine has; leaves debt, a journal and a TLB behind. */
static void wear(struct fixture *f, struct rng *rng)
{
    uint32_t words = 1u << f->level_bits, error;
    for (int i = 0; i < 50; i++) {
        pfn_t pfn = rng_below(rng, RAM_FRAMES + DEVICE_FRAMES);
        sim_watch(f->sim, pfn, rng_one_in(rng, 2));
        machine_store(pfn << (f->level_bits + 2) | rng_below(rng, words) << 2, 1 + i);
    }
    machine_store(DIRECTORY << (f->level_bits + 2) | f->kernel_pde << 2,
                  entry(KERNEL_TABLE, P | W | U));
    machine_store(DIRECTORY << (f->level_bits + 2) | USER_PDE << 2, entry(TABLE, P | W | U));
    for (uint32_t i = 0; i < 8; i++) {
        machine_store(TABLE << (f->level_bits + 2) | i << 2, entry(RAM_FRAMES - 1 - i, P | W | U));
        machine_store(KERNEL_TABLE << (f->level_bits + 2) | i << 2, entry(i, P | W));
    }
    machine_load_cr3(DIRECTORY);
    for (uint32_t i = 0; i < 8; i++)
        sim_user_write(f->sim, va_of(f, page_at(f, USER_PDE, i)), i, &error);
    for (uint32_t slot = 0; slot < BACKING_SLOTS; slot++)
        machine_backing_write(slot, kernel_va(f, DIRECTORY, 0));
    supervisor(f, va_of(f, page_at(f, 2, 0)), false);
    machine_store(kernel_va(f, TABLE, 3), 0);
    machine_frame_changed(1);
}

static void test_reset(unsigned level_bits, enum sim_tlb tlb)
{
    struct fixture fresh = fixture_boot(level_bits, tlb), f = fixture_boot(level_bits, tlb);
    struct rng rng;
    rng_seed(&rng, level_bits);
    bool same = true, clean = true, watched = false;
    for (int round = 0; round < 5; round++) {
        wear(&f, &rng);
        vpn_t vpn;
        sim_reset(f.sim);
        same &= same_pages(&f.sim->ram, &fresh.sim->ram) &&
                same_pages(sim_backing(f.sim), sim_backing(fresh.sim));
        clean &= !sim_debt(f.sim, &vpn) && !sim_tlb_stale(f.sim, &vpn) &&
                 journal_is(f.sim, 0, 0, 0) && !f.sim->what && !f.sim->value &&
                 machine_read_cr3() == 0;
    }
    ok_if(same, "a reset leaves memory and backing store as at boot: L=%u, %s", level_bits,
          personality_names[tlb]);
    ok_if(clean, "and no debt, journal or translation: L=%u, %s", level_bits,
          personality_names[tlb]);
    pfn_t reached = RAM_FRAMES + DEVICE_FRAMES;
    for (pfn_t pfn = 0; pfn < reached; pfn++) {
        machine_store(pfn << (level_bits + 2), 0);
        watched |= f.sim->journal.word_count;
    }
    ok_if(!watched && f.sim->journal.page_count == reached,
          "and no frame watched, and paging off: L=%u, %s", level_bits, personality_names[tlb]);
    sim_reset(f.sim);
    sim_watch(f.sim, RAM_FRAMES - 1, true);
    sim_reset(f.sim);
    machine_store((RAM_FRAMES - 1) << (level_bits + 2), 0);
    ok_if(!f.sim->journal.word_count, "even if it was only watched: L=%u, %s", level_bits,
          personality_names[tlb]);
    fixture_free(&f);
    fixture_free(&fresh);
}

static void test_restore(void)
{
    struct fixture f = fixture_paging(3, SIM_TLB_PARANOID);
    va_t va = va_of(&f, page_at(&f, USER_PDE, 2));
    uint32_t word = 0, error;
    vpn_t vpn;
    poke(&f, TABLE, 2, entry(DATA, P | W | U));
    poke(&f, DATA, 0, 1);
    poke(&f, OTHER, 0, 2);
    sim_journal_clear(f.sim);
    void *saved = malloc(f.state.size);
    memcpy(saved, f.state.memory, f.state.size);

    machine_store(kernel_va(&f, TABLE, 2), entry(OTHER, P | W | U));
    sim_user_read(f.sim, va, &word, &error);
    memcpy(f.state.memory, saved, f.state.size);
    sim_restored(f.sim);
    ok_if(word == 2 && !sim_debt(f.sim, &vpn) && sim_user_read(f.sim, va, &word, &error) &&
              word == 1 && machine_read_cr3() == DIRECTORY,
          "a restored machine is as it was, whatever TLB and debt were since");
    machine_store(kernel_va(&f, TABLE, 2), 0);
    ok_if(journal_is(f.sim, 0, 1, 0) && f.sim->journal.pages[0] == TABLE,
          "and lists in its journal what the abandoned one had listed");
    free(saved);
    fixture_free(&f);
}

int main(void)
{
    for (unsigned level_bits = 3; level_bits <= 10; level_bits++) {
        test_boot(level_bits);
        test_whole_pages(level_bits);
        for (enum sim_tlb tlb = SIM_TLB_TYPICAL; tlb <= SIM_TLB_NONE; tlb++)
            test_reset(level_bits, tlb);
    }
    test_journal();
    test_journal_overflow(3, 512);
    test_journal_overflow(10, 8192);
    test_restore();
    return tap_done();
}
