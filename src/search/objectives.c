/* objectives.c - chooses among points that have several losses. */
#include "search/objectives.h"

#include "base/maths.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The points with a result that may be known. */
struct several_losses {
    size_t n, m;
    uint32_t *point, *front; /* [n] */
    double *v;               /* [n][m] */
    /* Of one front: */
    size_t members;
    uint32_t *member, *chosen; /* [members] places in the arrays above, of them */
    double *w, *distance;      /* [members][m], [members] */
};

static void copy_losses(const struct search *s, const struct search_result *r, double *v)
{
    v[0] = r->loss;
    for (size_t k = 0; k < s->others; k++)
        v[k + 1] = r->other[k];
}

static int read_losses(struct several_losses *l, const struct search *s, const struct search_history *h)
{
    const size_t known = search_known(s, h), room = known + 1;
    *l = (struct several_losses){.m = s->others + 1};
    l->point = malloc(room * sizeof *l->point);
    l->front = malloc(room * sizeof *l->front);
    l->v = malloc(room * l->m * sizeof *l->v);
    l->member = malloc(room * sizeof *l->member);
    l->chosen = malloc(room * sizeof *l->chosen);
    l->w = malloc(room * l->m * sizeof *l->w);
    l->distance = malloc(room * sizeof *l->distance);
    if (!l->point || !l->front || !l->v || !l->member || !l->chosen || !l->w || !l->distance)
        return -1;
    for (size_t i = 0; i < known; i++)
        if (h->result[i].loss < INFINITY) {
            l->point[l->n] = (uint32_t)i;
            copy_losses(s, &h->result[i], l->v + l->n++ * l->m);
        }
    return pareto_fronts(l->v, l->n, l->m, l->front);
}

static void release_losses(struct several_losses *l)
{
    free(l->point);
    free(l->front);
    free(l->v);
    free(l->member);
    free(l->chosen);
    free(l->w);
    free(l->distance);
}

static void gather_front(struct several_losses *l, uint32_t front)
{
    l->members = 0;
    for (size_t i = 0; i < l->n; i++)
        if (l->front[i] == front) {
            memcpy(l->w + l->members * l->m, l->v + i * l->m, l->m * sizeof *l->w);
            l->member[l->members++] = (uint32_t)i;
        }
}

/* Optuna's reference point of a front. */
static void reference_of(const struct several_losses *l, double *reference)
{
    for (size_t k = 0; k < l->m; k++) {
        double worst = -INFINITY;
        for (size_t i = 0; i < l->members; i++)
            worst = fmax(worst, l->w[i * l->m + k]);
        reference[k] = fmax(1.1 * worst, 0.9 * worst);
        reference[k] = reference[k] == 0 ? 1e-12 : reference[k];
    }
}

/* Fills chosen[k], k <= members. */
static int choose_by_volume(struct several_losses *l, size_t k)
{
    double reference[PARETO_VALUES];
    for (size_t i = 0; k == l->members && i < k; i++)
        l->chosen[i] = (uint32_t)i;
    if (k == l->members)
        return 0;
    reference_of(l, reference);
    return pareto_choose(l->w, l->members, l->m, reference, k, l->chosen);
}

static int choose_by_crowding(struct several_losses *l, size_t k)
{
    if (pareto_crowding(l->w, l->members, l->m, l->distance))
        return -1;
    for (size_t c = 0; c < k; c++) {
        size_t best = 0;
        for (size_t i = 1; i < l->members; i++)
            if (l->distance[i] > l->distance[best])
                best = i;
        l->chosen[c] = (uint32_t)best;
        l->distance[best] = -1;
    }
    return 0;
}

static int take_fronts(const struct search *s, const struct search_history *h, size_t most,
                       int (*choose)(struct several_losses *l, size_t k), uint32_t *point, size_t *n)
{
    struct several_losses l;
    int bad = read_losses(&l, s, h);
    *n = 0;
    for (uint32_t front = 0; !bad && *n < most && *n < l.n; front++) {
        gather_front(&l, front);
        size_t k = l.members < most - *n ? l.members : most - *n;
        bad = choose(&l, k);
        for (size_t i = 0; !bad && i < k; i++)
            point[(*n)++] = l.point[l.member[l.chosen[i]]];
    }
    release_losses(&l);
    return bad;
}

int best_by_volume(const struct search *s, const struct search_history *h, size_t most, uint32_t *point, size_t *n)
{
    return take_fronts(s, h, most, choose_by_volume, point, n);
}

int best_by_crowding(const struct search *s, const struct search_history *h, size_t most, uint32_t *point, size_t *n)
{
    return take_fronts(s, h, most, choose_by_crowding, point, n);
}

#define OF_ALL 0.05 /* share of the sum of all losses beside the largest */

void mix_losses(const struct search *s, const struct search_history *h, size_t known, struct rng *r, double *loss)
{
    const size_t m = s->others + 1;
    double v[PARETO_VALUES], least[PARETO_VALUES], most[PARETO_VALUES], weight[PARETO_VALUES], all = 0;
    for (size_t k = 0; k < m; k++) {
        least[k] = INFINITY;
        most[k] = -INFINITY;
        weight[k] = -m_log((rng_u32(r) + 0.5) * 0x1p-32); /* evenly over all that add up to 1 */
        all += weight[k];
    }
    for (size_t i = 0; i < known; i++) {
        copy_losses(s, &h->result[i], v);
        for (size_t k = 0; k < m && v[0] < INFINITY; k++) {
            least[k] = fmin(least[k], v[k]);
            most[k] = fmax(most[k], v[k]);
        }
    }
    for (size_t i = 0; i < known; i++) {
        double largest = 0, sum = 0;
        copy_losses(s, &h->result[i], v);
        for (size_t k = 0; k < m && v[0] < INFINITY; k++) {
            double part = most[k] > least[k] ? (v[k] - least[k]) / (most[k] - least[k]) : 0;
            largest = fmax(largest, weight[k] / all * part);
            sum += weight[k] / all * part;
        }
        loss[i] = v[0] < INFINITY ? largest + OF_ALL * sum : INFINITY;
    }
}
