/* lamb.c - Adam whose step of each weight tensor is made as long as the tensor itself, times the learning rate (You et
 * al. 2020, arXiv:1904.00962, algorithm 2, with the identity for phi). Biases, gains and shifts take Adam's own step,
 * as those who train with it leave them out. */
#include "base/maths.h"
#include "train/optimizers/adam.h"

#include <math.h>

// clang-format off
static const struct param lamb_params[] = {
    { .name = "beta1", .type = P_FLOAT, .at = offsetof(struct adam_args, beta1), .min = 0, .max = 1,
      .preset = "0.9", .open = 2, .help = "decay of the running mean of gradients" },
    { .name = "beta2", .type = P_FLOAT, .at = offsetof(struct adam_args, beta2), .min = 0, .max = 1,
      .preset = "0.999", .open = 2, .help = "decay of the running mean of squared gradients" },
    { .name = "eps", .type = P_FLOAT, .at = offsetof(struct adam_args, eps), .min = 0, .max = 1,
      .preset = "1e-6", .open = 1, .help = "added to the root, against division by nothing" },
    { 0 }
};
// clang-format on

static size_t lamb_scratch(const struct nn_tensor *t)
{
    return PAD16(t->n);
}

/* Length of the weights over that of the step; 1 where one of them has none. */
static double trust(const struct optimizer_call *c)
{
    if (c->tensor->role != NN_WEIGHT)
        return 1;
    double w = sqrt(c->k->sum_squares(c->len, c->w)), step = sqrt(c->k->sum_squares(c->len, c->scratch));
    return w > 0 && step > 0 ? w / step : 1;
}

static void lamb_step(const void *args, const struct optimizer_call *c)
{
    const struct adam_args *a = args;
    double c1 = 1 - m_pow(a->beta1, (double)c->t), c2 = 1 - m_pow(a->beta2, (double)c->t);
    struct moment_rule r = {.beta1 = a->beta1,
                            .beta2 = a->beta2,
                            .decay = c->wd,
                            .by_m = (float)(1 / c1),
                            .root = (float)(1 / sqrt(c2)),
                            .eps = (float)a->eps};
    c->k->moment_step(c->len, &r, c->gscale, c->g, c->w, c->state[0], c->state[1], c->scratch);
    c->k->add_scaled(c->len, (float)(-(double)c->lr * trust(c)), c->scratch, c->w, c->w);
}

const struct optimizer_type optimizer_lamb = {
    .name = "lamb",
    .help = "adam whose steps are as long as the weights of the layer, times lr; for large batches",
    .source = "You et al. 2020, arXiv:1904.00962",
    .params = lamb_params,
    .args_size = sizeof(struct adam_args),
    .states = adam_states,
    .scratch = lamb_scratch,
    .step = lamb_step,
};
