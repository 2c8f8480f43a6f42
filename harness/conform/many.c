/* many.c: MANY: requests in one. */
#include "../case/case.h"
#include "conform_private.h"
#include <string.h>

/* A request in MANY's payload. */
static void put_request(struct payload *p, enum wire_type type, const struct payload *of)
{
    put_octet(p, (uint8_t)type);
    put(p, (uint32_t)of->length);
    memcpy(p->bytes + p->length, of->bytes, of->length);
    p->length += of->length;
}

static struct payload two(uint32_t a, uint32_t b)
{
    struct payload p = {.length = 0};
    put(&p, a);
    put(&p, b);
    return p;
}

bool check_many(struct conform *c)
{
    const struct payload none = {.length = 0}, names = two(OP_SLOTS, OP_SLOTS),
                         frames = two(c->hello.free_first, c->frames),
                         read = two(c->hello.free_first, 1);
    const struct {
        enum wire_type type;
        const struct payload *payload;
    } requests[] = {
        {WIRE_NAMES, &names}, {WIRE_FRAMES, &frames}, {WIRE_READ, &read}, {WIRE_INVARIANT, &none}};
    enum { REQUESTS = sizeof requests / sizeof *requests };
    static struct payload answers[REQUESTS];
    struct payload p = {.length = 0};
    struct wire_reader r;
    if (!reset(c))
        return false;
    put(&p, REQUESTS);
    for (unsigned i = 0; i < REQUESTS; i++) {
        put_request(&p, requests[i].type, requests[i].payload);
        if (!ask(c, requests[i].type, requests[i].payload, &r))
            return false;
        answers[i].length = (size_t)(r.end - r.at);
        memcpy(answers[i].bytes, r.at, answers[i].length);
    }
    if (!ask(c, WIRE_MANY, &p, &r))
        return false;
    uint32_t count = wire_number(&r);
    if (count != REQUESTS)
        return wrong(c, "MANY of %d short requests: expected all answered, actual %u", REQUESTS,
                     (unsigned)count);
    for (unsigned i = 0; i < REQUESTS; i++) {
        uint32_t length = wire_number(&r);
        if (r.bad || length != answers[i].length || length > (size_t)(r.end - r.at) ||
            memcmp(r.at, answers[i].bytes, length) != 0)
            return wrong(c, "MANY: the answer to request %u is another than alone", i + 1);
        r.at += length;
    }
    return complete(c, &r, "MANY");
}

bool check_many_hello(struct conform *c)
{
    static const struct op create = {.code = OP_CREATE, .s = 3, .expect = OP_EXPECT_NOTHING};
    struct payload p = {.length = 0}, make = {.length = 0}, version = {.length = 0};
    put_octet(&make, 0);
    put(&make, 1);
    put_op(&make, &create);
    put(&version, WIRE_VERSION);
    put(&p, 2);
    put_request(&p, WIRE_RUN, &make);
    put_request(&p, WIRE_HELLO, &version);
    if (!reset(c) || !ask_in_vain(c, WIRE_MANY, &p, "MANY with a HELLO in it") ||
        !look(c, &c->seen))
        return false;
    return !c->seen.spaces[3] || wrong(c, "MANY with a HELLO in it: what stood before it was done");
}

bool check_many_ends(struct conform *c)
{
    const struct payload names = two(OP_SLOTS, OP_SLOTS), bad = two(UINT32_MAX, 1);
    struct payload p = {.length = 0};
    struct wire_reader r;
    put(&p, 3);
    put_request(&p, WIRE_NAMES, &names);
    put_request(&p, WIRE_READ, &bad);
    put_request(&p, WIRE_NAMES, &names);
    if (!reset(c) || !ask(c, WIRE_MANY, &p, &r))
        return false;
    uint32_t count = wire_number(&r);
    return count == 1 || wrong(c,
                               "MANY whose second request is UNKNOWN: expected 1 answered, "
                               "actual %u",
                               (unsigned)count);
}
