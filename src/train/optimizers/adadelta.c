/* adadelta.c - steps in the units of the parameters, from running means of squared gradients and of squared steps
 * (Zeiler 2012, arXiv:1212.5701), as torch.optim.Adadelta. */
#include "train/train.h"

struct adadelta_args {
    double rho, eps;
};

// clang-format off
static const struct param adadelta_params[] = {
    { .name = "rho", .type = P_FLOAT, .at = offsetof(struct adadelta_args, rho), .min = 0, .max = 1,
      .preset = "0.9", .open = 2, .help = "decay of the running means of squared gradients and steps" },
    { .name = "eps", .type = P_FLOAT, .at = offsetof(struct adadelta_args, eps), .min = 0, .max = 1,
      .preset = "1e-6", .open = 1, .help = "added to both means; decides how large the first steps are" },
    { 0 }
};
// clang-format on

static int adadelta_states(const void *args)
{
    (void)args;
    return 2;
}

static void adadelta_step(const void *args, const struct optimizer_call *c)
{
    const struct adadelta_args *a = args;
    c->k->adadelta_step(c->len, c->lr, a->rho, (float)a->eps, c->wd, c->gscale, c->g, c->w, c->state[0], c->state[1]);
}

const struct optimizer_type optimizer_adadelta = {
    .name = "adadelta",
    .help = "gradients times the root mean square of the last steps over that of the gradients; the usual lr is 1",
    .source = "Zeiler 2012, arXiv:1212.5701",
    .params = adadelta_params,
    .args_size = sizeof(struct adadelta_args),
    .states = adadelta_states,
    .step = adadelta_step,
};
