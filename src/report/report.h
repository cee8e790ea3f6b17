/* report.h - tables and pictures. Rows and columns, not networks: everything here is computed from the main table
 * and the files beside it, so that old results are redrawn without an engine. CSV by libcsv: RFC 4180, but lines end
 * with LF. */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* What is known of a metric that stands in columns train_NAME, val_NAME and test_NAME. */
struct report_metric {
    char name[32]; /* "accuracy" */
    int larger;    /* is better */
    double low, high;
    int percent; /* a share of the split's samples (columns train_samples, ...), shown in percent */
};
#define REPORT_METRICS 32
struct report_metrics {
    size_t n;
    struct report_metric row[REPORT_METRICS];
};

/* A table in memory: header and cells as text, "" for missing. Cells live in `mem`. */
struct table {
    const struct report_metrics *metrics; /* of its columns, borrowed; NULL: those of a classification */
    int drawn;                            /* of the main table: its points were drawn by a search; 0: they are a grid */
    size_t rows, cols, cap;
    const char **head; /* [cols] */
    const char **cell; /* [rows][cols]; NULL where they are made: */
    struct arena mem;

    /* Of a table whose facts are kept elsewhere: the text of a cell, made when it is asked for, in buf or where it
     * stays. Whoever has such a table sets rows, make and ctx after table_columns. */
    const char *(*make)(const void *ctx, size_t row, size_t col, char buf[STR_NUM]);
    /* Of a main table whose points were drawn, or NULL: the shares of an axis' distribution at which the row's value of
     * it begins and ends. 0; 1: the axis follows from another one; -1: not known, or the row does not have it. */
    int (*quantiles)(const void *ctx, size_t row, const char *axis, double *from, double *to);
    /* Of a table that is not to be held in memory: a row goes there and is counted, not kept. 0, or -1. */
    int (*pass)(void *ctx, const char *const *cell);
    void *ctx;
};
void table_init(struct table *t);
void table_release(struct table *t);
/* Header first; then rows. Texts are copied. 0 or -1 (no memory). */
int table_columns(struct table *t, const char *const *head, size_t cols);
int table_row(struct table *t, const char *const *cell);
/* Column number, or -1. */
int table_column(const struct table *t, const char *name);
/* Of a table that keeps its cells; "" when missing. */
const char *table_cell(const struct table *t, size_t row, const char *column);
/* Of any table; what is in buf lasts as long as that. "" for col < 0. */
const char *table_text(const struct table *t, size_t row, int col, char buf[STR_NUM]);
double table_number(const struct table *t, size_t row, int col); /* NaN when empty or not a number */
/* The metric that a column shows, or NULL; that with the name loss, or NULL; and the one that says most beside the
 * loss: that of the objective's column, or the first of which more is better, or any; NULL when there is none. */
const struct report_metric *table_metric(const struct table *t, const char *column);
const struct report_metric *table_loss(const struct table *t);
const struct report_metric *table_main_metric(const struct table *t, const char *objective);
/* "val_accuracy" -> "accuracy" and "validation"; of other columns the column and "". */
const char *report_metric_of(const char *column, const char **split);
/* Value of the row metric.NAME of NAME.about.csv: "larger 0 1 %". Returns buf. And all of them from that table, those
 * of a classification where it has none. */
char *report_metric_text(const struct report_metric *m, char *buf, size_t n);
void report_metrics_read(const struct table *about, struct report_metrics *out);
/* Texts that a spreadsheet would run (= + - @ in front, no number) are written with an apostrophe before them, which
 * table_read takes off: table/csv.h. Byte order mark, CRLF and blank lines are accepted.
 * Whole file at once, strict (an open quote, a ragged row, a NUL are errors naming file and line), published
 * atomically. */
int table_read(struct table *t, const char *path, struct err *e);
int table_write(const struct table *t, const char *path, int sync, struct err *e);

/* Streaming writer of the same format, for tables that should not be held in memory: begin, rows, commit (or abort). */
struct csv_out;
struct csv_out *csv_begin(const char *path, const char *const *head, size_t cols, struct err *e);
int csv_row(struct csv_out *c, const char *const *cell);    /* NULL: an empty cell */
int csv_commit(struct csv_out *c, int sync, struct err *e); /* frees c either way; -1 with *e also when a row failed */
void csv_abort(struct csv_out *c);
/* The same onto a stream that is open: csv_end frees c and leaves the stream; -1 when a row failed. */
struct csv_out *csv_stream(FILE *f, const char *const *head, size_t cols, struct err *e);
int csv_end(struct csv_out *c);

/* Where the files of a sweep are: results/NAME.csv and plots/NAME/ below `out` ("" or "." for here). */
char *report_path(char *buf, size_t n, const char *out, const char *name,
                  const char *suffix); /* suffix ".csv", ".points.csv", "" for the folder */

/* Objectives stand in a text with commas between them, "max val_accuracy, min params", each a way and a column of the
 * main table. Reads the first into column[n] (cut off) and *maximise, and returns what follows, NULL: nothing. A text
 * that is none gives the column "". */
const char *report_objective(const char *text, char *column, size_t n, int *maximise);
/* What is to be said of an objective ("max test_accuracy") on the test split wherever it is shown; NULL: nothing. */
const char *report_objective_warning(const char *objective);

/* results/NAME.about.csv: key,value rows that a reader of the tables needs and that stand in no row: name, dataset,
 * train, validation, test (sizes), classes, objective (as report_objective reads it), repeats, points, trials,
 * require.N = text, require.N.met = trials meeting it / complete trials, require.N.best = yes|no for the best point.
 * Written by orchestrate; the reports read it. Likewise model.N = text of a condition on the network, model.N.broken =
 * points skipped for it / points. set.KEY = value of a setting that is the same at every point and no default. search =
 * the method, where points were drawn and are no grid. metric.NAME = larger|smaller (which is better), the least and
 * the greatest value, and % for a share of samples. */

/* From the main table (trial, point, repeat, seed, status, <axes: names with a dot>, params, macs, ..., metrics,
 * error): */

/* Axes: an empty cell is a conditional axis that does not exist there; an empty value is written as in the sweep file,
 * two quotation marks. A point that is the same training as an earlier one has rows of its own, with the trial and the
 * results of the other and its number in same_as; it is a point like others in everything below, but no observation
 * more where noise is estimated.
 *
 * Per point, in the order of the plan: point, axes, facts, n (complete trials), rank, tied_with_best, trials (that
 * ended, complete or not), diff_to_best, diff_to_best_low, diff_to_best_high, boot95_low, boot95_high (of the mean of
 * the objective, by bootstrap: stats/bootstrap.h), of several objectives pareto and hypervolume (stats/view_fronts.h),
 * and for every metric M: M_mean, M_std (n-1), M_ci95_low, M_ci95_high (Student t, cut at what M can be: 0 to 1 for an
 * accuracy, from 0 for a loss), M_min, M_max, empty where they are not known. rank is by the mean of the objective over
 * complete trials, without rounding (stats/trials_view.h); equal means share one, and the earlier point is the best
 * one. Of several objectives the points of one front come before those of the next, and what speaks of the objective,
 * here and in the effects, is of the first. diff_to_best: its mean less that of the best point, with an interval that
 * holds for all points at once; where trials are missing, without what the seeds do that one of the two lacks.
 * tied_with_best: yes when 0 lies in the interval, or the means are equal; empty where that is not known
 * (stats/compare.h). Statistics are rounded to float, which is what metrics are computed in. */
int report_points(const struct table *trials, const char *objective, struct table *points, struct err *e);

/* Effects on the objective: exact ANOVA (type I sums of squares are unique on a complete balanced grid): one row per
 * axis, per pair of axes (interaction), `higher orders` (kind rest), `common to a seed` (kind seed: what a repeat does
 * at all points alike) and `seed noise` (what then remains; both empty with one repeat). Columns: kind
 * (axis|pair|rest|seed|noise|value|note), axis, other, value, n, mean, ci95_low, ci95_high, share (eta squared, of the
 * total variance; they add up to 1), share_omega (omega squared: without what noise puts into it), share_by_chance
 * (what the share would be on average if nothing had an effect), planned, basis.
 * Rows of kind value: the mean over the settings of the other axes, and repeats, that were completed with every value
 * (stats/means.h; basis says whether trials were left out for that), each counted once; n of the planned trials are in
 * it; the interval is made of the noise within points, repeats as blocks, pooled over all of them, and is cut as above:
 * it says how well the mean of these settings and seeds is known, so that values can be compared. With one repeat all
 * interactions are taken for noise. An axis whose values follow from those of an earlier one (a zip) is one axis with
 * it, "a & b". A conditional axis (empty cells) counts as nested in the axis that its condition is about: its share is
 * what it adds inside the values where it exists, and the two have no pair row. When the grid is not complete (skipped,
 * failed) shares are those of the largest complete part that whole values or repeats dropped one after the other leave,
 * no axis falling to one value if that can be helped; an axis with one value left has an empty share. Where there is no
 * such part, or it has less than half of the complete trials, or the points were drawn (trials->drawn), shares are
 * those of a random forest (basis forest, stats/forest_effects.c): functional analysis of variance over the whole
 * space, each axis with its distribution (trials->quantiles; otherwise all values alike). A point counts with the mean
 * of its trials, one that was given up with what it had then. ci95_low and ci95_high are then those of the share, by
 * bootstrap over the points; there are rows of pairs for up to 12 axes, none of seeds and noise. Where there are too
 * few points all shares are empty. Rows of kind note say so. Of points that were drawn, rows of kind value, basis
 * drawn, are there for the axes whose values several points have: the mean of those points' means, and Student's
 * interval of it. */
int report_effects(const struct table *trials, const char *objective, struct table *effects, struct err *e);

/* Of points that were drawn: what the forest of these effects expects of the objective over values of its two most
 * important axes (stats/surrogate.c); no rows where effects has no two shares. */
int report_surrogate(const struct table *trials, const struct table *effects, const char *objective, struct table *out,
                     struct err *e);

/* Per class from confusion counts [classes][classes] (true x predicted) and AUC: class, precision, recall, f1, auc,
 * support. */
int report_classes(const double *counts, const double *auc, const char *const *class_name, size_t classes,
                   struct table *out, struct err *e);

/* Their columns: table/columns.h. */
struct column_table;
extern const struct column_table point_table, effect_table, surrogate_table, class_table;

/* Reads results/NAME*.csv below out and draws plots/NAME/PLOT.gp, .svg, .png for every plot of the plot table that the
 * data supports. `say(ctx, text)` gets a line per plot: written, or left out and why. 0, or -1 with *e: gnuplot
 * missing or failing (scripts stay). */
struct plot_type {
    const char *name, *help;
};
const struct plot_type *report_plot_type(size_t i); /* NULL after the last */
struct report_drawing {
    int at_once;      /* so many pictures are drawn side by side, >= 1 */
    int only_changed; /* a picture stays where its script stands there already as it would be written */
};
int report_plots(const char *out, const char *name, struct report_drawing how, void (*say)(void *ctx, const char *line),
                 void *ctx, struct err *e);

/* Draws the learning curves of some points, numbers of the column point with commas between them, or (by is not NULL)
 * the mean curves of the values of an axis: plots/NAME/learning-points.svg or learning-by-AXIS.svg, with the script and
 * the PNG beside it. They go when all pictures are drawn again. ERR_USAGE: there is no such point or axis, or more
 * points than can be told apart. */
int report_plot_curves(const char *out, const char *name, const char *points, const char *by,
                       void (*say)(void *ctx, const char *line), void *ctx, struct err *e);

/* The same for results/bench.csv of a benchmark, which has pictures of its own: rows of kind machine (name fma: gflops;
 * name read: shape is the level, gbytes_per_second) and kind kernel (group, name, shape, intensity in operations a
 * byte, gflops, fma_share: of the multiply-adds that were measured beside it, so that the picture shows the kernel at
 * fma_share times the machine's; without it at gflops). Other kinds and columns have no picture. */
const struct plot_type *report_bench_plot_type(size_t i);
int report_is_bench(const struct table *t);
#define REPORT_BENCH "bench" /* its name: a sweep may be called so, but not in the same folder */
/* For those who want a sweep. 0, or -1 with *e: the table is that of a benchmark. */
int report_refuse_bench(const struct table *t, const char *name, struct err *e);

/* The pictures of a dataset: images beside each other, and how the numbers of its columns are distributed. */
struct report_sheet {
    const char *heading;
    size_t rows, columns;
    const char *const *label; /* [rows] left of each row; "": nothing */
    int h, w;                 /* of an image */
    const uint32_t *rgb;      /* [rows][columns][h][w] 0xRRGGBB; above: white */
};
struct report_histogram {
    const char *name;
    double low, high;    /* where the first bin begins, and the last ends */
    const size_t *count; /* [series][bins] */
};
struct report_histograms {
    const char *heading;
    size_t n, series, bins;
    const char *const *series_name;        /* [series] */
    const struct report_histogram *column; /* [n] */
};
struct report_data {
    const char *name;                               /* of the folder below plots/ */
    const struct report_sheet *samples, *augmented; /* NULL: there is none, and a picture of before goes */
    const struct report_histograms *columns;        /* likewise */
};
const struct plot_type *report_data_plot_type(size_t i); /* NULL after the last */
/* Draws those that are given into plots/NAME/ below out, as report_plots does. */
int report_data_plots(const char *out, const struct report_data *data, void (*say)(void *ctx, const char *line),
                      void *ctx, struct err *e);

/* The pictures of a look into a network. */
struct report_layers { /* bars of each layer, a panel for each measure */
    const char *heading;
    size_t n, measures;
    const char *const *label;   /* [n] */
    const char *const *measure; /* [measures] */
    const double *v;            /* [measures][n]; NaN: it has none */
};
struct report_cloud { /* points on a plane, each of a class */
    const char *heading;
    size_t n, classes;
    const double *x, *y;
    const int *class;
    const char *const *class_name;
};
struct report_look {
    const char *name;                                                     /* of the folder below plots/ */
    const struct report_sheet *features, *filters, *saliency, *attention; /* NULL: there is none */
    const struct report_histograms *activations;
    const struct report_layers *layers;
    const struct report_cloud *embedding;
};
const struct plot_type *report_look_plot_type(size_t i); /* NULL after the last */
/* As report_data_plots. */
int report_look_plots(const char *out, const struct report_look *look, void (*say)(void *ctx, const char *line),
                      void *ctx, struct err *e);

/* The report of a sweep, made of its files section by section: the best point, what the sweep has found, whether the
 * best point meets the requirements, its network, what was trained, effects, ranking, the log of its epochs, what
 * failed and what was skipped, and, with `pictures`, those of plots/NAME. */
struct report_word {
    const char *name, *help;
};
const struct report_word *report_section_word(size_t i); /* NULL after the last */
const struct report_word *report_format(size_t i);       /* likewise: what a report can be written as */
/* Appends the report to *text. As "html" it is one page that needs no other file and runs nothing, with the pictures in
 * it; as "markdown" it links to them, which shows where the text lies beside plots/. 0, or -1 with *e. */
int report_text(const char *out, const char *name, const char *format, int pictures, struct str *text, struct err *e);
/* Appends the findings of the report alone, a sentence or a few a line. 0, or -1 with *e. */
int report_findings(const char *out, const char *name, struct str *text, struct err *e);
/* Publishes the page results/NAME/report.html, whose path comes into path[n]. 0, or -1 with *e. */
int report_page(const char *out, const char *name, int pictures, char *path, size_t n, struct err *e);

#endif
