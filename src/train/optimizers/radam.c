/* radam.c - Adam whose steps are made smaller while few squares of gradients are known (Liu et al. 2020,
 * arXiv:1908.03265), as torch.optim.RAdam. */
#include "base/maths.h"
#include "train/optimizers/adam.h"

#include <math.h>

/* The length of the mean that v is of, after t steps and after many, decides how much its variance is to be put right;
 * where that is not defined (5 and less), the step is momentum alone. */
static void radam_step(const void *args, const struct optimizer_call *c)
{
    const struct adam_args *a = args;
    double t = (double)c->t, power = m_pow(a->beta2, t), lr = (double)c->lr / (1 - m_pow(a->beta1, t));
    double most = 2 / (1 - a->beta2) - 1, length = most - 2 * t * power / (1 - power);
    struct moment_rule r = {.beta1 = a->beta1, .beta2 = a->beta2, .wd = c->wd, .by_m = (float)lr, .eps = 1};
    if (length > 5) {
        double right = (length - 4) * (length - 2) * most / ((most - 4) * (most - 2) * length);
        r.by_m = (float)(lr * sqrt(right * (1 - power)));
        r.root = 1;
        r.eps = (float)a->eps;
    }
    c->k->moment_step(c->len, &r, c->gscale, c->g, c->w, c->state[0], c->state[1], NULL);
}

const struct optimizer_type optimizer_radam = {
    .name = "radam",
    .help = "adam whose first steps are smaller, as a warm-up would make them, by the variance of what is known so far",
    .source = "Liu et al. 2020, arXiv:1908.03265",
    .params = adam_params,
    .args_size = sizeof(struct adam_args),
    .states = adam_states,
    .step = radam_step,
};
