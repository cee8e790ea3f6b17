/* params.c - the keys of [train] that every training has. */
#include "train/beam.h"
#include "train/task.h"

#include <math.h>

static const char *const select_words[] = {"best", "last", NULL};

const char *train_select_name(size_t i)
{
    return i < sizeof select_words / sizeof select_words[0] ? select_words[i] : NULL;
}

static const char *const detail_words[] = {"none", "layers", NULL};

const char *train_detail_name(size_t i)
{
    return i < sizeof detail_words / sizeof detail_words[0] ? detail_words[i] : NULL;
}

int train_keys_check(const struct train_spec *s, const size_t n[3], const char **key, struct err *e)
{
    const struct schedule_type *t = schedule_types[s->schedule];
    *key = t->params->name;
    if (t->check && t->check(s->schedule_args, e))
        return -1;
    *key = "class_weights";
    if (train_weights_check(s, 0, e))
        return -1;
    *key = "swa_from";
    if (s->swa_from && s->ema > 0)
        return err_set(e, ERR_USAGE, "is another mean of weights than ema; write 0 for one of them");
    if (s->swa_from > s->epochs)
        return err_set(e, ERR_USAGE, "%d is after the last epoch, %d", s->swa_from, s->epochs);
    *key = "dropout_from";
    if (s->dropout_from > s->epochs)
        return err_set(e, ERR_USAGE, "%d is after the last epoch, %d", s->dropout_from, s->epochs);
    if (s->dropout_from == TRAIN_OVERFIT && !n[DATA_VALIDATION])
        return err_set(e, ERR_USAGE,
                       "overfit looks at the loss of the validation split, which is empty; write the number of an "
                       "epoch, or set data.validation");
    return 0;
}

#define AT(field) offsetof(struct train_spec, field)

// clang-format off
const struct param train_params[] = {
    { .name = "epochs", .type = P_INT, .at = AT(epochs), .min = 1, .max = 1000000, .preset = "10",
      .help = "how often every training sample is seen" },
    { .name = "batch_size", .type = P_INT, .at = AT(batch_size), .min = 1, .max = 65536, .preset = "32",
      .help = "images of one step; multiples of 16 waste nothing" },
    { .name = "accumulate", .type = P_INT, .at = AT(accumulate), .min = 1, .max = 65536, .preset = "1", .matters = MATTERS_UNLESS_PRESET,
      .help = "batches whose gradients make one step, as the mean over all of their samples: a large batch in little memory" },
    { .name = "epoch_steps", .type = P_INT, .at = AT(epoch_steps), .min = 0, .max = 1000000000, .preset = "0", .matters = MATTERS_UNLESS_PRESET,
      .help = "an epoch is so many steps; the next one goes on with the samples that are left, which are shuffled anew after the last; 0: all samples" },
    { .name = "task", .type = P_CHOICE, .at = AT(task), .preset = "auto", .word = task_name, .matters = MATTERS_UNLESS_PRESET,
      .help = "what is learned; auto: what the data has for it, classify for a class, regress for numbers, label for a class of each pixel; reconstruct: the input itself, generate: to make samples like those of the data" },
    { .name = "loss", .type = P_CHOICE, .at = AT(loss), .preset = "auto", .word = loss_name, .matters = MATTERS_UNLESS_PRESET,
      .help = "what the training makes small; auto: the first that `sweep list tasks` has for the task; some bring keys of their own" },
    { .name = "optimizer", .type = P_CHOICE, .at = AT(optimizer), .preset = "adam", .word = optimizer_name,
      .help = "the rule that turns gradients into steps; each brings keys of its own" },
    { .name = "lr", .type = P_FLOAT, .at = AT(lr), .min = 0, .max = HUGE_VAL, .preset = "0.01", .open = 1,
      .help = "learning rate, scaled by the schedule (onecycle: the highest); usual: sgd 0.05 to 0.1, others 0.001 to 0.01" },
    { .name = "weight_decay", .type = P_FLOAT, .at = AT(weight_decay), .min = 0, .max = HUGE_VAL, .preset = "0",
      .help = "pull of the weights towards 0; biases and normalization are left alone unless decay_all" },
    { .name = "decay_all", .type = P_BOOL, .at = AT(decay_all), .preset = "no", .with = "weight_decay",
      .help = "weight decay also for biases and normalization" },
    { .name = "schedule", .type = P_CHOICE, .at = AT(schedule), .preset = "constant", .word = schedule_name,
      .help = "how the learning rate changes over the steps; each brings keys of its own" },
    { .name = "warmup", .type = P_FLOAT, .at = AT(warmup), .min = 0, .max = 1, .preset = "0", .open = 2,
      .help = "share of all steps in which the learning rate rises linearly, before the schedule begins" },
    { .name = "warmup_from", .type = P_FLOAT, .at = AT(warmup_from), .min = 0, .max = 1, .preset = "0.05", .with = "warmup",
      .help = "share of lr at the first step of the warm-up" },
    { .name = "label_smoothing", .type = P_FLOAT, .at = AT(label_smoothing), .min = 0, .max = 1,
      .preset = "0", .open = 2, .help = "share of the target that is spread evenly over the classes, in training only" },
    { .name = "class_weights", .type = P_TEXT, .at = AT(class_weights), .preset = "none", .matters = MATTERS_UNLESS_PRESET,
      .help = "what the samples of a class weigh in training: none; balanced (samples / (classes * samples of the class)); or a number for each class, in their order: 1, 5" },
    { .name = "sampling", .type = P_CHOICE, .at = AT(sampling), .preset = "shuffle", .word = train_sampling_name, .matters = MATTERS_UNLESS_PRESET,
      .help = "shuffle: each training sample once; balanced: as many are drawn with replacement, each class as often as any other" },
    { .name = "beta", .type = P_FLOAT, .at = AT(beta), .min = 0, .max = HUGE_VAL, .preset = "1", .matters = MATTERS_UNLESS_PRESET,
      .help = "what the divergence of layers `sample` is multiplied by in the loss of a reconstruction (Higgins et al. 2017)" },
    { .name = "critic_steps", .type = P_INT, .at = AT(critic_steps), .min = 1, .max = 1000, .preset = "1", .matters = MATTERS_UNLESS_PRESET,
      .help = "updates of the critic for one of the generator, each with a batch of its own: a step is as many batches (5 is usual for wgan)" },
    { .name = "critic_lr", .type = P_FLOAT, .at = AT(critic_lr), .min = 0, .max = HUGE_VAL, .preset = "0", .matters = MATTERS_UNLESS_PRESET,
      .help = "learning rate of the critic, which the schedule multiplies as lr, that of the generator (Heusel et al. 2017); 0: lr" },
    { .name = "judge", .type = P_TEXT, .at = AT(judge), .preset = "", .matters = MATTERS_UNLESS_PRESET,
      .help = "NAME (the best trial of the best point of that sweep), NAME@TRIAL or FILE.safetensors: a classifier of such samples, by whose features frechet and inception are measured" },
    { .name = "mixup", .type = P_FLOAT, .at = AT(mixup), .min = 0, .max = 1000, .preset = "0", .matters = MATTERS_UNLESS_PRESET,
      .help = "samples of a training batch are mixed in pairs, and so are their labels, by a share drawn from Beta(mixup, mixup) (0.1 to 1 is usual; Zhang et al. 2018, arXiv:1710.09412); 0: never" },
    { .name = "cutmix", .type = P_FLOAT, .at = AT(cutmix), .min = 0, .max = 1000, .preset = "0", .matters = MATTERS_UNLESS_PRESET,
      .help = "a rectangle of a training picture is that of another, and its label has the share of the area, of which that kept is drawn from Beta(cutmix, cutmix) (1 is usual; Yun et al. 2019, arXiv:1905.04899); beside mixup each is done to half of the batches; 0: never" },
    { .name = "clip_norm", .type = P_FLOAT, .at = AT(clip_norm), .min = 0, .max = HUGE_VAL, .preset = "0",
      .help = "gradients longer than this (L2, all parameters) are shortened to it; 0: never" },
    { .name = "clip_value", .type = P_FLOAT, .at = AT(clip_value), .min = 0, .max = HUGE_VAL, .preset = "0",
      .matters = MATTERS_UNLESS_PRESET, .help = "each number of a gradient is cut to +- this, before clip_norm; 0: never" },
    { .name = "l1", .type = P_FLOAT, .at = AT(l1), .min = 0, .max = HUGE_VAL, .preset = "0", .matters = MATTERS_UNLESS_PRESET,
      .help = "pull of the weights towards 0 by their sign: the gradient of l1 * sum of |w|, which the losses do not show" },
    { .name = "max_norm", .type = P_FLOAT, .at = AT(max_norm), .min = 0, .max = HUGE_VAL, .preset = "0",
      .matters = MATTERS_UNLESS_PRESET,
      .help = "after a step, the weights into an output that are longer (L2) are shortened to this (Srivastava et al. 2014); 0: never" },
    { .name = "ema", .type = P_FLOAT, .at = AT(ema), .min = 0, .max = 1, .preset = "0", .open = 2, .matters = MATTERS_UNLESS_PRESET,
      .help = "decay of a running mean of weights and statistics, updated at each step, with which epochs are measured and selected (0.99 to 0.9999 is usual; Polyak & Juditsky 1992); 0: none" },
    { .name = "swa_from", .type = P_INT, .at = AT(swa_from), .min = 0, .max = 1000000, .preset = "0",
      .matters = MATTERS_UNLESS_PRESET,
      .help = "from this epoch on the mean of the weights at the ends of epochs is measured and selected, with running statistics of a pass over the training samples (Izmailov et al. 2018, arXiv:1803.05407); 0: never" },
    { .name = "dropout_from", .type = P_INT, .at = AT(dropout_from), .min = 1, .max = 1000000, .preset = "1",
      .word = train_dropout_word, .matters = MATTERS_UNLESS_PRESET,
      .help = "dropout, dropout2d and droppath change nothing before this epoch (Liu et al. 2023, arXiv:2303.01500); overfit: before the epoch after the first in which val_loss > 1.05 * its least so far and train_loss < that of the epoch of the least" },
    { .name = "beam", .type = P_INT, .at = AT(beam), .min = 1, .max = BEAM_MOST, .preset = "1", .matters = MATTERS_UNLESS_PRESET,
      .help = "beginnings of a translation that are kept side by side while it is made, for bleu; 1: the likeliest token each time" },
    { .name = "length_penalty", .type = P_FLOAT, .at = AT(length_penalty), .min = 0, .max = 10, .preset = "0", .matters = MATTERS_UNLESS_PRESET, .with = "beam",
      .help = "of translations that are finished the one with the largest log share / ((5 + tokens) / 6)^length_penalty is taken (Wu et al. 2016)" },
    { .name = "drop_last", .type = P_BOOL, .at = AT(drop_last), .preset = "no",
      .help = "leave out the last batch of an epoch when it is not full" },
    { .name = "patience", .type = P_INT, .at = AT(patience), .min = 0, .max = 1000000, .preset = "0",
      .help = "stop after so many epochs without improvement of the objective (test_*: of its val_* counterpart); 0: never" },
    { .name = "min_delta", .type = P_FLOAT, .at = AT(min_delta), .min = 0, .max = HUGE_VAL, .preset = "0", .with = "patience",
      .help = "a change by no more than this is no improvement, for patience" },
    { .name = "select", .type = P_CHOICE, .at = AT(select), .preset = "best", .word = train_select_name,
      .help = "which epoch's weights are measured on the test split: the best by the objective (test_*: by its val_* counterpart), or the last" },
    { .name = "eval_batch", .type = P_INT, .at = AT(eval_batch), .min = 1, .max = 65536, .preset = "64",
      .matters = MATTERS_NEVER,
      .help = "images at a time in validation and test; changes memory, never a result" },
    { 0 }
};
// clang-format on
