/* winograd_wgrad.h - gradient of the weights of 3x3 convolutions of stride 1, dilation 1 and one group with fewer
 * multiplications: F(3x3, 2x2), 16 products for a square of 2x2 outputs instead of 36. It is the gradient of F(2x2,
 * 3x3) (winograd.h; Lavin & Gray 2016, arXiv:1509.09308) by its weights.
 *
 * With the squares at even rows and columns of the output, the 4x4 inputs d under a square and the 2x2 gradients e of
 * its outputs (0 where outside), bt(a,b,c,d) = (a - c, b + c, c - b, b - d) and a(p,q) = (p, p + q, p - q, q):
 *     v = bt down each column of d, then along each row;      z = a down each column of e, then along each row;
 *     m = in each of the 16 lanes 0, then one fma z * v for each square of a band, row by row; then its lane_sum;
 *     s = the m of all bands added up in their order, from 0 on;
 *     g = t down each column of s, then along each row, t(a,b,c,d) = (a + h, (b - c) / 2, h - d), h = (b + c) / 2.
 * A band is as many rows of squares of a block as have SQUARES squares, or what is left of the block. That fixes the
 * bits: nothing else that is cut changes them. Dead lanes need no care, e is zero there.
 *
 * bf16 numbers do not go this way. */
#ifndef KERNELS_OPS_CONV_WINOGRAD_WGRAD_H
#define KERNELS_OPS_CONV_WINOGRAD_WGRAD_H

#include "kernels/ops/conv/winograd.h"
#include "kernels/ops/tiles.h"

struct winograd_wgrad {
    int ci, co, h, w, ho, wo, ph, pw;
    int tiles, tile_rows; /* squares in a row, rows of them in a block */
    int band;             /* rows of squares in a band */
};

#define WINOGRAD_WGRAD_SQUARES 24 /* in a band, at least; enough that what is done once for a band is little */
#define WINOGRAD_WGRAD_SUMS 512   /* lane sums that are made together, about */
#define WINOGRAD_WGRAD_CO 4       /* output channels that go together */

/* Floats of the sums of one of the 16 products: whole vectors for a piece of `cob` output channels; in all. */
static inline size_t winograd_wgrad_piece(const struct winograd_wgrad *d, int cob)
{
    return PAD16((size_t)d->ci * (size_t)cob);
}
static inline size_t winograd_wgrad_product(const struct winograd_wgrad *d)
{
    const int n = pieces(d->co, WINOGRAD_WGRAD_CO), each = d->co / n, more = d->co % n;
    return (size_t)more * winograd_wgrad_piece(d, each + 1) + (size_t)(n - more) * winograd_wgrad_piece(d, each);
}

/* Pieces of output channels whose lane sums are made together. */
static inline int winograd_wgrad_together(const struct winograd_wgrad *d)
{
    const int n = WINOGRAD_WGRAD_SUMS / (WINOGRAD_WGRAD_CO * d->ci);
    return n > 1 ? n : 1;
}

/* Where things are in the scratch: v and z of a row of the 4x4 products, lane sums of a piece, a row of zeros. */
struct winograd_wgrad_room {
    size_t z, made, zeros;
};

/* Floats of scratch, for any level. */
static inline size_t winograd_wgrad_scratch(const struct winograd_wgrad *d, struct winograd_wgrad_room *at)
{
    const size_t squares = (size_t)4 * (size_t)(d->band * d->tiles) * LANES;
    at->z = squares * (size_t)d->ci;
    at->made = at->z + squares * (size_t)d->co;
    at->zeros = at->made + (size_t)winograd_wgrad_together(d) * winograd_wgrad_piece(d, WINOGRAD_WGRAD_CO) * LANES;
    return at->zeros + (size_t)(d->w > d->wo ? d->w : d->wo) * LANES;
}

/* Whether it is faster than one fma for each tap, whose lane sums leave the first cache and then the second one as the
 * pairs of channels become more. In fmas of 16 lanes, measured; from the shape alone, since the bits depend on the
 * answer. */
static inline int winograd_wgrad_pays(const struct winograd_wgrad *d)
{
    const double pairs = (double)d->ci * d->co, channels = d->ci + d->co, squares = (double)d->tiles * d->tile_rows;
    const double taps = (double)winograd_taps(d->h, d->ho, d->ph) * winograd_taps(d->w, d->wo, d->pw);
    const double share = pairs <= 512 ? 0.8 : pairs <= 2048 ? 0.62 : 0.45, bands = pieces(d->tile_rows, d->band);
    if (d->ci < 4 || d->co < 4)
        return 0;
    return taps * pairs > share * (squares * (17 * pairs + 85 * channels) + bands * 150 * pairs);
}

/* The operation, where the gradient of a convolution's weights runs like this. */
static inline int winograd_wgrad_of(const struct conv_dims *d, struct winograd_wgrad *w)
{
    if (d->kh != 3 || d->kw != 3 || d->sh != 1 || d->sw != 1 || d->dh != 1 || d->dw != 1 || d->groups != 1)
        return 0;
    *w = (struct winograd_wgrad){d->ci,           d->co,           d->h, d->w, d->ho, d->wo, d->ph, d->pw,
                                 (d->wo + 1) / 2, (d->ho + 1) / 2, 0};
    w->band = (WINOGRAD_WGRAD_SQUARES + w->tiles - 1) / w->tiles;
    w->band = w->band < w->tile_rows ? w->band : w->tile_rows;
    return winograd_wgrad_pays(w);
}

#ifdef EXPORT
/* sums (winograd_wgrad_floats(), zeroed before the first call) += output rows r0..r1-1 of one block, whole bands. x[i]:
 * input row i [ci][w][16], looked at for i in 0..h-1 only; dy[r]: row r of the gradient [co][wo][16]. */
void EXPORT(winograd_wgrad_rows)(const struct winograd_wgrad *d, int r0, int r1, const float *const *x,
                                 const float *const *dy, float *sums, float *scratch);
/* dw[co][ci][3][3] (overwritten) from the sums. */
void EXPORT(winograd_wgrad_sums)(const struct winograd_wgrad *d, const float *sums, float *dw);
#endif

/* Floats of sums. */
static inline size_t winograd_wgrad_floats(const struct winograd_wgrad *d)
{
    return 16 * winograd_wgrad_product(d);
}

#endif
