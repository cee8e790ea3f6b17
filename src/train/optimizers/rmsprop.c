/* rmsprop.c - gradients divided by a running root mean square (Tieleman & Hinton 2012, Coursera "Neural Networks
 * for Machine Learning", lecture 6.5), as torch.optim.RMSprop, not centered. */
#include "train/train.h"

struct rmsprop_args {
    double alpha, momentum, eps;
};

// clang-format off
static const struct param rmsprop_params[] = {
    { .name = "alpha", .type = P_FLOAT, .at = offsetof(struct rmsprop_args, alpha), .min = 0, .max = 1,
      .preset = "0.99", .open = 2, .help = "decay of the running mean of squared gradients" },
    { .name = "momentum", .type = P_FLOAT, .at = offsetof(struct rmsprop_args, momentum), .min = 0, .max = 1,
      .preset = "0", .open = 2, .help = "share of the last step's direction that is kept; 0 needs no extra memory" },
    { .name = "eps", .type = P_FLOAT, .at = offsetof(struct rmsprop_args, eps), .min = 0, .max = 1,
      .preset = "1e-8", .open = 1, .help = "added to the root, against division by nothing" },
    { 0 }
};
// clang-format on

static int rmsprop_states(const void *args)
{
    return ((const struct rmsprop_args *)args)->momentum != 0 ? 2 : 1;
}

static void rmsprop_step(const void *args, const struct optimizer_call *c)
{
    const struct rmsprop_args *a = args;
    c->k->rmsprop_step(c->len, c->lr, a->alpha, (float)a->momentum, (float)a->eps, c->wd, c->gscale, c->g, c->w,
                       c->state[0], a->momentum != 0 ? c->state[1] : NULL);
}

const struct optimizer_type optimizer_rmsprop = {
    .name = "rmsprop",
    .help = "gradients divided by their running root mean square",
    .source = "Tieleman & Hinton 2012",
    .params = rmsprop_params,
    .args_size = sizeof(struct rmsprop_args),
    .states = rmsprop_states,
    .step = rmsprop_step,
};
