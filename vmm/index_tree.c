/* index_tree.c: the regions of a space in a binary search tree, by first page: a plain one, as
 * unbalanced as the order of insertion makes it (Gottlieb's second design), or a red-black one
 * (Frounze).  They differ in how a region comes in and goes out. */
#include "internal.h"

static struct region *of(struct rb_node *node)
{
    return node ? RB_ENTRY(node, struct region, node) : NULL;
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

/* ---- Plain. ---- */

static void plain_insert(struct vmm *vmm, struct region *region)
{
    (void)vmm;
    bst_insert(&region->space->root, &region->node);
}

static void plain_remove(struct vmm *vmm, struct region *region)
{
    (void)vmm;
    bst_remove(&region->space->root, &region->node);
}

static const char *plain_invariant(const struct vmm *vmm, const struct space *space,
                                   uint32_t *tiles)
{
    (void)vmm, (void)tiles;
    uint32_t count;
    const char *wrong = bst_invariant(space->root, space->region_count, &count);
    return wrong ? wrong : count != space->region_count ? "bst: number of regions" : NULL;
}

const struct index index_bst = {
    .insert = plain_insert,
    .remove = plain_remove,
    .at_or_after = at_or_after,
    .next = next,
    .invariant = plain_invariant,
};

/* ---- Red-black. ---- */

static void balanced_insert(struct vmm *vmm, struct region *region)
{
    (void)vmm;
    rb_insert(&region->space->root, &region->node);
}

static void balanced_remove(struct vmm *vmm, struct region *region)
{
    (void)vmm;
    rb_remove(&region->space->root, &region->node);
}

static const char *balanced_invariant(const struct vmm *vmm, const struct space *space,
                                      uint32_t *tiles)
{
    (void)vmm, (void)tiles;
    uint32_t count;
    const char *wrong = rb_invariant(space->root, &count);
    return wrong ? wrong : count != space->region_count ? "rbtree: number of regions" : NULL;
}

const struct index index_rbtree = {
    .insert = balanced_insert,
    .remove = balanced_remove,
    .at_or_after = at_or_after,
    .next = next,
    .invariant = balanced_invariant,
};
