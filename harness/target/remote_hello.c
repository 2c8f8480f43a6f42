/* remote_hello.c: see remote_hello.h. */
#include "remote_hello.h"
#include "../../kernel/agent/wire.h"
#include <stdio.h>
#include <string.h>

static bool refuse(char *why, size_t why_size, const char *what)
{
    snprintf(why, why_size, "the agent's HELLO cannot be: %s", what);
    return false;
}

static bool is_sane(struct hello *hello, char *why, size_t why_size)
{
    uint64_t free_end = (uint64_t)hello->free_first + hello->free_frames;
    if (!hello->user_pdes || hello->user_pdes >= 1024)
        return refuse(why, why_size, "the number of user directory entries");
    if (!hello->free_frames || free_end > REMOTE_FRAMES_MAX)
        return refuse(why, why_size, "the frames that are free");
    if (!hello->device_frames)
        hello->device_first = (uint32_t)free_end;
    if (hello->device_first < free_end ||
        (uint64_t)hello->device_first + hello->device_frames > REMOTE_FRAMES_MAX)
        return refuse(why, why_size, "device frames lie after RAM");
    if (hello->slots > REMOTE_FRAMES_MAX)
        return refuse(why, why_size, "the number of slots");
    return hello->mailbox % 4 == 0 || refuse(why, why_size, "the mailbox's address");
}

bool hello_read(struct hello *hello, const uint8_t *payload, size_t length, char *why,
                size_t why_size)
{
    struct wire_reader r = {payload, payload + length, false};
    hello->version = wire_number(&r);
    if (!r.bad && hello->version != WIRE_VERSION) {
        snprintf(why, why_size, "the agent speaks version %u of the protocol, the rig version %u",
                 (unsigned)hello->version, WIRE_VERSION);
        return false;
    }
    hello->features = wire_number(&r);
    hello->user_pdes = wire_number(&r);
    hello->free_first = wire_number(&r);
    hello->free_frames = wire_number(&r);
    hello->device_first = wire_number(&r);
    hello->device_frames = wire_number(&r);
    hello->slots = wire_number(&r);
    hello->mailbox = wire_number(&r);
    wire_text(&r, hello->name, sizeof hello->name);
    wire_text(&r, hello->designs, sizeof hello->designs);
    if (r.bad || strlen(hello->designs) == sizeof hello->designs - 1)
        return refuse(why, why_size, "it is cut off, or too long");
    return is_sane(hello, why, why_size);
}

/* The position of name in "one,two,three"; -1 if it is not there. */
static int position(const char *list, size_t length, const char *name)
{
    const char *end = list + length;
    size_t name_length = strlen(name);
    for (int i = 0; list < end; i++) {
        size_t item = strcspn(list, ", ");
        if (item == name_length && memcmp(list, name, item) == 0)
            return i;
        list += item + 1;
    }
    return -1;
}

static unsigned axis_named(const char *name, size_t length)
{
    unsigned axis = 0;
    while (axis < AXES && (strlen(axis_infos[axis].name) != length ||
                           memcmp(axis_infos[axis].name, name, length) != 0))
        axis++;
    return axis;
}

static bool lacks(const struct design *design, unsigned axis, char *why, size_t why_size)
{
    const struct axis_info *info = &axis_infos[axis];
    snprintf(why, why_size, "the guest has no %s=%s", info->name,
             info->choice_names[design->choice[axis]]);
    return false;
}

bool hello_design(const struct hello *hello, const struct design *design,
                  uint8_t choice[AGENT_AXES_MAX], uint32_t *axes, char *why, size_t why_size)
{
    bool known[AXES] = {false};
    *axes = 0;
    for (const char *at = hello->designs; *at; at += *at == ' ') {
        size_t length = strcspn(at, " "), name = strcspn(at, "= ");
        unsigned axis = axis_named(at, name);
        int chosen = 0;
        if (*axes == AGENT_AXES_MAX)
            return refuse(why, why_size, "too many design axes");
        if (axis < AXES && name < length) {
            const char *want = axis_infos[axis].choice_names[design->choice[axis]];
            known[axis] = true;
            chosen = position(at + name + 1, length - name - 1, want);
            if (chosen < 0)
                return lacks(design, axis, why, why_size);
        }
        choice[(*axes)++] = (uint8_t)chosen;
        at += length;
    }
    for (unsigned axis = 0; axis < AXES; axis++)
        if (!known[axis] && design->choice[axis])
            return lacks(design, axis, why, why_size);
    return true;
}
