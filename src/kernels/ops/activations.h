/* activations.h - activations and their gradients, a vector at a time, made from the rows of activations.def. */
#ifndef KERNELS_OPS_ACTIVATIONS_H
#define KERNELS_OPS_ACTIVATIONS_H

#include "kernels/simd/vmath.h"

/* Phi, the distribution function of the standard normal. */
INLINE v16 normal_cdf(v16 x)
{
    v16 e = v16_erf(v16_mul(x, v16_set1(0x1.6a09e6p-1f))); /* 1 / sqrt(2) */
    return v16_mul(v16_set1(0.5f), v16_add(v16_set1(1.0f), e));
}

/* (x Phi(x))' = Phi(x) + x phi(x) */
INLINE v16 normal_slope(v16 x)
{
    v16 density = v16_mul(v16_set1(0x1.988454p-2f), v16_exp(v16_mul(v16_mul(v16_set1(-0.5f), x), x))); /* 1/sqrt(2pi) */
    return v16_fma(x, density, normal_cdf(x));
}

/* relu_value(x, a) and relu_gradient(v, a, dy), and so on for each row. */
#define ACTIVATION(name, reads, value, gradient, ...)                                                                  \
    INLINE v16 name##_value(v16 x, v16 a)                                                                              \
    {                                                                                                                  \
        (void)a;                                                                                                       \
        return value;                                                                                                  \
    }                                                                                                                  \
    INLINE v16 name##_gradient(v16 v, v16 a, v16 dy)                                                                   \
    {                                                                                                                  \
        (void)a;                                                                                                       \
        return gradient;                                                                                               \
    }
#include "kernels/activations.def"

/* A function BY_KIND switches by an argument. FIXED_KINDS says that it is inlined where this argument is a constant, so
 * that the switch vanishes. In plain C and with sanitizers it is called instead: inlined, the kinds take minutes to
 * compile. */
#if defined(FIXED_SIZES) && !defined(__SANITIZE_ADDRESS__)
#define FIXED_KINDS
#define BY_KIND INLINE
#else
#define BY_KIND static __attribute__((noinline, unused))
#endif

/* act(x); f is an enum act or NO_ACT. */
BY_KIND v16 act_value(int f, v16 a, v16 x)
{
    switch (f) {
    case NO_ACT:
        return x;
#define ACTIVATION(name, ...)                                                                                          \
    case ACT_##name:                                                                                                   \
        return name##_value(x, a);
#include "kernels/activations.def"
    }
    __builtin_trap();
}

/* dy * act'(x) of the argument x. */
BY_KIND v16 act_gradient(int f, v16 a, v16 x, v16 dy)
{
    switch (f) {
    case NO_ACT:
        return dy;
#define ACTIVATION(name, reads, ...)                                                                                   \
    case ACT_##name:                                                                                                   \
        return name##_gradient(reads == READS_Y ? name##_value(x, a) : x, a, dy);
#include "kernels/activations.def"
    }
    __builtin_trap();
}

#endif
