/* remote_qemu.c: QEMU as the machine of a remote target: its process (qemu.h), the line into it
 * (line.h), and, with lane=ram, the mailbox (mailbox.h) and its memory, which this process maps. */
#include "../../kernel/agent/agent.h"
#include "mailbox.h"
#include "monitor.h"
#include "qemu.h"
#include "remote.h"
#include "remote_line.h"
#include "tape.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    KERNEL_PAGES = 480, /* the first MiB, the image, the device */
    OBJECT_SHARE = 16,  /* a page of the VMM's own object for so many frames, at most */
    BOOT_SECONDS = 10,  /* until the kernel must answer */
};

struct qemu_host {
    struct remote_host base; /* first */
    const struct target_options *options;
    bool running, shared; /* shared: lane=ram */
    uint32_t ram_frames;  /* that the VMM needs */
    struct qemu qemu;
    struct line line;
    struct mailbox mailbox;
};

static struct qemu_host *host_of(struct remote_host *host)
{
    return (struct qemu_host *)host;
}

static void stop(struct qemu_host *h)
{
    if (h->running)
        qemu_stop(&h->qemu);
    h->running = false;
}

/* ---- How it ended. ---- */

static enum end how_ended(struct qemu_host *h, enum channel_end end, const char **what, char *why,
                          size_t why_size)
{
    bool gone = qemu_ended(&h->qemu, end == CHANNEL_CLOSED ? LAST_WORDS_SECONDS : 0);
    if (gone)
        remote_line_last_words(&h->line);
    if ((*what = remote_line_panic(&h->line, why, why_size)))
        return END_PANIC;
    if (!gone && end == CHANNEL_SILENT) {
        *what = "the call does not end";
        snprintf(why, why_size, "no answer for %u seconds", h->options->hang_seconds);
        return END_HANG;
    }
    *what = "QEMU ended";
    if (!gone) {
        snprintf(why, why_size, "the line into QEMU was lost");
        return END_RIG;
    }
    enum end how = qemu_how_ended(&h->qemu, why, why_size);
    if (how == END_TRIPLE_FAULT)
        *what = "triple fault";
    if (how == END_RETURNED)
        snprintf(why, why_size, "the kernel left");
    return how == END_RETURNED ? END_RIG : how;
}

static enum end post_mortem(struct remote_host *host, enum channel_end end, const char **what,
                            char *why, size_t why_size)
{
    struct qemu_host *h = host_of(host);
    enum end how = how_ended(h, end, what, why, why_size);
    stop(h);
    return how;
}

/* ---- Starting. ---- */

static bool say_hello(struct qemu_host *h, struct hello *hello, char *why, size_t why_size)
{
    const char *what;
    char reason[100] = "";
    enum channel_end end;
    if (remote_line_greet(&h->line, BOOT_SECONDS, hello, &end, why, why_size))
        return true;
    if (end == CHANNEL_ANSWERED)
        return false;
    how_ended(h, end, &what, reason, sizeof reason);
    snprintf(why, why_size, "%s does not answer: %s", h->options->kernel, reason);
    return false;
}

static struct channel *mailbox_channel(struct qemu_host *h, const struct hello *hello, char *why,
                                       size_t why_size)
{
    size_t end = (size_t)hello->mailbox + sizeof(struct agent_mailbox);
    if (!(hello->features & WIRE_HAS_MAILBOX) || !h->qemu.ram || end > h->qemu.ram_bytes) {
        snprintf(why, why_size, "%s has no mailbox: use --lane serial", h->options->kernel);
        return NULL;
    }
    mailbox_open(&h->mailbox, (struct agent_mailbox *)(void *)(h->qemu.ram + hello->mailbox),
                 &h->line);
    return &h->mailbox.channel;
}

/* No more than needed: with tables=direct the VMM maps all of it at each reset. */
static uint32_t ram_bytes(uint32_t frames)
{
    enum { PAGE = 4096, MIB = 1 << 20 };
    uint64_t bytes = (uint64_t)(KERNEL_PAGES + frames + frames / OBJECT_SHARE) * PAGE;
    return (uint32_t)((bytes + MIB - 1) / MIB * MIB);
}

static struct qemu_options qemu_options_for(const struct target_options *options,
                                            uint32_t ram_frames)
{
    return (struct qemu_options){
        .program = options->qemu,
        .kernel = options->kernel,
        .command = options->recording ? "tape" : "agent",
        .accel = options->accel,
        .gdb = options->gdb,
        .recording = options->recording,
        .rewind = options->rewind,
        .ram_bytes = ram_bytes(ram_frames),
    };
}

void remote_qemu_command(FILE *file, const struct target_options *options, uint32_t ram_frames)
{
    struct qemu_options qemu = qemu_options_for(options, ram_frames);
    qemu_print_command(file, &qemu);
}

bool remote_qemu_alone(struct qemu *qemu, const struct target_options *options, uint32_t ram_frames,
                       char *why, size_t why_size)
{
    struct qemu_options alone = qemu_options_for(options, ram_frames);
    return qemu_start(qemu, &alone, why, why_size);
}

static struct channel *start(struct remote_host *host, char *why, size_t why_size)
{
    struct qemu_host *h = host_of(host);
    struct qemu_options options = qemu_options_for(h->options, h->ram_frames);
    struct hello hello = {0};
    struct channel *channel = NULL;
    if (!qemu_start(&h->qemu, &options, why, why_size))
        return NULL;
    h->running = true;
    line_open(&h->line, h->qemu.from_line, h->qemu.to_line);
    h->line.echo = h->options->console;
    if (say_hello(h, &hello, why, why_size))
        channel = h->shared ? mailbox_channel(h, &hello, why, why_size) : &h->line.channel;
    if (channel && h->options->tape)
        channel = tape_open(h->options->tape, channel);
    if (!channel)
        stop(h);
    return channel;
}

static const uint8_t *memory(struct remote_host *host, size_t *bytes)
{
    struct qemu_host *h = host_of(host);
    *bytes = h->qemu.ram_bytes;
    return h->shared ? h->qemu.ram : NULL;
}

static bool second_opinion(struct remote_host *host, const struct pages *ram, uint32_t cr3,
                           uint32_t pdes, char *why, size_t why_size)
{
    return monitor_walk_agrees(host_of(host)->qemu.monitor, ram, cr3, pdes, why, why_size);
}

static struct line *line_of(struct remote_host *host)
{
    return &host_of(host)->line;
}

static void end_it(struct remote_host *host)
{
    stop(host_of(host));
    free(host);
}

struct remote_host *remote_qemu(const struct target_options *options, uint32_t ram_frames)
{
    struct qemu_host *h = remote_memory(sizeof *h);
    h->base = (struct remote_host){.start = start,
                                   .post_mortem = post_mortem,
                                   .memory = memory,
                                   .second_opinion = second_opinion,
                                   .line = line_of,
                                   .free = end_it};
    h->options = options;
    h->ram_frames = ram_frames;
    h->shared = strcmp(options->lane, "serial") != 0;
    return &h->base;
}
