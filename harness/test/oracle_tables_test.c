/* oracle_tables_test.c: directories, the kernel's half of them, eager pages that are absent
 * (MISSING), what was not flushed (STALE), CR3, and what is found at the reset already. */
#include "rig_script.h"

/* Pages 1 to 3 of s0 are mapped rw; 1 and 2 were written. */
#define TWO_PAGES "create s0; map s0 0x20 3 rw; write s0 0x20 1; write s0 0x40 2;"

/* Entries of the kernel's half: the image's, and others that may be in use or not. */
enum { IMAGE_PDE = 4, SPARE_PDE = 5, BORROWED_PDE = 6, SELF_PDE = 7 };

/* ---- Directory entries. ---- */

static void change_pde(struct target *target, const struct op *op, uint32_t set, uint32_t clear)
{
    struct place at = pde_place(target, op->s, vpn_of(op));
    edit(target, at, (peek(target, at) | set) & ~clear);
}

static void take_writable(struct target *target, const struct op *op, struct outcome *outcome)
{
    (void)outcome;
    change_pde(target, op, 0, W);
}

static void take_user(struct target *target, const struct op *op, struct outcome *outcome)
{
    (void)outcome;
    change_pde(target, op, 0, U);
}

static void note_in_absent_pde(struct target *target, const struct op *op, struct outcome *outcome)
{
    (void)outcome;
    edit(target, (struct place){honest->directory(target, op->s), 0},
         entry(free_frame(target), W | U));
}

static void make_large(struct target *target, const struct op *op, struct outcome *outcome)
{
    (void)outcome;
    change_pde(target, op, 1 << 7, 0); /* PS: one page of 4 MiB (SDM table 4-4) */
}

static void mark_used(struct target *target, const struct op *op, struct outcome *outcome)
{
    (void)outcome;
    change_pde(target, op, A | D, 0);
}

/* The table of page 1 becomes the next one; its old entry goes last. */
static void move_table(struct target *target, const struct op *op, struct outcome *outcome)
{
    (void)outcome;
    struct place from = pde_place(target, op->s, 1), to = pde_place(target, op->s, 8);
    edit(target, to, peek(target, from));
    edit(target, from, 0);
}

static void move_table_back(struct target *target, const struct op *op, struct outcome *outcome)
{
    (void)outcome;
    struct place to = pde_place(target, op->s, 1), from = pde_place(target, op->s, 8);
    poke(target, to, peek(target, from));
    poke(target, from, 0);
    told.pages[told.page_count++] = from.pfn;
}

/* ---- The kernel's half. ---- */

static struct place kernel_pde(struct target *target, uint32_t s, uint32_t index)
{
    return (struct place){honest->directory(target, s), index};
}

static void drop_image(struct target *target, const struct op *op, struct outcome *outcome)
{
    (void)outcome;
    edit(target, kernel_pde(target, op->s, IMAGE_PDE), 0);
}

static void drop_image_silently(struct target *target, const struct op *op, struct outcome *outcome)
{
    (void)outcome;
    poke(target, kernel_pde(target, op->s, IMAGE_PDE), 0);
}

static void drop_image_of_child(struct target *target, const struct op *op, struct outcome *outcome)
{
    (void)outcome;
    poke(target, kernel_pde(target, op->t, IMAGE_PDE), 0);
}

static void open_image(struct target *target, const struct op *op, struct outcome *outcome)
{
    (void)outcome;
    struct place at = kernel_pde(target, op->s, IMAGE_PDE);
    edit(target, at, peek(target, at) | U);
}

static void add_spare(struct target *target, const struct op *op, struct outcome *outcome)
{
    (void)outcome;
    edit(target, kernel_pde(target, op->s, SPARE_PDE), entry(free_frame(target), P | W));
}

static void use_borrowed(struct target *target, const struct op *op, struct outcome *outcome)
{
    (void)outcome;
    edit(target, kernel_pde(target, op->s, BORROWED_PDE),
         entry(honest->directory(target, op->s), P | W));
}

static void mark_image_used(struct target *target, const struct op *op, struct outcome *outcome)
{
    (void)outcome;
    struct place at = kernel_pde(target, op->s, IMAGE_PDE);
    edit(target, at, peek(target, at) | A | D);
}

/* The first page of the kernel's image, for the user or for ever. */
static void image_entry(struct target *target, uint32_t bits)
{
    uint32_t image = pages_get(&target->ram, target->facts.boot_directory, target->facts.user_pdes);
    struct place at = {image >> ENTRY_PFN_SHIFT,
                       pages_next(&target->ram, image >> ENTRY_PFN_SHIFT, 0)};
    poke(target, at, peek(target, at) | bits);
}

static void image_for_users(struct target *target, const struct op *op, struct outcome *outcome)
{
    (void)op, (void)outcome;
    image_entry(target, U);
}

static void image_global(struct target *target, const struct op *op, struct outcome *outcome)
{
    (void)op, (void)outcome;
    image_entry(target, 1 << 8);
}

static void image_table_for_users(struct target *target, const struct op *op,
                                  struct outcome *outcome)
{
    (void)op, (void)outcome;
    struct place at = {target->facts.boot_directory, target->facts.user_pdes};
    poke(target, at, peek(target, at) | U);
}

static const struct planted directories[] = {
    {"a page of the kernel's is the user's", TWO_PAGES "! read s0 0x20; > check",
     "KERNEL_HALF check bits of a kernel page", .after = image_for_users},
    {"a page of the kernel's is global", TWO_PAGES "! read s0 0x20; > check",
     "KERNEL_HALF check bits of a kernel page", .after = image_global},
    {"all that the kernel has is the user's", "create s1; ! destroy s1; > create s0",
     "KERNEL_HALF create directory entry", .after = image_table_for_users},
    {"a discard that leaves a table", TWO_PAGES "! discard s0", "STRAY discard page table",
     .instead = skip},
    {"a table that is read-only as a whole", TWO_PAGES "! read s0 0x20",
     "PROTECTION read directory entry", .after = take_writable},
    {"a table that the user cannot reach", TWO_PAGES "! read s0 0x20",
     "PROTECTION read directory entry", .after = take_user},
    {"a large page instead of a table", TWO_PAGES "! read s0 0x20",
     "PROTECTION read directory entry", .after = make_large},
    {"a directory entry that is not present but not 0", "create s0; ! switch s0",
     "KERNEL_HALF switch reserved bits", .after = note_in_absent_pde},
    {"a table that moved is not used twice", TWO_PAGES "! read s0 0x20", "STRAY read translation",
     .after = move_table},
    {"a table that moved when the directory was changed as a whole",
     "create s0; map s0 0x100 1 rw; write s0 0x100 1; ! read s0 0x100", "STRAY read translation",
     .after = move_table_back},
    {"the kernel's image is gone", TWO_PAGES "! read s0 0x20", "KERNEL_HALF read directory entry",
     .after = drop_image},
    {"the kernel's image is gone without a word", TWO_PAGES "! read s0 0x20; > check",
     "KERNEL_HALF check directory entry", .after = drop_image_silently},
    {"a new space without the kernel's image", TWO_PAGES "! create s1",
     "KERNEL_HALF create directory entry", .after = drop_image_silently},
    {"a child without the kernel's image", TWO_PAGES "! fork s0 s1",
     "KERNEL_HALF fork directory entry", .after = drop_image_of_child},
    {"the kernel's image is open to users", TWO_PAGES "! read s0 0x20",
     "KERNEL_HALF read bits of a directory entry", .after = open_image},
    {"a kernel's table that the others do not have", TWO_PAGES "! read s0 0x20",
     "KERNEL_HALF read directory entry", .after = add_spare},
    {"a self-map in a design without one", "case tables=window;" TWO_PAGES "! read s0 0x20",
     "KERNEL_HALF read directory entry", .after = use_borrowed},

    {"the self-map of a design that has one", "case tables=recursive;" TWO_PAGES "! read s0 0x20",
     .after = use_borrowed},
    {"accessed and dirty bits of a directory entry", TWO_PAGES "! read s0 0x20",
     .after = mark_used},
    {"accessed and dirty bits of the kernel's half", TWO_PAGES "! read s0 0x20",
     .after = mark_image_used},
};

/* ---- MISSING: an eager page must be there; nothing else must. ---- */

static void clear_entry(struct target *target, const struct op *op, struct outcome *outcome)
{
    (void)outcome;
    edit_pte(target, op->s, vpn_of(op), 0);
}

static void clear_page_8(struct target *target, const struct op *op, struct outcome *outcome)
{
    (void)outcome;
    edit_pte(target, op->s, 8, 0);
}

/* For a page 8 that was cleared: the count of its table agrees. */
static enum frame_state one_entry_less(struct target *target, uint32_t pfn, uint32_t *refs)
{
    enum frame_state state = honest->frame(target, pfn, refs);
    *refs -= state == FRAME_TABLE && pfn == pte_place(target, 0, 8).pfn;
    return state;
}

/* Maps, but not eagerly. */
static enum end forget_eager(struct target *target, const struct op *op, struct outcome *outcome)
{
    struct op lazy = *op;
    lazy.flags &= (uint8_t)~OP_EAGER;
    return honest->run(target, &lazy, outcome);
}

static void clear_page_8_untold(struct target *target, const struct op *op, struct outcome *outcome)
{
    clear_page_8(target, op, outcome);
    told.overflow = true;
}

static const struct planted missing[] = {
    {"the same where the journal did not fit", "create s0; ! map s0 0xe0 3 rw eager",
     "MISSING map eager page", .after = clear_page_8_untold, .ignoring = 1 << ORACLE_FRAMES},
    {"and deferred", "case update=deferred; create s0; map s0 0xe0 3 rw eager; ! commit s0",
     "MISSING commit eager page", .after = clear_page_8_untold, .ignoring = 1 << ORACLE_FRAMES},
    {"the first page of an eager region", "create s0; ! map s0 0x20 2 rw eager",
     "MISSING map eager page", .after = clear_entry},
    {"the page of an eager region behind the table's edge", "create s0; ! map s0 0xe0 3 rw eager",
     "MISSING map eager page", .after = clear_page_8},
    {"eager is forgotten", "create s0; ! map s0 0x20 2 rw eager", "MISSING map eager page",
     .instead = forget_eager},
    {"deferred: an eager page that the commit leaves out",
     "case update=deferred; create s0; map s0 0xe0 3 rw eager; ! commit s0",
     "MISSING commit eager page", .after = clear_page_8},

    {"deferred: an eager page that was evicted before the commit",
     "case update=deferred; create s0; map s0 0x20 2 rw eager; evict s0 0x20; ! commit s0",
     .lies = {0}},
    {"deferred: eager pages whose tables were discarded before the commit",
     "case update=deferred; create s0; map s0 0x20 2 rw eager; discard s0; ! commit s0",
     .lies = {0}},
    {"deferred: an eager page that an operation in another space has taken the table of",
     "case update=deferred; create s0; create s1; map s1 0x20 1 rw; map s0 0xe0 3 rw eager;"
     "read s1 0x20; ! commit s0",
     NULL, .after = clear_page_8, .ignoring = 1 << ORACLE_FRAMES},
    {"deferred: an eager page that a page fault at the first use has taken the table of",
     "case update=deferred; create s0; map s0 0x20 1 rw; map s0 0xe0 3 rw eager; ! read s0 0x20",
     NULL, .after = clear_page_8, .ignoring = 1 << ORACLE_FRAMES},
    {"a page that is not eager", "create s0; map s0 0xe0 3 rw; read s0 0x120; ! read s0 0x100",
     .after = clear_page_8, .lies.frame = one_entry_less},
    {"an eager page later on", "create s0; map s0 0xe0 3 rw eager; ! read s0 0xe0",
     .after = clear_page_8, .lies.frame = one_entry_less},
    {"an eager page without any access",
     "create s0; ! map s0 0x20 2 none eager; protect s0 0x20 2 rw", .instead = forget_eager},
};

/* ---- STALE: through the self-map, whose tables the machine watches like any other. ---- */

static va_t self_map(const struct op *op)
{
    return (va_t)SELF_PDE << (TABLE_BITS + PAGE_SHIFT) | vpn_of(op) * 4;
}

static void narrow(struct target *target, const struct op *op, struct outcome *outcome)
{
    (void)target, (void)outcome;
    machine_store(self_map(op), machine_load(self_map(op)) & ~(uint32_t)W);
}

static void narrow_and_flush(struct target *target, const struct op *op, struct outcome *outcome)
{
    narrow(target, op, outcome);
    machine_invlpg(op->va);
}

static void narrow_and_load_cr3(struct target *target, const struct op *op, struct outcome *outcome)
{
    narrow(target, op, outcome);
    machine_load_cr3(machine_read_cr3());
}

static void narrow_and_flush_another(struct target *target, const struct op *op,
                                     struct outcome *outcome)
{
    narrow(target, op, outcome);
    machine_invlpg(op->va + (1 << PAGE_SHIFT));
}

static void widen(struct target *target, const struct op *op, struct outcome *outcome)
{
    (void)target, (void)outcome;
    machine_store(self_map(op), machine_load(self_map(op)) | W);
}

/* Past the machine, so that there is no debt; the TLB alone can tell. */
static void narrow_silently(struct target *target, const struct op *op, struct outcome *outcome)
{
    (void)outcome;
    struct place at = pte_place(target, op->s, vpn_of(op));
    poke(target, at, peek(target, at) & ~(uint32_t)W);
}

static const struct planted stales[] = {
    {"a right is taken and nothing flushed", TWO_PAGES "! read s0 0x20", "STALE read translation",
     .after = narrow},
    {"a right is taken and another page flushed", TWO_PAGES "! read s0 0x20",
     "STALE read translation", .after = narrow_and_flush_another},
    {"a right is taken, and the TLB still has it",
     "case tlb=paranoid;" TWO_PAGES "! read s0 0x20; > check", "STALE check translation",
     .after = narrow_silently},

    {"a right is taken and the page flushed", TWO_PAGES "! read s0 0x20; read s0 0x20",
     .after = narrow_and_flush},
    {"a right is taken and CR3 loaded", TWO_PAGES "! read s0 0x20; read s0 0x20",
     .after = narrow_and_load_cr3},
    {"a right is given", TWO_PAGES "fork s0 s1; destroy s1; ! read s0 0x20; write s0 0x20 3",
     .after = widen},
};

/* ---- CR3. ---- */

static uint32_t boot_directory(struct target *target)
{
    return target->facts.boot_directory;
}

static void load_s1(struct target *target, const struct op *op, struct outcome *outcome)
{
    (void)op, (void)outcome;
    machine_load_cr3(honest->directory(target, 1));
}

static const struct planted current[] = {
    {"switch does not load CR3", TWO_PAGES "create s1; ! switch s1", "RESULT switch CR3",
     .instead = skip},
    {"another space is in CR3 when the current one goes", TWO_PAGES "create s1; ! destroy s0",
     "RESULT destroy CR3", .after = load_s1},
    {"the kernel's own directory is left in CR3", TWO_PAGES "! switch s0", "RESULT switch CR3",
     .lies.current = boot_directory},
};

/* ---- What is wrong at the reset. ---- */

static uint32_t boot_pde, boot_entry; /* that wrong_boot adds */

static bool wrong_boot(struct target *target, const struct case_head *head)
{
    bool good = honest->reset(target, head);
    poke(target, (struct place){target->facts.boot_directory, boot_pde}, boot_entry);
    return good;
}

/* The defect must be in place before the reset, so the machine must have been made before. */
static void boot_must_find(const char *rule, const char *title, uint32_t pde, uint32_t word)
{
    struct rig *rig = rig_for(RIG_CHECK_EVERY);
    struct finding finding;
    char found[64] = "";
    read_script("case tables=window; create s0");
    bool passes = rig_run(rig, &script, &finding);
    struct target *target = rig_target(rig);
    honest = target->class;
    lying = *honest;
    lying.reset = wrong_boot;
    boot_pde = pde;
    boot_entry = word;
    target->class = &lying;
    if (!rig_reset(rig, &script.head, &finding))
        finding_title(&finding, found);
    target->class = honest;
    ok_if(passes && strcmp(found, title) == 0 && finding.at == 0, "%s: %s", title, rule);
}

static void what_cannot_start_is_not_a_bug(void)
{
    struct finding finding;
    struct rig *rig = rig_for(RIG_CHECK_EVERY);
    char title[64] = "";
    read_script("case tables=direct; create s0");
    if (!rig_reset(rig, &script.head, &finding))
        finding_title(&finding, title);
    ok_if(strcmp(title, "RIG end reset") == 0 && finding.actual[0],
          "RIG end reset: a design that the machine is too large for (%s)", finding.actual);
}

int main(void)
{
    MUST_FIND_ALL(RIG_CHECK_EVERY, directories);
    MUST_FIND_ALL(RIG_CHECK_EVERY, missing);
    MUST_FIND_ALL(RIG_CHECK_EVERY, stales);
    MUST_FIND_ALL(RIG_CHECK_EVERY, current);
    boot_must_find("a user's entry in the boot directory", "KERNEL_HALF end boot directory", 1,
                   entry(9, P | W | U));
    boot_must_find("a kernel's table that is not in RAM", "FRAMES end kernel table", SPARE_PDE,
                   entry(RAM_FRAMES, P | W));
    boot_must_find("two kernel's tables in one frame", "FRAMES end kernel table", SPARE_PDE,
                   entry(2, P | W));
    what_cannot_start_is_not_a_bug();
    return tap_done();
}
