/* scene.c: see scene.h.  The same case gives the same bytes. */
#include "scene.h"
#include "options.h"
#include "picture.h"
#include "report.h"
#include "ruler.h"
#include <stdlib.h>
#include <string.h>

/* The status of an operation in which the target gave up, or that gave none. */
enum { NO_STATUS = STATUSES };

/* ---- Running. ---- */

/* If the target gave up, the finding names what it said. */
bool scene_ended(const struct scene *scene)
{
    return scene->finding.field != rig_target(scene->rig)->what || !scene->finding.field;
}

/* As rig_run finds it: the case says what it expects. */
static bool as_the_case_expects(struct scene *scene, const struct op *op, uint8_t status)
{
    struct finding *finding = &scene->finding;

    if (op->expect == OP_EXPECT_NOTHING || op->expect == status)
        return true;
    *finding = (struct finding){
        .oracle = ORACLE_RESULT,
        .at = scene->at - 1,
        .op = *op,
        .field = "expectation",
        .where = "the case says what it expects",
    };
    snprintf(finding->expected, sizeof finding->expected, "%s", op_status_names[op->expect]);
    snprintf(finding->actual, sizeof finding->actual, "%s", op_status_names[status]);
    return false;
}

bool scene_start(struct scene *scene)
{
    scene->at = 0;
    scene->finding = (struct finding){0};
    scene->started = rig_reset(scene->rig, &scene->c->head, &scene->finding);
    scene->diverged = !scene->started;
    return scene->started;
}

static void make_room(struct scene *scene)
{
    if (scene->at < scene->capacity)
        return;
    scene->capacity = scene->capacity ? scene->capacity * 2 : 256;
    scene->statuses = realloc(scene->statuses, scene->capacity);
    if (!scene->statuses) {
        fprintf(stderr, "pagerig: out of memory\n");
        exit(EXIT_CANNOT);
    }
}

bool scene_step(struct scene *scene)
{
    make_room(scene);
    const struct op *op = &scene->c->ops[scene->at];
    uint8_t *status = &scene->statuses[scene->at++];
    *status = NO_STATUS;
    bool good = rig_step(scene->rig, op, &scene->finding);
    if (scene_ended(scene) && rig_status(scene->rig) < STATUSES)
        *status = (uint8_t)rig_status(scene->rig);
    scene->diverged = !good || !as_the_case_expects(scene, op, *status);
    return !scene->diverged;
}

bool scene_finish(struct scene *scene)
{
    scene->diverged = !rig_finish(scene->rig, &scene->finding);
    return !scene->diverged;
}

void scene_free(struct scene *scene)
{
    free(scene->statuses);
    scene->statuses = NULL;
    scene->capacity = 0;
}

/* ---- The head of the picture. ---- */

/* The model does not follow an answer that it thinks wrong. */
bool scene_model_followed(const struct scene *scene)
{
    enum oracle oracle = scene->finding.oracle;
    bool judged = oracle == ORACLE_RESULT || oracle == ORACLE_ACCESS;
    const char *field = scene->finding.field;
    return !scene->diverged || scene->finding.op.code == OP_CODES ||
           (scene_ended(scene) &&
            (!judged || strcmp(field, "expectation") == 0 || strcmp(field, "CR3") == 0));
}

void scene_print_finding(const struct scene *scene, FILE *file)
{
    char title[64];

    fprintf(file, "! %s\n", report_title(&scene->finding, title));
    report_finding(file, "! ", &scene->finding);
    if (!scene_model_followed(scene))
        fprintf(file, "! What is expected is the state before operation %u.\n",
                (unsigned)scene->at);
}

static void print_case(const struct scene *scene, FILE *file)
{
    const struct case_head *head = &scene->c->head;
    char design[DESIGN_TEXT_MAX], limit[16] = "none";
    unsigned shift = head->bits + 2u;

    if (head->limit)
        snprintf(limit, sizeof limit, "%u", (unsigned)head->limit);
    fprintf(file, "%s: after operation %u of %u\n", scene->name, (unsigned)scene->at,
            (unsigned)scene->c->count);
    fprintf(file, "design %s\ntlb %s   ram %u   limit %s   slots %u   bits %u\n",
            design_text(&head->design, design), tlb_text(head->tlb), (unsigned)head->ram, limit,
            (unsigned)head->slots, (unsigned)head->bits);
    fprintf(file, "page %#x, page table for %#x; ranges do not include their end\n", 1u << shift,
            1u << (shift + head->bits));
    fprintf(file, "%s\n", RULER_LEGEND);
    if (rig_target(scene->rig)->facts.deferred)
        fprintf(file, "~ tables that may lag behind until the space is used: update=deferred\n");
    fprintf(file, "\n");
}

static void print_operations(const struct scene *scene, FILE *file)
{
    enum { BEFORE = 8, AFTER = 3 };
    const struct test_case *c = scene->c;
    uint32_t first = scene->at > BEFORE ? scene->at - BEFORE : 0;
    uint32_t end = c->count - scene->at > AFTER ? scene->at + AFTER : c->count;
    char text[OP_TEXT_MAX];

    if (first)
        fprintf(file, "       ... %u before\n", (unsigned)first);
    for (uint32_t i = first; i < end; i++) {
        struct op op = c->ops[i];
        op.expect = OP_EXPECT_NOTHING;
        case_write_op(&op, text);
        const char *status = "";
        if (i < scene->at)
            status =
                scene->statuses[i] == NO_STATUS ? "no status" : op_status_names[scene->statuses[i]];
        fprintf(file, "%s %5u  %-*s%s%s\n", i + 1 == scene->at ? "=>" : "  ", (unsigned)i + 1,
                *status ? 40 : 0, text, *status ? " " : "", status);
    }
    if (end < c->count)
        fprintf(file, "       ... %u after\n", (unsigned)(c->count - end));
}

void scene_print_death(const struct scene *scene, FILE *file)
{
    fprintf(file, "! SANITIZER: the process ended in operation %u\n\n", (unsigned)scene->at);
    print_case(scene, file);
    print_operations(scene, file);
    fflush(file);
}

/* A finding names its place in the way of these texts. */
bool scene_address(const struct scene *scene, uint32_t *s, uint32_t *va)
{
    const struct op *op = scene->at ? &scene->c->ops[scene->at - 1] : NULL;
    unsigned slot, address;

    if (scene->diverged && sscanf(scene->finding.where, "s%u %x", &slot, &address) == 2 &&
        slot < OP_SLOTS) {
        *s = slot;
        *va = address;
        return true;
    }
    if (!op || !strpbrk(op_infos[op->code].args, "paw") || op->flags & OP_ANY)
        return false;
    *s = op->s;
    *va = op->va;
    return true;
}

static void print_walk(const struct scene *scene, const struct picture *picture)
{
    uint32_t s, va;

    if (scene_address(scene, &s, &va))
        picture_walk(picture, s, va);
}

/* What has been said is out before structures are walked that may be broken. */
void scene_print(const struct scene *scene, FILE *file)
{
    struct survey survey;

    if (scene->diverged) {
        scene_print_finding(scene, file);
        fprintf(file, "\n");
    }
    print_case(scene, file);
    print_operations(scene, file);
    fflush(file);

    struct target *target = rig_target(scene->rig);
    bool ask = scene_ended(scene) && target->class->refresh(target);
    survey_make(&survey, scene->rig, ask);
    struct picture picture = {file, &survey, scene->diverged ? &scene->finding : NULL, ask};
    print_walk(scene, &picture);
    picture_spaces(&picture);
    picture_frames(&picture);
    picture_segments(&picture);
    picture_backing_store(&picture);
    survey_free(&survey);
}
