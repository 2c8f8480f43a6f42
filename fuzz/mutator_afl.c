/* mutator_afl.c: the mutator as afl-fuzz calls it, as a library for AFL_CUSTOM_MUTATOR_LIBRARY
 * (AFL++, docs/custom_mutators.md): mutates, splices, names what it did in the queue's file names,
 * and trims operation by operation. */
#include "mutator_afl.h"
#include "mutate.h"
#include "pick.h"
#include <stdio.h>
#include <stdlib.h>

enum { STACKS = 6 };

/* Trimming tries runs of operations from the end on, of half the case, a quarter, and so on. */
struct afl_mutator {
    uint64_t random;
    struct test_case ours, other;
    char names[MUTATE_NAMES_MAX];
    uint8_t *out; /* malloc; for what is given to afl-fuzz until it asks again */
    size_t out_size;

    struct test_case trimmed; /* the smallest that was as good */
    uint32_t run, at, steps, step;
};

void *afl_custom_init(void *afl, unsigned seed)
{
    (void)afl;
    struct afl_mutator *m = calloc(1, sizeof *m);
    if (m)
        m->random = seed;
    return m;
}

void afl_custom_deinit(void *data)
{
    struct afl_mutator *m = data;
    case_free(&m->ours);
    case_free(&m->other);
    case_free(&m->trimmed);
    free(m->out);
    free(m);
}

/* False: there is no memory. */
static bool make_room(struct afl_mutator *m, size_t size)
{
    if (m->out_size >= size)
        return true;
    free(m->out);
    m->out = malloc(size);
    m->out_size = m->out ? size : 0;
    return m->out != NULL;
}

/* libFuzzer calls its mutator several times for an input, AFL++ once: so up to 2^(STACKS - 1)
 * rounds, as in its own havoc.  0: nothing new, so that afl-fuzz goes on. */
size_t afl_custom_fuzz(void *data, uint8_t *buffer, size_t length, uint8_t **out, uint8_t *other,
                       size_t other_length, size_t max)
{
    struct afl_mutator *m = data;
    *out = buffer;
    if (!make_room(m, max))
        return 0;
    case_read_input(&m->ours, buffer, length);
    if (other && pick_in(&m->random, 1, 4)) {
        case_read_input(&m->other, other, other_length);
        mutate_splice(&m->ours, &m->other, &m->random);
        snprintf(m->names, sizeof m->names, "splice");
    } else {
        mutate_case(&m->ours, 1u << pick(&m->random, STACKS), &m->random, m->names);
    }
    *out = m->out;
    return mutate_write(&m->ours, m->out, max);
}

const char *afl_custom_describe(void *data, size_t max)
{
    struct afl_mutator *m = data;
    if (max && max < sizeof m->names)
        m->names[max - 1] = '\0';
    return m->names;
}

/* ---- Trimming. ---- */

/* Goes to the next run that can be left out; false: there is none. */
static bool next_run(struct afl_mutator *m)
{
    while (m->run) {
        if (m->at >= m->run) {
            m->at -= m->run;
            return true;
        }
        m->run /= 2;
        m->at = m->trimmed.count;
    }
    return false;
}

/* The steps that afl-fuzz may have to make. */
int32_t afl_custom_init_trim(void *data, uint8_t *buffer, size_t length)
{
    struct afl_mutator *m = data;
    case_read_input(&m->trimmed, buffer, length);
    m->run = m->trimmed.count / 2;
    m->at = m->trimmed.count;
    m->step = 0;
    m->steps = 2 * m->trimmed.count;
    if (!next_run(m))
        m->steps = 0;
    return (int32_t)m->steps;
}

/* The case without the run. */
size_t afl_custom_trim(void *data, uint8_t **out)
{
    enum { ROOM = (INPUT_OPS_MAX + 2) * OP_BYTES_MAX };
    struct afl_mutator *m = data;
    *out = NULL;
    if (!make_room(m, ROOM))
        return 0;
    m->ours.count = 0;
    m->ours.head = m->trimmed.head;
    for (uint32_t i = 0; i < m->trimmed.count; i++)
        if (i < m->at || i >= m->at + m->run)
            case_append(&m->ours, &m->trimmed.ops[i]);
    *out = m->out;
    return mutate_write(&m->ours, m->out, ROOM);
}

/* good: it covered the same.  Returns the next step, or afl_custom_init_trim's number at the end.
 */
int32_t afl_custom_post_trim(void *data, uint8_t good)
{
    struct afl_mutator *m = data;
    if (good)
        mutate_remove(&m->trimmed, m->at, m->run);
    m->step++;
    if (!next_run(m) || m->step >= m->steps)
        m->step = m->steps;
    return (int32_t)m->step;
}
