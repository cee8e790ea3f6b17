/* adagrad.c - gradients divided by the root of the sum of all their squares so far (Duchi et al. 2011, JMLR 12), as
 * torch.optim.Adagrad. */
#include "train/train.h"

struct adagrad_args {
    double eps;
};

// clang-format off
static const struct param adagrad_params[] = {
    { .name = "eps", .type = P_FLOAT, .at = offsetof(struct adagrad_args, eps), .min = 0, .max = 1,
      .preset = "1e-10", .open = 1, .help = "added to the root, against division by nothing" },
    { 0 }
};
// clang-format on

static int adagrad_states(const void *args)
{
    (void)args;
    return 1;
}

static void adagrad_step(const void *args, const struct optimizer_call *c)
{
    const struct adagrad_args *a = args;
    c->k->adagrad_step(c->len, c->lr, (float)a->eps, c->wd, c->gscale, c->g, c->w, c->state[0]);
}

const struct optimizer_type optimizer_adagrad = {
    .name = "adagrad",
    .help = "gradients divided by the root of the sum of their squares: w -= lr g / (sqrt(sum g^2) + eps)",
    .source = "Duchi et al. 2011, JMLR 12",
    .params = adagrad_params,
    .args_size = sizeof(struct adagrad_args),
    .states = adagrad_states,
    .step = adagrad_step,
};
