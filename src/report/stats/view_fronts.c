/* view_fronts.c - the hypervolume of what was found up to each point. */
#include "report/stats/view_fronts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The means of a point, smaller is better. */
static void losses_of_point(const struct trials_view *v, size_t p, double *loss)
{
    for (size_t k = 0; k < v->goals; k++)
        loss[k] = v->goal[k].maximise ? -v->goal[k].mean[p] : v->goal[k].mean[p];
}

/* The ends as losses. */
static int loss_ends(const struct trials_view *v, double *best, double *reference)
{
    double loss[PARETO_VALUES], worst[PARETO_VALUES];
    size_t n = 0;
    for (size_t p = 0; v->front && p < v->npoints; p++) {
        if (v->front[p] != 1)
            continue;
        losses_of_point(v, p, loss);
        for (size_t k = 0; k < v->goals; k++) {
            best[k] = n ? fmin(best[k], loss[k]) : loss[k];
            worst[k] = n ? fmax(worst[k], loss[k]) : loss[k];
        }
        n++;
    }
    for (size_t k = 0; k < v->goals && n; k++) {
        double range = worst[k] > best[k] ? worst[k] - best[k] : worst[k] != 0 ? fabs(worst[k]) : 1;
        reference[k] = worst[k] + range / 10;
    }
    return n ? 0 : -1;
}

int front_ends(const struct trials_view *v, double *best, double *reference)
{
    if (loss_ends(v, best, reference))
        return -1;
    for (size_t k = 0; k < v->goals; k++)
        if (v->goal[k].maximise) {
            best[k] = -best[k];
            reference[k] = -reference[k];
        }
    return 0;
}

/* The points that no other is better than, of those that came until now. */
struct growing_front {
    size_t n, m;
    double *v; /* [n][m] */
};

/* Whether one of them is at least as good in each value: then the point makes the volume no larger. */
static int is_covered(const struct growing_front *f, const double *loss)
{
    size_t k = 0;
    for (size_t i = 0; i < f->n; i++) {
        for (k = 0; k < f->m && f->v[i * f->m + k] <= loss[k];)
            k++;
        if (k == f->m)
            return 1;
    }
    return 0;
}

/* Adds a point that makes the volume larger; what it dominates goes. */
static void join_front(struct growing_front *f, const double *loss)
{
    size_t kept = 0;
    for (size_t i = 0; i < f->n; i++)
        if (!pareto_dominates(loss, f->v + i * f->m, f->m))
            memmove(f->v + kept++ * f->m, f->v + i * f->m, f->m * sizeof *f->v);
    memcpy(f->v + kept * f->m, loss, f->m * sizeof *f->v);
    f->n = kept + 1;
}

int front_volumes(const struct trials_view *v, double *volume)
{
    double best[PARETO_VALUES], reference[PARETO_VALUES], loss[PARETO_VALUES], sum = 0, box = 1, gain;
    struct growing_front f = {.m = v->goals, .v = malloc((v->npoints + 1) * v->goals * sizeof *f.v)};
    const int none = loss_ends(v, best, reference);
    int bad = !f.v;
    for (size_t k = 0; k < v->goals && !none; k++)
        box *= reference[k] - best[k];
    for (size_t p = 0; !bad && p < v->npoints; p++) {
        volume[p] = none ? (double)NAN : sum / box;
        if (none || !v->front[p])
            continue;
        losses_of_point(v, p, loss);
        if (is_covered(&f, loss))
            continue;
        bad = pareto_gain(loss, f.v, f.n, f.m, reference, &gain);
        if (!bad && gain > 0)
            join_front(&f, loss);
        sum += bad ? 0 : gain;
        volume[p] = sum / box;
    }
    free(f.v);
    return bad ? -1 : 0;
}
