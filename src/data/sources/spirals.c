/* spirals.c - arms that wind round each other, one a class, after the two spirals of K. Lang and M. Witbrock, Learning
 * to tell two spirals apart, Connectionist Models Summer School 1988: there are three half turns to an arm and two arms
 * by default here, and both can be said. */
#include "base/maths.h"
#include "data/sources/made.h"

struct spirals_args {
    struct made_args made;
    int classes;
    double turns;
};
_Static_assert(sizeof(struct spirals_args) <= DATA_ARGS, "DATA_ARGS");

#define INNERMOST 0.1 /* radius at which the arms begin, so that they do not meet; they end at 1 */

// clang-format off
static const struct param spirals_params[] = {
    MADE_PARAMS("0.02"),
    { .name = "classes", .type = P_INT, .at = offsetof(struct spirals_args, classes), .min = 2, .max = DATA_CLASSES,
      .preset = "2", .help = "arms" },
    { .name = "turns", .type = P_FLOAT, .at = offsetof(struct spirals_args, turns), .min = 0, .max = 100,
      .preset = "1.5", .help = "of each arm round the centre" },
    { 0 }
};
// clang-format on

static void spirals_sizes(const void *args, int *features, int *classes)
{
    (void)features;
    *classes = ((const struct spirals_args *)args)->classes;
}

static void make_spiral(const void *args, uint64_t seed, struct rng *r, struct made_sample *s)
{
    const struct spirals_args *a = args;
    double along = made_uniform(r), radius = INNERMOST + (1 - INNERMOST) * along;
    double angle = 2 * M_PI * (a->turns * along + (double)s->class / a->classes);
    (void)seed;
    s->x[0] = radius * m_cos(angle);
    s->x[1] = radius * m_sin(angle);
}

static const struct made_type spirals = {.features = 2, .sizes = spirals_sizes, .make = make_spiral};
const struct data_source source_spirals = {
    .word = {"spirals", "made: arms that wind round each other, one a class; 2 numbers", spirals_params},
    .credit = "",
    .path = PATH_NEVER,
    .input = FIELD_FLOATS,
    .made = 1,
    .detail = &spirals,
    .load = made_load,
};
