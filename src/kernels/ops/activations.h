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

/* exp(x) - 1 for x below 0, -1 for -infinity, without cancellation near 0; of anything above 0 it is 0. */
INLINE v16 exp_below_0(v16 x)
{
    w16 n;
    v16 p = exp_parts(v16_max(v16_set1(-87.0f), v16_min(v16_zero(), x)), &n), scale = power_of_two(n);
    return v16_fma(scale, p, v16_sub(scale, v16_set1(1.0f)));
}

#define SELU_SCALE 0x1.0cfabep+0f /* 1.0507009873554805, section 2 of Klambauer et al. */
#define SELU_ALPHA 0x1.ac5afap+0f /* 1.6732632423543772 */

/* (x s)' = s + x s (1 - s) with s = sigmoid(x) = 1 / (1 + u), u = exp(-x), and 1 - s = u s. */
INLINE v16 silu_slope(v16 x)
{
    x = v16_max(v16_set1(-88.0f), x);
    v16 one = v16_set1(1.0f), u = v16_exp(v16_sub(v16_zero(), x)), s = v16_div(one, v16_add(one, u));
    return v16_mul(s, v16_fma(v16_mul(x, u), s, one));
}

/* With e = exp(x) and n = e (e + 2), tanh(log(1 + e)) = n / (n + 2). From 20 on it is 1. */
INLINE v16 mish_of(v16 x)
{
    v16 two = v16_set1(2.0f), e = v16_exp(v16_min(v16_set1(20.0f), x)), n = v16_mul(e, v16_add(e, two));
    return v16_mul(x, v16_div(n, v16_add(n, two)));
}

/* n / (n + 2) + 4 x e (e + 1) / (n + 2)^2 */
INLINE v16 mish_slope(v16 x)
{
    v16 one = v16_set1(1.0f), two = v16_set1(2.0f);
    x = v16_min(v16_set1(20.0f), x);
    v16 e = v16_exp(x), n = v16_mul(e, v16_add(e, two)), d = v16_div(one, v16_add(n, two));
    v16 rest = v16_mul(v16_mul(v16_set1(4.0f), x), v16_mul(e, v16_add(e, one)));
    return v16_mul(d, v16_fma(rest, d, n));
}

/* max(x, 0) + log(1 + u), u = exp(-|x|). What 1 + u loses of u is put right by u / (w - 1): Kahan; see Goldberg 1991,
 * "What every computer scientist should know about floating-point arithmetic", theorem 4. */
INLINE v16 softplus_of(v16 x)
{
    v16 one = v16_set1(1.0f), u = v16_exp(v16_sub(v16_zero(), v16_abs(x)));
    v16 w = v16_add(one, u), d = v16_sub(w, one), log = v16_mul(v16_log(w), v16_div(u, d));
    return v16_add(v16_max(v16_zero(), x), v16_select(v16_eq(d, v16_zero()), u, log));
}

/* min(max(x + 3, 0), 6) / 6 */
INLINE v16 hard_sigmoid(v16 x)
{
    v16 six = v16_set1(6.0f), up = v16_add(x, v16_set1(3.0f));
    return v16_mul(v16_min(six, v16_max(v16_zero(), up)), v16_set1(0x1.555556p-3f));
}

/* Between -3 and 3 x / 3 + 1 / 2. */
INLINE v16 hardswish_slope(v16 x)
{
    v16 three = v16_set1(3.0f), middle = v16_fma(x, v16_set1(0x1.555556p-2f), v16_set1(0.5f));
    v16 y = v16_select(v16_gt(three, x), middle, v16_set1(1.0f));
    return v16_keep(v16_gt(x, v16_sub(v16_zero(), three)), y);
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
