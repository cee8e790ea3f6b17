/* forest_study.c - the points and axes that the forest over a sweep is grown with, and its trees. */
#include "report/stats/forest_study.h"

#include <math.h>

#define TREE_LEAVES 256 /* at most */
#define LEAST_POINTS 8
#define PAIR_AXES 12 /* with more the pairs are not told one by one */

/* ---- points and axes -------------------------------------------------------------------------------------------- */

/* Fills y[] and row[], a row of each point that has a value. Returns how many there are. */
static size_t gather_values(struct forest_study *s, double *sum, uint32_t *n, uint32_t *row)
{
    const struct trials_view *v = s->g->v;
    size_t points = 0;
    for (size_t r = 0; r < v->t->rows; r++) {
        int given_up;
        double y = view_value(v, r, &given_up);
        if (isnan(y))
            continue;
        sum[v->point[r]] += y;
        n[v->point[r]]++;
        s->trials++;
        s->given_up += (size_t)given_up;
    }
    for (size_t p = 0; p < v->npoints; p++)
        if (n[p]) {
            s->y[points] = sum[p] / n[p];
            row[points++] = v->first[p];
        }
    return points;
}

/* Where each value of a factor begins and ends, as the search has it. 0; 1: the factor follows from another; -1: it is
 * not known. */
static int drawn_cells(const struct design *g, const struct factor *f, size_t levels, double *from, double *to)
{
    const struct table *t = g->v->t;
    if (!t->drawn || !t->quantiles)
        return -1;
    for (size_t l = 0; l < levels; l++)
        from[l] = NAN;
    for (size_t r = 0; r < t->rows; r++) {
        size_t l = (size_t)f->code[r];
        int known = l < levels && isnan(from[l]) ? t->quantiles(t->ctx, r, f->first->name, &from[l], &to[l]) : 0;
        if (known)
            return known;
    }
    return 0;
}

/* Values that stand side by side without gaps: each as wide as it was, all together 1. */
static void join_cells(size_t levels, double *from, double *to)
{
    double all = 0, at = 0;
    for (size_t l = 0; l < levels; l++)
        all += to[l] - from[l];
    for (size_t l = 0; l < levels; l++) {
        double width = (to[l] - from[l]) / all;
        from[l] = at;
        to[l] = at += width;
    }
}

static int ascends(size_t levels, const double *from, const double *to)
{
    for (size_t l = 1; l < levels; l++)
        if (!(from[l] >= to[l - 1]))
            return 0;
    return 1;
}

static int fill_axis(struct forest_study *s, const struct factor *f, size_t points, const uint32_t *row)
{
    size_t levels = f->levels - (size_t)f->first->conditional; /* "" is the last */
    double *from = arena_take(&s->mem, (levels + 1) * sizeof *from),
           *to = arena_take(&s->mem, (levels + 1) * sizeof *to);
    int *code = arena_take(&s->mem, (points + 1) * sizeof *code);
    if (!from || !to || !code)
        return -1;
    int known = drawn_cells(s->g, f, levels, from, to), ordered = f->first->numeric || levels > FOREST_VALUES;
    if (known > 0 || levels < 2)
        return 0;
    for (size_t l = 0; known && l < levels; l++) {
        from[l] = (double)l;
        to[l] = (double)l + 1;
    }
    if (known || !ordered || !ascends(levels, from, to))
        join_cells(levels, from, to);
    for (size_t p = 0; p < points; p++) {
        code[p] = f->code[row[p]] < (int)levels ? f->code[row[p]] : -1;
        s->conditional |= code[p] < 0;
    }
    s->of_factor[f - s->g->factor] = s->d.axes;
    s->axis[s->d.axes++] = (struct forest_axis){levels, ordered, from, to, code};
    return 0;
}

int forest_study_data(struct forest_study *s, struct arena *scratch)
{
    const struct trials_view *v = s->g->v;
    const size_t factors = s->g->nfactors, most = v->npoints + 1;
    double *sum = arena_take(scratch, most * sizeof *sum);
    uint32_t *n = arena_take(scratch, most * sizeof *n), *row = arena_take(scratch, most * sizeof *row);
    s->y = arena_take(&s->mem, most * sizeof *s->y);
    s->axis = arena_take(&s->mem, (factors + 1) * sizeof *s->axis);
    s->of_factor = arena_take(&s->mem, (factors + 1) * sizeof *s->of_factor);
    if (!sum || !n || !row || !s->y || !s->axis || !s->of_factor)
        return -1;
    s->d = (struct forest_data){.points = gather_values(s, sum, n, row), .axis = s->axis, .y = s->y};
    for (size_t f = 0; f < factors; f++) {
        s->of_factor[f] = NO_AXIS;
        if (s->d.points >= LEAST_POINTS && fill_axis(s, &s->g->factor[f], s->d.points, row))
            return -1;
    }
    s->shares = s->d.axes + (s->d.axes <= PAIR_AXES ? s->d.axes * s->d.axes : 0);
    return 0;
}

int forest_study_is_enough(const struct forest_study *s)
{
    const struct forest_data *d = &s->d;
    for (size_t p = 1; p < d->points && d->points >= LEAST_POINTS && d->axes; p++)
        if (d->y[p] != d->y[0])
            return 1;
    return 0;
}

/* ---- trees ----------------------------------------------------------------------------------------------------------
 */

int planting_init(struct planting *p, const struct forest_study *s, struct arena *scratch)
{
    *p = (struct planting){.s = s, .d = s->d};
    p->most = s->d.points < TREE_POINTS ? s->d.points : TREE_POINTS;
    p->sample = arena_take(scratch, p->most * sizeof *p->sample);
    p->bag = arena_take(scratch, s->d.points * sizeof *p->bag);
    p->parts.single = arena_take(scratch, s->shares * sizeof *p->parts.single);
    p->parts.pair = s->shares > s->d.axes && p->parts.single ? p->parts.single + s->d.axes : NULL;
    for (size_t i = 0; p->bag && i < s->d.points; i++)
        p->bag[i] = (uint32_t)i;
    return p->sample && p->bag && p->parts.single ? 0 : -1;
}

int plant_tree(struct planting *p, int kind, int number)
{
    const size_t points = p->d.points;
    struct rng r;
    rng_init(&r, 0, RNG_FOREST, (uint32_t)number, (uint32_t)kind);
    for (size_t i = 0; i < p->most; i++)
        p->sample[i] = p->bag[rng_below(&r, (uint32_t)points)];
    double least = p->most > TREE_LEAVES ? (double)p->most / TREE_LEAVES : 1;
    return forest_grow(&p->tree, &p->d, p->sample, p->most, least, &r);
}
