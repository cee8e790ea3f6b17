/* markdown.c - writes the summary of a sweep as Markdown, section by section. */
#include "report/document/markdown.h"
#include "base/file.h"
#include "report/stats/compare.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TOP 10     /* rows of the ranking */
#define EPOCHS 200 /* rows of the accuracy log */

/* Points are named by their bare number: GitHub takes #12 for an issue. */

/* Writes a mean with its interval: "98.95 % (95 % interval 98.67 % to 99.24 %, 3 repeats)" */
static void put_interval(struct str *s, const struct plot_data *d, const char *metric, const struct stats *m)
{
    md_value(s, d, metric, m->mean);
    if (m->n < 2)
        return;
    str_add(s, " (95 % interval ");
    md_value(s, d, metric, m->low);
    str_add(s, " to ");
    md_value(s, d, metric, m->high);
    str_addf(s, ", %zu repeats)", m->n);
}

static struct stats column_stats(const struct plot_data *d, size_t p, const char *column, double *buf)
{
    struct t_cache cache = {0};
    int col = table_column(&d->trials, column);
    if (col < 0)
        return stats_of(buf, 0, &cache);
    return view_stats(&d->v, p, col, buf, &cache);
}

static const char *put_fact(const struct plot_data *d, size_t p, const char *column)
{
    const char *text = table_cell(&d->trials, d->v.first[p], column);
    return *text ? text : "-";
}

static int has_best(const struct plot_data *d)
{
    return d->v.npoints && !isnan(d->v.mean[d->v.order[0]]);
}

/* ---- sections --------------------------------------------------------------------------------------------------- */

static void put_title(const struct plot_data *d, struct str *s)
{
    static const char *const part[][2] = {
        {"train", "training"}, {"validation", "validation"}, {"test", "test samples"}, {"classes", "classes"}};
    const char *sep = "";
    str_add(s, "# ");
    md_text(s, d->name);
    str_add(s, "\n\n");
    if (*plot_about(d, "dataset")) {
        str_add(s, "Dataset ");
        md_text(s, plot_about(d, "dataset"));
        sep = ": ";
    }
    for (size_t i = 0; i < sizeof part / sizeof *part; i++) {
        if (!*plot_about(d, part[i][0]))
            continue;
        str_add(s, sep);
        md_text(s, plot_about(d, part[i][0]));
        str_addf(s, " %s", part[i][1]);
        sep = ", ";
    }
    str_addf(s, "%sobjective: ", *sep ? "; " : "");
    md_text(s, d->objective);
    str_add(s, ".\n\n");
    const char *warning = report_objective_warning(d->objective);
    if (warning)
        str_addf(s, "**Warning:** %s.\n\n", warning);
}

static void put_metric_rows(const struct plot_data *d, size_t p, double *buf, struct str *s)
{
    const struct report_metric *best = table_main_metric(&d->trials, d->v.metric);
    char also[3][48];
    snprintf(also[0], sizeof *also, "val_%s", best ? best->name : "");
    snprintf(also[1], sizeof *also, "test_%s", best ? best->name : "");
    snprintf(also[2], sizeof *also, "test_loss");
    struct stats m = column_stats(d, p, d->v.metric, buf);
    str_add(s, "| ");
    md_text(s, d->v.metric);
    str_add(s, " (objective) | ");
    put_interval(s, d, d->v.metric, &m);
    str_add(s, " |\n");
    for (size_t i = 0; i < sizeof also / sizeof *also; i++) {
        m = column_stats(d, p, also[i], buf);
        if (!m.n || !strcmp(also[i], d->v.metric))
            continue;
        str_addf(s, "| %s | ", also[i]);
        put_interval(s, d, also[i], &m);
        str_add(s, " |\n");
    }
}

static void put_counts(const struct plot_data *d, struct str *s)
{
    static const char *const status[] = {"complete", "pruned", "failed", "skipped"};
    const char *planned = plot_about(d, "trials");
    str_add(s, "| trials | ");
    for (size_t i = 0; i < sizeof status / sizeof *status; i++) {
        size_t n = md_count(d, status[i]);
        if (n || i != 1)
            str_addf(s, "%s%zu %s", i ? ", " : "", n, status[i]);
    }
    if (*planned) {
        str_add(s, ", of ");
        md_text(s, planned);
        str_add(s, " planned");
    }
    str_addf(s, " |\n| points | %zu", d->v.npoints);
    planned = plot_about(d, "points");
    double x;
    if (!str_to_double(planned, &x) && x > (double)d->v.npoints) {
        str_add(s, " so far, of ");
        md_text(s, planned);
        str_add(s, " planned");
    }
    str_add(s, " |\n");
}

static void put_ties(const struct plot_data *d, const struct difference *diff, struct str *s)
{
    size_t n = 0, unknown = 0;
    for (size_t i = 0; i < d->v.npoints; i++) {
        n += diff[i].tied == TIE_YES;
        unknown += diff[i].tied == TIE_UNKNOWN;
    }
    str_add(s, "| points tied with the best | ");
    if (unknown)
        str_addf(s, "%s%zu not known: it takes repeats that differ |\n", n > 1 ? "equal to it, others " : "", unknown);
    else
        str_addf(s, "%zu |\n", n - 1);
}

static void put_summary(const struct plot_data *d, double *buf, const struct difference *diff, struct str *s)
{
    size_t p;
    str_add(s, "## Summary\n\n| | |\n| --- | --- |\n");
    if (has_best(d)) {
        p = d->v.order[0];
        str_add(s, "| best point | ");
        md_text(s, put_fact(d, p, "point"));
        str_add(s, " |\n");
        for (size_t i = 0; i < d->v.naxes; i++) {
            const char *text = view_cell(&d->v, d->v.first[p], d->v.axis[i].col);
            str_add(s, "| ");
            md_text(s, d->v.axis[i].name);
            str_add(s, " | ");
            md_text(s, *text ? text : "-");
            str_add(s, " |\n");
        }
        put_metric_rows(d, p, buf, s);
        if (d->v.npoints > 1)
            put_ties(d, diff, s);
    }
    put_counts(d, s);
    str_add(s, "\n");
}

/* Writes the word for a head that the tables use, and what it means. */
static void put_head(const char *head, struct str *s)
{
    static const struct {
        const char *word, *text;
    } heads[] = {{"gap", "global average pooling"}, {"gap+fc", "global average pooling, then fully connected"},
                 {"gmp", "global max pooling"},     {"gmp+fc", "global max pooling, then fully connected"},
                 {"fc", "fully connected"},         {"conv", "the last convolution"}};
    md_text(s, head);
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
        if (!strcmp(head, heads[i].word))
            str_addf(s, ": %s", heads[i].text);
}

/* Answers for the best point what the exercise asks of a network. */
static void put_network(const struct plot_data *d, double *buf, struct str *s)
{
    size_t p = d->v.order[0];
    const struct report_metric *best = table_main_metric(&d->trials, d->v.metric);
    const char *name = best ? best->name : "loss";
    char column[48];
    snprintf(column, sizeof column, "test_%s", name);
    struct stats test = column_stats(d, p, column, buf), epochs = column_stats(d, p, "epochs_run", buf);
    str_add(s, "## The network\n\n| | |\n| --- | --- |\n| total parameters | ");
    md_text(s, put_fact(d, p, "params"));
    str_add(s, " |\n| BatchNorm used | ");
    md_text(s, put_fact(d, p, "uses_batchnorm"));
    str_add(s, " |\n| Dropout used | ");
    md_text(s, put_fact(d, p, "uses_dropout"));
    str_add(s, " |\n| head (GAP or fully connected) | ");
    put_head(put_fact(d, p, "head"), s);
    str_add(s, " |\n| receptive field | ");
    md_text(s, put_fact(d, p, "receptive_field"));
    str_add(s, " |\n| multiply-adds an image | ");
    md_text(s, put_fact(d, p, "macs"));
    if (!isnan(epochs.max))
        str_addf(s, " |\n| epochs | %.0f", epochs.max);
    str_addf(s, " |\n| test %s, mean | ", name);
    md_value(s, d, column, test.mean);
    if (test.n > 1) {
        str_addf(s, " |\n| test %s, worst repeat | ", name);
        md_value(s, d, column, best && !best->larger ? test.max : test.min);
    }
    str_add(s, " |\n\nReceptive field: input pixels along the longer side that one value of the last maps sees, before "
               "global pooling, flatten or dense. Means and intervals are over the repeats of the point; intervals "
               "(Student's t) end where the metric does.\n\n");
}

/* Writes a difference with its interval: "-1.25 % (-1.60 % to -0.90 %)" */
static void put_difference(struct str *s, const struct plot_data *d, const struct difference *x)
{
    md_value(s, d, d->v.metric, x->diff);
    if (isnan(x->low))
        return;
    str_add(s, " (");
    md_value(s, d, d->v.metric, x->low);
    str_add(s, " to ");
    md_value(s, d, d->v.metric, x->high);
    str_add(s, ")");
}

static void put_ranked(const struct plot_data *d, size_t p, const struct difference *diff, double *buf, struct str *s)
{
    static const char *const word[] = {[TIE_NO] = "no", [TIE_YES] = "yes", [TIE_UNKNOWN] = ""};
    struct stats m = column_stats(d, p, d->v.metric, buf);
    str_addf(s, "| %zu | ", (size_t)d->v.rank[p]);
    md_text(s, put_fact(d, p, "point"));
    str_add(s, " |");
    for (size_t k = 0; k < d->v.naxes; k++) {
        str_add(s, " ");
        md_text(s, view_cell(&d->v, d->v.first[p], d->v.axis[k].col));
        str_add(s, " |");
    }
    str_add(s, " ");
    md_text(s, put_fact(d, p, "params"));
    str_add(s, " | ");
    put_interval(s, d, d->v.metric, &m);
    str_add(s, " | ");
    put_difference(s, d, diff);
    str_addf(s, " | %s |\n", word[diff->tied]);
}

static void put_ranking(const struct plot_data *d, double *buf, const struct difference *diff, struct str *s)
{
    int unknown = 0;
    if (d->v.npoints < 2)
        return;
    size_t ranked = 0;
    while (ranked < d->v.npoints && !isnan(d->v.mean[d->v.order[ranked]]))
        ranked++;
    str_add(s, "## Ranking\n\n");
    if (ranked > TOP)
        str_addf(s, "The best %d of %zu points; all are in the table of points.\n\n", TOP, ranked);
    str_add(s, "| | point |");
    for (size_t i = 0; i < d->v.naxes; i++) {
        str_add(s, " ");
        md_text(s, d->v.axis[i].name);
        str_add(s, " |");
    }
    str_add(s, " params | ");
    md_text(s, d->v.metric);
    str_add(s, " | difference to the best | tied with the best |\n| --- | --- | --- | --- | --- | --- |");
    for (size_t i = 0; i < d->v.naxes; i++)
        str_add(s, " --- |");
    str_add(s, "\n");
    for (size_t i = 0; i < d->v.npoints && i < TOP && !isnan(d->v.mean[d->v.order[i]]); i++) {
        size_t p = d->v.order[i];
        put_ranked(d, p, &diff[p], buf, s);
        unknown |= diff[p].tied == TIE_UNKNOWN;
    }
    str_add(s, unknown ? "\nNo answer in the last column: without repeats that differ ties are not known.\n\n"
                       : "\nTied: the difference is not significant at 95 %, all points compared at once (Tukey's "
                         "studentized range, noise pooled over the points, repeats as blocks).\n\n");
}

/* ---- log of the epochs
 * ----------------------------------------------------------------------------------------------- */

enum { LR, TRAIN, VAL, TRAIN_LOSS, VAL_LOSS, LOGGED };

struct log_row {
    double sum[LOGGED];
    size_t n[LOGGED];
};

static void put_log_head(const char *name, struct str *s)
{
    str_addf(s,
             "## %c%s log of the best point\n\nMeans over its repeats.\n\n| epoch | lr | training %s | validation %s | "
             "training loss | validation loss |\n| --- | --- | --- | --- | --- | --- |\n",
             toupper((unsigned char)*name), name + 1, name, name);
}

static int put_log(const struct plot_data *d, struct str *s)
{
    const struct table *t = &d->epochs;
    const struct report_metric *shown = table_main_metric(t, d->v.metric);
    const char *name = shown ? shown->name : "loss";
    char logged[LOGGED][48] = {[LR] = "lr", [TRAIN_LOSS] = "train_loss", [VAL_LOSS] = "val_loss"};
    snprintf(logged[TRAIN], sizeof *logged, "train_%s", name);
    snprintf(logged[VAL], sizeof *logged, "val_%s", name);
    const char *best = put_fact(d, d->v.order[0], "point");
    int point = table_column(t, "point"), epoch = table_column(t, "epoch"), col[LOGGED];
    struct log_row *row = calloc(EPOCHS, sizeof *row);
    size_t last = 0, beyond = 0;
    if (!row)
        return -1;
    for (size_t m = 0; m < LOGGED; m++)
        col[m] = table_column(t, logged[m]);
    for (size_t r = 0; r < t->rows && point >= 0; r++) {
        double e = table_number(t, r, epoch), x;
        if (!(e >= 1) || strcmp(t->cell[r * t->cols + (size_t)point], best))
            continue;
        beyond += e > EPOCHS;
        for (size_t m = 0; e <= EPOCHS && m < LOGGED; m++)
            if (!isnan(x = table_number(t, r, col[m]))) {
                row[(size_t)e - 1].sum[m] += x;
                row[(size_t)e - 1].n[m]++;
                last = (size_t)e > last ? (size_t)e : last;
            }
    }
    if (last)
        put_log_head(name, s);
    for (size_t e = 0; e < last; e++) {
        str_addf(s, "| %zu |", e + 1);
        for (size_t m = 0; m < LOGGED; m++) {
            str_add(s, " ");
            md_value(s, d, logged[m], row[e].n[m] ? row[e].sum[m] / (double)row[e].n[m] : NAN);
            str_add(s, " |");
        }
        str_add(s, "\n");
    }
    if (last)
        str_add(s, beyond ? "\nThe epochs after these are in the table of epochs.\n\n" : "\n");
    free(row);
    return 0;
}

/* ---- pictures --------------------------------------------------------------------------------------------------- */

/* Links the pictures that are there, relative to the folder that holds plots/ and results/. */
static void put_pictures(const struct plot_data *d, const char *out, struct str *s)
{
    int any = 0, here = !out || !*out || !strcmp(out, ".");
    for (size_t i = 0; report_plot_type(i); i++) {
        const struct plot_type *p = report_plot_type(i);
        char path[4400];
        snprintf(path, sizeof path, "%s%splots/%s/%s.png", here ? "" : out, here ? "" : "/", d->name, p->name);
        if (!file_exists(path))
            continue;
        str_add(s, any ? "" : "## Pictures\n\n");
        any = 1;
        str_addf(s, "![%s](plots/%s/%s.png)\n\n", p->help, d->name, p->name);
    }
}

static int put_report(struct plot_data *d, const char *out, int pictures, struct str *s, struct err *e)
{
    double *buf = arena_take(&d->mem, (d->trials.rows + 1) * sizeof *buf);
    struct difference *diff = arena_take(&d->mem, (d->v.npoints + 1) * sizeof *diff);
    char *done = arena_take(&d->mem, d->trials.rows + 1);
    struct range_cache cache = {0};
    if (!buf || !diff || !done || compare_with_best(&d->v, diff, &cache, &d->mem))
        return -1;
    put_title(d, s);
    put_summary(d, buf, diff, s);
    if (has_best(d)) {
        put_network(d, buf, s);
        md_requirements(d, s);
        if (md_training(d, out, put_fact(d, d->v.order[0], "point"), s, e))
            return -1;
        md_effects(d, s);
        put_ranking(d, buf, diff, s);
        if (put_log(d, s))
            return -1;
    }
    md_unfinished(d, "failed", "Failed trials", done, s);
    md_unfinished(d, "skipped", "Skipped points", done, s);
    if (pictures)
        put_pictures(d, out, s);
    return s->failed ? -1 : 0;
}

int report_markdown(const char *out, const char *name, int pictures, struct str *text, struct err *e)
{
    struct plot_data d;
    int bad = plot_data_init(&d, out, name, e) || report_refuse_bench(&d.trials, name, e);
    if (!bad && put_report(&d, out, pictures, text, e))
        bad = e->code ? -1 : err_set(e, ERR_NOMEM, "no memory for the report of %s", name);
    plot_data_release(&d);
    return bad ? -1 : 0;
}
