/* gp.c - proposes the point that promises most improvement by a Gaussian process over the results. */
#include "search/gaussian.h"
#include "search/objectives.h"

#include "base/maths.h"
#include "base/rng.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FIT_MOST 80     /* points by which lengths are found: the best, and the latest */
#define KNOWN_MOST 1000 /* points that predictions are made from, likewise */
#define REFUSED_MOST 40 /* of what can never be trained */
#define STARTS 10       /* candidates that climb, side by side */
#define CLIMB 40        /* steps of each */
#define CHANGED 4       /* the best of those that are changed at random after it */
#define CHANGES 20      /* of each */
_Static_assert(STARTS + 1 <= GP_SEVERAL, "the best known point climbs with them");

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
    double *mixed;                 /* [known] of several objectives: what counts as the loss; NULL: the loss */
    double best;                   /* least result, as the process sees it */
    uint32_t *point;               /* [points] scratch */
    struct candidate top[CHANGED]; /* the best so far, the first is the best of all */
    size_t ntop;
    struct candidate several[GP_SEVERAL]; /* those at hand */
    double x[GP_SEVERAL * SEARCH_AXES];   /* scratch */
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

/* The losses of the n known of g->n points become such as a process expects; a point that failed has the worst loss
 * there is. */
static void normalize_losses(struct gp *g, size_t n)
{
    double worst = -INFINITY;
    for (size_t i = 0; i < n; i++)
        if (g->y[i] < INFINITY)
            worst = fmax(worst, g->y[i]);
    for (size_t i = 0; i < n; i++)
        g->y[i] = g->y[i] < INFINITY ? g->y[i] : worst > -INFINITY ? worst : 0;
    gp_normalize(n, g->y);
    for (size_t i = n; i < g->n; i++)
        g->y[i] = 0;
}

static void set_point(const struct bayes *b, struct gp *g, size_t i, const int64_t *value, double y)
{
    coordinates(b->s, value, g->x + i * b->s->axes);
    g->y[i] = y;
}

/* A process over n points of point[], over the latest proposals that can never be trained, which count as failed, and
 * over points whose results are not known yet (`waiting`). Those come last; returns how many there are before them, 0
 * without memory. */
static size_t make_process(struct bayes *b, struct gp *g, size_t n, int waiting)
{
    const struct search_history *h = b->h;
    const size_t axes = b->s->axes, known = search_known(b->s, h), more = waiting ? h->points - known : 0;
    const size_t refused = h->refused < REFUSED_MOST ? h->refused : REFUSED_MOST;
    size_t i = 0;
    if (gp_init(g, b->s, n + refused + more))
        return 0;
    for (; i < n; i++) {
        const size_t p = b->point[i];
        set_point(b, g, i, h->value + p * axes, b->mixed ? b->mixed[p] : h->result[p].loss);
    }
    for (size_t k = h->refused - refused; k < h->refused; k++)
        set_point(b, g, i++, h->refused_value + k * axes, INFINITY);
    for (size_t k = known; k < known + more; k++)
        set_point(b, g, i++, h->value + k * axes, 0);
    normalize_losses(g, n + refused);
    return n + refused;
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
    struct gp_prediction p;
    int bad = !make_process(b, &few, n, 0) || gp_fit(&few);
    n = choose_observed(b, KNOWN_MOST);
    bad = bad || !make_process(b, &known, n, 0) || !(n = make_process(b, &b->g, n, 1));
    if (!bad) {
        take_lengths(&known, &few);
        for (size_t i = n; i < b->g.n; i++) {
            gp_predict(&known, 1, b->g.x + i * b->g.axes, &p);
            b->g.y[i] = p.mean;
        }
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
    size_t at = b->ntop;
    for (size_t i = 0; i < b->ntop; i++)
        if (!memcmp(c->at.value, b->top[i].at.value, b->s->axes * sizeof *c->at.value))
            return;
    while (at > 0 && c->gain > b->top[at - 1].gain)
        at--;
    if (at == CHANGED)
        return;
    b->ntop += b->ntop < CHANGED;
    memmove(b->top + at + 1, b->top + at, (b->ntop - at - 1) * sizeof *b->top);
    b->top[at] = *c;
}

/* The gains of m <= GP_SEVERAL candidates. */
static void look_at(struct bayes *b, size_t m, struct candidate *c)
{
    struct gp_prediction p[GP_SEVERAL];
    for (size_t j = 0; j < m; j++)
        coordinates(b->s, c[j].at.value, b->x + j * b->s->axes);
    gp_predict(&b->g, m, b->x, p);
    for (size_t j = 0; j < m; j++)
        c[j].gain = search_was_proposed(b->s, b->h, &c[j].at) ? -INFINITY : gp_gain_of(p[j], b->best).log;
}

static uint32_t unit_at(double quantile)
{
    return (uint32_t)(fmin(quantile, 1 - 0x1p-32) * 0x1p32);
}

static uint32_t unit_of(const struct search *s, size_t axis, int64_t value, struct rng *r)
{
    double from, to;
    if (value == SEARCH_ABSENT)
        return rng_u32(r);
    search_cell(s, axis, value, &from, &to);
    return unit_at((from + to) / 2);
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
            unit[i] = unit_at(fmax(x, 0));
        }
    }
}

/* unit[n][axes] of points anywhere, and how much they promise. */
static int draw_candidates(struct bayes *b, size_t n, uint32_t *unit, double *gain, struct err *e)
{
    const size_t axes = b->s->axes;
    for (size_t i = 0; i < n * axes; i++)
        unit[i] = rng_u32(&b->r);
    for (size_t k = 0; k < n; k += GP_SEVERAL) {
        const size_t m = n - k < GP_SEVERAL ? n - k : GP_SEVERAL;
        for (size_t j = 0; j < m; j++)
            if (search_from_units(b->s, unit + (k + j) * axes, &b->several[j].at, e))
                return -1;
        look_at(b, m, b->several);
        for (size_t j = 0; j < m; j++)
            gain[k + j] = b->several[j].gain;
    }
    return 0;
}

/* Which of n candidates climb: the one that promises most, then others by lot, each as likely as what it promises says;
 * so that they stand in several valleys. gain[n] is overwritten. Returns how many. */
static size_t choose_starts(struct bayes *b, size_t n, double *gain, size_t start[STARTS])
{
    size_t starts = 0, chosen = 0;
    for (size_t i = 1; i < n; i++)
        chosen = gain[i] > gain[chosen] ? i : chosen;
    const double most = gain[chosen];
    for (size_t i = 0; i < n; i++)
        gain[i] = most > -INFINITY ? m_exp(gain[i] - most) : 0;
    while (starts < STARTS && gain[chosen] > 0) {
        double total = 0;
        start[starts++] = chosen;
        gain[chosen] = 0;
        for (size_t i = 0; i < n; i++)
            total += gain[i];
        double left = total * (rng_u32(&b->r) * 0x1p-32);
        for (size_t i = 0; i < n && left >= 0; i++) {
            chosen = gain[i] > 0 ? i : chosen;
            left -= gain[i];
        }
    }
    return starts;
}

/* The best known point may climb, too. */
static void start_at_best(const struct bayes *b, struct candidate *c)
{
    size_t best = 0, known = search_known(b->s, b->h);
    for (size_t i = 1; i < known; i++)
        if (is_better_known(b, i, best))
            best = i;
    memcpy(c->at.value, b->h->value + best * b->s->axes, b->s->axes * sizeof *c->at.value);
}

/* Climbs from m points along the axes in order by gp_step; x[m][axes] become the highest points on the ways. */
static void climb(const struct bayes *b, size_t m, double *x, double *room)
{
    const size_t all = m * b->s->axes;
    double *at = room, *slope = at + all, *last = slope + all, *step = last + all, highest[GP_SEVERAL];
    struct gp_prediction p[GP_SEVERAL];
    memcpy(at, x, all * sizeof *at);
    for (size_t i = 0; i < all; i++) {
        last[i] = 0;
        step[i] = fmin(0.1, 0.3 / sqrt(b->g.weight[i % b->s->axes]));
    }
    for (int k = 0; k < CLIMB; k++) {
        gp_climb(&b->g, m, at, b->best, p, slope);
        for (size_t j = 0; j < m; j++) {
            double gain = gp_gain_of(p[j], b->best).log;
            if (k && gain <= highest[j])
                continue;
            highest[j] = gain;
            memcpy(x + j * b->s->axes, at + j * b->s->axes, b->s->axes * sizeof *x);
        }
        for (size_t i = 0; i < all; i++) {
            double by = gp_step(slope[i], &last[i], &step[i], 0.2);
            if (by != 0) /* an absent axis stays so */
                at[i] = fmin(fmax(at[i] + by, 0), 1);
        }
    }
}

/* From x[axes], whose axes without order, and those that are absent, stay as the candidate has them. */
static int leave_climb(struct bayes *b, const double *x, struct candidate *c, struct err *e)
{
    uint32_t unit[SEARCH_AXES];
    for (size_t i = 0; i < b->s->axes; i++)
        unit[i] = x[i] != x[i] || (b->s->ordered && !b->s->ordered[i]) ? unit_of(b->s, i, c->at.value[i], &b->r)
                                                                       : unit_at(x[i]);
    return search_from_units(b->s, unit, &c->at, e) ? -1 : 0;
}

/* Changes that become smaller where nothing is gained: for axes without order, and for numbers between which there is
 * nothing. */
static int change_candidate(struct bayes *b, struct candidate *c, struct err *e)
{
    uint32_t unit[SEARCH_AXES];
    double step = 0.02;
    for (int i = 0; i < CHANGES; i++) {
        struct candidate other;
        change(b, c->at.value, step, unit);
        if (search_from_units(b->s, unit, &other.at, e))
            return -1;
        look_at(b, 1, &other);
        step = other.gain > c->gain ? fmin(step * 2, 0.5) : fmax(step * 0.84, 1e-4); /* one of five gains */
        if (other.gain > c->gain)
            *c = other;
    }
    return 0;
}

/* The m candidates at hand, and what they climb to, are kept where they are among the best. */
static int climb_from(struct bayes *b, size_t m, double *x, struct err *e)
{
    const size_t axes = b->s->axes;
    int bad = 0;
    look_at(b, m, b->several);
    memcpy(x, b->x, m * axes * sizeof *x);
    for (size_t j = 0; j < m; j++)
        keep_candidate(b, &b->several[j]);
    climb(b, m, x, x + m * axes);
    for (size_t j = 0; j < m && !bad; j++)
        bad = leave_climb(b, x + j * axes, &b->several[j], e);
    look_at(b, m, b->several);
    for (size_t j = 0; j < m && !bad; j++)
        keep_candidate(b, &b->several[j]);
    return bad;
}

/* Leaves the best candidates in b->top. */
static int look_for_candidates(struct bayes *b, struct err *e)
{
    const size_t n = (size_t)b->s->args.candidates, axes = b->s->axes;
    size_t start[STARTS];
    uint32_t *unit = malloc(n * axes * sizeof *unit + 1);
    double *gain = calloc(n, sizeof *gain), *x = malloc(5 * (STARTS + 1) * axes * sizeof *x + 1);
    int bad =
        !unit || !gain || !x ? err_set(e, ERR_NOMEM, "no memory for a proposal") : draw_candidates(b, n, unit, gain, e);
    if (!bad) {
        size_t m = choose_starts(b, n, gain, start);
        for (size_t j = 0; j < m && !bad; j++)
            bad = search_from_units(b->s, unit + start[j] * axes, &b->several[j].at, e) != 0;
        start_at_best(b, &b->several[m++]);
        bad = bad || climb_from(b, m, x, e);
    }
    const size_t top = b->ntop;
    memcpy(b->several, b->top, top * sizeof *b->top);
    for (size_t k = 0; k < top && !bad; k++) {
        bad = change_candidate(b, &b->several[k], e);
        keep_candidate(b, &b->several[k]);
    }
    free(unit);
    free(gain);
    free(x);
    return bad;
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
    bad = bad || look_for_candidates(b, e);
    if (!bad && b->ntop && b->top[0].gain > -INFINITY)
        *out = b->top[0].at;
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
    { .name = "candidates", .type = P_INT, .at = ARG(candidates), .min = 1, .max = 100000, .preset = "1024",
      .help = "points that are looked at for each proposal; ten of them, by lot, and the best point so far are then "
              "improved" },
    { 0 }
};
// clang-format on

const struct search_type search_gp = {
    .name = "gp",
    .help =
        "learns from results: the most expected improvement by a Gaussian process; for few axes and costly trainings",
    .source =
        "Jones, Schonlau & Welch, Efficient Global Optimization, 1998; Matern 5/2 with a length for each axis and "
        "the priors of Optuna 5.0, of results that a power has made normal (Cowen-Rivers et al. 2020, "
        "arXiv:2012.03826); several objectives: Knowles, ParEGO, IEEE TEC 2006",
    .params = gp_params,
    .draws = 1,
    .listens = 1,
    .ask = ask_gp,
};
