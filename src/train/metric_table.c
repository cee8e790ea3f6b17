/* metric_table.c - the rows of train_metrics: each metric of metrics.def on each split; and of epoch_signs. */
#include "train/metrics.h"

#include <math.h>
#include <stddef.h>
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
    ROW(train,                                                                                                         \
        "over the epoch as trained: augmented, with dropout and label smoothing; of mixed samples the class of the "   \
        "larger share counts",                                                                                         \
        DATA_TRAIN, 1, name, help, larger, low, high, unit, METRIC_##ID)
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

#define SIGN(field, on, help_)                                                                                         \
    {                                                                                                                  \
        .name = #field, .help = (help_), .at = offsetof(struct epoch_row, field), .metric = (on)                       \
    }
const struct epoch_sign epoch_signs[] = {
    SIGN(grad_norm, METRIC_LOSS, "norm of the gradient, the mean over the epoch's steps"),
    SIGN(first_layer_gradient, METRIC_LOSS,
         "share of the first layer with weights in the norm of the gradient, at the epoch's last step"),
    SIGN(dead_units, METRIC_LOSS,
         "share of units, each a row of weights into an output, whose gradient was 0 in every step"),
    SIGN(guess_loss, METRIC_LOSS,
         "training loss of a constant guess: the shares of the classes, the means of the numbers"),
    SIGN(guess_accuracy, METRIC_ACCURACY,
         "share of the most frequent class, of the validation split where there is one"),
    SIGN(diversity, METRIC_CRITIC_LOSS,
         "mean distance between two things that a generator has made, over that between two samples, of up to 64 of "
         "each in the epoch's last full batch; not of fewer than 16"),
    {0}};

int metric_named(const char *name)
{
    for (int m = 0; m < M_COUNT; m++)
        if (!strcmp(train_metrics[m].name, name))
            return m;
    return -1;
}
