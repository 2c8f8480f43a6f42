/* rbtree.h: intrusive binary search trees: plain ones (CLRS, 3rd ed., ch. 12), which are as deep as
 * the order of insertion makes them, and red-black ones (Guibas and Sedgewick, 1978; CLRS ch. 13).
 *
 * A tree is the pointer to its root node.  Nodes belong to the caller and lie inside of what they
 * index; keys are unique and must not change while the node is in a tree. */
#ifndef VMM_RBTREE_H
#define VMM_RBTREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rb_node {
    struct rb_node *child[2], *parent;
    uint32_t key;
    bool red; /* false in a plain tree */
};

/* From a node to what it lies in. */
#define RB_ENTRY(node, type, member) ((type *)((char *)(node)-offsetof(type, member)))

/* A tree belongs to one of the two kinds for its life. */
void bst_insert(struct rb_node **root, struct rb_node *node);
void bst_remove(struct rb_node **root, struct rb_node *node);
void rb_insert(struct rb_node **root, struct rb_node *node);
void rb_remove(struct rb_node **root, struct rb_node *node);

/* Of both kinds.  The node with the lowest key that is not below key; NULL if there is none. */
struct rb_node *rb_at_or_after(struct rb_node *root, uint32_t key);
struct rb_node *rb_last(struct rb_node *root);
struct rb_node *rb_next(struct rb_node *node);

/* Order, links and (rb) balance; NULL, or what is wrong.  *count: the nodes.  A plain tree may be
 * as deep as it has nodes, so it is not searched by recursion; it has no more of them than most. */
const char *bst_invariant(const struct rb_node *root, uint32_t most, uint32_t *count);
const char *rb_invariant(const struct rb_node *root, uint32_t *count);

#endif
