/* sines.c - a number x and one to predict: a sum of waves, of which the k-th has k periods over the range of x, the
 * height 1/k, and a phase that the seed decides. The more of them, the rougher the curve. */
#include "base/maths.h"
#include "data/sources/made.h"

struct sines_args {
    struct made_args made;
    int waves;
};
_Static_assert(sizeof(struct sines_args) <= DATA_ARGS, "DATA_ARGS");

// clang-format off
static const struct param sines_params[] = {
    MADE_PARAMS("0.1"),
    { .name = "waves", .type = P_INT, .at = offsetof(struct sines_args, waves), .min = 1, .max = 100, .preset = "3",
      .help = "waves that are added up" },
    { 0 }
};
// clang-format on

static void make_sines(const void *args, uint64_t seed, struct rng *r, struct made_sample *s)
{
    struct rng phases;
    double x = 2 * made_uniform(r) - 1;
    made_common(&phases, seed, 0);
    s->x[0] = x;
    s->number = 0;
    for (int k = 1; k <= ((const struct sines_args *)args)->waves; k++)
        s->number += m_sin(M_PI * (k * x + 2 * made_uniform(&phases))) / k;
}

static const struct made_type sines = {.features = 1, .classes = 0, .make = make_sines};
const struct data_source source_sines = {
    .word = {"sines", "made: a number in (-1,1) and one to predict, the sum of waves whose phases the seed decides",
             sines_params},
    .credit = "",
    .path = PATH_NEVER,
    .input = FIELD_FLOATS,
    .made = 1,
    .detail = &sines,
    .load = made_load,
};
