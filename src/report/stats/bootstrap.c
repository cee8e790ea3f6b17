/* bootstrap.c - bias-corrected and accelerated intervals of means. */
#include "report/stats/bootstrap.h"

#include "base/maths.h"
#include "base/rng.h"

#include <math.h>
#include <stdlib.h>

#define MOST_EXACT 8
#define EXACT_SAMPLES 6435 /* ways to choose 8 of 8 with repetition */
#define DRAWN_SAMPLES 9999
#define TAIL95 1.959963984540054

/* A mean that samples have, and how likely it is. */
struct sample_mean {
    double mean, weight;
};

static int by_sample_mean(const void *a, const void *b)
{
    const struct sample_mean *x = a, *y = b;
    return (x->mean > y->mean) - (x->mean < y->mean);
}

/* Adds the samples that take value i and those after it `left` times in all: sum and weight are those of what has been
 * taken. n! / (k1! k2! ...) of the n^n samples have value i so many times. Returns how many there are in s[]. */
static size_t add_means_of(const double *v, size_t n, size_t i, size_t left, double sum, double weight,
                           struct sample_mean *s, size_t count)
{
    if (i + 1 == n) {
        for (size_t k = 1; k <= left; k++)
            weight /= (double)k;
        s[count] = (struct sample_mean){(sum + (double)left * v[i]) / (double)n, weight};
        return count + 1;
    }
    for (size_t k = 0; k <= left; k++) {
        weight /= k ? (double)k : 1;
        count = add_means_of(v, n, i + 1, left - k, sum + (double)k * v[i], weight, s, count);
    }
    return count;
}

static size_t draw_means(const double *v, size_t n, struct sample_mean *s)
{
    struct rng r;
    rng_init(&r, 0, RNG_FOREST, (uint32_t)n, UINT32_MAX - 2);
    for (size_t b = 0; b < DRAWN_SAMPLES; b++) {
        double sum = 0;
        for (size_t i = 0; i < n; i++)
            sum += v[rng_below(&r, (uint32_t)n)];
        s[b] = (struct sample_mean){sum / (double)n, 1};
    }
    return DRAWN_SAMPLES;
}

/* How lopsided the values are, by leaving out one after the other. */
static double acceleration(const double *v, size_t n, double mean)
{
    double squares = 0, cubes = 0;
    for (size_t i = 0; i < n; i++) { /* the mean without value i is off by (mean - v) / (n - 1) */
        double u = v[i] - mean;
        squares += u * u;
        cubes += u * u * u;
    }
    return cubes / (6 * squares * sqrt(squares));
}

/* The mean that a share of the samples does not exceed. */
static double sample_quantile(const struct sample_mean *s, size_t n, double all, double share)
{
    double below = 0;
    size_t i = 0;
    while (i + 1 < n && (below += s[i].weight) < share * all)
        i++;
    return s[i].mean;
}

static void find_interval(const double *v, size_t n, double mean, const struct sample_mean *s, size_t count,
                          double *low, double *high)
{
    double all = 0, below = 0, same = 1e-12 * (s[count - 1].mean - s[0].mean);
    for (size_t i = 0; i < count; i++) {
        all += s[i].weight;
        below += s[i].mean < mean - same ? s[i].weight : s[i].mean <= mean + same ? s[i].weight / 2 : 0;
    }
    double bias = m_normal_quantile(below / all), a = acceleration(v, n, mean);
    for (int end = -1; end <= 1; end += 2) {
        double z = bias + end * TAIL95, share = m_normal(bias + z / (1 - a * z));
        *(end < 0 ? low : high) = sample_quantile(s, count, all, share);
    }
}

int bootstrap_mean(const double *v, size_t n, double *low, double *high)
{
    double mean = 0;
    int same = 1;
    *low = *high = NAN;
    for (size_t i = 0; i < n; i++) {
        mean += v[i] / (double)n;
        same &= v[i] == v[0];
    }
    if (n < 3)
        return 0;
    if (same) {
        *low = *high = v[0];
        return 0;
    }
    struct sample_mean *s = malloc((n > MOST_EXACT ? DRAWN_SAMPLES : EXACT_SAMPLES) * sizeof *s);
    if (!s)
        return -1;
    size_t count = n > MOST_EXACT ? draw_means(v, n, s) : add_means_of(v, n, 0, n, 0, 1, s, 0);
    qsort(s, count, sizeof *s, by_sample_mean);
    find_interval(v, n, mean, s, count, low, high);
    free(s);
    return 0;
}
