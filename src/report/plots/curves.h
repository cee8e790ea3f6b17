/* curves.h - the table of epochs as curves: per series the mean, least and greatest of each metric at each epoch. */
#ifndef REPORT_CURVES_H
#define REPORT_CURVES_H

#include "report/plots/plot.h"

/* A panel shows one metric: of the training and of the validation. */
enum { PANELS = 2, METRICS = 2 * PANELS };

struct acc { /* over the trials of a series at one epoch */
    size_t n;
    double sum, min, max;
};

struct curves {
    const struct report_metric *panel[PANELS]; /* beside the loss, if any, and the loss */
    size_t epochs;                             /* the longest trial's */
    size_t step;                               /* every so manieth epoch is drawn, the first and the last too */
    size_t nseries;                            /* with a name and a colour: the first ones */
    size_t nshown;                             /* all; the others are grey */
    size_t *point;                             /* [nshown] a point of the series */
    long *series;                              /* [npoints] -1: not shown */
    struct acc *acc;                           /* [nshown][epochs][METRICS] */
};

/* Those that d->of asks for; else the best point, and in grey others spread evenly over the ranking. 0, or -1 without
 * memory. nshown is 0 when no trial is complete, epochs 0 when nothing is known of those shown. */
int curves_init(struct curves *c, const struct plot_data *d, struct arena *a);
struct acc *curves_at(const struct curves *c, size_t series, size_t epoch, size_t metric); /* epoch from 0 */
int curves_have(const struct curves *c, size_t metric);
int curves_has(const struct curves *c, size_t series, size_t metric);
int curves_drawn(const struct curves *c, size_t epoch);
/* Rows epoch, mean, least, greatest of series from .. to-1, a blank line after each. `error`: values are 1 - x. What is
 * below `floor` stands there. All times `unit`. */
void curves_put(struct str *s, const struct curves *c, size_t from, size_t to, size_t metric, double unit, int error,
                double floor);

/* A condition of [require] result that is a line in these pictures: "test_accuracy >= 99.4%". */
struct required {
    const struct report_metric *metric;
    double value;
    int test;       /* it is about the test split */
    char text[100]; /* as it was written */
};
/* At most `most` of them; returns how many. Conditions that are no single comparison with a number have no line. */
size_t curves_required(const struct plot_data *d, struct required *r, size_t most);

#endif
