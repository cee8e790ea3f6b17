/* restarts.c - the schedule of half cosine waves after each other. */
#include "base/maths.h"
#include "train/train.h"

#include <math.h>

struct restarts_args {
    int period, period_factor;
    double final;
};

// clang-format off
#define AT(field) offsetof(struct restarts_args, field)
static const struct param restarts_params[] = {
    { .name = "period", .type = P_INT, .at = AT(period), .min = 1, .max = 1000000, .preset = "10",
      .help = "epochs until the first restart" },
    { .name = "period_factor", .type = P_INT, .at = AT(period_factor), .min = 1, .max = 1000, .preset = "2",
      .help = "how many times as long each period is as that before" },
    { .name = "final", .type = P_FLOAT, .at = AT(final), .min = 0, .max = 1, .preset = "0",
      .help = "share of the learning rate that is left at the end of a period" },
    { 0 }
};
// clang-format on

/* Falls at every step, as torch.optim.lr_scheduler.CosineAnnealingWarmRestarts does where it is told parts of epochs.
 */
static double restarts_factor(const void *args, uint64_t i, uint64_t n, uint64_t steps_per_epoch)
{
    const struct restarts_args *a = args;
    double at = (double)i / (double)steps_per_epoch, period = a->period;
    (void)n;
    while (at >= period && a->period_factor > 1) {
        at -= period;
        period *= a->period_factor;
    }
    at -= period * floor(at / period);
    return a->final + (1 - a->final) * 0.5 * (1 + m_cos(M_PI * at / period));
}

static int restarts_flat(const void *args, int epochs)
{
    (void)epochs;
    return ((const struct restarts_args *)args)->final == 1;
}

const struct schedule_type schedule_restarts = {
    .name = "restarts",
    .help = "half a cosine wave down to `final`, begun again from the top after each period (SGDR)",
    .source = "Loshchilov & Hutter 2017, arXiv:1608.03983",
    .params = restarts_params,
    .args_size = sizeof(struct restarts_args),
    .factor = restarts_factor,
    .flat = restarts_flat,
};
