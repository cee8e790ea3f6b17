/* moons.c - two half circles, each of which reaches into the other (as make_moons of scikit-learn, but for angles that
 * are drawn). */
#include "base/maths.h"
#include "data/sources/made.h"

static const struct param moons_params[] = {MADE_PARAMS("0.2"), {0}};

static void make_moon(const void *args, uint64_t seed, struct rng *r, struct made_sample *s)
{
    double t = M_PI * made_uniform(r), c = m_cos(t), h = m_sin(t);
    (void)args;
    (void)seed;
    s->x[0] = s->class ? 1 - c : c;
    s->x[1] = s->class ? 0.5 - h : h;
}

static const struct made_type moons = {.features = 2, .classes = 2, .make = make_moon};
const struct data_source source_moons = {
    .word = {"moons", "made: two half circles that reach into each other; 2 numbers, 2 classes", moons_params},
    .credit = "",
    .path = PATH_NEVER,
    .input = FIELD_FLOATS,
    .made = 1,
    .detail = &moons,
    .load = made_load,
};
