/* step.c - the schedule that makes the learning rate smaller every few epochs. */
#include "base/maths.h"
#include "train/train.h"

struct step_args {
    int step_epochs;
    double gamma;
};

// clang-format off
static const struct param step_params[] = {
    { .name = "step_epochs", .type = P_INT, .at = offsetof(struct step_args, step_epochs), .min = 1, .max = 1000000,
      .preset = "10", .help = "epochs between two reductions" },
    { .name = "gamma", .type = P_FLOAT, .at = offsetof(struct step_args, gamma), .min = 0, .max = 1,
      .preset = "0.1", .open = 1, .help = "what the learning rate is multiplied by at each reduction" },
    { 0 }
};
// clang-format on

static double step_factor(const void *args, uint64_t i, uint64_t n, uint64_t steps_per_epoch)
{
    const struct step_args *a = args;
    (void)n;
    return m_pow(a->gamma, (double)(i / steps_per_epoch / (uint64_t)a->step_epochs));
}

static int step_flat(const void *args, int epochs)
{
    const struct step_args *a = args;
    return a->gamma == 1 || epochs <= a->step_epochs;
}

const struct schedule_type schedule_step = {
    .name = "step",
    .help = "times gamma every step_epochs epochs (counted from the end of the warm-up)",
    .source = "",
    .params = step_params,
    .args_size = sizeof(struct step_args),
    .factor = step_factor,
    .flat = step_flat,
};
