/* one_tap.h - 1x1 convolutions of stride 1 (Lin, Chen & Yan 2014, arXiv:1312.4400), forward and for the gradient of the
 * input: at each position a product of the channels and a matrix. A kernel of one tap reads each number of x once for a
 * few outputs, so that it would wait for the second cache if the rows of x did not stay in the first one:
 *
 *   row of x    channel 0  a b c d|e f g h|...      the channels of some columns lie together in the first cache (they
 *               channel 1  a b c d|e f g h|...      are copied where the rows of all channels are larger than that),
 *               ...                                 and all outputs of these columns are made from there.
 *
 * Where a register holds half of the lanes, a tile is both halves of one column for many outputs: loads of the same
 * half of different lines wait for each other (on AMD Zen 3 a tile of six halves runs at two thirds of this one).
 *
 * The order of operations is that of conv.c, and so are the bits. */
#ifndef KERNELS_OPS_CONV_ONE_TAP_H
#define KERNELS_OPS_CONV_ONE_TAP_H

#include "kernels/ops/conv/prefetch.h"
#include "kernels/simd/simd.h"

#ifdef ISA_avx512
#define ONE_TAP_OUTPUTS 4 /* with 6 columns 24 sums, 4 weights, 1 input: 29 of 32 registers */
#else
#define ONE_TAP_OUTPUTS 6 /* with 2 halves of a column 12 sums, 2 inputs, 1 weight: 15 of 16 */
#endif

/* Does one_tap_row make the rows? */
static inline int has_one_tap(const struct conv_dims *d)
{
    return d->kh * d->kw == 1 && d->sh == 1 && d->sw == 1 && d->ph == 0 && d->pw == 0 && d->ho == d->h &&
           d->wo == d->w && d->ci > d->groups;
}

/* One row of one group: y[co][columns][LANES] of x[ci][columns][LANES], ci in operands; packed weights
 * [piece of ONE_TAP_OUTPUTS][ci][outputs of the piece]; bias[co] or NULL. x_next: the row that comes next, or NULL. */
struct one_tap_row {
    int columns, ci, co;
};
void EXPORT_PRODUCT(one_tap_row)(const struct one_tap_row *r, const float *x, const float *x_next, const float *packed,
                                 const float *bias, float *y, struct fetch *fetch);

#endif
