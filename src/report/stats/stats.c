/* stats.c - computes means, deviations and Student's intervals of a few numbers. */
#include "report/stats/stats.h"
#include "base/maths.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define EXACT_UP_TO 200
#define Z95 1.959963984540054 /* P(|Z| <= z) = 0.95 */

/* Computes P(|T| <= sqrt(df) tan(angle)). */
static double two_sided(double angle, size_t df)
{
    double s = m_sin(angle), c = m_cos(angle), c2 = c * c, sum = 0;
    if (df % 2) {
        for (size_t k = df; k >= 3; k -= 2) /* Horner from the last term */
            sum = k == 3 ? c * (1 + sum) : (1 + sum) * c2 * (double)(k - 3) / (double)(k - 2);
        return (angle + s * sum) * M_2_PI;
    }
    for (size_t k = df; k >= 4; k -= 2)
        sum = (1 + sum) * c2 * (double)(k - 3) / (double)(k - 2);
    return s * (1 + sum);
}

double stats_t95(size_t df)
{
    if (!df)
        return NAN;
    if (df > EXACT_UP_TO) {
        double x = Z95, x2 = x * x, n = (double)df;
        double g1 = x * (x2 + 1) / 4;
        double g2 = x * ((5 * x2 + 16) * x2 + 3) / 96;
        double g3 = x * (((3 * x2 + 19) * x2 + 17) * x2 - 15) / 384;
        double g4 = x * ((((79 * x2 + 776) * x2 + 1482) * x2 - 1920) * x2 - 945) / 92160;
        return x + (g1 + (g2 + (g3 + g4 / n) / n) / n) / n;
    }
    double lo = 0, hi = M_PI_2;
    for (int i = 0; i < 60; i++) {
        double mid = (lo + hi) / 2;
        if (two_sided(mid, df) < 0.95)
            lo = mid;
        else
            hi = mid;
    }
    return sqrt((double)df) * m_sin(lo) / m_cos(lo);
}

double stats_t95_cached(struct t_cache *c, size_t df)
{
    if (!c->df || c->df != df) {
        c->df = df;
        c->t = stats_t95(df);
    }
    return c->t;
}

struct stats stats_of(const double *v, size_t n, struct t_cache *c)
{
    struct stats s = {0, NAN, NAN, NAN, NAN, NAN, NAN};
    double sum = 0, squares = 0;
    for (size_t i = 0; i < n; i++) {
        if (v[i] != v[i])
            continue;
        s.min = s.n && s.min < v[i] ? s.min : v[i];
        s.max = s.n && s.max > v[i] ? s.max : v[i];
        sum += v[i];
        s.n++;
    }
    if (!s.n)
        return s;
    s.mean = s.min == s.max ? s.min : sum / (double)s.n;
    if (s.n < 2)
        return s;
    for (size_t i = 0; i < n; i++)
        if (v[i] == v[i])
            squares += (v[i] - s.mean) * (v[i] - s.mean);
    s.std = sqrt(squares / (double)(s.n - 1));
    double half = s.std > 0 ? stats_t95_cached(c, s.n - 1) * s.std / sqrt((double)s.n) : 0;
    s.low = s.mean - half;
    s.high = s.mean + half;
    return s;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double stats_quantile(double *v, size_t n, double q)
{
    if (!n)
        return NAN;
    qsort(v, n, sizeof *v, by_value);
    double at = q * (double)(n - 1);
    size_t i = (size_t)at;
    return i + 1 < n ? v[i] + (at - (double)i) * (v[i + 1] - v[i]) : v[n - 1];
}
