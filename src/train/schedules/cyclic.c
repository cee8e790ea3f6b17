/* cyclic.c - the schedule that goes up and down along straight lines, again and again. */
#include "base/maths.h"
#include "train/train.h"

#include <math.h>

struct cyclic_args {
    double cycle_epochs, low, shrink;
};

// clang-format off
#define AT(field) offsetof(struct cyclic_args, field)
static const struct param cyclic_params[] = {
    { .name = "cycle_epochs", .type = P_FLOAT, .at = AT(cycle_epochs), .min = 0, .max = 1000000, .preset = "4", .open = 1,
      .help = "epochs of one way up and down" },
    { .name = "low", .type = P_FLOAT, .at = AT(low), .min = 0, .max = 1, .preset = "0.1",
      .help = "share of the learning rate from which a cycle rises and to which it falls" },
    { .name = "shrink", .type = P_FLOAT, .at = AT(shrink), .min = 0, .max = 1, .preset = "1", .open = 1,
      .help = "what the height of each cycle is of that before (0.5: PyTorch's triangular2)" },
    { 0 }
};
// clang-format on

static double cyclic_factor(const void *args, uint64_t i, uint64_t n, uint64_t steps_per_epoch)
{
    const struct cyclic_args *a = args;
    (void)n;
    double cycles = (double)i / (a->cycle_epochs * (double)steps_per_epoch), whole = floor(cycles);
    double up = 1 - fabs(1 - 2 * (cycles - whole));
    return a->low + (1 - a->low) * up * m_pow(a->shrink, whole);
}

static int cyclic_flat(const void *args, int epochs)
{
    (void)epochs;
    return ((const struct cyclic_args *)args)->low == 1;
}

const struct schedule_type schedule_cyclic = {
    .name = "cyclic",
    .help = "up from `low` of the learning rate to all of it and down again, every cycle_epochs epochs",
    .source = "Smith 2017, arXiv:1506.01186",
    .params = cyclic_params,
    .args_size = sizeof(struct cyclic_args),
    .factor = cyclic_factor,
    .flat = cyclic_flat,
};
