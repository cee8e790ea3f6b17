/* activation.c - elementwise functions and their derivatives. */
#include "kernels/impl/impl.h"
#include "kernels/impl/vmath.h"

#define FOR_EACH(len) for (size_t i = 0; i < (len); i += LANES)

/* PyTorch's: 0 for x <= 0, and a NaN stays one. */
INLINE v16 relu(v16 x)
{
    return v16_max(v16_zero(), x);
}

INLINE v16 leaky_relu(v16 x, v16 slope)
{
    return v16_select(v16_gt(x, v16_zero()), x, v16_mul(x, slope));
}

/* Phi, the distribution function of the standard normal. */
INLINE v16 normal_cdf(v16 x)
{
    v16 e = v16_erf(v16_mul(x, v16_set1(0x1.6a09e6p-1f))); /* 1 / sqrt(2) */
    return v16_mul(v16_set1(0.5f), v16_add(v16_set1(1.0f), e));
}

/* (x Phi(x))' = Phi(x) + x phi(x) */
INLINE v16 gelu_slope(v16 x)
{
    v16 density = v16_mul(v16_set1(0x1.988454p-2f), v16_exp(v16_mul(v16_mul(v16_set1(-0.5f), x), x))); /* 1/sqrt(2pi) */
    return v16_fma(x, density, normal_cdf(x));
}

void EXPORT(act_forward)(enum act f, float slope, size_t len, const float *x, float *y)
{
    v16 s = v16_set1(slope);
    switch (f) {
    case ACT_RELU:
        FOR_EACH(len) v16_store(y + i, relu(v16_load(x + i)));
        break;
    case ACT_LEAKY_RELU:
        FOR_EACH(len) v16_store(y + i, leaky_relu(v16_load(x + i), s));
        break;
    case ACT_SIGMOID:
        FOR_EACH(len) v16_store(y + i, v16_sigmoid(v16_load(x + i)));
        break;
    case ACT_TANH:
        FOR_EACH(len) v16_store(y + i, v16_tanh(v16_load(x + i)));
        break;
    case ACT_GELU:
        FOR_EACH(len) v16_store(y + i, v16_mul(v16_load(x + i), normal_cdf(v16_load(x + i))));
        break;
    }
}

INLINE v16 sigmoid_slope(v16 y)
{
    return v16_mul(y, v16_sub(v16_set1(1.0f), y));
}

INLINE v16 tanh_slope(v16 y)
{
    return v16_fma(v16_sub(v16_zero(), y), y, v16_set1(1.0f));
}

void EXPORT(act_backward)(enum act f, float slope, size_t len, const float *v, const float *dy, float *dx)
{
    v16 s = v16_set1(slope), zero = v16_zero();
    switch (f) {
    case ACT_RELU:
        FOR_EACH(len) v16_store(dx + i, v16_keep(v16_gt(v16_load(v + i), zero), v16_load(dy + i)));
        break;
    case ACT_LEAKY_RELU:
        FOR_EACH(len)
        {
            v16 g = v16_load(dy + i);
            v16_store(dx + i, v16_select(v16_gt(v16_load(v + i), zero), g, v16_mul(g, s)));
        }
        break;
    case ACT_SIGMOID:
        FOR_EACH(len) v16_store(dx + i, v16_mul(v16_load(dy + i), sigmoid_slope(v16_load(v + i))));
        break;
    case ACT_TANH:
        FOR_EACH(len) v16_store(dx + i, v16_mul(v16_load(dy + i), tanh_slope(v16_load(v + i))));
        break;
    case ACT_GELU:
        FOR_EACH(len) v16_store(dx + i, v16_mul(v16_load(dy + i), gelu_slope(v16_load(v + i))));
        break;
    }
}

void EXPORT(vec_exp)(size_t len, const float *x, float *y)
{
    FOR_EACH(len) v16_store(y + i, v16_exp(v16_load(x + i)));
}

void EXPORT(vec_log)(size_t len, const float *x, float *y)
{
    FOR_EACH(len) v16_store(y + i, v16_log(v16_load(x + i)));
}

void EXPORT(vec_tanh)(size_t len, const float *x, float *y)
{
    FOR_EACH(len) v16_store(y + i, v16_tanh(v16_load(x + i)));
}

void EXPORT(vec_erf)(size_t len, const float *x, float *y)
{
    FOR_EACH(len) v16_store(y + i, v16_erf(v16_load(x + i)));
}
