/* section_effects.c - what each axis does. */
#include "report/document/sections.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define VALUES 12 /* of an axis */

/* Adds the values of an axis with their means: "8: 98.44 %, 12: 98.67 %". */
static void add_value_means(const struct plot_data *d, const char *axis, struct document *doc)
{
    const struct table *t = &d->effects;
    int mean = table_column(t, "mean");
    size_t n = 0;
    for (size_t r = 0; r < t->rows; r++) {
        if (strcmp(table_cell(t, r, "kind"), "value") || strcmp(table_cell(t, r, "axis"), axis))
            continue;
        if (n++ == VALUES) {
            doc_text(doc, ", ...");
            break;
        }
        const char *value = table_cell(t, r, "value");
        doc_text(doc, "%s%s: ", n > 1 ? ", " : "", *value ? value : "(none)");
        add_value(doc, d, d->v.metric, table_number(t, r, mean));
    }
}

/* Adds an axis, or the two of a pair, by full names: "(train.lr & train.batch_size)". */
static void add_long_side(const char *axis, struct document *doc)
{
    int joined = strstr(axis, " & ") != NULL;
    doc_text(doc, "%s%s%s", joined ? "(" : "", axis, joined ? ")" : "");
}

/* "12.0 % - 31.5 %" */
static void add_share_interval(const struct table *t, size_t r, struct document *doc)
{
    double low = table_number(t, r, table_column(t, "ci95_low")),
           high = table_number(t, r, table_column(t, "ci95_high"));
    char from[24], to[24];
    if (isnan(low))
        doc_cell(doc, "-");
    else
        doc_cell(doc, "%s - %s", percent_text(low, from, sizeof from), percent_text(high, to, sizeof to));
}

static void add_effect_cells(const struct plot_data *d, size_t r, int forest, struct document *doc)
{
    const struct table *t = &d->effects;
    const char *kind = table_cell(t, r, "kind"), *axis = table_cell(t, r, "axis");
    static const char *const exact[] = {"share", "share_omega", "share_by_chance"};
    char percent[24];
    doc_cell_begin(doc);
    if (!strcmp(kind, "pair")) {
        add_long_side(axis, doc);
        doc_text(doc, " × ");
        add_long_side(table_cell(t, r, "other"), doc);
    } else {
        doc_text(doc, "%s", axis);
    }
    for (size_t i = 0; i < sizeof exact / sizeof *exact; i++) {
        double x = table_number(t, r, table_column(t, exact[i]));
        if (forest && i == 1)
            add_share_interval(t, r, doc);
        else
            doc_cell(doc, "%s", isnan(x) ? "-" : percent_text(x, percent, sizeof percent));
    }
    doc_cell_begin(doc);
    if (!strcmp(kind, "axis"))
        add_value_means(d, axis, doc);
}

static int add_effects(const struct report_source *source, struct document *doc, struct err *e)
{
    const struct plot_data *d = &source->data;
    const struct table *t = &d->effects;
    int share = table_column(t, "share"), forest = 0;
    (void)e;
    for (size_t r = 0; r < t->rows; r++)
        forest |= !strcmp(table_cell(t, r, "basis"), "forest");
    if (!d->v.naxes)
        return 0;
    doc_heading(doc, 2, "Effects");
    if (forest)
        doc_paragraph(doc,
                      "Share of the variance of %s over the whole space, as a random forest sees it, with its 95 %% "
                      "interval, and as chance alone would show it; means of each value.",
                      d->v.metric);
    else
        doc_paragraph(
            doc,
            "Share of the variance of %s over all trials, without what noise puts into it (omega squared), and as "
            "chance alone would show it; means of each value over the same settings of the other axes.",
            d->v.metric);
    doc_table(doc, (const char *const[]){"", "share", forest ? "95 %" : "less noise", "by chance", "means"}, 5);
    for (size_t r = 0; r < t->rows; r++) {
        const char *kind = table_cell(t, r, "kind");
        double x = table_number(t, r, share);
        int small = !strcmp(kind, "pair") && !(x >= 0.01); /* dozens of them in a large grid */
        if (strcmp(kind, "value") && strcmp(kind, "note") && !small)
            add_effect_cells(d, r, forest, doc);
    }
    for (size_t r = 0; r < t->rows; r++)
        if (!strcmp(table_cell(t, r, "kind"), "note"))
            doc_paragraph(doc, "Note: %s.", table_cell(t, r, "value"));
    return 0;
}

const struct report_section section_effects = {
    {"effects", "what each axis does: shares of the variance, means of its values"}, 1, add_effects};
