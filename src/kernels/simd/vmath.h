/* vmath.h - exp, log, tanh, erf of 16 floats, from the operations of simd.h alone. exp and log are wrong by less than 1
 * unit in the last place, tanh and erf by less than 3 (tests/unit/kernels/vmath_test.c measures). NaN in, NaN out;
 * infinities and zeros as in C99 annex F, but for the signs of zeros, which exp cannot and tanh does not have. */
#ifndef KERNELS_SIMD_VMATH_H
#define KERNELS_SIMD_VMATH_H

#include "kernels/simd/simd.h"

#define LN2_HI 0x1.62e43p-1f /* ln 2 in two floats */
#define LN2_LO (-0x1.05c61p-29f)
#define LN2_SHORT 0x1.63p-1f /* and in nine bits and a rest, so that x - n LN2_SHORT is exact */
#define LN2_REST (-0x1.bd0106p-13f)

/* c[0] + c[1] x + ... + c[n-1] x^(n-1) by Horner's rule. */
INLINE v16 v16_poly(v16 x, const float *c, int n)
{
    v16 r = v16_set1(c[n - 1]);
    for (int i = n - 2; i >= 0; i--)
        r = v16_fma(r, x, v16_set1(c[i]));
    return r;
}

/* x = n ln 2 + r with |r| <= ln(2)/2 for |x| < 2^21, n a whole number: returns e^r - 1 = r + r^2 P(r). Adding 1.5 *
 * 2^23
 * + bias leaves n + bias in the low bits of the sum *t (as long as that is not negative). P is a minimax fit of our own
 * (Remez exchange on the relative error of e^r): 6e-11. With sign = -1 the same of -x, and what is returned is negated:
 * the signs are in the constants. */
INLINE_BIG v16 exp_parts(v16 x, float sign, float bias, w16 *t)
{
    const float c[] = {sign * 0.5f,      1.666666567e-01f,        sign * 4.166629538e-02f,
                       8.333496749e-03f, sign * 1.394465100e-03f, 1.979032822e-04f};
    v16 magic = v16_set1(0x1.8p23f + bias), sum = v16_fma(x, v16_set1(sign * 0x1.715476p+0f), magic);
    v16 k = v16_sub(sum, magic), short_part = v16_fma(k, v16_set1(-sign * LN2_SHORT), x);
    v16 r = v16_fma(k, v16_set1(-sign * LN2_REST), short_part);
    *t = v16_as_w16(sum);
    return v16_fma(v16_mul(r, r), v16_poly(r, c, 6), r);
}

#define EXPONENT 127 /* bias of a float's exponent */

/* 2^n from n + EXPONENT in the low bits, -126 <= n <= 127; -2^n from n + EXPONENT + 256. */
INLINE v16 power_of_two(w16 t)
{
    return w16_as_v16(w16_shl(t, 23));
}

/* The limits are where the result is infinite or rounds to zero; 2^n goes in as two factors, as it may be denormal. */
INLINE_BIG v16 v16_exp(v16 x)
{
    w16 t;
    x = v16_max(v16_set1(-104.0f), v16_min(v16_set1(89.0f), x));
    v16 p = v16_add(exp_parts(x, 1, 2 * EXPONENT, &t), v16_set1(1.0f));
    w16 half = w16_shr(t, 1);
    return v16_mul(v16_mul(p, power_of_two(half)), power_of_two(w16_sub(t, half)));
}

/* The same for x <= 0 (up to 17, for what rounding leaves above 0): 2^n 2^101 is never denormal. */
INLINE_BIG v16 v16_exp_below(v16 x)
{
    w16 t;
    v16 p = v16_add(exp_parts(v16_max(v16_set1(-104.0f), x), 1, EXPONENT + 101, &t), v16_set1(1.0f));
    return v16_mul(v16_mul(p, power_of_two(t)), v16_set1(0x1p-101f));
}

/* x = 2^k (1 + f) with sqrt(1/2) <= 1 + f < sqrt(2), and log(1 + f) = f - f^2/2 + s (f^2/2 + R), s = f / (2 + f), where
 * R = 2 atanh(s)/s - 2 as a series in s^2 <= 0.0295: the classic reduction, see Muller, "Elementary Functions", 3rd ed.
 * 2016, section 11.3. */
INLINE_BIG v16 v16_log(v16 x)
{
    static const float c[] = {2.0f / 3, 2.0f / 5, 2.0f / 7, 2.0f / 9, 2.0f / 11};
    w16 root_half = w16_set1(0x3f3504f3u);
    m16 tiny = v16_gt(v16_set1(0x1p-126f), x);
    v16 big = v16_select(tiny, v16_mul(x, v16_set1(0x1p23f)), x);
    w16 i = w16_sub(v16_as_w16(big), root_half);
    v16 k = v16_sub(w16_float(w16_sar(i, 23)), v16_keep(tiny, v16_set1(23.0f)));
    v16 f = v16_sub(w16_as_v16(w16_add(w16_and(i, w16_set1(0x7fffffu)), root_half)), v16_set1(1.0f));
    v16 s = v16_div(f, v16_add(f, v16_set1(2.0f))), z = v16_mul(s, s);
    v16 h = v16_mul(v16_mul(f, v16_set1(0.5f)), f), r = v16_mul(z, v16_poly(z, c, 5));
    v16 low = v16_fma(k, v16_set1(LN2_LO), v16_mul(s, v16_add(h, r)));
    v16 y = v16_fma(k, v16_set1(LN2_HI), v16_sub(f, v16_sub(h, low)));
    y = v16_select(v16_gt(v16_set1(INFINITY), x), y, x); /* inf and NaN are their own logarithms */
    y = v16_select(v16_eq(x, v16_zero()), v16_set1(-INFINITY), y);
    return v16_select(v16_gt(v16_zero(), x), v16_set1(NAN), y);
}

/* With e = exp(2x) - 1 free of cancellation, tanh x = e / (e + 2); from 10 on it is 1, and -1 on the other side (of 0
 * it is 0 without a sign). x = n ln(2)/2 + r with |r| <= ln(2)/4: e = 2^n (1 + q) - 1, q = 2r + r^2 P(r). What is added
 * to x in units of ln(2)/2 leaves n, with the bias of an exponent, in the low bits of the sum. P is a minimax fit of
 * our own (Remez exchange on the relative error of q): 1.3e-8. */
INLINE_BIG v16 v16_tanh(v16 x)
{
    static const float c[] = {2.000000025e+00f, 1.333323428e+00f, 6.666605054e-01f, 2.677313777e-01f, 8.925751498e-02f};
    v16 magic = v16_set1(0x1.8p23f + 127), a = v16_max(v16_set1(-10.0f), v16_min(v16_set1(10.0f), x));
    v16 t = v16_fma(a, v16_set1(0x1.715476p+1f), magic), r = v16_fma(v16_sub(t, magic), v16_set1(-0.5f * LN2_HI), a);
    v16 q = v16_fma(v16_mul(r, r), v16_poly(r, c, 5), v16_add(r, r)), scale = w16_as_v16(w16_shl(v16_as_w16(t), 23));
    v16 e = v16_fma(scale, q, v16_sub(scale, v16_set1(1.0f)));
    return v16_div(e, v16_add(e, v16_set1(2.0f)));
}

/* (root + q)^8. What decays like the tail of a distribution is such a power of a polynomial of low degree, so that it
 * needs neither an exponential nor a division: an idea of Hastings, "Approximations for Digital Computers", 1955. The
 * first two squares are made of their distances from those of the root, so that little is rounded where q is small. */
INLINE v16 v16_power8(v16 q, double root)
{
    const double square = root * root;
    v16 d2 = v16_mul(q, v16_add(q, v16_set1((float)(2 * root))));
    v16 p4 = v16_fma(d2, v16_add(d2, v16_set1((float)(2 * square))), v16_set1((float)(square * square)));
    return v16_mul(p4, p4);
}

/* Below 1: x + x P(x^2). From 1 to 4: 1 - (1.000834616 + x Q(x))^8. From 4 on 1. Both polynomials are minimax fits of
 * our own (on the relative error of erf, 1.2e-9, and on the absolute one, 1.6e-8). */
INLINE_BIG v16 v16_erf(v16 x)
{
    static const float small[] = {1.283791661e-01f, -3.761262596e-01f, 1.128358543e-01f, -2.685381286e-02f,
                                  5.188328680e-03f, -8.010201855e-04f, 7.853887655e-05f};
    static const float large[] = {-1.450601863e-01f, -6.142703932e-02f, -1.137293872e-02f,
                                  1.292555692e-02f,  -2.469652257e-03f, 1.498410238e-04f};
    v16 one = v16_set1(1.0f), a = v16_min(v16_set1(4.0f), v16_abs(x));
    v16 near = v16_fma(a, v16_poly(v16_mul(a, a), small, 7), a);
    v16 far = v16_sub(one, v16_power8(v16_mul(a, v16_poly(a, large, 6)), 1.000834616));
    return v16_with_sign(v16_select(v16_gt(one, a), near, far), x);
}

/* 1 / (1 + exp(-x)). Where exp(-x) would leave the range of 2^n it no longer counts, or the result is below 2e-38. */
INLINE_BIG v16 v16_sigmoid(v16 x)
{
    w16 t;
    v16 one = v16_set1(1.0f), limit = v16_set1(87.0f);
    v16 minus = exp_parts(v16_max(v16_sub(v16_zero(), limit), v16_min(limit, x)), -1, EXPONENT + 256, &t);
    v16 scale = power_of_two(t); /* -2^n */
    return v16_div(one, v16_fma(scale, minus, v16_sub(one, scale)));
}

#endif
