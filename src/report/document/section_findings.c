/* section_findings.c - what the sweep has found, a sentence each. */
#include "report/document/sections.h"
#include "report/stats/selection.h"

#include <math.h>
#include <string.h>

static void add_percent(struct document *doc, double share)
{
    char text[24];
    doc_text(doc, "%s", percent_text(share, text, sizeof text));
}

/* "Point 12 (k=16) is the best of 81: val_accuracy 98.54 % (...); 4 others cannot be told from it." */
static void find_best(const struct report_source *source, struct document *doc)
{
    const struct plot_data *d = &source->data;
    const struct trials_view *v = &d->v;
    size_t p = v->order[0], ranked = 0, tied = 0, unknown = 0;
    struct str who = {0};
    struct stats m = column_stats(source, p, v->metric);
    for (size_t i = 0; i < v->npoints; i++) {
        ranked += !isnan(v->mean[i]);
        tied += i != p && source->diff[i].tied == TIE_YES;
        unknown += source->diff[i].tied == TIE_UNKNOWN;
    }
    view_point_text(v, p, 1, &who);
    doc->failed |= who.failed;
    doc_paragraph_begin(doc);
    doc_text(doc, "Point %s", point_fact(d, p, "point"));
    if (v->naxes)
        doc_text(doc, " (%s)", who.p);
    doc_text(doc, " is the best of %zu: %s ", ranked, v->metric);
    str_release(&who);
    add_interval(doc, d, v->metric, &m);
    if (unknown)
        doc_text(doc, "; without repeats that differ it is not known which others are as good.");
    else
        doc_text(doc, "; %zu other%s cannot be told from it.", tied, tied == 1 ? "" : "s");
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
    } else {
        doc_text(doc, "No axis by itself makes more of a difference than chance would.");
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
    find_effects(source, doc);
    find_pruning(source, doc);
    return find_selection(source, doc) ? err_set(e, ERR_NOMEM, "no memory for the findings") : 0;
}

const struct report_section section_findings = {
    {"findings", "what the sweep has found, a sentence each: the best point, what matters, how far choosing flatters"},
    1,
    add_findings};
