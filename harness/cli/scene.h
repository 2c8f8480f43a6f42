/* scene.h: a case that runs operation by operation in a rig, and the picture of where it stands:
 * what differs, the operations around it, the state of model and target.  For `show` and `shell`.
 */
#ifndef CLI_SCENE_H
#define CLI_SCENE_H

#include "../check/rig.h"

struct scene {
    const char *name;    /* of the case, for the picture */
    struct test_case *c; /* the head is the rig's; operations may be added between steps */
    struct rig *rig;
    uint32_t at;       /* operations done, with the one that diverged */
    uint8_t *statuses; /* of these; owned */
    uint32_t capacity;
    struct finding finding;
    bool started, diverged;
};

/* Takes the rig to the beginning of the case.  False: scene->finding says why not; RIG if the
 * target cannot. */
bool scene_start(struct scene *scene);

/* Runs the next operation, and checks what the case expects of it.  False: scene->finding. */
bool scene_step(struct scene *scene);

/* The end of the case: compares everything. */
bool scene_finish(struct scene *scene);

/* Did the last operation come to its end?  If not, the target gave up in the middle of it. */
bool scene_ended(const struct scene *scene);

/* Does the model know the state after the last operation?  It does not follow an answer that it
 * thinks wrong; then it still has the state before. */
bool scene_model_followed(const struct scene *scene);

/* The address that the finding is about, or else the last operation.  False: none. */
bool scene_address(const struct scene *scene, uint32_t *s, uint32_t *va);

/* Lines that begin with !: what diverged. */
void scene_print_finding(const struct scene *scene, FILE *file);

/* All of the picture, with the finding if there is one. */
void scene_print(const struct scene *scene, FILE *file);

/* What is left of the scene when a sanitizer ends the process: what is known by then. */
void scene_print_death(const struct scene *scene, FILE *file);

void scene_free(struct scene *scene); /* what it owns */

#endif
