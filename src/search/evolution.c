/* evolution.c - changes one value of the best of a few of the latest points: regularized evolution, in which points die
 * of age. */
#include "search/search.h"

#include "base/rng.h"

#include <math.h>
#include <string.h>

#define STEP 0.1 /* deviation of a change along an axis in order, of its quantiles */
#define TRIES 64 /* draws of a change, until the value is another one; and of a child, until it is a new point */

/* Draws points of the population, the latest whose results may be known, and returns the best. */
static size_t draw_parent(const struct search *s, const struct search_history *h, struct rng *r)
{
    size_t known = search_known(s, h), living = known < (size_t)s->args.startup ? known : (size_t)s->args.startup;
    size_t best = known - 1 - rng_below(r, (uint32_t)living);
    for (int i = 1; i < s->args.candidates; i++) {
        size_t other = known - 1 - rng_below(r, (uint32_t)living);
        if (search_better(&h->result[other], &h->result[best]))
            best = other;
    }
    return best;
}

static int is_listed(const struct search *s, size_t axis)
{
    return s->ordered && !s->ordered[axis];
}

/* Changes the quantile of an axis so that it is that of another value: a little where values are in order. */
static void change_axis(const struct search *s, size_t axis, int64_t value, struct rng *r, double *unit)
{
    double was = *unit;
    for (int i = 0; i < TRIES && (int64_t)s->quantile(s->ctx, axis, (uint32_t)(*unit * 0x1p32)) == value; i++) {
        double x = is_listed(s, axis) ? (rng_u32(r) + 0.5) * 0x1p-32 : was + (1 + i) * STEP * rng_normal(r);
        *unit = x - floor(x / 2) * 2; /* what goes over an end comes back from it */
        *unit = *unit >= 1 ? 2 - *unit : *unit;
        *unit = *unit >= 1 ? 0.5 : *unit;
    }
}

/* Axes that the parent does not have are drawn, for a child that has them. */
static int breed(const struct search *s, const struct search_history *h, struct rng *r, struct proposal *out,
                 struct err *e)
{
    uint32_t unit[SEARCH_AXES];
    size_t parent = draw_parent(s, h, r), there[SEARCH_AXES], n = 0;
    const int64_t *value = h->value + parent * s->axes;
    for (size_t i = 0; i < s->axes; i++) {
        double u = h->unit[parent * s->axes + i];
        unit[i] = value[i] == SEARCH_ABSENT ? rng_u32(r) : (uint32_t)(u * 0x1p32);
        if (value[i] != SEARCH_ABSENT && s->axis[i].values > 1)
            there[n++] = i;
    }
    if (n) {
        size_t axis = there[rng_below(r, (uint32_t)n)];
        double u = h->unit[parent * s->axes + axis];
        change_axis(s, axis, value[axis], r, &u);
        unit[axis] = (uint32_t)(u * 0x1p32);
    }
    return search_from_units(s, unit, out, e);
}

static int ask_evolution(const struct search *s, const struct search_history *before, uint64_t number,
                         struct proposal *out, struct err *e)
{
    struct rng r;
    if (before->points < (size_t)s->args.startup || !search_known(s, before))
        return search_random.ask(s, before, number, out, e);
    rng_init(&r, s->seed, RNG_SEARCH, (uint32_t)number, (uint32_t)(number >> 32) | 1u << 30);
    int bad = 0;
    for (int i = 0; i < TRIES && !bad && (!i || search_was_proposed(s, before, out)); i++)
        bad = breed(s, before, &r, out, e);
    if (!bad && search_was_proposed(s, before, out))
        bad = search_random.ask(s, before, number, out, e);
    return bad;
}

#define ARG(field) offsetof(struct search_args, field)
// clang-format off
static const struct param evolution_params[] = {
    SEARCH_LISTEN_PARAMS,
    { .name = "startup", .type = P_INT, .at = ARG(startup), .min = 2, .max = 100000, .preset = "20",
      .help = "the population: the first points, which are those of random, and later as many of the latest" },
    { .name = "candidates", .type = P_INT, .at = ARG(candidates), .min = 1, .max = 10000, .preset = "5",
      .help = "drawn from the population for each proposal, which is a change of the best of them" },
    { 0 }
};
// clang-format on

const struct search_type search_evolution = {
    .name = "evolution",
    .help = "learns from results: one value of the best of a few of the latest points is changed",
    .source = "Real, Aggarwal, Huang & Le, Regularized Evolution for Image Classifier Architecture Search, AAAI 2019",
    .params = evolution_params,
    .draws = 1,
    .listens = 1,
    .ask = ask_evolution,
};
