/* act.h - activations and their derivatives, a vector at a time. */
#ifndef KERNELS_OPS_ACTIVATIONS_H
#define KERNELS_OPS_ACTIVATIONS_H

#include "kernels/simd/vmath.h"

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

INLINE v16 gelu(v16 x)
{
    return v16_mul(x, normal_cdf(x));
}

/* (x Phi(x))' = Phi(x) + x phi(x) */
INLINE v16 gelu_slope(v16 x)
{
    v16 density = v16_mul(v16_set1(0x1.988454p-2f), v16_exp(v16_mul(v16_mul(v16_set1(-0.5f), x), x))); /* 1/sqrt(2pi) */
    return v16_fma(x, density, normal_cdf(x));
}

/* Of the value y, not of the argument. */
INLINE v16 sigmoid_slope(v16 y)
{
    return v16_mul(y, v16_sub(v16_set1(1.0f), y));
}

INLINE v16 tanh_slope(v16 y)
{
    return v16_fma(v16_sub(v16_zero(), y), y, v16_set1(1.0f));
}

/* act(x); f is an enum act or NO_ACT. */
INLINE v16 act_value(int f, v16 slope, v16 x)
{
    switch (f) {
    case ACT_RELU:
        return relu(x);
    case ACT_LEAKY_RELU:
        return leaky_relu(x, slope);
    case ACT_SIGMOID:
        return v16_sigmoid(x);
    case ACT_TANH:
        return v16_tanh(x);
    case ACT_GELU:
        return gelu(x);
    default:
        return x;
    }
}

/* dy * act'(x) of the argument x. */
INLINE v16 act_gradient(int f, v16 slope, v16 x, v16 dy)
{
    switch (f) {
    case ACT_RELU:
        return v16_keep(v16_gt(x, v16_zero()), dy);
    case ACT_LEAKY_RELU:
        return v16_select(v16_gt(x, v16_zero()), dy, v16_mul(dy, slope));
    case ACT_SIGMOID:
        return v16_mul(dy, sigmoid_slope(v16_sigmoid(x)));
    case ACT_TANH:
        return v16_mul(dy, tanh_slope(v16_tanh(x)));
    case ACT_GELU:
        return v16_mul(dy, gelu_slope(x));
    default:
        return dy;
    }
}

#endif
