/* markdown_effects.c - writes the section on what each axis does. */
#include "report/document/markdown.h"

#include <math.h>
#include <string.h>

#define VALUES 12 /* of an axis */

/* Writes the values of an axis with their means: "8: 98.44 %, 12: 98.67 %". */
static void put_values(const struct plot_data *d, const char *axis, struct str *s)
{
    const struct table *t = &d->effects;
    int mean = table_column(t, "mean");
    size_t n = 0;
    for (size_t r = 0; r < t->rows; r++) {
        if (strcmp(table_cell(t, r, "kind"), "value") || strcmp(table_cell(t, r, "axis"), axis))
            continue;
        if (n++ == VALUES) {
            str_add(s, ", ...");
            break;
        }
        str_add(s, n > 1 ? ", " : "");
        md_text(s, *table_cell(t, r, "value") ? table_cell(t, r, "value") : "(none)");
        str_add(s, ": ");
        md_value(s, d, d->v.metric, table_number(t, r, mean));
    }
}

/* Writes an axis, or the two of a pair, by full names: "(train.lr & train.batch_size)". */
static void put_long_side(struct str *s, const char *axis)
{
    int joined = strstr(axis, " & ") != NULL;
    str_add(s, joined ? "(" : "");
    md_text(s, axis);
    str_add(s, joined ? ")" : "");
}

static void put_effect_row(const struct plot_data *d, size_t r, struct str *s)
{
    const struct table *t = &d->effects;
    const char *kind = table_cell(t, r, "kind"), *axis = table_cell(t, r, "axis");
    static const char *const column[] = {"share", "share_omega", "share_by_chance"};
    char percent[24];
    str_add(s, "| ");
    if (!strcmp(kind, "pair")) {
        put_long_side(s, axis);
        str_add(s, " × ");
        put_long_side(s, table_cell(t, r, "other"));
    } else {
        md_text(s, axis);
    }
    for (size_t i = 0; i < sizeof column / sizeof *column; i++) {
        double x = table_number(t, r, table_column(t, column[i]));
        str_addf(s, " | %s", isnan(x) ? "-" : percent_text(x, percent, sizeof percent));
    }
    str_add(s, " | ");
    if (!strcmp(kind, "axis"))
        put_values(d, axis, s);
    str_add(s, " |\n");
}

void md_effects(const struct plot_data *d, struct str *s)
{
    const struct table *t = &d->effects;
    int share = table_column(t, "share");
    if (!d->v.naxes)
        return;
    str_add(s, "## Effects\n\nShare of the variance of ");
    md_text(s, d->v.metric);
    str_add(s, " over all trials, without what noise puts into it (omega "
               "squared), and as chance alone would show it; means of each value over the same settings of the other "
               "axes.\n\n| | share | less noise | by chance | means |\n| --- | --- | --- | --- | --- |\n");
    for (size_t r = 0; r < t->rows; r++) {
        const char *kind = table_cell(t, r, "kind");
        double x = table_number(t, r, share);
        int small = !strcmp(kind, "pair") && !(x >= 0.01); /* dozens of them in a large grid */
        if (strcmp(kind, "value") && strcmp(kind, "note") && !small)
            put_effect_row(d, r, s);
    }
    str_add(s, "\n");
    for (size_t r = 0; r < t->rows; r++)
        if (!strcmp(table_cell(t, r, "kind"), "note")) {
            str_add(s, "Note: ");
            md_text(s, table_cell(t, r, "value"));
            str_add(s, ".\n\n");
        }
}
