/* remote_bad_test.c: guests that cannot be worked with, fail, lie, or are not as new after a reset:
 * each ends as what it is, and the rig goes on with another. */
#include "../check/rig.h"
#include "../gen/gen.h"
#include "../lib/tap.h"
#include "../target/remote_private.h"
#include "loopback.h"

static struct target_options options;
static const struct case_head *const plain = &case_head_default;
static struct finding finding;

static const char *title(void)
{
    static char buffer[64];
    return finding_title(&finding, buffer);
}

static struct rig *make_rig(const char *lane)
{
    struct rig_config config = {"qemu", RIG_CHECK_EVERY, OP_SLOTS, OP_SLOTS, &options};
    memset(&planted, 0, sizeof planted);
    options = target_options_default;
    options.lane = lane;
    options.host = loop_host;
    return rig_make(&config);
}

static bool found(bool good, enum oracle oracle, const char *text)
{
    if (!good && finding.oracle == oracle && strstr(finding.actual, text))
        return true;
    printf("# %s, actual: %s\n", good ? "nothing was found" : title(), finding.actual);
    return false;
}

static bool found_title(bool good, const char *want)
{
    if (!good && strcmp(title(), want) == 0)
        return true;
    printf("# %s, actual: %s\n", good ? "nothing was found" : title(), finding.actual);
    return false;
}

static bool step(struct rig *rig, const char *text)
{
    struct test_case c;
    struct case_error error;
    case_init(&c);
    bool good = case_read_text(&c, text, strlen(text), &error);
    for (uint32_t i = 0; good && i < c.count; i++)
        good = rig_step(rig, &c.ops[i], &finding);
    case_free(&c);
    return good;
}

/* A case that uses frames, a segment and the device, and passes. */
static bool use(struct rig *rig)
{
    return rig_reset(rig, plain, &finding) &&
           step(rig, "create s0\nmap s0 0x1000 4 rw\nwrite s0 0x1000 7\nsegment g0 2\n"
                     "map_device s0 0x8000 2 0\nwrite s0 0x9000 3\n") &&
           rig_finish(rig, &finding);
}

/* ---- What a guest offers. ---- */

static void test_heads(void)
{
    struct rig *rig = make_rig("ram");
    unsigned starts = loop.starts + 1;
    struct case_head head = *plain;
    head.ram = LOOP_RAM + 1;
    ok_if(found(rig_reset(rig, &head, &finding), ORACLE_RIG, "frames for a VMM") &&
              rig_hopeless(rig),
          "a head with more frames than there are is refused");
    head = *plain;
    head.slots = LOOP_SLOTS + 1;
    ok_if(found(rig_reset(rig, &head, &finding), ORACLE_RIG, "slots"), "and with more slots");
    head = *plain;
    head.bits = 7;
    ok_if(found(rig_reset(rig, &head, &finding), ORACLE_RIG, "bits"), "and of other pages");
    head = *plain;
    head.ram = 40;
    head.slots = 5;
    ok_if(rig_reset(rig, &head, &finding) && step(rig, "create s0\nmap s0 any 3 rw eager\n") &&
              rig_finish(rig, &finding) && use(rig) && loop.starts == starts,
          "one machine does heads of all sizes");
    rig_free(rig);

    rig = make_rig("ram");
    planted.no_start = true;
    ok_if(found(rig_reset(rig, plain, &finding), ORACLE_RIG, "no power") && rig_hopeless(rig),
          "a machine that does not start is hopeless");
    rig_free(rig);
}

/* ---- Resets. ---- */

static void test_leftovers(const char *lane)
{
    struct rig *rig = make_rig(lane);
    bool good = use(rig) && rig_reset(rig, plain, &finding);
    const struct remote_target *t = remote_of(rig_target(rig));
    ok_if(good && !t->watched.count && t->touched.count == t->kernel.count,
          "a reset forgets what was watched and touched: lane=%s", lane);
    planted.mute = true;
    ok_if(rig_reset(rig, plain, &finding) && step(rig, "create s4\n") && rig_finish(rig, &finding),
          "a directory that nobody has told of is looked at: lane=%s", lane);
    planted.mute = false;
    ok_if(good && !(t->flags & WIRE_MEMORY) == (t->memory != NULL),
          "memory is told where it is not mapped: lane=%s", lane);
    rig_free(rig);
}

static void dirty_frame(struct sim_target *t)
{
    pages_set(&t->sim->ram, SIM_FREE_FIRST + 1, 5, 1);
}

static void dirty_device(struct sim_target *t)
{
    pages_set(&t->sim->ram, t->sim->config.ram_frames + 1, 5, 1);
}

static void other_kernel_page(struct sim_target *t)
{
    pages_set(&t->sim->ram, SIM_IMAGE_TABLE, 100, 9 << ENTRY_PFN_SHIFT | ENTRY_PRESENT);
}

static void other_kernel_pde(struct sim_target *t)
{
    pages_set(&t->sim->ram, SIM_DIRECTORY, 900, 9 << ENTRY_PFN_SHIFT | ENTRY_PRESENT);
}

static void create(void *argument)
{
    vmm_create(((struct sim_target *)argument)->vmm, 3);
}

static void leftover_space(struct sim_target *t)
{
    sim_guarded(t, create);
}

static void other_cr3(void *argument)
{
    (void)argument;
    machine_load_cr3(SIM_FREE_FIRST);
}

static void stray_cr3(struct sim_target *t)
{
    sim_guarded(t, other_cr3);
}

static void leftover_refs(struct sim_target *t)
{
    (void)t;
    planted.refs_pfn = 0;
}

static void test_resets(const char *lane)
{
    static const struct {
        const char *rule, *why;
        void (*plant)(struct sim_target *);
    } bad[] = {
        {"a frame that was used is not zero", "is not zero", dirty_frame},
        {"a device frame is not zero", "is not zero", dirty_device},
        {"a page of the kernel is mapped elsewhere", "kernel's page tables", other_kernel_page},
        {"the boot directory has another entry", "kernel's page tables", other_kernel_pde},
        {"a space exists", "there is a space s3", leftover_space},
        {"CR3 is another", "CR3 is frame", stray_cr3},
        {"nothing at all", NULL, leftover_refs},
    };
    struct rig *rig = make_rig(lane);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        bool good = use(rig);
        unsigned starts = loop.starts;
        planted.reset = bad[i].plant;
        bool again = rig_reset(rig, plain, &finding);
        planted.reset = NULL;
        if (bad[i].why)
            good = good && found(again, ORACLE_RIG, bad[i].why) && !rig_hopeless(rig);
        else
            good = good && again;
        ok_if(good && use(rig) && loop.starts == starts + (bad[i].why != NULL),
              "after a reset %s: lane=%s", bad[i].rule, lane);
    }
    rig_free(rig);

    rig = make_rig(lane);
    planted.reset = leftover_space;
    ok_if(found(rig_reset(rig, plain, &finding), ORACLE_RIG, "s3") && rig_hopeless(rig),
          "when a new machine is not as new, that is hopeless: lane=%s", lane);
    rig_free(rig);
}

/* ---- Ends. ---- */

static void panic(void *argument)
{
    (void)argument;
    machine_panic("gone", 42);
}

static void panic_after(struct sim_target *t, const struct op *op)
{
    (void)op;
    loop.end = sim_guarded(t, panic);
}

static const char *broken_text = "the tree leans";

/* An answer to a read of 0x1000 that was OK after page faults. */
static struct {
    uint32_t count, error, page, before, after;
} faults;

static void faulting(uint8_t type, uint8_t *bytes, size_t *length)
{
    if (type != WIRE_RUN)
        return;
    uint8_t *to = bytes;
    *to++ = 1;
    *to++ = STATUS_OK;
    *to++ = 0;
    *to++ = (uint8_t)faults.count;
    for (uint32_t i = 0; i < faults.count; i++) {
        to = wire_put_number(to, faults.error);
        *to++ = (uint8_t)(2 * (faults.page - 1)); /* the step there */
        to = wire_put_number(to, faults.before);
        to = wire_put_number(to, faults.after);
    }
    *to++ = 0;
    *length = (size_t)(to - bytes);
}

static bool read_faulting(struct rig *rig, uint32_t count, uint32_t error, uint32_t page,
                          uint32_t before, uint32_t after)
{
    memset(&planted, 0, sizeof planted);
    bool good = rig_reset(rig, plain, &finding) &&
                step(rig, "create s0\nmap s0 0x1000 4 rw\nswitch s0\nread s0 0x1000\n");
    if (!good)
        printf("Bail out! the access itself fails: %s\n", title());
    faults.count = count;
    faults.error = error;
    faults.page = page;
    faults.before = before;
    faults.after = after;
    planted.answer = faulting;
    good = step(rig, "read s0 0x1000\n");
    planted.answer = NULL;
    return good;
}

static void test_faults(struct rig *rig)
{
    enum { USER = 4, PRESENT = 1, SHOWN = 0x5007 };
    ok_if(read_faulting(rig, 1, USER, 1, 0, SHOWN), "a fault that was handled is fine");
    ok_if(read_faulting(rig, 1, USER | PRESENT, 1, SHOWN, SHOWN), "so is one for nothing");
    ok_if(found_title(read_faulting(rig, 2, USER | PRESENT, 1, SHOWN, SHOWN),
                      "ACCESS read spurious faults"),
          "two for nothing are not");
    ok_if(found_title(read_faulting(rig, 1, USER, 1, 0, 0), "ACCESS read faults handled in vain"),
          "one that changed nothing is not");
    ok_if(found_title(read_faulting(rig, 1, USER | PRESENT, 1, 0, SHOWN),
                      "ACCESS read present bit of the error code"),
          "an error code must say what the tables said");
    ok_if(found_title(read_faulting(rig, 1, USER, 2, 0, SHOWN), "ACCESS read CR2"),
          "CR2 must be the address");
    ok_if(found_title(read_faulting(rig, 6, USER, 1, 0, SHOWN),
                      "HANG read the access faults for ever"),
          "an access that faults six times does not end");
}

static void test_ends(const char *lane)
{
    struct rig *rig = make_rig(lane);
    bool good = use(rig);
    planted.after = panic_after;
    ok_if(good && found_title(step(rig, "create s4\n"), "PANIC create gone"),
          "a panic has its text for a title: lane=%s", lane);
    planted.after = NULL;
    good = use(rig);
    planted.silent = CHANNEL_SILENT;
    ok_if(good && found_title(step(rig, "create s4\n"), "HANG create the call does not end"),
          "an operation that does not answer hangs: lane=%s", lane);
    planted.silent = 0;
    good = use(rig);
    planted.silent = CHANNEL_UNKNOWN;
    ok_if(good && found(step(rig, "create s4\n"), ORACLE_RIG, "does not know"),
          "a request that is not known is the rig's failure: lane=%s", lane);
    planted.silent = 0;
    good = use(rig);
    planted.broken = broken_text;
    ok_if(good && found_title(step(rig, "check\n"), "INVARIANT check the tree leans"),
          "what is wrong with the structures is told: lane=%s", lane);
    planted.broken = NULL;
    good = use(rig);
    planted.silent = CHANNEL_SILENT;
    ok_if(good && found_title(step(rig, "check\n"), "HANG check the call does not end"),
          "silence is the same when the guest is looked at: lane=%s", lane);
    planted.silent = 0;
    ok_if(use(rig), "and then it goes on: lane=%s", lane);
    test_faults(rig);
    rig_free(rig);
}

static void leak(struct sim_target *t, const struct op *op)
{
    (void)t;
    planted.refs_pfn = vmm_directory(t->vmm, op->s) + 1;
}

static void test_second_opinion(void)
{
    struct rig *rig = make_rig("ram");
    static const char script[] = "create s4\nmap s4 0x1000 1 rw\n";
    static const char last[] = "write s4 0x1000 1\n";
    bool good = use(rig) && step(rig, script);
    planted.after = leak;
    ok_if(good && found_title(step(rig, last), "FRAMES write references"),
          "a divergence that others see too stands");
    planted.after = NULL;
    planted.refs_pfn = 0;
    good = use(rig) && step(rig, script);
    planted.after = leak;
    planted.suspicious = true;
    ok_if(good && found_title(step(rig, last), "RIG write page tables"),
          "one that others do not see is the rig's failure");
    rig_free(rig);
}

/* ---- Nonsense. ---- */

static uint64_t dice;
static bool nonsense_hello;

static uint32_t roll(uint32_t n)
{
    return (uint32_t)(rng_splitmix(&dice) % n);
}

/* One answer in 40 is damaged: bytes changed, cut off, or added. */
static void garble(uint8_t type, uint8_t *bytes, size_t *length)
{
    if (roll(40) || (type == WIRE_HELLO && !nonsense_hello))
        return;
    switch (roll(3)) {
    case 0:
        *length = *length ? roll((uint32_t)*length) : 0;
        return;
    case 1:
        for (uint32_t i = 0; i < 8; i++)
            bytes[(*length)++] = (uint8_t)roll(256);
        return;
    default:
        for (uint32_t i = roll(4) + 1; *length && i; i--)
            bytes[roll((uint32_t)*length)] = (uint8_t)roll(256);
    }
}

static unsigned run_garbled(struct rig *rig, uint64_t seed)
{
    struct gen_options any = {.tlb = TLB_PARANOID};
    struct case_head head;
    struct gen gen;
    struct op op;
    memset(any.design.choice, CHOICE_ANY, AXES);
    gen_begin(&gen, seed, &any, &head);
    planted.answer = garble;
    bool good = rig_reset(rig, &head, &finding);
    for (unsigned i = 0; good && i < 60; i++) {
        gen_next(&gen, rig_model(rig), &op);
        good = rig_step(rig, &op, &finding);
    }
    good = good && rig_finish(rig, &finding);
    planted.answer = NULL;
    return !good;
}

static void test_nonsense(const char *lane)
{
    struct rig *rig = make_rig(lane);
    unsigned findings = 0, recovered = 0;
    enum { ROUNDS = 1500 };
    dice = 1;
    for (uint64_t seed = 1; seed <= ROUNDS; seed++) {
        nonsense_hello = seed % 2;
        findings += run_garbled(rig, seed);
        recovered += use(rig) || (finding.oracle == ORACLE_RIG && use(rig));
    }
    ok_if(findings > ROUNDS / 2 && recovered == ROUNDS,
          "answers that are nonsense end a case, never the rig: lane=%s", lane);
    printf("# %u of %u ended early; recovered %u\n", findings, ROUNDS, recovered);
    rig_free(rig);
}

int main(void)
{
    test_heads();
    test_resets("ram");
    test_resets("serial");
    test_leftovers("ram");
    test_leftovers("serial");
    test_ends("ram");
    test_ends("serial");
    test_second_opinion();
    test_nonsense("ram");
    test_nonsense("serial");
    return tap_done();
}
