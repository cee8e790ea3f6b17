/* lion.c - steps of one size, in the direction of the sign of a momentum (Chen et al. 2023, arXiv:2302.06675, algorithm
 * 2). Weight decay is apart from the gradient, as in AdamW. */
#include "train/train.h"

struct lion_args {
    double beta1, beta2;
};

// clang-format off
static const struct param lion_params[] = {
    { .name = "beta1", .type = P_FLOAT, .at = offsetof(struct lion_args, beta1), .min = 0, .max = 1,
      .preset = "0.9", .open = 2, .help = "share of the momentum in the direction of a step" },
    { .name = "beta2", .type = P_FLOAT, .at = offsetof(struct lion_args, beta2), .min = 0, .max = 1,
      .preset = "0.99", .open = 2, .help = "decay of the momentum" },
    { 0 }
};
// clang-format on

static int lion_states(const void *args)
{
    (void)args;
    return 1;
}

static void lion_step(const void *args, const struct optimizer_call *c)
{
    const struct lion_args *a = args;
    c->k->lion_step(c->len, c->lr, a->beta1, a->beta2, c->wd, c->gscale, c->g, c->w, c->state[0]);
}

const struct optimizer_type optimizer_lion = {
    .name = "lion",
    .help = "w -= lr sign(beta1 m + (1 - beta1) g); the usual lr is a third to a tenth of adam's",
    .source = "Chen et al. 2023, arXiv:2302.06675",
    .params = lion_params,
    .args_size = sizeof(struct lion_args),
    .states = lion_states,
    .step = lion_step,
};
