/* section_summary.c - the best point, and how many trials and points there are. */
#include "report/document/sections.h"

#include <stdio.h>
#include <string.h>

static int is_objective(const struct trials_view *v, const char *column)
{
    size_t k = 0;
    while (k < v->goals && strcmp(v->goal[k].metric, column))
        k++;
    return k < v->goals;
}

static void add_metric_rows(const struct report_source *source, size_t p, struct document *doc)
{
    const struct plot_data *d = &source->data;
    const struct report_metric *best = table_main_metric(&d->trials, d->v.metric);
    char also[3][48];
    snprintf(also[0], sizeof *also, "val_%s", best ? best->name : "");
    snprintf(also[1], sizeof *also, "test_%s", best ? best->name : "");
    snprintf(also[2], sizeof *also, "test_loss");
    struct stats m = column_stats(source, p, d->v.metric);
    doc_cell(doc, "%s (objective)", d->v.metric);
    doc_cell_begin(doc);
    add_interval(doc, d, d->v.metric, &m);
    for (size_t k = 1; k < d->v.goals; k++) {
        m = column_stats(source, p, d->v.goal[k].metric);
        doc_cell(doc, "%s (objective)", d->v.goal[k].metric);
        doc_cell_begin(doc);
        add_interval(doc, d, d->v.goal[k].metric, &m);
    }
    for (size_t i = 0; i < sizeof also / sizeof *also; i++) {
        m = column_stats(source, p, also[i]);
        if (!m.n || is_objective(&d->v, also[i]))
            continue;
        doc_cell(doc, "%s", also[i]);
        doc_cell_begin(doc);
        add_interval(doc, d, also[i], &m);
    }
}

static void add_ties(const struct report_source *source, struct document *doc)
{
    size_t n = 0, unknown = 0;
    for (size_t i = 0; i < source->data.v.npoints; i++) {
        n += source->diff[i].tied == TIE_YES;
        unknown += source->diff[i].tied == TIE_UNKNOWN;
    }
    doc_cell(doc, "points tied with the best");
    if (unknown)
        doc_cell(doc, "%s%zu not known: it takes repeats that differ", n > 1 ? "equal to it, others " : "", unknown);
    else
        doc_cell(doc, "%zu", n - 1);
}

static void add_best(const struct report_source *source, struct document *doc)
{
    const struct trials_view *v = &source->data.v;
    size_t p = v->order[0];
    doc_cell(doc, v->goals > 1 ? "best point by %s" : "best point", v->metric);
    doc_cell(doc, "%s", point_fact(&source->data, p, "point"));
    for (size_t i = 0; i < v->naxes; i++) {
        const char *text = view_cell(v, v->first[p], v->axis[i].col);
        doc_cell(doc, "%s", v->axis[i].name);
        doc_cell(doc, "%s", *text ? text : "-");
    }
    add_metric_rows(source, p, doc);
    if (v->npoints > 1)
        add_ties(source, doc);
    if (v->front) {
        size_t n = 0;
        for (size_t i = 0; i < v->npoints; i++)
            n += v->front[i] == 1;
        doc_cell(doc, "points on the Pareto front");
        doc_cell(doc, "%zu", n);
    }
}

static void add_counts(const struct plot_data *d, struct document *doc)
{
    static const char *const status[] = {"complete", "pruned", "failed", "skipped"};
    const char *planned = plot_about(d, "trials");
    double x;
    doc_cell(doc, "trials");
    doc_cell_begin(doc);
    for (size_t i = 0; i < sizeof status / sizeof *status; i++) {
        size_t n = count_trials(d, status[i]);
        if (n || i != 1)
            doc_text(doc, "%s%zu %s", i ? ", " : "", n, status[i]);
    }
    if (*planned)
        doc_text(doc, ", of %s planned", planned);
    doc_cell(doc, "points");
    doc_cell(doc, "%zu", d->v.npoints);
    planned = plot_about(d, "points");
    if (!str_to_double(planned, &x) && x > (double)d->v.npoints)
        doc_text(doc, " so far, of %s planned", planned);
}

static int add_summary(const struct report_source *source, struct document *doc, struct err *e)
{
    (void)e;
    doc_heading(doc, 2, "Summary");
    doc_table(doc, (const char *const[]){"", ""}, 2);
    if (source->has_best)
        add_best(source, doc);
    add_counts(&source->data, doc);
    return 0;
}

const struct report_section section_summary = {
    {"summary", "the best point and its metrics, and how many trials there are"}, 0, add_summary};
