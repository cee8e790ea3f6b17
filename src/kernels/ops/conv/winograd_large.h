/* winograd_large.h - the convolutions of winograd.h with larger squares, F(4x4, 3x3): 36 products for a square of 4x4
 * outputs instead of 64, of floats alone. Forward, and the gradient of the input (on flipped, transposed weights with a
 * padding of 2 - p). Of the points 0, A, -A, B, -B and infinity, A = 5/8 and B = 3/2 have small errors and short binary
 * fractions (Barabasz et al. 2020, arXiv:1803.10986, say what makes an error large): the errors of sums over 16 to 64
 * channels are 2 to 3 times those of one fma for each tap.
 *
 * With the squares at rows and columns of the output that are multiples of 4, the 6x6 inputs d under a square (0 where
 * outside) and the weights g of one pair of channels, along one row or column
 *     bt(d):  v0 = fma(AABB, d0, fma(-(AA + BB), d2, d4)),      v5 the same of d1, d3, d5,
 *             v1, v2 = fma(+-A, w, u) with u = fma(-BB, d2, d4), w = fma(-BB, d1, d3),
 *             v3, v4 = fma(+-B, w, u) with u = fma(-AA, d2, d4), w = fma(-AA, d1, d3);
 *     gt(g):  u0 = g0 N0,   u1, u2 = (e +- f) NA with e = fma(AA, g2, g0), f = A g1,
 *             u5 = g2,      u3, u4 = (e +- f) NB with e = fma(BB, g2, g0), f = B g1,
 *             where N0 = 1 / AABB, NA = 1 / (2 AA (AA - BB)), NB = 1 / (2 BB (BB - AA));
 *     at(m):  y0 = (m0 + s) + S,           y1 = fma(B, T, A t),
 *             y2 = fma(BB, S, AA s),       y3 = fma(BBB, T, fma(AAA, t, m5)),
 *             where s = m1 + m2, t = m1 - m2, S = m3 + m4, T = m3 - m4;
 *     atb(m): the same with the bias (or 0) as b: ((m0 + b) + s) + S, fma(B, T, fma(A, t, b)), fma(BB, S, fma(AA, s,
 * b)) and fma(BBB, T, fma(AAA, t, m5 + b)). AA, BB and so on are products without rounding. Then v = bt down each
 * column of d, then along each row;     u = gt down each column of g, then along each row; m = 0, then one fma u * v
 * for each input channel, in ascending order; y = at along each row of m, then atb down each column. That fixes the
 * bits, as in winograd.h. */
#ifndef KERNELS_OPS_CONV_WINOGRAD_LARGE_H
#define KERNELS_OPS_CONV_WINOGRAD_LARGE_H

#include "kernels/ops/conv/winograd.h"

#define LARGE_STEP 4                             /* output rows and columns of a square */
#define LARGE_TILES 3                            /* squares side by side in one strip, at most */
#define LARGE_COLUMNS (LARGE_STEP * LARGE_TILES) /* output columns of a strip */
#define LARGE_CHUNK 32                           /* input channels whose transformed strip is kept, at most: 216 KiB */

/* Floats of packed weights. */
static inline size_t winograd_large_weights(int ci, int co)
{
    return (size_t)36 * (size_t)ci * (size_t)co;
}

/* Where things are in the scratch, from a row of zeros on: a transformed strip, and its products. */
struct winograd_large_room {
    size_t v, m;
};

/* Floats of scratch, for any level. */
static inline size_t winograd_large_scratch(const struct winograd *d, struct winograd_large_room *at)
{
    const size_t chunk = (size_t)(d->ci < LARGE_CHUNK ? d->ci : LARGE_CHUNK),
                 squares = (size_t)36 * LARGE_TILES * LANES;
    at->v = (LARGE_COLUMNS + 2) * LANES;
    at->m = at->v + squares * chunk;
    return at->m + squares * (size_t)d->co;
}

/* Whether it is faster than the smaller squares and than one fma for each tap; from the shape alone, since the bits
 * depend on the answer. Measured: whatever the channels, a large square takes as long as 2.5 small ones, or 2.8 of
 * those that scatter; alone in its strip as 3.6. Few channels have larger errors, in comparison. */
static inline int winograd_large_pays(const struct winograd *d)
{
    const int tiles = (d->wo + LARGE_STEP - 1) / LARGE_STEP, bands = (d->ho + LARGE_STEP - 1) / LARGE_STEP;
    const double passes = 4 * (tiles == 1 ? 3.6 : d->scatter ? 2.8 : 2.5) * tiles * bands;
    return d->ci >= 8 && d->co >= 4 && passes < winograd_all_passes(d) &&
           passes * winograd_pass_cost(d) < winograd_direct_cost(d);
}

/* The operation, where a convolution of floats runs like this. */
static inline int winograd_large_of(const struct conv_dims *d, enum conv_way way, struct winograd *w)
{
    if (!winograd_shape(d, way, w) || !winograd_large_pays(w))
        return 0;
    w->scatter = 0;
    return 1;
}

/* Whether outputs can go through it as they are made: a normalization, with or without a relu. */
static inline int winograd_large_finishes(const struct pointwise *f)
{
    return f->scale && (f->act == NO_ACT || f->act == ACT_relu);
}

#ifdef EXPORT
/* Packs the transformed weights; output channel o, input channel c, tap k at w[o * s_o + c * s_c + k], with `flip` the
 * last tap first. */
void EXPORT(winograd_large_pack)(const struct winograd *d, ptrdiff_t s_o, ptrdiff_t s_c, int flip, const float *w,
                                 float *out);
/* Output rows r0..r1-1 of one block, r0 a multiple of 4. x[i]: input row i [ci][w][16], looked at for i in 0..h-1 only;
 * y[r]: output row r [co][wo][16]; b[co] or NULL; d->finish: NULL, or one that winograd_large_finishes. fetch: asked
 * for on the way. */
void EXPORT(winograd_large_rows)(const struct winograd *d, int r0, int r1, const float *const *x, const float *packed,
                                 const float *b, float *const *y, struct fetch *fetch, float *scratch);
#endif

#endif
