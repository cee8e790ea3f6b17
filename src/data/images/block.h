/* block.h - up to 16 images on their way from bytes into one block of the kernels, x[h][c][w][16]. */
#ifndef DATA_BLOCK_H
#define DATA_BLOCK_H

#include "data/images/augment.h"
#include "kernels/kernels.h"

/* Planes of 64 x 64 with what lies round them, 16 of them. */
#define BLOCK_SCRATCH (LANES * (64 + 2 * WARP_BORDER - 1) * (64 + WARP_BORDER) + 64)

struct block {
    const struct kernels *k;
    int n, c, h, w;             /* n <= LANES live images */
    const uint8_t *in[LANES];   /* [c][h][w] each; at and beyond n any of the live ones */
    const uint8_t *next[LANES]; /* images wanted next: brought into the cache meanwhile */
    const float *scale, *shift; /* [c]: value * scale + shift */
    uint16_t *scratch;          /* [BLOCK_SCRATCH] 64-byte aligned, for block_move */
};

/* The images as they are; every lane is written. */
void block_copy(const struct block *b, float *x);
/* Image i moved by m[i], as warp.h says; lanes at and beyond n hold anything. */
void block_move(const struct block *b, const struct motion m[LANES], float *x);

/* Bytes from .. from + n - 1 of image i of the next block on their way into the cache. */
static inline void block_fetch(const struct block *b, int i, size_t from, size_t n)
{
    for (size_t j = 0; j < n; j += 64)
        __builtin_prefetch(b->next[i] + from + j, 0, 2);
}

#endif
