/* rig.h: one world in which a case runs: a target, the model and the checker.
 *
 *      rig_make -> rig_reset -> rig_step ... -> rig_finish -> rig_reset ... -> rig_free
 *
 * After the first finding the world must be reset. */
#ifndef RIG_H
#define RIG_H

#include "../case/case.h"
#include "../model/model.h"
#include "../target/target.h"

enum oracle {
#define ORACLE(NAME, text) ORACLE_##NAME,
#include "oracles.def"
#undef ORACLE
    ORACLES
};
extern const char *const oracle_names[ORACLES];

/* A divergence: who saw it, at which operation, and the first field that differs.  Its title,
 * `ORACLE operation field`, has no address or number in it, so that it names a class of failures.
 * All strings but where, expected and actual are literals. */
struct finding {
    enum oracle oracle;
    uint32_t at;       /* operations done before the one that diverged */
    struct op op;      /* that operation; code OP_CODES: the reset, or the end of the case */
    const char *field; /* "status", "writable", ... */
    char where[64];    /* "s0 0x1000", "frame 7", or "" */
    char expected[96], actual[160];
    bool ignored; /* no finding: its oracle is ignored, but the case cannot go on */
};

/* The field of a RIG finding when the target runs, but no machine of its kind can have the head of
 * the case: the case is not for it. */
extern const char finding_head[];

/* Writes the title into buffer and returns buffer. */
const char *finding_title(const struct finding *finding, char buffer[64]);

/* When page tables and frames are compared (answers and accesses always are).  RIG_CHECK_EVERY:
 * after every operation what it may have changed, and everything at the end and now and then (every
 * 1,024 operations, less often when much is mapped).  RIG_CHECK_END: everything at the end.  n:
 * everything every n operations and at the end. */
enum { RIG_CHECK_END = 0, RIG_CHECK_EVERY = 1 };

struct rig;

struct rig_config {
    const char *target;                   /* target_names */
    uint32_t check;                       /* RIG_CHECK_* */
    uint32_t spaces, segments;            /* slots that the VMM is made for, 1 to OP_SLOTS */
    const struct target_options *options; /* NULL: target_options_default; outlives the rig */
};

/* A world.  NULL: there is no target of that name.  Ends the process with 125 when memory is out.
 */
struct rig *rig_make(const struct rig_config *config);
void rig_free(struct rig *rig);

/* From now on nothing of these oracles, a set of bits 1 << ORACLE_*, is a finding.  The model goes
 * on as if the answer had been right; where nobody can go on (the VMM is dead, a table lies outside
 * of memory, a space exists on one side only), rig_step and the others return false with
 * finding.ignored.  What another oracle sees later may be a consequence of what was ignored. */
void rig_ignore(struct rig *rig, uint32_t oracles);

/* Start of a case.  False: finding is filled, RIG when the target cannot do this head. */
bool rig_reset(struct rig *rig, const struct case_head *head, struct finding *finding);

/* After a reset that ended as RIG: no other try can end better.  Else the machine was damaged by
 * the case before, and the next reset starts a new one. */
bool rig_hopeless(const struct rig *rig);

/* Runs and judges one operation.  False: it diverged. */
bool rig_step(struct rig *rig, const struct op *op, struct finding *finding);

/* After a reset: the operations that the next steps will be given, by these pointers; valid until
 * the next reset.  A target that is far away can then do many at once.  What is found is the same.
 */
void rig_ahead(struct rig *rig, const struct op *ops, uint32_t count);

/* End of a case: compares everything, unless that was done after the last operation. */
bool rig_finish(struct rig *rig, struct finding *finding);

/* A whole case; op.expect is checked as well. */
bool rig_run(struct rig *rig, const struct test_case *c, struct finding *finding);

/* A case that has diverged (finding) on a rig that looks seldom: what `exact` (RIG_CHECK_EVERY)
 * finds first; if that is nothing, what the rig finds again, and says so; if that is nothing too,
 * RIG. */
void rig_run_again(struct rig *rig, struct rig *exact, const struct test_case *c,
                   struct finding *finding);

/* A whole case for who runs many, most of them good: on `fast`, a world that looks only at the end
 * (RIG_CHECK_END), which on a target outside of this process takes three requests; and if that
 * diverges, as rig_run_again. */
bool rig_run_fast(struct rig *fast, struct rig *exact, const struct test_case *c,
                  struct finding *finding);

/* All of the world that an operation may change, for exhaustive search: save size bytes at the
 * address returned, copy them back later and call rig_restored.  Valid until the next rig_reset. */
void *rig_state(struct rig *rig, size_t *size);
void rig_restored(struct rig *rig);

const struct model *rig_model(const struct rig *rig);
struct target *rig_target(struct rig *rig);
enum op_status rig_status(const struct rig *rig);         /* of the last operation */
const struct outcome *rig_outcome(const struct rig *rig); /* likewise */

#endif
