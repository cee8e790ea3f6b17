/* range.c - computes quantiles of the studentized range, which hold for all comparisons at once. */
#include "report/stats/range.h"
#include "base/maths.h"
#include "report/stats/stats.h"

#include <math.h>

#define STEP 0.2   /* of the numbers */
#define EDGE 8.0   /* numbers beyond it do not occur */
#define NODES 81   /* 2 EDGE / STEP + 1 */
#define NEAR 1e-14 /* what a sum does not notice */

struct numbers { /* for k of them: the weight of the largest one at z[i], and P(Z <= z[i]) */
    size_t k;
    double weight[NODES], below[NODES];
};

static void prepare_numbers(struct numbers *s, size_t k)
{
    s->k = k;
    for (int i = 0; i < NODES; i++) {
        double z = STEP * i - EDGE;
        s->below[i] = m_normal(z);
        s->weight[i] = STEP * (double)k * 0.3989422804014327 * m_exp(-z * z / 2);
    }
}

/* Computes P(range of k normal numbers <= w): the largest is at z, the others between z - w and z. */
static double plain_range(const struct numbers *s, double w)
{
    double sum = 0;
    if (w > 2 * EDGE)
        return 1;
    for (int i = 0; i < NODES; i++) {
        double inside = s->below[i] - m_normal(STEP * i - EDGE - w);
        double p = inside > 0 ? m_exp((double)(s->k - 1) * m_log(inside)) : 0;
        sum += s->weight[i] * p;
    }
    return sum < 1 ? sum : 1;
}

/* Adds up one side of the outer sum, away from an estimate that is right (x = 0) by steps of h. */
static void one_side(const struct numbers *s, double df, double q, double h, double *sum, double *all)
{
    double heaviest = 0, p = 1;
    for (int i = h < 0; i < 4000; i++) {
        double x = h * i, scale = m_exp(x), g = m_exp(df * (x - (scale * scale - 1) / 2));
        p = g > NEAR && (h > 0 || p > NEAR) ? plain_range(s, q * scale) : 0; /* on the left it falls */
        *sum += g * p;
        *all += g;
        heaviest = g > heaviest ? g : heaviest;
        if (g < NEAR * heaviest)
            break;
    }
}

static double range_probability(const struct numbers *s, double df, double q)
{
    double h = 0.6 / sqrt(2 * df), sum = 0, all = 0;
    h = h < 0.15 ? h : 0.15;
    one_side(s, df, q, h, &sum, &all);
    one_side(s, df, q, -h, &sum, &all);
    return sum / all;
}

double range_q95(size_t k, size_t df)
{
    struct numbers s;
    if (k < 2 || !df)
        return NAN;
    if (k == 2)
        return sqrt(2) * stats_t95(df);
    prepare_numbers(&s, k);
    double lo = 1, hi = 2; /* in the logarithm of q the probability rises smoothly: false position, Illinois */
    double at_lo = range_probability(&s, (double)df, lo) - 0.95, at_hi;
    while ((at_hi = range_probability(&s, (double)df, hi) - 0.95) < 0) {
        lo = hi;
        at_lo = at_hi;
        hi *= 2;
    }
    for (int i = 0, side = 0; i < 40 && hi - lo > 1e-10 * hi; i++) {
        double q = lo + (hi - lo) * at_lo / (at_lo - at_hi), at = range_probability(&s, (double)df, q) - 0.95;
        if (fabs(at) < 1e-12)
            return q;
        if (at < 0) {
            lo = q;
            at_lo = at;
            at_hi /= side < 0 ? 2 : 1;
            side = -1;
        } else {
            hi = q;
            at_hi = at;
            at_lo /= side > 0 ? 2 : 1;
            side = 1;
        }
    }
    return (lo + hi) / 2;
}

double range_q95_cached(struct range_cache *c, size_t k, size_t df)
{
    if (c->k != k || c->df != df)
        *c = (struct range_cache){k, df, range_q95(k, df)};
    return c->q;
}
