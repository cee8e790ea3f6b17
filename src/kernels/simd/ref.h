/* simd_ref.h - the operations of simd.h in plain C: what the other two must agree with. */
#ifndef KERNELS_SIMD_REF_H
#define KERNELS_SIMD_REF_H

/* Vectors of the compiler's own: it makes of them what the machine has. (Loops over 16 lanes give the same, after ten
 * times the time to compile.) They are aligned as in the other levels. */
#define OF_LANES(type) __attribute__((vector_size(LANES * sizeof(type)), aligned(64)))
typedef float lanes_float OF_LANES(float);
typedef double lanes_double OF_LANES(double);
typedef uint32_t lanes_word OF_LANES(uint32_t);
typedef int32_t lanes_int OF_LANES(int32_t);
typedef uint64_t lanes_long OF_LANES(uint64_t);

typedef struct {
    lanes_float v;
} v16;
typedef struct {
    lanes_word v;
} w16;
typedef struct {
    lanes_word v; /* all bits or none */
} m16;
typedef struct {
    lanes_double v;
} d16;

#define ALL_LANES(x)                                                                                                   \
    {                                                                                                                  \
        x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x                                                                 \
    }

INLINE w16 v16_as_w16(v16 a)
{
    return (w16){(lanes_word)a.v};
}
INLINE v16 w16_as_v16(w16 a)
{
    return (v16){(lanes_float)a.v};
}

INLINE v16 v16_load(const float *p)
{
    v16 r;
    memcpy(&r.v, p, sizeof r.v);
    return r;
}
INLINE void v16_store(float *p, v16 a)
{
    memcpy(p, &a.v, sizeof a.v);
}
INLINE v16 v16_set1(float x)
{
    return (v16){ALL_LANES(x)};
}
INLINE v16 v16_add(v16 a, v16 b)
{
    return (v16){a.v + b.v};
}
INLINE v16 v16_sub(v16 a, v16 b)
{
    return (v16){a.v - b.v};
}
INLINE v16 v16_mul(v16 a, v16 b)
{
    return (v16){a.v * b.v};
}
INLINE v16 v16_div(v16 a, v16 b)
{
    return (v16){a.v / b.v};
}
INLINE v16 v16_sqrt(v16 a)
{
    float v[LANES];
    v16_store(v, a);
    for (int i = 0; i < LANES; i++)
        v[i] = sqrtf(v[i]);
    return v16_load(v);
}
/* a * b + c, rounded once. Where that is not an instruction the C library's fmaf takes hundreds of cycles. The product
 * is exact in double; a sum that is rounded to odd there, as its exact error says, can be rounded once more: Boldo &
 * Melquiond 2008, doi:10.1109/TC.2007.70819. */
#define SIGN ((uint64_t)1 << 63)
INLINE lanes_double fma_to_odd(lanes_float a, lanes_float b, lanes_float c)
{
    const lanes_double p = __builtin_convertvector(a, lanes_double) * __builtin_convertvector(b, lanes_double);
    const lanes_double q = __builtin_convertvector(c, lanes_double);
    const lanes_double s = p + q, t = s - p, off = (p - (s - t)) + (q - t);
    const lanes_long u = (lanes_long)s, w = (lanes_long)off;
    const lanes_long inexact = ((w & ~SIGN) + ~SIGN) >> 63, finite = ~(((u >> 52 & 0x7ff) + 1) >> 11);
    const lanes_long add = ~u & inexact & finite;                /* 1 in the last place, */
    return (lanes_double)(u + add - ((u ^ w) >> 62 & add << 1)); /* or -1 where the error points to zero */
}
/* For the loops of products. */
INLINE v16 fma_here(v16 a, v16 b, v16 c)
{
#ifdef __FP_FAST_FMAF
    float x[LANES], y[LANES], z[LANES];
    v16_store(x, a), v16_store(y, b), v16_store(z, c);
    for (int i = 0; i < LANES; i++)
        z[i] = fmaf(x[i], y[i], z[i]);
    return v16_load(z);
#else
    return (v16){__builtin_convertvector(fma_to_odd(a.v, b.v, c.v), lanes_float)};
#endif
}
INLINE_BIG v16 v16_fma(v16 a, v16 b, v16 c)
{
    return fma_here(a, b, c);
}

/* Comparisons with a NaN are false, but for v16_nan. */
INLINE m16 v16_gt(v16 a, v16 b)
{
    return (m16){(lanes_word)(a.v > b.v)};
}
INLINE m16 v16_eq(v16 a, v16 b)
{
    return (m16){(lanes_word)(a.v == b.v)};
}
INLINE m16 v16_nan(v16 a)
{
    return (m16){(lanes_word)(a.v != a.v)};
}
INLINE m16 m16_all(void)
{
    return (m16){ALL_LANES(~0u)};
}
INLINE m16 m16_and(m16 a, m16 b)
{
    return (m16){a.v & b.v};
}
INLINE m16 m16_or(m16 a, m16 b)
{
    return (m16){a.v | b.v};
}
/* a and not b. */
INLINE m16 m16_less(m16 a, m16 b)
{
    return (m16){a.v & ~b.v};
}
/* m ? a : b */
INLINE v16 v16_select(m16 m, v16 a, v16 b)
{
    return (v16){(lanes_float)(((lanes_word)a.v & m.v) | ((lanes_word)b.v & ~m.v))};
}
/* b where either is NaN or both are zero, as the machine does. */
INLINE v16 v16_max(v16 a, v16 b)
{
    return v16_select(v16_gt(a, b), a, b);
}
INLINE v16 v16_min(v16 a, v16 b)
{
    return v16_select(v16_gt(b, a), a, b);
}

INLINE w16 w16_load(const void *p)
{
    w16 r;
    memcpy(&r.v, p, sizeof r.v);
    return r;
}
INLINE void w16_store(void *p, w16 a)
{
    memcpy(p, &a.v, sizeof a.v);
}
/* 16 bytes, anywhere. */
INLINE w16 w16_from_bytes(const uint8_t *p)
{
    typedef uint8_t lanes_byte __attribute__((vector_size(LANES)));
    lanes_byte bytes;
    memcpy(&bytes, p, sizeof bytes);
    return (w16){__builtin_convertvector(bytes, lanes_word)};
}
/* The upper halves of 16 words, the lower ones 0; at a multiple of 32 bytes. */
typedef uint16_t lanes_half __attribute__((vector_size(LANES * sizeof(uint16_t))));
INLINE w16 w16_load_high(const uint16_t *p)
{
    lanes_half halves;
    memcpy(&halves, p, sizeof halves);
    return (w16){__builtin_convertvector(halves, lanes_word) << 16};
}
INLINE void w16_store_high(uint16_t *p, w16 a)
{
    const lanes_half halves = __builtin_convertvector(a.v >> 16, lanes_half);
    memcpy(p, &halves, sizeof halves);
}
INLINE w16 w16_set1(uint32_t x)
{
    return (w16){ALL_LANES(x)};
}
INLINE w16 w16_add(w16 a, w16 b)
{
    return (w16){a.v + b.v};
}
INLINE w16 w16_sub(w16 a, w16 b)
{
    return (w16){a.v - b.v};
}
INLINE w16 w16_and(w16 a, w16 b)
{
    return (w16){a.v & b.v};
}
INLINE w16 w16_or(w16 a, w16 b)
{
    return (w16){a.v | b.v};
}
INLINE w16 w16_xor(w16 a, w16 b)
{
    return (w16){a.v ^ b.v};
}
INLINE w16 w16_shl(w16 a, int n)
{
    return (w16){a.v << n};
}
INLINE w16 w16_shr(w16 a, int n)
{
    return (w16){a.v >> n};
}
/* Arithmetic: copies of the sign come in from the left. */
INLINE w16 w16_sar(w16 a, int n)
{
    return (w16){(lanes_word)((lanes_int)a.v >> n)};
}
INLINE m16 w16_eq(w16 a, w16 b)
{
    return (m16){(lanes_word)(a.v == b.v)};
}
/* As signed numbers. */
INLINE m16 w16_gt(w16 a, w16 b)
{
    return (m16){(lanes_word)((lanes_int)a.v > (lanes_int)b.v)};
}
/* The nearest float of a signed number. */
INLINE v16 w16_float(w16 a)
{
    return (v16){__builtin_convertvector((lanes_int)a.v, lanes_float)};
}

INLINE d16 d16_zero(void)
{
    return (d16){ALL_LANES(0.0)};
}
/* a + b, b widened. */
INLINE d16 d16_add(d16 a, v16 b)
{
    return (d16){a.v + __builtin_convertvector(b.v, lanes_double)};
}
INLINE void d16_store(double *p, d16 a)
{
    memcpy(p, &a.v, sizeof a.v);
}

/* s[i] += s[i+8] for i < 8, then +4, +2, +1. */
INLINE float lane_sum(v16 a)
{
    float v[LANES];
    v16_store(v, a);
    for (int half = LANES / 2; half > 0; half /= 2)
        for (int i = 0; i < half; i++)
            v[i] += v[i + half];
    return v[0];
}
/* The lane_sum of each. */
INLINE v16 lane_sums(const v16 a[LANES])
{
    float v[LANES];
    for (int i = 0; i < LANES; i++)
        v[i] = lane_sum(a[i]);
    return v16_load(v);
}

/* r[i] lane j <-> r[j] lane i. */
INLINE void v16_transpose(v16 r[LANES])
{
    float v[LANES][LANES], t[LANES][LANES];
    for (int i = 0; i < LANES; i++)
        v16_store(v[i], r[i]);
    for (int i = 0; i < LANES; i++)
        for (int j = 0; j < LANES; j++)
            t[i][j] = v[j][i];
    for (int i = 0; i < LANES; i++)
        r[i] = v16_load(t[i]);
}

/* Where denormals are 0: numbers, and sums and differences of two, which are exact as denormals. */
INLINE lanes_float normal(lanes_float x)
{
    const lanes_word bits = (lanes_word)x, small = (lanes_word)((bits & 0x7f800000u) == 0);
    return (lanes_float)(bits & (~small | 0x80000000u));
}
INLINE_BIG v16 v16_add_normal(v16 a, v16 b)
{
    return (v16){normal(normal(a.v) + normal(b.v))};
}
INLINE_BIG v16 v16_sub_normal(v16 a, v16 b)
{
    return (v16){normal(normal(a.v) - normal(b.v))};
}
/* a * b + c rounded once, and 0 if that is too small for a normal number with an exponent of any size. */
INLINE lanes_float fma_normal(lanes_float a, lanes_float b, lanes_float c)
{
    const lanes_double s = fma_to_odd(normal(a), normal(b), normal(c));
    const lanes_long bits = (lanes_long)s;
    const lanes_long small = (lanes_long)((lanes_double)(bits & ~SIGN) < 0x1p-126 - 0x1p-151);
    return __builtin_convertvector((lanes_double)(bits & (~small | SIGN)), lanes_float);
}
/* c + the products of each pair: of the odd numbers first, then of the even ones. */
INLINE v16 v16_dot(w16 a, w16 b, v16 c)
{
    const lanes_word odd = ALL_LANES(0xffff0000u);
    const lanes_float sum = fma_normal((lanes_float)(a.v & odd), (lanes_float)(b.v & odd), c.v);
    return (v16){fma_normal((lanes_float)(a.v << 16), (lanes_float)(b.v << 16), sum)};
}

#undef SIGN
#undef ALL_LANES
#undef OF_LANES

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
#define vk_fma fma_here
#endif

#endif
