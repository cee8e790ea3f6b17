/* circles.c - a circle around another. */
#include "base/maths.h"
#include "data/sources/made.h"

struct circles_args {
    struct made_args made;
    double factor;
};
_Static_assert(sizeof(struct circles_args) <= DATA_ARGS, "DATA_ARGS");

// clang-format off
static const struct param circles_params[] = {
    MADE_PARAMS("0.1"),
    { .name = "factor", .type = P_FLOAT, .at = offsetof(struct circles_args, factor), .min = 0, .max = 1,
      .preset = "0.5", .open = 3, .help = "radius of the inner circle, class 1; that of the outer one is 1" },
    { 0 }
};
// clang-format on

static void make_circle(const void *args, uint64_t seed, struct rng *r, struct made_sample *s)
{
    double t = 2 * M_PI * made_uniform(r), radius = s->class ? ((const struct circles_args *)args)->factor : 1;
    (void)seed;
    s->x[0] = radius * m_cos(t);
    s->x[1] = radius * m_sin(t);
}

static const struct made_type circles = {.features = 2, .classes = 2, .make = make_circle};
const struct data_source source_circles = {
    .word = {"circles", "made: a circle around another; 2 numbers, 2 classes", circles_params},
    .credit = "",
    .path = PATH_NEVER,
    .input = FIELD_FLOATS,
    .made = 1,
    .detail = &circles,
    .load = made_load,
};
