/* trials_view.h - the main table as points, axes and an objective: what every summary and picture starts from. */
#ifndef REPORT_TRIALS_VIEW_H
#define REPORT_TRIALS_VIEW_H

#include "base/pareto.h"
#include "report/report.h"
#include "report/stats/exact.h"
#include "report/stats/stats.h"
#include "report/stats/value_ids.h"

/* One axis: a column with a dot in its name. */
struct table_axis {
    const char *name;  /* "model.kernels" */
    const char *label; /* "kernels" when no other axis is called so, otherwise the name */
    int col;
    int numeric;       /* every value is a number: values ascend; otherwise they stand as first met */
    int scattered;     /* drawn from so many numbers that most values are those of a single point: they are no levels */
    int conditional;   /* empty in some rows (its `when` does not hold): "" is its last value */
    size_t levels;     /* values, "" included */
    const char **text; /* [levels] */
    const char *
        *show;     /* [levels] the same for pictures: four significant digits, or as many as tell neighbours apart */
    double *value; /* [levels] NaN where it is not a number */
    int *code;     /* [rows] index of the row's value */
};

/* One of the objectives. */
struct view_goal {
    const struct trials_view *v;
    char metric[64]; /* its column */
    int maximise, col;
    int fact;     /* it is no metric but a fact: the same in all trials of a point */
    double *y;    /* [rows] of complete trials, NaN elsewhere */
    double *mean; /* [npoints] mean of y, NaN for none; equal means are equal here */
};

struct trials_view {
    const struct table *t;
    struct arena mem, ranks; /* ranks: row, means, front, order and rank */
    char metric[64];         /* column of the objective, of several the first */
    int maximise, col, status; /* the columns of the objective and of the status */
    size_t goals;
    struct view_goal goal[PARETO_VALUES]; /* [goals] all of them: y and mean of the first are those below */
    size_t naxes;
    struct table_axis *axis;
    size_t npoints;
    uint32_t *point; /* [rows] 0-based number of the row's point, by first appearance */
    uint32_t *first; /* [npoints] its first row */
    uint32_t *start; /* [npoints+1] its rows are row[start[p]] .. row[start[p+1]-1], ascending */
    uint32_t *row;   /* [rows] */
    char *complete;  /* [rows] status is complete */
    double *y;       /* [rows] objective of complete trials, NaN elsewhere */
    double *mean;    /* [npoints] mean of y, NaN for none; equal means are equal here */
    uint32_t *front; /* [npoints] of several objectives: 1 for the Pareto front, 2 for the one after it, ...; 0: the
                        point lacks an objective. NULL: there is one objective */
    uint32_t
        *order; /* [npoints] best first, front after front; points without a mean last; ties in the order of the plan */
    uint32_t *rank; /* [npoints] from 1; equal means share one, and the next counts them all: 1, 1, 3 */
    size_t ncomplete;
    double overlap; /* of a cross-validation of k folds 1 / (k - 1), validation samples per training sample; else 0 */
};

/* The mean of a point's objective as it is ranked, without rounding: of an accuracy the count of right answers, where
 * the table says of how many (train_samples, val_samples, test_samples) and the accuracy is such a fraction; otherwise
 * of the floats as the engine computed them. over is 0 for none. */
struct exact view_exact(const struct trials_view *v, size_t p);
/* How fine the objective is measured at point p: 1/n of an accuracy of n samples, 0 where it is not known. */
double view_resolution(const struct trials_view *v, size_t p);
/* The table must outlive the view. 0, or -1 with *e: a column is missing, the objective is not understood, no memory.
 */
int view_init(struct trials_view *v, const struct table *trials, const char *objective, struct err *e);
void view_release(struct trials_view *v);
void view_forget_ranks(
    struct trials_view *v); /* row, means, front, order and rank are gone: for those who need the memory */

/* Of a table that keeps its cells. */
const char *view_cell(const struct trials_view *v, size_t row, int col);
/* The objective of a trial: of one that was given up what it had then, where the objective is measured by epoch; NaN:
 * none. */
double view_value(const struct trials_view *v, size_t row, int *given_up);
/* What a column can be: what its metric can, from 0 for numbers of epochs, everything (-+INFINITY) for others. */
void metric_limits(const struct table *t, const char *column, double *lo, double *hi);
/* stats_of, but the interval of the mean ends where the metric does: that of a few repeats may go on far beyond.
 * Repeats that are folds share most of their training samples: the variance of their mean is taken for (1/n + overlap)
 * times that of one, the corrected resampled variance of Nadeau & Bengio 2003, doi:10.1023/A:1024068626366. */
struct stats metric_stats(const struct trials_view *v, const char *column, const double *values, size_t n,
                          struct t_cache *c);
/* Mean and interval (of metric_stats) of a column over the complete trials of point p; `buf` holds as many doubles as p
 * has rows. */
struct stats view_stats(const struct trials_view *v, size_t p, int col, double *buf, struct t_cache *c);
/* A name for the point: "kernels=16, dropout=0.05"; "point 1" when there are no axes. Appends. `brief`: the values as
 * pictures show them. */
void view_point_text(const struct trials_view *v, size_t p, int brief, struct str *s);
/* Columns of the main table of which points have statistics: the objective, metrics of a split, numbers of epochs. */
int view_is_metric(const struct trials_view *v, int col);
/* Those that say something of the point itself: what is neither that, nor an axis, nor a trial's name, state or error.
 */
int view_is_fact(const struct trials_view *v, int col);

/* Steps of view_init; -1 without memory. The axes and their values (view_axes.c); mean, order and rank of the points
 * (view_ranks.c). */
int view_read_axes(struct trials_view *v);
int view_rank_points(struct trials_view *v);

#endif
