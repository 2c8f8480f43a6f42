/* linux_test.c: the target `linux` answers as vmm.h says, and whatever the kernel holds that the
 * model does not expect is found.
 *
 * What is planted is done to the processes behind the rig's back. */
#define _GNU_SOURCE
#include "linux_fixture.h"
#include <sys/mman.h>
#include <sys/syscall.h>

/* ---- What is done behind the rig's back, in space 0. ---- */

static void ask(struct linux_request request)
{
    struct linux_answer answer;
    enum end end = linux_ask(the_target(), &the_target()->space[0], &request, -1, &answer);
    if (end != END_RETURNED || answer.error || answer.faulted)
        give_up("the process does not do what it is asked");
}

static void call(uint32_t number, uint32_t va, uint64_t bytes, uint64_t a, uint64_t b)
{
    ask((struct linux_request){.deed = LINUX_CALL,
                               .call = number,
                               .arguments = {LINUX_BASE + va, bytes, a, b, (uint64_t)-1}});
}

static void store(uint32_t va, uint32_t word)
{
    ask((struct linux_request){.deed = LINUX_STORE, .arguments = {LINUX_BASE + va, word}});
}

static void map_fixed(uint32_t va, uint64_t flags)
{
    call(SYS_mmap, va, 4096, PROT_READ | PROT_WRITE, flags | MAP_FIXED | MAP_ANONYMOUS);
}

static void nothing(void)
{
}

static void unmap_page(void)
{
    call(SYS_munmap, 0x2000, 4096, 0, 0);
}

static void map_another(void)
{
    map_fixed(0x8000, MAP_PRIVATE);
}

static void map_last_page(void)
{
    map_fixed(0xbffff000, MAP_PRIVATE);
}

static void narrow(void)
{
    call(SYS_mprotect, 0x2000, 4096, PROT_READ, 0);
}

static void widen(void)
{
    call(SYS_mprotect, 0x2000, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, 0);
}

static void make_shared(void)
{
    map_fixed(0x2000, MAP_SHARED);
}

static void make_private(void)
{
    map_fixed(0x2000, MAP_PRIVATE);
}

static void write_word(void)
{
    store(0x2ffc, 7);
}

static void write_zero(void)
{
    store(0x2000, 0);
}

static const struct spoiled {
    const char *rule, *script;
    void (*spoil)(void);
    const char *title;
} spoiled[] = {
    {"nothing was done", "create s0; map s0 0x1000 3 rw; write s0 0x2000 1", nothing, ""},
    {"a page is no longer mapped", "create s0; map s0 0x1000 3 rw", unmap_page,
     "REGIONS end missing"},
    {"another page is mapped", "create s0; map s0 0x1000 3 rw", map_another, "REGIONS end extra"},
    {"the last user page is mapped", "create s0; map s0 0x1000 3 rw", map_last_page,
     "REGIONS end extra"},
    {"a page lost its right to be written", "create s0; map s0 0x1000 3 rw", narrow,
     "REGIONS end protection"},
    {"a page can be executed", "create s0; map s0 0x1000 3 r", widen, "REGIONS end protection"},
    {"private memory is shared", "create s0; map s0 0x1000 3 rw", make_shared,
     "REGIONS end backing"},
    {"a segment's page is private", "segment g0 4; create s0; map s0 0x1000 3 rw g0 0",
     make_private, "REGIONS end backing"},
    {"a device's page is private", "create s0; map_device s0 0x1000 3 0", make_private,
     "REGIONS end backing"},
    {"a word that nobody wrote", "create s0; map s0 0x1000 3 rw", write_word, "CONTENT end word"},
    {"a word that was written to the parent alone",
     "create s0; map s0 0x1000 3 rw; write s0 0x2000 1; fork s0 s1; protect s1 0x2000 1 none",
     write_word, "CONTENT end word"},
    {"a word of a segment, which another space shows at another place",
     "segment g0 4; create s0; create s1; map s0 0x1000 3 rw g0 0; map s1 0x9000 3 rw g0 0;"
     "unmap s0 0x1000 1",
     write_word, "CONTENT end word"},
    {"a word of the device", "create s0; map_device s0 0x1000 3 0", write_word, "CONTENT end word"},
};

/* ---- Lies about frames. ---- */

static const struct target_class *honest;

static uint32_t all_in_frame_7(struct target *target, uint32_t s, uint32_t vpn, uint32_t *frame)
{
    uint32_t found = honest->present(target, s, vpn, frame);
    *frame = 7;
    return found;
}

static uint32_t each_in_its_own(struct target *target, uint32_t s, uint32_t vpn, uint32_t *frame)
{
    uint32_t found = honest->present(target, s, vpn, frame);
    *frame = 1000 * (s + 1) + found;
    return found;
}

/* For as many pages as are looked at until s1 is. */
static uint32_t moved_meanwhile(struct target *target, uint32_t s, uint32_t vpn, uint32_t *frame)
{
    static bool moved;
    uint32_t found = honest->present(target, s, vpn, frame);
    moved = moved || s == 1;
    *frame = moved ? 8 : 7;
    return found;
}

/* The title of what is found at the end. */
static const char *run_lying(const char *text,
                             uint32_t (*present)(struct target *, uint32_t, uint32_t, uint32_t *))
{
    static char title[64];
    struct target_class lying;
    struct test_case c;
    struct finding finding;
    read_script(&c, text);
    rig_reset(rig, &c.head, &finding);
    struct target *target = rig_target(rig);
    honest = target->class;
    lying = *honest;
    lying.present = present;
    bool good = true;
    for (uint32_t i = 0; good && i < c.count; i++)
        good = rig_step(rig, &c.ops[i], &finding);
    target->class = &lying;
    good = good && rig_finish(rig, &finding);
    target->class = honest;
    case_free(&c);
    return good ? "" : finding_title(&finding, title);
}

static void test_frames(void)
{
    static const char *const two = "create s0; map s0 0x1000 2 rw; write s0 0x1000 1;"
                                   "write s0 0x2000 1";
    static const char *const shared =
        "segment g0 1; create s0; map s0 0x1000 1 rw g0 0;"
        "write s0 0x1000 1; create s1; map s1 0x5000 1 r g0 0; read s1 0x5000";
    static const char *const device = "create s0; map_device s0 0x1000 1 3; read s0 0x1000;"
                                      "fork s0 s1; read s1 0x1000";
    static const char *const forked = "create s0; map s0 0x1000 1 rw; write s0 0x1000 1;"
                                      "fork s0 s1; read s1 0x1000";
    ok_if(strcmp(run_lying(two, all_in_frame_7), "ALIAS end frame") == 0,
          "two pages in one frame are found");
    ok_if(strcmp(run_lying(shared, each_in_its_own), "SPLIT end frame") == 0,
          "a page of a segment in two frames is found");
    ok_if(strcmp(run_lying(device, each_in_its_own), "SPLIT end frame") == 0,
          "a device frame in two frames is found");
    ok_if(strcmp(run_lying(shared, moved_meanwhile), "") == 0,
          "a page that the kernel moves while it is looked at is not");
    ok_if(strcmp(run_lying(forked, all_in_frame_7), "") == 0,
          "a forked page may be in one frame with its parent's");
    ok_if(strcmp(run_lying(forked, each_in_its_own), "") == 0, "or in a frame of its own");

    if (!rig_target(rig)->facts.frames_seen) {
        printf("# the kernel does not tell this user the numbers of frames\n");
        return;
    }
    ok_if(strcmp(run_spoiled("create s0; map s0 0x1000 3 rw; read s0 0x1000", write_zero),
                 "STRAY end page") == 0,
          "a page in a frame that nobody has touched is found, though it is all zero");
}

/* ---- Answers. ---- */

static void test_answers(void)
{
    ok_if(strcmp(run_script("create s0; map s0 0x1000 1 rw -> OK; map s0 0x1000 2 rw -> EXISTS;"
                            "map s0 0x1800 1 rw -> BAD_ARGUMENT;"
                            "map s0 0x1000 0 rw -> BAD_ARGUMENT;"
                            "map s0 0xbffff000 2 rw -> BAD_ARGUMENT;"
                            "map s0 0 1 rw -> BAD_ARGUMENT; map s3 0 1 rw -> BAD_SLOT;"
                            "map s0 any 786431 rw -> NO_SPACE; map s0 any 786430 r -> OK;"
                            "map s0 any 1 rw -> NO_SPACE"),
                 "") == 0,
          "map answers as vmm.h says");
    ok_if(strcmp(run_script("create s0; map s0 0x1000 1 rw; map s0 0x3000 1 rw;"
                            "protect s0 0x1000 3 r -> NOT_MAPPED; write s0 0x1000 1 -> OK;"
                            "protect s0 0x1000 0 r -> BAD_ARGUMENT;"
                            "protect s0 0x1004 1 r -> BAD_ARGUMENT;"
                            "evict s0 0x2000 -> NOT_MAPPED; evict s0 0x1000 -> OK;"
                            "unmap s0 0x2004 1 -> BAD_ARGUMENT; unmap s0 0x1000 9 -> OK;"
                            "unmap s0 0x1000 0 -> BAD_ARGUMENT"),
                 "") == 0,
          "so do protect, evict and unmap; a protect that is refused has changed nothing");
    ok_if(strcmp(run_script("create s0; segment g0 2 -> OK; segment g0 2 -> BAD_SLOT;"
                            "segment g1 0 -> BAD_ARGUMENT; map s0 0x1000 3 rw g0 0 -> BAD_ARGUMENT;"
                            "map s0 0x1000 1 rw g0 0xffffffff -> BAD_ARGUMENT;"
                            "map s0 0x1000 1 rw g1 0 -> BAD_SLOT; release g1 -> BAD_SLOT;"
                            "map_device s0 0x1000 1 16 -> BAD_ARGUMENT;"
                            "map_device s0 0x1000 1 15 -> OK; evict s0 0x1000 -> BAD_ARGUMENT"),
                 "") == 0,
          "and segments and devices");
    ok_if(strcmp(run_script("create s0; map s0 0x1000 1 r; map s0 0x2000 1 none;"
                            "write s0 0x1000 1 -> FAULT; copy_out s0 0x1000 1 -> FAULT;"
                            "read s0 0x1000 -> OK; copy_in s0 0x1000 -> OK;"
                            "read s0 0x2000 -> FAULT; copy_in s0 0x2000 -> FAULT;"
                            "read s0 0 -> FAULT; read s0 0xc0000000 -> FAULT;"
                            "write s0 0xfffffffc 1 -> FAULT; copy_in s0 0xc0000000 -> FAULT"),
                 "") == 0,
          "accesses have the rights of their region, also the kernel's");
    ok_if(strcmp(run_script("create s0; map s0 0x1000 70000 rw eager -> NO_MEMORY;"
                            "map s0 0x1000 1 rw; map s0 0x1000 70000 rw eager -> EXISTS;"
                            "map s0 0x2000 2000 rw eager -> OK"),
                 "") == 0,
          "an eager map of more than a case may have leaves nothing behind");
    ok_if(strcmp(run_script("case bits=3 ram=16; create s0"), "RIG end head") == 0,
          "pages of other sizes are not Linux's");
}

static void test_unfit(void)
{
    static const struct {
        const char *script;
        bool fit;
    } cases[] = {
        {"create s0 -> OK", true},
        {"case limit=8; create s0; fail 1", true},
        {"create s0; fail 1; create s1 -> NO_MEMORY", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct test_case c;
        read_script(&c, cases[i].script);
        ok_if(!target_unfit("linux", &c) == cases[i].fit && !target_unfit("sim", &c),
              "%s for Linux: %s", cases[i].fit ? "a case" : "no case", cases[i].script);
        case_free(&c);
    }
}

int main(void)
{
    rig = make_rig();
    for (size_t i = 0; i < sizeof spoiled / sizeof *spoiled; i++) {
        const char *title = run_spoiled(spoiled[i].script, spoiled[i].spoil);
        ok_if(strcmp(title, spoiled[i].title) == 0, "%s: %s",
              *spoiled[i].title ? spoiled[i].title : "no finding", spoiled[i].rule);
        if (strcmp(title, spoiled[i].title) != 0)
            printf("# found \"%s\"\n", title);
    }
    ok_if(strcmp(run_spoiled("segment g0 4; create s0; map s0 0x1000 3 rw g0 0;"
                             "write s0 0x1000 1; write s0 0x2000 1; write s0 0x3000 1",
                             nothing),
                 "") == 0,
          "no finding: a segment");
    test_frames();
    test_answers();
    test_unfit();
    rig_free(rig);
    return tap_done();
}
