/* params.c - the keys of [train] that every training has. */
#include "train/train.h"

#include <math.h>

static const char *const select_words[] = {"best", "last", NULL};

const char *train_select_name(size_t i)
{
    return i < sizeof select_words / sizeof select_words[0] ? select_words[i] : NULL;
}

#define AT(field) offsetof(struct train_spec, field)

// clang-format off
const struct param train_params[] = {
    { "epochs", P_INT, AT(epochs), 1, 1000000, "10",
      "how often every training sample is seen", NULL, 0 },
    { "batch_size", P_INT, AT(batch_size), 1, 65536, "32",
      "images of one step; multiples of 16 waste nothing", NULL, 0 },
    { "optimizer", P_CHOICE, AT(optimizer), 0, 0, "adam",
      "the rule that turns gradients into steps; each brings keys of its own", optimizer_name, 0 },
    { "lr", P_FLOAT, AT(lr), 0, HUGE_VAL, "0.01",
      "learning rate, scaled by the schedule (onecycle: the highest); usual: sgd 0.05 to 0.1, others 0.001 to 0.01", NULL, 1 },
    { "weight_decay", P_FLOAT, AT(weight_decay), 0, HUGE_VAL, "0",
      "pull of the weights towards 0; biases and normalization are left alone unless decay_all", NULL, 0 },
    { "decay_all", P_BOOL, AT(decay_all), 0, 0, "no",
      "weight decay also for biases and normalization", NULL, 0 },
    { "schedule", P_CHOICE, AT(schedule), 0, 0, "constant",
      "how the learning rate changes over the steps; each brings keys of its own", schedule_name, 0 },
    { "warmup", P_FLOAT, AT(warmup), 0, 1, "0",
      "share of all steps in which the learning rate rises linearly, before the schedule begins", NULL, 2 },
    { "warmup_from", P_FLOAT, AT(warmup_from), 0, 1, "0.05",
      "share of lr at the first step of the warm-up", NULL, 0 },
    { "label_smoothing", P_FLOAT, AT(label_smoothing), 0, 1, "0",
      "share of the target that is spread evenly over the classes, in training only", NULL, 2 },
    { "clip_norm", P_FLOAT, AT(clip_norm), 0, HUGE_VAL, "0",
      "gradients longer than this (L2, all parameters) are shortened to it; 0: never", NULL, 0 },
    { "drop_last", P_BOOL, AT(drop_last), 0, 0, "no",
      "leave out the last batch of an epoch when it is not full", NULL, 0 },
    { "patience", P_INT, AT(patience), 0, 1000000, "0",
      "stop after so many epochs without improvement of the objective (test_*: of its val_* counterpart); 0: never", NULL, 0 },
    { "min_delta", P_FLOAT, AT(min_delta), 0, HUGE_VAL, "0",
      "a change by no more than this is no improvement, for patience", NULL, 0 },
    { "select", P_CHOICE, AT(select), 0, 0, "best",
      "which epoch's weights are measured on the test split: the best by the objective (test_*: by its val_* counterpart), or the last", train_select_name, 0 },
    { "eval_batch", P_INT, AT(eval_batch), 1, 65536, "64",
      "images at a time in validation and test; changes memory, never a result", NULL, 0 },
    { 0 }
};
// clang-format on
