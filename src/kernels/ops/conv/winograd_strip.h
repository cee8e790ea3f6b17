/* winograd_strip.h - what winograd.c shares with the passes over a strip, winograd_gather.c and winograd_scatter.c. */
#ifndef KERNELS_OPS_CONV_WINOGRAD_STRIP_H
#define KERNELS_OPS_CONV_WINOGRAD_STRIP_H

#include "kernels/ops/conv/winograd.h"
#include "kernels/simd/simd.h"

#define T_MAX WINOGRAD_TILES
#ifdef ISA_avx2
#define COB_MAX 4 /* 4 x 3 sums of one of the four products, 3 of v, 1 weight: 16 registers */
#define TOGETHER 1
#else
#define COB_MAX 2 /* 2 x 3 sums of all four, 3 of v, 1 weight: 28 of 32 */
#define TOGETHER 4
#endif

/* What is multiplied is rounded where it is of bf16 numbers. */
#ifdef BF16
#define NEAR(a) vk_near(a)
#else
#define NEAR(a) (a)
#endif

enum form { GATHER, SCATTER };

/* What lies half-made between the passes: of a square 2x2 outputs; of a column of the strip two. Vectors. */
#define HALF(form, tiles) ((form) == GATHER ? 4 * (tiles) : 2 * WINOGRAD_COLUMNS)

/* Strides in floats. */
struct strip {
    int ci, co;                  /* ci: operands of the chunk */
    int channels;                /* of the chunk */
    int first_chunk, last_chunk; /* whether it is */
    int first, last;             /* whether the strip is the first, the last of its rows */
    int col, w;                  /* input column of the first square (may be outside); width of the input */
    int cols;                    /* GATHER: output columns of the last square; SCATTER: of the strip, where it is the
                                    last of its rows */
    ptrdiff_t y_ch;
    ptrdiff_t lower;    /* SCATTER: from a row of what is left over to the one below */
    const float *fetch; /* one line with each product, fetch_step apart */
    ptrdiff_t fetch_step;
};

/* Where the outputs of a strip are made: half-made ones; the products of the chunks so far; the rows of the output,
 * and, SCATTER, what the squares above have left over for them, and those on the left for the next two columns. */
struct made {
    float *half, *part, *y, *over, *beside;
};

/* Where the channel that comes as number c is, from channel 0: of bf16 numbers the second of a pair is before the
 * first.
 */
INLINE ptrdiff_t channel_at(int c, int channels, ptrdiff_t ch)
{
#if defined(BF16) && !defined(PAIRS)
    c = c % 2 ? c - 1 : c + 1 < channels ? c + 1 : c;
#endif
    (void)channels;
    return c * ch;
}

/* The first half of a pass: v[channel][4][tiles] from rows a + b (plus), or a - b; a_ch, b_ch: to the next channel (0
 * for the row of zeros). edge: columns of the strip are outside the input. */
typedef void winograd_transform(int edge, int plus, int tiles, const struct strip *s, const float *a, ptrdiff_t a_ch,
                                const float *b, ptrdiff_t b_ch, float *v);
/* The second half: products of v and the packed weights u over all input channels, and what they make of the outputs;
 * b[co] or NULL. */
typedef void winograd_products(int tiles, int pass, const struct strip *s, const float *v, const float *u,
                               const float *b, const struct made *k);

winograd_transform EXPORT_PRODUCT(winograd_gather_transform), EXPORT_PRODUCT(winograd_scatter_transform);
winograd_products EXPORT_PRODUCT(winograd_gather_products), EXPORT_PRODUCT(winograd_scatter_products);

#endif
