/* metric_table.c - the rows of train_metrics: each metric of metrics.def on each split. */
#include "train/metrics.h"

#include <math.h>
#include <string.h>

#define ROW(prefix, on, SPLIT, by_epoch, name_, help_, larger, least, greatest, unit_, id)                             \
    {.name = #prefix "_" #name_,                                                                                       \
     .what = #name_,                                                                                                   \
     .help = help_ " " on,                                                                                             \
     .larger_is_better = larger,                                                                                       \
     .low = least,                                                                                                     \
     .high = greatest,                                                                                                 \
     .unit = unit_,                                                                                                    \
     .split = SPLIT,                                                                                                   \
     .metric = id,                                                                                                     \
     .per_epoch = by_epoch},

const struct metric train_metrics[M_COUNT + 1] = {
#define METRIC(ID, name, help, larger, low, high, unit)                                                                \
    ROW(train, "over the epoch as trained: augmented, with dropout and label smoothing", DATA_TRAIN, 1, name, help,    \
        larger, low, high, unit, METRIC_##ID)
#include "train/metrics.def"
#undef METRIC
#define METRIC(ID, name, help, larger, low, high, unit)                                                                \
    ROW(val, "of the validation split after the epoch", DATA_VALIDATION, 1, name, help, larger, low, high, unit,       \
        METRIC_##ID)
#include "train/metrics.def"
#undef METRIC
#define METRIC(ID, name, help, larger, low, high, unit)                                                                \
    ROW(test, "of the test split, measured once, with the selected epoch's weights", DATA_TEST, 0, name, help, larger, \
        low, high, unit, METRIC_##ID)
#include "train/metrics.def"
#undef METRIC
    {0}};

int metric_named(const char *name)
{
    for (int m = 0; m < M_COUNT; m++)
        if (!strcmp(train_metrics[m].name, name))
            return m;
    return -1;
}
