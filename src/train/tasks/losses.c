/* losses.c - losses that compare a network's output with what the data says; each ends in a row of the list. */
#include "train/task.h"

#include <math.h>

static void cross_entropy_loss(const struct train_spec *s, int training, const struct batch *b, int outputs,
                               const float *z, float scale, float *loss, float *dz)
{
    b->k->softmax_xent(b->n, outputs, z, b->label, training ? (float)s->label_smoothing : 0, scale, loss, NULL, dz);
}

const struct loss_type loss_cross_entropy = {
    .name = "cross_entropy",
    .help = "-log of the share that softmax gives to the right class",
    .source = "Szegedy et al. 2016, arXiv:1512.00567 (label smoothing)",
    .smooths = 1,
    .compute = cross_entropy_loss,
};

static void squared_loss(const struct train_spec *s, int training, const struct batch *b, int outputs, const float *z,
                         float scale, float *loss, float *dz)
{
    (void)s;
    (void)training;
    b->k->mse_loss(b->n, outputs, z, b->target, scale, loss, dz);
}

const struct loss_type loss_mse = {
    .name = "mse",
    .help = "squared distance from the target, mean over the outputs",
    .source = "",
    .compute = squared_loss,
};

static void absolute_loss(const struct train_spec *s, int training, const struct batch *b, int outputs, const float *z,
                          float scale, float *loss, float *dz)
{
    (void)s;
    (void)training;
    b->k->mae_loss(b->n, outputs, z, b->target, scale, loss, dz);
}

const struct loss_type loss_mae = {
    .name = "mae",
    .help = "absolute distance from the target, mean over the outputs; far-off samples weigh less than with mse",
    .source = "",
    .compute = absolute_loss,
};

struct huber_args {
    double delta;
};

// clang-format off
static const struct param huber_params[] = {
    { .name = "delta", .type = P_FLOAT, .at = offsetof(struct huber_args, delta), .min = 0, .max = HUGE_VAL,
      .preset = "1", .open = 1, .help = "distance up to which the loss is squared; beyond, it grows linearly" },
    { 0 }
};
// clang-format on

static void huber_loss(const struct train_spec *s, int training, const struct batch *b, int outputs, const float *z,
                       float scale, float *loss, float *dz)
{
    const struct huber_args *a = (const void *)s->loss_args;
    (void)training;
    b->k->huber_loss(b->n, outputs, (float)a->delta, z, b->target, scale, loss, dz);
}

const struct loss_type loss_huber = {
    .name = "huber",
    .help = "half the squared distance up to delta, from there on linear; mean over the outputs",
    .source = "Huber 1964, doi:10.1214/aoms/1177703732",
    .params = huber_params,
    .args_size = sizeof(struct huber_args),
    .compute = huber_loss,
};

const struct loss_type *const loss_types[] = {&loss_cross_entropy, &loss_mse, &loss_mae, &loss_huber, NULL};

const char *loss_name(size_t i)
{
    return i == 0 ? "auto" : i < sizeof loss_types / sizeof *loss_types ? loss_types[i - 1]->name : NULL;
}
