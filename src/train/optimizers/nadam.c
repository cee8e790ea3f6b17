/* nadam.c - Adam that looks ahead along its momentum (Dozat 2016), as torch.optim.NAdam. */
#include "base/maths.h"
#include "train/optimizers/adam.h"

#include <math.h>

struct nadam_args {
    struct adam_args adam;
    double momentum_decay;
};

// clang-format off
#define AT(field) offsetof(struct nadam_args, field)
static const struct param nadam_params[] = {
    { .name = "beta1", .type = P_FLOAT, .at = AT(adam.beta1), .min = 0, .max = 1, .preset = "0.9", .open = 2,
      .help = "decay of the running mean of gradients" },
    { .name = "beta2", .type = P_FLOAT, .at = AT(adam.beta2), .min = 0, .max = 1, .preset = "0.999", .open = 2,
      .help = "decay of the running mean of squared gradients" },
    { .name = "eps", .type = P_FLOAT, .at = AT(adam.eps), .min = 0, .max = 1, .preset = "1e-8", .open = 1,
      .help = "added to the root, against division by nothing" },
    { .name = "momentum_decay", .type = P_FLOAT, .at = AT(momentum_decay), .min = 0, .max = 1, .preset = "0.004",
      .help = "how fast the momentum rises from beta1 / 2 to beta1" },
    { 0 }
};
// clang-format on

/* The momentum of step t is beta1 (1 - 0.96^(t momentum_decay) / 2). Gives that of step t + 1 and the product of those
 * of the steps 1..t, which is 0 beside 1 after so many. */
static void momenta(const struct nadam_args *a, uint64_t t, double *now, double *next, double *product)
{
    double fall = m_pow(0.96, a->momentum_decay), left = 1;
    *product = 1;
    for (uint64_t i = 1; i <= t && *product > 1e-20; i++) {
        left *= fall;
        *product *= a->adam.beta1 * (1 - left / 2);
    }
    *now = a->adam.beta1 * (1 - m_pow(0.96, (double)t * a->momentum_decay) / 2);
    *next = a->adam.beta1 * (1 - m_pow(0.96, (double)(t + 1) * a->momentum_decay) / 2);
}

static void nadam_step(const void *args, const struct optimizer_call *c)
{
    const struct nadam_args *a = args;
    double now, next, product, lr = (double)c->lr, c2 = 1 - m_pow(a->adam.beta2, (double)c->t);
    momenta(a, c->t, &now, &next, &product);
    struct moment_rule r = {.beta1 = a->adam.beta1,
                            .beta2 = a->adam.beta2,
                            .wd = c->wd,
                            .by_g = (float)(lr * (1 - now) / (1 - product)),
                            .by_m = (float)(lr * next / (1 - product * next)),
                            .root = (float)(1 / sqrt(c2)),
                            .eps = (float)a->adam.eps};
    c->k->moment_step(c->len, &r, c->gscale, c->g, c->w, c->state[0], c->state[1], NULL);
}

const struct optimizer_type optimizer_nadam = {
    .name = "nadam",
    .help = "adam with the look-ahead of Nesterov's momentum",
    .source = "Dozat 2016, ICLR workshop",
    .params = nadam_params,
    .args_size = sizeof(struct nadam_args),
    .states = adam_states,
    .step = nadam_step,
};
