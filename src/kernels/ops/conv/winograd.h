/* winograd.h - convolutions of 3x3 taps, stride 1, dilation 1 and one group with fewer multiplications: F(2x2, 3x3) of
 * Lavin & Gray 2016 (arXiv:1509.09308), 16 products for a square of 2x2 outputs instead of 36. Forward, and the
 * gradient of the input, which is the same operation on flipped, transposed weights with a padding of 2 - p.
 *
 * With the squares at even rows and columns of the output, the 4x4 inputs d under a square (0 where outside), the
 * weights g of one pair of channels, bt(a,b,c,d) = (a - c, b + c, c - b, b - d), gt(a,b,c) = (a, ((a + c) + b) / 2,
 * ((a + c) - b) / 2, c) and at(a,b,c,d) = ((a + b) + c, (b - c) - d):
 *     v = bt down each column of d, then along each row;     u = gt down each column of g, then along each row;
 *     m = (the bias at [1][1], else 0), then one fma u * v for each input channel, in ascending order;
 *     y = at along each row of m, then down each column.
 * That fixes the bits: cuts into rows, strips and pieces of channels change nothing. Of a square that sticks out of an
 * output of odd size, only what exists is written. Sums with nothing but padding in them are 0 (or the bias), whatever
 * the weights.
 *
 * Where the output is larger than the input by two rows and columns, squares on the input are fewer. Every step is
 * linear, so the transposed steps in the opposite order give the gradient of the input (the transposition principle,
 * Bordewijk 1956), with the weights as they are, not flipped: 2x2 inputs (0 where outside) are scattered over 4x4
 * outputs, and what squares have in common is added up. With a(p,q) = (p, p + q, p - q, q) and b(a,b,c,d) = (a, (b - c)
 * - d, (b + c) - a, d):
 *     v = a down each column of the square, then along each row;      u, m: as above, without a bias;
 *     z = b along each row of m; its columns 0 and 1 are added to columns 2 and 3 of the square on the left;
 *     y = b down each column of these sums; rows 0 and 1 are added to rows 2 and 3 of the squares above (or to 0).
 *
 * Of bf16 numbers x (or dy) and the weights go through the same steps in floats; then v and u are rounded to bf16, of
 * two that are as near the one of larger magnitude, and m takes one operation for each pair (2i, 2i + 1) of input
 * channels: one fma of the second, then one of the first, or that alone; in the end 0 is added to m. Everything
 * but u is computed with denormals as 0. */
#ifndef KERNELS_OPS_CONV_WINOGRAD_H
#define KERNELS_OPS_CONV_WINOGRAD_H

#include "kernels/kernels.h"
#include "kernels/ops/conv/prefetch.h"

/* The operation as it runs: for the gradient of the input ci and co change places, h, w are dy's, ho, wo dx's, and the
 * paddings (0..2) are 2 - ph, 2 - pw. scatter: the second form; both paddings are 2, there is no bias. */
struct winograd {
    int ci, co, h, w, ho, wo, ph, pw, scatter;
    const struct pointwise *finish; /* see conv_rows; with larger squares alone (winograd_large.h) */
};

#define WINOGRAD_TILES 3                          /* squares side by side in one strip, at most */
#define WINOGRAD_CHUNK 32                         /* input channels whose transformed strip is kept, at most: 24 KiB */
#define WINOGRAD_COLUMNS (2 * WINOGRAD_TILES + 2) /* of the larger side of a strip */

/* Floats of packed weights. */
static inline size_t winograd_weights(int ci, int co)
{
    return (size_t)16 * (size_t)ci * (size_t)co;
}

/* Where things are in the scratch, from a row of zeros on: a transformed strip, half-made outputs, half-made products;
 * and for `scatter` what is left over for the next two rows, and in each pass for the next two columns. */
struct winograd_room {
    size_t v, half, part, over, beside;
};

/* Floats of scratch, for any level. */
static inline size_t winograd_scratch(const struct winograd *d, struct winograd_room *at)
{
    const size_t co = (size_t)d->co, chunk = (size_t)(d->ci < WINOGRAD_CHUNK ? d->ci : WINOGRAD_CHUNK);
    const size_t squares = (size_t)4 * WINOGRAD_TILES * LANES, columns = (size_t)2 * WINOGRAD_COLUMNS * LANES;
    at->v = WINOGRAD_COLUMNS * LANES;
    at->half = at->v + squares * chunk;
    at->part = at->half + (d->scatter ? columns : squares) * co;
    at->over = at->part + (d->ci > WINOGRAD_CHUNK ? squares * co : 0);
    at->beside = at->over + (d->scatter ? 2 * co * (size_t)d->wo * LANES : 0);
    return at->beside + (d->scatter ? 4 * 2 * co * LANES : 0);
}

/* Along one axis: taps that lie inside the input, over all outputs. */
static inline int winograd_taps(int len, int out, int pad)
{
    int taps = 0;
    for (int t = 0; t < out; t++)
        for (int k = t - pad; k < t - pad + 3; k++)
            taps += k >= 0 && k < len;
    return taps;
}

/* The passes (winograd.c) over all rows: of a pair of rows four, or three for its upper row alone, but for those whose
 * two input rows are both outside. */
static inline int winograd_passes(int scatter, int h, int ho, int pad)
{
    if (scatter)
        return 4 * (h / 2) + 3 * (h % 2);
    static const int upper[4] = {0, 1, 2, 1}, lower[4] = {2, 2, 1, 3};
    int passes = 0;
    for (int r = 0; r < ho; r += 2)
        for (int i = 0; i < (r + 1 < ho ? 4 : 3); i++) {
            int a = r - pad + upper[i], b = r - pad + lower[i];
            passes += (a >= 0 && a < h) || (b >= 0 && b < h);
        }
    return passes;
}

/* Passes over squares (of four each), and what one of them costs; one fma for each tap costs `taps` times ci * co.
 * Measured. */
static inline double winograd_all_passes(const struct winograd *d)
{
    return (double)winograd_passes(d->scatter, d->h, d->ho, d->ph) * (((d->scatter ? d->w : d->wo) + 1) / 2);
}

static inline double winograd_pass_cost(const struct winograd *d)
{
    double ci = d->ci, co = d->co;
    return 4 * ci * co + (ci < 8 || co < 8 ? 20 * ci + 10 * co : 8 * ci + 4 * co);
}

static inline double winograd_direct_cost(const struct winograd *d)
{
    double taps = (double)winograd_taps(d->h, d->ho, d->ph) * winograd_taps(d->w, d->wo, d->pw);
    return taps * d->ci * d->co;
}

/* Whether it is faster than one fma for each tap, which takes 1.0 to 2.2 times as long where this says so; from the
 * shape alone, since the bits depend on the answer. */
static inline int winograd_pays(const struct winograd *d)
{
    return d->ci >= 4 && d->co >= 4 && winograd_direct_cost(d) > winograd_all_passes(d) * winograd_pass_cost(d);
}

/* The operation, if squares can make it. */
static inline int winograd_shape(const struct conv_dims *d, enum conv_way way, struct winograd *w)
{
    if (d->kh != 3 || d->kw != 3 || d->sh != 1 || d->sw != 1 || d->dh != 1 || d->dw != 1 || d->groups != 1 ||
        d->ph > 2 || d->pw > 2)
        return 0;
    if (way == CONV_FORWARD)
        *w = (struct winograd){d->ci, d->co, d->h, d->w, d->ho, d->wo, d->ph, d->pw, 0, NULL};
    else
        *w = (struct winograd){.ci = d->co,
                               .co = d->ci,
                               .h = d->ho,
                               .w = d->wo,
                               .ho = d->h,
                               .wo = d->w,
                               .ph = 2 - d->ph,
                               .pw = 2 - d->pw,
                               .scatter = d->ph == 0 && d->pw == 0 && d->h == d->ho + 2 && d->w == d->wo + 2};
    return 1;
}

/* The operation, where a convolution runs like this (of floats, if it does not with larger squares: winograd_large.h).
 */
static inline int winograd_of(const struct conv_dims *d, enum conv_way way, struct winograd *w)
{
    return winograd_shape(d, way, w) && winograd_pays(w);
}

#ifdef EXPORT
/* Packs the transformed weights; output channel o, input channel c, tap k at w[o * s_o + c * s_c + k], with `flip` the
 * last tap first. */
void EXPORT_PRODUCT(winograd_pack)(const struct winograd *d, ptrdiff_t s_o, ptrdiff_t s_c, int flip, const float *w,
                                   float *out);
/* Output rows r0..r1-1 of one block, r0 even; for `scatter` in order from 0 on, scratch keeping its contents. x[i]:
 * input row i [ci][w][16], looked at for i in 0..h-1 only; y[r]: output row r [co][wo][16]; b[co] or NULL. fetch: asked
 * for on the way. */
void EXPORT_PRODUCT(winograd_rows)(const struct winograd *d, int r0, int r1, const float *const *x, const float *packed,
                                   const float *b, float *const *y, struct fetch *fetch, float *scratch);
#endif

#endif
