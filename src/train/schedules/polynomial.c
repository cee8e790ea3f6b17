/* polynomial.c - the schedule that falls as a power of what is left of the training. */
#include "base/maths.h"
#include "train/train.h"

struct polynomial_args {
    double power, final;
};

// clang-format off
static const struct param polynomial_params[] = {
    { .name = "power", .type = P_FLOAT, .at = offsetof(struct polynomial_args, power), .min = 0, .max = 100,
      .preset = "1", .open = 1, .help = "of the share of steps that are left; 1: along a straight line" },
    { .name = "final", .type = P_FLOAT, .at = offsetof(struct polynomial_args, final), .min = 0, .max = 1, .preset = "0",
      .help = "share of the learning rate that is left at the end" },
    { 0 }
};
// clang-format on

/* Would reach `final` at step n, one after the last. */
static double polynomial_factor(const void *args, uint64_t i, uint64_t n, uint64_t steps_per_epoch)
{
    const struct polynomial_args *a = args;
    (void)steps_per_epoch;
    return a->final + (1 - a->final) * m_pow(1 - (double)i / (double)n, a->power);
}

static int polynomial_flat(const void *args, int epochs)
{
    (void)epochs;
    return ((const struct polynomial_args *)args)->final == 1;
}

const struct schedule_type schedule_polynomial = {
    .name = "polynomial",
    .help = "(1 - step / steps)^power, from the learning rate down to `final` of it",
    .source = "",
    .params = polynomial_params,
    .args_size = sizeof(struct polynomial_args),
    .factor = polynomial_factor,
    .flat = polynomial_flat,
};
