/* blobs.c - round clouds of normally distributed samples, one a class (as make_blobs of scikit-learn). The seed decides
 * where their centres are. */
#include "data/sources/made.h"

struct blobs_args {
    struct made_args made;
    int classes, features;
};
_Static_assert(sizeof(struct blobs_args) <= DATA_ARGS, "DATA_ARGS");

#define FARTHEST 10 /* of a centre from 0 on each axis */

// clang-format off
static const struct param blobs_params[] = {
    MADE_PARAMS("1"),
    { .name = "classes", .type = P_INT, .at = offsetof(struct blobs_args, classes), .min = 2, .max = DATA_CLASSES,
      .preset = "3", .help = "clouds" },
    { .name = "features", .type = P_INT, .at = offsetof(struct blobs_args, features), .min = 1, .max = MADE_FEATURES,
      .preset = "2", .help = "numbers of a sample" },
    { 0 }
};
// clang-format on

static void blobs_sizes(const void *args, int *features, int *classes)
{
    const struct blobs_args *a = args;
    *features = a->features;
    *classes = a->classes;
}

static void make_blob(const void *args, uint64_t seed, struct rng *r, struct made_sample *s)
{
    struct rng centre;
    (void)r;
    made_common(&centre, seed, s->class);
    for (int k = 0; k < ((const struct blobs_args *)args)->features; k++)
        s->x[k] = FARTHEST * (2 * made_uniform(&centre) - 1);
}

static const struct made_type blobs = {.sizes = blobs_sizes, .make = make_blob};
const struct data_source source_blobs = {
    .word = {"blobs", "made: round clouds at places that the seed decides, one a class", blobs_params},
    .credit = "",
    .path = PATH_NEVER,
    .input = FIELD_FLOATS,
    .made = 1,
    .detail = &blobs,
    .load = made_load,
};
