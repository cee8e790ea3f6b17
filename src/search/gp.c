/* gp.c - proposes the point that promises most improvement by a Gaussian process over the results. */
#include "search/gaussian.h"
#include "search/objectives.h"

#include "base/rng.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FIT_MOST 64     /* points by which lengths are found: the best, and the latest */
#define KNOWN_MOST 1000 /* points that predictions are made from, likewise */
#define STARTS 4        /* candidates that are improved */
#define CHANGES 80      /* of each */

struct candidate {
    struct proposal at;
    double gain;
};

/* What a proposal is made from. */
struct bayes {
    const struct search *s;
    const struct search_history *h;
    struct rng r;
    struct gp g;
    double *mixed;                  /* [known] of several objectives: what counts as the loss; NULL: the loss */
    double best;                    /* least result, as the process sees it */
    uint32_t *point;                /* [points] scratch */
    struct candidate start[STARTS]; /* the best so far, the first is the best of all */
    size_t nstarts;
};

static void coordinates(const struct search *s, const int64_t *value, double *x)
{
    for (size_t i = 0; i < s->axes; i++) {
        double from, to;
        x[i] = NAN;
        if (value[i] == SEARCH_ABSENT)
            continue;
        if (s->ordered && !s->ordered[i]) {
            x[i] = (double)value[i];
            continue;
        }
        search_cell(s, i, value[i], &from, &to);
        x[i] = (from + to) / 2;
    }
}

static int is_better_known(const struct bayes *b, size_t i, size_t j)
{
    return b->mixed ? b->mixed[i] < b->mixed[j] : search_better(&b->h->result[i], &b->h->result[j]);
}

/* Fills point[] with at most so many of the points whose results may be known: half of them the best, and the latest.
 * Returns how many. */
static size_t choose_observed(const struct bayes *b, size_t most)
{
    size_t known = search_known(b->s, b->h), n = 0, latest = known < most ? 0 : known - most / 2;
    for (size_t i = latest; i < known; i++)
        b->point[n++] = (uint32_t)i;
    for (size_t from = n; latest && n < most; n++) { /* the best of the others, one after the other */
        size_t best = SIZE_MAX;
        for (size_t i = 0; i < latest; i++) {
            int taken = 0;
            for (size_t k = from; k < n && !taken; k++)
                taken = b->point[k] == i;
            if (!taken && (best == SIZE_MAX || is_better_known(b, i, best)))
                best = i;
        }
        b->point[n] = (uint32_t)best;
    }
    return n;
}

/* The losses of g->n points from `n` known ones on become numbers of mean 0 and deviation 1; a point that failed has
 * the worst loss there is. */
static void standardize_losses(struct gp *g, size_t n)
{
    double worst = -INFINITY, sum = 0, squares = 0;
    for (size_t i = 0; i < n; i++)
        if (g->y[i] < INFINITY)
            worst = fmax(worst, g->y[i]);
    for (size_t i = 0; i < n; i++) {
        g->y[i] = g->y[i] < INFINITY ? g->y[i] : worst > -INFINITY ? worst : 0;
        sum += g->y[i];
    }
    double mean = sum / (double)n;
    for (size_t i = 0; i < n; i++)
        squares += (g->y[i] - mean) * (g->y[i] - mean);
    double deviation = sqrt(squares / (double)n);
    for (size_t i = 0; i < g->n; i++)
        g->y[i] = i < n && deviation > 0 ? (g->y[i] - mean) / deviation : 0;
}

/* A process over n points of point[], and over those whose results are not known yet (`waiting`). */
static int make_process(struct bayes *b, struct gp *g, size_t n, int waiting)
{
    size_t known = search_known(b->s, b->h), more = waiting ? b->h->points - known : 0;
    if (gp_init(g, b->s, n + more))
        return -1;
    for (size_t i = 0; i < n + more; i++) {
        size_t p = i < n ? b->point[i] : known + i - n;
        coordinates(b->s, b->h->value + p * b->s->axes, g->x + i * b->s->axes);
        g->y[i] = i >= n ? 0 : b->mixed ? b->mixed[p] : b->h->result[p].loss;
    }
    standardize_losses(g, n);
    return 0;
}

static void take_lengths(struct gp *g, const struct gp *from)
{
    memcpy(g->weight, from->weight, g->axes * sizeof *g->weight);
    g->scale = from->scale;
    g->noise = from->noise;
    gp_factorize(g);
}

/* Lengths from few points, predictions from more. What is predicted for points whose results are not known yet is taken
 * for their results: the kriging believer of Ginsbourger, Le Riche & Carraro 2010. */
static int fit(struct bayes *b)
{
    struct gp few = {.n = 0}, known = {.n = 0};
    size_t n = choose_observed(b, FIT_MOST);
    double variance;
    int bad = make_process(b, &few, n, 0) || gp_fit(&few);
    n = choose_observed(b, KNOWN_MOST);
    bad = bad || make_process(b, &known, n, 0) || make_process(b, &b->g, n, 1);
    if (!bad) {
        take_lengths(&known, &few);
        for (size_t i = n; i < b->g.n; i++)
            gp_predict(&known, b->g.x + i * b->g.axes, &b->g.y[i], &variance);
        take_lengths(&b->g, &few);
        b->best = INFINITY;
        for (size_t i = 0; i < b->g.n; i++)
            b->best = fmin(b->best, b->g.y[i]);
    }
    gp_release(&few);
    gp_release(&known);
    return bad;
}

/* Keeps the candidate where it is among the best, each once. */
static void keep_candidate(struct bayes *b, const struct candidate *c)
{
    size_t at = b->nstarts;
    for (size_t i = 0; i < b->nstarts; i++)
        if (!memcmp(c->at.value, b->start[i].at.value, b->s->axes * sizeof *c->at.value))
            return;
    while (at > 0 && c->gain > b->start[at - 1].gain)
        at--;
    if (at == STARTS)
        return;
    b->nstarts += b->nstarts < STARTS;
    memmove(b->start + at + 1, b->start + at, (b->nstarts - at - 1) * sizeof *b->start);
    b->start[at] = *c;
}

static int look_at(struct bayes *b, const uint32_t *unit, struct candidate *c, struct err *e)
{
    double x[SEARCH_AXES], mean, variance;
    if (search_from_units(b->s, unit, &c->at, e))
        return -1;
    coordinates(b->s, c->at.value, x);
    gp_predict(&b->g, x, &mean, &variance);
    c->gain = search_was_proposed(b->s, b->h, &c->at) ? -INFINITY : gp_log_improvement(mean, variance, b->best);
    return 0;
}

static uint32_t unit_of(const struct search *s, size_t axis, int64_t value, struct rng *r)
{
    double from, to;
    if (value == SEARCH_ABSENT)
        return rng_u32(r);
    search_cell(s, axis, value, &from, &to);
    return (uint32_t)(fmin((from + to) / 2, 1 - 0x1p-32) * 0x1p32);
}

/* A change of a point: of some axes by about as much, of axes without order to any value. */
static void change(struct bayes *b, const int64_t *value, double step, uint32_t *unit)
{
    const struct search *s = b->s;
    for (size_t i = 0; i < s->axes; i++) {
        unit[i] = unit_of(s, i, value[i], &b->r);
        int listed = s->ordered && !s->ordered[i];
        if (rng_below(&b->r, 2))
            continue;
        if (listed && !rng_below(&b->r, 4)) {
            unit[i] = rng_u32(&b->r);
        } else if (!listed) {
            double x = unit[i] * 0x1p-32 + step * rng_normal(&b->r);
            unit[i] = (uint32_t)(fmin(fmax(x, 0), 1 - 0x1p-32) * 0x1p32);
        }
    }
}

/* Looks at points anywhere, and around the best known one. */
static int look_for_starts(struct bayes *b, struct err *e)
{
    struct candidate c;
    uint32_t unit[SEARCH_AXES];
    size_t best = 0, known = search_known(b->s, b->h);
    for (size_t i = 1; i < known; i++)
        if (is_better_known(b, i, best))
            best = i;
    for (int k = 0; k < b->s->args.candidates; k++) {
        if (k % 4)
            for (size_t i = 0; i < b->s->axes; i++)
                unit[i] = rng_u32(&b->r);
        else
            change(b, b->h->value + best * b->s->axes, 0.1, unit);
        if (look_at(b, unit, &c, e))
            return -1;
        keep_candidate(b, &c);
    }
    return 0;
}

/* Climbs from each of the best candidates by changes that become smaller where nothing is gained. */
static int improve_candidates(struct bayes *b, struct err *e)
{
    struct candidate c, from[STARTS];
    uint32_t unit[SEARCH_AXES];
    size_t n = b->nstarts;
    memcpy(from, b->start, n * sizeof *from);
    for (size_t k = 0; k < n; k++) {
        double step = 0.1;
        for (int i = 0; i < CHANGES; i++) {
            change(b, from[k].at.value, step, unit);
            if (look_at(b, unit, &c, e))
                return -1;
            step = c.gain > from[k].gain ? fmin(step * 2, 0.5) : fmax(step * 0.84, 1e-4); /* one of five gains */
            if (c.gain > from[k].gain)
                from[k] = c;
        }
        keep_candidate(b, &from[k]);
    }
    return 0;
}

static int ask_gp(const struct search *s, const struct search_history *before, uint64_t number, struct proposal *out,
                  struct err *e)
{
    if (before->points < (size_t)s->args.startup || search_known(s, before) < 2)
        return search_random.ask(s, before, number, out, e);
    struct bayes *b = calloc(1, sizeof *b);
    int bad = !b || !(b->point = malloc((before->points + 1) * sizeof *b->point)) ||
              (s->others && !(b->mixed = malloc((before->points + 1) * sizeof *b->mixed)));
    if (!bad) {
        b->s = s;
        b->h = before;
        rng_init(&b->r, s->seed, RNG_SEARCH, (uint32_t)number, (uint32_t)(number >> 32) | 3u << 30);
        if (b->mixed)
            mix_losses(s, before, search_known(s, before), &b->r, b->mixed);
        bad = fit(b);
    }
    if (bad)
        bad = err_set(e, ERR_NOMEM, "no memory for a proposal");
    bad = bad || look_for_starts(b, e) || improve_candidates(b, e);
    if (!bad && b->nstarts && b->start[0].gain > -INFINITY)
        *out = b->start[0].at;
    else if (!bad)
        bad = search_random.ask(s, before, number, out, e);
    if (b) {
        gp_release(&b->g);
        free(b->point);
        free(b->mixed);
    }
    free(b);
    return bad;
}

#define ARG(field) offsetof(struct search_args, field)
// clang-format off
static const struct param gp_params[] = {
    SEARCH_LISTEN_PARAMS,
    { .name = "startup", .type = P_INT, .at = ARG(startup), .min = 2, .max = 100000, .preset = "10",
      .help = "the first points, which are those of random" },
    { .name = "candidates", .type = P_INT, .at = ARG(candidates), .min = 1, .max = 100000, .preset = "256",
      .help = "points that are looked at for each proposal; the most promising ones are then improved" },
    { 0 }
};
// clang-format on

const struct search_type search_gp = {
    .name = "gp",
    .help =
        "learns from results: the most expected improvement by a Gaussian process; for few axes and costly trainings",
    .source =
        "Jones, Schonlau & Welch, Efficient Global Optimization, 1998; Matern 5/2 with a length for each axis and "
        "the priors of Optuna 5.0; several objectives: Knowles, ParEGO, IEEE TEC 2006",
    .params = gp_params,
    .draws = 1,
    .listens = 1,
    .ask = ask_gp,
};
