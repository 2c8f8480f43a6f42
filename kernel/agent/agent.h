/* agent.h: the guest's half of the protocol: a kernel links this folder, fills in one table of
 * callbacks and calls agent_serve.  README.md specifies what goes over the line.
 *
 * Freestanding; no allocation: the state is static, about 350 KB, and of one agent. */
#ifndef AGENT_H
#define AGENT_H

#include "../../harness/case/op.h"
#include "frame.h"

/* What RESET asks for. */
struct agent_reset {
    uint32_t frames;           /* of RAM that the VMM owns, including what it needs to boot */
    uint32_t limit;            /* frames that it may allocate after boot; 0: all */
    uint32_t slots;            /* pages of the backing store */
    uint32_t spaces, segments; /* slots that operations name */
    const uint8_t *design;     /* a byte for each axis, in the order of HELLO's designs */
    uint32_t axes;
};

/* What came of it. */
struct agent_world {
    uint32_t boot_directory;   /* its frame; CR3 */
    uint32_t own_from, own_to; /* directory entries that may differ from directory to directory */
};

/* A page fault of a program's access.  before, after: the translation of cr2 by the tables
 * (agent_walk) when the fault arrived and when the VMM had handled it. */
struct agent_fault {
    uint32_t error, cr2, before, after;
};

/* What an operation did. */
struct agent_outcome {
    uint32_t status; /* enum op_status */
    uint32_t va;     /* map: where; as given on error */
    uint32_t word;   /* read, copy_in */
    uint32_t hidden; /* copy_out: the frame of the word, if no page table shows it; else 0 */
    uint32_t faults; /* read, write: at most WIRE_FAULTS_MAX */
    struct agent_fault fault[WIRE_FAULTS_MAX];
};

struct agent_region {
    uint32_t first, last; /* virtual page numbers, both included */
    uint32_t prot;        /* enum op_prot */
    uint32_t backing;     /* 0 private, 1 segment, 2 device */
    uint32_t segment;     /* names the segment while it lives; 0: not one */
    uint32_t offset;      /* page of the segment, or device frame, at first */
};

/* So often the agent looks for a request before it says that it sleeps and lets idle halt. */
enum { AGENT_SPINS = 5000 };

/* What HELLO says. */
struct agent_facts {
    const char *name;    /* for people */
    const char *designs; /* "axis=choice,choice ...": the axes and choices, in order; "" for none */
    uint32_t features;   /* WIRE_HAS_TOUCH; the agent adds WIRE_HAS_MAILBOX */
    uint32_t user_pdes;  /* directory entries below this one are user addresses */
    uint32_t free_first, free_frames; /* RAM that a VMM may own, most of it */
    uint32_t device_first, device_frames;
    uint32_t backing_slots;        /* at most */
    struct agent_mailbox *mailbox; /* in RAM that the rig may map; NULL: none */
    uint32_t mailbox_address;      /* physical */
};

/* What the kernel offers.  Nothing here may be NULL but equal and touch; no callback is called from
 * another.  Best a constant: with link-time optimisation the calls are direct then. */
struct agent_kernel {
    const struct agent_facts *facts;

    /* The line.  get: the next byte, -1 when there is none now.  idle: called when there is nothing
     * to do, with the number of times in a row; from AGENT_SPINS + 1 on it may halt until a byte
     * arrives (also one that arrived since get was called). */
    int (*get)(void);
    void (*put)(uint8_t byte);
    void (*idle)(uint32_t times);

    /* The VMM.  reset: a fresh one; NULL, or why that cannot be.  directory: the frame of the
     * space's page directory, 0 when there is no such space.  segment: 0 when there is none.
     * region: the first whose last page is at or after vpn.  frame: state as in README.md. */
    const char *(*reset)(const struct agent_reset *reset, struct agent_world *world);
    void (*run)(const struct op *op, struct agent_outcome *outcome);
    uint32_t (*directory)(uint32_t s);
    uint32_t (*segment)(uint32_t g);
    bool (*region)(uint32_t s, uint32_t vpn, struct agent_region *region);
    uint32_t (*frame)(uint32_t pfn, uint32_t *refs);
    void (*pools)(uint32_t free[WIRE_POOLS]);
    const char *(*invariant)(void); /* NULL, or what is wrong */

    /* The machine.  cr3: the frame of the directory in use.  peek: the words of a frame of RAM or
     * of the device, valid until the next call.  equal: do two frames' words agree (at multiples of
     * 16 bytes); NULL: the agent compares them word by word.  touch: an access through the tables
     * in use, which caches the translation, to a word; a write needs the right to, and leaves the
     * word as it is; false: it faulted, and nobody repaired that.  leave: ends the machine; does
     * not return. */
    uint32_t (*cr3)(void);
    const uint32_t *(*peek)(uint32_t pfn);
    bool (*equal)(const uint32_t *a, const uint32_t *b);
    bool (*touch)(uint32_t va, bool write, uint32_t *word);
    void (*leave)(void);
};

/* The lane through RAM; README.md, "Mailbox". */
struct agent_mailbox {
    volatile uint32_t request, answer; /* numbers: equal when the agent has nothing to do */
    volatile uint32_t agent_sleeps, rig_sleeps;
    volatile uint32_t request_length, answer_length;
    uint8_t request_bytes[1 + WIRE_PAYLOAD_MAX]; /* type, payload */
    uint8_t answer_bytes[1 + WIRE_PAYLOAD_MAX];
};

/* Serves requests for ever. */
_Noreturn void agent_serve(const struct agent_kernel *kernel);

/* One turn of agent_serve: takes a request from the mailbox or a byte from the line, and answers
 * when there is a whole one.  False: there was neither. */
bool agent_turn(const struct agent_kernel *kernel);

/* To be called whenever a frame's state or reference count changes. */
void agent_frame_changed(uint32_t pfn);

/* The translation of va under a directory by the tables themselves: the table's entry with the
 * rights of both levels; 0: not present. */
uint32_t agent_walk(uint32_t directory, uint32_t va);

#endif
