/* monitor_test.c: what QEMU's monitor says, compared with our walk of the tables: that agreement is
 * seen, that every difference is, and that a monitor which is damaged, silent or gone is an error
 * in words.  The monitor is a child process that prints as QEMU 7.2 does. */
#include "../lib/tap.h"
#include "../lib/walk.h"
#include "../target/monitor.h"
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FRAMES = 64, DIRECTORY = 3, TABLE = 4, HIGH_TABLE = 5, P = 1, W = 2, U = 4 };

/* What QEMU prints, to be changed by a test. */
static char tlb[8192], mem[1024], registers[64];

/* How the monitor misbehaves. */
enum manner {
    GOOD,
    EVENTS,     /* speaks of other things before, between and after, a byte at a time */
    NEGOTIATED, /* was used before */
    SILENT,
    HANGS_UP,
    CUT, /* hangs up in the middle of the answer */
    NO_JSON,
    REFUSES,
    OTHER_ID, /* answers something else */
    BABBLES,
};

static void say(int fd, const char *text, bool slowly)
{
    size_t length = strlen(text), step = slowly ? 1 : length;
    for (size_t at = 0; at < length; at += step)
        if (write(fd, text + at, step) < 0)
            _exit(1);
}

static const char *answer_to(const char *request)
{
    return strstr(request, "info tlb") ? tlb : strstr(request, "info mem") ? mem : registers;
}

static void answer(int fd, const char *request, enum manner manner)
{
    static char text[16384];
    bool slowly = manner == EVENTS;
    const char *id = strstr(request, "\"id\":");
    int number = (id ? atoi(id + 5) : 0) + (manner == OTHER_ID);
    if (slowly)
        say(fd, "{\"timestamp\": {\"seconds\": 1}, \"event\": \"RESUME\"}\r\n", slowly);
    if (strstr(request, "qmp_capabilities"))
        snprintf(text, sizeof text,
                 manner == NEGOTIATED
                     ? "{\"id\": %d, \"error\": {\"class\": \"CommandNotFound\"}}\r\n"
                     : "{\"id\": %d, \"return\": {}}\r\n",
                 number);
    else if (manner == REFUSES)
        snprintf(text, sizeof text, "{\"id\": %d, \"error\": {\"desc\": \"no\"}}\r\n", number);
    else
        snprintf(text, sizeof text, "{\"return\": \"%s\", \"id\": %d}\r\n", answer_to(request),
                 number);
    if (manner == CUT)
        text[strlen(text) / 2] = '\0';
    if (slowly)
        strcat(text, "{\"event\": ");
    say(fd, text, slowly);
    if (manner == CUT)
        _exit(0);
    if (slowly) {
        usleep(20000);
        say(fd, "\"STOP\"}\r\n", false);
    }
}

static void serve(int fd, enum manner manner)
{
    char request[512];
    if (manner == HANGS_UP)
        _exit(0);
    if (manner != NEGOTIATED)
        say(fd, "{\"QMP\": {\"version\": {}, \"capabilities\": [\"oob\"]}}\r\n", false);
    for (size_t used = 0; read(fd, request + used, 1) == 1;) {
        if (request[used++] != '\n')
            continue;
        request[used] = '\0';
        used = 0;
        if (manner == NO_JSON)
            say(fd, "{\"return\": \xff[[\r\n", false);
        while (manner == BABBLES)
            say(fd, "{\"event\": \"RESUME\"}\r\n", false);
        if (manner != SILENT)
            answer(fd, request, manner);
    }
    _exit(0);
}

static pid_t monitor_start(enum manner manner, int *fd)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        exit(125);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        serve(ends[1], manner);
    }
    close(ends[1]);
    *fd = ends[0];
    return child;
}

static void monitor_end(pid_t child, int fd)
{
    close(fd);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
}

/* ---- Tables. ---- */

static struct pages ram;
static void *memory;

static void set(uint32_t table, uint32_t index, uint32_t frame, uint32_t bits)
{
    pages_set(&ram, table, index, frame << ENTRY_PFN_SHIFT | bits);
}

/* Two user tables, of which one allows no write; a page at the very end; a table that is not in
 * memory; and words that are not present. */
static void fill(void)
{
    free(memory);
    memory = aligned_alloc(16, pages_bytes(FRAMES, 10));
    memset(memory, 0, pages_bytes(FRAMES, 10));
    ram = pages_make(memory, FRAMES, 10);
    set(DIRECTORY, 0, TABLE, P | W | U | ENTRY_ACCESSED);
    set(DIRECTORY, 1, TABLE, 0);
    set(DIRECTORY, 2, TABLE, P | U);
    set(DIRECTORY, 5, 1000, P | W);
    set(DIRECTORY, 1023, HIGH_TABLE, P | W);
    set(TABLE, 1, 10, P | W | U | ENTRY_ACCESSED | ENTRY_DIRTY);
    set(TABLE, 2, 11, P | U);
    set(TABLE, 3, 12, W | U);
    set(HIGH_TABLE, 1023, 13, P | W);
    strcpy(tlb, "0000000000001000: 000000000000a000 ---DA--UW\\r\\n"
                "0000000000002000: 000000000000b000 -------U-\\r\\n"
                "0000000000801000: 000000000000a000 ---DA--UW\\r\\n"
                "0000000000802000: 000000000000b000 -------U-\\r\\n"
                "00000000fffff000: 000000000000d000 --------W\\r\\n");
    strcpy(mem, "0000000000001000-0000000000002000 0000000000001000 urw\\r\\n"
                "0000000000002000-0000000000003000 0000000000001000 ur-\\r\\n"
                "0000000000801000-0000000000803000 0000000000002000 ur-\\r\\n"
                "00000000fffff000-0000000100000000 0000000000001000 -rw\\r\\n");
    strcpy(registers, "EAX=0\\r\\nCR0=80010011 CR2=00000000 CR3=00003000 CR4=0\\r\\n");
}

static char why[160];

static uint32_t pdes = 1024; /* that are compared */

static bool agrees(enum manner manner)
{
    int fd;
    pid_t child = monitor_start(manner, &fd);
    why[0] = '\0';
    bool good = monitor_walk_agrees(fd, &ram, DIRECTORY, pdes, why, sizeof why);
    monitor_end(child, fd);
    return good;
}

static bool says(const char *words)
{
    if (strstr(why, words))
        return true;
    printf("# why: %s\n", why);
    return false;
}

static bool disagrees(const char *words)
{
    return !agrees(GOOD) && says(words);
}

/* Replaces the first `from` in a text by `to`, of the same length. */
static void change(char *text, const char *from, const char *to)
{
    char *at = strstr(text, from);
    if (!at || strlen(from) != strlen(to))
        exit(125);
    memcpy(at, to, strlen(to));
}

static void test_agreement(void)
{
    fill();
    ok_if(agrees(GOOD) || !says(""), "the same tables agree");
    ok_if(agrees(EVENTS) || !says(""), "events before, between and after are no answers");
    ok_if(agrees(NEGOTIATED) || !says(""), "a monitor that was used before may be used again");
    change(tlb, "fffff000: 000000000000d000", "fffff000: 000000000000c000");
    pdes = 768;
    ok_if(agrees(GOOD) || !says(""), "what is above the entries that are compared may differ");
    pdes = 1024;
    ok_if(!agrees(GOOD) && says("page 0xfffff000"), "and is compared with them");
    change(tlb, "fffff000: 000000000000c000", "fffff000: 000000000000d000");
    change(tlb, "---DA--UW", "-------UW");
    ok_if(agrees(GOOD) || !says(""), "accessed and dirty bits may differ");

    int fd;
    pid_t child = monitor_start(EVENTS, &fd);
    bool good = true;
    for (int i = 0; i < 3 && good; i++)
        good = monitor_walk_agrees(fd, &ram, DIRECTORY, pdes, why, sizeof why);
    ok_if(good, "asked again and again over one socket");
    monitor_end(child, fd);
}

static void test_differences(void)
{
    fill();
    set(TABLE, 3, 12, P);
    ok_if(disagrees("page 0x3000: memory says entry 0xc001, QEMU's `info tlb` not present"),
          "a page that only memory has");
    fill();
    set(HIGH_TABLE, 1022, 9, P);
    ok_if(disagrees("page 0xffffe000: memory says"), "the last page but one");
    fill();
    set(HIGH_TABLE, 1023, 0, 0);
    ok_if(disagrees("page 0xfffff000: memory says not present, QEMU's `info tlb` entry 0xd003"),
          "a page that only QEMU has, after all of ours");
    fill();
    *strstr(tlb, "00000000fffff000") = '\0';
    ok_if(disagrees("page 0xfffff000: memory says entry 0xd003, QEMU's `info tlb` not present"),
          "a page that only memory has, after all of QEMU's");
    fill();
    set(TABLE, 1, 0, 0);
    ok_if(disagrees("page 0x1000: memory says not present"), "a page that only QEMU has");
    fill();
    set(TABLE, 2, 14, P | U);
    ok_if(disagrees("page 0x2000: memory says entry 0xe005, QEMU's `info tlb` entry 0xb005"),
          "another frame");
    for (uint32_t bit = W; bit <= 1 << 8; bit <<= 1) {
        if (bit == ENTRY_ACCESSED || bit == ENTRY_DIRTY || bit == 1 << 7)
            continue;
        fill();
        set(TABLE, 2, 11, (P | U) ^ bit);
        ok_if(disagrees("page 0x2000"), "bit %#x of an entry", (unsigned)bit);
    }
    fill();
    set(DIRECTORY, 2, TABLE, P | W | U);
    ok_if(disagrees("page 0x801000: memory says rights UW, QEMU's `info mem` rights U-"),
          "the directory's right to write");
    fill();
    set(DIRECTORY, 0, TABLE, P | W);
    ok_if(disagrees("page 0x1000: memory says rights -W, QEMU's `info mem` rights UW"),
          "the directory's user bit");
    fill();
    set(DIRECTORY, 1, TABLE, P);
    ok_if(disagrees("page 0x401000"), "a directory entry that QEMU does not have");
    fill();
    change(registers, "CR3=00003000", "CR3=00004000");
    ok_if(disagrees("CR3: the rig says frame 3, QEMU 4"), "another directory");
    fill();
    ok_if(!monitor_walk_agrees(-1, &ram, FRAMES, 1024, why, sizeof why) && says("no directory"),
          "a directory that is not in memory");
}

static void test_damage(void)
{
    fill();
    strcpy(registers, "EAX=0");
    ok_if(disagrees("says nothing of CR3"), "no CR3");
    static const struct {
        const char *from, *to;
    } damages[] = {
        {": 0000", "; 0000"},   {"00b000 ----", "00b000 ---?"}, {"-U-", "-UU"},
        {"000a000", "000a0g0"}, {"UW\\r\\n", "UW\\r++"},
    };
    for (unsigned i = 0; i < sizeof damages / sizeof *damages; i++) {
        fill();
        change(tlb, damages[i].from, damages[i].to);
        ok_if(disagrees("`info tlb` cannot be read"), "'%s' instead of '%s'", damages[i].to,
              damages[i].from);
    }
    fill();
    change(mem, "-0000000100000000", "-0000000000000000");
    ok_if(disagrees("`info mem` cannot be read"), "a range that ends before it begins");
    fill();
    tlb[60] = '\0';
    ok_if(disagrees("`info tlb` cannot be read"), "a line that is cut off");
}

static void test_monitors(void)
{
    fill();
    ok_if(!agrees(HANGS_UP) && says("closed"), "a monitor that is gone");
    ok_if(!agrees(CUT) && says("closed"), "one that goes in the middle of an answer");
    ok_if(!agrees(NO_JSON) && says("no JSON"), "one that does not speak JSON");
    ok_if(!agrees(REFUSES) && says("it refuses: info registers"), "one that refuses");

    static const struct {
        enum manner manner;
        const char *name;
    } silent[] = {{SILENT, "is silent"},
                  {OTHER_ID, "answers something else"},
                  {BABBLES, "speaks without end"}};
    for (unsigned i = 0; i < 3; i++) {
        int fd;
        pid_t child = monitor_start(silent[i].manner, &fd);
        char *text = monitor_ask(fd, "info tlb", 0.2, why, sizeof why);
        ok_if(!text && says("no answer in time"), "one that %s", silent[i].name);
        monitor_end(child, fd);
    }
}

int main(void)
{
    test_agreement();
    test_differences();
    test_damage();
    test_monitors();
    free(memory);
    return tap_done();
}
