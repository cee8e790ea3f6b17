/* compare.c - estimates the difference of each point to the best one, repeats being blocks, with simultaneous
 * intervals. */
#include "report/stats/compare.h"

#include <float.h>
#include <math.h>
#include <string.h>

#define BLOCKS 256 /* with gaps, the equations are so many squared */

/* Says whether the row is of a point that is the same training as another one: it brings no observation of its own. */
static int is_copy(const struct trials_view *v, size_t row)
{
    char buf[STR_NUM];
    return *table_text(v->t, row, table_column(v->t, "same_as"), buf) != 0;
}

/* Numbers the blocks of the complete trials by first appearance. */
static int number_blocks(struct fit *f)
{
    const struct trials_view *v = f->v;
    int col = table_column(v->t, "repeat");
    struct ids m = {0};
    struct arena texts;
    long id = 0;
    arena_init(&texts);
    for (size_t r = 0; r < v->t->rows && id >= 0; r++) {
        id = isnan(v->y[r]) ? 0 : ids_of_cell(&m, v->t, r, col, &texts);
        f->block[r] = (int)id;
        f->n[v->point[r]] += !isnan(v->y[r]);
    }
    f->repeats = m.n ? m.n : 1;
    ids_release(&m);
    arena_release(&texts);
    return id < 0 ? -1 : 0;
}

/* Returns 1 when every point with a trial has each repeat once. seen[repeats] is scratch, zeroed. */
static int nothing_missing(const struct fit *f, size_t *seen)
{
    const struct trials_view *v = f->v;
    for (size_t p = 0; p < v->npoints; p++) {
        if (f->n[p] && f->n[p] != f->repeats)
            return 0;
        for (size_t i = v->start[p]; i < v->start[p + 1]; i++) {
            size_t r = v->row[i];
            if (isnan(v->y[r]))
                continue;
            if (seen[f->block[r]] == p + 1)
                return 0;
            seen[f->block[r]] = p + 1;
        }
    }
    return 1;
}

/* Returns the plain mean of the point, less that of `effect` over its trials (NULL: none). */
static double adjusted_mean(const struct fit *f, size_t p, const double *effect)
{
    const struct trials_view *v = f->v;
    double y = v->mean[p], b = 0;
    for (size_t i = v->start[p]; effect && i < v->start[p + 1]; i++)
        if (!isnan(v->y[v->row[i]]))
            b += effect[f->block[v->row[i]]];
    return y - b / (double)f->n[p];
}

/* Adds a point to the normal equations of the blocks, from which points are eliminated: matrix * effect = right. */
static void eliminate_point(const struct fit *f, size_t p, double *matrix, double *right)
{
    const struct trials_view *v = f->v;
    size_t R = f->repeats;
    for (size_t i = v->start[p]; i < v->start[p + 1]; i++) {
        size_t r = v->row[i], b = (size_t)f->block[r];
        if (isnan(v->y[r]))
            continue;
        right[b] += v->y[r] - v->mean[p];
        if (!matrix)
            continue;
        matrix[b * R + b] += 1;
        for (size_t j = v->start[p]; j < v->start[p + 1]; j++)
            if (!isnan(v->y[v->row[j]]))
                matrix[b * R + (size_t)f->block[v->row[j]]] -= 1 / (double)f->n[p];
    }
}

/* Inverts by Gauss and Jordan: a becomes a generalized inverse; pivots that are 0 (blocks that no point connects) give
 * rows and columns of 0. Returns the rank. a is symmetric with 0 or more in its diagonal. work[n] is scratch. */
static size_t invert_matrix(double *a, size_t n, char *done, double *work)
{
    size_t rank = 0;
    for (;;) {
        size_t k = n;
        for (size_t i = 0; i < n; i++)
            if (!done[i] && a[i * n + i] > 1e-9 && (k == n || a[i * n + i] > a[k * n + k]))
                k = i;
        if (k == n)
            break;
        done[k] = 1;
        rank++;
        double pivot = a[k * n + k];
        for (size_t j = 0; j < n; j++)
            work[j] = a[k * n + j];
        for (size_t i = 0; i < n; i++) {
            double share = a[i * n + k] / pivot;
            for (size_t j = 0; i != k && j < n; j++)
                a[i * n + j] -= share * work[j];
            a[i * n + k] = -share;
        }
        for (size_t j = 0; j < n; j++)
            a[k * n + j] = work[j] / pivot;
        a[k * n + k] = 1 / pivot;
    }
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            if (!done[i] || !done[j])
                a[i * n + j] = 0;
    return rank;
}

/* Joins blocks that a point has in common into one part, and so on. */
static void join_parts(struct fit *f)
{
    const struct trials_view *v = f->v;
    for (size_t b = 0; b < f->repeats; b++)
        f->part[b] = b;
    for (size_t p = 0; p < v->npoints; p++) {
        size_t first = SIZE_MAX;
        for (size_t i = v->start[p]; i < v->start[p + 1]; i++) {
            size_t r = v->row[i], part;
            if (isnan(v->y[r]))
                continue;
            part = f->part[f->block[r]];
            first = first == SIZE_MAX ? part : first;
            for (size_t b = 0; part != first && b < f->repeats; b++)
                if (f->part[b] == part)
                    f->part[b] = first;
        }
    }
}

/* Solves for the effects of the blocks; returns their rank, or -1 without memory. */
static long solve_blocks(struct fit *f, double *effect, struct arena *a)
{
    const struct trials_view *v = f->v;
    size_t R = f->repeats, *seen = arena_take(a, R * sizeof *seen);
    double *right = arena_take(a, R * sizeof *right), *work = arena_take(a, R * sizeof *work);
    char *done = arena_take(a, R);
    if (!right || !work || !done || !seen)
        return -1;
    int whole = nothing_missing(f, seen);
    if (!whole && R > BLOCKS) {
        f->repeats = 1;
        memset(f->block, 0, v->t->rows * sizeof *f->block);
        return 0;
    }
    if (!whole &&
        (!(f->inverse = arena_take(a, R * R * sizeof *f->inverse)) || !(f->part = arena_take(a, R * sizeof *f->part))))
        return -1;
    if (!whole)
        join_parts(f);
    for (size_t p = 0; p < v->npoints; p++)
        if (f->n[p] && !is_copy(v, v->first[p]))
            eliminate_point(f, p, f->inverse, right);
    if (whole) { /* the equations are points * (identity - 1/R) */
        for (size_t b = 0; b < R; b++)
            effect[b] = right[b] / (double)f->points;
        return (long)R - 1;
    }
    size_t rank = invert_matrix(f->inverse, R, done, work);
    double mean = 0;
    for (size_t b = 0; b < R; b++)
        for (size_t c = 0; c < R; c++) {
            effect[b] += f->inverse[b * R + c] * right[c];
            mean += f->inverse[b * R + c] * right[c] / (double)R;
        }
    for (size_t b = 0; b < R; b++)
        effect[b] -= mean;
    return (long)rank;
}

/* Pools the mean square of what points and blocks leave, and what it is at least. */
static void pool_residual(struct fit *f, const double *effect, size_t trials, size_t rank)
{
    const struct trials_view *v = f->v;
    double squares = 0, most = 0, step = 0;
    for (size_t p = 0; p < v->npoints; p++) {
        if (!f->n[p])
            continue;
        f->level[p] = adjusted_mean(f, p, effect);
        step = fmax(step, view_resolution(v, p));
        for (size_t i = v->start[p]; i < v->start[p + 1]; i++) {
            size_t r = v->row[i];
            if (isnan(v->y[r]) || is_copy(v, r))
                continue;
            double left = v->y[r] - f->level[p] - effect[f->block[r]];
            squares += left * left;
            most = fmax(most, fabs(v->y[r]));
        }
    }
    f->df = trials - f->points - rank;
    f->variance = f->df ? squares / (double)f->df : NAN;
    if (f->variance < step * step / 12)
        f->variance = step * step / 12;
    if (f->variance <= most * most * FLT_EPSILON * FLT_EPSILON / 12) /* what is left of rounding */
        f->variance = NAN;
}

int fit_init(struct fit *f, const struct trials_view *v, struct arena *blocks, struct arena *a)
{
    size_t trials = 0;
    *f = (struct fit){.v = v, .variance = NAN};
    f->block = arena_take(blocks, (v->t->rows + 1) * sizeof *f->block);
    f->n = arena_take(a, (v->npoints + 1) * sizeof *f->n);
    f->level = arena_take(a, (v->npoints + 1) * sizeof *f->level);
    if (!f->block || !f->n || !f->level || number_blocks(f))
        return -1;
    for (size_t p = 0; p < v->npoints; p++) {
        int own = f->n[p] && !is_copy(v, v->first[p]);
        f->level[p] = NAN;
        f->points += (size_t)own;
        trials += own ? f->n[p] : 0;
    }
    double *effect = arena_take(a, f->repeats * sizeof *effect);
    long rank = effect && f->points ? solve_blocks(f, effect, a) : effect ? 0 : -1;
    if (rank < 0)
        return -1;
    if (f->points)
        pool_residual(f, effect, trials, (size_t)rank);
    return 0;
}

static size_t part_of(const struct fit *f, size_t p)
{
    size_t i = f->v->start[p];
    while (isnan(f->v->y[f->v->row[i]]))
        i++;
    return f->part[f->block[f->v->row[i]]];
}

/* Adds to share[repeats] `by` times the point's trials per block, as shares of them. */
static void add_blocks(const struct fit *f, size_t p, double by, double *share)
{
    for (size_t i = f->v->start[p]; i < f->v->start[p + 1]; i++)
        if (!isnan(f->v->y[f->v->row[i]]))
            share[f->block[f->v->row[i]]] += by / (double)f->n[p];
}

double fit_spread(const struct fit *f, size_t p, size_t q)
{
    double spread = 1 / (double)f->n[p] + 1 / (double)f->n[q] + 2 * f->v->overlap, share[BLOCKS] = {0};
    size_t R = f->repeats;
    if (!f->inverse)
        return spread;
    if (part_of(f, p) != part_of(f, q))
        return NAN;
    add_blocks(f, p, 1, share);
    add_blocks(f, q, -1, share);
    for (size_t b = 0; b < R; b++)
        for (size_t c = 0; c < R; c++)
            spread += share[b] * f->inverse[b * R + c] * share[c];
    return spread;
}

/* ---- beside the best --------------------------------------------------------------------------------------------- */

static void put_difference_interval(const struct fit *f, size_t p, size_t best, double q, struct difference *d)
{
    double lo, hi, half = q / sqrt(2) * sqrt(f->variance * fit_spread(f, p, best));
    metric_limits(f->v->t, f->v->metric, &lo, &hi);
    d->low = fmax(d->diff - half, lo - hi);
    d->high = fmin(d->diff + half, hi - lo);
    if (isnan(half))
        d->low = d->high = NAN;
}

int compare_with_best(const struct trials_view *v, struct difference *d, struct range_cache *c, struct arena *a)
{
    struct fit f;
    if (fit_init(&f, v, a, a))
        return -1;
    double q = isnan(f.variance) ? NAN : range_q95_cached(c, f.points, f.df);
    size_t best = v->npoints ? v->order[0] : 0;
    for (size_t p = 0; p < v->npoints; p++) {
        d[p] = (struct difference){NAN, NAN, NAN, TIE_NO};
        if (isnan(v->mean[p]))
            continue;
        if (v->rank[p] == 1 || (v->front && v->mean[p] == v->mean[best])) {
            d[p] = (struct difference){0, NAN, NAN, TIE_YES};
            if (p != best)
                put_difference_interval(&f, p, best, q, &d[p]);
            continue;
        }
        d[p].diff = f.inverse ? f.level[p] - f.level[best] : v->mean[p] - v->mean[best];
        put_difference_interval(&f, p, best, q, &d[p]);
        d[p].tied = isnan(d[p].low) ? TIE_UNKNOWN : d[p].low <= 0 && d[p].high >= 0 ? TIE_YES : TIE_NO;
    }
    return 0;
}
