/* random.c - draws every point by itself: proposal k is the k-th stream of random numbers of the seed. */
#include "base/rng.h"
#include "search/search.h"

#define ATTEMPTS 64 /* draws of a number, until one was not proposed before */

/* Draws without repetition: a small space runs out of points without waiting for the last one by chance. */
static int ask_random(const struct search *s, const struct search_history *before, uint64_t number,
                      struct proposal *out, struct err *e)
{
    struct rng r;
    uint32_t unit[SEARCH_AXES];
    int bad = 0;
    rng_init(&r, s->seed, RNG_SEARCH, (uint32_t)number, (uint32_t)(number >> 32));
    for (int i = 0; i < ATTEMPTS && !bad && (!i || search_was_proposed(s, before, out)); i++) {
        for (size_t axis = 0; axis < s->axes; axis++)
            unit[axis] = rng_u32(&r);
        bad = search_from_units(s, unit, out, e);
    }
    return bad;
}

const struct search_type search_random = {
    .name = "random",
    .help = "every point is drawn by itself",
    .source = "Bergstra & Bengio, Random Search for Hyper-Parameter Optimization, JMLR 13, 2012",
    .params = search_draw_params,
    .draws = 1,
    .ask = ask_random,
};
