/* metrics.h - what a training measures. A row of train_metrics is one metric on one split: `sweep.objective` and
 * [require] result name them. */
#ifndef TRAIN_METRICS_H
#define TRAIN_METRICS_H

#include "data/data.h"

enum {
#define METRIC(ID, ...) METRIC_##ID,
#include "train/metrics.def"
#undef METRIC
    METRICS
};

enum { /* split by split, each in the order of the metrics: row m is (split m / METRICS, metric m % METRICS) */
#define METRIC(ID, ...) M_TRAIN_##ID,
#include "train/metrics.def"
#undef METRIC
#define METRIC(ID, ...) M_VAL_##ID,
#include "train/metrics.def"
#undef METRIC
#define METRIC(ID, ...) M_TEST_##ID,
#include "train/metrics.def"
#undef METRIC
       M_COUNT,
       M_EPOCHS = (DATA_VALIDATION + 1) * METRICS /* the rows before it are measured per epoch */
};

struct metric {
    const char *name; /* "val_accuracy" */
    const char *what; /* "accuracy" */
    const char *help;
    int larger_is_better;
    double low, high; /* what it can be; -+HUGE_VAL: without an end */
    const char *unit; /* "" or "%", see metrics.def */
    enum data_split split;
    int metric;    /* METRIC_ACCURACY */
    int per_epoch; /* 1: a column of .epochs.csv, which can select an epoch; 0: measured once, at the end */
};
extern const struct metric train_metrics[M_COUNT + 1]; /* ends with name NULL */

/* The row of a metric on a split. */
static inline int metric_on(enum data_split split, int metric)
{
    return (int)split * METRICS + metric;
}
/* The row of that name, or -1. */
int metric_named(const char *name);

/* One row of .epochs.csv. */
struct epoch_row {
    int32_t epoch;                         /* 1-based */
    float lr;                              /* of the epoch's last step */
    float grad_norm, first_layer_gradient; /* what warnings look at: see epoch_signs */
    float dead_units, guess_loss, guess_accuracy, diversity;
    int32_t warning;                       /* 0: none; else 1 + the row of warning_types (train/warnings.h) */
    int32_t late_dropout;                  /* 1: train.dropout_from has come; 0: it has not, or is the first epoch */
    float v[DATA_VALIDATION + 1][METRICS]; /* training: means over the epoch's samples, as trained (augmented, dropout
                                              on); validation: NaN when there is no such split */
};
/* What is known of an epoch beside metrics and learning rate: a field of epoch_row, NaN where it is not known. Journal
 * and .epochs.csv walk the rows. */
struct epoch_sign {
    const char *name, *help;
    size_t at;
    int metric; /* METRIC_X of the tasks that have it; METRIC_LOSS: all have */
};
extern const struct epoch_sign epoch_signs[]; /* ends with name NULL */
static inline float *sign_value(struct epoch_row *r, const struct epoch_sign *s)
{
    return (float *)(void *)((char *)r + s->at);
}

/* The value of a row of train_metrics that is measured per epoch. */
static inline float *epoch_value(struct epoch_row *r, int m)
{
    return &r->v[m / METRICS][m % METRICS];
}
static inline float epoch_number(const struct epoch_row *r, int m)
{
    return r->v[m / METRICS][m % METRICS];
}

#endif
