/* loopback.h: a guest in this process, for the tests of remote targets: the agent, as kernels link
 * it, over the VMM on the simulated machine, reached by a call.  Defects can be planted in it. */
#ifndef TEST_LOOPBACK_H
#define TEST_LOOPBACK_H

#include "../../kernel/agent/agent.h"
#include "../target/faults.h"
#include "../target/remote.h"
#include "../target/sim_target.h"
#include "../target/vmm_op.h"
#include <stdlib.h>
#include <string.h>

enum { LOOP_RAM = 512, LOOP_SLOTS = 64 };

static struct loopback {
    struct remote_host base;
    struct channel channel;
    bool shared; /* memory is mapped */
    struct arena state, scratch;
    struct target *inner; /* the simulated machine */
    struct agent_facts facts;
    struct agent_kernel kernel;
    struct agent_mailbox mailbox;
    const struct op *op;
    struct agent_outcome *outcome;
    enum end end;           /* of the machine */
    unsigned starts, begun; /* machines; requests in two halves */
} loop;

/* What tests plant. */
static struct {
    void (*after)(struct sim_target *, const struct op *); /* each operation */
    void (*answer)(uint8_t type, uint8_t *bytes, size_t *length);
    void (*reset)(struct sim_target *); /* after each reset */
    uint32_t refs_pfn;                  /* has a reference too many; 0: none */
    bool untold;                        /* and nobody is told of that */
    bool mute;                          /* nobody is told of any change of a frame */
    uint32_t extra_directory;           /* of s9, which does not exist; 0: none */
    bool shorter_regions;               /* all have lost their last page */
    bool no_start, suspicious;
    const char *broken; /* what the VMM's own check finds; NULL: nothing more than it does */
    enum channel_end silent;
} planted;

static struct sim_target *loop_sim(void)
{
    return sim_of(loop.inner);
}

/* ---- The kernel. ---- */

static int loop_get(void)
{
    return -1;
}

static void loop_put(uint8_t byte)
{
    (void)byte;
}

static void loop_idle(uint32_t times)
{
    (void)times;
}

/* What a VMM has taken for itself since it began. */
static void loop_tell_used(void)
{
    uint32_t refs;
    for (uint32_t pfn = SIM_FREE_FIRST; pfn < LOOP_RAM; pfn++)
        if (loop.inner->class->frame(loop.inner, pfn, &refs) != FRAME_FREE)
            agent_frame_changed(pfn);
}

static const char *loop_reset(const struct agent_reset *reset, struct agent_world *world)
{
    struct case_head head = case_head_default;
    static char why[200];
    const struct facts *facts = &loop.inner->facts;
    head.ram = LOOP_RAM;
    head.slots = reset->slots;
    head.limit = reset->limit;
    head.tlb = TLB_PARANOID;
    memcpy(head.design.choice, reset->design, AXES);
    loop_sim()->spaces = reset->spaces;
    loop_sim()->segments = reset->segments;
    loop_sim()->sim->machine.free_frames = reset->frames;
    loop_sim()->sim->machine.backing_slots = reset->slots;
    if (reset->frames > loop.facts.free_frames)
        return "there are not so many frames";
    if (!loop.inner->class->reset(loop.inner, &head)) {
        snprintf(why, sizeof why, "%s", loop.inner->why);
        return why;
    }
    *world = (struct agent_world){facts->boot_directory, facts->kernel_own_pdes[0],
                                  facts->kernel_own_pdes[1]};
    loop_tell_used();
    if (planted.reset)
        planted.reset(loop_sim());
    return NULL;
}

static bool loop_fault(struct sim_target *t, uint32_t va, uint32_t error)
{
    struct agent_fault *fault = &loop.outcome->fault[loop.outcome->faults++];
    *fault = (struct agent_fault){error, va, agent_walk(machine_read_cr3(), va), 0};
    loop.outcome->status = vmm_fault(t->vmm, va, error);
    fault->after = agent_walk(machine_read_cr3(), va);
    return loop.outcome->status == VMM_OK && loop.outcome->faults < FAULTS_MAX;
}

static void loop_access(void *argument)
{
    struct sim_target *t = argument;
    const struct op *op = loop.op;
    uint32_t error;
    bool done;
    if (!vmm_op_enter(t->vmm, op->s, &t->current)) {
        loop.outcome->status = VMM_BAD_SLOT;
        return;
    }
    do {
        done = op->code == OP_WRITE ? sim_user_write(t->sim, op->va, op->x, &error)
                                    : sim_user_read(t->sim, op->va, &loop.outcome->word, &error);
    } while (!done && loop_fault(t, op->va, error));
}

/* The frame of the word that was stored last, if no table shows it. */
static uint32_t loop_hidden(const struct sim_target *t, const struct op *op)
{
    const struct sim_journal *journal = &t->sim->journal;
    bool shown = agent_walk(vmm_directory(t->vmm, op->s), op->va);
    return shown || !journal->page_count ? 0 : journal->pages[journal->page_count - 1];
}

static void loop_run(const struct op *op, struct agent_outcome *outcome)
{
    struct sim_target *t = loop_sim();
    struct outcome plain = {0};
    if (loop.end != END_RETURNED)
        return; /* a machine that has ended does nothing more */
    loop.op = op;
    loop.outcome = outcome;
    sim_journal_clear(t->sim);
    sim_debt_clear(t->sim);
    if (op->code == OP_READ || op->code == OP_WRITE) {
        loop.end = sim_guarded(t, loop_access);
    } else {
        loop.end = sim_run(loop.inner, op, &plain);
        outcome->status = plain.status;
        outcome->va = op->code == OP_MAP || op->code == OP_MAP_DEVICE ? plain.va : op->va;
        outcome->word = plain.word;
        outcome->hidden = op->code == OP_COPY_OUT && !plain.status ? loop_hidden(t, op) : 0;
    }
    if (planted.after && loop.end == END_RETURNED)
        planted.after(t, op);
    const struct sim_journal *journal = &t->sim->journal;
    for (uint32_t i = 0; i < journal->changed_count && !planted.mute; i++)
        agent_frame_changed(journal->changed[i]);
    if (planted.refs_pfn && !planted.untold)
        agent_frame_changed(planted.refs_pfn);
}

static uint32_t loop_directory(uint32_t s)
{
    struct target *t = loop.inner;
    if (s == 9 && planted.extra_directory)
        return planted.extra_directory;
    return s < loop_sim()->spaces && t->class->exists(t, s) ? t->class->directory(t, s) : 0;
}

static uint32_t loop_segment(uint32_t g)
{
    return g < loop_sim()->segments ? loop.inner->class->segment_id(loop.inner, g) : 0;
}

static bool loop_region(uint32_t s, uint32_t vpn, struct agent_region *region)
{
    struct region_view view;
    if (!loop.inner->class->region(loop.inner, s, vpn, &view))
        return false;
    view.last -= planted.shorter_regions;
    if (view.last < vpn)
        return false;
    *region = (struct agent_region){view.first,   view.last,    view.prot,
                                    view.backing, view.segment, view.offset};
    return true;
}

static uint32_t loop_frame(uint32_t pfn, uint32_t *refs)
{
    uint32_t state = loop.inner->class->frame(loop.inner, pfn, refs);
    *refs += pfn == planted.refs_pfn && pfn;
    return state;
}

static void loop_pools(uint32_t free[WIRE_POOLS])
{
    uint32_t all[POOLS];
    loop.inner->class->pools(loop.inner, all);
    memcpy(free, all, WIRE_POOLS * sizeof *free); /* the protocol has no more */
}

static const char *loop_invariant(void)
{
    return planted.broken ? planted.broken : loop.inner->class->invariant(loop.inner);
}

static uint32_t loop_cr3(void)
{
    return machine_read_cr3();
}

static const uint32_t *loop_peek(uint32_t pfn)
{
    return pages_words(&loop.inner->ram, pfn);
}

static bool loop_touch(uint32_t va, bool write, uint32_t *word)
{
    struct sim *sim = loop_sim()->sim;
    uint32_t error;
    return sim_user_read(sim, va, word, &error) &&
           (!write || sim_user_write(sim, va, *word, &error));
}

static void loop_leave(void)
{
}

/* "axis=choice,choice axis=..." of all there is. */
static const char *loop_designs(void)
{
    static char text[512];
    text[0] = '\0';
    for (unsigned axis = 0; axis < AXES; axis++)
        for (unsigned i = 0; i < axis_infos[axis].choices; i++) {
            const char *before = i ? "," : axis_infos[axis].name;
            snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s%s%s",
                     !i && axis ? " " : "", before, i ? "" : "=", axis_infos[axis].choice_names[i]);
        }
    return text;
}

static struct agent_facts loop_facts(void)
{
    return (struct agent_facts){
        .name = "loopback",
        .designs = loop_designs(),
        .features = WIRE_HAS_TOUCH,
        .user_pdes = 768,
        .free_first = SIM_FREE_FIRST,
        .free_frames = LOOP_RAM - SIM_FREE_FIRST,
        .device_first = LOOP_RAM,
        .device_frames = 16,
        .backing_slots = LOOP_SLOTS,
        .mailbox = &loop.mailbox,
        .mailbox_address = 0x1000,
    };
}

static struct agent_kernel loop_kernel(void)
{
    return (struct agent_kernel){
        .facts = &loop.facts,
        .get = loop_get,
        .put = loop_put,
        .idle = loop_idle,
        .reset = loop_reset,
        .run = loop_run,
        .directory = loop_directory,
        .segment = loop_segment,
        .region = loop_region,
        .frame = loop_frame,
        .pools = loop_pools,
        .invariant = loop_invariant,
        .cr3 = loop_cr3,
        .peek = loop_peek,
        .touch = loop_touch,
        .leave = loop_leave,
    };
}

/* ---- The host. ---- */

/* It is done at once. */
static void loop_serve(enum wire_type type, const uint8_t *payload, size_t length)
{
    struct agent_mailbox *box = &loop.mailbox;
    sim_activate(loop_sim()->sim);
    box->request_bytes[0] = (uint8_t)type;
    if (length)
        memcpy(box->request_bytes + 1, payload, length);
    box->request_length = (uint32_t)length + 1;
    box->request++;
    agent_turn(&loop.kernel);
    if (loop.inner->looking != END_RETURNED)
        loop.end = loop.inner->looking;
}

static enum channel_end loop_finish(struct channel *channel, double seconds, const uint8_t **answer,
                                    size_t *answer_length)
{
    static uint8_t copy[1 + WIRE_PAYLOAD_MAX];
    const struct agent_mailbox *box = &loop.mailbox;
    (void)channel;
    (void)seconds;
    if (loop.end != END_RETURNED)
        return CHANNEL_CLOSED;
    if (planted.silent)
        return planted.silent;
    *answer_length = box->answer_length - 1;
    memcpy(copy, box->answer_bytes, box->answer_length);
    if (copy[0] == WIRE_UNKNOWN)
        return CHANNEL_UNKNOWN;
    if (planted.answer)
        planted.answer(box->request_bytes[0], copy + 1, answer_length);
    *answer = copy + 1;
    return CHANNEL_ANSWERED;
}

static bool loop_begin(struct channel *channel, enum wire_type type, const uint8_t *payload,
                       size_t length)
{
    (void)channel;
    loop_serve(type, payload, length);
    loop.begun++;
    return true;
}

static enum channel_end loop_ask(struct channel *channel, enum wire_type type,
                                 const uint8_t *payload, size_t length, double seconds,
                                 const uint8_t **answer, size_t *answer_length)
{
    loop_serve(type, payload, length);
    return loop_finish(channel, seconds, answer, answer_length);
}

static struct channel *loop_start(struct remote_host *host, char *why, size_t why_size)
{
    (void)host;
    if (planted.no_start) {
        snprintf(why, why_size, "there is no power");
        return NULL;
    }
    struct case_head head = case_head_default;
    struct target_setup setup = {"sim", &head, OP_SLOTS, OP_SLOTS, &target_options_default};
    head.ram = LOOP_RAM;
    head.slots = LOOP_SLOTS;
    head.design.choice[AXIS_TABLES] = 1;
    if (!loop.state.memory) {
        loop.state = arena_make((size_t)64 << 20);
        loop.scratch = arena_make((size_t)64 << 20);
    }
    arena_give(&loop.state, 0);
    arena_give(&loop.scratch, 0);
    loop.inner = target_sim_make(&loop.state, &loop.scratch, &setup);
    loop.facts = loop_facts();
    loop.kernel = loop_kernel();
    loop.end = END_RETURNED;
    loop.channel = (struct channel){.ask = loop_ask};
    if (loop.shared) {
        loop.channel.begin = loop_begin;
        loop.channel.finish = loop_finish;
    }
    loop.starts++;
    return &loop.channel;
}

static enum end loop_post_mortem(struct remote_host *host, enum channel_end end, const char **what,
                                 char *why, size_t why_size)
{
    (void)host;
    *what = loop.end != END_RETURNED ? loop.inner->what : "the call does not end";
    snprintf(why, why_size, "%s", loop.end != END_RETURNED ? loop.inner->why : "silence");
    return loop.end != END_RETURNED ? loop.end : end == CHANNEL_SILENT ? END_HANG : END_RIG;
}

static const uint8_t *loop_memory(struct remote_host *host, size_t *bytes)
{
    (void)host;
    *bytes = (size_t)loop.inner->ram.count * 4096;
    return loop.shared ? (const uint8_t *)loop.inner->ram.words : NULL;
}

static bool loop_second_opinion(struct remote_host *host, const struct pages *ram, uint32_t cr3,
                                uint32_t pdes, char *why, size_t why_size)
{
    (void)host;
    (void)ram;
    (void)cr3;
    (void)pdes;
    snprintf(why, why_size, "there are other tables");
    return !planted.suspicious;
}

static void loop_free(struct remote_host *host)
{
    (void)host;
}

static struct remote_host *loop_host(const struct target_options *options, uint32_t ram_frames)
{
    (void)ram_frames;
    loop.shared = strcmp(options->lane, "serial") != 0;
    loop.base = (struct remote_host){.start = loop_start,
                                     .post_mortem = loop_post_mortem,
                                     .memory = loop_memory,
                                     .second_opinion = loop_second_opinion,
                                     .free = loop_free};
    return &loop.base;
}

#endif
