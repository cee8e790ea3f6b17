/* section_ranking.c - the best points, and how sure their differences to the best one are. */
#include "report/document/sections.h"

#include <math.h>
#include <string.h>

#define TOP 10 /* rows */

/* Adds a difference with its interval: "-1.25 % (-1.60 % to -0.90 %)" */
static void add_difference(const struct plot_data *d, const struct difference *x, struct document *doc)
{
    add_value(doc, d, d->v.metric, x->diff);
    if (isnan(x->low))
        return;
    doc_text(doc, " (");
    add_value(doc, d, d->v.metric, x->low);
    doc_text(doc, " to ");
    add_value(doc, d, d->v.metric, x->high);
    doc_text(doc, ")");
}

/* Says whether an objective has a column of its own: the number of parameters is there anyhow. */
static int is_other_column(const struct trials_view *v, size_t goal)
{
    return strcmp(v->goal[goal].metric, "params") != 0;
}

/* Points are named by their bare number: GitHub takes #12 for an issue. */
static void add_ranked_point(const struct report_source *source, size_t p, struct document *doc)
{
    static const char *const word[] = {[TIE_NO] = "no", [TIE_YES] = "yes", [TIE_UNKNOWN] = ""};
    const struct plot_data *d = &source->data;
    const struct difference *diff = &source->diff[p];
    struct stats m = column_stats(source, p, d->v.metric);
    doc_cell(doc, "%zu", (size_t)d->v.rank[p]);
    doc_cell(doc, "%s", point_fact(d, p, "point"));
    for (size_t k = 0; k < d->v.naxes; k++)
        doc_cell(doc, "%s", view_cell(&d->v, d->v.first[p], d->v.axis[k].col));
    doc_cell(doc, "%s", point_fact(d, p, "params"));
    doc_cell_begin(doc);
    add_interval(doc, d, d->v.metric, &m);
    for (size_t k = 1; k < d->v.goals; k++)
        if (is_other_column(&d->v, k)) {
            m = column_stats(source, p, d->v.goal[k].metric);
            doc_cell_begin(doc);
            add_interval(doc, d, d->v.goal[k].metric, &m);
        }
    if (d->v.front)
        doc_cell(doc, d->v.front[p] ? "%zu" : "-", (size_t)d->v.front[p]);
    doc_cell_begin(doc);
    add_difference(d, diff, doc);
    doc_cell(doc, "%s", word[diff->tied]);
}

static int add_ranking_head(const struct trials_view *v, struct document *doc)
{
    const char **head = arena_take(&doc->mem, (v->naxes + 7 + v->goals) * sizeof *head);
    size_t n = 0;
    if (!head)
        return -1;
    head[n++] = "";
    head[n++] = "point";
    for (size_t i = 0; i < v->naxes; i++)
        head[n++] = v->axis[i].name;
    head[n++] = "params";
    head[n++] = v->metric;
    for (size_t k = 1; k < v->goals; k++)
        if (is_other_column(v, k))
            head[n++] = v->goal[k].metric;
    if (v->front)
        head[n++] = "front";
    head[n++] = "difference to the best";
    head[n++] = "tied with the best";
    doc_table(doc, head, n);
    return 0;
}

static int add_ranking(const struct report_source *source, struct document *doc, struct err *e)
{
    const struct trials_view *v = &source->data.v;
    size_t ranked = 0;
    int unknown = 0;
    if (v->npoints < 2)
        return 0;
    while (ranked < v->npoints && !isnan(v->mean[v->order[ranked]]))
        ranked++;
    doc_heading(doc, 2, "Ranking");
    if (ranked > TOP)
        doc_paragraph(doc, "The best %d of %zu points; all are in the table of points.", TOP, ranked);
    if (v->front)
        doc_paragraph(doc, "Front after front, in each by %s, which the differences are of.", v->metric);
    if (add_ranking_head(v, doc))
        return err_set(e, ERR_NOMEM, "no memory for the ranking");
    for (size_t i = 0; i < ranked && i < TOP; i++) {
        add_ranked_point(source, v->order[i], doc);
        unknown |= source->diff[v->order[i]].tied == TIE_UNKNOWN;
    }
    doc_paragraph(doc, "%s",
                  unknown ? "No answer in the last column: without repeats that differ ties are not known."
                          : "Tied: the difference is not significant at 95 %, all points compared at once (Tukey's "
                            "studentized range, noise pooled over the points, repeats as blocks).");
    return 0;
}

const struct report_section section_ranking = {
    {"ranking", "the best points, each with its difference to the best one"}, 1, add_ranking};
