/* serial_test.c: the target `serial`: a machine behind a socket, which panics, hangs, is reset or
 * goes; lines that cannot be opened; what starts a machine again.
 *
 * The machine is another process: the agent over the VMM on the simulated machine (loopback.h). */
#include "../check/rig.h"
#include "channel_peer.h"
#include "loopback.h"
#include <fcntl.h>
#include <sys/un.h>

/* What happens instead of RUNs, up to the first of one operation: with which a rig looks for the
 * one that ended a batch. */
enum event { NOTHING, PANIC, SILENCE, PROCESSOR_RESET, HANG_UP };

static char directory[] = "/tmp/serial_test.XXXXXX", path[64];
static volatile enum event *next_event; /* both processes see it */

/* ---- The machine. ---- */

static void serve(int fd, const struct frame_receiver *request)
{
    loop_serve(request->type, request->payload, request->length);
    peer_send(fd, loop.mailbox.answer_bytes[0], request->sequence, loop.mailbox.answer_bytes + 1,
              loop.mailbox.answer_length - 1);
}

/* As a kernel that has just been booted: without a VMM. */
static void reset_processor(void)
{
    static const uint8_t too_many[] = {0xff, 0xff, 0x03, 0, 0, 1, 1, 0};
    loop_serve(WIRE_RESET, too_many, sizeof too_many);
}

/* False: this connection is over. */
static bool happens(enum event event, int fd)
{
    static const char panic[] = "\n[12.3] Kernel panic - not syncing: out of luck (0x12)\nCPU 0\n";
    if (event == PANIC)
        peer_write(fd, panic, sizeof panic - 1);
    if (event == PANIC || event == SILENCE)
        while (read(fd, (char[64]){0}, 64) > 0)
            continue;
    if (event == PROCESSOR_RESET)
        reset_processor();
    return event == PROCESSOR_RESET;
}

/* How many operations a request runs. */
static uint32_t runs(const struct frame_receiver *request)
{
    enum { IN_MANY = 3, FLAGS = 1 };
    const uint8_t *payload = request->payload;
    if (request->type == WIRE_RUN)
        return payload[FLAGS];
    return request->type == WIRE_MANY && payload[1] == WIRE_RUN ? payload[IN_MANY + FLAGS] : 0;
}

static void connection(int fd)
{
    static struct frame_receiver receiver;
    uint8_t byte;
    memset(&receiver, 0, sizeof receiver);
    while (read(fd, &byte, 1) == 1) {
        if (frame_receive(&receiver, byte) != FRAME_WHOLE)
            continue;
        uint32_t operations = runs(&receiver);
        enum event event = operations ? *next_event : NOTHING;
        if (operations == 1 || event == HANG_UP)
            *next_event = NOTHING;
        if (event != NOTHING && !happens(event, fd))
            break;
        serve(fd, &receiver);
    }
    close(fd);
}

static void play_machine(int listener)
{
    char why[100];
    loop_host(&target_options_default, 0);
    loop_start(NULL, why, sizeof why);
    loop.facts.mailbox_address = 0;
    for (int fd; (fd = accept(listener, NULL, NULL)) >= 0;)
        connection(fd);
    _exit(0);
}

static int listen_at(const char *where)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", where);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    unlink(where);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) || listen(fd, 4))
        exit(125);
    return fd;
}

static void start_machine(void)
{
    int ours = open("/dev/null", O_RDWR);
    peer_start_at(ours, listen_at(path), play_machine);
}

/* ---- The rig. ---- */

static struct target_options options;

static struct rig *make_rig(uint32_t check)
{
    struct rig_config config = {"serial", check, OP_SLOTS, OP_SLOTS, &options};
    return rig_make(&config);
}

static struct test_case c;

static void make_case(void)
{
    static const char text[] = "create s0\nmap s0 0x1000 4 rw\nwrite s0 0x1000 1\nfork s0 s1\n"
                               "write s1 0x1000 2\nread s0 0x1000\nevict s0 0x1000\ndestroy s1\n";
    struct case_error error;
    case_init(&c);
    if (!case_read_text(&c, text, sizeof text - 1, &error))
        exit(125);
}

static void test_good(void)
{
    struct finding finding;
    struct rig *rig = make_rig(RIG_CHECK_EVERY), *other = make_rig(RIG_CHECK_END);
    bool good = rig_run(rig, &c, &finding) && rig_run(other, &c, &finding) &&
                rig_run(rig, &c, &finding) && rig_run(other, &c, &finding);
    if (!ok_if(good, "two rigs use a line in turn"))
        printf("# %s: %s\n", finding.expected, finding.actual);
    rig_free(rig);
    good = rig_run(other, &c, &finding);
    ok_if(good, "... and one goes on when the other has gone");
    rig_free(other);
}

/* What one rig does, the other must not suffer. */
static void test_lost(void)
{
    struct finding finding;
    struct rig *rig = make_rig(RIG_CHECK_EVERY), *other = make_rig(RIG_CHECK_END);
    bool good = rig_run(rig, &c, &finding) && rig_run(other, &c, &finding);
    *next_event = HANG_UP;
    good = good && !rig_run(other, &c, &finding);
    bool again = good && rig_run(rig, &c, &finding);
    if (!ok_if(again, "a rig goes on when another has lost the machine"))
        printf("# %s: %s\n", finding.expected, finding.actual);
    rig_free(rig);
    rig_free(other);
}

static void test_event(enum event event, const char *title, const char *actual, const char *rule)
{
    struct finding finding;
    char found[64] = "";
    struct rig *rig = make_rig(RIG_CHECK_EVERY);
    bool first = rig_run(rig, &c, &finding);
    *next_event = event;
    bool again = rig_run(rig, &c, &finding);
    if (!again)
        finding_title(&finding, found);
    if (!ok_if(first && !again && strcmp(found, title) == 0 && strstr(finding.actual, actual), "%s",
               rule))
        printf("# %s, %s\n", found, finding.actual);
    ok_if(rig_run(rig, &c, &finding), "... and the next machine is greeted");
    rig_free(rig);
}

/* A command says that it was there, and starts nothing: the machine waits for another connection.
 */
static void test_restart(void)
{
    struct finding finding;
    char command[160], mark[96];
    snprintf(mark, sizeof mark, "%s/restarted", directory);
    snprintf(command, sizeof command, "echo >> %s", mark);
    options.restart = command;
    struct rig *rig = make_rig(RIG_CHECK_EVERY);
    bool good = rig_run(rig, &c, &finding) && access(mark, F_OK) != 0;
    ok_if(good, "--restart has nothing to do while the machine is well");
    *next_event = HANG_UP;
    rig_run(rig, &c, &finding);
    good = rig_run(rig, &c, &finding) && access(mark, F_OK) == 0;
    ok_if(good, "... and is done before the next is greeted");
    unlink(mark);
    options.restart = "exit 3";
    *next_event = HANG_UP;
    rig_run(rig, &c, &finding);
    good = !rig_run(rig, &c, &finding) && finding.oracle == ORACLE_RIG &&
           strstr(finding.actual, "'exit 3' ended with status 3") && rig_hopeless(rig);
    ok_if(good, "... and when it fails that is said");
    options.restart = NULL;
    rig_free(rig);
}

static void test_line(const char *line, uint64_t baud, const char *why, const char *rule)
{
    struct finding finding;
    struct target_options other = options;
    other.line = line;
    other.baud = baud;
    struct rig_config config = {"serial", RIG_CHECK_EVERY, OP_SLOTS, OP_SLOTS, &other};
    struct rig *rig = rig_make(&config);
    bool good = !rig_reset(rig, &case_head_default, &finding) && finding.oracle == ORACLE_RIG &&
                strstr(finding.actual, why);
    if (!ok_if(good, "%s", rule))
        printf("# %s\n", finding.actual);
    rig_free(rig);
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    next_event =
        mmap(NULL, sizeof *next_event, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (next_event == MAP_FAILED || !mkdtemp(directory))
        return 125;
    snprintf(path, sizeof path, "%s/line", directory);
    options = target_options_default;
    options.line = path;
    options.hang_seconds = 1;
    make_case();
    start_machine();
    test_good();
    test_lost();
    test_event(PANIC, "PANIC create out of luck", "out of luck (0x12)",
               "what the console says of a panic is a PANIC");
    test_event(SILENCE, "HANG create the call does not end", "no answer for 1 seconds",
               "silence is a HANG");
    test_event(PROCESSOR_RESET, "TRIPLE_FAULT create triple fault", "started anew",
               "a machine that has lost its VMM was reset");
    test_event(HANG_UP, "RIG create the line was lost", "has closed", "a line that closes is RIG");
    test_restart();
    peer_end();
    test_line(path, 115200, "Connection refused", "nobody listens");
    unlink(path);
    test_line(path, 115200, "No such file", "there is no such line");
    test_line(NULL, 115200, "--line PATH is missing", "no line was named");
    test_line("/dev/null", 115200, "neither a terminal nor a socket", "a device that is no line");
    rmdir(directory);
    case_free(&c);
    return tap_done();
}
