/* writer_markdown.c - writes a document as Markdown, with tables as GitHub has them. */
#include "report/document/document.h"

#include <string.h>

/* Writes a text so that it is shown as it is, whatever Markdown or HTML makes of its characters. A < or & before a
 * blank begins nothing and is left alone: "params < 20000". */
static void markdown_text(struct str *s, const char *text)
{
    for (; *text; text++) {
        int bare = text[1] == ' ' || (*text == '<' && text[1] == '=');
        if (strchr("\\`*[]|$~", *text))
            str_addf(s, "\\%c", *text);
        else if ((*text == '<' || *text == '&') && !bare)
            str_add(s, *text == '<' ? "&lt;" : "&amp;");
        else
            str_addn(s, text, 1);
    }
}

static void markdown_cell(struct str *s, const struct doc_cell *cell)
{
    for (const struct doc_span *span = cell->last ? &cell->first : NULL; span; span = span->next) {
        str_add(s, span->strong ? "**" : "");
        markdown_text(s, span->text);
        str_add(s, span->strong ? "**" : "");
    }
}

/* Writes the row that begins with the cell; returns the next one. An empty cell of the head is one blank wide. */
static const struct doc_cell *markdown_row(struct str *s, const struct doc_cell *cell, size_t columns, int head)
{
    str_add(s, "|");
    for (size_t i = 0; i < columns; i++, cell = cell->next) {
        str_add(s, head && !cell->last ? "" : " ");
        markdown_cell(s, cell);
        str_add(s, " |");
    }
    str_add(s, "\n");
    return cell;
}

static void markdown_table(struct str *s, const struct doc_block *b)
{
    const struct doc_cell *cell = markdown_row(s, b->first, b->columns, 1);
    str_add(s, "|");
    for (size_t i = 0; i < b->columns; i++)
        str_add(s, " --- |");
    str_add(s, "\n");
    while (cell)
        cell = markdown_row(s, cell, b->columns, 0);
    str_add(s, "\n");
}

static int write_markdown(const struct document *doc, struct str *out, struct err *e)
{
    (void)e;
    for (const struct doc_block *b = doc->first; b; b = b->next) {
        if (b->kind == DOC_TABLE) {
            markdown_table(out, b);
            continue;
        }
        if (b->kind == DOC_HEADING)
            str_addf(out, "%.*s ", b->level, "######");
        str_add(out, b->kind == DOC_PICTURE ? "![" : "");
        markdown_cell(out, b->first);
        if (b->kind == DOC_PICTURE)
            str_addf(out, "](%s.png)", b->link);
        str_add(out, "\n\n");
    }
    return 0;
}

const struct doc_writer writer_markdown = {
    {"markdown", "on standard output, with links to the pictures of plots/NAME: --markdown"}, write_markdown};
