/* timing.c - times calls in short rounds, alone or in turns with others, and takes medians. */
#include "base/timing.h"

#include "base/clock.h"

#include <math.h>
#include <stdlib.h>

static int ascending_doubles(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

double timing_median(double *v, size_t n)
{
    if (!n)
        return NAN;
    qsort(v, n, sizeof *v, ascending_doubles);
    return n % 2 ? v[n / 2] : 0.5 * (v[n / 2 - 1] + v[n / 2]);
}

static double repeat_calls(void (*call)(void *ctx), void *ctx, size_t n)
{
    double began = clock_thread();
    for (size_t i = 0; i < n; i++)
        call(ctx);
    return (clock_thread() - began) / (double)n;
}

/* Times rounds of calls: the seconds a call of each round. Returns the number of rounds. */
static size_t time_rounds(void (*call)(void *ctx), void *ctx, double seconds, size_t most, double *round)
{
    round[0] = repeat_calls(call, ctx, 1);
    if (round[0] >= seconds)
        return 1;
    double once = repeat_calls(call, ctx, 1); /* the first one met cold caches and untouched pages */
    size_t rounds = once * (double)most <= seconds ? most : 3, n = 1;
    if (once * (double)most < seconds)
        n = once > 1e-9 ? (size_t)(seconds / (once * (double)most)) : 1000000;
    for (size_t i = 0; i < rounds; i++)
        round[i] = repeat_calls(call, ctx, n ? n : 1);
    return rounds;
}

double timing_call(void (*call)(void *ctx), void *ctx, double seconds)
{
    double round[TIMING_ROUNDS];
    return timing_median(round, time_rounds(call, ctx, seconds, TIMING_ROUNDS, round));
}

/* ---- in turns ---------------------------------------------------------------------------------------------------- */

#define CALL_PIECE 2e-3
#define BESIDE_PIECE 5e-4

/* Returns how many calls fit into a piece, when one takes so long. */
static size_t calls_that_fit(double once, double piece)
{
    return once < piece ? (size_t)(piece / (once > 1e-9 ? once : 1e-9)) : 1;
}

/* Returns the seconds of one of n calls. Where there are many, one more goes ahead: the others took the caches. */
static double time_piece(const struct timed *t, size_t n)
{
    if (n > 4)
        t->call(t->ctx);
    return repeat_calls(t->call, t->ctx, n);
}

struct beside {
    const struct timed *of;
    size_t calls;
    double before;
};

/* Takes one turn: `ncalls` of the call, and after it all others. */
static void take_turn(const struct timed *call, size_t ncalls, struct beside *b, size_t nb, struct timing_turns *t)
{
    t->call[t->n] = time_piece(call, ncalls);
    for (size_t i = 0; i < nb; i++) {
        double after = time_piece(b[i].of, b[i].calls);
        t->beside[i][t->n] = 0.5 * (b[i].before + after);
        b[i].before = after;
    }
    t->n++;
}

void timing_turns(const struct timed *call, const struct timed *beside, size_t n, double seconds,
                  struct timing_turns *t)
{
    struct beside b[TIMING_BESIDE];
    double end = clock_thread() + seconds, piece = 0.1 * seconds < BESIDE_PIECE ? 0.1 * seconds : BESIDE_PIECE;
    for (size_t i = 0; i < n; i++) {
        double once = repeat_calls(beside[i].call, beside[i].ctx, 1);
        if (once < piece)
            once = repeat_calls(beside[i].call, beside[i].ctx, 1);
        b[i] = (struct beside){.of = &beside[i], .calls = calls_that_fit(once, piece)};
        b[i].before = time_piece(&beside[i], b[i].calls);
    }
    t->n = 0;
    take_turn(call, 1, b, n, t);
    if (t->call[0] >= seconds)
        return;
    t->n = 0; /* that one met cold caches and untouched pages */
    size_t many = calls_that_fit(repeat_calls(call->call, call->ctx, 1), CALL_PIECE);
    while (t->n < TIMING_TURNS && (t->n < 3 || clock_thread() < end))
        take_turn(call, many, b, n, t);
}

double timing_best(void (*call)(void *ctx), void *ctx, double seconds)
{
    double round[8 * TIMING_ROUNDS];
    size_t n = time_rounds(call, ctx, seconds, 8 * TIMING_ROUNDS, round);
    timing_median(round, n);
    return round[0];
}
