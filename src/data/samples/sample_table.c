/* sample_table.c hands over the rows of a CSV or JSON file: coded as the columns that the network has learned from,
 * found by their names; or as so many plain numbers. A row that is wrong is handed over with its error, and the next
 * one is read. */
#include "base/arena.h"
#include "data/samples/sample_files.h"
#include "data/sources/cells.h"
#include "data/sources/tabular_text.h"
#include "data/sources/tabular_tokens.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct sample_rows {
    const struct sample_sink *k;
    const char *path;
    struct table_form form; /* columns 0: rows are plain numbers */
    int *place;             /* [form.columns] which column of the file it is, from 0; -1: none */
    size_t read;            /* rows of samples so far */
    int header;             /* the next row may be, or is, that of the names */
    int texts;              /* cells of the first row that are no numbers */
    size_t cells;           /* of this row that were numbers of a sample */
    float *x;               /* [numbers of a sample] */
    uint8_t *bytes;
    int32_t *id; /* [T] of a text, with what makes them: */
    struct tokenizer tokens;
    struct id_list room;
    int stopped;     /* `take` has said so */
    char error[256]; /* of this row; "": it has none */
    struct arena mem;
};

static void row_error(struct sample_rows *r, size_t line, const char *what, const char *text, size_t n)
{
    if (!*r->error)
        snprintf(r->error, sizeof r->error, "line %zu: %s '%.*s'", line, what, (int)(n < 40 ? n : 40), text);
}

/* A name of the first row: whose column it is. */
static void take_name(struct sample_rows *r, size_t column, const char *text, size_t n)
{
    for (size_t i = 0; i < r->form.columns; i++)
        if (r->place[i] < 0 && strlen(r->form.column[i].name) == n && !memcmp(r->form.column[i].name, text, n)) {
            r->place[i] = (int)column;
            return; /* a further column of that name is the next one so called */
        }
}

static void take_plain_number(struct sample_rows *r, size_t column, const char *text, size_t n, size_t line)
{
    const size_t size = shape_size(r->k->form->shape);
    double v = NAN;
    int missing = tabular_is_missing(text, n), bad = !missing && tabular_number(text, n, &v);
    r->cells++;
    if (column >= size)
        return;
    if (r->header)
        r->texts += bad;
    if ((bad && !r->header) || (missing && !r->k->form->fill))
        row_error(r, line, "not a number:", text, n);
    r->x[column] = (float)v;
}

/* The cell that is a text. */
static int take_sample_text(struct sample_rows *r, int keep, const char *text, size_t n, size_t line, struct err *e)
{
    const size_t bad = tokenizer_check(r->tokens.kind, text, n);
    if (bad < n)
        row_error(r, line, "not of a letter in UTF-8:", text + bad, 1);
    else if (ids_of_text(&r->tokens, &r->room, (struct text_span){text, n}, keep, r->k->form->shape.h, r->id))
        return err_set(e, ERR_NOMEM, "%s: no memory to read it", r->path);
    return 0;
}

static int take_sample_cell(void *ctx, size_t column, const char *text, size_t n, size_t line, struct err *e)
{
    struct sample_rows *r = ctx;
    if (!r->form.columns)
        take_plain_number(r, column, text, n, line);
    else if (r->header)
        take_name(r, column, text, n);
    for (size_t i = 0; i < r->form.columns && !r->header; i++) {
        if (r->place[i] != (int)column)
            continue;
        r->cells++;
        if (r->form.column[i].kind == COLUMN_TOKENS) {
            if (take_sample_text(r, r->form.column[i].keep, text, n, line, e))
                return -1;
        } else if (column_encode(&r->form.column[i], text, n, r->x))
            row_error(r, line, "not a number:", text, n);
    }
    return 0;
}

/* Says which column of the network the first row does not have; 0: it has all. */
static int lacks_column(struct sample_rows *r)
{
    char text[256];
    for (size_t i = 0; i < r->form.columns; i++)
        if (r->place[i] < 0) {
            snprintf(text, sizeof text, "has no column '%.80s', which the network has learned from",
                     r->form.column[i].name);
            r->stopped = sample_fails(r->k, r->path, 0, text);
            return 1;
        }
    return 0;
}

/* The numbers of a row of a form of bytes, which are 0 to 255. */
static const void *values_of_row(struct sample_rows *r, size_t line)
{
    size_t n = shape_size(r->k->form->shape);
    if (r->k->form->type == FIELD_TOKENS)
        return r->id;
    if (r->k->form->type == FIELD_FLOATS)
        return r->x;
    for (size_t i = 0; i < n; i++) {
        if (!(r->x[i] >= 0 && r->x[i] <= 255) || r->x[i] != floorf(r->x[i]))
            row_error(r, line, "a pixel that is no whole number from 0 to 255", "", 0);
        r->bytes[i] = r->x[i] >= 0 && r->x[i] <= 255 ? (uint8_t)r->x[i] : 0;
    }
    return r->bytes;
}

static int take_sample_row(void *ctx, size_t columns, size_t line, struct err *e)
{
    struct sample_rows *r = ctx;
    size_t wants = r->form.columns ? r->form.columns : shape_size(r->k->form->shape), has = r->cells;
    int header = r->header && (r->form.columns || r->texts);
    (void)e;
    r->header = 0;
    r->cells = 0;
    if (header) {
        *r->error = 0;
        return lacks_column(r) ? -1 : 0;
    }
    r->read++;
    if (has != wants && !*r->error)
        snprintf(r->error, sizeof r->error, "line %zu: has %zu cell%s, the network wants %zu numbers", line, columns,
                 columns == 1 ? "" : "s", wants);
    const void *values = *r->error ? NULL : values_of_row(r, line);
    struct sample s = {r->path, r->read, *r->error ? NULL : values, *r->error ? r->error : NULL};
    r->stopped = r->k->take(r->k->ctx, &s);
    *r->error = 0;
    return r->stopped ? -1 : 0;
}

/* What the rows mean. 0, or -1 with *e. */
static int prepare_rows(struct sample_rows *r, int named, struct err *e)
{
    const struct sample_form *f = r->k->form;
    const size_t n = shape_size(f->shape);
    if (*f->columns && table_form_read(&r->form, f->columns, &r->mem, e))
        return -1;
    if (f->type == FIELD_TOKENS && (!r->form.columns || tokenizer_read(&r->tokens, f->tokens, e)))
        return e->code ? -1 : err_set(e, ERR_DATA, "is a table, and the network has not learned from one");
    if (r->form.columns && f->type != FIELD_TOKENS && (size_t)r->form.numbers != n)
        return err_set(e, ERR_DATA, "the model's columns make %d numbers, its network wants %zu", r->form.numbers, n);
    if (f->type == FIELD_TOKENS && (r->form.columns != 1 || r->form.column[0].kind != COLUMN_TOKENS))
        return err_set(e, ERR_DATA, "the model's columns are not one text, which its network wants");
    r->header = named || !r->form.columns || r->form.header;
    r->x = arena_take(&r->mem, n * sizeof *r->x);
    r->bytes = arena_take(&r->mem, n);
    r->id = arena_take(&r->mem, n * sizeof *r->id);
    r->place = arena_take(&r->mem, (r->form.columns + 1) * sizeof *r->place);
    for (size_t i = 0; r->place && i < r->form.columns; i++)
        r->place[i] = r->header ? -1 : atoi(r->form.column[i].name) - 1;
    return r->mem.failed ? err_set(e, ERR_NOMEM, "%s: no memory to read it", r->path) : 0;
}

int sample_table(const char *path, const struct tabular_format *format, const struct sample_sink *k, struct err *e)
{
    static const char delimiters[] = {',', ';', '\t', ' ', '|'};
    struct sample_rows r = {.k = k, .path = path};
    struct err why = {0};
    arena_init(&r.mem);
    int bad = prepare_rows(&r, format->named, &why);
    if (!bad) {
        const unsigned d = (unsigned)r.form.delimiter;
        const struct cells_how how = {.delimiter = d < sizeof delimiters ? delimiters[d] : ',',
                                      .sheet = r.form.sheet,
                                      .cell = take_sample_cell,
                                      .row = take_sample_row};
        r.texts = format->named; /* names are no numbers, whatever they look like */
        bad = format->read(path, &how, &r, &why);
    }
    arena_release(&r.mem);
    tokenizer_release(&r.tokens);
    free(r.room.v);
    if (bad && why.code == ERR_NOMEM)
        return err_set(e, ERR_NOMEM, "%s", why.text);
    return bad && why.code ? sample_fails(k, path, 0, why.text) : -(r.stopped != 0);
}
