/* rbtree.h: intrusive red-black trees (Guibas and Sedgewick, 1978; as in CLRS, 3rd ed., ch. 13).
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
    bool red;
};

/* From a node to what it lies in. */
#define RB_ENTRY(node, type, member) ((type *)((char *)(node)-offsetof(type, member)))

void rb_insert(struct rb_node **root, struct rb_node *node);
void rb_remove(struct rb_node **root, struct rb_node *node);

/* The node with the lowest key that is not below key; NULL if there is none. */
struct rb_node *rb_at_or_after(struct rb_node *root, uint32_t key);
struct rb_node *rb_last(struct rb_node *root);
struct rb_node *rb_next(struct rb_node *node);

/* Order, links and balance; NULL, or what is wrong.  *count: the nodes. */
const char *rb_invariant(const struct rb_node *root, uint32_t *count);

#endif
