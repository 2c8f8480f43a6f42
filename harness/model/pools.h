/* pools.h: the pools that a VMM takes from and may find empty, as indices of an array with what is
 * free in each.  POOL_TABLES: page tables that there may be besides; UINT32_MAX where only frames
 * limit them.  A target fills such an array, the model judges NO_MEMORY by it. */
#ifndef MODEL_POOLS_H
#define MODEL_POOLS_H

enum { POOL_FRAMES, POOL_PAGES, POOL_REGIONS, POOL_SEGMENTS, POOL_SLOTS, POOL_TABLES, POOLS };

#endif
