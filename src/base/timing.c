#include "base/timing.h"

#include "base/clock.h"

#include <math.h>
#include <stdlib.h>

static int ascending(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

double timing_median(double *v, size_t n)
{
    if (!n)
        return NAN;
    qsort(v, n, sizeof *v, ascending);
    return n % 2 ? v[n / 2] : 0.5 * (v[n / 2 - 1] + v[n / 2]);
}

static double calls(void (*call)(void *ctx), void *ctx, size_t n)
{
    double began = clock_wall();
    for (size_t i = 0; i < n; i++)
        call(ctx);
    return (clock_wall() - began) / (double)n;
}

/* Seconds a call of each round. Returns the number of rounds. */
static size_t rounds_of(void (*call)(void *ctx), void *ctx, double seconds, size_t most, double *round)
{
    round[0] = calls(call, ctx, 1);
    if (round[0] >= seconds)
        return 1;
    double once = calls(call, ctx, 1); /* the first one met cold caches and untouched pages */
    size_t rounds = once * (double)most <= seconds ? most : 3, n = 1;
    if (once * (double)most < seconds)
        n = once > 1e-9 ? (size_t)(seconds / (once * (double)most)) : 1000000;
    for (size_t i = 0; i < rounds; i++)
        round[i] = calls(call, ctx, n ? n : 1);
    return rounds;
}

double timing_call(void (*call)(void *ctx), void *ctx, double seconds)
{
    double round[TIMING_ROUNDS];
    return timing_median(round, rounds_of(call, ctx, seconds, TIMING_ROUNDS, round));
}

double timing_best(void (*call)(void *ctx), void *ctx, double seconds)
{
    double round[8 * TIMING_ROUNDS];
    size_t n = rounds_of(call, ctx, seconds, 8 * TIMING_ROUNDS, round);
    timing_median(round, n);
    return round[0];
}
