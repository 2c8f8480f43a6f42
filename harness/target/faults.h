/* faults.h: the accounts of a program's page faults, the same for every target: what is odd about
 * each fault on the way of an access, by the tables as they were. */
#ifndef FAULTS_H
#define FAULTS_H

#include "../lib/walk.h"
#include "target.h"

/* One fault brings the page in and one more may be spurious; a target that needs more than this is
 * not making progress. */
enum { FAULTS_MAX = 6 };

/* Bit 0 of an error code: the fault was on a translation, not on its absence (SDM vol. 3A, 4.7). */
enum { FAULT_ERROR_PRESENT = 1 };

/* A page fault of the access to va; cr2: where the processor says that it was; before: the
 * translation of va (walk.h) when it arrived.  Returns whether before allowed the access. */
static inline bool fault_note(const struct facts *facts, struct outcome *out, uint32_t va,
                              bool write, uint32_t error, uint32_t cr2, uint32_t before)
{
    bool user_range = va >> (2 * facts->level_bits + 2) < facts->user_pdes;
    bool allowed = before & ENTRY_USER && (!write || before & ENTRY_WRITABLE);
    /* A cached "not present" tells of tables that were. */
    bool exact = user_range && !allowed && !facts->negative_tlb;

    if (!out->faults || out->cr2 == va) /* the first wrong one stays */
        out->cr2 = cr2;
    out->faults++;
    out->spurious += allowed;
    out->error = error;
    if (exact && !(error & FAULT_ERROR_PRESENT) != !(before & ENTRY_PRESENT))
        out->wrong_error = true;
    return allowed;
}

/* The VMM said that it had handled the fault that was noted last. */
static inline void fault_handled(struct outcome *out, bool allowed, uint32_t before, uint32_t after)
{
    out->unhelped += !allowed && before == after;
}

#endif
