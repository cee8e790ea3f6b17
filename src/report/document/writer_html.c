/* writer_html.c - writes a document as one HTML page that needs no other file. Nothing in it can run: every text is
 * escaped, the pictures are data of <img>, where a browser runs no script of an SVG, and a content security policy
 * forbids scripts and whatever would have to be fetched. */
#include "report/document/document.h"

#include "base/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Colours are those of the pictures' paper and ink, turned round where the reader's screen is dark; the pictures stay
 * on white. A table scrolls by itself where it is wider than the screen. */
static const char style[] =
    ":root { color-scheme: light dark; --paper: #fff; --ink: #1c2024; --faint: #60676f; --line: #d9dde1; "
    "--band: #f4f6f8; --link: #0b5cad }\n"
    "@media (prefers-color-scheme: dark) { :root { --paper: #15181c; --ink: #e4e7ea; --faint: #9aa3ac; "
    "--line: #343a41; --band: #1e2227; --link: #7db7f0 } }\n"
    "* { box-sizing: border-box }\n"
    "body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif }\n"
    "main { max-width: 64rem; margin: 0 auto; padding: 1rem 1rem 4rem }\n"
    "h1, h2, p, figcaption { overflow-wrap: anywhere; unicode-bidi: isolate }\n"
    "h1 { font-size: 1.8rem; line-height: 1.2; margin: 1rem 0 .5rem }\n"
    "h2 { font-size: 1.25rem; margin: 2.2rem 0 .6rem; padding-top: .6rem; border-top: 1px solid var(--line) }\n"
    "p { max-width: 46rem }\n"
    "a { color: var(--link) }\n"
    "nav { display: flex; flex-wrap: wrap; gap: .2rem 1rem; font-size: .9rem }\n"
    ".table { overflow-x: auto; margin: .6rem 0 1rem }\n"
    "table { border-collapse: collapse; font-size: .9rem }\n"
    "th, td { padding: .3rem .7rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; "
    "min-width: 4.5rem; max-width: 28rem; overflow-wrap: break-word; unicode-bidi: isolate }\n"
    "thead th { color: var(--faint); font-weight: 600; vertical-align: bottom }\n"
    "tbody th { color: var(--faint); font-weight: 400 }\n"
    "tbody tr:hover { background: var(--band) }\n"
    "th.number, td.number { min-width: 0 }\n"
    ".number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }\n"
    "figure { margin: 1rem 0 2rem }\n"
    "figure img { display: block; max-width: 100%; height: auto; background: #fff; border-radius: .3rem }\n"
    "figcaption { color: var(--faint); font-size: .9rem; margin-top: .3rem }\n"
    "@media print { nav { display: none } .table { overflow: visible } }\n";

static void html_text(struct str *s, const char *text)
{
    static const struct {
        char c;
        const char *name;
    } named[] = {{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}, {'\'', "&#39;"}};
    while (*text) {
        size_t n = str_utf8(text), i = 0;
        while (i < sizeof named / sizeof *named && named[i].c != *text)
            i++;
        if (i < sizeof named / sizeof *named)
            str_add(s, named[i].name);
        else if (n)
            str_addn(s, text, n);
        else
            str_add(s, "\xef\xbf\xbd"); /* for what is no UTF-8 */
        text += n ? n : 1;
    }
}

static void html_cell(struct str *s, const struct doc_cell *cell)
{
    for (const struct doc_span *span = cell->last ? &cell->first : NULL; span; span = span->next) {
        str_add(s, span->strong ? "<strong>" : "");
        html_text(s, span->text);
        str_add(s, span->strong ? "</strong>" : "");
    }
}

/* ---- tables ----------------------------------------------------------------------------------------------------- */

static int is_number_cell(const struct doc_cell *cell)
{
    double v;
    return cell->last && !cell->first.next && !str_to_double(cell->first.text, &v);
}

/* Returns 1 when a column of the table has numbers in it and nothing else. */
static int is_number_column(const struct doc_block *b, size_t column)
{
    int any = 0;
    size_t at = 0;
    for (const struct doc_cell *cell = b->first; cell; cell = cell->next, at++) {
        if (at < b->columns || at % b->columns != column || !cell->last)
            continue;
        int nothing = !cell->first.next && !strcmp(cell->first.text, "-");
        if (!nothing && !is_number_cell(cell))
            return 0;
        any |= !nothing;
    }
    return any;
}

static int has_head(const struct doc_block *b)
{
    const struct doc_cell *cell = b->first;
    for (size_t i = 0; i < b->columns; i++, cell = cell->next)
        if (cell->last)
            return 1;
    return 0;
}

/* Writes the row that begins with the cell; returns the next one. */
static const struct doc_cell *html_row(struct str *s, const struct doc_block *b, const struct doc_cell *cell,
                                       const char *number, int head)
{
    int named = !has_head(b); /* then the first cell names the row */
    str_add(s, "<tr>");
    for (size_t i = 0; i < b->columns; i++, cell = cell->next) {
        const char *tag = head || (named && !i) ? "th" : "td";
        const char *scope = head ? " scope=\"col\"" : named && !i ? " scope=\"row\"" : "";
        int empty = head && !cell->last;
        str_addf(s, "<%s%s%s>", empty ? "td" : tag, empty ? "" : scope, number[i] ? " class=\"number\"" : "");
        html_cell(s, cell);
        str_addf(s, "</%s>", empty ? "td" : tag);
    }
    str_add(s, "</tr>\n");
    return cell;
}

/* section: number of the heading that the table stands below. */
static int html_table(struct str *s, const struct doc_block *b, size_t section)
{
    const struct doc_cell *cell = b->first;
    char *number = calloc(b->columns + 1, 1);
    if (!number)
        return -1;
    for (size_t i = 0; i < b->columns && has_head(b); i++)
        number[i] = (char)is_number_column(b, i);
    str_addf(s, "<div class=\"table\" role=\"region\" tabindex=\"0\" aria-labelledby=\"s%zu\">\n<table>\n", section);
    if (has_head(b)) {
        str_add(s, "<thead>\n");
        cell = html_row(s, b, cell, number, 1);
        str_add(s, "</thead>\n");
    } else {
        for (size_t i = 0; i < b->columns; i++)
            cell = cell->next;
    }
    str_add(s, "<tbody>\n");
    while (cell)
        cell = html_row(s, b, cell, number, 0);
    str_add(s, "</tbody>\n</table>\n</div>\n");
    free(number);
    return 0;
}

/* ---- pictures --------------------------------------------------------------------------------------------------- */

/* RFC 4648 */
static void html_base64(struct str *s, const unsigned char *p, size_t n)
{
    static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < n; i += 3) {
        uint32_t b = (uint32_t)p[i] << 16 | (i + 1 < n ? (uint32_t)p[i + 1] << 8 : 0) | (i + 2 < n ? p[i + 2] : 0);
        char four[4] = {digit[b >> 18], digit[b >> 12 & 63], digit[b >> 6 & 63], digit[b & 63]};
        if (i + 2 >= n)
            four[3] = '=';
        if (i + 1 >= n)
            four[2] = '=';
        str_addn(s, four, sizeof four);
    }
}

#define LARGEST_SVG (1 << 20) /* bytes; of a picture of thousands of points the PNG is smaller */

/* Reads the picture: the drawing, or its raster image where there is none, or where it is too large. NULL with *e. */
static char *read_picture(const char *file, const char **type, size_t *n, struct err *e)
{
    char path[4500];
    snprintf(path, sizeof path, "%s.svg", file);
    char *bytes = file_exists(path) ? file_read(path, n, e) : NULL;
    *type = "svg+xml";
    if (e->code || (bytes && *n <= LARGEST_SVG))
        return bytes;
    free(bytes);
    snprintf(path, sizeof path, "%s.png", file);
    *type = "png";
    return file_read(path, n, e);
}

static int html_picture(struct str *s, const struct doc_block *b, struct err *e)
{
    const char *type;
    size_t n;
    char *bytes = read_picture(b->file, &type, &n, e);
    if (!bytes)
        return -1;
    str_add(s, "<figure>\n<img alt=\"");
    html_cell(s, b->first);
    str_addf(s, "\" src=\"data:image/%s;base64,", type);
    html_base64(s, (const unsigned char *)bytes, n);
    str_add(s, "\">\n<figcaption>");
    html_cell(s, b->first);
    str_add(s, "</figcaption>\n</figure>\n");
    free(bytes);
    return 0;
}

/* ---- the page --------------------------------------------------------------------------------------------------- */

static void html_begin(const struct document *doc, struct str *s)
{
    str_add(s, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
               "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; "
               "style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">\n"
               "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>");
    if (doc->first)
        html_cell(s, doc->first->first);
    str_addf(s, "</title>\n<style>\n%s</style>\n</head>\n<body>\n<main>\n", style);
}

/* Writes links to the sections, after the title and what is said before the first of them. */
static void html_contents(const struct document *doc, struct str *s)
{
    size_t section = 0;
    str_add(s, "<nav aria-label=\"sections\">\n");
    for (const struct doc_block *b = doc->first; b; b = b->next) {
        if (b->kind != DOC_HEADING || !++section || b->level != 2)
            continue;
        str_addf(s, "<a href=\"#s%zu\">", section);
        html_cell(s, b->first);
        str_add(s, "</a>\n");
    }
    str_add(s, "</nav>\n");
}

static int html_block(struct str *s, const struct doc_block *b, size_t section, struct err *e)
{
    if (b->kind == DOC_TABLE)
        return html_table(s, b, section);
    if (b->kind == DOC_PICTURE)
        return html_picture(s, b, e);
    if (b->kind == DOC_HEADING)
        str_addf(s, "<h%d id=\"s%zu\">", b->level, section);
    else
        str_add(s, "<p>");
    html_cell(s, b->first);
    if (b->kind == DOC_HEADING)
        str_addf(s, "</h%d>\n", b->level);
    else
        str_add(s, "</p>\n");
    return 0;
}

static int write_html(const struct document *doc, struct str *out, struct err *e)
{
    size_t section = 0;
    int contents = 0;
    html_begin(doc, out);
    for (const struct doc_block *b = doc->first; b; b = b->next) {
        section += b->kind == DOC_HEADING;
        if (b->kind == DOC_HEADING && b->level == 2 && !contents++)
            html_contents(doc, out);
        if (html_block(out, b, section, e))
            return -1;
    }
    str_add(out, "</main>\n</body>\n</html>\n");
    return 0;
}

const struct doc_writer writer_html = {
    {"html", "one page, results/NAME/report.html, with the pictures in it; it needs no other file"}, write_html};
