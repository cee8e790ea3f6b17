/* kmeans.c - the shares of centres in what each position of a sample is: softmax of the squared distances to them,
 * times -sharpness; and the mixture of the centres by their shares. Channels of a position lie a row of columns apart;
 * every lane is a sample of its own. */
#include "kernels/ops/ops.h"
#include "kernels/simd/vmath.h"

#define TOGETHER 4 /* centres whose sums grow side by side */

/* Scores of n centres of one position: 0, then one fma of each difference, times -sharpness. */
INLINE void scores_of(int n, const struct kmeans *d, const float *centre, const float *x, float *score)
{
    const ptrdiff_t step = (ptrdiff_t)d->w * LANES;
    v16 sum[TOGETHER];
    UNROLL
    for (int k = 0; k < n; k++)
        sum[k] = v16_zero();
    for (int c = 0; c < d->c; c++) {
        const v16 v = v16_load(x + c * step);
        UNROLL
        for (int k = 0; k < n; k++) {
            const v16 off = v16_sub(v, v16_set1(centre[(ptrdiff_t)k * d->c + c]));
            sum[k] = v16_fma(off, off, sum[k]);
        }
    }
    UNROLL
    for (int k = 0; k < n; k++)
        v16_store(score + k * step, v16_mul(sum[k], v16_set1(-d->sharpness)));
}

static void shares_of(const struct kmeans *d, const float *x, float *share)
{
    const ptrdiff_t step = (ptrdiff_t)d->w * LANES;
    int k = 0;
    for (; k + TOGETHER <= d->k; k += TOGETHER)
        scores_of(TOGETHER, d, d->centre + (ptrdiff_t)k * d->c, x, share + k * step);
    for (; k < d->k; k++)
        scores_of(1, d, d->centre + (ptrdiff_t)k * d->c, x, share + k * step);
    v16 most = v16_load(share), sum = v16_zero();
    for (k = 1; k < d->k; k++)
        most = v16_max(most, v16_load(share + k * step));
    for (k = 0; k < d->k; k++) {
        const v16 e = v16_exp_below(v16_sub(v16_load(share + k * step), most));
        v16_store(share + k * step, e);
        sum = v16_add(sum, e);
    }
    const v16 inverse = v16_div(v16_set1(1), sum);
    for (k = 0; k < d->k; k++)
        v16_store(share + k * step, v16_mul(v16_load(share + k * step), inverse));
}

static void mixture_of(const struct kmeans *d, const float *share, float *y)
{
    const ptrdiff_t step = (ptrdiff_t)d->w * LANES;
    for (int c = 0; c < d->c; c++) {
        v16 sum = v16_zero();
        for (int k = 0; k < d->k; k++)
            sum = v16_fma(v16_load(share + k * step), v16_set1(d->centre[(ptrdiff_t)k * d->c + c]), sum);
        v16_store(y + c * step, sum);
    }
}

void EXPORT(kmeans_forward)(const struct kmeans *d, int rows, const float *x, float *share, float *y)
{
    for (int row = 0; row < rows; row++) {
        for (int i = 0; i < d->w; i++) {
            shares_of(d, x + i * LANES, share + i * LANES);
            if (y)
                mixture_of(d, share + i * LANES, y + i * LANES);
        }
        x += (ptrdiff_t)d->c * d->w * LANES;
        share += (ptrdiff_t)d->k * d->w * LANES;
        y = y ? y + (ptrdiff_t)d->c * d->w * LANES : NULL;
    }
}

/* g[k] = the gradient of each share, from that of the mixture; sums += what the centres get as parts of it. */
static void mixture_back(const struct kmeans *d, const float *share, const float *dy, float *g, float *sums)
{
    const ptrdiff_t step = (ptrdiff_t)d->w * LANES;
    for (int k = 0; k < d->k; k++) {
        const float *centre = d->centre + (ptrdiff_t)k * d->c;
        float *to = sums + (ptrdiff_t)k * d->c * LANES;
        const v16 part = v16_load(share + k * step);
        v16 sum = v16_zero();
        for (int c = 0; c < d->c; c++) {
            const v16 v = v16_load(dy + c * step);
            sum = v16_fma(v, v16_set1(centre[c]), sum);
            v16_store(to + c * LANES, v16_fma(part, v, v16_load(to + c * LANES)));
        }
        v16_store(g + k * LANES, sum);
    }
}

/* The gradients of the shares become those of the scores: share (g - the sum of share g). */
static void softmax_back(const struct kmeans *d, const float *share, float *g)
{
    const ptrdiff_t step = (ptrdiff_t)d->w * LANES;
    v16 sum = v16_zero();
    for (int k = 0; k < d->k; k++)
        sum = v16_fma(v16_load(share + k * step), v16_load(g + k * LANES), sum);
    for (int k = 0; k < d->k; k++)
        v16_store(g + k * LANES, v16_mul(v16_load(share + k * step), v16_sub(v16_load(g + k * LANES), sum)));
}

/* From the gradients of the scores: dx (which may be NULL), and into the sums those of the centres and of the scores'
 * logarithmic scale. */
static void distances_back(const struct kmeans *d, const float *x, const float *g, float *dx, float *sums)
{
    const ptrdiff_t step = (ptrdiff_t)d->w * LANES;
    float *of_scale = sums + (ptrdiff_t)d->k * d->c * LANES;
    v16 scale = v16_load(of_scale);
    for (int c = 0; dx && c < d->c; c++)
        v16_store(dx + c * step, v16_zero());
    for (int k = 0; k < d->k; k++) {
        const float *centre = d->centre + (ptrdiff_t)k * d->c;
        float *to = sums + (ptrdiff_t)k * d->c * LANES;
        const v16 e = v16_mul(v16_load(g + k * LANES), v16_set1(d->sharpness)), twice = v16_add(e, e);
        v16 distance = v16_zero();
        for (int c = 0; c < d->c; c++) {
            const v16 off = v16_sub(v16_load(x + c * step), v16_set1(centre[c]));
            distance = v16_fma(off, off, distance);
            v16_store(to + c * LANES, v16_fma(twice, off, v16_load(to + c * LANES)));
            if (dx)
                v16_store(dx + c * step, v16_sub(v16_load(dx + c * step), v16_mul(twice, off)));
        }
        scale = v16_fma(e, distance, scale);
    }
    v16_store(of_scale, scale);
}

void EXPORT(kmeans_backward)(const struct kmeans *d, int rows, const float *x, const float *share, const float *dy,
                             float *dx, float *sums, float *scratch)
{
    const ptrdiff_t nx = (ptrdiff_t)d->c * d->w * LANES, ns = (ptrdiff_t)d->k * d->w * LANES;
    for (int row = 0; row < rows; row++) {
        for (int i = 0; i < d->w * LANES; i += LANES) {
            if (d->mixture)
                mixture_back(d, share + i, dy + i, scratch, sums);
            for (int k = 0; !d->mixture && k < d->k; k++)
                v16_store(scratch + k * LANES, v16_load(dy + i + (ptrdiff_t)k * d->w * LANES));
            softmax_back(d, share + i, scratch);
            distances_back(d, x + i, scratch, dx ? dx + i : NULL, sums);
        }
        x += nx;
        share += ns;
        dy += d->mixture ? nx : ns;
        dx = dx ? dx + nx : NULL;
    }
}
