/* effect_rows.c writes the rows of the table of effects. */
#include "report/stats/effect_rows.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { KIND, AXIS, OTHER, VALUE, N, MEAN, LOW, HIGH, SHARE, OMEGA, CHANCE, PLANNED, BASIS, COLUMNS };
static const char *const head[COLUMNS] = {
    "kind",      "axis",  "other",       "value",           "n",       "mean", "ci95_low",
    "ci95_high", "share", "share_omega", "share_by_chance", "planned", "basis"};


struct effect_row effect_row_of(const char *kind, const char *axis)
{
    return (struct effect_row){kind, axis, "", "", "", 0, 0, NAN, NAN, NAN, NAN, NAN, NAN};
}

int add_effect_row(struct table *out, const struct effect_row *r)
{
    const char *cell[COLUMNS];
    char number[COLUMNS][STR_NUM] = {{0}};
    if (r->n || r->planned)
        snprintf(number[N], STR_NUM, "%zu", r->n);
    if (r->planned)
        snprintf(number[PLANNED], STR_NUM, "%zu", r->planned);
    str_float(number[MEAN], (float)r->mean);
    str_float(number[LOW], (float)r->low);
    str_float(number[HIGH], (float)r->high);
    str_double(number[SHARE], r->share);
    str_double(number[OMEGA], r->omega);
    str_double(number[CHANCE], r->chance);
    for (size_t i = 0; i < COLUMNS; i++)
        cell[i] = number[i];
    cell[KIND] = r->kind;
    cell[AXIS] = r->axis;
    cell[OTHER] = r->other;
    cell[VALUE] = r->value;
    cell[BASIS] = r->basis;
    return table_row(out, cell);
}

int add_effect_note(struct table *out, const char *text)
{
    struct effect_row r = effect_row_of("note", "");
    r.value = text;
    return add_effect_row(out, &r);
}

int effect_columns(struct table *out)
{
    return table_columns(out, head, COLUMNS);
}

/* Skipped points never began. */
int note_missing_trials(struct table *out, const struct trials_view *v)
{
    char text[160];
    size_t missing = 0, trained = 0;
    int status = table_column(v->t, "status");
    for (size_t r = 0; r < v->t->rows; r++) {
        char buf[STR_NUM];
        int skipped = !strcmp(table_text(v->t, r, status, buf), "skipped");
        trained += !skipped;
        missing += !skipped && isnan(v->y[r]);
    }
    snprintf(text, sizeof text, "%zu of %zu trials ended without a result and stand in no mean: see n and planned",
             missing, trained);
    return missing ? add_effect_note(out, text) : 0;
}
