/* sgd.c - stochastic gradient descent with (Nesterov) momentum, as torch.optim.SGD with dampening 0. Momentum in
 * the form of Sutskever et al. 2013, "On the importance of initialization and momentum in deep learning". */
#include "train/train.h"

struct sgd_args {
    double momentum;
    int nesterov;
};

// clang-format off
static const struct param sgd_params[] = {
    { .name = "momentum", .type = P_FLOAT, .at = offsetof(struct sgd_args, momentum), .min = 0, .max = 1,
      .preset = "0", .open = 2, .help = "share of the last step's direction that is kept; 0.9 is usual, 0 needs no extra memory" },
    { .name = "nesterov", .type = P_BOOL, .at = offsetof(struct sgd_args, nesterov), .preset = "no", .with = "momentum",
      .help = "look ahead along the momentum (Nesterov); no effect when momentum is 0" },
    { 0 }
};
// clang-format on

static int sgd_states(const void *args)
{
    return ((const struct sgd_args *)args)->momentum != 0;
}

static void sgd_step(const void *args, const struct optimizer_call *c)
{
    const struct sgd_args *a = args;
    c->k->sgd_step(c->len, c->lr, (float)a->momentum, a->nesterov, c->t == 1, c->wd, c->gscale, c->g, c->w,
                   a->momentum != 0 ? c->state[0] : NULL);
}

const struct optimizer_type optimizer_sgd = {
    .name = "sgd",
    .help = "stochastic gradient descent, with momentum if asked",
    .source = "Sutskever et al. 2013",
    .params = sgd_params,
    .args_size = sizeof(struct sgd_args),
    .states = sgd_states,
    .step = sgd_step,
};
