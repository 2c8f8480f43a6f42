/* story.c: see story.h. */
#include "story.h"
#include "../lib/walk.h"
#include "options.h"
#include "picture.h"

bool story_begin(struct story *story, struct trial *trial, const char *name, struct test_case *c,
                 uint32_t count)
{
    struct test_case part = *c;
    struct finding finding = {0};

    *story = (struct story){.scene = {.name = name, .c = c, .rig = trial->rig}, .count = count};
    part.count = count;
    bool clean = trial_clean(trial, &part, &finding);
    if (clean)
        return true;
    story->finding = finding;
    story->diverged = true;
    if (finding.oracle == ORACLE_RIG && finding.op.code == OP_CODES)
        return false;
    story->died = finding.oracle == ORACLE_SANITIZER;
    if (finding.op.code < OP_CODES)
        story->count = finding.at + 1;
    return true;
}

/* ---- Replays. ---- */

/* Takes the world to after `done` operations of the story.  False: it is not as it was. */
static bool step_to(struct story *story, uint32_t done)
{
    while (story->scene.at < done)
        if (!scene_step(&story->scene))
            return story->scene.at == done;
    return true;
}

/* The last operation, and the end of the case if that is what diverges. */
static void step_last(struct story *story)
{
    if (step_to(story, story->count) && !story->scene.diverged &&
        story->count == story->scene.c->count)
        scene_finish(&story->scene);
}

/* Regions are read of a target that is in order. */
static void survey_scene(struct survey *survey, const struct scene *scene)
{
    struct target *target = rig_target(scene->rig);
    bool ask = scene_ended(scene) && target->class->refresh(target);
    survey_make(survey, scene->rig, ask);
}

static void look_now(const struct story *story,
                     void (*look)(void *context, const struct picture *picture, bool before),
                     void *context, bool before)
{
    struct survey survey;

    survey_scene(&survey, &story->scene);
    const struct picture picture = {
        .survey = &survey,
        .finding = story->scene.diverged && !before ? &story->scene.finding : NULL,
        .regions_known = scene_ended(&story->scene),
    };
    look(context, &picture, before);
    survey_free(&survey);
}

void story_look(struct story *story,
                void (*look)(void *context, const struct picture *picture, bool before),
                void *context)
{
    if (!scene_start(&story->scene) || !step_to(story, story->count ? story->count - 1 : 0))
        return;
    look_now(story, look, context, true);
    if (story->died)
        return;
    step_last(story);
    look_now(story, look, context, false);
}

/* ---- Which frames. ---- */

struct search {
    struct story *story;
    uint32_t frames[STORY_LIVES];
    unsigned count;
};

static void want(struct search *search, uint32_t pfn)
{
    for (unsigned i = 0; i < search->count; i++)
        if (search->frames[i] == pfn)
            return;
    if (pfn != NOWHERE && search->count < STORY_LIVES)
        search->frames[search->count++] = pfn;
}

/* What the tables say of the address, then what the model says. */
static void want_at(struct search *search, const struct survey *survey, uint32_t s, uint32_t va)
{
    const struct space_view *space = &survey->spaces[s];
    uint32_t vpn = va >> survey->page_shift;

    for (uint32_t i = space->page_first; i < space->page_first + space->pages; i++) {
        const struct page_view *page = &survey->pages[i];
        if (page->vpn != vpn)
            continue;
        if (page->entry & ENTRY_PRESENT)
            want(search, page->entry >> ENTRY_PFN_SHIFT);
        if (page->identity)
            want(search, survey_frame(survey, page->identity));
    }
}

static void search_frames(void *context, const struct picture *picture, bool before)
{
    struct search *search = context;
    const struct scene *scene = &search->story->scene;
    uint32_t s, va;
    unsigned pfn;

    if (!before && scene->diverged && sscanf(scene->finding.where, "frame %u", &pfn) == 1)
        want(search, pfn);
    if (scene_address(scene, &s, &va))
        want_at(search, picture->survey, s, va);
    if (before || !scene->diverged)
        return;
    for (pfn = 0; pfn < picture->survey->target->facts.ram_frames; pfn++)
        if (picture_frame_wrong(picture, pfn))
            want(search, pfn);
}

/* ---- Lives. ---- */

static void follow(struct story *story, const uint32_t *frames, unsigned count)
{
    struct survey surveys[2];
    uint32_t last = story->died ? story->count - 1 : story->count, now = 0;

    for (unsigned i = 0; i < count; i++)
        story->lives[i] = life_begin(frames[i]);
    story->life_count = count;
    if (!scene_start(&story->scene))
        return;
    for (uint32_t done = 0; done <= last && step_to(story, done); done++, now = !now) {
        survey_scene(&surveys[now], &story->scene);
        for (unsigned i = 0; i < count; i++)
            life_see(&story->lives[i], done ? &surveys[!now] : NULL, &surveys[now], done);
        if (done)
            survey_free(&surveys[!now]);
    }
    survey_free(&surveys[!now]);
}

void story_follow(struct story *story, uint32_t only_frame)
{
    struct search search = {.story = story};

    if (only_frame != NOWHERE)
        want(&search, only_frame);
    else
        story_look(story, search_frames, &search);
    if (search.count)
        follow(story, search.frames, search.count);
}

void story_free(struct story *story)
{
    for (unsigned i = 0; i < story->life_count; i++)
        life_free(&story->lives[i]);
    scene_free(&story->scene);
}
