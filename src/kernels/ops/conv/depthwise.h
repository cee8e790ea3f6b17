/* depthwise.h - convolutions that take each channel by itself (as many groups as input and output channels; Chollet
 * 2017, arXiv:1610.02357, Howard et al. 2017, arXiv:1704.04861): there is one channel to read for each one to write, so
 * a tile is several columns of one channel, each column of the input is read once for all taps that use it, and the
 * rows of a channel stay in the first cache while all rows of the kernel take them. The order of operations is that of
 * conv.c and wgrad.c, and so are the bits.
 *
 *   row of x     a b c d e f     one register after the other; c is multiplied by the weights k2 k1 k0
 *                    |\ \
 *   row of y     o p q r         and added to o, p, q, each in a register for all rows of the kernel
 */
#ifndef KERNELS_OPS_CONV_DEPTHWISE_H
#define KERNELS_OPS_CONV_DEPTHWISE_H

#include "kernels/simd/simd.h"

#define DEPTHWISE_TAPS 7 /* side by side, at most */

/* One row of the output, the same for each channel. Output column i < n, at y + i * y_col, reads the input columns
 * at + i * stride + k for k < taps, those in 0..len-1, in each of the rows x[r * row_gap], r < rows; the weights are
 * w[r * w_row + k * w_tap]. stride is 1 or 2, of 2 only with 3, 5 or 7 taps. Offsets in floats. */
struct depthwise_row {
    int n, at, stride, taps, len, rows, row_gap;
    ptrdiff_t w_row, w_tap, y_col;
};
/* x_at: where the channel begins in a row of the input. */
void EXPORT(depthwise_row)(const struct depthwise_row *t, const float *const *x, ptrdiff_t x_at, const float *w,
                           float b, float *y);

/* Has a group one channel to read and one to write? There are no pairs of channels in it then, and its bf16 numbers are
 * multiplied as floats, in all passes. */
static inline int has_no_pairs(const struct conv_dims *d)
{
    return d->groups > 1 && d->groups == d->ci && d->groups == d->co;
}

/* Can the gradient of the weights be computed here? */
static inline int depthwise_weights(const struct conv_dims *d)
{
    return d->groups == d->ci && d->ci == d->co && d->groups > 1 && d->dw == 1 &&
           (d->kw == 3 || d->kw == 5 || d->kw == 7);
}
/* conv_weight_rows for the channels c0..c1-1, with their sums in the order of the weights. */
void EXPORT(depthwise_weight_rows)(const struct conv_dims *d, int c0, int c1, int r0, int r1, const float *const *x,
                                   const float *const *dy, float *sums);

#endif
