/* activations.h - activations and their gradients, a vector at a time, made from the rows of activations.def. */
#ifndef KERNELS_OPS_ACTIVATIONS_H
#define KERNELS_OPS_ACTIVATIONS_H

#include "kernels/simd/vmath.h"

/* -|x|, but not below `limit`. */
INLINE v16 left_of_zero(v16 x, float limit)
{
    return v16_max(v16_set1(limit), w16_as_v16(w16_or(v16_as_w16(x), w16_set1(0x80000000u))));
}

/* x Phi(x), Phi the distribution function of the standard normal, is max(x, 0) + l Phi(l) with l = -|x|. Phi(l) is
 * (0.5^(1/8) + l Q(l))^8 with a minimax fit of our own, within 4.5e-9; at the limit it is all but 0. */
INLINE_BIG v16 gelu_of(v16 x)
{
    static const float c[] = {9.145784967e-02f,  -3.192636213e-02f, 6.750788494e-04f,  1.507402418e-03f,
                              -3.262058848e-05f, -5.973676137e-05f, -7.394594219e-06f, -2.902555406e-07f};
    v16 l = left_of_zero(x, -8.5f), q = v16_mul(l, v16_poly(l, c, 8));
    return v16_fma(l, v16_power8(q, 0.91700404320467123), v16_max(v16_zero(), x));
}

/* (x Phi(x))' = Phi(x) + x phi(x), phi the density: S(x) for x < 0, 1 - S(-x) else. S(l) is (l + 0.7517915247) (0.9503
 * + l Q(l))^8, likewise, within 7.7e-9. */
INLINE_BIG v16 gelu_slope(v16 x)
{
    static const float c[] = {3.155150310e-02f,  -4.563302835e-02f, 3.010471339e-03f,
                              2.493038274e-03f,  1.200729745e-04f,  -3.003913701e-05f,
                              -1.548105524e-06f, 3.392992781e-07f,  2.695582642e-08f};
    v16 l = left_of_zero(x, -7.6f), q = v16_mul(l, v16_poly(l, c, 9));
    v16 s = v16_mul(v16_add(l, v16_set1(0.7517915247f)), v16_power8(q, 0.95029637447309412));
    return v16_select(v16_gt(x, v16_zero()), v16_sub(v16_set1(1.0f), s), s);
}

/* exp(x) - 1 for x below 0, -1 for -infinity, without cancellation near 0; of anything above 0 it is 0. */
INLINE v16 exp_below_0(v16 x)
{
    w16 t;
    v16 p = exp_parts(v16_max(v16_set1(-87.0f), v16_min(v16_zero(), x)), 1, EXPONENT, &t), scale = power_of_two(t);
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
    v16 one = v16_set1(1.0f), u = v16_exp_below(v16_sub(v16_zero(), v16_abs(x)));
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

#define ACTIVATION(name, reads, ...)                                                                                   \
    BY_KIND v16 name##_at(v16 x, v16 a)                                                                                \
    {                                                                                                                  \
        return name##_value(x, a);                                                                                     \
    }                                                                                                                  \
    BY_KIND v16 name##_gradient_at(v16 x, v16 a, v16 dy)                                                               \
    {                                                                                                                  \
        return name##_gradient(reads == READS_Y ? name##_value(x, a) : x, a, dy);                                      \
    }
#include "kernels/activations.def"

/* act(x); f is an enum act or NO_ACT. */
BY_KIND v16 act_value(int f, v16 a, v16 x)
{
    switch (f) {
    case NO_ACT:
        return x;
#define ACTIVATION(name, ...)                                                                                          \
    case ACT_##name:                                                                                                   \
        return name##_at(x, a);
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
#define ACTIVATION(name, ...)                                                                                          \
    case ACT_##name:                                                                                                   \
        return name##_gradient_at(x, a, dy);
#include "kernels/activations.def"
    }
    __builtin_trap();
}

#endif
