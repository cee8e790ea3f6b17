/* section_findings.c - what the sweep has found, a sentence each. */
#include "report/document/sections.h"
#include "report/stats/selection.h"
#include "report/stats/view_fronts.h"

#include <math.h>
#include <string.h>

static void add_percent(struct document *doc, double share)
{
    char text[24];
    doc_text(doc, "%s", percent_text(share, text, sizeof text));
}

/* "Point 12 (k=16)" */
static void add_point_name(const struct plot_data *d, size_t p, struct document *doc)
{
    struct str who = {0};
    view_point_text(&d->v, p, 1, &who);
    doc->failed |= who.failed;
    doc_text(doc, "Point %s", point_fact(d, p, "point"));
    if (d->v.naxes)
        doc_text(doc, " (%s)", who.p);
    str_release(&who);
}

/* "Point 12 (k=16) is the best of 81: val_accuracy 98.54 % (...); 4 others cannot be told from it." */
static void find_best(const struct report_source *source, struct document *doc)
{
    const struct plot_data *d = &source->data;
    const struct trials_view *v = &d->v;
    size_t p = v->order[0], ranked = 0, tied = 0, unknown = 0;
    struct stats m = column_stats(source, p, v->metric);
    for (size_t i = 0; i < v->npoints; i++) {
        ranked += !isnan(v->mean[i]);
        tied += i != p && source->diff[i].tied == TIE_YES;
        unknown += source->diff[i].tied == TIE_UNKNOWN;
    }
    doc_paragraph_begin(doc);
    add_point_name(d, p, doc);
    doc_text(doc, " is the best of %zu%s: %s ", ranked, v->front ? " by the first objective" : "", v->metric);
    add_interval(doc, d, v->metric, &m);
    if (unknown)
        doc_text(doc, "; without repeats that differ it is not known which others are as good.");
    else
        doc_text(doc, "; %zu other%s cannot be told from it.", tied, tied == 1 ? "" : "s");
}

/* ---- of several objectives --------------------------------------------------------------------------------------- */

/* How much worse the mean of a point is than another one's, in the unit of the objective; 0 or less: it is no worse. */
static double worse_by(const struct view_goal *g, size_t p, size_t than)
{
    return (g->maximise ? -1 : 1) * (g->mean[p] - g->mean[than]);
}

/* "0.40 % of val_accuracy and 1200 of params", what a point gives up of the best values; "nothing". */
static void add_price(const struct plot_data *d, size_t p, const size_t *best, struct document *doc)
{
    const char *gap = "";
    for (size_t k = 0; k < d->v.goals; k++) {
        const struct view_goal *g = &d->v.goal[k];
        if (!(worse_by(g, p, best[k]) > 0))
            continue;
        doc_text(doc, "%s", gap);
        add_value(doc, d, g->metric, worse_by(g, p, best[k]));
        doc_text(doc, " of %s", g->metric);
        gap = " and ";
    }
    if (!*gap)
        doc_text(doc, "nothing");
}

/* The point of the front whose largest loss beside the best values, in parts of the front's range, is the least; of
 * equal ones the first in the ranking. */
static size_t balanced_point(const struct trials_view *v, size_t n, const size_t *best)
{
    size_t balanced = 0;
    double least = INFINITY;
    for (size_t i = 0; i < n; i++) {
        double most = 0;
        for (size_t k = 0; k < v->goals; k++) {
            double range = 0;
            for (size_t j = 0; j < n; j++)
                range = fmax(range, worse_by(&v->goal[k], v->order[j], best[k]));
            most = fmax(most, range > 0 ? worse_by(&v->goal[k], v->order[i], best[k]) / range : 0);
        }
        balanced = most < least ? i : balanced;
        least = fmin(least, most);
    }
    return v->order[balanced];
}

/* "Point 3 (k=4) is the best by params: 2000, which costs 1.40 % of val_accuracy." */
static void find_best_by(const struct plot_data *d, size_t k, const size_t *best, struct document *doc)
{
    const struct view_goal *g = &d->v.goal[k];
    doc_paragraph_begin(doc);
    add_point_name(d, best[k], doc);
    doc_text(doc, " is the best by %s: ", g->metric);
    add_value(doc, d, g->metric, g->mean[best[k]]);
    doc_text(doc, ". It costs ");
    add_price(d, best[k], best, doc);
    doc_text(doc, ".");
}

/* "5 of 40 points are on the Pareto front, ...; it covers 85 % of the box ...": volume is that of all points. */
static void find_extent(const struct plot_data *d, size_t n, double volume, struct document *doc)
{
    const struct trials_view *v = &d->v;
    double best[PARETO_VALUES], reference[PARETO_VALUES];
    size_t ranked = 0;
    front_ends(v, best, reference);
    for (size_t i = 0; i < v->npoints; i++)
        ranked += v->front[i] != 0;
    doc_paragraph(doc,
                  "%zu of %zu points %s on the Pareto front, where no other is better by all objectives; it covers ", n,
                  ranked, n == 1 ? "is" : "are");
    add_percent(doc, volume);
    doc_text(doc, " of the box from its best values to the reference point");
    for (size_t k = 0; k < v->goals; k++) {
        doc_text(doc, "%s%s ", k ? ", " : " (", v->goal[k].metric);
        add_value(doc, d, v->goal[k].metric, reference[k]);
    }
    doc_text(doc, ").");
}

/* The point of the front that is the most balanced, where it is none of the best by one objective. */
static void find_balanced(const struct plot_data *d, size_t n, const size_t *best, struct document *doc)
{
    const size_t p = balanced_point(&d->v, n, best);
    for (size_t k = 0; k < d->v.goals; k++)
        if (p == best[k])
            return;
    doc_paragraph_begin(doc);
    add_point_name(d, p, doc);
    doc_text(doc, " is the most balanced of the front: beside the best values it gives up ");
    add_price(d, p, best, doc);
    doc_text(doc, ".");
}

/* How many points the front has, how much it covers, and what its points give up for what. */
static int find_front(const struct report_source *source, struct document *doc)
{
    const struct plot_data *d = &source->data;
    const struct trials_view *v = &d->v;
    double *volume = arena_take(&doc->mem, (v->npoints + 1) * sizeof *volume);
    size_t n = 0, best[PARETO_VALUES];
    if (!volume || front_volumes(v, volume))
        return -1;
    while (n < v->npoints && v->front[v->order[n]] == 1)
        n++;
    if (!n)
        return 0;
    find_extent(d, n, volume[v->npoints - 1], doc);
    for (size_t k = 0; k < v->goals; k++) {
        best[k] = v->order[0];
        for (size_t i = 1; i < n; i++)
            if (worse_by(&v->goal[k], best[k], v->order[i]) > 0)
                best[k] = v->order[i];
    }
    for (size_t k = 1; k < v->goals; k++)
        find_best_by(d, k, best, doc);
    find_balanced(d, n, best, doc);
    return 0;
}

/* The row of the kind with the largest share; rows: there is none. */
static size_t largest_share(const struct table *t, const char *kind)
{
    const int share = table_column(t, "share");
    size_t best = t->rows;
    for (size_t r = 0; r < t->rows; r++) {
        double x = table_number(t, r, share);
        if (!strcmp(table_cell(t, r, "kind"), kind) && !isnan(x) &&
            (best == t->rows || x > table_number(t, best, share)))
            best = r;
    }
    return best;
}

/* Whether a share is more than chance makes: the interval of a forest's lies above it; an exact one has something left
 * without noise, or, where the noise is not known, is larger. */
static int beyond_chance(const struct table *t, size_t r)
{
    double chance = table_number(t, r, table_column(t, "share_by_chance"));
    double omega = table_number(t, r, table_column(t, "share_omega")),
           share = table_number(t, r, table_column(t, "share"));
    if (!strcmp(table_cell(t, r, "basis"), "forest"))
        return table_number(t, r, table_column(t, "ci95_low")) > chance;
    return isnan(omega) ? share > chance : omega > 0;
}

/* "63 % of the variance (95 % interval 50 % to 71 %; 12 % by chance)" */
static void add_share_text(struct document *doc, const struct table *t, size_t r)
{
    double low = table_number(t, r, table_column(t, "ci95_low")),
           chance = table_number(t, r, table_column(t, "share_by_chance"));
    add_percent(doc, table_number(t, r, table_column(t, "share")));
    doc_text(doc, " of the variance");
    if (isnan(low) && isnan(chance))
        return;
    doc_text(doc, " (");
    if (!isnan(low)) {
        doc_text(doc, "95 %% interval ");
        add_percent(doc, low);
        doc_text(doc, " to ");
        add_percent(doc, table_number(t, r, table_column(t, "ci95_high")));
    }
    if (!isnan(chance)) {
        doc_text(doc, "%s", isnan(low) ? "" : "; ");
        add_percent(doc, chance);
        doc_text(doc, " by chance");
    }
    doc_text(doc, ")");
}

static void find_effects(const struct report_source *source, struct document *doc)
{
    const struct table *t = &source->data.effects;
    size_t axis = largest_share(t, "axis"), pair = largest_share(t, "pair"), noise = largest_share(t, "noise");
    if (axis == t->rows)
        return;
    doc_paragraph_begin(doc);
    if (beyond_chance(t, axis)) {
        doc_text(doc, "%s makes most of the difference: ", table_cell(t, axis, "axis"));
        add_share_text(doc, t, axis);
        doc_text(doc, ".");
    } else if (!(table_number(t, axis, table_column(t, "share")) > 0)) {
        doc_text(doc, "No axis by itself makes any difference.");
    } else {
        doc_text(doc,
                 "Of no axis by itself can it be told that it makes more of a difference than chance would; %s comes "
                 "first: ",
                 table_cell(t, axis, "axis"));
        add_share_text(doc, t, axis);
        doc_text(doc, ".");
    }
    if (pair < t->rows && table_number(t, pair, table_column(t, "share")) >= 0.05 && beyond_chance(t, pair)) {
        doc_text(doc, " %s and %s together add ", table_cell(t, pair, "axis"), table_cell(t, pair, "other"));
        add_share_text(doc, t, pair);
        doc_text(doc, ".");
    }
    if (noise < t->rows) {
        doc_text(doc, " Seed noise is ");
        add_percent(doc, table_number(t, noise, table_column(t, "share")));
        doc_text(doc, " of it.");
    }
}

/* Adds what is lost, or that nothing is. */
static void add_loss(struct document *doc, const struct plot_data *d, double loses)
{
    if (loses > 0)
        add_value(doc, d, d->v.metric, loses);
    else
        doc_text(doc, "nothing");
}

static int find_selection(const struct report_source *source, struct document *doc)
{
    const struct plot_data *d = &source->data;
    struct selection s;
    if (selection_of(&d->v, &s, &doc->mem))
        return -1;
    if (s.repeats) {
        doc_paragraph(doc, "Chosen by all repeats but one, in turn, the best point has %s ", d->v.metric);
        add_value(doc, d, d->v.metric, s.shown);
        doc_text(doc, " in those that choose it and ");
        add_value(doc, d, d->v.metric, s.fresh);
        doc_text(doc, " in the one that does not: choosing flatters it by ");
        add_loss(doc, d, (d->v.maximise ? 1 : -1) * (s.shown - s.fresh));
        doc_text(doc, ".");
    }
    if (s.further && !strcmp(plot_about(d, "prune"), "race")) {
        doc_paragraph(doc, "By the first %zu repeats, which all points have, point %s is the best with %s ", s.common,
                      point_fact(d, s.first_best, "point"), d->v.metric);
        add_value(doc, d, d->v.metric, s.first);
        doc_text(doc, "; in %zu further one%s, which did not choose it, it has ", s.further, s.further == 1 ? "" : "s");
        add_value(doc, d, d->v.metric, s.later);
        doc_text(doc, ": choosing flatters it by ");
        add_loss(doc, d, (d->v.maximise ? 1 : -1) * (s.first - s.later));
        doc_text(doc, ".");
    }
    if (s.front) {
        doc_paragraph(doc, "Of the points that all repeats but one put on the Pareto front, ");
        add_percent(doc, (double)s.holds / (double)s.front);
        doc_text(doc, " are on that of the repeat left out.");
    }
    if (s.tested > 1 && (s.best_loses != 0 || s.all_lose != 0)) {
        doc_paragraph(doc, "From validation to test the best point loses ");
        add_loss(doc, d, s.best_loses);
        doc_text(doc, ", all %zu points ", s.tested);
        add_loss(doc, d, s.all_lose);
        doc_text(doc, " on average: ");
        add_loss(doc, d, s.best_loses - s.all_lose);
        doc_text(doc, " comes from having chosen it.");
    }
    return 0;
}

static void find_pruning(const struct report_source *source, struct document *doc)
{
    const struct plot_data *d = &source->data;
    size_t pruned = count_trials(d, "pruned"), n = 0;
    const int status = table_column(&d->trials, "status"), epochs = table_column(&d->trials, "epochs_run");
    double sum = 0;
    if (!pruned)
        return;
    for (size_t r = 0; r < d->trials.rows; r++)
        if (!strcmp(view_cell(&d->v, r, status), "pruned")) {
            sum += table_number(&d->trials, r, epochs);
            n++;
        }
    doc_paragraph(doc, "%zu of %zu trials were %s by %s", pruned, pruned + count_trials(d, "complete"),
                  sum > 0 ? "given up" : "left out", plot_about(d, "prune"));
    if (sum > 0)
        doc_text(doc, ", after %.1f epochs on average.", sum / (double)n);
    else
        doc_text(doc, ": by the repeats before, their points are not the best.");
}

static int add_findings(const struct report_source *source, struct document *doc, struct err *e)
{
    if (source->data.v.npoints < 2)
        return 0;
    doc_heading(doc, 2, "Findings");
    find_best(source, doc);
    if (source->data.v.front && find_front(source, doc))
        return err_set(e, ERR_NOMEM, "no memory for the findings");
    find_effects(source, doc);
    find_pruning(source, doc);
    return find_selection(source, doc) ? err_set(e, ERR_NOMEM, "no memory for the findings") : 0;
}

const struct report_section section_findings = {
    {"findings", "what the sweep has found, a sentence each: the best point, what matters, how far choosing flatters"},
    1,
    add_findings};
