/* survey.h: a snapshot of a world for people to look at: what the model expects and what the target
 * has, side by side and indexed by frame and by identity.  It judges nothing; the checker does.
 *
 * Looking changes nothing in the world.  A survey is good until the next operation. */
#ifndef CLI_SURVEY_H
#define CLI_SURVEY_H

#include "../check/rig.h"

/* A run of pages with the same properties.  Adjacent runs that could be one are one. */
struct range {
    uint32_t first, last; /* virtual page numbers, both included */
    uint8_t prot;         /* enum op_prot */
    uint8_t backing;      /* enum backing */
    uint32_t object;      /* the model's number of the segment, OBJECT_UNKNOWN; else 0 */
    uint32_t offset;      /* page of the segment, or device frame, at first; private: 0 */
};

enum { OBJECT_UNKNOWN = UINT32_MAX };

struct ranges {
    struct range *items; /* owned */
    uint32_t count, capacity;
};

enum { NOWHERE = UINT32_MAX };

/* A page that is in a page table or has an identity. */
struct page_view {
    uint32_t space, vpn;
    uint32_t entry;            /* with the rights of both levels; 0: none */
    uint32_t identity;         /* 0: none */
    uint32_t next_of_frame;    /* next page with a present entry for the same frame, NOWHERE */
    uint32_t next_of_identity; /* NOWHERE */
};

struct space_view {
    bool expected, actual;      /* exists for the model, for the target */
    uint32_t directory;         /* frame, if actual */
    struct ranges want, have;   /* of the model, of the target */
    uint32_t regions;           /* that the target's list has */
    uint32_t page_first, pages; /* its part of survey.pages, sorted by vpn */
};

enum owner_kind { OWNER_NONE, OWNER_KERNEL, OWNER_DIRECTORY, OWNER_TABLE };

/* Whose page table or directory a frame is, by the tables themselves. */
struct owner {
    uint8_t kind, space;
    uint16_t pde;
};

struct survey {
    const struct model *model;
    struct target *target;
    uint32_t level_bits, page_shift;
    struct space_view spaces[OP_SLOTS];
    struct page_view *pages; /* owned, like all that follows */
    uint32_t page_count, page_capacity;
    uint32_t *page_of_frame; /* a page with a present entry for it; NOWHERE */
    uint32_t frame_count;
    uint32_t *page_of_identity; /* NOWHERE */
    uint32_t identity_count;
    struct owner *owners; /* by frame */
};

/* ask_regions: the target's own region lists are in order and may be read. */
void survey_make(struct survey *survey, struct rig *rig, bool ask_regions);
void survey_free(struct survey *survey);

/* The frame that a present entry names for the identity, NOWHERE when none does. */
uint32_t survey_frame(const struct survey *survey, uint32_t identity);

bool range_equal(const struct range *a, const struct range *b);

#endif
