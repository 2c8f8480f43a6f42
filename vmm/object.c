/* object.c: finding the pages of an object by index; a thin layer over the red-black tree. */
#include "internal.h"

static struct page *of(struct rb_node *node)
{
    return node ? RB_ENTRY(node, struct page, node) : NULL;
}

struct page *page_at_or_after(const struct object *object, uint32_t index)
{
    return of(rb_at_or_after(object->pages, index));
}

struct page *page_find(const struct object *object, uint32_t index)
{
    struct page *page = page_at_or_after(object, index);
    return page && page->node.key == index ? page : NULL;
}

struct page *page_next(struct page *page)
{
    return of(rb_next(&page->node));
}

struct page *page_last(const struct object *object)
{
    return of(rb_last(object->pages));
}
