/* exponential.c - the schedule that makes the learning rate smaller by the same factor every epoch. */
#include "base/maths.h"
#include "train/train.h"

struct exponential_args {
    double gamma;
};

// clang-format off
static const struct param exponential_params[] = {
    { .name = "gamma", .type = P_FLOAT, .at = offsetof(struct exponential_args, gamma), .min = 0, .max = 1,
      .preset = "0.95", .open = 1, .help = "what the learning rate is multiplied by after each epoch" },
    { 0 }
};
// clang-format on

static double exponential_factor(const void *args, uint64_t i, uint64_t n, uint64_t steps_per_epoch)
{
    const struct exponential_args *a = args;
    (void)n;
    return m_pow(a->gamma, (double)(i / steps_per_epoch));
}

static int exponential_flat(const void *args, int epochs)
{
    return ((const struct exponential_args *)args)->gamma == 1 || epochs == 1;
}

const struct schedule_type schedule_exponential = {
    .name = "exponential",
    .help = "times gamma every epoch (counted from the end of the warm-up)",
    .source = "",
    .params = exponential_params,
    .args_size = sizeof(struct exponential_args),
    .factor = exponential_factor,
    .flat = exponential_flat,
};
