/* draw.c - a draw from normal distributions whose means and variances are computed, so that the gradient goes through
 * it (the reparameterisation of Kingma & Welling 2013, arXiv:1312.6114), and how far they are from N(0, 1). */
#include "kernels/ops/ops.h"
#include "kernels/simd/vmath.h"

void EXPORT(draw_forward)(size_t n, const float *x, const float *noise, float *y, float *divergence)
{
    const v16 half = v16_set1(0.5f), one = v16_set1(1.0f);
    v16 sum = v16_zero();
    for (size_t k = 0; k < n; k++) {
        v16 mean = v16_load(x + k * LANES), log_variance = v16_load(x + (n + k) * LANES);
        v16 deviation = v16_exp(v16_mul(half, log_variance));
        v16 excess = v16_sub(v16_sub(v16_mul(deviation, deviation), one), log_variance);
        sum = v16_add(sum, v16_fma(mean, mean, excess));
        v16_store(y + k * LANES, noise ? v16_fma(deviation, v16_load(noise + k * LANES), mean) : mean);
    }
    v16_store(divergence, v16_fma(half, sum, v16_load(divergence)));
}

void EXPORT(draw_backward)(size_t n, int live, const float *x, const float *noise, const float *dy, float scale,
                           float *dx)
{
    const v16 half = v16_set1(0.5f), one = v16_set1(1.0f), s = v16_set1(scale);
    const m16 alive = m16_first(live);
    for (size_t k = 0; k < n; k++) {
        v16 mean = v16_load(x + k * LANES), g = v16_load(dy + k * LANES);
        v16 deviation = v16_exp(v16_mul(half, v16_load(x + (n + k) * LANES)));
        v16 drawn = v16_mul(v16_mul(g, v16_load(noise + k * LANES)), deviation);
        v16 excess = v16_sub(v16_mul(deviation, deviation), one);
        v16_store(dx + k * LANES, v16_keep(alive, v16_fma(s, mean, g)));
        v16_store(dx + (n + k) * LANES, v16_keep(alive, v16_mul(half, v16_fma(s, excess, drawn))));
    }
}
