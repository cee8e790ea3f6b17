/* losses.c - losses that compare a network's output with what the data says; each ends in a row of the list. */
#include "train/task.h"

#include <math.h>
#include <string.h>

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

struct focal_args {
    double focus;
};

// clang-format off
static const struct param focal_params[] = {
    { .name = "focus", .type = P_FLOAT, .at = offsetof(struct focal_args, focus), .min = 0, .max = 100, .preset = "2",
      .help = "the power gamma: how much less samples weigh that are right already; 0 is cross_entropy" },
    { 0 }
};
// clang-format on

static void focal_loss(const struct train_spec *s, int training, const struct batch *b, int outputs, const float *z,
                       float scale, float *loss, float *dz)
{
    const struct focal_args *a = (const void *)s->loss_args;
    (void)training;
    b->k->focal_loss(b->n, outputs, (float)a->focus, z, b->label, scale, loss, dz);
}

const struct loss_type loss_focal = {
    .name = "focal",
    .help = "-(1 - p)^focus log p, p the share that softmax gives to the right class",
    .source = "Lin et al. 2017, arXiv:1708.02002",
    .params = focal_params,
    .args_size = sizeof(struct focal_args),
    .compute = focal_loss,
};

static void hinge_loss(const struct train_spec *s, int training, const struct batch *b, int outputs, const float *z,
                       float scale, float *loss, float *dz)
{
    (void)s, (void)training;
    b->k->hinge_loss(b->n, outputs, z, b->label, scale, loss, dz);
}

static double hinge_judge(enum judged of, double z, double *slope)
{
    const double sign = of == JUDGED_MADE ? 1 : -1, loss = of == JUDGED_FOOLED ? -z : 1 + sign * z;
    *slope = of == JUDGED_FOOLED ? -1 : loss > 0 ? sign : 0;
    return of == JUDGED_FOOLED || loss > 0 ? loss : 0;
}

const struct loss_type loss_hinge = {
    .name = "hinge",
    .help =
        "max(0, 1 - output of the right class + output of another), mean over the classes; of a critic max(0, 1 - z) "
        "of samples and max(0, 1 + z) of what is made, and of the generator -z",
    .source = "Crammer & Singer 2001, JMLR 2; Lim & Ye 2017, arXiv:1705.02894",
    .judge = hinge_judge,
    .compute = hinge_loss,
};

static void bce_loss(const struct train_spec *s, int training, const struct batch *b, int outputs, const float *z,
                     float scale, float *loss, float *dz)
{
    if (!b->label)
        b->k->bce_target_loss(b->n, outputs, z, b->target, scale, loss, dz);
    else
        b->k->bce_loss(b->n, outputs, z, b->label, training ? (float)s->label_smoothing : 0, scale, loss, dz);
}

const struct loss_type loss_bce = {
    .name = "bce",
    .help = "binary cross-entropy of the sigmoid of each output, the right class against the others, or the value that "
            "is to "
            "be put out; mean over the outputs",
    .source = "",
    .smooths = 1,
    .compute = bce_loss,
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

struct formula_args {
    double value;
};

// clang-format off
static const struct param formula_params[] = {
    { .name = "value", .type = P_FLOAT, .at = offsetof(struct formula_args, value), .preset = "0",
      .help = "the loss of every sample; an expression of axes makes a space of it whose best point is known" },
    { 0 }
};
// clang-format on

/* Nothing is learned: there is no gradient. */
static void formula_loss(const struct train_spec *s, int training, const struct batch *b, int outputs, const float *z,
                         float scale, float *loss, float *dz)
{
    const struct formula_args *a = (const void *)s->loss_args;
    (void)training, (void)z, (void)scale;
    for (int i = 0; i < b->n; i++)
        loss[i] = (float)a->value;
    if (dz)
        memset(dz, 0, (size_t)outputs * LANES * blocks_of(b->n) * sizeof *dz);
}

const struct loss_type loss_formula = {
    .name = "formula",
    .help =
        "train.value, whatever the network puts out: nothing is learned; to try methods of search on known functions",
    .source = "",
    .params = formula_params,
    .args_size = sizeof(struct formula_args),
    .constant = 1,
    .compute = formula_loss,
};

const struct loss_type *const loss_types[] = {&loss_cross_entropy, &loss_mse,  &loss_mae,     &loss_huber, &loss_focal,
                                              &loss_hinge,         &loss_bce,  &loss_formula, &loss_dice,  &loss_gan,
                                              &loss_lsgan,         &loss_wgan, NULL};

const char *loss_name(size_t i)
{
    return i == 0 ? "auto" : i < sizeof loss_types / sizeof *loss_types ? loss_types[i - 1]->name : NULL;
}
