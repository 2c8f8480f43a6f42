/* op.h: one operation as data, its status, and their names.  Includes nothing of the project, so
 * that the model and the checker can use it.  Everything here is a value; nothing is owned. */
#ifndef CASE_OP_H
#define CASE_OP_H

#include <stdbool.h>
#include <stdint.h>

enum op_code {
#define OP(CODE, name, args, syntax, meaning) OP_##CODE,
#include "ops.def"
#undef OP
    OP_CODES
};

enum op_status {
    STATUS_OK,
    STATUS_NO_MEMORY,
    STATUS_BAD_ARGUMENT,
    STATUS_EXISTS,
    STATUS_NOT_MAPPED,
    STATUS_NO_SPACE,
    STATUS_BAD_SLOT,
    STATUS_FAULT,
    STATUSES
};

enum op_prot { PROT_NO, PROT_R, PROT_RW, PROTS };

enum op_flags { OP_ANY = 1, OP_EAGER = 2, OP_BACKED = 4, OP_STICKY = 8 };

enum { OP_SLOTS = 16, OP_EXPECT_NOTHING = 0xff };

/* Fields that the operation does not use are 0, so that equal operations are equal bytes. */
struct op {
    uint8_t code;   /* enum op_code */
    uint8_t s, t;   /* address space slots, below OP_SLOTS */
    uint8_t g;      /* segment slot, below OP_SLOTS */
    uint8_t prot;   /* enum op_prot */
    uint8_t flags;  /* enum op_flags */
    uint8_t expect; /* the status that the case's writer expects, or OP_EXPECT_NOTHING */
    uint8_t zero;
    uint32_t va; /* bytes */
    uint32_t n;  /* pages */
    uint32_t x;  /* word, segment offset in pages, device frame, or count */
};

struct op_info {
    const char *name, *args, *syntax, *meaning; /* as in ops.def */
};

extern const struct op_info op_infos[OP_CODES];
extern const char *const op_status_names[STATUSES]; /* "OK", "NO_MEMORY", ... */
extern const char *const op_prot_names[PROTS];      /* "none", "r", "rw" */

#endif
