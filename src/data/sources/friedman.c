/* friedman.c - ten numbers in [0,1], of which five count, and one to predict (Friedman 1991, "Multivariate adaptive
 * regression splines", Annals of Statistics 19(1), doi:10.1214/aos/1176347963; as make_friedman1 of scikit-learn). */
#include "base/maths.h"
#include "data/sources/made.h"

struct friedman_args {
    struct made_args made;
    int features;
};
_Static_assert(sizeof(struct friedman_args) <= DATA_ARGS, "DATA_ARGS");

// clang-format off
static const struct param friedman_params[] = {
    MADE_PARAMS("1"),
    { .name = "features", .type = P_INT, .at = offsetof(struct friedman_args, features), .min = 5,
      .max = MADE_FEATURES, .preset = "10", .help = "numbers of a sample; those after the fifth say nothing" },
    { 0 }
};
// clang-format on

static void friedman_sizes(const void *args, int *features, int *classes)
{
    *features = ((const struct friedman_args *)args)->features;
    *classes = 0;
}

static void make_friedman(const void *args, uint64_t seed, struct rng *r, struct made_sample *s)
{
    double *x = s->x;
    (void)seed;
    for (int k = 0; k < ((const struct friedman_args *)args)->features; k++)
        x[k] = made_uniform(r);
    s->number = 10 * m_sin(M_PI * x[0] * x[1]) + 20 * (x[2] - 0.5) * (x[2] - 0.5) + 10 * x[3] + 5 * x[4];
}

static const struct made_type friedman = {.sizes = friedman_sizes, .make = make_friedman};
const struct data_source source_friedman = {
    .word = {"friedman",
             "made: numbers in [0,1] and one to predict, 10 sin(pi x1 x2) + 20 (x3 - 1/2)^2 + 10 x4 + 5 x5 "
             "(Friedman 1991)",
             friedman_params},
    .credit = "",
    .path = PATH_NEVER,
    .input = FIELD_FLOATS,
    .made = 1,
    .detail = &friedman,
    .load = made_load,
};
