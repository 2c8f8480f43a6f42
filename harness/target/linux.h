/* linux.h: the target `linux`: the kernel under this process as a VMM that nobody here wrote, so
 * that the model is judged as well.  See README.md.
 *
 *      linux_target.c   making, resetting, what the checker asks
 *      linux_run.c      one operation: what it is in terms of Linux, and the statuses of vmm.h
 *      linux_map.c      segments and new regions
 *      linux_process.c  the processes: starting, asking, ending
 *      linux_space.c    what runs in them
 *      linux_look.c     what the kernel says of them in /proc
 *
 * Each address space is a process of its own that makes system calls and accesses when it is told
 * to; the user's address va is LINUX_BASE + va in it.  Nothing is mapped or read in this process.
 * The processes are children of this one, take no signals of the terminal, and end with it, however
 * it ends. */
#ifndef LINUX_H
#define LINUX_H

#include "target.h"
#include <sys/types.h>

enum { LINUX_PAGE = 4096, LINUX_PAGE_SHIFT = 12, LINUX_DEVICE_FRAMES = 16, LINUX_USER_PDES = 768 };

/* Where nobody puts anything: far from code, heap and stack, and from AddressSanitizer's shadow.
 * All 4 GiB are kept free, so that an access to the kernel's part faults as well. */
#define LINUX_BASE     ((uint64_t)0x200000000000)
#define LINUX_RANGE    ((uint64_t)1 << 32)
#define LINUX_USER_END ((uint64_t)LINUX_USER_PDES << 22)

/* Linux has as much memory as the host.  What one case may have of it: pages filled by eager maps,
 * pages that accesses make, and segments. */
enum { LINUX_EAGER_PAGES = 1 << 16, LINUX_TOUCHED_PAGES = 1 << 18, LINUX_SEGMENTS = 256 };
enum { LINUX_REGIONS_MAX = 1 << 16 }; /* of one space; vm.max_map_count is less by default */

/* What a process is asked to do. */
enum linux_deed {
    LINUX_FORK,     /* makes a process like itself, for which the descriptor is the line */
    LINUX_CALL,     /* a system call; the descriptor, if one comes along, is its arguments[4] */
    LINUX_LOAD,     /* of the word at arguments[0], by an instruction */
    LINUX_STORE,    /* of the word arguments[1] */
    LINUX_COPY_IN,  /* the same by the kernel, in a system call that is given the address */
    LINUX_COPY_OUT, /* and writes there */
};

struct linux_request {
    uint32_t deed; /* enum linux_deed */
    uint32_t call; /* SYS_* */
    uint64_t arguments[6];
};

struct linux_answer {
    int64_t result; /* of the call; LINUX_FORK: the new process */
    int32_t error;  /* errno, or 0 */
    uint32_t word;
    bool faulted;           /* by SIGSEGV or SIGBUS */
    uint32_t fault_error;   /* of the processor */
    uint64_t fault_address; /* in the process */
};

/* One process, and what is known of its mappings in the user range. */
struct linux_process {
    pid_t pid;                 /* 0: there is none */
    int line;                  /* its end is descriptor 0 there */
    int maps, pagemap, memory; /* of /proc; -1: not open */
    bool regions_known;
    uint32_t region_count;
    struct region_view *regions; /* LINUX_REGIONS_MAX */
};

struct linux_segment {
    int file;       /* -1: the slot is free */
    uint32_t inode; /* names it in maps, also when the file is closed */
};

enum { LINUX_WINDOW = 512 };

struct linux_target {
    struct target base;
    struct arena *state, *scratch; /* not given to the processes */
    uint32_t spaces, segments;     /* slots */
    unsigned hang_seconds;
    struct linux_process template; /* an empty space, of which all others are forked */
    struct linux_process space[OP_SLOTS];
    struct linux_segment segment[OP_SLOTS], device;
    uint32_t eager_pages, segments_made; /* since the reset */

    uint32_t zero_frame;                 /* the frame that all pages share that were only read */
    uint32_t window_space, window_first; /* of pagemap, in window; OP_SLOTS: none */
    uint64_t window[LINUX_WINDOW];
    uint32_t words[LINUX_PAGE / sizeof(uint32_t)];
};

static inline struct linux_target *linux_of(struct target *target)
{
    return (struct linux_target *)target;
}

static inline bool linux_used_segment(const struct linux_target *t, uint32_t g)
{
    return g < t->segments && t->segment[g].file >= 0;
}

/* A user's address, in the process. */
static inline uint64_t linux_address(uint32_t va)
{
    return LINUX_BASE + va;
}

/* ---- linux_process.c: all of these say in target->why what is wrong. ---- */

bool linux_start(struct linux_target *t); /* the template */
bool linux_fork(struct linux_target *t, struct linux_process *from, struct linux_process *to);
void linux_end(struct linux_process *process); /* and waits for it; may be called twice */

/* file: goes along when it is not -1.  END_RETURNED: *answer is what the process answered. */
enum end linux_ask(struct linux_target *t, struct linux_process *process,
                   const struct linux_request *request, int file, struct linux_answer *answer);

/* For what is not the model's fault, and not Linux's. */
__attribute__((cold, format(printf, 2, 3))) enum end linux_failed(struct linux_target *t,
                                                                  const char *format, ...);

/* ---- linux_space.c: never returns; line is a socket, rig the process that asks. ---- */

__attribute__((noreturn)) void linux_space(int line, pid_t rig);

/* ---- linux_look.c: what these answer is true until the next operation. ---- */

void linux_look_again(struct linux_target *t);

/* The regions of a space as the kernel lists them; false: it cannot be read (target->looking). */
bool linux_regions(struct linux_target *t, struct linux_process *process);

/* The first region that ends at or after vpn; NULL: none. */
const struct region_view *linux_region(struct linux_target *t, struct linux_process *process,
                                       uint32_t vpn);

/* target_class.present, words */
uint32_t linux_present(struct target *target, uint32_t s, uint32_t vpn, uint32_t *frame);
const uint32_t *linux_words(struct target *target, uint32_t s, uint32_t vpn);

/* The frame of zeros that Linux shows for private pages that were only read; 0 when the kernel does
 * not tell this process the numbers of frames. */
uint32_t linux_zero_frame(void);

/* ---- linux_run.c ---- */

enum end linux_run(struct target *target, const struct op *op, struct outcome *outcome);

/* A range that an operation may be about: page 0 and what is outside of the user range are other
 * addresses to Linux, and no pages are an error to munmap(2) and mmap(2), and none to mprotect(2).
 */
bool linux_user_range(uint32_t va, uint32_t n);

/* The system call in space s.  *error: its errno, or 0; result may be NULL. */
enum end linux_call(struct linux_target *t, uint32_t s, struct linux_request *request, int file,
                    int *error, int64_t *result);

/* The same for a call about the range of op that returns nothing; last: its third argument. */
enum end linux_call_range(struct linux_target *t, const struct op *op, uint32_t number,
                          uint64_t last, int *error);

/* What an errno says; of one that no operation can have, that the rig has failed. */
enum end linux_status(struct linux_target *t, const char *call, int error, enum op_status *status);

int linux_rights(uint8_t prot); /* PROT_* of mmap(2) */

/* ---- linux_map.c ---- */

bool linux_make_device(struct linux_target *t); /* false: target->why */
enum end linux_make_segment(struct linux_target *t, const struct op *op, enum op_status *status);
void linux_release(struct linux_segment *segment); /* may be called twice */
enum end linux_map(struct linux_target *t, const struct op *op, struct outcome *outcome);
enum end linux_map_device(struct linux_target *t, const struct op *op, struct outcome *outcome);

/* ---- For tests. ---- */

struct linux_target *linux_target(struct target *target); /* NULL: it is another */

#endif
