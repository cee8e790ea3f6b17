/* words.c - lists what other programs call the things that have a word here, for hints. */
#include "base/str.h"

// clang-format off
static const struct synonym table[] = {
    /* sections */
    { "dataset", "data" }, { "network", "model" }, { "net", "model" }, { "architecture", "model" },
    { "training", "train" }, { "optimizer", "train" }, { "hyperparameters", "train" }, { "parameters", "grid" },
    { "axes", "grid" }, { "constraints", "require" }, { "requirements", "require" }, { "experiment", "sweep" },
    { "study", "sweep" }, { "early_stopping", "stop" },
    /* keys */
    { "replicates", "repeats" }, { "runs", "repeats" }, { "n_seeds", "repeats" },
    { "random_seed", "seed" }, { "random_state", "seed" }, { "metric", "objective" }, { "monitor", "objective" },
    { "goal", "objective" }, { "n_trials", "trials" }, { "max_trials", "trials" }, { "budget", "trials" },
    { "timeout", "time" }, { "max_time", "time" }, { "val", "validation" }, { "valid", "validation" },
    { "dev", "validation" }, { "val_split", "validation" }, { "validation_split", "validation" },
    { "val_size", "validation" }, { "train_size", "train" }, { "test_size", "test" }, { "aug", "augment" },
    { "augmentation", "augment" }, { "data_augmentation", "augment" }, { "transforms", "augment" },
    { "normalization", "normalize" }, { "preprocessing", "normalize" }, { "data_dir", "path" }, { "root", "path" },
    { "folder", "path" }, { "initializer", "init" }, { "initialization", "init" }, { "weight_init", "init" },
    { "kernel_initializer", "init" }, { "network", "layers" }, { "architecture", "layers" },
    { "learning_rate", "lr" }, { "eta", "lr" }, { "step_size", "lr" }, { "batch", "batch_size" },
    { "minibatch", "batch_size" }, { "mini_batch_size", "batch_size" }, { "bs", "batch_size" },
    { "num_epochs", "epochs" }, { "n_epochs", "epochs" }, { "nb_epoch", "epochs" }, { "max_epochs", "epochs" },
    { "iterations", "epochs" }, { "optim", "optimizer" }, { "solver", "optimizer" }, { "scheduler", "schedule" },
    { "lr_scheduler", "schedule" }, { "lr_schedule", "schedule" }, { "wd", "weight_decay" }, { "l2", "weight_decay" },
    { "decay", "weight_decay" }, { "regularization", "weight_decay" }, { "smoothing", "label_smoothing" },
    { "clip", "clip_norm" }, { "grad_clip", "clip_norm" }, { "max_grad_norm", "clip_norm" },
    { "max_norm", "clip_norm" }, { "early_stopping", "patience" }, { "early_stop", "patience" },
    { "warmup_steps", "warmup" }, { "warmup_epochs", "warmup" }, { "warmup_ratio", "warmup" },
    { "dtype", "precision" }, { "epsilon", "eps" }, { "rho", "alpha" },
    /* layers and their options */
    { "fc", "dense" }, { "fully_connected", "dense" }, { "affine", "dense" },
    { "convolution", "conv" }, { "convolution2d", "conv" }, { "bn", "batchnorm" }, { "norm", "batchnorm" },
    { "pool", "maxpool" }, { "pooling", "maxpool" }, { "max", "maxpool" }, { "avg", "avgpool" },
    { "average_pool", "avgpool" }, { "mean_pool", "avgpool" }, { "global_avg_pool", "gap" },
    { "global_average_pooling2d", "gap" }, { "global_average_pooling", "gap" }, { "adaptive_avg_pool", "gap" },
    { "adaptive_avg_pool2d", "gap" }, { "lrelu", "leaky_relu" }, { "logistic", "sigmoid" },
    { "kernel_size", "kernel" }, { "channels", "filters" }, { "out_channels", "filters" }, { "padding", "pad" },
    { "features", "units" }, { "out_features", "units" }, { "probability", "p" }, { "rate", "p" },
    { "negative_slope", "slope" },
    /* choices */
    { "kaiming", "he" }, { "kaiming_normal", "he" }, { "kaiming_uniform", "he" }, { "he_normal", "he" },
    { "msra", "he" }, { "glorot", "xavier" }, { "glorot_uniform", "xavier" }, { "xavier_uniform", "xavier" },
    { "random", "normal" }, { "gaussian", "normal" }, { "zeros", "zero" }, { "torch", "pytorch" },
    { "zscore", "standard" }, { "standardize", "standard" }, { "minmax", "unit" }, { "cosine_annealing", "cosine" },
    { "cosine_annealing_lr", "cosine" }, { "one_cycle_lr", "onecycle" }, { "step_lr", "step" },
    { "exponential_lr", "exponential" }, { "fixed", "constant" }, { "float32", "fp32" }, { "float", "fp32" },
    { "single", "fp32" }, { "bfloat16", "bf16" }, { "digits", "optdigits" }, { "fashion", "fashion-mnist" },
    { "fmnist", "fashion-mnist" }, { "rotation", "rotate" }, { "translate", "shift" }, { "translation", "shift" },
    { "scale", "zoom" }, { "flip", "hflip" }, { "horizontal_flip", "hflip" }, { "mirror", "hflip" },
    { "vertical_flip", "vflip" }, { "color_jitter", "jitter" }, { "colour_jitter", "jitter" },
    { "random_resized_crop", "resized_crop" }, { "random_erasing", "erase" }, { "cutout", "erase" },
    { "elastic_transform", "elastic" },
    { "random_crop", "crop" },
    /* metrics */
    { "accuracy", "val_accuracy" }, { "acc", "val_accuracy" }, { "loss", "val_loss" },
    { "train_acc", "train_accuracy" }, { "val_acc", "val_accuracy" }, { "test_acc", "test_accuracy" },
    { "validation_accuracy", "val_accuracy" }, { "validation_loss", "val_loss" },
    /* commands */
    { "train", "run" }, { "start", "run" }, { "fit", "run" }, { "ls", "list" }, { "draw", "plot" },
    { "progress", "status" }, { "preview", "plan" }, { "dry_run", "plan" }, { "describe", "show" },
    { "benchmark", "bench" }, { "summary", "report" }, { "new", "init" }, { "create", "init" },
};
// clang-format on

const struct synonym *str_synonym(size_t i)
{
    return i < sizeof table / sizeof *table ? &table[i] : NULL;
}
