/* made.h - datasets that are made, not read: vectors of floats, and for each a class or a number. Sample i of a part is
 * a function of the keys, data.seed, the part and i, and of nothing else: more samples leave those there are as they
 * are. Sample i has class i modulo the number of classes, so that classes are as equal as they can be. */
#ifndef DATA_SOURCES_MADE_H
#define DATA_SOURCES_MADE_H

#include "base/rng.h"
#include "data/sources/source.h"

#include <math.h>

/* The keys that all of them have; the first member of a struct of further ones. */
struct made_args {
    int samples, test_samples; /* of the training part and of the test part */
    double noise;              /* deviation of a normal random number that is added to each feature, or to the number */
};
#define MADE_SAMPLES 10000000
#define MADE_FEATURES 1000
// clang-format off
#define MADE_PARAMS(noise_preset)                                                                                       \
    { .name = "samples", .type = P_INT, .at = offsetof(struct made_args, samples), .min = 1, .max = MADE_SAMPLES,       \
      .preset = "1000", .help = "samples that are made to train and to validate" },                                     \
    { .name = "test_samples", .type = P_INT, .at = offsetof(struct made_args, test_samples), .min = 1,                  \
      .max = MADE_SAMPLES, .preset = "1000", .help = "samples that are made to test" },                                 \
    { .name = "noise", .type = P_FLOAT, .at = offsetof(struct made_args, noise), .min = 0, .max = 1000,                 \
      .preset = noise_preset, .help = "deviation of the normal random numbers that are added" }
// clang-format on

struct made_sample {
    double x[MADE_FEATURES];
    int class;     /* given */
    double number; /* what is to be predicted where there are no classes */
};

struct made_type {         /* data_source.detail */
    int features, classes; /* classes 0: the target is a number */
    /* Where keys say how many there are; NULL: they are as above. */
    void (*sizes)(const void *args, int *features, int *classes);
    /* x, and number where there are no classes, without noise, from the sample's own stream r. */
    void (*make)(const void *args, uint64_t seed, struct rng *r, struct made_sample *s);
};

/* data_source.load of all of them. */
int made_load(const struct data_source *source, struct dataset *d, const struct data_spec *s, int peek, struct err *e);
/* What the keys, by name and value, and data.seed make the fingerprint of the dataset. */
uint64_t made_fingerprint(const struct data_source *source, const struct data_spec *s);
/* Uniform in (0,1), 32 bits. */
double made_uniform(struct rng *r);
/* The stream of what all samples of class `class` have in common. */
void made_common(struct rng *r, uint64_t seed, int class);

#endif
