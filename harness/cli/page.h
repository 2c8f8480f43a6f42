/* page.h: one document in two forms: Markdown to be read in a terminal or a bug tracker, and HTML
 * that needs no other file. */
#ifndef CLI_PAGE_H
#define CLI_PAGE_H

#include <stdbool.h>
#include <stdio.h>

struct page {
    FILE *markdown, *html; /* owned by the caller */
};

void page_begin(const struct page *page, const char *title);
void page_end(const struct page *page);

void page_heading(const struct page *page, const char *text);
void page_text(const struct page *page, const char *text); /* a paragraph */

/* Text as it is, in lines; nothing if it is empty. */
void page_lines(const struct page *page, const char *text);

/* A picture: in the HTML the <svg> element itself, in the Markdown a link to `file` beside it. */
void page_picture(const struct page *page, const char *svg, const char *file);

#endif
