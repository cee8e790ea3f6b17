/* onecycle.c - the schedule that rises once and falls once. */
#include "base/maths.h"
#include "train/train.h"

#include <math.h>

struct onecycle_args {
    double pct_start, div_factor, final_div_factor;
};

// clang-format off
static const struct param onecycle_params[] = {
    { .name = "pct_start", .type = P_FLOAT, .at = offsetof(struct onecycle_args, pct_start), .min = 0, .max = 1,
      .preset = "0.3", .help = "share of the steps in which the learning rate rises" },
    { .name = "div_factor", .type = P_FLOAT, .at = offsetof(struct onecycle_args, div_factor), .min = 1, .max = 1e9,
      .preset = "25", .help = "the first learning rate is lr / div_factor" },
    { .name = "final_div_factor", .type = P_FLOAT, .at = offsetof(struct onecycle_args, final_div_factor), .min = 1, .max = 1e9,
      .preset = "10000", .help = "the last learning rate is lr / div_factor / final_div_factor" },
    { 0 }
};
// clang-format on

/* Along half a cosine wave from a (share 0) to b (share 1). */
static double between(double a, double b, double share)
{
    return b + (a - b) / 2 * (1 + m_cos(M_PI * share));
}

/* The peak stands at step pct_start * n - 1, which need not be whole, as in torch.optim.lr_scheduler.OneCycleLR. */
static double onecycle_factor(const void *args, uint64_t i, uint64_t n, uint64_t steps_per_epoch)
{
    const struct onecycle_args *a = args;
    (void)steps_per_epoch;
    double first = 1 / a->div_factor, last = first / a->final_div_factor;
    double peak = a->pct_start * (double)n - 1, end = (double)n - 1, at = (double)i;
    if (at <= peak)
        return peak > 0 ? between(first, 1, at / peak) : 1;
    return end > peak ? between(1, last, (at - peak) / (end - peak)) : 1;
}

static int onecycle_flat(const void *args, int epochs)
{
    const struct onecycle_args *a = args;
    (void)epochs;
    return a->div_factor == 1 && a->final_div_factor == 1;
}

const struct schedule_type schedule_onecycle = {
    .name = "onecycle",
    .help = "up from lr / div_factor to lr, then down to nearly nothing; momentum is not cycled",
    .source = "Smith & Topin 2018, arXiv:1708.07120",
    .params = onecycle_params,
    .args_size = sizeof(struct onecycle_args),
    .factor = onecycle_factor,
    .flat = onecycle_flat,
};
