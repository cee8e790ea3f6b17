/* pool.c - maximum and average pooling. A window is cut to the part inside the input before its loop. */
#include "kernels/ops/ops.h"

/* Taps lo..hi-1 of a window of `k` that starts at `at` are inside 0..len-1. */
struct span {
    int lo, hi;
};
static struct span taps_inside(int at, int k, int len)
{
    struct span s = {at < 0 ? -at : 0, at + k > len ? len - at : k};
    return s;
}

static size_t pixel(int c, int w, size_t row, int ch, int col)
{
    return ((row * (size_t)c + (size_t)ch) * (size_t)w + (size_t)col) * LANES;
}

/* One output: the rows and columns of its window, clipped, as input rows of the whole batch. */
struct window {
    size_t row; /* input row of tap ky = 0, may lie outside; ky.lo.. are inside */
    struct span ky, kx;
    int col;
};
static struct window window_of(const struct pool_dims *d, int b, int oy, int ox)
{
    int iy = oy * d->sh - d->ph, ix = ox * d->sw - d->pw;
    struct window v = {(size_t)b * (size_t)d->h + (size_t)iy, taps_inside(iy, d->kh, d->h),
                       taps_inside(ix, d->kw, d->w), ix};
    return v;
}

/* The larger one; a NaN stays, as in PyTorch. */
INLINE v16 larger(v16 t, v16 best)
{
    return v16_select(m16_or(v16_gt(t, best), v16_nan(t)), t, best);
}

static v16 window_max(const struct pool_dims *d, const struct window *v, int ch, const float *x)
{
    v16 best = v16_set1(-INFINITY);
    for (int ky = v->ky.lo; ky < v->ky.hi; ky++)
        for (int kx = v->kx.lo; kx < v->kx.hi; kx++)
            best = larger(v16_load(x + pixel(d->c, d->w, v->row + (size_t)ky, ch, v->col + kx)), best);
    return best;
}

/* The most frequent case by itself: windows of 2x2, side by side, all inside. */
static int two_by_two(const struct pool_dims *d)
{
    return d->kh == 2 && d->kw == 2 && d->sh == 2 && d->sw == 2 && !d->ph && !d->pw;
}

static void maxpool_2x2(const struct pool_dims *d, int blocks, const float *x, float *y)
{
    ptrdiff_t below = (ptrdiff_t)d->c * d->w * LANES;
    for (int b = 0; b < blocks; b++)
        for (int oy = 0; oy < d->ho; oy++)
            for (int ch = 0; ch < d->c; ch++) {
                const float *p = x + pixel(d->c, d->w, (size_t)(b * d->h + 2 * oy), ch, 0);
                for (int ox = 0; ox < d->wo; ox++, y += LANES, p += 2 * LANES) {
                    v16 best = larger(v16_load(p + LANES), v16_load(p));
                    best = larger(v16_load(p + below), best);
                    v16_store(y, larger(v16_load(p + below + LANES), best));
                }
            }
}

void EXPORT(maxpool_forward)(const struct pool_dims *d, int blocks, const float *x, float *y)
{
    if (two_by_two(d)) {
        maxpool_2x2(d, blocks, x, y);
        return;
    }
    for (int b = 0; b < blocks; b++)
        for (int oy = 0; oy < d->ho; oy++)
            for (int ch = 0; ch < d->c; ch++)
                for (int ox = 0; ox < d->wo; ox++, y += LANES) {
                    struct window v = window_of(d, b, oy, ox);
                    v16_store(y, window_max(d, &v, ch, x));
                }
}

/* Adds dy to the first place of the window that equals y, lane by lane. */
static void give_to_max(const struct pool_dims *d, const struct window *v, int ch, const float *x, v16 y, v16 dy,
                        float *dx)
{
    m16 open = m16_all();
    for (int ky = v->ky.lo; ky < v->ky.hi; ky++)
        for (int kx = v->kx.lo; kx < v->kx.hi; kx++) {
            size_t at = pixel(d->c, d->w, v->row + (size_t)ky, ch, v->col + kx);
            m16 hit = m16_and(open, v16_eq(v16_load(x + at), y));
            v16_store(dx + at, v16_add(v16_load(dx + at), v16_keep(hit, dy)));
            open = m16_less(open, hit);
        }
}

static size_t input_floats(const struct pool_dims *d, int blocks)
{
    return (size_t)blocks * (size_t)d->h * (size_t)d->c * (size_t)d->w * LANES;
}

/* dx where nothing has been added yet, and the lanes still open afterwards. */
INLINE m16 first_gift(m16 open, v16 x, v16 y, v16 dy, float *dx)
{
    m16 hit = m16_and(open, v16_eq(x, y));
    v16_store(dx, v16_add(v16_zero(), v16_keep(hit, dy)));
    return m16_less(open, hit);
}

static void maxpool_2x2_backward(const struct pool_dims *d, int blocks, const float *x, const float *y, const float *dy,
                                 float *dx)
{
    ptrdiff_t below = (ptrdiff_t)d->c * d->w * LANES;
    if (d->h % 2 || d->w % 2) /* a row or column that no window covers */
        memset(dx, 0, input_floats(d, blocks) * sizeof *dx);
    for (int b = 0; b < blocks; b++)
        for (int oy = 0; oy < d->ho; oy++)
            for (int ch = 0; ch < d->c; ch++) {
                size_t at = pixel(d->c, d->w, (size_t)(b * d->h + 2 * oy), ch, 0);
                const float *p = x + at;
                float *q = dx + at;
                for (int ox = 0; ox < d->wo; ox++, y += LANES, dy += LANES, p += 2 * LANES, q += 2 * LANES) {
                    v16 best = v16_load(y), g = v16_load(dy);
                    m16 open = first_gift(m16_all(), v16_load(p), best, g, q);
                    open = first_gift(open, v16_load(p + LANES), best, g, q + LANES);
                    open = first_gift(open, v16_load(p + below), best, g, q + below);
                    first_gift(open, v16_load(p + below + LANES), best, g, q + below + LANES);
                }
            }
}

void EXPORT(maxpool_backward)(const struct pool_dims *d, int blocks, const float *x, const float *y, const float *dy,
                              float *dx)
{
    if (two_by_two(d)) {
        maxpool_2x2_backward(d, blocks, x, y, dy, dx);
        return;
    }
    memset(dx, 0, input_floats(d, blocks) * sizeof *dx);
    for (int b = 0; b < blocks; b++)
        for (int oy = 0; oy < d->ho; oy++)
            for (int ch = 0; ch < d->c; ch++)
                for (int ox = 0; ox < d->wo; ox++, y += LANES, dy += LANES) {
                    struct window v = window_of(d, b, oy, ox);
                    give_to_max(d, &v, ch, x, v16_load(y), v16_load(dy), dx);
                }
}

/* Windows side by side, all inside: each element of the input belongs to at most one. */
static int side_by_side(const struct pool_dims *d)
{
    return d->kh == d->sh && d->kw == d->sw && !d->ph && !d->pw && d->ho * d->sh <= d->h && d->wo * d->sw <= d->w;
}

/* Of windows side by side, kh x kw of them. */
INLINE void mean_side_by_side(const struct pool_dims *d, int kh, int kw, int blocks, const float *x, float *y)
{
    v16 share = v16_set1(1.0f / (float)(kh * kw));
    ptrdiff_t below = (ptrdiff_t)d->c * d->w * LANES;
    for (int b = 0; b < blocks; b++)
        for (int oy = 0; oy < d->ho; oy++)
            for (int ch = 0; ch < d->c; ch++) {
                const float *p = x + pixel(d->c, d->w, (size_t)(b * d->h + kh * oy), ch, 0);
                for (int ox = 0; ox < d->wo; ox++, y += LANES, p += kw * LANES) {
                    v16 sum = v16_zero();
                    for (int ky = 0; ky < kh; ky++)
                        for (int kx = 0; kx < kw; kx++)
                            sum = v16_add(sum, v16_load(p + ky * below + kx * LANES));
                    v16_store(y, v16_mul(sum, share));
                }
            }
}

void EXPORT(avgpool_forward)(const struct pool_dims *d, int blocks, const float *x, float *y)
{
    v16 share = v16_set1(1.0f / (float)(d->kh * d->kw));
    if (two_by_two(d)) {
        mean_side_by_side(d, 2, 2, blocks, x, y);
        return;
    }
    if (side_by_side(d)) {
        mean_side_by_side(d, d->kh, d->kw, blocks, x, y);
        return;
    }
    for (int b = 0; b < blocks; b++)
        for (int oy = 0; oy < d->ho; oy++)
            for (int ch = 0; ch < d->c; ch++)
                for (int ox = 0; ox < d->wo; ox++, y += LANES) {
                    struct window v = window_of(d, b, oy, ox);
                    v16 sum = v16_zero();
                    for (int ky = v.ky.lo; ky < v.ky.hi; ky++)
                        for (int kx = v.kx.lo; kx < v.kx.hi; kx++)
                            sum = v16_add(sum, v16_load(x + pixel(d->c, d->w, v.row + (size_t)ky, ch, v.col + kx)));
                    v16_store(y, v16_mul(sum, share));
                }
}

INLINE void spread_side_by_side(const struct pool_dims *d, int kh, int kw, int blocks, const float *dy, float *dx)
{
    v16 share = v16_set1(1.0f / (float)(kh * kw));
    ptrdiff_t below = (ptrdiff_t)d->c * d->w * LANES;
    if (d->ho * kh < d->h || d->wo * kw < d->w) /* a row or column that no window covers */
        memset(dx, 0, input_floats(d, blocks) * sizeof *dx);
    for (int b = 0; b < blocks; b++)
        for (int oy = 0; oy < d->ho; oy++)
            for (int ch = 0; ch < d->c; ch++) {
                float *q = dx + pixel(d->c, d->w, (size_t)(b * d->h + kh * oy), ch, 0);
                for (int ox = 0; ox < d->wo; ox++, dy += LANES, q += kw * LANES) {
                    v16 g = v16_add(v16_zero(), v16_mul(v16_load(dy), share));
                    for (int ky = 0; ky < kh; ky++)
                        for (int kx = 0; kx < kw; kx++)
                            v16_store(q + ky * below + kx * LANES, g);
                }
            }
}

/* Adds the gradient of a row of outputs to a row of the input that their windows share. */
static void add_to_row(const struct pool_dims *d, v16 share, const float *dy, float *row)
{
    for (int ox = 0; ox < d->wo; ox++, dy += LANES) {
        int ix = ox * d->sw - d->pw;
        struct span kx = taps_inside(ix, d->kw, d->w);
        v16 g = v16_mul(v16_load(dy), share);
        float *p = row + (ptrdiff_t)(ix + kx.lo) * LANES;
        for (int k = kx.lo; k < kx.hi; k++, p += LANES)
            v16_store(p, v16_add(v16_load(p), g));
    }
}

void EXPORT(avgpool_backward)(const struct pool_dims *d, int blocks, const float *dy, float *dx)
{
    v16 share = v16_set1(1.0f / (float)(d->kh * d->kw));
    if (two_by_two(d)) {
        spread_side_by_side(d, 2, 2, blocks, dy, dx);
        return;
    }
    if (side_by_side(d)) {
        spread_side_by_side(d, d->kh, d->kw, blocks, dy, dx);
        return;
    }
    memset(dx, 0, input_floats(d, blocks) * sizeof *dx);
    for (int b = 0; b < blocks; b++)
        for (int oy = 0; oy < d->ho; oy++)
            for (int ch = 0; ch < d->c; ch++, dy += d->wo * LANES) {
                struct span ky = taps_inside(oy * d->sh - d->ph, d->kh, d->h);
                for (int k = ky.lo; k < ky.hi; k++) {
                    size_t iy = (size_t)(b * d->h + oy * d->sh - d->ph + k);
                    add_to_row(d, share, dy, dx + pixel(d->c, d->w, iy, ch, 0));
                }
            }
}
