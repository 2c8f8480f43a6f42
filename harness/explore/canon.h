/* canon.h: the canonical hash of a world: equal for states that differ only in names.
 *
 * What is in it: for every page of every space, the region (protection, backing), the identity
 * behind it, and the translation in the page tables (present, writable, user) with its frame; for
 * every identity, whether it is evicted, and its content; segments and the names that they have;
 * the space in CR3; whether an allocation is to fail.  Identities, segments and frames are numbered
 * in the order in which they come up, so it does not matter which ones they are.
 *
 * What is not in it, so that of two states that differ only there just the one that was reached
 * first is explored: whether adjacent compatible regions are merged; accessed and dirty bits; which
 * range update=deferred still has to bring up to date (all that differs from regions and pages,
 * which are in the hash, must be part of it); contents of device frames that no region shows;
 * anything inside of the VMM: shapes of trees, hints, what windows show, the order of free lists.
 * An error that depends on one of these can be missed, and it is for random cases to find; an error
 * that is reported is one. */
#ifndef CANON_H
#define CANON_H

#include "../check/rig.h"
#include "universe.h"

/* armed: a `fail` waits for its allocation. */
uint64_t canon_hash(struct rig *rig, const struct universe *universe, bool armed);

#endif
