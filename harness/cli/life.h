/* life.h: the life of a page frame through a case: what it was used for, who held it, where it was
 * mapped with which rights, what was in it, and at which operation that changed.
 *
 * It is told by looking at the world after each operation, so it needs a replay. */
#ifndef CLI_LIFE_H
#define CLI_LIFE_H

#include "survey.h"

enum { LIFE_PLACES = 8 };

/* A page that shows the frame. */
struct life_place {
    uint32_t space, vpn, entry;
    uint32_t before; /* the frame that it showed before, NOWHERE: none */
    uint32_t after;  /* in `left`: the frame that it shows now, NOWHERE: none */
};

struct life_view {
    uint32_t done; /* operations until then */
    uint8_t state; /* enum frame_state */
    uint32_t refs;
    struct owner owner; /* of a page table or directory */
    struct life_place places[LIFE_PLACES], left[LIFE_PLACES];
    unsigned place_count, left_count;
    bool more_places; /* there are more than fit */
    uint32_t holders; /* of its page, by the model */
    bool evicted;     /* that page is in the backing store */
    char held[96];    /* who: " s0 0x1000 s1 0x1000" */
    char words[96];   /* " [0]=0x2a", or " zero" */
};

struct life {
    uint32_t pfn;
    unsigned page_shift;
    struct life_view
        *views; /* owned; those at which something changed; the first is always there */
    uint32_t count, capacity;
};

struct life life_begin(uint32_t pfn);
void life_free(struct life *life);

/* Looks after `done` operations.  before: what was seen after the operation before, NULL: nothing.
 */
void life_see(struct life *life, const struct survey *before, const struct survey *now,
              uint32_t done);

/* What changed from the view before to view number i, a line of text each. */
void life_changes(const struct life *life, uint32_t i,
                  void (*line)(void *context, const char *text), void *context);

/* All of it, an operation and what it changed a line; c: the case. */
void life_print(FILE *file, const struct life *life, const struct test_case *c);

#endif
