/* remote.c: a target that is reached over a channel: makes it, asks its agent, and says how its
 * machine ended.  remote_private.h says what the other files do. */
#include "remote_private.h"
#include <stdio.h>
#include <stdlib.h>

void *remote_memory(size_t bytes)
{
    void *memory = calloc(1, bytes);
    if (memory)
        return memory;
    fprintf(stderr, "pagerig: out of memory\n");
    exit(125);
}

/* Titles outlive machines; there are few of them. */
const char *remote_literal(const char *text)
{
    static struct known {
        struct known *next;
        char text[];
    } * all;
    for (struct known *known = all; known; known = known->next)
        if (strcmp(known->text, text) == 0)
            return known->text;
    size_t bytes = strlen(text) + 1;
    struct known *known = remote_memory(sizeof *known + bytes);
    memcpy(known->text, text, bytes);
    known->next = all;
    all = known;
    return known->text;
}

/* ---- Asking. ---- */

static bool ended(struct remote_target *t, enum channel_end end)
{
    t->end = t->host->post_mortem(t->host, end, &t->base.what, t->base.why, sizeof t->base.why);
    t->channel = NULL;
    return false;
}

bool remote_nonsense(struct remote_target *t, const char *what)
{
    ended(t, CHANNEL_UNKNOWN);
    /* What was reset knows nothing of its VMM. */
    if (t->end == END_TRIPLE_FAULT)
        return false;
    t->end = END_RIG;
    t->base.what = "the agent's answer";
    snprintf(t->base.why, sizeof t->base.why, "the agent answered nonsense: %s", what);
    return false;
}

static bool came(struct remote_target *t, enum channel_end end, const uint8_t *bytes, size_t count,
                 struct wire_reader *answer)
{
    if (end == CHANNEL_UNKNOWN)
        return remote_nonsense(t, "it does not know a request");
    if (end != CHANNEL_ANSWERED)
        return ended(t, end);
    *answer = (struct wire_reader){bytes, bytes + count, false};
    return true;
}

static bool ask(struct remote_target *t, enum wire_type type, const uint8_t *payload, size_t length,
                struct wire_reader *answer)
{
    const uint8_t *bytes = NULL;
    size_t count = 0;
    if (!t->channel)
        return false;
    enum channel_end end =
        t->channel->ask(t->channel, type, payload, length, t->seconds, &bytes, &count);
    return came(t, end, bytes, count, answer);
}

bool remote_send(struct remote_target *t, enum wire_type type, const uint8_t *payload,
                 size_t length)
{
    t->many.answered = 0;
    return t->channel && t->channel->begin && t->channel->begin(t->channel, type, payload, length);
}

bool remote_receive(struct remote_target *t, struct wire_reader *answer)
{
    const uint8_t *bytes = NULL;
    size_t count = 0;
    if (!t->channel)
        return false;
    enum channel_end end = t->channel->finish(t->channel, t->seconds, &bytes, &count);
    return came(t, end, bytes, count, answer);
}

/* ---- Asking for many things at once. ---- */

void remote_want(struct remote_target *t, enum wire_type type, const uint8_t *payload,
                 size_t length)
{
    struct many *many = &t->many;
    many->answered = 0;
    if (many->wanted == WIRE_MANY_MAX ||
        many->length + 1 + WIRE_NUMBER_BYTES + length > sizeof many->request)
        return;
    uint8_t *to = many->request + many->length;
    *to++ = (uint8_t)type;
    to = wire_put_number(to, (uint32_t)length);
    if (length)
        memcpy(to, payload, length);
    many->length = (size_t)(to - many->request) + length;
    many->wanted++;
}

void remote_want_numbers(struct remote_target *t, enum wire_type type, uint32_t a, uint32_t b)
{
    uint8_t payload[2 * WIRE_NUMBER_BYTES];
    uint8_t *end = wire_put_number(wire_put_number(payload, a), b);
    remote_want(t, type, payload, (size_t)(end - payload));
}

/* Makes a request of what is wanted; returns its length. */
static size_t take_wanted(struct remote_target *t,
                          uint8_t request[WIRE_NUMBER_BYTES + sizeof t->many.request])
{
    struct many *many = &t->many;
    uint8_t *to = wire_put_number(request, many->wanted);
    memcpy(to, many->request, many->length);
    size_t length = (size_t)(to - request) + many->length;
    many->coming = many->wanted;
    many->wanted = many->answered = 0;
    many->length = 0;
    many->asked = many->request;
    return length;
}

static bool take_answers(struct remote_target *t, struct wire_reader *answer)
{
    struct many *many = &t->many;
    many->answered = wire_below(answer, many->coming + 1);
    memcpy(many->answer, answer->at, (size_t)(answer->end - answer->at));
    many->answers =
        (struct wire_reader){many->answer, many->answer + (answer->end - answer->at), false};
    return !answer->bad || remote_nonsense(t, "MANY");
}

bool remote_fetch(struct remote_target *t)
{
    uint8_t request[WIRE_NUMBER_BYTES + sizeof t->many.request];
    struct wire_reader answer;
    size_t length = take_wanted(t, request);
    if (!(t->hello.features & WIRE_HAS_MANY) || t->many.coming < 2)
        return true;
    return ask(t, WIRE_MANY, request, length, &answer) && take_answers(t, &answer);
}

bool remote_fetch_begin(struct remote_target *t)
{
    uint8_t request[WIRE_NUMBER_BYTES + sizeof t->many.request];
    size_t length = take_wanted(t, request);
    return remote_send(t, WIRE_MANY, request, length);
}

bool remote_fetch_end(struct remote_target *t)
{
    struct wire_reader answer;
    return remote_receive(t, &answer) && take_answers(t, &answer);
}

bool remote_next(struct remote_target *t, struct wire_reader *answer)
{
    struct many *many = &t->many;
    struct wire_reader asked = {many->asked, many->request + sizeof many->request, false};
    if (!many->answered)
        return false;
    many->answered--;
    wire_byte(&asked); /* the type */
    uint32_t length = wire_number(&asked);
    many->asked = asked.at + length;
    size_t bytes = wire_number(&many->answers);
    size_t left = (size_t)(many->answers.end - many->answers.at);
    many->answers.bad |= bytes > left;
    bytes = bytes > left ? left : bytes;
    *answer = (struct wire_reader){many->answers.at, many->answers.at + bytes, many->answers.bad};
    many->answers.at += bytes;
    return true;
}

/* The answer to a request that was fetched.  False: it was not, and what was, may be out of date
 * when this one has been done; but not when more regions of a space are asked for. */
static bool fetched(struct remote_target *t, enum wire_type type, const uint8_t *payload,
                    size_t length, struct wire_reader *answer)
{
    struct many *many = &t->many;
    uint8_t head[1 + WIRE_NUMBER_BYTES] = {(uint8_t)type};
    size_t head_length = (size_t)(wire_put_number(head + 1, (uint32_t)length) - head);
    if (!many->answered || memcmp(many->asked, head, head_length) != 0 ||
        (length && memcmp(many->asked + head_length, payload, length) != 0)) {
        many->answered = type == WIRE_REGIONS ? many->answered : 0;
        return false;
    }
    return remote_next(t, answer);
}

bool remote_ask(struct remote_target *t, enum wire_type type, const uint8_t *payload, size_t length,
                struct wire_reader *answer)
{
    return fetched(t, type, payload, length, answer) || ask(t, type, payload, length, answer);
}

/* ---- Making. ---- */

static bool greet(struct remote_target *t, struct hello *hello)
{
    uint8_t version[WIRE_NUMBER_BYTES];
    struct wire_reader answer;
    uint8_t *end = wire_put_number(version, WIRE_VERSION);
    return remote_ask(t, WIRE_HELLO, version, (size_t)(end - version), &answer) &&
           hello_read(hello, answer.at, (size_t)(answer.end - answer.at), t->base.why,
                      sizeof t->base.why);
}

static bool same_machine(const struct hello *a, const struct hello *b)
{
    return a->user_pdes == b->user_pdes && a->free_first == b->free_first &&
           a->free_frames == b->free_frames && a->device_first == b->device_first &&
           a->device_frames == b->device_frames && a->slots == b->slots &&
           strcmp(a->designs, b->designs) == 0;
}

/* It runs, and cannot be worked with; t->base.why says why. */
static bool turn_down(struct remote_target *t)
{
    char why[sizeof t->base.why];
    memcpy(why, t->base.why, sizeof why);
    ended(t, CHANNEL_UNKNOWN);
    t->end = END_RIG;
    memcpy(t->base.why, why, sizeof why);
    return false;
}

/* All machines of a target are alike: the mirror was made for the first. */
bool remote_begin(struct remote_target *t)
{
    struct hello hello = {0};
    if (t->channel)
        return true;
    t->end = END_RIG;
    t->channel = t->host->start(t->host, t->base.why, sizeof t->base.why);
    if (!t->channel)
        return false;
    if (!greet(t, &hello))
        return t->channel && turn_down(t);
    if (t->hello.version && !same_machine(&hello, &t->hello)) {
        snprintf(t->base.why, sizeof t->base.why, "the machine is another than before");
        return turn_down(t);
    }
    t->hello = hello;
    t->fresh = true;
    t->memory = t->host->memory(t->host, &t->memory_bytes);
    if (!(hello.features & WIRE_HAS_TOUCH))
        t->flags &= (uint8_t)~WIRE_WITNESS;
    if (t->memory)
        t->flags &= (uint8_t)~WIRE_MEMORY;
    return true;
}

static uint32_t design_count(void)
{
    uint32_t count = 1;
    for (unsigned axis = 0; axis < AXES; axis++)
        count *= axis_infos[axis].choices;
    return count;
}

struct target *target_remote_make(struct arena *state, struct arena *scratch,
                                  const struct target_setup *setup, struct remote_host *host,
                                  char *why, size_t why_size)
{
    struct remote_target *t = arena_take(state, sizeof *t);
    (void)scratch;
    t->base.class = &remote_class;
    t->host = host;
    t->spaces = setup->spaces;
    t->segments = setup->segments;
    t->seconds = setup->options->hang_seconds;
    t->flags = WIRE_SEE | WIRE_MEMORY | (setup->options->witness ? WIRE_WITNESS : 0);
    if (!remote_begin(t)) {
        snprintf(why, why_size, "%s", t->base.why);
        host->free(host);
        return NULL;
    }
    mirror_make(t, state);
    t->kernels = arena_take(state, design_count() * sizeof *t->kernels);
    return &t->base;
}

const uint8_t *target_remote_memory(struct target *target, size_t *bytes)
{
    const struct remote_target *t = remote_of(target);
    *bytes = t->memory_bytes;
    return t->channel ? t->memory : NULL;
}
