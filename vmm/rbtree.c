/* rbtree.c: see rbtree.h.  Used by the region indexes bst and rbtree, and for the pages of an
 * object. */
#include "rbtree.h"

static bool is_red(const struct rb_node *node)
{
    return node && node->red;
}

static void replace(struct rb_node **root, struct rb_node *old, struct rb_node *new)
{
    if (!old->parent)
        *root = new;
    else
        old->parent->child[old->parent->child[1] == old] = new;
    if (new)
        new->parent = old->parent;
}

/* Moves node one level down to side; its child on the other side takes its place.
 *
 *        node          up
 *       /    \        /  \
 *      a     up  ->  node c       rotate(node, 0)
 *           /  \    /  \
 *          b    c  a    b                                                                        */
static void rotate(struct rb_node **root, struct rb_node *node, int side)
{
    struct rb_node *up = node->child[!side];
    replace(root, node, up);
    node->child[!side] = up->child[side];
    if (up->child[side])
        up->child[side]->parent = node;
    up->child[side] = node;
    node->parent = up;
}

void bst_insert(struct rb_node **root, struct rb_node *node)
{
    struct rb_node **link = root, *parent = NULL;
    while (*link) {
        parent = *link;
        link = &parent->child[node->key > parent->key];
    }
    *node = (struct rb_node){.parent = parent, .key = node->key};
    *link = node;
}

void rb_insert(struct rb_node **root, struct rb_node *node)
{
    struct rb_node *parent;
    bst_insert(root, node);
    node->red = true;
    while (is_red(parent = node->parent)) {
        struct rb_node *grand = parent->parent; /* exists: the root is black */
        int side = grand->child[1] == parent;
        struct rb_node *uncle = grand->child[!side];
        if (is_red(uncle)) {
            parent->red = uncle->red = false;
            grand->red = true;
            node = grand;
            continue;
        }
        if (parent->child[!side] == node) {
            rotate(root, parent, side);
            parent = node;
        }
        parent->red = false;
        grand->red = true;
        rotate(root, grand, !side);
        break;
    }
    (*root)->red = false;
}

/* The paths through parent's child on this side have one black node too few. */
static void rebalance(struct rb_node **root, struct rb_node *parent, int side)
{
    for (;;) {
        struct rb_node *sibling = parent->child[!side];
        if (is_red(sibling)) {
            sibling->red = false;
            parent->red = true;
            rotate(root, parent, side);
            sibling = parent->child[!side];
        }
        if (is_red(sibling->child[0]) || is_red(sibling->child[1])) {
            if (!is_red(sibling->child[!side])) {
                sibling->child[side]->red = false;
                sibling->red = true;
                rotate(root, sibling, !side);
                sibling = parent->child[!side];
            }
            sibling->red = parent->red;
            parent->red = sibling->child[!side]->red = false;
            rotate(root, parent, side);
            return;
        }
        sibling->red = true;
        if (parent->red || !parent->parent) {
            parent->red = false;
            return;
        }
        side = parent->parent->child[1] == parent;
        parent = parent->parent;
    }
}

/* A node with two children swaps places, and colours, with its successor, which has no left
 * child. */
static void leave_one_child(struct rb_node **root, struct rb_node *node)
{
    if (!node->child[0] || !node->child[1])
        return;
    struct rb_node *next = node->child[1];
    while (next->child[0])
        next = next->child[0];
    struct rb_node was = *next;
    replace(root, node, next);
    next->child[0] = node->child[0];
    next->child[0]->parent = next;
    next->child[1] = node->child[1] == next ? node : node->child[1];
    next->child[1]->parent = next;
    next->red = node->red;
    node->child[0] = NULL;
    node->child[1] = was.child[1];
    if (was.child[1])
        was.child[1]->parent = node;
    node->red = was.red;
    if (was.parent != node) {
        node->parent = was.parent;
        was.parent->child[0] = node;
    }
}

void bst_remove(struct rb_node **root, struct rb_node *node)
{
    leave_one_child(root, node);
    replace(root, node, node->child[0] ? node->child[0] : node->child[1]);
}

void rb_remove(struct rb_node **root, struct rb_node *node)
{
    leave_one_child(root, node);
    struct rb_node *child = node->child[0] ? node->child[0] : node->child[1];
    struct rb_node *parent = node->parent;
    int side = parent && parent->child[1] == node;
    replace(root, node, child);
    if (node->red)
        return;
    if (child)
        child->red = false; /* an only child of a black node is red */
    else if (parent)
        rebalance(root, parent, side);
}

struct rb_node *rb_at_or_after(struct rb_node *root, uint32_t key)
{
    struct rb_node *best = NULL;
    while (root) {
        if (root->key >= key)
            best = root;
        if (root->key == key)
            break;
        root = root->child[root->key < key];
    }
    return best;
}

struct rb_node *rb_last(struct rb_node *root)
{
    while (root && root->child[1])
        root = root->child[1];
    return root;
}

struct rb_node *rb_next(struct rb_node *node)
{
    if (node->child[1]) {
        node = node->child[1];
        while (node->child[0])
            node = node->child[0];
        return node;
    }
    while (node->parent && node->parent->child[1] == node)
        node = node->parent;
    return node->parent;
}

const char *bst_invariant(const struct rb_node *root, uint32_t most, uint32_t *count)
{
    const struct rb_node *node = root, *last = NULL;
    *count = 0;
    if (root && root->parent)
        return "bst: root";
    while (node && node->child[0] && (*count)++ < most)
        node = node->child[0];
    for (*count = 0; node; last = node, node = rb_next((struct rb_node *)node)) {
        if (++*count > most)
            return "bst: a cycle, or more nodes than there are";
        if (last && last->key >= node->key)
            return "bst: order";
        for (int side = 0; side < 2; side++)
            if (node->child[side] && node->child[side]->parent != node)
                return "bst: parent link";
    }
    return NULL;
}

/* Black height of the subtree, 0 when something is wrong.  Recursion is as deep as the tree. */
static uint32_t black_height(const struct rb_node *node, const char **wrong, uint32_t *count)
{
    if (!node)
        return 1;
    uint32_t height[2];
    for (int side = 0; side < 2; side++) {
        const struct rb_node *child = node->child[side];
        if (child && child->parent != node)
            *wrong = "rbtree: parent link";
        if (child && (side ? child->key <= node->key : child->key >= node->key))
            *wrong = "rbtree: order";
        if (is_red(node) && is_red(child))
            *wrong = "rbtree: red node below red node";
        if (*wrong)
            return 0;
        height[side] = black_height(child, wrong, count);
    }
    if (!*wrong && height[0] != height[1])
        *wrong = "rbtree: black height";
    ++*count;
    return height[0] + !node->red;
}

const char *rb_invariant(const struct rb_node *root, uint32_t *count)
{
    const char *wrong = NULL;
    *count = 0;
    if (root && (root->red || root->parent))
        return "rbtree: root";
    black_height(root, &wrong, count);
    return wrong;
}
