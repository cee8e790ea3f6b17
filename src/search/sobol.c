/* sobol.c - draws points that fill the space evenly: Sobol's sequence, scrambled as Owen does. Any first 2^m points
 * have one in each of the 2^m equal parts of every axis. */
#include "base/rng.h"
#include "search/search.h"

#define BITS 32

/* Fills v[] with the direction numbers of dimension d by the recurrence of Bratley and Fox, Algorithm 659, 1988. */
static void direction_numbers(size_t d, uint32_t v[BITS])
{
    const uint16_t *row = sobol_numbers[d];
    int degree = 0;
    while (row[0] >> (degree + 1))
        degree++;
    for (int j = 0; j < BITS; j++) {
        if (j < degree || !degree) {
            v[j] = (uint32_t)(degree ? row[1 + j] : 1) << (BITS - 1 - j);
            continue;
        }
        v[j] = v[j - degree] ^ v[j - degree] >> degree;
        for (int k = 1; k < degree; k++)
            if (row[0] >> (degree - k) & 1)
                v[j] ^= v[j - k];
    }
}

/* Points stand in the order of Gray's code, Antonov and Saleev, 1979. */
uint32_t sobol_point(uint64_t number, size_t d)
{
    uint32_t v[BITS], x = 0;
    uint64_t gray = number ^ number >> 1;
    direction_numbers(d, v);
    for (int j = 0; j < BITS; j++)
        x ^= gray >> j & 1 ? v[j] : 0;
    return x;
}

/* Flips each bit of x by a random bit that depends on all the bits before it, and on the axis. */
static uint32_t scramble(uint64_t seed, size_t d, uint32_t x)
{
    uint32_t flips = 0;
    for (uint32_t bit = 0; bit < BITS; bit++) {
        struct rng r;
        rng_init(&r, seed, RNG_SEARCH, bit ? x >> (BITS - bit) : 0, (uint32_t)d * BITS + bit);
        flips |= (rng_u32(&r) >> 31) << (BITS - 1 - bit);
    }
    return x ^ flips;
}

static int ask_sobol(const struct search *s, const struct search_history *before, uint64_t number, struct proposal *out,
                     struct err *e)
{
    uint32_t unit[SEARCH_AXES];
    (void)before;
    if (number >> BITS)
        return 1;
    for (size_t d = 0; d < s->axes; d++)
        unit[d] = scramble(s->seed, d, sobol_point(number, d));
    return search_from_units(s, unit, out, e);
}

const struct search_type search_sobol = {
    .name = "sobol",
    .help =
        "points that fill the space evenly, most so where their number is a power of two: a scrambled Sobol sequence",
    .source =
        "Joe & Kuo, Constructing Sobol Sequences with Better Two-Dimensional Projections, SIAM J. Sci. Comput. 30, "
        "2008; Owen, Randomly Permuted (t,m,s)-Nets and (t,s)-Sequences, 1995",
    .params = search_draw_params,
    .draws = 1,
    .ask = ask_sobol,
};
