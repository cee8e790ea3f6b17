/* stats.h - means and intervals of a few repeats. Sums run in the order of the values: same bits on every machine. */
#ifndef REPORT_STATS_H
#define REPORT_STATS_H

#include <stddef.h>

/* t with P(|T| <= t) = 0.95 for Student's distribution with df >= 1 degrees of freedom; NaN for df = 0. Exact to 1e-12
 * up to df = 200 (finite sums, Abramowitz & Stegun 26.7.3 and 26.7.4, solved for the angle), to 1e-10 above (26.7.5).
 */
double stats_t95(size_t df);

/* The last quantile asked for: most calls of one table want the same few. */
struct t_cache {
    size_t df;
    double t;
};
double stats_t95_cached(struct t_cache *c, size_t df);

struct stats {
    size_t n;
    double mean, std; /* std with n-1; NaN for n < 2 */
    double low, high; /* 95 % interval of the mean (Student t); NaN for n < 2 */
    double min, max;
};
/* Of the values that are not NaN; everything is NaN for n = 0. */
struct stats stats_of(const double *v, size_t n, struct t_cache *c);

/* The q-quantile (0..1) of v[n], which it sorts; linear between neighbours. NaN for n = 0. */
double stats_quantile(double *v, size_t n, double q);

#endif
