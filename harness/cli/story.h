/* story.h: a case told from its beginning to where it diverges: what it is, which frames are
 * concerned, how they came to be what they are.  Each telling is a replay.
 *
 * For `show` with --life or --svg, and for `report`. */
#ifndef CLI_STORY_H
#define CLI_STORY_H

#include "life.h"
#include "picture.h"
#include "scene.h"
#include "trial.h"

enum { STORY_LIVES = 2 };

struct story {
    struct scene scene;
    struct finding finding; /* if it diverged */
    bool diverged;
    bool died;      /* a sanitizer ended the process at operation `count`, which is not run again */
    uint32_t count; /* operations that the pictures are of, with the one that diverged */
    struct life lives[STORY_LIVES];
    unsigned life_count;
};

/* The first `count` operations of a case.  When it diverges before, to there.  False: it could not
 * run; finding says why. */
bool story_begin(struct story *story, struct trial *trial, const char *name, struct test_case *c,
                 uint32_t count);

/* The lives of the frames concerned: those at the address or of the number that the finding names,
 * or that are not what they should be; only_frame: of this one instead (NOWHERE: not given). */
void story_follow(struct story *story, uint32_t only_frame);

/* Runs it again and calls look at the operation before the last (before: true) and after it.  The
 * picture that it gets is valid during the call.  If it died, there is no look after. */
void story_look(struct story *story,
                void (*look)(void *context, const struct picture *picture, bool before),
                void *context);

void story_free(struct story *story);

#endif
