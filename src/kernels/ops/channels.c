/* channels.c - activations that know channels: one with a learned slope, and two that make fewer channels of many. */
#include "kernels/ops/ops.h"
#include "kernels/simd/vmath.h"

void EXPORT(prelu_forward)(int c, int h, int w, int blocks, const float *x, const float *slope, float *y)
{
    for (int row = 0; row < blocks * h; row++)
        for (int ch = 0; ch < c; ch++) {
            v16 a = v16_set1(slope[ch]);
            for (int i = 0; i < w; i++, x += LANES, y += LANES) {
                v16 v = v16_load(x);
                v16_store(y, v16_select(v16_gt(v, v16_zero()), v, v16_mul(v, a)));
            }
        }
}

/* One row of one channel. Returns the lanes' sums of dy x where x is below 0. */
INLINE v16 prelu_row_back(int w, v16 slope, const float *x, const float *dy, float *dx)
{
    v16 sum = v16_zero();
    for (int i = 0; i < w; i++) {
        v16 v = v16_load(x + i * LANES), d = v16_load(dy + i * LANES);
        m16 above = v16_gt(v, v16_zero());
        sum = v16_add(sum, v16_select(above, v16_zero(), v16_mul(d, v)));
        if (dx)
            v16_store(dx + i * LANES, v16_select(above, d, v16_mul(d, slope)));
    }
    return sum;
}

void EXPORT(prelu_backward)(int c, int h, int w, int n, const float *x, const float *dy, const float *slope, float *dx,
                            float *dslope)
{
    int blocks = blocks_of(n);
    for (int ch = 0; ch < c; ch++) {
        v16 a = v16_set1(slope[ch]);
        double total = 0;
        for (int b = 0; b < blocks; b++) {
            d16 sum = d16_zero();
            for (int row = 0; row < h; row++) {
                size_t at = (((size_t)b * (size_t)h + (size_t)row) * (size_t)c + (size_t)ch) * (size_t)w * LANES;
                sum = d16_add(sum, prelu_row_back(w, a, x + at, dy + at, dx ? dx + at : NULL));
            }
            total += d16_sum(sum, live_lanes(n, b));
        }
        dslope[ch] = (float)total;
    }
}

void EXPORT(glu_forward)(int rows, size_t len, const float *x, float *y)
{
    for (int row = 0; row < rows; row++, x += 2 * len, y += len)
        for (size_t i = 0; i < len; i += LANES)
            v16_store(y + i, v16_mul(v16_load(x + i), v16_sigmoid(v16_load(x + len + i))));
}

void EXPORT(glu_backward)(int rows, size_t len, const float *x, const float *dy, float *dx)
{
    v16 one = v16_set1(1.0f);
    for (int row = 0; row < rows; row++, x += 2 * len, dx += 2 * len, dy += len)
        for (size_t i = 0; i < len; i += LANES) {
            v16 gate = v16_sigmoid(v16_load(x + len + i)), open = v16_mul(v16_load(dy + i), gate);
            v16_store(dx + i, open);
            v16_store(dx + len + i, v16_mul(v16_mul(open, v16_load(x + i)), v16_sub(one, gate)));
        }
}

void EXPORT(maxout_forward)(int rows, int c, int pieces, int w, const float *x, float *y)
{
    size_t row = (size_t)w * LANES;
    for (int k = 0; k < rows * c; k++, x += (size_t)pieces * row, y += row)
        for (size_t i = 0; i < row; i += LANES) {
            v16 best = v16_load(x + i);
            for (int p = 1; p < pieces; p++) {
                v16 v = v16_load(x + (size_t)p * row + i);
                best = v16_select(m16_or(v16_gt(v, best), v16_nan(v)), v, best);
            }
            v16_store(y + i, best);
        }
}

void EXPORT(maxout_backward)(int rows, int c, int pieces, int w, const float *x, const float *y, const float *dy,
                             float *dx)
{
    size_t row = (size_t)w * LANES, unit = (size_t)pieces * row;
    for (int k = 0; k < rows * c; k++, x += unit, dx += unit, y += row, dy += row)
        for (size_t i = 0; i < row; i += LANES) {
            v16 best = v16_load(y + i), d = v16_load(dy + i);
            m16 open = m16_all();
            for (int p = 0; p < pieces; p++) {
                size_t at = (size_t)p * row + i;
                m16 hit = m16_and(open, v16_eq(v16_load(x + at), best));
                v16_store(dx + at, v16_keep(hit, d));
                open = m16_less(open, hit);
            }
        }
}
