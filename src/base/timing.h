/* timing.h - how long a call takes, for `sweep bench`; never for a result. */
#ifndef BASE_TIMING_H
#define BASE_TIMING_H

#include <stddef.h>

#define TIMING_ROUNDS 7

/* Seconds of one call(ctx): the median of TIMING_ROUNDS rounds (3 when a call is long) of equal numbers of calls, after
 * one call to warm up; about `seconds` in all. A call that takes longer than that is timed once. */
double timing_call(void (*call)(void *ctx), void *ctx, double seconds);
/* The shortest of eight times as many rounds: what can be reached at all, whatever else the machine does. */
double timing_best(void (*call)(void *ctx), void *ctx, double seconds);
/* Median of v[n], which is sorted; the mean of the middle two when n is even, NaN when n is 0. */
double timing_median(double *v, size_t n);

#endif
