/* sections.h - the sections of a report: one file each, a row each in sections.c. */
#ifndef REPORT_SECTIONS_H
#define REPORT_SECTIONS_H

#include "report/document/document.h"
#include "report/plots/plot.h"
#include "report/stats/compare.h"

/* What sections are made of. */
struct report_source {
    struct plot_data data;
    const char *out;         /* folder that holds results/ and plots/ */
    int pictures;            /* they are wanted */
    int has_best;            /* a point has a complete trial: the first of data.v.order is the best */
    struct difference *diff; /* [data.v.npoints] */
    double *values;          /* [data.trials.rows] scratch */
};

struct report_section {
    struct report_word word;
    int of_best; /* it is left out where no point is the best */
    /* Adds blocks, none where there is nothing to say. 0, or -1 with *e: a file cannot be read. Lack of memory may be
     * left to doc->failed. */
    int (*add)(const struct report_source *source, struct document *doc, struct err *e);
};
/* ---- what several sections write -------------------------------------------------------------------------------- */

/* Adds a value of the column: 0.98954 -> "98.95 %" for shares of samples, otherwise four digits; "-" when it is not
 * known. */
void add_value(struct document *doc, const struct plot_data *d, const char *column, double x);
/* Adds a mean with its interval: "98.95 % (95 % interval 98.67 % to 99.24 %, 3 repeats)"; of a fact of
 * the network it is the fact. */
void add_interval(struct document *doc, const struct plot_data *d, const char *metric, const struct stats *m);
/* Mean and interval of a column of the trials over the complete trials of point p. */
struct stats column_stats(const struct report_source *source, size_t p, const char *column);
/* The cell of the point's first trial; "-" when it is empty. */
const char *point_fact(const struct plot_data *d, size_t p, const char *column);
/* The trials from row r on whose cells in these columns are those of row r: marks them in done[data.trials.rows], and
 * returns how many there are. */
size_t mark_alike(const struct plot_data *d, const int *cols, size_t ncols, size_t r, char *done);
/* Adds a cell that names the first of these n trials, each with its point: "4 (point 2: k=16), 7 (...), and 3 more". */
void add_trials_alike(const struct plot_data *d, const int *cols, size_t ncols, size_t r, size_t n,
                      struct document *doc);
/* Trials with this status; those that are of several points count once. */
size_t count_trials(const struct plot_data *d, const char *status);

#endif
