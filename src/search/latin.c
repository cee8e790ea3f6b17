/* latin.c - draws as many points as there are trials so that each has a part of every axis to itself. */
#include "base/rng.h"
#include "search/search.h"

/* Returns the place of i in a random order of 0 .. n-1, without keeping the order: a Feistel network over the next even
 * number of bits, gone through again while it leads outside (Black and Rogaway, Ciphers with Arbitrary Finite Domains,
 * 2002). */
static uint32_t place_in_order(uint64_t seed, uint32_t axis, uint32_t i, uint32_t n)
{
    enum { ROUNDS = 6 };
    uint32_t half = 1;
    while ((uint64_t)1 << 2 * half < n)
        half++;
    do {
        uint32_t left = i >> half, right = i & ((1u << half) - 1);
        for (uint32_t round = 0; round < ROUNDS; round++) {
            struct rng r;
            rng_init(&r, seed, RNG_SEARCH, right, axis * ROUNDS + round);
            uint32_t next = left ^ (rng_u32(&r) & ((1u << half) - 1));
            left = right;
            right = next;
        }
        i = left << half | right;
    } while (i >= n);
    return i;
}

/* Where points were left out, the numbers after the last trial are a further square. */
static int ask_latin(const struct search *s, const struct search_history *before, uint64_t number, struct proposal *out,
                     struct err *e)
{
    struct rng r;
    uint32_t unit[SEARCH_AXES], n = (uint32_t)s->args.trials;
    uint64_t seed = s->seed ^ (number / n) << 32;
    (void)before;
    rng_init(&r, s->seed, RNG_SEARCH, (uint32_t)number, UINT32_MAX);
    for (size_t axis = 0; axis < s->axes; axis++) {
        uint64_t part = place_in_order(seed, (uint32_t)axis, (uint32_t)(number % n), n);
        unit[axis] = (uint32_t)((part << 32 | rng_u32(&r)) / n);
    }
    return search_from_units(s, unit, out, e);
}

const struct search_type search_latin = {
    .name = "latin",
    .help = "each of the n trials has one of n equal parts of every axis to itself, so that other `trials` are other "
            "points",
    .source = "McKay, Beckman & Conover, A Comparison of Three Methods for Selecting Values of Input Variables, "
              "Technometrics 21, 1979",
    .params = search_draw_params,
    .draws = 1,
    .ask = ask_latin,
};
