/* columns.c - makes the header and the cells of tables from the rows of their columns. */
#include "report/table/columns.h"

#include <string.h>

#define FIELD(type) (*(type const *)((const char *)row + at))

const char *column_text(const void *row, size_t at, char buf[STR_NUM])
{
    (void)buf;
    return FIELD(const char *);
}

const char *column_whole(const void *row, size_t at, char buf[STR_NUM])
{
    return str_whole(buf, FIELD(size_t));
}

const char *column_double(const void *row, size_t at, char buf[STR_NUM])
{
    return str_double(buf, FIELD(double));
}

const char *column_float(const void *row, size_t at, char buf[STR_NUM])
{
    return str_float(buf, (float)FIELD(double));
}

static size_t column_width(const struct column_row *c, const void *of)
{
    if (!c->kind)
        return 1;
    size_t n = c->kind->count(of) - c->at;
    return c->most && c->most < n ? c->most : n;
}

int column_at(const struct column_table *t, const void *of, size_t n, struct named_column *out, struct arena *a)
{
    for (size_t k = 0; k < t->columns; k++) {
        const struct column_row *c = &t->column[k];
        size_t width = column_width(c, of);
        if (n >= width) {
            n -= width;
            continue;
        }
        *out = (struct named_column){c, c->kind ? c->at + n : c->at, c->name, c->help};
        if (c->kind)
            out->name = c->kind->name(of, out->i, &out->help, a);
        return 0;
    }
    return -1;
}

int sheet_init(struct sheet *s, const struct column_table *t, const void *of)
{
    *s = (struct sheet){.n = 0};
    arena_init(&s->mem);
    for (size_t k = 0; k < t->columns; k++)
        s->n += column_width(&t->column[k], of);
    s->column = arena_take(&s->mem, (s->n + 1) * sizeof *s->column);
    s->name = arena_take(&s->mem, (s->n + 1) * sizeof *s->name);
    s->cell = arena_take(&s->mem, (s->n + 1) * sizeof *s->cell);
    s->text = arena_take(&s->mem, (s->n + 1) * sizeof *s->text);
    if (!s->column || !s->name || !s->cell || !s->text)
        return -1;
    for (size_t i = 0; i < s->n; i++) {
        column_at(t, of, i, &s->column[i], &s->mem);
        s->name[i] = s->column[i].name;
        if (!s->name[i])
            return -1;
    }
    return 0;
}

void sheet_release(struct sheet *s)
{
    arena_release(&s->mem);
}

const char *sheet_cell(const struct sheet *s, size_t column, const void *row, char buf[STR_NUM])
{
    const struct named_column *c = &s->column[column];
    return c->column->cell(row, c->i, buf);
}

const char *const *sheet_row(struct sheet *s, const void *row)
{
    for (size_t i = 0; i < s->n; i++)
        s->cell[i] = sheet_cell(s, i, row, s->text[i]);
    return s->cell;
}
