/* race.c - further repeats only for points that may still be the best: a paired test against the best point so far. */
#include "search/prune.h"

#include "base/maths.h"

#include <math.h>
#include <stdlib.h>

enum { TEST_T, TEST_WILCOXON };

static const char *race_test_word(size_t i)
{
    static const char *const words[] = {[TEST_T] = "t", [TEST_WILCOXON] = "wilcoxon"};
    return i < sizeof words / sizeof *words ? words[i] : NULL;
}

/* P(T > t) of Student's distribution: the finite sums of Abramowitz & Stegun 26.7.3 and 26.7.4, of the angle whose
 * tangent is t / sqrt(df), which bisection finds. t >= 0. */
static double student_above(double t, size_t df)
{
    double lo = 0, hi = M_PI_2, root = sqrt((double)df), sum = 0;
    for (int i = 0; i < 60; i++) {
        double middle = (lo + hi) / 2;
        if (root * m_sin(middle) < t * m_cos(middle))
            lo = middle;
        else
            hi = middle;
    }
    double s = m_sin(lo), c = m_cos(lo);
    for (size_t k = df; k >= 3; k -= 2)
        sum = k == 3 ? c * (1 + sum) : (1 + sum) * c * c * (double)(k - 3) / (double)(k - 2);
    if (df % 2)
        return 0.5 - (lo + s * sum) / M_PI;
    sum = 0;
    for (size_t k = df; k >= 4; k -= 2)
        sum = (1 + sum) * c * c * (double)(k - 3) / (double)(k - 2);
    return 0.5 - s * (1 + sum) / 2;
}

#define MOST_PAIRS 100                            /* the most that `pairs` may be; the first are taken */
#define RANKS_SUM (MOST_PAIRS * (MOST_PAIRS + 1)) /* of doubled ranks, which are whole numbers */

/* The share of all signs of m differences with whose positive ones the doubled ranks have at least this sum: the share
 * of each sum, rank by rank. Exact while a double holds 2^m, and rounded by a few units beyond. -1: no memory. */
static double share_of_signs(const int *rank, size_t m, int sum)
{
    double *share = calloc(RANKS_SUM + 1, sizeof *share), above = 0;
    int most = 0;
    if (!share)
        return -1;
    share[0] = 1;
    for (size_t i = 0; i < m; i++) {
        most += rank[i];
        for (int w = most; w >= 0; w--)
            share[w] = (share[w] + (w >= rank[i] ? share[w - rank[i]] : 0)) / 2;
    }
    for (int w = most; w >= sum; w--) /* the small shares first */
        above += share[w];
    free(share);
    return above;
}

double race_wilcoxon(const double *own, const double *best, size_t n)
{
    double off[MOST_PAIRS];
    int rank[MOST_PAIRS], sum = 0;
    size_t m = 0;
    for (size_t i = 0; i < n && m < MOST_PAIRS; i++)
        if (own[i] != best[i])
            off[m++] = own[i] - best[i];
    for (size_t i = 0; i < m; i++) { /* ties have the mean of their ranks, here twice that */
        int less = 0, same = 0;
        for (size_t k = 0; k < m; k++) {
            less += fabs(off[k]) < fabs(off[i]);
            same += fabs(off[k]) == fabs(off[i]);
        }
        rank[i] = 2 * less + same + 1;
        sum += off[i] > 0 ? rank[i] : 0;
    }
    return share_of_signs(rank, m, sum);
}

#define ROUNDING 0x1p-22 /* metrics are floats: differences that differ by less are the same */

double race_t(const double *own, const double *best, size_t n)
{
    double mean = 0, squares = 0, largest = 0;
    for (size_t i = 0; i < n; i++) { /* Welford, 1962 */
        double before = own[i] - best[i] - mean;
        mean += before / (double)(i + 1);
        squares += before * (own[i] - best[i] - mean);
        largest = fmax(largest, fmax(fabs(own[i]), fabs(best[i])));
    }
    if (!(mean > 0) || n < 2)
        return 1;
    const double deviation = sqrt(squares / (double)(n - 1));
    if (!(deviation > ROUNDING * largest)) /* a few shares of correct answers are soon alike: their signs say more */
        return race_wilcoxon(own, best, n);
    return student_above(mean / (deviation / sqrt((double)n)), n - 1);
}

static int decide_race(const struct prune_args *a, const double *own, const double *best, size_t pairs)
{
    double p = (a->test == TEST_T ? race_t : race_wilcoxon)(own, best, pairs);
    return p < 0 ? -1 : p < a->alpha;
}

// clang-format off
static const struct param race_params[] = {
    { .name = "lag", .type = P_INT, .at = PRUNE_ARG(lag), .min = 1, .max = 100000, .preset = "8",
      .help = "point k is compared with the best of points 1 to k - lag, whatever the number of workers" },
    { .name = "pairs", .type = P_INT, .at = PRUNE_ARG(pairs), .min = 2, .max = 100, .preset = "2",
      .help = "repeats that every point gets; of the others, up to sweep.repeats, each only while the point may be the best" },
    { .name = "test", .type = P_CHOICE, .at = PRUNE_ARG(test), .preset = "t", .word = race_test_word,
      .help = "Student's paired test, or Wilcoxon's of signed ranks, which needs five pairs to tell at 0.05" },
    { .name = "alpha", .type = P_FLOAT, .at = PRUNE_ARG(alpha), .min = 0, .max = 0.5, .preset = "0.05", .open = 1,
      .help = "a point whose difference to the best is as unlikely by chance gets no further repeat (one-sided)" },
    { 0 }
};
// clang-format on

const struct prune_type prune_race = {
    .name = "race",
    .help =
        "trains further repeats only of points that a paired test over those that are there cannot tell from the best",
    .source =
        "Maron & Moore, Hoeffding Races, 1994; Hutter, Hoos, Leyton-Brown & Stuetzle, ParamILS, 2009 (against the "
        "incumbent)",
    .params = race_params,
    .race = decide_race,
};
