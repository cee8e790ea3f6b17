/* timing.h - how long a call takes, for `sweep bench`; never for a result. Seconds are those that the calling thread
 * had its core: what other programs take away does not count, but for the caches that they used. */
#ifndef BASE_TIMING_H
#define BASE_TIMING_H

#include <stddef.h>

#define TIMING_ROUNDS 7

/* Seconds of one call(ctx): the median of TIMING_ROUNDS rounds (3 when a call is long) of equal numbers of calls, after
 * one call to warm up; about `seconds` in all. A call that takes longer than that is timed once. */
double timing_call(void (*call)(void *ctx), void *ctx, double seconds);
/* The shortest of eight times as many rounds: what can be reached at all, whatever else the machine does. */
double timing_best(void (*call)(void *ctx), void *ctx, double seconds);

/* A call compared with others beside it. */
struct timed {
    void (*call)(void *ctx);
    void *ctx;
};
#define TIMING_TURNS 512
#define TIMING_BESIDE 2
struct timing_turns {
    size_t n;
    double call[TIMING_TURNS];                  /* seconds of one call in each turn */
    double beside[TIMING_BESIDE][TIMING_TURNS]; /* of one call of each of the others, the mean of just before and just
                                                   after it */
};
/* Takes turns: each of beside[n] for half a millisecond, then *call for two, so that a clock that drifts drifts for all
 * of them. For about `seconds` in all, at least three turns; a call that takes longer than that has one turn. */
void timing_turns(const struct timed *call, const struct timed *beside, size_t n, double seconds,
                  struct timing_turns *t);

/* Median of v[n], which is sorted; the mean of the middle two when n is even, NaN when n is 0. */
double timing_median(double *v, size_t n);

#endif
