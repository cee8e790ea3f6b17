/* evolution.c - changes one value of the best of a few of the latest points: regularized evolution, in which points die
 * of age. */
#include "search/objectives.h"

#include "base/rng.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define STEP 0.1 /* deviation of a change along an axis in order, of its quantiles */
#define PAIR                                                                                                           \
    2            /* points that are drawn for a parent where there are several objectives, as by NSGA-II: with more of \
                    them the ends of the front would have all children */
#define TRIES 64 /* draws of a change, until the value is another one; and of a child, until it is a new point */

/* The points of which children are made: the latest whose results may be known; of several objectives the best of all,
 * the better ones first. */
struct population {
    size_t living, known;
    uint32_t *best; /* [living]; NULL: one objective */
};

/* 0, or -1 without memory. */
static int find_population(const struct search *s, const struct search_history *h, struct population *p)
{
    const size_t known = search_known(s, h), most = (size_t)s->args.startup;
    *p = (struct population){.living = known < most ? known : most, .known = known};
    if (!s->others)
        return 0;
    p->best = malloc((p->living + 1) * sizeof *p->best);
    return p->best ? best_by_crowding(s, h, p->living, p->best, &p->living) : -1;
}

/* Draws points of the population, and returns the best. */
static size_t draw_parent(const struct search *s, const struct search_history *h, const struct population *p,
                          struct rng *r)
{
    const int drawn = p->best && s->args.candidates > PAIR ? PAIR : s->args.candidates;
    size_t best = rng_below(r, (uint32_t)p->living);
    for (int i = 1; i < drawn; i++) {
        size_t other = rng_below(r, (uint32_t)p->living);
        if (p->best ? other < best : search_better(&h->result[p->known - 1 - other], &h->result[p->known - 1 - best]))
            best = other;
    }
    return p->best ? p->best[best] : p->known - 1 - best;
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

/* Takes the values of the other parent along half of the axes that both have (uniform crossover, as by default of
 * Optuna's NSGA-II). */
static void cross_with(const struct search *s, const struct search_history *h, size_t other, struct rng *r,
                       int64_t *value, double *u)
{
    for (size_t i = 0; i < s->axes; i++)
        if (rng_below(r, 2) && value[i] != SEARCH_ABSENT && h->value[other * s->axes + i] != SEARCH_ABSENT) {
            value[i] = h->value[other * s->axes + i];
            u[i] = h->unit[other * s->axes + i];
        }
}

/* Axes that the parent does not have are drawn, for a child that has them. */
static int breed(const struct search *s, const struct search_history *h, const struct population *p, struct rng *r,
                 struct proposal *out, struct err *e)
{
    uint32_t unit[SEARCH_AXES];
    const size_t parent = draw_parent(s, h, p, r);
    int64_t value[SEARCH_AXES];
    double u[SEARCH_AXES];
    size_t there[SEARCH_AXES], n = 0;
    memcpy(value, h->value + parent * s->axes, s->axes * sizeof *value);
    memcpy(u, h->unit + parent * s->axes, s->axes * sizeof *u);
    if (p->best)
        cross_with(s, h, draw_parent(s, h, p, r), r, value, u);
    for (size_t i = 0; i < s->axes; i++) {
        unit[i] = value[i] == SEARCH_ABSENT ? rng_u32(r) : (uint32_t)(u[i] * 0x1p32);
        if (value[i] != SEARCH_ABSENT && s->axis[i].values > 1)
            there[n++] = i;
    }
    if (n) {
        size_t axis = there[rng_below(r, (uint32_t)n)];
        change_axis(s, axis, value[axis], r, &u[axis]);
        unit[axis] = (uint32_t)(u[axis] * 0x1p32);
    }
    return search_from_units(s, unit, out, e);
}

static int ask_evolution(const struct search *s, const struct search_history *before, uint64_t number,
                         struct proposal *out, struct err *e)
{
    struct rng r;
    struct population p;
    if (before->points < (size_t)s->args.startup || !search_known(s, before))
        return search_random.ask(s, before, number, out, e);
    int bad = find_population(s, before, &p) ? err_set(e, ERR_NOMEM, "no memory for a proposal") : 0;
    int random = !bad && !p.living; /* all failed */
    rng_init(&r, s->seed, RNG_SEARCH, (uint32_t)number, (uint32_t)(number >> 32) | 1u << 30);
    for (int i = 0; i < TRIES && !bad && !random && (!i || search_was_proposed(s, before, out)); i++)
        bad = breed(s, before, &p, &r, out, e);
    if (!bad && (random || search_was_proposed(s, before, out)))
        bad = search_random.ask(s, before, number, out, e);
    free(p.best);
    return bad;
}

#define ARG(field) offsetof(struct search_args, field)
// clang-format off
static const struct param evolution_params[] = {
    SEARCH_LISTEN_PARAMS,
    { .name = "startup", .type = P_INT, .at = ARG(startup), .min = 2, .max = 100000, .preset = "20",
      .help = "the population: the first points, which are those of random, and later as many of the latest; with "
              "several objectives as many of the best" },
    { .name = "candidates", .type = P_INT, .at = ARG(candidates), .min = 1, .max = 10000, .preset = "5",
      .help = "drawn from the population for each proposal, which is a change of the best of them; with several "
              "objectives at most two" },
    { 0 }
};
// clang-format on

const struct search_type search_evolution = {
    .name = "evolution",
    .help = "learns from results: one value of the best of a few of the latest points is changed",
    .source = "Real, Aggarwal, Huang & Le, Regularized Evolution for Image Classifier Architecture Search, AAAI 2019; "
              "several objectives: selection of Deb, Pratap, Agarwal & Meyarivan, NSGA-II, IEEE TEC 2002",
    .params = evolution_params,
    .draws = 1,
    .listens = 1,
    .ask = ask_evolution,
};
