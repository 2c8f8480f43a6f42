/* channel_peer.h: the other end of a line, for the tests of channels: a process that does what the
 * test says, or in which the real agent runs with a kernel that only counts. */
#ifndef CHANNEL_PEER_H
#define CHANNEL_PEER_H

#include "../../kernel/agent/agent.h"
#include "../lib/tap.h"
#include "../target/mailbox.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* What both processes see. */
struct peer_world {
    struct agent_mailbox mailbox;
    volatile uint32_t operations; /* that the agent has run */
    volatile uint32_t halts;      /* that its idle slept */
};

static struct peer_world *world;
static struct line line;
static pid_t peer;
static int peer_line; /* our end */

/* Starts a process that plays; `fd` is its end of the line, which is a socket unless given. */
static void peer_start_at(int ours, int theirs, void (*play)(int fd))
{
    fflush(stdout);
    peer = fork();
    if (peer == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        signal(SIGPIPE, SIG_IGN);
        close(ours);
        play(theirs);
        _exit(0);
    }
    close(theirs);
    peer_line = ours;
    line_open(&line, ours, ours);
}

static inline void peer_start(void (*play)(int fd))
{
    int ends[2];
    if (!world)
        world =
            mmap(NULL, sizeof *world, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    memset(world, 0, sizeof *world);
    if (world == MAP_FAILED || socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
        exit(125);
    peer_start_at(ends[0], ends[1], play);
}

static void peer_end(void)
{
    kill(peer, SIGKILL);
    while (waitpid(peer, NULL, 0) < 0 && errno == EINTR)
        continue;
    close(peer_line);
}

/* ---- In the peer. ---- */

struct peer_output {
    uint8_t bytes[2 * WIRE_FRAME_MAX + 2];
    size_t count;
};

static inline void peer_put(void *context, uint8_t byte)
{
    struct peer_output *out = context;
    out->bytes[out->count++] = byte;
}

static inline void peer_write(int fd, const void *bytes, size_t length)
{
    const uint8_t *from = bytes;
    while (length) {
        ssize_t done = write(fd, from, length);
        if (done < 0)
            _exit(1);
        from += done;
        length -= (size_t)done;
    }
}

/* A frame, as it goes over the line. */
static inline struct peer_output peer_frame(uint8_t type, uint8_t sequence, const void *payload,
                                            size_t length)
{
    struct peer_output out = {.count = 0};
    frame_send(peer_put, &out, type, sequence, payload, length);
    return out;
}

static inline void peer_send(int fd, uint8_t type, uint8_t sequence, const void *payload,
                             size_t length)
{
    struct peer_output out = peer_frame(type, sequence, payload, length);
    peer_write(fd, out.bytes, out.count);
}

/* The next whole request; ends the process when the line is closed. */
static inline const struct frame_receiver *peer_receive(int fd)
{
    static struct frame_receiver receiver;
    uint8_t byte;
    do
        if (read(fd, &byte, 1) != 1)
            _exit(0);
    while (frame_receive(&receiver, byte) != FRAME_WHOLE);
    return &receiver;
}

/* The answer that is what was asked. */
static inline struct peer_output peer_answer(const struct frame_receiver *request)
{
    return peer_frame(request->type | WIRE_ANSWER, request->sequence, request->payload,
                      request->length);
}

static inline void peer_echo(int fd, const struct frame_receiver *request)
{
    struct peer_output answer = peer_answer(request);
    peer_write(fd, answer.bytes, answer.count);
}

/* ---- The agent, in the peer. ---- */

static int agent_fd;
static unsigned agent_noise; /* one byte of so many is lost, damaged or repeated; 0: none */

/* 0: as it is; 1 lost, 2 damaged, 3 twice. */
static unsigned agent_accident(void)
{
    static uint32_t state = 1;
    state = state * 1664525 + 1013904223;
    return agent_noise && (state >> 8) % agent_noise == 0 ? 1 + (state >> 4) % 3 : 0;
}

static int agent_get(void)
{
    static int again = -1;
    uint8_t byte;
    if (again >= 0) {
        int twice = again;
        again = -1;
        return twice;
    }
    ssize_t got = recv(agent_fd, &byte, 1, MSG_DONTWAIT);
    if (got == 0)
        _exit(0);
    if (got < 0)
        return -1;
    unsigned accident = agent_accident();
    if (accident == 3)
        again = byte;
    return accident == 1 ? -1 : accident == 2 ? byte ^ 0x10 : byte;
}

static void agent_put(uint8_t byte)
{
    unsigned accident = agent_accident(), times = accident == 1 ? 0 : accident == 3 ? 2 : 1;
    uint8_t sent = accident == 2 ? byte ^ 0x04 : byte;
    for (unsigned i = 0; i < times; i++)
        peer_write(agent_fd, &sent, 1);
}

static void agent_idle(uint32_t times)
{
    struct pollfd wanted = {.fd = agent_fd, .events = POLLIN};
    if (times <= AGENT_SPINS)
        return;
    world->halts++;
    poll(&wanted, 1, -1);
}

static const char *agent_reset_world(const struct agent_reset *reset, struct agent_world *made)
{
    (void)reset;
    *made = (struct agent_world){1, 0, 0};
    return NULL;
}

/* Tells how many operations were run before.  Of page 2 it takes its time, of page 3 it says a lot
 * of things first. */
static void agent_run(const struct op *op, struct agent_outcome *outcome)
{
    static const char text[] = "some text for the console\n";
    uint32_t page = op->va >> 12;
    outcome->status = STATUS_OK;
    outcome->word = world->operations++;
    if (page == 2)
        usleep(5000);
    for (int i = 0; page == 3 && i < 20000; i++)
        peer_write(agent_fd, text, sizeof text - 1);
}

static uint32_t agent_none(uint32_t slot)
{
    (void)slot;
    return 0;
}

static bool agent_no_region(uint32_t s, uint32_t vpn, struct agent_region *region)
{
    (void)s, (void)vpn, (void)region;
    return false;
}

static uint32_t agent_frame(uint32_t pfn, uint32_t *refs)
{
    (void)pfn;
    return *refs = 0;
}

static void agent_pools(uint32_t free[WIRE_POOLS])
{
    memset(free, 0, WIRE_POOLS * sizeof *free);
}

static const char *agent_invariant(void)
{
    return NULL;
}

static uint32_t agent_cr3(void)
{
    return 1;
}

static const uint32_t *agent_memory(uint32_t pfn)
{
    static uint32_t words[4][1024];
    return words[pfn];
}

static void agent_leave(void)
{
    _exit(0);
}

static inline void play_agent(int fd)
{
    struct agent_facts facts = {
        .name = "test",
        .designs = "",
        .user_pdes = 768,
        .free_first = 1,
        .free_frames = 2,
        .device_first = 3,
        .device_frames = 1,
        .mailbox = &world->mailbox,
    };
    struct agent_kernel kernel = {
        .facts = &facts,
        .get = agent_get,
        .put = agent_put,
        .idle = agent_idle,
        .reset = agent_reset_world,
        .run = agent_run,
        .directory = agent_none,
        .segment = agent_none,
        .region = agent_no_region,
        .frame = agent_frame,
        .pools = agent_pools,
        .invariant = agent_invariant,
        .cr3 = agent_cr3,
        .peek = agent_memory,
        .leave = agent_leave,
    };
    agent_fd = fd;
    agent_serve(&kernel);
}

/* ---- What the rig asks of that agent. ---- */

static inline enum channel_end ask_for(struct channel *channel, enum wire_type type,
                                       const void *payload, size_t length, double seconds)
{
    const uint8_t *answer;
    size_t answer_length;
    return channel->ask(channel, type, payload, length, seconds, &answer, &answer_length);
}

static inline bool reset_agent(struct channel *channel)
{
    static const uint8_t reset[] = {2, 0, 0, 1, 1, 0};
    return ask_for(channel, WIRE_RESET, reset, sizeof reset, 10) == CHANNEL_ANSWERED;
}

/* Runs `read s0` of an address in page 1, 2 or 3 (agent_run); true: it was operation number
 * expected. */
static inline bool run_is(struct channel *channel, uint8_t page, uint32_t expected, double seconds)
{
    const uint8_t run[] = {0, 1, OP_READ, 0, page};
    const uint8_t *answer;
    size_t length;
    if (channel->ask(channel, WIRE_RUN, run, sizeof run, seconds, &answer, &length) !=
            CHANNEL_ANSWERED ||
        length < 4 || answer[0] != 1 || answer[1] != STATUS_OK)
        return false;
    uint32_t word = 0;
    for (size_t i = 2, shift = 0; i < length; i++, shift += 7) {
        word |= (uint32_t)(answer[i] & 127) << shift;
        if (answer[i] < 128)
            return word == expected;
    }
    return false;
}

#endif
