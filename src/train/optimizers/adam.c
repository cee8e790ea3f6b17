/* adam.c - Adam (Kingma & Ba 2015, arXiv:1412.6980), as torch.optim.Adam without amsgrad. */
#include "train/optimizers/adam.h"

#include "base/maths.h"

// clang-format off
const struct param adam_params[] = {
    { .name = "beta1", .type = P_FLOAT, .at = offsetof(struct adam_args, beta1), .min = 0, .max = 1,
      .preset = "0.9", .open = 2, .help = "decay of the running mean of gradients" },
    { .name = "beta2", .type = P_FLOAT, .at = offsetof(struct adam_args, beta2), .min = 0, .max = 1,
      .preset = "0.999", .open = 2, .help = "decay of the running mean of squared gradients" },
    { .name = "eps", .type = P_FLOAT, .at = offsetof(struct adam_args, eps), .min = 0, .max = 1,
      .preset = "1e-8", .open = 1, .help = "added to the root, against division by nothing" },
    { 0 }
};
// clang-format on

int adam_states(const void *args)
{
    (void)args;
    return 2;
}

void adam_update(const struct adam_args *a, int decoupled, const struct optimizer_call *c)
{
    double c1 = 1 - m_pow(a->beta1, (double)c->t), c2 = 1 - m_pow(a->beta2, (double)c->t);
    c->k->adam_step(c->len, c->lr, a->beta1, a->beta2, (float)a->eps, (float)c1, (float)c2, decoupled, c->wd, c->gscale,
                    c->g, c->w, c->state[0], c->state[1]);
}

static void adam_step(const void *args, const struct optimizer_call *c)
{
    adam_update(args, 0, c);
}

const struct optimizer_type optimizer_adam = {
    .name = "adam",
    .help = "adaptive moments; weight decay is part of the gradient",
    .source = "Kingma & Ba 2015, arXiv:1412.6980",
    .params = adam_params,
    .args_size = sizeof(struct adam_args),
    .states = adam_states,
    .step = adam_step,
};
