/* tabular_text.c writes how a table's columns are coded, and codes cells by what was written. */
#include "data/sources/tabular_text.h"

#include "base/json_text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- writing --- */

/* Every call may lack memory: *bad keeps that one has. */
static void set_member(json_t *object, const char *key, json_t *value, int *bad)
{
    *bad |= json_object_set_new(object, key, value);
}

static json_t *values_of_column(const struct tabular_code *k, int *bad)
{
    json_t *list = json_array();
    const char *at[TABULAR_CATEGORIES] = {NULL};
    for (int i = 0; i < k->column->categories; i++)
        if (k->place[i] >= 0)
            at[k->place[i]] = k->column->category[i].text;
    for (int i = 0; i < k->known; i++)
        *bad |= json_array_append_new(list, json_string(at[i]));
    return list;
}

static json_t *column_as_json(const struct tabular *t, const struct tabular_code *k, int *bad)
{
    json_t *column = json_object();
    const int text = k->column->text;
    set_member(column, "name", json_string(k->column->name), bad);
    if (k->column->role == COLUMN_TEXT) {
        set_member(column, "kind", json_string("text"), bad);
        set_member(column, "keep", json_string(t->args->keep == KEEP_END ? "end" : "beginning"), bad);
        return column;
    }
    set_member(column, "kind", json_string(!text ? "number" : k->column->ordinal ? "ordinal" : "onehot"), bad);
    if (k->indicator)
        set_member(column, "indicator", json_true(), bad);
    if (t->args->missing == TABULAR_CONSTANT && (!text || k->column->ordinal))
        set_member(column, "constant", json_real(t->args->constant), bad);
    if (text)
        set_member(column, "values", values_of_column(k, bad), bad);
    return column;
}

void tabular_text(const struct tabular *t, const struct tabular_coding *c, struct str *out)
{
    json_t *root = json_object(), *columns = json_array();
    int bad = 0;
    for (size_t i = 0; i < t->used; i++)
        if (c->code[i].column->role != COLUMN_TARGET) {
            json_t *column = column_as_json(t, &c->code[i], &bad);
            bad |= json_array_append_new(columns, column);
        }
    set_member(root, "header", json_boolean(t->has_header), &bad);
    set_member(root, "delimiter", json_integer(t->args->delimiter), &bad);
    if (t->args->sheet && *t->args->sheet)
        set_member(root, "sheet", json_string(t->args->sheet), &bad);
    set_member(root, "columns", columns, &bad);
    char *text = root && !bad ? json_text_write(root, 0) : NULL;
    str_add(out, text ? text : "");
    out->failed |= !text;
    free(text);
    json_decref(root);
}

/* --- reading --- */

static int wrong_columns(struct err *e, const char *what)
{
    return err_set(e, ERR_DATA, "the columns of the model's table are not described as they should be: %s", what);
}

static int read_categories(struct column_form *f, const json_t *list, struct arena *a, struct err *e)
{
    size_t n = json_array_size(list);
    if (!n || n > TABULAR_CATEGORIES)
        return wrong_columns(e, "a column of categories has no values, or too many");
    f->value = arena_take(a, n * sizeof *f->value);
    for (size_t i = 0; f->value && i < n; i++) {
        const char *text = json_string_value(json_array_get(list, i));
        if (!text)
            return wrong_columns(e, "a category is not a text");
        f->value[i] = arena_str(a, text);
    }
    f->values = (int)n;
    return 0;
}

static int read_column(struct table_form *t, const json_t *v, struct arena *a, struct err *e)
{
    static const char *const kinds[] = {"number", "onehot", "ordinal", "text"};
    struct column_form *f = &t->column[t->columns];
    const char *name = json_string_value(json_object_get(v, "name"));
    const char *kind = json_string_value(json_object_get(v, "kind"));
    int k = 0;
    while (kind && k < 4 && strcmp(kinds[k], kind) != 0)
        k++;
    if (!name || !kind || k == 4)
        return wrong_columns(e, "one has no name, or no kind that is known");
    *f = (struct column_form){.name = arena_str(a, name), .kind = k, .at = t->numbers, .constant = NAN};
    if (json_is_number(json_object_get(v, "constant")))
        f->constant = (float)json_number_value(json_object_get(v, "constant"));
    const char *keep = json_string_value(json_object_get(v, "keep"));
    f->keep = keep && !strcmp(keep, "end") ? KEEP_END : KEEP_BEGINNING;
    f->indicator = k == COLUMN_NUMBER && json_is_true(json_object_get(v, "indicator"));
    if ((k == COLUMN_ONEHOT || k == COLUMN_ORDINAL) && read_categories(f, json_object_get(v, "values"), a, e))
        return -1;
    f->width = k == COLUMN_TOKENS ? 0 : k == COLUMN_ONEHOT ? f->values : 1 + f->indicator;
    t->numbers += f->width;
    t->columns++;
    return 0;
}

int table_form_read(struct table_form *f, const char *text, struct arena *a, struct err *e)
{
    json_error_t why;
    int nomem;
    json_t *root = json_text_read(text, strlen(text), 0, &why, &nomem), *columns = json_object_get(root, "columns");
    size_t n = json_array_size(columns);
    const char *sheet = json_string_value(json_object_get(root, "sheet"));
    *f = (struct table_form){.header = json_is_true(json_object_get(root, "header")),
                             .sheet = arena_str(a, sheet ? sheet : ""),
                             .delimiter = (int)json_integer_value(json_object_get(root, "delimiter"))};
    f->column = n && n <= TABULAR_COLUMNS ? arena_take(a, n * sizeof *f->column) : NULL;
    int bad = 0;
    if (a->failed || nomem)
        bad = err_set(e, ERR_NOMEM, "no memory for the columns of a table");
    else if (!f->column)
        bad = wrong_columns(e, "there are none");
    for (size_t i = 0; i < n && !bad; i++)
        bad = read_column(f, json_array_get(columns, i), a, e);
    json_decref(root);
    return bad ? -1 : a->failed ? err_set(e, ERR_NOMEM, "no memory for the columns of a table") : 0;
}

static int encode_number(const struct column_form *f, const char *text, size_t n, float *x)
{
    double v = (double)f->constant;
    const int missing = tabular_is_missing(text, n);
    if (!missing && (tabular_number(text, n, &v) || !isfinite((float)v)))
        return -1;
    x[0] = (float)v;
    if (f->indicator)
        x[1] = missing ? 1 : 0;
    return 0;
}

int column_encode(const struct column_form *f, const char *text, size_t n, float *x)
{
    int place = 0;
    x += f->at;
    if (f->kind == COLUMN_NUMBER)
        return encode_number(f, text, n, x);
    n = tabular_is_missing(text, n) ? 0 : n;
    while (place < f->values && (strncmp(f->value[place], text, n) != 0 || f->value[place][n]))
        place++;
    if (f->kind == COLUMN_ORDINAL) {
        *x = place == f->values || !n ? f->constant : (float)place;
        return 0;
    }
    for (int i = 0; i < f->width; i++)
        x[i] = i == place ? 1 : 0;
    return 0;
}
