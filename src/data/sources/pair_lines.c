/* pair_lines.c reads texts that belong to each other. */
#include "data/sources/pair_lines.h"

#include "base/file.h"
#include "base/str.h"
#include "data/sources/cells.h"
#include "data/text/lines.h"

#include <stdlib.h>
#include <string.h>

void pair_lines_release(struct pair_lines *l)
{
    for (int side = 0; side < 2; side++) {
        free(l->v[side]);
        free(l->bytes[side]);
    }
    *l = (struct pair_lines){.n = 0};
}

/* ---- two files --------------------------------------------------------------------------------------------------- */

/* The lines of text[n] that are text; what is after the last end of a line is one if it has a byte. */
static size_t count_lines(const char *text, size_t n)
{
    size_t lines = 0;
    for (size_t i = 0; i < n; i++)
        lines += text[i] == '\n';
    return lines + (n && text[n - 1] != '\n');
}

static int take_lines(struct pair_lines *l, int side, const char *path, const char *text, size_t n, struct err *e)
{
    const char *zero = memchr(text, 0, n), *end = text + n;
    if (zero)
        return err_set(e, ERR_DATA, "%s:%zu: has a byte of value 0, expected a text", path,
                       count_lines(text, (size_t)(zero - text) + 1));
    l->v[side] = malloc((count_lines(text, n) + 1) * sizeof *l->v[side]);
    if (!l->v[side])
        return err_set(e, ERR_NOMEM, "%s: no memory to read it", path);
    size_t lines = 0;
    for (const char *at = text; at < end; lines++) {
        struct pair_line *line = &l->v[side][lines];
        line->line = lines + 1;
        line->text = lines_next(&at, end, &line->n);
    }
    return 0;
}

int pair_lines_of_files(struct pair_lines *l, const char *from, const char *to, struct err *e)
{
    const char *const path[] = {from, to};
    size_t n[2], lines[2];
    for (int side = 0; side < 2; side++) {
        if (!(l->bytes[side] = file_read(path[side], &n[side], e)))
            return -1;
        const char *text = lines_begin(l->bytes[side], &n[side]);
        lines[side] = count_lines(text, n[side]);
        if (!lines[side])
            return err_set(e, ERR_DATA, "%s: is empty, expected a text a line", path[side]);
        if (take_lines(l, side, path[side], text, n[side], e))
            return -1;
    }
    if (lines[0] != lines[1])
        return err_set(e, ERR_DATA, "%s: has %zu lines, expected as many as %s has, %zu: line i belongs to line i", to,
                       lines[1], from, lines[0]);
    l->n = lines[0];
    return 0;
}

/* ---- columns of a table ------------------------------------------------------------------------------------------ */

struct table_reading {
    struct pair_lines *l;
    const char *path, *name[2];
    size_t column[2], rows; /* rows: the names of the columns among them */
    int found[2];           /* columns that have a number; then cells of the row at hand */
    struct str text[2];     /* of all rows */
};

static int columns_nomem(const struct table_reading *r, struct err *e)
{
    return err_set(e, ERR_NOMEM, "%s: no memory to read it", r->path);
}

static int more_rows(struct table_reading *r, struct err *e)
{
    struct pair_lines *l = r->l;
    const size_t room = l->room ? 2 * l->room : 256;
    if (l->n < l->room)
        return 0;
    for (int side = 0; side < 2; side++) {
        struct pair_line *v = realloc(l->v[side], room * sizeof *v);
        l->v[side] = v ? v : l->v[side];
        if (!v)
            return columns_nomem(r, e);
    }
    l->room = room;
    return 0;
}

static void see_name(struct table_reading *r, size_t column, const char *text)
{
    int64_t number;
    for (int side = 0; side < 2; side++)
        if (!r->found[side] &&
            (!strcmp(r->name[side], text) || (!str_to_int(r->name[side], &number) && number == (int64_t)column + 1))) {
            r->found[side] = 1;
            r->column[side] = column;
        }
}

static int see_cell(void *ctx, size_t column, const char *text, size_t n, size_t line, struct err *e)
{
    struct table_reading *r = ctx;
    if (!r->rows) {
        see_name(r, column, text);
        return 0;
    }
    if (more_rows(r, e))
        return -1;
    for (int side = 0; side < 2; side++)
        if (column == r->column[side]) {
            if (memchr(text, 0, n))
                return err_set(e, ERR_DATA, "%s:%zu: has a byte of value 0, expected a text", r->path, line);
            /* where it lies is known when all are read */
            r->l->v[side][r->l->n] = (struct pair_line){NULL, n, line};
            str_addn(&r->text[side], text, n);
            r->found[side] = 1;
        }
    return r->text[0].failed || r->text[1].failed ? columns_nomem(r, e) : 0;
}

static int see_row(void *ctx, size_t columns, size_t line, struct err *e)
{
    struct table_reading *r = ctx;
    for (int side = 0; side < 2; side++)
        if (!r->found[side])
            return !r->rows ? err_set(e, ERR_USAGE, "%s:%zu: has no column '%.60s' (data.%s) among its %zu", r->path,
                                      line, r->name[side], side ? "to" : "from", columns)
                            : err_set(e, ERR_DATA, "%s:%zu: has %zu cells, and data.%s is number %zu", r->path, line,
                                      columns, side ? "to" : "from", r->column[side] + 1);
    r->l->n += r->rows > 0;
    r->rows++;
    r->found[0] = r->found[1] = 0;
    return 0;
}

static int ends_in(const char *path, const char *end)
{
    char packed[16];
    const size_t n = strlen(end);
    memcpy(packed, end, n);
    memcpy(packed + n, ".gz", 4);
    return str_ends(path, end) || str_ends(path, packed);
}

/* Cells follow each other in the text of their column. */
static void place_cells(struct table_reading *r)
{
    for (int side = 0; side < 2; side++) {
        r->l->bytes[side] = r->text[side].p; /* now theirs */
        for (size_t i = 0, at = 0; i < r->l->n; at += r->l->v[side][i++].n)
            r->l->v[side][i].text = (r->text[side].p ? r->text[side].p : "") + at;
    }
}

int pair_lines_of_table(struct pair_lines *l, const char *path, const char *from, const char *to, struct err *e)
{
    struct table_reading r = {.l = l, .path = path, .name = {from, to}};
    const struct cells_how how = {.delimiter = ends_in(path, ".tsv") ? '\t' : ',', .cell = see_cell, .row = see_row};
    const int json = ends_in(path, ".json") || ends_in(path, ".jsonl");
    const int bad = (json ? json_cells_read : cells_read)(path, &how, &r, e);
    place_cells(&r);
    if (!bad && !l->n)
        return err_set(e, ERR_DATA, "%s: has no rows, expected the names of the columns and a pair a row", path);
    return bad;
}
