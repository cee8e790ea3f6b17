/* xor.c - the parity of the signs of some numbers, each uniform in (-1,1): class 1 where an odd number of them is
 * negative. */
#include "data/sources/made.h"

struct xor_args {
    struct made_args made;
    int features;
};
_Static_assert(sizeof(struct xor_args) <= DATA_ARGS, "DATA_ARGS");

// clang-format off
static const struct param xor_params[] = {
    MADE_PARAMS("0.05"),
    { .name = "features", .type = P_INT, .at = offsetof(struct xor_args, features), .min = 1, .max = MADE_FEATURES,
      .preset = "2", .help = "numbers of a sample" },
    { 0 }
};
// clang-format on

static void xor_sizes(const void *args, int *features, int *classes)
{
    (void)classes;
    *features = ((const struct xor_args *)args)->features;
}

/* The sign of the last number makes the parity fit the class. */
static void make_xor(const void *args, uint64_t seed, struct rng *r, struct made_sample *s)
{
    int features = ((const struct xor_args *)args)->features, parity = 0;
    (void)seed;
    for (int k = 0; k < features; k++) {
        double x = 2 * made_uniform(r) - 1;
        int negative = k + 1 < features ? x < 0 : parity != s->class;
        s->x[k] = negative ? -fabs(x) : fabs(x);
        parity ^= negative;
    }
}

static const struct made_type xor = {.classes = 2, .sizes = xor_sizes, .make = make_xor};
const struct data_source source_xor = {
    .word = {"xor", "made: is an odd number of the numbers negative? 2 classes", xor_params},
    .credit = "",
    .path = PATH_NEVER,
    .input = FIELD_FLOATS,
    .made = 1,
    .detail = &xor,
    .load = made_load,
};
