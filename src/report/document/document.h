/* document.h - a report as blocks: sections build it, and a writer turns it into text. Texts stay what they are, but
 * for control characters, which become blanks: a writer knows what its format makes of the others. All memory is that
 * of the document; when it runs out, `failed` is set, and what follows does nothing. */
#ifndef REPORT_DOCUMENT_H
#define REPORT_DOCUMENT_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "report/report.h"

enum doc_kind { DOC_HEADING, DOC_PARAGRAPH, DOC_TABLE, DOC_PICTURE };

/* A piece of a text. */
struct doc_span {
    const char *text;
    int strong; /* it is to be seen first */
    struct doc_span *next;
};

/* A text: that of a heading, a paragraph or a cell, or what a picture shows. */
struct doc_cell {
    struct doc_span first, *last; /* NULL: it is empty */
    struct doc_cell *next;
};

struct doc_block {
    enum doc_kind kind;
    int level;                     /* of a heading: 1 is that of the whole document */
    size_t columns;                /* of a table; other blocks have one cell */
    struct doc_cell *first, *last; /* of a table the names of its columns ("": none), then row by row */
    const char *link, *file; /* of a picture, without the ending: as seen from the folder of plots/, and to read */
    struct doc_block *next;
};

struct document {
    struct doc_block *first, *last;
    struct doc_block *heading; /* not yet in the document */
    struct arena mem;
    int failed;
};

void doc_init(struct document *doc);
void doc_release(struct document *doc);

/* Each begins a block. A heading stands before the first block after it: one without content leaves nothing. */
void doc_heading(struct document *doc, int level, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void doc_paragraph(struct document *doc, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void doc_paragraph_begin(struct document *doc); /* empty: its text is added */
void doc_table(struct document *doc, const char *const *head, size_t columns);
void doc_picture(struct document *doc, const char *link, const char *file, const char *what);
/* The next cell of the table; each row has as many as the head. */
void doc_cell(struct document *doc, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void doc_cell_begin(struct document *doc); /* likewise */
/* Adds to the paragraph or cell. */
void doc_text(struct document *doc, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void doc_strong(struct document *doc, const char *text);

/* Turns documents into text of one format. */
struct doc_writer {
    struct report_word word;
    /* Appends to out, whose `failed` says that memory ran out. 0, or -1 with *e: a picture cannot be read. */
    int (*write)(const struct document *doc, struct str *out, struct err *e);
};
extern const struct doc_writer writer_markdown, writer_html;

#endif
