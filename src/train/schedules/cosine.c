/* cosine.c - the schedule that follows half a cosine from the learning rate down. */
#include "base/maths.h"
#include "train/train.h"

#include <math.h>

struct cosine_args {
    double final;
};

// clang-format off
static const struct param cosine_params[] = {
    { .name = "final", .type = P_FLOAT, .at = offsetof(struct cosine_args, final), .min = 0, .max = 1, .preset = "0",
      .help = "share of the learning rate that is left at the end" },
    { 0 }
};
// clang-format on

/* One period of SGDR, not restarted; falls at every step and would reach `final` at step n, one after the last. */
static double cosine_factor(const void *args, uint64_t i, uint64_t n, uint64_t steps_per_epoch)
{
    const struct cosine_args *a = args;
    (void)steps_per_epoch;
    return a->final + (1 - a->final) * 0.5 * (1 + m_cos(M_PI * (double)i / (double)n));
}

static int cosine_flat(const void *args, int epochs)
{
    (void)epochs;
    return ((const struct cosine_args *)args)->final == 1;
}

const struct schedule_type schedule_cosine = {
    .name = "cosine",
    .help = "half a cosine wave over all steps, from the learning rate down to `final` of it",
    .source = "Loshchilov & Hutter 2017, arXiv:1608.03983",
    .params = cosine_params,
    .args_size = sizeof(struct cosine_args),
    .factor = cosine_factor,
    .flat = cosine_flat,
};
