/* section_values.c - values, intervals and facts of points, as several sections of a report write them. */
#include "report/document/sections.h"

#include <math.h>
#include <string.h>

void add_value(struct document *doc, const struct plot_data *d, const char *column, double x)
{
    char label[96];
    double unit = metric_label(&d->trials, column, label, sizeof label);
    if (isnan(x))
        doc_text(doc, "-");
    else if (unit > 1)
        doc_text(doc, "%.2f %%", unit * x);
    else
        doc_text(doc, "%.4g", x);
}

void add_interval(struct document *doc, const struct plot_data *d, const char *metric, const struct stats *m)
{
    add_value(doc, d, metric, m->mean);
    if (m->n < 2)
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
