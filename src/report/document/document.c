/* document.c - builds documents, block by block. */
#include "report/document/document.h"

#include <assert.h>
#include <stdarg.h>

void doc_init(struct document *doc)
{
    *doc = (struct document){.first = NULL};
    arena_init(&doc->mem);
}

void doc_release(struct document *doc)
{
    arena_release(&doc->mem);
    doc_init(doc);
}

static void *take_piece(struct document *doc, size_t bytes)
{
    void *p = doc->failed ? NULL : arena_take(&doc->mem, bytes);
    doc->failed |= !p;
    return p;
}

/* Adds text to the cell; takes the control characters out of it. */
static void add_span(struct document *doc, struct doc_cell *cell, char *text, int strong)
{
    struct doc_span *span = cell->last && text && *text ? take_piece(doc, sizeof *span) : &cell->first;
    doc->failed |= !text;
    if (doc->failed || !*text)
        return;
    for (char *c = text; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 127)
            *c = ' ';
    *span = (struct doc_span){.text = text, .strong = strong};
    if (cell->last)
        cell->last->next = span;
    cell->last = span;
}

static void add_doc_cell(struct document *doc, struct doc_block *block, char *text)
{
    struct doc_cell *cell = take_piece(doc, sizeof *cell);
    if (!cell)
        return;
    if (block->first)
        block->last->next = cell;
    else
        block->first = cell;
    block->last = cell;
    add_span(doc, cell, text, 0);
}

static void append_block(struct document *doc, struct doc_block *block)
{
    if (doc->first)
        doc->last->next = block;
    else
        doc->first = block;
    doc->last = block;
}

/* Begins a block after the heading that waits for it. NULL without memory. */
static struct doc_block *begin_block(struct document *doc, enum doc_kind kind)
{
    struct doc_block *block = take_piece(doc, sizeof *block);
    if (!block)
        return NULL;
    block->kind = kind;
    if (doc->heading)
        append_block(doc, doc->heading);
    doc->heading = NULL;
    append_block(doc, block);
    return block;
}

void doc_heading(struct document *doc, int level, const char *fmt, ...)
{
    va_list args;
    doc->heading = take_piece(doc, sizeof *doc->heading);
    if (!doc->heading)
        return;
    doc->heading->kind = DOC_HEADING;
    doc->heading->level = level;
    va_start(args, fmt);
    add_doc_cell(doc, doc->heading, arena_vfmt(&doc->mem, fmt, args));
    va_end(args);
}

void doc_paragraph(struct document *doc, const char *fmt, ...)
{
    va_list args;
    struct doc_block *block = begin_block(doc, DOC_PARAGRAPH);
    if (!block)
        return;
    va_start(args, fmt);
    add_doc_cell(doc, block, arena_vfmt(&doc->mem, fmt, args));
    va_end(args);
}

void doc_paragraph_begin(struct document *doc)
{
    doc_paragraph(doc, "%s", "");
}

void doc_table(struct document *doc, const char *const *head, size_t columns)
{
    struct doc_block *block = begin_block(doc, DOC_TABLE);
    if (block)
        block->columns = columns;
    for (size_t i = 0; i < columns && !doc->failed; i++)
        add_doc_cell(doc, block, arena_str(&doc->mem, head[i]));
}

void doc_picture(struct document *doc, const char *link, const char *file, const char *what)
{
    struct doc_block *block = begin_block(doc, DOC_PICTURE);
    if (!block)
        return;
    block->link = arena_str(&doc->mem, link);
    block->file = arena_str(&doc->mem, file);
    doc->failed |= !block->link || !block->file;
    add_doc_cell(doc, block, arena_str(&doc->mem, what));
}

void doc_cell(struct document *doc, const char *fmt, ...)
{
    va_list args;
    if (doc->failed)
        return;
    assert(doc->last && doc->last->kind == DOC_TABLE);
    va_start(args, fmt);
    add_doc_cell(doc, doc->last, arena_vfmt(&doc->mem, fmt, args));
    va_end(args);
}

void doc_cell_begin(struct document *doc)
{
    doc_cell(doc, "%s", "");
}

void doc_text(struct document *doc, const char *fmt, ...)
{
    va_list args;
    if (doc->failed)
        return;
    va_start(args, fmt);
    add_span(doc, doc->last->last, arena_vfmt(&doc->mem, fmt, args), 0);
    va_end(args);
}

void doc_strong(struct document *doc, const char *text)
{
    if (!doc->failed)
        add_span(doc, doc->last->last, arena_str(&doc->mem, text), 1);
}
