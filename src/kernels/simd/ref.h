/* simd_ref.h - the operations of simd.h in plain C: what the other two must agree with. */
#ifndef KERNELS_SIMD_REF_H
#define KERNELS_SIMD_REF_H

typedef struct {
    float v[LANES];
} v16;
typedef struct {
    uint32_t v[LANES];
} w16;
typedef struct {
    uint32_t v[LANES]; /* 0 or 1 */
} m16;
typedef struct {
    double v[LANES];
} d16;

#define EACH(type, expression)                                                                                         \
    type r;                                                                                                            \
    for (int i = 0; i < LANES; i++)                                                                                    \
        r.v[i] = (expression);                                                                                         \
    return r

INLINE v16 v16_load(const float *p)
{
    EACH(v16, p[i]);
}
INLINE void v16_store(float *p, v16 a)
{
    memcpy(p, a.v, sizeof a.v);
}
INLINE v16 v16_set1(float x)
{
    EACH(v16, x);
}
INLINE v16 v16_add(v16 a, v16 b)
{
    EACH(v16, a.v[i] + b.v[i]);
}
INLINE v16 v16_sub(v16 a, v16 b)
{
    EACH(v16, a.v[i] - b.v[i]);
}
INLINE v16 v16_mul(v16 a, v16 b)
{
    EACH(v16, a.v[i] * b.v[i]);
}
INLINE v16 v16_div(v16 a, v16 b)
{
    EACH(v16, a.v[i] / b.v[i]);
}
INLINE v16 v16_sqrt(v16 a)
{
    EACH(v16, sqrtf(a.v[i]));
}
/* a * b + c, rounded once. Where that is not an instruction the C library's fmaf takes hundreds of cycles. The product
 * is exact in double; a sum that is rounded to odd there, as its exact error says, can be rounded once more: Boldo &
 * Melquiond 2008, doi:10.1109/TC.2007.70819. Without a branch, so that compilers make vectors of it. */
INLINE double fma_to_odd(float a, float b, float c)
{
    const double p = (double)a * (double)b, q = (double)c;
    double s = p + q, t = s - p, off = (p - (s - t)) + (q - t);
    uint64_t u, w;
    memcpy(&u, &s, sizeof u);
    memcpy(&w, &off, sizeof w);
    uint64_t inexact = ((w & ~(1ull << 63)) + ~(1ull << 63)) >> 63, finite = ~(((u >> 52 & 0x7ff) + 1) >> 11);
    uint64_t add = ~u & inexact & finite;  /* 1 in the last place, */
    u += add - ((u ^ w) >> 62 & add << 1); /* or -1 where the error points to zero */
    memcpy(&s, &u, sizeof s);
    return s;
}
INLINE float fma_once(float a, float b, float c)
{
#ifdef __FP_FAST_FMAF
    return fmaf(a, b, c);
#else
    return (float)fma_to_odd(a, b, c);
#endif
}
INLINE v16 v16_fma(v16 a, v16 b, v16 c)
{
    EACH(v16, fma_once(a.v[i], b.v[i], c.v[i]));
}
/* b where either is NaN or both are zero, as the machine does. */
INLINE v16 v16_max(v16 a, v16 b)
{
    EACH(v16, a.v[i] > b.v[i] ? a.v[i] : b.v[i]);
}
INLINE v16 v16_min(v16 a, v16 b)
{
    EACH(v16, a.v[i] < b.v[i] ? a.v[i] : b.v[i]);
}

/* Comparisons with a NaN are false, but for v16_nan. */
INLINE m16 v16_gt(v16 a, v16 b)
{
    EACH(m16, a.v[i] > b.v[i]);
}
INLINE m16 v16_eq(v16 a, v16 b)
{
    EACH(m16, a.v[i] == b.v[i]);
}
INLINE m16 v16_nan(v16 a)
{
    EACH(m16, a.v[i] != a.v[i]);
}
INLINE m16 m16_all(void)
{
    EACH(m16, 1);
}
INLINE m16 m16_and(m16 a, m16 b)
{
    EACH(m16, a.v[i] & b.v[i]);
}
INLINE m16 m16_or(m16 a, m16 b)
{
    EACH(m16, a.v[i] | b.v[i]);
}
/* a and not b. */
INLINE m16 m16_less(m16 a, m16 b)
{
    EACH(m16, a.v[i] & ~b.v[i]);
}
/* m ? a : b */
INLINE v16 v16_select(m16 m, v16 a, v16 b)
{
    EACH(v16, m.v[i] ? a.v[i] : b.v[i]);
}

INLINE w16 w16_load(const void *p)
{
    w16 r;
    memcpy(r.v, p, sizeof r.v);
    return r;
}
INLINE void w16_store(void *p, w16 a)
{
    memcpy(p, a.v, sizeof a.v);
}
/* 16 bytes, anywhere. */
INLINE w16 w16_from_bytes(const uint8_t *p)
{
    EACH(w16, p[i]);
}
/* The upper halves of 16 words, the lower ones 0; at a multiple of 32 bytes. */
INLINE w16 w16_load_high(const uint16_t *p)
{
    EACH(w16, (uint32_t)p[i] << 16);
}
INLINE void w16_store_high(uint16_t *p, w16 a)
{
    for (int i = 0; i < LANES; i++)
        p[i] = (uint16_t)(a.v[i] >> 16);
}
INLINE w16 w16_set1(uint32_t x)
{
    EACH(w16, x);
}
INLINE w16 w16_add(w16 a, w16 b)
{
    EACH(w16, a.v[i] + b.v[i]);
}
INLINE w16 w16_sub(w16 a, w16 b)
{
    EACH(w16, a.v[i] - b.v[i]);
}
INLINE w16 w16_and(w16 a, w16 b)
{
    EACH(w16, a.v[i] & b.v[i]);
}
INLINE w16 w16_or(w16 a, w16 b)
{
    EACH(w16, a.v[i] | b.v[i]);
}
INLINE w16 w16_xor(w16 a, w16 b)
{
    EACH(w16, a.v[i] ^ b.v[i]);
}
#define w16_shl(a, n) w16_shl_(a, n)
INLINE w16 w16_shl_(w16 a, int n)
{
    EACH(w16, a.v[i] << n);
}
#define w16_shr(a, n) w16_shr_(a, n)
INLINE w16 w16_shr_(w16 a, int n)
{
    EACH(w16, a.v[i] >> n);
}
/* Arithmetic: copies of the sign come in from the left. */
#define w16_sar(a, n) w16_sar_(a, n)
INLINE w16 w16_sar_(w16 a, int n)
{
    EACH(w16, (a.v[i] >> n) | ((a.v[i] >> 31) ? ~(0xffffffffu >> n) : 0u));
}
INLINE m16 w16_eq(w16 a, w16 b)
{
    EACH(m16, a.v[i] == b.v[i]);
}
/* As signed numbers. */
INLINE m16 w16_gt(w16 a, w16 b)
{
    EACH(m16, (int32_t)a.v[i] > (int32_t)b.v[i]);
}
/* The nearest float of a signed number. */
INLINE v16 w16_float(w16 a)
{
    EACH(v16, (float)(int32_t)a.v[i]);
}
INLINE w16 v16_as_w16(v16 a)
{
    w16 r;
    memcpy(r.v, a.v, sizeof r.v);
    return r;
}
INLINE v16 w16_as_v16(w16 a)
{
    v16 r;
    memcpy(r.v, a.v, sizeof r.v);
    return r;
}

INLINE d16 d16_zero(void)
{
    EACH(d16, 0.0);
}
/* a + b, b widened. */
INLINE d16 d16_add(d16 a, v16 b)
{
    EACH(d16, a.v[i] + (double)b.v[i]);
}
INLINE void d16_store(double *p, d16 a)
{
    memcpy(p, a.v, sizeof a.v);
}

/* s[i] += s[i+8] for i < 8, then +4, +2, +1. */
INLINE float lane_sum(v16 a)
{
    for (int half = LANES / 2; half > 0; half /= 2)
        for (int i = 0; i < half; i++)
            a.v[i] += a.v[i + half];
    return a.v[0];
}
/* The lane_sum of each. */
INLINE v16 lane_sums(const v16 a[LANES])
{
    EACH(v16, lane_sum(a[i]));
}

/* r[i] lane j <-> r[j] lane i. */
INLINE void v16_transpose(v16 r[LANES])
{
    for (int i = 0; i < LANES; i++)
        for (int j = 0; j < i; j++) {
            float t = r[i].v[j];
            r[i].v[j] = r[j].v[i];
            r[j].v[i] = t;
        }
}

/* Where denormals are 0: a number, and a sum of two, which are exact as denormals. */
INLINE float normal(float x)
{
    return fabsf(x) < 0x1p-126f ? copysignf(0, x) : x;
}
INLINE v16 v16_add_normal(v16 a, v16 b)
{
    EACH(v16, normal(normal(a.v[i]) + normal(b.v[i])));
}
INLINE v16 v16_sub_normal(v16 a, v16 b)
{
    EACH(v16, normal(normal(a.v[i]) - normal(b.v[i])));
}
/* a * b + c rounded once, and 0 if that is too small for a normal number with an exponent of any size. */
INLINE float fma_normal(float a, float b, float c)
{
    double s = fma_to_odd(normal(a), normal(b), normal(c));
    return (float)(fabs(s) < 0x1p-126 - 0x1p-151 ? copysign(0, s) : s);
}
INLINE float half_of_pair(uint32_t word)
{
    float f;
    memcpy(&f, &word, sizeof f);
    return f;
}
INLINE float dot_once(uint32_t a, uint32_t b, float c)
{
    const uint32_t odd = 0xffff0000u;
    c = fma_normal(half_of_pair(a & odd), half_of_pair(b & odd), c);
    return fma_normal(half_of_pair(a << 16), half_of_pair(b << 16), c);
}
/* c + the products of each pair: of the odd numbers first, then of the even ones. */
INLINE v16 v16_dot(w16 a, w16 b, v16 c)
{
    EACH(v16, dot_once(a.v[i], b.v[i], c.v[i]));
}

#undef EACH

#define VK 16
typedef v16 vk;
#define vk_pin(a) (void)(a)
#define vk_load v16_load
#define vk_store v16_store
#define vk_set1 v16_set1
#ifdef BF16
#define vk_add v16_add_normal
#define vk_sub v16_sub_normal
#define vk_dot v16_dot
#else
#define vk_add v16_add
#define vk_sub v16_sub
#define vk_mul v16_mul
#define vk_max v16_max
#define vk_fma v16_fma
#endif

#endif
