/* view_ranks.c - ranks the points by their exact means: this alone says which point is better. */
#include "report/stats/trials_view.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Returns the column that counts the samples of an objective, -1 when it is not a share of them or the table has none.
 */
static int samples_column(const struct view_goal *g)
{
    const struct report_metric *m = table_metric(g->v->t, g->metric);
    char column[80];
    if (!m || !m->percent)
        return -1;
    snprintf(column, sizeof column, "%.*ssamples", (int)(strlen(g->metric) - strlen(m->name)), g->metric);
    return table_column(g->v->t, column);
}

/* Returns the right answers of row r, of n; -1 when its accuracy is not such a fraction (the last step of an epoch was
 * dropped). */
static int64_t right_answers(const struct view_goal *g, size_t r, double n)
{
    double right = floor(g->y[r] * n + 0.5);
    return n >= 1 && right >= 0 && right <= n && (float)(right / n) == (float)g->y[r] ? (int64_t)right : -1;
}

/* Returns the number of samples that every complete trial of the point is a fraction of, 0 for none. */
static double common_samples(const struct view_goal *g, size_t p)
{
    const struct trials_view *v = g->v;
    int col = samples_column(g);
    double n = col < 0 ? 0 : table_number(v->t, v->first[p], col);
    for (size_t i = v->start[p]; i < v->start[p + 1]; i++) {
        size_t r = v->row[i];
        if (!isnan(g->y[r]) && (table_number(v->t, r, col) != n || !(n < 4294967296.0) || right_answers(g, r, n) < 0))
            return 0;
    }
    return n >= 1 ? floor(n) : 0;
}

double view_resolution(const struct trials_view *v, size_t p)
{
    double n = common_samples(v->goal, p);
    return n > 0 ? 1 / n : 0;
}

/* n: common_samples of the point. */
static struct exact exact_of(const struct view_goal *g, size_t p, double n)
{
    const struct trials_view *v = g->v;
    struct exact x = {{0}, 0};
    for (size_t i = v->start[p]; i < v->start[p + 1]; i++) {
        size_t r = v->row[i];
        if (isnan(g->y[r]))
            continue;
        if (n > 0)
            exact_add_count(&x, (uint64_t)right_answers(g, r, n));
        else
            exact_add(&x, (float)g->y[r]);
        x.over++;
    }
    x.over *= n > 0 ? (uint64_t)n : 1;
    return x;
}

struct exact view_exact(const struct trials_view *v, size_t p)
{
    return exact_of(v->goal, p, common_samples(v->goal, p));
}

/* A point as it is sorted. There may be millions, so its exact mean is made again where its double does not decide. */
struct ranked {
    const struct view_goal *g;
    double mean; /* exact_mean; NaN for none */
    uint32_t p, samples;
};

static struct exact ranked_exact(const struct ranked *k)
{
    return exact_of(k->g, k->p, k->samples);
}

/* Returns the mean as it is shown: of floats that of their decimals, which reads better and is as near. */
static double shown_mean(const struct ranked *k)
{
    const struct trials_view *v = k->g->v;
    double sum = 0, n = 0;
    if (isnan(k->mean) || k->samples || k->g->fact)
        return k->mean;
    for (size_t i = v->start[k->p]; i < v->start[k->p + 1]; i++)
        if (!isnan(k->g->y[v->row[i]])) {
            sum += k->g->y[v->row[i]];
            n++;
        }
    return sum / n;
}

#define ROUNDED 1e-12 /* an exact mean differs from its double by less than this part of it */

/* Compares the means of two points that have one: -1, 0 or 1. */
static int compare_means(const struct ranked *x, const struct ranked *y)
{
    double far = x->g->fact ? 0 : ROUNDED * fmax(fabs(x->mean), fabs(y->mean));
    if (fabs(x->mean - y->mean) > far || x->g->fact)
        return (x->mean > y->mean) - (x->mean < y->mean);
    struct exact a = ranked_exact(x), b = ranked_exact(y);
    return exact_compare(&a, &b);
}

static int by_mean(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    if (isnan(x->mean) != isnan(y->mean))
        return isnan(x->mean) - isnan(y->mean);
    int order = isnan(x->mean) ? 0 : compare_means(x, y);
    if (order)
        return x->g->maximise ? -order : order;
    return (x->p > y->p) - (x->p < y->p);
}

/* Of a fact, which may be larger than floats are exact, any trial of the point has the mean. */
static double fact_mean(const struct view_goal *g, size_t p)
{
    double mean = NAN;
    for (size_t i = g->v->start[p]; i < g->v->start[p + 1] && isnan(mean); i++)
        mean = g->y[g->v->row[i]];
    return mean;
}

static struct ranked ranked_point(const struct view_goal *g, size_t p)
{
    struct ranked k = {g, NAN, (uint32_t)p, g->fact ? 0 : (uint32_t)common_samples(g, p)};
    struct exact mean = {{0}, 0};
    if (!g->fact)
        mean = ranked_exact(&k);
    k.mean = g->fact ? fact_mean(g, p) : exact_mean(&mean);
    return k;
}

/* Sorts the points by one objective into k[npoints], fills its means and, unless it is NULL, rank[npoints]: equal means
 * have the same, and the next counts them all. */
static void rank_by_goal(const struct view_goal *g, struct ranked *k, uint32_t *rank)
{
    const struct trials_view *v = g->v;
    for (size_t p = 0; p < v->npoints; p++)
        k[p] = ranked_point(g, p);
    qsort(k, v->npoints, sizeof *k, by_mean);
    for (size_t i = 0; i < v->npoints; i++) {
        int equal = i && !isnan(k[i].mean) && !compare_means(&k[i], &k[i - 1]);
        rank[k[i].p] = equal ? rank[k[i - 1].p] : (uint32_t)i + 1;
        g->mean[k[i].p] = equal ? g->mean[k[i - 1].p] : shown_mean(&k[i]);
    }
}

/* Fills front[] by the ranks of each objective, rank[goals][npoints]: which point dominates which does not depend on
 * rounding then. */
static int find_fronts(struct trials_view *v, const uint32_t *rank)
{
    double *value = malloc((v->npoints + 1) * v->goals * sizeof *value);
    uint32_t *point = malloc((v->npoints + 1) * sizeof *point), *front = malloc((v->npoints + 1) * sizeof *front);
    size_t n = 0;
    int bad = !value || !point || !front;
    for (size_t p = 0; !bad && p < v->npoints; p++) {
        int whole = 1;
        for (size_t k = 0; k < v->goals; k++) {
            whole &= !isnan(v->goal[k].mean[p]);
            value[n * v->goals + k] = rank[k * v->npoints + p];
        }
        v->front[p] = 0;
        point[n] = (uint32_t)p;
        n += (size_t)whole;
    }
    bad = bad || pareto_fronts(value, n, v->goals, front);
    for (size_t i = 0; !bad && i < n; i++)
        v->front[point[i]] = front[i] + 1;
    free(value);
    free(point);
    free(front);
    return bad ? -1 : 0;
}

/* A point as it is sorted in the end. */
struct fronted {
    uint32_t front, rank, p; /* of its front, in it by the first objective */
};

static int by_front(const void *a, const void *b)
{
    const struct fronted *x = a, *y = b;
    if (x->front != y->front)
        return x->front < y->front ? -1 : 1;
    if (x->rank != y->rank)
        return x->rank < y->rank ? -1 : 1;
    return (x->p > y->p) - (x->p < y->p);
}

/* Ranks by front and first objective; rank[] as above. Points without the first objective come after those that lack
 * another one. */
static int rank_by_fronts(struct trials_view *v, const uint32_t *rank)
{
    struct fronted *k = malloc((v->npoints + 1) * sizeof *k);
    if (!k || find_fronts(v, rank)) {
        free(k);
        return -1;
    }
    for (size_t p = 0; p < v->npoints; p++)
        k[p] = (struct fronted){v->front[p] ? v->front[p] : UINT32_MAX, rank[p], (uint32_t)p};
    qsort(k, v->npoints, sizeof *k, by_front);
    for (size_t i = 0; i < v->npoints; i++) {
        int equal = i && k[i].front == k[i - 1].front && k[i].rank == k[i - 1].rank;
        v->order[i] = k[i].p;
        v->rank[k[i].p] = equal ? v->rank[k[i - 1].p] : (uint32_t)i + 1;
    }
    free(k);
    return 0;
}

/* Ranks the points. This is the one place that says which point is better: every table, picture and condition asks for
 * order and rank. */
int view_rank_points(struct trials_view *v)
{
    struct ranked *k = malloc((v->npoints + 1) * sizeof *k);
    uint32_t *rank = v->goals > 1 ? malloc((v->npoints + 1) * v->goals * sizeof *rank) : v->rank;
    int bad = !k || !rank;
    for (size_t g = 0; !bad && g < v->goals; g++)
        rank_by_goal(&v->goal[g], k, rank + g * v->npoints);
    for (size_t i = 0; !bad && v->goals == 1 && i < v->npoints; i++)
        v->order[i] = k[i].p;
    if (v->goals > 1) {
        bad = bad || rank_by_fronts(v, rank);
        free(rank);
    }
    free(k);
    return bad ? -1 : 0;
}
