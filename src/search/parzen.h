/* parzen.h - a density over some axes of a space: the mixture of a kernel around each of some points, and of one over
 * everything. Along an axis whose values are in order a kernel is a normal distribution of quantiles, cut off at 0 and
 * 1, and its width follows from the distances to the neighbours; along others it is the point's value, and any other
 * with a small share. A kernel is the product over the axes: Bergstra et al. 2011 and 2013 with the multivariate form
 * and the widths of Optuna 5.0 (Watanabe 2023, arXiv:2304.11127), but that kernels of good points may be narrower. */
#ifndef SEARCH_PARZEN_H
#define SEARCH_PARZEN_H

#include "base/rng.h"
#include "search/search.h"

struct parzen_point { /* that is looked at */
    uint32_t unit;    /* what search_from_units takes */
    int64_t value;
    double from, to; /* its cell, of an axis that has few values */
};

struct parzen {
    const struct search *s;
    const size_t *axis; /* [axes] */
    size_t axes, n;     /* kernels of points; number n is the one over everything */
    int good;           /* of good points */
    double *mu, *sigma; /* [axes][n]: middles and widths of ordered axes */
    int64_t *value;     /* [axes][n] */
    double *share;      /* [n + 1] sums of the weights up to each kernel; the last is 1 */
    double *scale;      /* [n + 1] logarithm of the weight over the mass inside the range and the widths */
};

/* Of point[n] of the history, in the order in which they were proposed; each has these axes. Where they are many the
 * weights of old ones are less, but for those of good ones by several objectives. kernel[h->points] is scratch. 0, or
 * -1 without memory; parzen_release is due either way. */
int parzen_init(struct parzen *p, const struct search *s, const struct search_history *h, const size_t *axis,
                size_t axes, const uint32_t *point, size_t n, int good, uint32_t *kernel);
void parzen_release(struct parzen *p);
/* A point of the distribution into out[axes]. */
void parzen_draw(const struct parzen *p, struct rng *r, struct parzen_point *out);
#define PARZEN_LOOKS 64 /* most points at once */
/* The logarithms of the density at x[looks][axes]. 0, or -1 without memory. */
int parzen_density(const struct parzen *p, const struct parzen_point *x, size_t looks, double *density);

#endif
