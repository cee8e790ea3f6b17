/* forest_effects.c - shares of the variance where no grid is complete: functional analysis of variance of a random
 * forest over the points (forest_study.h), Hutter, Hoos & Leyton-Brown 2014.
 *
 * Intervals are of the bootstrap of little bags (Athey, Tibshirani & Wager, Annals of Statistics 47, 2019): a few trees
 * of each of some resamples of the points. The variance between the resamples, less what the few trees make of it, is
 * that of the share; what chance makes of the trees of the forest is added. What the share would be by chance comes
 * from trees whose points have their values dealt out anew.
 */
#include "report/stats/effect_rows.h"
#include "report/stats/forest_study.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RESAMPLES 32
#define TREES_OF_RESAMPLE 4
#define CHANCE_TREES 32

/* ---- the forest -----------------------------------------------------------------------------------------------------
 */

/* Grows a tree and fills its shares, all 0 of one that says the same everywhere. 0, or -1 without memory. */
static int plant(struct planting *p, int kind, int number)
{
    if (plant_tree(p, kind, number) || fanova_of_tree(&p->tree, &p->d, &p->parts))
        return -1;
    for (size_t i = 0; i < p->s->shares; i++)
        p->parts.single[i] = p->parts.total > 0 ? p->parts.single[i] / p->parts.total : 0;
    return 0;
}

static void add_tree_shares(double *sum, const struct planting *p, double by)
{
    for (size_t i = 0; i < p->s->shares; i++)
        sum[i] += by * p->parts.single[i];
}

/* What the trees that have not seen a point say of it: sum[points], said[points]. */
static void ask_unseen(const struct planting *p, char *seen, double *sum, int *said)
{
    size_t points = p->d.points, every = points / TREE_POINTS + 1;
    memset(seen, 0, points);
    for (size_t i = 0; i < p->most; i++)
        seen[p->sample[i]] = 1;
    for (size_t i = 0; i < points; i += every)
        if (!seen[i]) {
            sum[i] += forest_predict(&p->tree, &p->d, i);
            said[i]++;
        }
}

static double share_explained(const struct forest_data *d, const double *sum, const int *said)
{
    double mean = 0, all = 0, left = 0, n = 0;
    for (size_t i = 0; i < d->points; i++)
        if (said[i])
            mean += (d->y[i] - mean) / ++n;
    for (size_t i = 0; i < d->points; i++)
        if (said[i]) {
            double off = sum[i] / said[i] - d->y[i];
            all += (d->y[i] - mean) * (d->y[i] - mean);
            left += off * off;
        }
    return all > 0 ? 1 - left / all : NAN;
}

static int plant_forest(struct forest_study *s, struct planting *p, struct arena *scratch)
{
    char *seen = arena_take(scratch, s->d.points);
    double *sum = arena_take(scratch, s->d.points * sizeof *sum);
    int *said = arena_take(scratch, s->d.points * sizeof *said);
    if (!seen || !sum || !said)
        return -1;
    for (int t = 0; t < FOREST_TREES; t++) {
        if (plant(p, KIND_FOREST, t))
            return -1;
        add_tree_shares(s->share, p, 1.0 / FOREST_TREES);
        ask_unseen(p, seen, sum, said);
    }
    s->explained = share_explained(&s->d, sum, said);
    return 0;
}

/* One resample: its mean shares into mean[], the squares of its trees' distances from them are added to within[]. */
static int plant_bag(struct planting *p, int number, double *mean, double *within)
{
    const size_t points = p->d.points, shares = p->s->shares;
    double *squares = mean + shares;
    struct rng r;
    rng_init(&r, 0, RNG_FOREST, (uint32_t)number, UINT32_MAX);
    for (size_t i = 0; i < points; i++)
        p->bag[i] = rng_below(&r, (uint32_t)points);
    memset(mean, 0, 2 * shares * sizeof *mean);
    for (int t = 0; t < TREES_OF_RESAMPLE; t++) {
        if (plant(p, KIND_RESAMPLE + number, t))
            return -1;
        for (size_t i = 0; i < shares; i++) { /* Welford, 1962 */
            double before = p->parts.single[i] - mean[i];
            mean[i] += before / (t + 1);
            squares[i] += before * (p->parts.single[i] - mean[i]);
        }
    }
    for (size_t i = 0; i < shares; i++)
        within[i] += squares[i] / (TREES_OF_RESAMPLE - 1) / RESAMPLES;
    return 0;
}

static int plant_bags(struct forest_study *s, struct planting *p, struct arena *scratch)
{
    double *mean = arena_take(scratch, 2 * s->shares * sizeof *mean);
    double *middle = arena_take(scratch, s->shares * sizeof *middle);
    double *between = arena_take(scratch, s->shares * sizeof *between);
    double *within = arena_take(scratch, s->shares * sizeof *within);
    if (!mean || !middle || !between || !within)
        return -1;
    for (int b = 0; b < RESAMPLES; b++) {
        if (plant_bag(p, b, mean, within))
            return -1;
        for (size_t i = 0; i < s->shares; i++) {
            double before = mean[i] - middle[i];
            middle[i] += before / (b + 1);
            between[i] += before * (mean[i] - middle[i]);
        }
    }
    for (size_t i = 0; i < s->shares; i++)
        s->sd[i] =
            sqrt(fmax(0, between[i] / (RESAMPLES - 1) - within[i] / TREES_OF_RESAMPLE) + within[i] / FOREST_TREES);
    return 0;
}

static int plant_chance(struct forest_study *s, struct planting *p, struct arena *scratch)
{
    const size_t points = s->d.points;
    double *y = arena_take(scratch, points * sizeof *y);
    if (!y)
        return -1;
    p->d.y = y;
    for (int t = 0; t < CHANCE_TREES; t++) {
        struct rng r;
        for (size_t i = 0; i < points; i++)
            p->bag[i] = (uint32_t)i;
        rng_init(&r, 0, RNG_FOREST, (uint32_t)t, UINT32_MAX - 1);
        rng_shuffle(&r, p->bag, (uint32_t)points);
        for (size_t i = 0; i < points; i++)
            y[i] = s->y[p->bag[i]];
        if (plant(p, KIND_CHANCE, t))
            return -1;
        add_tree_shares(s->chance, p, 1.0 / CHANCE_TREES);
    }
    return 0;
}

static int plant_all(struct forest_study *s, struct arena *scratch)
{
    struct planting p;
    s->share = arena_take(&s->mem, s->shares * sizeof *s->share);
    s->sd = arena_take(&s->mem, s->shares * sizeof *s->sd);
    s->chance = arena_take(&s->mem, s->shares * sizeof *s->chance);
    if (!s->share || !s->sd || !s->chance || planting_init(&p, s, scratch))
        return -1;
    int bad = plant_forest(s, &p, scratch) || plant_chance(s, &p, scratch);
    p.d.y = s->y;
    bad = bad || plant_bags(s, &p, scratch);
    forest_release(&p.tree);
    return bad ? -1 : 0;
}

int forest_study(struct forest_study **out, const struct design *g)
{
    struct forest_study *s = calloc(1, sizeof *s);
    struct arena scratch;
    *out = s;
    if (!s)
        return -1;
    s->g = g;
    arena_init(&s->mem);
    arena_init(&scratch);
    int bad = g->nfactors > DESIGN_MAX ? 0 : forest_study_data(s, &scratch);
    int enough = !bad && forest_study_is_enough(s);
    bad = bad || (enough && plant_all(s, &scratch));
    arena_release(&scratch);
    if (bad || !enough) {
        forest_study_free(s);
        *out = NULL;
    }
    return bad ? -1 : enough;
}

void forest_study_free(struct forest_study *s)
{
    if (s)
        arena_release(&s->mem);
    free(s);
}

/* ---- rows ------------------------------------------------------------------------------------------------------- */

#define NORMAL95 1.959963984540054

/* at: of the share; NO_AXIS: it has none. */
static int add_forest_share(struct table *out, const struct forest_study *s, const char *kind, const char *axis,
                            const char *other, size_t at)
{
    struct effect_row r = effect_row_of(kind, axis);
    r.other = other;
    if (at != NO_AXIS) {
        r.n = s->trials;
        r.basis = "forest";
        r.share = fmax(0, s->share[at]);
        r.chance = fmax(0, s->chance[at]);
        r.low = fmax(0, r.share - NORMAL95 * s->sd[at]);
        r.high = fmin(1, r.share + NORMAL95 * s->sd[at]);
    }
    return add_effect_row(out, &r);
}

int add_forest_shares(struct table *out, const struct forest_study *s)
{
    const struct design *g = s->g;
    struct effect_row rest = effect_row_of("rest", "higher orders");
    double left = 1;
    for (size_t f = 0; f < g->nfactors; f++) {
        size_t a = s->of_factor[f];
        left -= a == NO_AXIS ? 0 : fmax(0, s->share[a]);
        if (add_forest_share(out, s, "axis", g->factor[f].name, "", a))
            return -1;
    }
    for (size_t f = 0; f < g->nfactors; f++)
        for (size_t h = f + 1; h < g->nfactors; h++) {
            size_t a = s->of_factor[f], b = s->of_factor[h];
            if (a == NO_AXIS || b == NO_AXIS || s->shares == s->d.axes)
                continue;
            size_t at = s->d.axes + a * s->d.axes + b;
            left -= fmax(0, s->share[at]);
            if (add_forest_share(out, s, "pair", g->factor[f].name, g->factor[h].name, at))
                return -1;
        }
    rest.n = s->trials;
    rest.basis = "forest";
    rest.share = fmax(0, left);
    return add_effect_row(out, &rest);
}

int add_forest_notes(struct table *out, const struct forest_study *s)
{
    const char *why = s->g->v->t->drawn ? "the points were drawn" : s->g->why;
    char made[320], seen[120], given_up[120];
    snprintf(made, sizeof made,
             "shares are those of a random forest over %zu points; exact ones need a complete grid, and %.120s; the "
             "intervals are by bootstrap over the points",
             s->d.points, why);
    if (s->explained > 0)
        snprintf(seen, sizeof seen, "the forest explains %.0f %% of the variance of points that it has not seen",
                 100 * s->explained);
    else
        snprintf(seen, sizeof seen,
                 "the forest cannot tell what points come to that it has not seen: its shares say little");
    snprintf(given_up, sizeof given_up,
             "%zu trials that were given up count in the shares with the value that they had then", s->given_up);
    if (add_effect_note(out, made) || add_effect_note(out, seen) || (s->given_up && add_effect_note(out, given_up)))
        return -1;
    if (s->conditional && add_effect_note(out, "the shares take an axis for one that does not matter where a point "
                                               "does not have it"))
        return -1;
    return s->shares == s->d.axes ? add_effect_note(out, "with so many axes the shares of pairs stand in the higher "
                                                         "orders")
                                  : 0;
}
