/* view_ranks.c - ranks the points by their exact means: this alone says which point is better. */
#include "report/stats/trials_view.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Returns the column that counts the samples of the objective, -1 when it is not a share of them or the table has none.
 */
static int samples_column(const struct trials_view *v)
{
    const struct report_metric *m = table_metric(v->t, v->metric);
    char column[80];
    if (!m || !m->percent)
        return -1;
    snprintf(column, sizeof column, "%.*ssamples", (int)(strlen(v->metric) - strlen(m->name)), v->metric);
    return table_column(v->t, column);
}

/* Returns the right answers of row r, of n; -1 when its accuracy is not such a fraction (the last step of an epoch was
 * dropped). */
static int64_t right_answers(const struct trials_view *v, size_t r, double n)
{
    double right = floor(v->y[r] * n + 0.5);
    return n >= 1 && right >= 0 && right <= n && (float)(right / n) == (float)v->y[r] ? (int64_t)right : -1;
}

/* Returns the number of samples that every complete trial of the point is a fraction of, 0 for none. */
static double common_samples(const struct trials_view *v, size_t p)
{
    int col = samples_column(v);
    double n = col < 0 ? 0 : table_number(v->t, v->first[p], col);
    for (size_t i = v->start[p]; i < v->start[p + 1]; i++) {
        size_t r = v->row[i];
        if (!isnan(v->y[r]) && (table_number(v->t, r, col) != n || !(n < 4294967296.0) || right_answers(v, r, n) < 0))
            return 0;
    }
    return n >= 1 ? floor(n) : 0;
}

double view_resolution(const struct trials_view *v, size_t p)
{
    double n = common_samples(v, p);
    return n > 0 ? 1 / n : 0;
}

/* n: common_samples of the point. */
static struct exact exact_of(const struct trials_view *v, size_t p, double n)
{
    struct exact x = {{0}, 0};
    for (size_t i = v->start[p]; i < v->start[p + 1]; i++) {
        size_t r = v->row[i];
        if (isnan(v->y[r]))
            continue;
        if (n > 0)
            exact_add_count(&x, (uint64_t)right_answers(v, r, n));
        else
            exact_add(&x, (float)v->y[r]);
        x.over++;
    }
    x.over *= n > 0 ? (uint64_t)n : 1;
    return x;
}

struct exact view_exact(const struct trials_view *v, size_t p)
{
    return exact_of(v, p, common_samples(v, p));
}

/* A point as it is sorted. There may be millions, so its exact mean is made again where its double does not decide. */
struct ranked {
    const struct trials_view *v;
    double mean; /* exact_mean; NaN for none */
    uint32_t p, samples;
};

static struct exact ranked_exact(const struct ranked *k)
{
    return exact_of(k->v, k->p, k->samples);
}

/* Returns the mean as it is shown: of floats that of their decimals, which reads better and is as near. */
static double shown_mean(const struct ranked *k)
{
    const struct trials_view *v = k->v;
    double sum = 0, n = 0;
    if (isnan(k->mean) || k->samples)
        return k->mean;
    for (size_t i = v->start[k->p]; i < v->start[k->p + 1]; i++)
        if (!isnan(v->y[v->row[i]])) {
            sum += v->y[v->row[i]];
            n++;
        }
    return sum / n;
}

#define ROUNDED 1e-12 /* an exact mean differs from its double by less than this part of it */

/* Compares the means of two points that have one: -1, 0 or 1. */
static int compare_means(const struct ranked *x, const struct ranked *y)
{
    double far = ROUNDED * fmax(fabs(x->mean), fabs(y->mean));
    if (fabs(x->mean - y->mean) > far)
        return x->mean < y->mean ? -1 : 1;
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
        return x->v->maximise ? -order : order;
    return (x->p > y->p) - (x->p < y->p);
}

static struct ranked ranked_point(const struct trials_view *v, size_t p)
{
    struct ranked k = {v, NAN, (uint32_t)p, (uint32_t)common_samples(v, p)};
    struct exact mean = ranked_exact(&k);
    k.mean = exact_mean(&mean);
    return k;
}

/* Ranks the points. This is the one place that says which point is better: every table, picture and condition asks for
 * order and rank. */
int view_rank_points(struct trials_view *v)
{
    struct ranked *k = malloc((v->npoints + 1) * sizeof *k);
    if (!k)
        return -1;
    for (size_t p = 0; p < v->npoints; p++)
        k[p] = ranked_point(v, p);
    qsort(k, v->npoints, sizeof *k, by_mean);
    for (size_t i = 0; i < v->npoints; i++) {
        size_t p = k[i].p;
        v->order[i] = (uint32_t)p;
        int equal = i && !isnan(k[i].mean) && !compare_means(&k[i], &k[i - 1]);
        v->rank[p] = equal ? v->rank[k[i - 1].p] : (uint32_t)i + 1;
        v->mean[p] = equal ? v->mean[k[i - 1].p] : shown_mean(&k[i]);
    }
    free(k);
    return 0;
}
