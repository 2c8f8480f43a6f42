/* remote.h: a target that is reached over a channel: some kernel with an agent.  What it is and how
 * it is started and ended is a *host*'s affair: `qemu` (remote_qemu.c), or a test's. */
#ifndef REMOTE_H
#define REMOTE_H

#include "channel.h"
#include "target.h"

struct line;

/* What provides the machine in which the agent runs. */
struct remote_host {
    /* Makes a machine that waits for HELLO; there is none, or it has ended.  NULL: why says what is
     * wrong. */
    struct channel *(*start)(struct remote_host *host, char *why, size_t why_size);

    /* The agent does not answer (or the channel is closed): says how that came about, what: for
     * titles, without numbers; why: for people; and ends the machine.  Both outlive the call. */
    enum end (*post_mortem)(struct remote_host *host, enum channel_end end, const char **what,
                            char *why, size_t why_size);

    /* Physical memory as this process maps it, NULL when it does not; *bytes is its size. */
    const uint8_t *(*memory)(struct remote_host *host, size_t *bytes);

    /* An independent walk of the tables in use: false when it differs from what `walk` (walk.h)
     * says of ram under CR3, in the first pdes directory entries; why says where.  NULL: there is
     * none. */
    bool (*second_opinion)(struct remote_host *host, const struct pages *ram, uint32_t cr3,
                           uint32_t pdes, char *why, size_t why_size);

    /* The line to the agent of the machine that start made; NULL: it is reached otherwise. */
    struct line *(*line)(struct remote_host *host);

    void (*free)(struct remote_host *host);
};

/* The host of a target that is reached over a channel, qemu or serial; target.c.  options outlives
 * it. */
struct remote_host *target_host(const char *name, const struct target_options *options,
                                uint32_t ram_frames);

/* Takes host over, also when it fails; NULL: the target cannot be, why says why. */
struct target *target_remote_make(struct arena *state, struct arena *scratch,
                                  const struct target_setup *setup, struct remote_host *host,
                                  char *why, size_t why_size);

/* The physical memory of a target that target_remote_make made, as this process maps it, until its
 * next reset; NULL when it does not, or when the machine has ended. */
const uint8_t *target_remote_memory(struct target *target, size_t *bytes);

/* Zeros, by malloc; ends the process with 125 when memory is out. */
void *remote_memory(size_t bytes);

/* The same text from then on, as a literal would be; for titles. */
const char *remote_literal(const char *text);

/* A machine that is there, at the end of options->line; remote_serial.c. */
struct remote_host *remote_serial(const struct target_options *options);

/* QEMU as a host, with so much memory that the VMM can have ram_frames of it; remote_qemu.c.
 * options outlives it. */
struct remote_host *remote_qemu(const struct target_options *options, uint32_t ram_frames);
/* The same machine without a rig, with a recording (options->recording); no target, as it is told
 * nothing.  As qemu_start. */
struct qemu;
bool remote_qemu_alone(struct qemu *qemu, const struct target_options *options, uint32_t ram_frames,
                       char *why, size_t why_size);
void remote_qemu_command(FILE *file, const struct target_options *options, uint32_t ram_frames);

#endif
