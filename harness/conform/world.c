/* world.c: all that an agent can be asked about the VMM's frames and the device's. */
#include "conform_private.h"
#include <stdlib.h>
#include <string.h>

enum { BITS = 10, WORDS = 1 << BITS };

struct range {
    uint32_t first, count;
};

static struct range range_of(const struct conform *c, unsigned i)
{
    return i ? (struct range){c->hello.device_first, c->hello.device_frames}
             : (struct range){c->hello.free_first, c->frames};
}

static uint32_t span(const struct conform *c)
{
    return hello_frames(&c->hello) - c->hello.free_first;
}

bool is_looked_at(const struct conform *c, uint32_t pfn)
{
    return pfn - c->hello.free_first < c->frames ||
           pfn - c->hello.device_first < c->hello.device_frames;
}

bool world_make(struct conform *c, struct world *w)
{
    void *memory = calloc(1, pages_bytes(span(c), BITS));
    *w = (struct world){.frames = calloc(span(c), sizeof *w->frames)};
    if (!memory || !w->frames) {
        free(memory);
        free(w->frames);
        w->frames = NULL;
        return wrong(c, "out of memory");
    }
    w->memory = pages_make(memory, span(c), BITS);
    return true;
}

void world_free(struct world *w)
{
    free(w->frames);
    free(w->memory.groups); /* where the memory begins */
}

void world_copy(struct conform *c, struct world *to, const struct world *from)
{
    uint32_t *frames = to->frames;
    struct pages memory = to->memory;
    memcpy(frames, from->frames, span(c) * sizeof *frames);
    for (uint32_t i = 0; i < span(c); i++)
        pages_copy(&memory, i, &from->memory, i);
    *to = *from;
    to->frames = frames;
    to->memory = memory;
}

/* ---- Looking. ---- */

static void read_names(struct wire_reader *r, uint32_t names[OP_SLOTS])
{
    uint32_t told = wire_below(r, OP_SLOTS + 1);
    for (uint32_t i = 0; i < OP_SLOTS; i++)
        names[i] = i < told ? wire_number(r) : 0;
    if (told && !names[told - 1])
        r->bad = true; /* up to the last that exists */
}

static bool look_names(struct conform *c, struct world *w)
{
    struct wire_reader r;
    if (!ask_two(c, WIRE_NAMES, OP_SLOTS, OP_SLOTS, &r))
        return false;
    read_names(&r, w->spaces);
    read_names(&r, w->segments);
    w->cr3 = wire_number(&r);
    for (unsigned i = 0; i < WIRE_POOLS; i++)
        w->pools[i] = wire_number(&r);
    return complete(c, &r, "NAMES");
}

/* What is told of one frame; at: from hello.free_first. */
static void read_state(struct world *w, uint32_t at, struct wire_reader *r)
{
    w->frames[at] = wire_number(r);
}

static void read_words(struct world *w, uint32_t at, struct wire_reader *r)
{
    struct wire_words words = wire_begin_words(r);
    pages_clear(&w->memory, at);
    while (wire_next_word(r, &words, WORDS))
        pages_set(&w->memory, at, words.index, words.word);
}

/* An answer tells as many of them as it has room for. */
static bool look_range(struct conform *c, struct world *w, struct range range, enum wire_type type,
                       void (*read)(struct world *w, uint32_t at, struct wire_reader *r))
{
    const char *name = type == WIRE_FRAMES ? "FRAMES" : "READ";
    while (range.count) {
        struct wire_reader r;
        if (!ask_two(c, type, range.first, range.count, &r))
            return false;
        uint32_t told = wire_below(&r, range.count + 1);
        if (!told)
            return wrong(c, "%s tells none of %u frames", name, (unsigned)range.count);
        for (uint32_t i = 0; i < told; i++)
            read(w, range.first - c->hello.free_first + i, &r);
        if (!complete(c, &r, name))
            return false;
        range.first += told;
        range.count -= told;
    }
    return true;
}

bool look(struct conform *c, struct world *w)
{
    bool good = look_names(c, w);
    for (unsigned i = 0; i < 2 && good; i++)
        good = look_range(c, w, range_of(c, i), WIRE_FRAMES, read_state) &&
               look_range(c, w, range_of(c, i), WIRE_READ, read_words);
    return good;
}

/* ---- RESET. ---- */

void put_reset(const struct conform *c, struct payload *p, uint32_t frames)
{
    const uint32_t numbers[] = {frames, 0, c->slots, OP_SLOTS, OP_SLOTS, c->axes};
    p->length = 0;
    for (unsigned i = 0; i < sizeof numbers / sizeof *numbers; i++)
        put(p, numbers[i]);
    for (uint32_t i = 0; i < c->axes; i++)
        put_octet(p, c->choices[i]);
}

bool reset_alone(struct conform *c, struct payload *answer)
{
    struct payload p;
    struct wire_reader r;
    char text[120];
    put_reset(c, &p, c->frames);
    if (!ask(c, WIRE_RESET, &p, &r))
        return false;
    answer->length = (size_t)(r.end - r.at);
    memcpy(answer->bytes, r.at, answer->length);
    if (wire_byte(&r)) {
        wire_text(&r, text, sizeof text);
        return wrong(c, "RESET with %u frames and %u slots is refused: %s", (unsigned)c->frames,
                     (unsigned)c->slots, text);
    }
    c->boot = wire_number(&r);
    c->own_from = wire_number(&r);
    c->own_to = wire_number(&r);
    for (unsigned i = 0; i < WIRE_POOLS; i++)
        c->told.pools[i] = wire_number(&r);
    return complete(c, &r, "RESET");
}

bool reset(struct conform *c)
{
    struct payload answer;
    if (!reset_alone(c, &answer) || !look(c, &c->seen))
        return false;
    world_copy(c, &c->told, &c->seen);
    c->told.cr3 = c->boot;
    return true;
}

/* ---- Comparing. ---- */

bool same_world(struct conform *c, const struct world *a, const struct world *b, const char *where)
{
    return same_names(c, a, b, where) && same_frames(c, a, b, where) && same_memory(c, a, b, where);
}

bool same_memory(struct conform *c, const struct world *a, const struct world *b, const char *where)
{
    for (uint32_t i = 0; i < span(c); i++) {
        uint32_t pfn = c->hello.free_first + i;
        if (!is_looked_at(c, pfn))
            continue;
        uint32_t index = pages_differ(&a->memory, i, &b->memory, i);
        if (index < WORDS)
            return wrong(c, "%s: frame %u, word %u: expected %#x, actual %#x", where, (unsigned)pfn,
                         (unsigned)index, (unsigned)pages_get(&a->memory, i, index),
                         (unsigned)pages_get(&b->memory, i, index));
    }
    return true;
}

bool same_frames(struct conform *c, const struct world *a, const struct world *b, const char *where)
{
    static const char *const states[] = {"free", "page", "table", "directory"};
    for (uint32_t i = 0; i < span(c); i++)
        if (a->frames[i] != b->frames[i])
            return wrong(c, "%s: frame %u: expected %s, %u references, actual %s, %u", where,
                         (unsigned)(c->hello.free_first + i), states[a->frames[i] & 3],
                         (unsigned)(a->frames[i] >> WIRE_STATE_BITS), states[b->frames[i] & 3],
                         (unsigned)(b->frames[i] >> WIRE_STATE_BITS));
    return true;
}

bool same_names(struct conform *c, const struct world *a, const struct world *b, const char *where)
{
    static const char *const pools[WIRE_POOLS] = {"frames",   "pages", "regions",
                                                  "segments", "slots", "tables"};
    for (unsigned i = 0; i < OP_SLOTS; i++) {
        if (a->spaces[i] != b->spaces[i])
            return wrong(c, "%s: directory of s%u: expected frame %u, actual %u", where, i,
                         (unsigned)a->spaces[i], (unsigned)b->spaces[i]);
        if (a->segments[i] != b->segments[i])
            return wrong(c, "%s: name of g%u: expected %u, actual %u", where, i,
                         (unsigned)a->segments[i], (unsigned)b->segments[i]);
    }
    if (a->cr3 != b->cr3)
        return wrong(c, "%s: CR3: expected frame %u, actual %u", where, (unsigned)a->cr3,
                     (unsigned)b->cr3);
    for (unsigned i = 0; i < WIRE_POOLS; i++)
        if (a->pools[i] != b->pools[i])
            return wrong(c, "%s: free %s: expected %u, actual %u", where, pools[i],
                         (unsigned)a->pools[i], (unsigned)b->pools[i]);
    return true;
}
