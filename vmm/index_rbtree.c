/* index_rbtree.c: the regions of a space in a red-black tree, by first page (Frounze's design). */
#include "internal.h"

static struct region *of(struct rb_node *node)
{
    return node ? RB_ENTRY(node, struct region, node) : NULL;
}

static void insert(struct space *space, struct region *region)
{
    rb_insert(&space->root, &region->node);
}

static void remove(struct space *space, struct region *region)
{
    rb_remove(&space->root, &region->node);
}

static struct region *next(const struct region *region)
{
    return of(rb_next((struct rb_node *)&region->node));
}

/* Regions do not overlap, so the last pages are in the order of the first pages. */
static struct region *at_or_after(const struct space *space, vpn_t vpn)
{
    struct region *best = NULL;
    for (struct rb_node *node = space->root; node;) {
        struct region *region = of(node);
        if (region->last >= vpn)
            best = region;
        node = node->child[region->last < vpn];
    }
    return best;
}

static const char *invariant(const struct space *space)
{
    uint32_t count;
    const char *wrong = rb_invariant(space->root, &count);
    return wrong ? wrong : count != space->region_count ? "rbtree: number of regions" : NULL;
}

const struct index index_rbtree = {insert, remove, at_or_after, next, invariant};
