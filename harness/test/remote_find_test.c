/* remote_find_test.c: what is planted in a guest is found over both lanes, with the title that the
 * target `sim` gives it. */
#include "../check/rig.h"
#include "../lib/tap.h"
#include "loopback.h"
#include <assert.h>

/* Pages of the default design, where the directory maps itself: the address of a page's entry. */
enum { TABLES_VA = 0xffc00000, PAGE = 0x1000, P = ENTRY_PRESENT, W = ENTRY_WRITABLE };

static struct test_case script;

/* A defect's way into the machine: guarded, as the VMM is. */
static struct {
    struct sim_target *t;
    uint32_t va, word;
} store;

static void do_store(void *unused)
{
    (void)unused;
    machine_store(store.va, store.word);
}

static void set_pte(struct sim_target *t, uint32_t va, uint32_t word)
{
    store.va = TABLES_VA + (va >> 12) * 4;
    store.word = word;
    sim_guarded(t, do_store);
}

static uint32_t pte(struct sim_target *t, uint32_t va)
{
    return walk(&t->sim->ram, machine_read_cr3(), va >> 12);
}

static void stray_pte(struct sim_target *t, const struct op *op)
{
    set_pte(t, op->va + 8 * PAGE, pte(t, op->va));
}

static void writable_pte(struct sim_target *t, const struct op *op)
{
    set_pte(t, op->va, pte(t, op->va) | W);
}

static void wrong_frame(struct sim_target *t, const struct op *op)
{
    set_pte(t, op->va, pte(t, op->va) + (1 << ENTRY_PFN_SHIFT));
    machine_invlpg(op->va);
}

static void supervisor_pte(struct sim_target *t, const struct op *op)
{
    set_pte(t, op->va, pte(t, op->va) & ~(uint32_t)ENTRY_USER);
    machine_invlpg(op->va);
}

/* The operation again, but for its INVLPG: the page's translation as it was, used, and changed. */
static void use_and_set(struct sim_target *t, uint32_t va, uint32_t was, uint32_t is)
{
    uint32_t word, error;
    set_pte(t, va, was);
    machine_invlpg(va);
    sim_user_read(t->sim, va, &word, &error);
    if (was & W)
        sim_user_write(t->sim, va, word, &error);
    set_pte(t, va, is);
}

static void no_invlpg_of_unmapped(struct sim_target *t, const struct op *op)
{
    uint32_t any = pte(t, op->va - PAGE);
    use_and_set(t, op->va, any, 0);
}

static void no_invlpg_of_protected(struct sim_target *t, const struct op *op)
{
    uint32_t is = pte(t, op->va);
    use_and_set(t, op->va, is | W, is);
}

static void no_invlpg_of_moved(struct sim_target *t, const struct op *op)
{
    uint32_t is = pte(t, op->va), other = pte(t, op->va - PAGE);
    use_and_set(t, op->va, other, is);
}

static void too_many_references(struct sim_target *t, const struct op *op)
{
    planted.refs_pfn = pte(t, op->va) >> ENTRY_PFN_SHIFT;
}

static void untold_reference(struct sim_target *t, const struct op *op)
{
    too_many_references(t, op);
    planted.untold = true;
}

static void extra_space(struct sim_target *t, const struct op *op)
{
    planted.extra_directory = pte(t, op->va) >> ENTRY_PFN_SHIFT;
}

static void shorter_regions(struct sim_target *t, const struct op *op)
{
    (void)t;
    (void)op;
    planted.shorter_regions = true;
}

static void wrong_word(struct sim_target *t, const struct op *op)
{
    uint32_t pfn = pte(t, op->va) >> ENTRY_PFN_SHIFT;
    pages_set(&t->sim->ram, pfn, op->va / 4 % 1024, op->x + 1);
}

static void far_stray_word(struct sim_target *t, const struct op *op)
{
    uint32_t pfn = pte(t, op->va) >> ENTRY_PFN_SHIFT;
    pages_set(&t->sim->ram, pfn, 77, 7);
}

/* A word that leaves the upper bytes of the frame's sum as they are (agent/README.md, COMPARE). */
static void unseen_word(struct sim_target *t, const struct op *op, unsigned bytes)
{
    enum { AT = 77, PRIME = 0x01000193 };
    uint32_t pfn = pte(t, op->va) >> ENTRY_PFN_SHIFT;
    uint32_t before = 0, factor = 0x9e3779b1, word = 1, hidden = 32 - 8 * bytes;
    for (uint32_t i = 0; i < AT; i++)
        before = (before ^ pages_get(&t->sim->ram, pfn, i)) * PRIME;
    for (uint32_t i = AT; i < 1024; i++)
        factor *= PRIME;
    while (((before * factor) ^ ((before ^ word) * factor)) >> hidden)
        word++;
    pages_set(&t->sim->ram, pfn, AT, word);
}

static void once_unseen_word(struct sim_target *t, const struct op *op)
{
    unseen_word(t, op, 1);
}

static void thrice_unseen_word(struct sim_target *t, const struct op *op)
{
    unseen_word(t, op, 3);
}

static void device_word(struct sim_target *t, const struct op *op)
{
    (void)op;
    pages_set(&t->sim->ram, t->sim->config.ram_frames + 5, 77, 7);
}

static void kernel_pde(struct sim_target *t, const struct op *op)
{
    uint32_t directory = vmm_directory(t->vmm, op->s);
    pages_set(&t->sim->ram, directory, 800, 2 << ENTRY_PFN_SHIFT | P);
    t->sim->journal.words[t->sim->journal.word_count++] = (struct sim_word){directory, 800};
}

static const struct defect {
    const char *rule, *script, *title;
    unsigned at; /* the operation after which it happens */
    void (*plant)(struct sim_target *, const struct op *);
} defects[] = {
    {"a translation where nothing is mapped", "create s0; map s0 0x1000 2 rw; read s0 0x1000",
     "STRAY read translation", 2, stray_pte},
    {"a read-only page that is writable", "create s0; map s0 0x1000 2 r; read s0 0x1000",
     "PROTECTION read writable", 2, writable_pte},
    {"a page that is not the user's", "create s0; map s0 0x1000 2 r; read s0 0x1000",
     "PROTECTION read user", 2, supervisor_pte},
    {"another frame", "create s0; map s0 0x1000 2 rw; write s0 0x1000 1; write s0 0x1000 2",
     "SPLIT write frame", 3, wrong_frame},
    {"a reference too many", "create s0; map s0 0x1000 2 rw; read s0 0x1000",
     "FRAMES read references", 2, too_many_references},
    {"another word than was written", "create s0; map s0 0x1000 2 rw; write s0 0x1004 5",
     "CONTENT write word", 2, wrong_word},
    {"a word that nobody wrote, found when everything is compared",
     "create s0; map s0 0x1000 2 rw; write s0 0x1000 5; read s0 0x1000; check",
     "CONTENT check word", 3, far_stray_word},
    {"one that does not show in the upper byte of the frame's sum, the same",
     "create s0; map s0 0x1000 2 rw; write s0 0x1000 5; read s0 0x1000; check",
     "CONTENT check word", 3, once_unseen_word},
    {"nor in the three upper ones, the same",
     "create s0; map s0 0x1000 2 rw; write s0 0x1000 5; read s0 0x1000; check",
     "CONTENT check word", 3, thrice_unseen_word},
    {"a word of a device frame, the same", "create s0; map s0 0x1000 2 rw; check",
     "CONTENT check word", 1, device_word},
    {"a reference too many that is not told, the same",
     "create s0; map s0 0x1000 2 rw; read s0 0x1000; read s0 0x1000; check",
     "FRAMES check references", 3, untold_reference},
    {"a space that nobody made, the same", "create s0; map s0 0x1000 2 rw; read s0 0x1000; check",
     "REGIONS check space", 2, extra_space},
    {"regions that shrink by themselves, the same",
     "create s0; map s0 0x1000 2 rw; read s0 0x1000; check", "REGIONS check missing", 2,
     shorter_regions},
    {"an entry of the kernel's half", "create s0; create s1", "KERNEL_HALF create directory entry",
     1, kernel_pde},
    {"no INVLPG where a page was unmapped",
     "create s0; map s0 0x1000 8 rw; write s0 0x1000 1; write s0 0x2000 2; unmap s0 0x2000 1",
     "STALE unmap translation", 4, no_invlpg_of_unmapped},
    {"no INVLPG where a page of zeros was unmapped",
     "create s0; map s0 0x1000 8 r; read s0 0x1000; read s0 0x2000; unmap s0 0x2000 1",
     "STALE unmap translation", 4, no_invlpg_of_unmapped},
    {"no INVLPG where a page was narrowed",
     "create s0; map s0 0x1000 8 rw; write s0 0x1000 1; write s0 0x2000 2; protect s0 0x2000 1 r",
     "STALE protect translation", 4, no_invlpg_of_protected},
    {"no INVLPG where a page was moved",
     "create s0; map s0 0x1000 8 rw; write s0 0x1000 1; write s0 0x2000 2; fork s0 s1; "
     "write s0 0x2000 3",
     "STALE write translation", 5, no_invlpg_of_moved},
};

static void read_script(const char *text)
{
    char lines[1024] = "";
    struct case_error error;
    for (size_t length; *text; text += length + (text[length] == ';')) {
        text += strspn(text, " ");
        length = strcspn(text, ";");
        snprintf(lines + strlen(lines), sizeof lines - strlen(lines), "%.*s\n", (int)length, text);
    }
    case_free(&script);
    if (!case_read_text(&script, lines, strlen(lines), &error)) {
        printf("Bail out! %s\n", error.message);
        exit(1);
    }
    script.head.tlb = TLB_PARANOID;
}

/* ---- The same defect in the target `sim`. ---- */

static const struct target_class *honest;

static enum end lying_run(struct target *target, const struct op *op, struct outcome *outcome)
{
    enum end end = honest->run(target, op, outcome);
    if (planted.after)
        planted.after(sim_of(target), op);
    return end;
}

static bool lying_exists(struct target *target, uint32_t s)
{
    return (s == 9 && planted.extra_directory) || honest->exists(target, s);
}

static bool lying_region(struct target *target, uint32_t s, uint32_t vpn, struct region_view *view)
{
    bool found = honest->region(target, s, vpn, view);
    view->last -= found && planted.shorter_regions;
    return found && view->last >= vpn;
}

static enum frame_state lying_frame(struct target *target, uint32_t pfn, uint32_t *refs)
{
    enum frame_state state = honest->frame(target, pfn, refs);
    *refs += pfn == planted.refs_pfn && pfn;
    return state;
}

/* ---- In batches, which the guest does at once. ---- */

static const struct defect *late;
static uint32_t until_late;

static void plant_late(struct sim_target *t, const struct op *op)
{
    if (until_late-- == 0)
        late->plant(t, op);
}

static void must_find_later(struct rig *rig, const char *name, const struct defect *defect)
{
    struct finding finding;
    char title[64] = "";
    read_script(defect->script);
    memset(&planted, 0, sizeof planted);
    ok_if(rig_run(rig, &script, &finding), "%s, at the end: without it: %s", name, defect->rule);
    late = defect;
    until_late = defect->at;
    planted.after = plant_late;
    if (!rig_run(rig, &script, &finding))
        finding_title(&finding, title);
    if (!ok_if(strcmp(title, defect->title) == 0, "%s, at the end: %s: %s", name, defect->title,
               defect->rule))
        printf("# found \"%s\"\n", title);
    memset(&planted, 0, sizeof planted);
}

/* ---- One by one. ---- */

/* Runs the script; the title of what was found, "" for nothing. */
static void run_script(struct rig *rig, bool sim, const struct defect *defect, char title[64])
{
    static struct target_class lying;
    struct finding finding;
    memset(&planted, 0, sizeof planted);
    title[0] = '\0';
    bool good = rig_reset(rig, &script.head, &finding);
    struct target *target = rig_target(rig);
    if (sim) {
        honest = target->class;
        lying = *honest;
        lying.run = lying_run;
        lying.frame = lying_frame;
        lying.exists = lying_exists;
        lying.region = lying_region;
        target->class = &lying;
    }
    for (uint32_t i = 0; good && i < script.count; i++) {
        planted.after = i == defect->at ? defect->plant : NULL;
        good = rig_step(rig, &script.ops[i], &finding);
    }
    good = good && rig_finish(rig, &finding);
    if (!good)
        finding_title(&finding, title);
    if (sim)
        target->class = honest;
    memset(&planted, 0, sizeof planted);
}

static void must_find(struct rig *rig, const char *name, const struct defect *defect)
{
    static const struct defect none = {.at = UINT32_MAX};
    char title[64];
    bool sim = strcmp(name, "sim") == 0;
    read_script(defect->script);
    run_script(rig, sim, &none, title);
    ok_if(!title[0], "%s: without it: %s", name, defect->rule);
    run_script(rig, sim, defect, title);
    if (!ok_if(strcmp(title, defect->title) == 0, "%s: %s: %s", name, defect->title, defect->rule))
        printf("# found \"%s\"\n", title);
}

int main(void)
{
    static const char *const lanes[] = {"ram", "serial"};
    struct target_options options = target_options_default;
    struct rig_config config = {"sim", RIG_CHECK_EVERY, OP_SLOTS, OP_SLOTS, &options};
    options.host = loop_host;
    struct rig *rig = rig_make(&config);
    for (size_t i = 0; i < sizeof defects / sizeof *defects; i++)
        must_find(rig, "sim", &defects[i]);
    rig_free(rig);
    config.target = "qemu";
    for (unsigned lane = 0; lane < 2; lane++) {
        options.lane = lanes[lane];
        rig = rig_make(&config);
        for (size_t i = 0; i < sizeof defects / sizeof *defects; i++)
            must_find(rig, lanes[lane], &defects[i]);
        rig_free(rig);
        config.check = RIG_CHECK_END;
        rig = rig_make(&config);
        for (size_t i = 0; i < sizeof defects / sizeof *defects; i++)
            if (strstr(defects[i].script, "check"))
                must_find_later(rig, lanes[lane], &defects[i]);
        rig_free(rig);
        config.check = RIG_CHECK_EVERY;
    }
    return tap_done();
}
