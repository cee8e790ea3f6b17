/* critic_losses.c - losses of a critic, which tells samples from what a generator makes of noise, and of the generator,
 * which is to fool it. z is the number that the critic puts out. */
#include "base/maths.h"
#include "train/critic.h"

#include <math.h>

/* log(1 + exp(z)), and its derivative. */
static double softplus_of(double z, double *slope)
{
    const double e = m_exp(-fabs(z));
    *slope = z > 0 ? 1 / (1 + e) : e / (1 + e);
    return (z > 0 ? z : 0) + m_log(1 + e);
}

static double gan_judge(enum judged of, double z, double *slope)
{
    const double sign = of == JUDGED_MADE ? 1 : -1, loss = softplus_of(sign * z, slope);
    *slope *= sign;
    return loss;
}

const struct loss_type loss_gan = {
    .name = "gan",
    .help = "cross-entropy of the sigmoid of what the critic puts out, a sample or made; of the generator -log of the "
            "share that is taken for a sample (non-saturating)",
    .source = "Goodfellow et al. 2014, arXiv:1406.2661",
    .judge = gan_judge,
};

static double lsgan_judge(enum judged of, double z, double *slope)
{
    *slope = z - (of != JUDGED_MADE);
    return *slope * *slope / 2;
}

const struct loss_type loss_lsgan = {
    .name = "lsgan",
    .help = "half the squared distance of what the critic puts out from 1 of samples and 0 of what is made; of the "
            "generator from 1",
    .source = "Mao et al. 2017, arXiv:1611.04076",
    .judge = lsgan_judge,
};

static double wgan_judge(enum judged of, double z, double *slope)
{
    *slope = of == JUDGED_MADE ? 1 : -1;
    return *slope * z;
}

// clang-format off
static const struct param wgan_params[] = {
    { .name = "penalty", .type = P_FLOAT, .at = offsetof(struct wgan_args, penalty), .min = 0, .max = HUGE_VAL, .preset = "10",
      .help = "what the gradient penalty is multiplied by in the loss of the critic" },
    { 0 }
};
// clang-format on

const struct loss_type loss_wgan = {
    .name = "wgan",
    .help = "z of what is made less z of samples, plus penalty * (|gradient of z by its input| - 1)^2 between a sample "
            "and something made; of the generator -z",
    .source = "Gulrajani et al. 2017, arXiv:1704.00028",
    .params = wgan_params,
    .args_size = sizeof(struct wgan_args),
    .judge = wgan_judge,
};
