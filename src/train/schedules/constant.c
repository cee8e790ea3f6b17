/* constant.c - the schedule that leaves the learning rate as it is. */
#include "train/train.h"

static const struct param no_params[] = {{0}};

static double constant_factor(const void *args, uint64_t i, uint64_t n, uint64_t steps_per_epoch)
{
    (void)args, (void)i, (void)n, (void)steps_per_epoch;
    return 1;
}

const struct schedule_type schedule_constant = {
    .name = "constant",
    .help = "the same learning rate throughout",
    .source = "",
    .params = no_params,
    .factor = constant_factor,
};
