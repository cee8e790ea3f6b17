/* moments.h - count, mean and squared deviations of a set, and of the union of two sets. */
#ifndef KERNELS_MOMENTS_H
#define KERNELS_MOMENTS_H

struct moments {
    double n, mean, squares; /* squares: the sum of (x - mean)^2 */
};

/* *a becomes the moments of both: the rule of Chan, Golub & LeVeque, "Algorithms for computing the sample variance",
 * The American Statistician 37, 1983. */
static inline void moments_merge(struct moments *a, const struct moments *b)
{
    double n = a->n + b->n, delta = b->mean - a->mean;
    a->squares += b->squares + delta * delta * (a->n * b->n / n);
    a->mean += delta * (b->n / n);
    a->n = n;
}

/* Of the whole population. Never negative; a NaN shows. */
static inline double moments_variance(const struct moments *a)
{
    return a->squares > 0 || a->squares != a->squares ? a->squares / a->n : 0.0;
}

#endif
