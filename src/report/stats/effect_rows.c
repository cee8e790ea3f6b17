/* effect_rows.c - writes the rows of the table of effects. */
#include "report/stats/effect_rows.h"
#include "report/table/columns.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *effect_planned(const void *row, size_t at, char buf[STR_NUM])
{
    const struct effect_row *r = row;
    return r->planned ? column_whole(row, at, buf) : "";
}

/* None of planned trials is a number, too. */
static const char *effect_n(const void *row, size_t at, char buf[STR_NUM])
{
    const struct effect_row *r = row;
    return r->n || r->planned ? column_whole(row, at, buf) : "";
}

#define EFFECT(name, help, cell, field) COLUMN_FIELD(name, help, cell, struct effect_row, field)
static const struct column_row columns[] = {
    EFFECT("kind", "axis, pair, rest, seed, noise, value or note", column_text, kind),
    EFFECT("axis", "the axis, with those whose values follow from its own", column_text, axis),
    EFFECT("other", "the second axis of a pair", column_text, other),
    EFFECT("value", "the value of the axis; of a note its text", column_text, value),
    EFFECT("n", "trials that it is made of", effect_n, n),
    EFFECT("mean", "mean of the objective over the settings of the other axes", column_float, mean),
    EFFECT("ci95_low",
           "lower end of the 95 % interval of the mean; of a share by a forest (basis forest) that of the share",
           column_float, low),
    EFFECT("ci95_high", "upper end", column_float, high),
    EFFECT("share", "share of the variance of the objective over all trials (eta squared)", column_double, share),
    EFFECT("share_omega", "the share without what noise puts into it (omega squared)", column_double, omega),
    EFFECT("share_by_chance", "what the share would be on average if nothing had an effect", column_double, chance),
    EFFECT("planned", "trials of all points with the value", effect_planned, planned),
    EFFECT("basis",
           "all, common, own or drawn: which settings the mean is over; forest: of a share; notes explain them",
           column_text, basis),
};
const struct column_table effect_table = {"NAME.effects.csv", "an axis, a pair of axes, a value, or a note",
                                          COLUMNS_OF(columns)};
enum { COLUMNS = sizeof columns / sizeof *columns };

struct effect_row effect_row_of(const char *kind, const char *axis)
{
    return (struct effect_row){kind, axis, "", "", "", 0, 0, NAN, NAN, NAN, NAN, NAN, NAN};
}

int add_effect_row(struct table *out, const struct effect_row *r)
{
    const char *cell[COLUMNS];
    char text[COLUMNS][STR_NUM];
    for (size_t i = 0; i < COLUMNS; i++)
        cell[i] = columns[i].cell(r, columns[i].at, text[i]);
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
    const char *name[COLUMNS];
    for (size_t i = 0; i < COLUMNS; i++)
        name[i] = columns[i].name;
    return table_columns(out, name, COLUMNS);
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
