/* rng.h - counter-based random numbers: Philox4x32-10, Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy
 * as 1, 2, 3", SC 2011, doi:10.1145/2063384.2063405. The n-th number of a stream is a function of (seed, purpose, a, b,
 * n) and of nothing else, so that every sample, epoch and layer has a stream of its own, whoever computes it. */
#ifndef BASE_RNG_H
#define BASE_RNG_H

#include <stddef.h>
#include <stdint.h>

enum rng_purpose {
    RNG_SPLIT = 1,
    RNG_INIT,
    RNG_SHUFFLE,
    RNG_AUGMENT,
    RNG_DROPOUT,
    RNG_TEST,
    RNG_MADE,
    RNG_SEARCH,
    RNG_MIX,
    RNG_SAMPLE,
    RNG_FIELD,
    RNG_FOREST,
    RNG_NOISE
};

struct rng {
    uint32_t key[2], ctr[4], out[4];
    int left; /* numbers of out[] not handed out yet */
};

/* out[4] = Philox4x32-10(ctr, key). */
void rng_philox(const uint32_t key[2], const uint32_t ctr[4], uint32_t out[4]);
/* Of 16 at once, in half the time: v[..][i] = Philox4x32-10(v[..][i], key). */
void rng_philox_16(const uint32_t key[2], uint32_t v[4][16]);
/* The stream (seed, purpose, a, b); what a and b mean is the purpose's: epoch and sample, tensor and 0, ... */
void rng_init(struct rng *r, uint64_t seed, enum rng_purpose purpose, uint32_t a, uint32_t b);
uint32_t rng_u32(struct rng *r);
/* [0,1), 24 bits. */
float rng_float(struct rng *r);
/* (-1,1) symmetric: 2u-1 with u at the centres of 2^24 cells. */
float rng_signed(struct rng *r);
/* [0,n), n > 0, without bias (Lemire 2019, arXiv:1805.10941). */
uint32_t rng_below(struct rng *r, uint32_t n);
/* Standard normal by Box and Muller (1958), own log, sin and cos. */
double rng_normal(struct rng *r);
/* v[n], bit by bit what n calls of rng_normal give, twice as fast. */
void rng_normals(struct rng *r, size_t n, double *v);
/* Fisher-Yates (Durstenfeld 1964): v[n] in a random order. */
void rng_shuffle(struct rng *r, uint32_t *v, uint32_t n);

#endif
