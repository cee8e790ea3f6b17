/* bf16.c - numbers of 16 bits: the sign, the exponent and the first 7 bits of the fraction of a float. Between a
 * convolution and the next they take half the memory; arithmetic is that of floats. */
#include "kernels/ops/ops.h"

void EXPORT(bf16_round)(size_t n, const float *x, float *y)
{
    for (size_t i = 0; i < n; i += LANES)
        v16_store(y + i, v16_bf16_round(v16_load(x + i)));
}

void EXPORT(to_bf16)(size_t n, const float *x, uint16_t *y)
{
    for (size_t i = 0; i < n; i += LANES)
        w16_store_high(y + i, v16_bf16(v16_load(x + i)));
}

void EXPORT(from_bf16)(size_t n, const uint16_t *x, float *y)
{
    for (size_t i = 0; i < n; i += LANES)
        v16_store(y + i, v16_bf16_load(x + i));
}

void EXPORT(bn_backward_bf16)(int c, int h, int w, int n, const uint16_t *x, const uint16_t *dy, const float *a,
                              const float *p, const float *q, float *dx)
{
    for (int k = 0; k < blocks_of(n) * h; k++) {
        m16 mask = m16_first(live_lanes(n, k / h));
        for (int ch = 0; ch < c; ch++) {
            v16 va = v16_set1(a[ch]), vp = v16_set1(p[ch]), vq = v16_set1(q[ch]);
            for (int i = 0; i < w; i++, x += LANES, dy += LANES, dx += LANES) {
                v16 r = v16_fma(va, v16_bf16_load(dy), v16_fma(vp, v16_bf16_load(x), vq));
                v16_store(dx, v16_keep(mask, v16_bf16_round(r)));
            }
        }
    }
}
