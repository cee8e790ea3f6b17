/* range.h - the studentized range: the distance between the largest and the smallest of k normal numbers of equal mean,
 * divided by an estimate of their standard deviation with df degrees of freedom. */
#ifndef REPORT_RANGE_H
#define REPORT_RANGE_H

#include <stddef.h>

/* q with P(Q <= q) = 0.95, to eight digits, the same bits on every machine; NaN for k < 2 or df = 0. Both integrals by
 * the trapezoidal rule, which converges exponentially for what falls off at both ends (Trefethen & Weideman 2014); the
 * outer one over the logarithm of the estimate. A few milliseconds. */
double range_q95(size_t k, size_t df);

/* The last quantile asked for. */
struct range_cache {
    size_t k, df;
    double q;
};
double range_q95_cached(struct range_cache *c, size_t k, size_t df);

#endif
