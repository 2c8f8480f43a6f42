/* page.c: see page.h. */
#include "page.h"
#include "svg.h"
#include <string.h>

void page_begin(const struct page *page, const char *title)
{
    fprintf(page->markdown, "# %s\n", title);
    fprintf(page->html, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
                        "<title>");
    xml_text(page->html, title);
    fprintf(page->html,
            "</title>\n<style>body{font:15px sans-serif;max-width:1120px;margin:1em auto;"
            "padding:0 1em}pre{background:#f4f4f4;padding:.8em;overflow-x:auto;font:13px "
            "monospace}</style>\n</head>\n<body>\n<h1>");
    xml_text(page->html, title);
    fprintf(page->html, "</h1>\n");
}

void page_end(const struct page *page)
{
    fprintf(page->html, "</body>\n</html>\n");
}

void page_heading(const struct page *page, const char *text)
{
    fprintf(page->markdown, "\n## %s\n", text);
    fprintf(page->html, "<h2>");
    xml_text(page->html, text);
    fprintf(page->html, "</h2>\n");
}

void page_text(const struct page *page, const char *text)
{
    fprintf(page->markdown, "\n%s\n", text);
    fprintf(page->html, "<p>");
    xml_text(page->html, text);
    fprintf(page->html, "</p>\n");
}

void page_lines(const struct page *page, const char *text)
{
    size_t length = strlen(text);

    if (!length)
        return;
    fprintf(page->markdown, "\n");
    for (const char *at = text; *at;) { /* indented: nothing in it can end it */
        size_t line = strcspn(at, "\n");
        fprintf(page->markdown, "%s%.*s\n", line ? "    " : "", (int)line, at);
        at += line + (at[line] == '\n');
    }
    fprintf(page->html, "<pre>");
    xml_text(page->html, text);
    fprintf(page->html, "</pre>\n");
}

void page_picture(const struct page *page, const char *svg, const char *file)
{
    fprintf(page->markdown, "\n![before and after](%s)\n", file);
    fprintf(page->html, "%s", svg);
}
