/* section_values.c - values, intervals and facts of points, as several sections of a report write them. */
#include "report/document/sections.h"

#include <math.h>
#include <string.h>

#define NAMED 8 /* trials in a cell */

/* Of a network, as its number of parameters. */
static int is_fact_column(const struct plot_data *d, const char *column)
{
    const int col = table_column(&d->trials, column);
    return col >= 0 && view_is_fact(&d->v, col);
}

void add_value(struct document *doc, const struct plot_data *d, const char *column, double x)
{
    char label[96];
    double unit = metric_label(&d->trials, column, label, sizeof label);
    if (isnan(x))
        doc_text(doc, "-");
    else if (unit > 1)
        doc_text(doc, "%.2f %%", unit * x);
    else if (x == floor(x) && fabs(x) < 1e15 && is_fact_column(d, column))
        doc_text(doc, "%.0f", x);
    else
        doc_text(doc, "%.4g", x);
}

void add_interval(struct document *doc, const struct plot_data *d, const char *metric, const struct stats *m)
{
    add_value(doc, d, metric, m->mean);
    if (m->n < 2 || is_fact_column(d, metric))
        return;
    doc_text(doc, " (95 %% interval ");
    add_value(doc, d, metric, m->low);
    doc_text(doc, " to ");
    add_value(doc, d, metric, m->high);
    doc_text(doc, ", %zu repeats)", m->n);
}

struct stats column_stats(const struct report_source *source, size_t p, const char *column)
{
    struct t_cache cache = {0};
    int col = table_column(&source->data.trials, column);
    if (col < 0)
        return stats_of(source->values, 0, &cache);
    return view_stats(&source->data.v, p, col, source->values, &cache);
}

const char *point_fact(const struct plot_data *d, size_t p, const char *column)
{
    const char *text = table_cell(&d->trials, d->v.first[p], column);
    return *text ? text : "-";
}

size_t count_trials(const struct plot_data *d, const char *status)
{
    size_t n = 0;
    int col = table_column(&d->trials, "status"), same_as = table_column(&d->trials, "same_as");
    for (size_t r = 0; r < d->trials.rows; r++)
        n += !strcmp(view_cell(&d->v, r, col), status) && !*view_cell(&d->v, r, same_as);
    return n;
}

/* Adds a trial with its point: "4 (point 2: k=16)". */
static void add_trial_name(const struct plot_data *d, size_t r, struct document *doc)
{
    struct str who = {0};
    view_point_text(&d->v, d->v.point[r], 0, &who);
    doc_text(doc, "%s (point %s", table_cell(&d->trials, r, "trial"), table_cell(&d->trials, r, "point"));
    if (d->v.naxes && who.p)
        doc_text(doc, ": %s", who.p);
    doc_text(doc, ")");
    doc->failed |= who.failed;
    str_release(&who);
}

static int trials_alike(const struct plot_data *d, const int *cols, size_t ncols, size_t a, size_t b)
{
    size_t i = 0;
    while (i < ncols && !strcmp(view_cell(&d->v, a, cols[i]), view_cell(&d->v, b, cols[i])))
        i++;
    return i == ncols;
}

size_t mark_alike(const struct plot_data *d, const int *cols, size_t ncols, size_t r, char *done)
{
    size_t n = 0;
    for (size_t k = r; k < d->trials.rows; k++)
        if (trials_alike(d, cols, ncols, r, k)) {
            done[k] = 1;
            n++;
        }
    return n;
}

void add_trials_alike(const struct plot_data *d, const int *cols, size_t ncols, size_t r, size_t n,
                      struct document *doc)
{
    size_t named = 0;
    doc_cell_begin(doc);
    for (size_t k = r; k < d->trials.rows && named < NAMED; k++) {
        if (!trials_alike(d, cols, ncols, r, k))
            continue;
        doc_text(doc, "%s", named++ ? ", " : "");
        add_trial_name(d, k, doc);
    }
    if (n > NAMED)
        doc_text(doc, ", and %zu more", n - NAMED);
}
