/* names.c: the tables that ops.def, design.def and head.def expand to, and the presets.  Data only.
 */
#include "case.h"

const struct op_info op_infos[OP_CODES] = {
#define OP(CODE, name, args, syntax, meaning) [OP_##CODE] = {#name, args, syntax, meaning},
#include "ops.def"
#undef OP
};

const char *const op_status_names[STATUSES] = {
    [STATUS_OK] = "OK",
    [STATUS_NO_MEMORY] = "NO_MEMORY",
    [STATUS_BAD_ARGUMENT] = "BAD_ARGUMENT",
    [STATUS_EXISTS] = "EXISTS",
    [STATUS_NOT_MAPPED] = "NOT_MAPPED",
    [STATUS_NO_SPACE] = "NO_SPACE",
    [STATUS_BAD_SLOT] = "BAD_SLOT",
    [STATUS_FAULT] = "FAULT",
};

const char *const op_prot_names[PROTS] = {[PROT_NO] = "none", [PROT_R] = "r", [PROT_RW] = "rw"};

const char *const tlb_names[TLBS] = {
    [TLB_TYPICAL] = "typical",
    [TLB_PARANOID] = "paranoid",
    [TLB_NEGATIVE] = "negative",
    [TLB_NONE] = "none",
};

/* The list in design.def is flat.  A structure for each axis with one byte for each of its choices
 * counts them: its size is their number, a member's offset is the number of that choice. */
struct choices_of_no_axis {
    char none;
#define DESIGN_AXIS(AXIS, name, text)                                                              \
    }                                                                                              \
    ;                                                                                              \
    struct choices_of_##AXIS {
#define DESIGN_CHOICE(AXIS, CHOICE, name, text) char CHOICE;
#include "../../vmm/design.def"
};
#define NUMBER_OF(AXIS, CHOICE) offsetof(struct choices_of_##AXIS, CHOICE)

const struct axis_info axis_infos[AXES] = {
#define DESIGN_AXIS(AXIS, axis_name, axis_text)                                                    \
    [AXIS_##AXIS].name = #axis_name, [AXIS_##AXIS].text = axis_text,                               \
    [AXIS_##AXIS].choices = sizeof(struct choices_of_##AXIS),
#define DESIGN_CHOICE(AXIS, CHOICE, name, text)                                                    \
    [AXIS_##AXIS].choice_names[NUMBER_OF(AXIS, CHOICE)] = #name,                                   \
                                               [AXIS_##AXIS]                                       \
                                                   .choice_texts[NUMBER_OF(AXIS, CHOICE)] = text,
#include "../../vmm/design.def"
};

/* An axis that a preset does not name has its default. */
#define CHOOSE(AXIS, CHOICE) [AXIS_##AXIS] = NUMBER_OF(AXIS, CHOICE)

const struct preset presets[] = {
    {"default", "the first choice of every axis", {{0}}},
    {"gottlieb-list",
     "Gottlieb: sorted list with a hint; one page table at a time in a window",
     {{CHOOSE(INDEX, LIST), CHOOSE(TABLES, WINDOW)}}},
    {"gottlieb-bst",
     "Gottlieb's second: a plain binary search tree instead of the list",
     {{CHOOSE(INDEX, BST), CHOOSE(TABLES, WINDOW)}}},
    {"frounze",
     "Frounze: red-black tree; the directory maps itself; CR3 reload",
     {{CHOOSE(INDEX, RBTREE), CHOOSE(TABLES, RECURSIVE), CHOOSE(FLUSH, SPACE)}}},
    {"shatskih",
     "Shatskih: the self-map low in the kernel's half; tables updated just before use",
     {{CHOOSE(TABLES, RECURSIVE_LOW), CHOOSE(UPDATE, DEFERRED), CHOOSE(FLUSH, BATCH)}}},
    {"lee",
     "Lee: tiles; a fixed number of tables, taken from other spaces when dry; fork copies",
     {{CHOOSE(INDEX, TILING), CHOOSE(TABLES, DIRECT), CHOOSE(FORK, COPY), CHOOSE(DISCARD, ON)}}},
};
const unsigned preset_count = sizeof(presets) / sizeof(presets[0]);

const struct case_head case_head_default = {
#define HEAD_NUMBER(name, least, most, standard) .name = standard,
#include "head.def"
    .tlb = TLB_TYPICAL,
};
