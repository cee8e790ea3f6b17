/* whole_table.c - holds tables in memory, and reads and writes them whole. */
#include "base/file.h"
#include "report/report.h"
#include "report/table/csv.h"

#include <csv.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

void table_init(struct table *t)
{
    memset(t, 0, sizeof *t);
    arena_init(&t->mem);
}

void table_release(struct table *t)
{
    free(t->cell);
    arena_release(&t->mem);
    memset(t, 0, sizeof *t);
}

/* Copies n texts into one piece of the arena: pieces are 64 bytes at least, cells are a few. */
static int copy_texts(struct arena *a, const char *const *text, size_t n, const char **out)
{
    size_t bytes = 0;
    for (size_t i = 0; i < n; i++)
        bytes += strlen(text[i]) + 1;
    char *p = arena_take(a, bytes ? bytes : 1);
    if (!p)
        return -1;
    for (size_t i = 0; i < n; i++) {
        size_t len = strlen(text[i]) + 1;
        out[i] = memcpy(p, text[i], len);
        p += len;
    }
    return 0;
}

int table_columns(struct table *t, const char *const *head, size_t cols)
{
    t->head = arena_take(&t->mem, (cols ? cols : 1) * sizeof *t->head);
    if (!t->head || copy_texts(&t->mem, head, cols, t->head))
        return -1;
    t->cols = cols;
    return 0;
}

int table_row(struct table *t, const char *const *cell)
{
    if (t->pass) {
        t->rows++;
        return t->pass(t->ctx, cell);
    }
    if (t->rows == t->cap) {
        size_t cap = t->cap ? 2 * t->cap : 32;
        const char **more = realloc(t->cell, cap * (t->cols ? t->cols : 1) * sizeof *more);
        if (!more)
            return -1;
        t->cell = more;
        t->cap = cap;
    }
    if (copy_texts(&t->mem, cell, t->cols, t->cell + t->rows * t->cols))
        return -1;
    t->rows++;
    return 0;
}

int table_column(const struct table *t, const char *name)
{
    for (size_t c = 0; c < t->cols; c++)
        if (!strcmp(t->head[c], name))
            return (int)c;
    return -1;
}

const char *table_cell(const struct table *t, size_t row, const char *column)
{
    int c = table_column(t, column);
    return c < 0 || row >= t->rows ? "" : t->cell[row * t->cols + (size_t)c];
}

const char *table_text(const struct table *t, size_t row, int col, char buf[STR_NUM])
{
    if (col < 0)
        return "";
    return t->make ? t->make(t->ctx, row, (size_t)col, buf) : t->cell[row * t->cols + (size_t)col];
}

double table_number(const struct table *t, size_t row, int col)
{
    double v;
    char buf[STR_NUM];
    if (col < 0 || (size_t)col >= t->cols || row >= t->rows)
        return NAN;
    return str_to_double(table_text(t, row, col, buf), &v) ? NAN : v;
}

/* ---- reading ---------------------------------------------------------------------------------------------------- */

struct row_reader {
    struct table *t;
    const char *path;
    struct str text; /* cells of the row so far, each with its NUL */
    size_t cells;
    const char **cell; /* [cap] */
    size_t cap;
    size_t line, row_line; /* the line fed last; where the row began, 0 between rows */
    int inside;            /* the line goes on */
    struct csv_parser parser;
    struct err *e;
};

static void on_cell(void *bytes, size_t n, void *ctx)
{
    struct row_reader *r = ctx;
    size_t skip = csv_guarded(bytes);
    str_addn(&r->text, (const char *)bytes + skip, n - skip);
    str_addn(&r->text, "", 1);
    r->cells++;
}

static int no_memory_for_table(struct row_reader *r)
{
    return err_set(r->e, ERR_NOMEM, "%s: no memory for the table", r->path);
}

/* Returns pointers to the cells of the row, or NULL without memory. */
static const char *const *row_cells(struct row_reader *r)
{
    if (r->cells > r->cap) {
        const char **more = realloc(r->cell, 2 * r->cells * sizeof *more);
        if (!more)
            return NULL;
        r->cell = more;
        r->cap = 2 * r->cells;
    }
    const char *p = r->text.p;
    for (size_t i = 0; i < r->cells; i++, p += strlen(p) + 1)
        r->cell[i] = p;
    return r->cell;
}

static void on_row(int end, void *ctx)
{
    struct row_reader *r = ctx;
    const char *const *cell = NULL;
    (void)end;
    if (r->e->code || !r->cells)
        return;
    if (r->text.failed || !(cell = row_cells(r)))
        no_memory_for_table(r);
    else if (!r->t->head)
        table_columns(r->t, cell, r->cells) ? (void)no_memory_for_table(r) : (void)0;
    else if (r->cells != r->t->cols)
        err_set(r->e, ERR_DATA, "%s:%zu: %zu cells in this row, %zu in the header", r->path, r->row_line, r->cells,
                r->t->cols);
    else if (table_row(r->t, cell))
        no_memory_for_table(r);
    str_clear(&r->text);
    r->cells = 0;
    r->row_line = 0;
}

static int not_a_space(unsigned char c) /* RFC 4180: blanks belong to the cell; libcsv would cut them off */
{
    (void)c;
    return 0;
}

static int damaged_table(struct row_reader *r)
{
    int why = csv_error(&r->parser);
    if (r->e->code)
        return -1;
    if (why != CSV_EPARSE)
        return err_set(r->e, ERR_NOMEM, "%s:%zu: %s", r->path, r->line, csv_strerror(why));
    return err_set(r->e, ERR_DATA,
                   "%s:%zu: damaged CSV: a quotation mark that is open, or not doubled (row from line %zu)", r->path,
                   r->line, r->row_line);
}

/* A line, or a part of it. */
static int parse_part(struct row_reader *r, const char *text, size_t n)
{
    r->line += !r->inside;
    r->inside = text[n - 1] != '\n';
    if (memchr(text, 0, n))
        return err_set(r->e, ERR_DATA, "%s:%zu: a NUL byte: not a CSV file", r->path, r->line);
    if (!r->row_line && *text != '\n' && *text != '\r')
        r->row_line = r->line;
    if (csv_parse(&r->parser, text, n, on_cell, on_row, r) != n)
        return damaged_table(r);
    return r->e->code ? -1 : 0;
}

/* Parses line by line, so that a row's number is known when libcsv reports it. A file is not held in memory. */
static int parse_piece(void *ctx, const char *text, size_t n)
{
    struct row_reader *r = ctx;
    const char *end = text + n;
    if (!r->line && n >= 3 && !memcmp(text, "\xef\xbb\xbf", 3)) /* libcsv would leave it in the first name */
        text += 3;
    while (text < end) {
        const char *lf = memchr(text, '\n', (size_t)(end - text));
        size_t len = lf ? (size_t)(lf - text) + 1 : (size_t)(end - text);
        if (parse_part(r, text, len))
            return -1;
        text += len;
    }
    return 0;
}

int table_read(struct table *t, const char *path, struct err *e)
{
    struct row_reader r = {.t = t, .path = path, .e = e};
    if (csv_init(&r.parser, CSV_STRICT | CSV_STRICT_FINI | CSV_APPEND_NULL))
        return no_memory_for_table(&r);
    csv_set_space_func(&r.parser, not_a_space);
    if (!file_each_piece(path, parse_piece, &r, e) && csv_fini(&r.parser, on_cell, on_row, &r))
        damaged_table(&r);
    if (!e->code && !t->head)
        err_set(e, ERR_DATA, "%s: no header: expected a line of column names", path);
    csv_free(&r.parser);
    str_release(&r.text);
    free(r.cell);
    return e->code ? -1 : 0;
}

int table_write(const struct table *t, const char *path, int sync, struct err *e)
{
    struct csv_out *c = csv_begin(path, t->head, t->cols, e);
    if (!c)
        return -1;
    const char **cell = calloc(t->cols + 1, sizeof *cell);
    char(*buf)[STR_NUM] = calloc(t->cols + 1, sizeof *buf);
    for (size_t i = 0; cell && buf && i < t->rows; i++) {
        for (size_t k = 0; k < t->cols; k++)
            cell[k] = table_text(t, i, (int)k, buf[k]);
        csv_row(c, cell); /* a failed row is remembered and told by commit */
    }
    int whole = cell && buf;
    free(buf);
    free(cell);
    if (whole)
        return csv_commit(c, sync, e);
    csv_abort(c);
    return err_set(e, ERR_NOMEM, "%s: no memory to write it", path);
}
