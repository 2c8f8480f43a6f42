/* target_option.h: the options that say what is tested and how it is run; every command that runs
 * cases takes the same. */
#ifndef CLI_TARGET_OPTION_H
#define CLI_TARGET_OPTION_H

#include "../check/rig.h"
#include "options.h"

struct target_option {
    const char *name;              /* of target_names */
    struct target_options options; /* of a target outside of this process */
};

/* Rows for the table of a command whose options have a struct target_option at this offset.
 * standard: the name that target_option_default gets, for the help. */
#define TARGET_OPTION_ROWS(at, standard)                                                           \
    OPTION_ROW("target", "NAME", "what to test: sim, qemu, linux or serial (" standard ")",        \
               option_target, TARGET_AT(at, name)),                                                \
        OPTION_ROW("lane", "NAME", "qemu: how the rig looks in: ram (the default) or serial",      \
                   option_lane, TARGET_AT(at, options.lane)),                                      \
        OPTION_ROW("accel", "NAME", "qemu: tcg (the default) or kvm", option_accel,                \
                   TARGET_AT(at, options.accel)),                                                  \
        OPTION_ROW("witness", "on|off",                                                            \
                   "qemu: touch what an operation may leave stale in the TLB (on)", option_on_off, \
                   TARGET_AT(at, options.witness)),                                                \
        OPTION_ROW("kernel", "FILE", "qemu: the image (kernel/kernel.elf beside this program)",    \
                   option_text, TARGET_AT(at, options.kernel)),                                    \
        OPTION_ROW("qemu", "PROGRAM", "qemu: the emulator ($QEMU, or qemu-system-i386)",           \
                   option_text, TARGET_AT(at, options.qemu)),                                      \
        OPTION_ROW("line", "PATH", "serial: the terminal, or the socket of an emulator",           \
                   option_text, TARGET_AT(at, options.line)),                                      \
        OPTION_NUMBER_ROW("baud", "serial: bits a second of a terminal (115200)",                  \
                          TARGET_AT(at, options.baud), 50, 4000000),                               \
        OPTION_ROW("restart", "COMMAND", "serial: what starts a machine that has ended",           \
                   option_text, TARGET_AT(at, options.restart))
#define TARGET_AT(at, field) (at) + offsetof(struct target_option, field)

bool option_target(const struct option_row *row, const char *value, void *field,
                   struct option_why *why); /* const char *, of target_names */
bool option_lane(const struct option_row *row, const char *value, void *field,
                 struct option_why *why); /* const char * */
bool option_accel(const struct option_row *row, const char *value, void *field,
                  struct option_why *why); /* const char * */
bool option_on_off(const struct option_row *row, const char *value, void *field,
                   struct option_why *why); /* bool */

/* What holds where the command line says nothing.  Its texts live as long as the process. */
struct target_option target_option_default(const char *name);

/* "--target qemu --lane serial": what of it is not the default, as one would type it; the target
 * always.  Cut to size. */
const char *target_option_text(const struct target_option *option, char *buffer, size_t size);

/* A world for cases on this target; the option outlives it. */
struct rig *target_option_rig(const struct target_option *option, uint32_t check);

/* Before many cases run on a target outside of this process: can it be started at all?  False: no,
 * and said on stderr, once for all of them.  A VMM that does not have the default design is there.
 */
bool target_option_starts(const struct target_option *option, struct rig *rig, const char *command);

/* Does the target show page tables?  False: it does not, and said on stderr. */
bool target_option_shows_tables(const struct target_option *option, const char *command);

#endif
