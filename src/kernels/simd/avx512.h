/* simd_avx512.h - the operations of simd.h in one register each; meanings and corner cases stand in simd_ref.h. */
#ifndef KERNELS_SIMD_AVX512_H
#define KERNELS_SIMD_AVX512_H

#include <immintrin.h>

typedef __m512 v16;
typedef __m512i w16;
typedef __mmask16 m16;
typedef struct {
    __m512d a, b;
} d16;

INLINE v16 v16_load(const float *p)
{
    return _mm512_load_ps(p);
}
INLINE void v16_store(float *p, v16 a)
{
    _mm512_store_ps(p, a);
}
INLINE v16 v16_set1(float x)
{
    return _mm512_set1_ps(x);
}
INLINE v16 v16_add(v16 a, v16 b)
{
    return _mm512_add_ps(a, b);
}
INLINE v16 v16_sub(v16 a, v16 b)
{
    return _mm512_sub_ps(a, b);
}
INLINE v16 v16_mul(v16 a, v16 b)
{
    return _mm512_mul_ps(a, b);
}
INLINE v16 v16_div(v16 a, v16 b)
{
    return _mm512_div_ps(a, b);
}
INLINE v16 v16_sqrt(v16 a)
{
    return _mm512_sqrt_ps(a);
}
INLINE v16 v16_fma(v16 a, v16 b, v16 c)
{
    return _mm512_fmadd_ps(a, b, c);
}
INLINE v16 v16_max(v16 a, v16 b)
{
    return _mm512_max_ps(a, b);
}
INLINE v16 v16_min(v16 a, v16 b)
{
    return _mm512_min_ps(a, b);
}

INLINE m16 v16_gt(v16 a, v16 b)
{
    return _mm512_cmp_ps_mask(a, b, _CMP_GT_OQ);
}
INLINE m16 v16_eq(v16 a, v16 b)
{
    return _mm512_cmp_ps_mask(a, b, _CMP_EQ_OQ);
}
INLINE m16 v16_nan(v16 a)
{
    return _mm512_cmp_ps_mask(a, a, _CMP_UNORD_Q);
}
INLINE m16 m16_all(void)
{
    return 0xffff;
}
INLINE m16 m16_and(m16 a, m16 b)
{
    return (m16)(a & b);
}
INLINE m16 m16_or(m16 a, m16 b)
{
    return (m16)(a | b);
}
INLINE m16 m16_less(m16 a, m16 b)
{
    return (m16)(a & ~b);
}
INLINE v16 v16_select(m16 m, v16 a, v16 b)
{
    return _mm512_mask_blend_ps(m, b, a);
}

INLINE w16 w16_load(const void *p)
{
    return _mm512_load_si512(p);
}
INLINE void w16_store(void *p, w16 a)
{
    _mm512_store_si512(p, a);
}
INLINE w16 w16_from_bytes(const uint8_t *p)
{
    return _mm512_cvtepu8_epi32(_mm_loadu_si128((const void *)p));
}
INLINE w16 w16_load_high(const uint16_t *p)
{
    return _mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm256_load_si256((const void *)p)), 16);
}
INLINE void w16_store_high(uint16_t *p, w16 a)
{
    _mm256_store_si256((void *)p, _mm512_cvtepi32_epi16(_mm512_srli_epi32(a, 16)));
}
INLINE w16 w16_set1(uint32_t x)
{
    return _mm512_set1_epi32((int)x);
}
INLINE w16 w16_add(w16 a, w16 b)
{
    return _mm512_add_epi32(a, b);
}
INLINE w16 w16_sub(w16 a, w16 b)
{
    return _mm512_sub_epi32(a, b);
}
INLINE w16 w16_and(w16 a, w16 b)
{
    return _mm512_and_si512(a, b);
}
INLINE w16 w16_or(w16 a, w16 b)
{
    return _mm512_or_si512(a, b);
}
INLINE w16 w16_xor(w16 a, w16 b)
{
    return _mm512_xor_si512(a, b);
}
#define w16_shl(a, n) _mm512_slli_epi32(a, n)
#define w16_shr(a, n) _mm512_srli_epi32(a, n)
#define w16_sar(a, n) _mm512_srai_epi32(a, n)
INLINE m16 w16_eq(w16 a, w16 b)
{
    return _mm512_cmpeq_epi32_mask(a, b);
}
INLINE m16 w16_gt(w16 a, w16 b)
{
    return _mm512_cmpgt_epi32_mask(a, b);
}
INLINE v16 w16_float(w16 a)
{
    return _mm512_cvtepi32_ps(a);
}
INLINE w16 v16_as_w16(v16 a)
{
    return _mm512_castps_si512(a);
}
INLINE v16 w16_as_v16(w16 a)
{
    return _mm512_castsi512_ps(a);
}

/* As simd.h has it for all, in four operations: one of two numbers is added, and a NaN put back. */
#define v16_bf16 v16_bf16
INLINE w16 v16_bf16(v16 x)
{
    w16 u = v16_as_w16(x), r = _mm512_add_epi32(u, _mm512_set1_epi32(0x7fff));
    __mmask16 odd = _mm512_test_epi32_mask(u, _mm512_set1_epi32(0x10000));
    r = _mm512_mask_add_epi32(r, odd, u, _mm512_set1_epi32(0x8000));
    return v16_as_w16(_mm512_fixupimm_ps(w16_as_v16(r), x, _mm512_set1_epi32(0x22), 0)); /* quiet and signalling: x */
}

INLINE d16 d16_zero(void)
{
    return (d16){_mm512_setzero_pd(), _mm512_setzero_pd()};
}
INLINE d16 d16_add(d16 a, v16 b)
{
    return (d16){_mm512_add_pd(a.a, _mm512_cvtps_pd(_mm512_castps512_ps256(b))),
                 _mm512_add_pd(a.b, _mm512_cvtps_pd(_mm512_extractf32x8_ps(b, 1)))};
}
INLINE void d16_store(double *p, d16 a)
{
    _mm512_storeu_pd(p, a.a);
    _mm512_storeu_pd(p + 8, a.b);
}

INLINE float lane_sum(v16 a)
{
    __m256 h = _mm256_add_ps(_mm512_castps512_ps256(a), _mm512_extractf32x8_ps(a, 1));
    __m128 q = _mm_add_ps(_mm256_castps256_ps128(h), _mm256_extractf128_ps(h, 1));
    q = _mm_add_ps(q, _mm_movehl_ps(q, q));
    q = _mm_add_ss(q, _mm_movehdup_ps(q));
    return _mm_cvtss_f32(q);
}

/* The tree of lane_sum for 16 at a time: quarters 0, 1 and 2, 3 of a and b; of each two of these; and within quarters.
 * Vector 4k + m ends in quarter k, element m. */
INLINE v16 sums_of_halves(v16 a, v16 b)
{
    return _mm512_add_ps(_mm512_shuffle_f32x4(a, b, 0x44), _mm512_shuffle_f32x4(a, b, 0xee));
}
INLINE v16 sums_of_quarters(v16 a, v16 b)
{
    return _mm512_add_ps(_mm512_shuffle_f32x4(a, b, 0x88), _mm512_shuffle_f32x4(a, b, 0xdd));
}
INLINE v16 sums_of_pairs(v16 a, v16 b)
{
    __m512d p = _mm512_castps_pd(a), q = _mm512_castps_pd(b);
    return _mm512_add_ps(_mm512_castpd_ps(_mm512_unpacklo_pd(p, q)), _mm512_castpd_ps(_mm512_unpackhi_pd(p, q)));
}
INLINE v16 lane_sums(const v16 r[LANES])
{
    v16 q[4];
    for (int m = 0; m < 4; m++)
        q[m] = sums_of_quarters(sums_of_halves(r[m], r[4 + m]), sums_of_halves(r[8 + m], r[12 + m]));
    v16 a = sums_of_pairs(q[0], q[1]), b = sums_of_pairs(q[2], q[3]);
    return _mm512_add_ps(_mm512_shuffle_ps(a, b, 0x88), _mm512_shuffle_ps(a, b, 0xdd));
}

/* Pairs of 1, 2, 4 and 8 rows change places. */
INLINE void v16_transpose(v16 r[LANES])
{
    v16 t[LANES];
    for (int i = 0; i < LANES; i += 2) {
        t[i] = _mm512_unpacklo_ps(r[i], r[i + 1]);
        t[i + 1] = _mm512_unpackhi_ps(r[i], r[i + 1]);
    }
    for (int i = 0; i < LANES; i += 4)
        for (int k = 0; k < 2; k++) {
            __m512d lo = _mm512_castps_pd(t[i + k]), hi = _mm512_castps_pd(t[i + k + 2]);
            r[i + 2 * k] = _mm512_castpd_ps(_mm512_unpacklo_pd(lo, hi));
            r[i + 2 * k + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(lo, hi));
        }
    for (int i = 0; i < LANES; i += 8)
        for (int k = 0; k < 4; k++) {
            t[i + k] = _mm512_shuffle_f32x4(r[i + k], r[i + k + 4], 0x88);
            t[i + k + 4] = _mm512_shuffle_f32x4(r[i + k], r[i + k + 4], 0xdd);
        }
    for (int k = 0; k < 8; k++) {
        r[k] = _mm512_shuffle_f32x4(t[k], t[k + 8], 0x88);
        r[k + 8] = _mm512_shuffle_f32x4(t[k], t[k + 8], 0xdd);
    }
}

#define VK 16
typedef v16 vk;
/* Keeps a value in its register: gcc would rather load it again for each use. */
#define vk_pin(a) __asm__("" : "+v"(a))
#define vk_load v16_load
#define vk_store v16_store
#define vk_set1 v16_set1
#define vk_add v16_add
#define vk_sub v16_sub
#define vk_mul v16_mul
#define vk_max v16_max
#define vk_fma v16_fma
#ifdef PAIRS
/* c + the products of each pair: of the odd numbers first, then of the even ones. */
INLINE vk vk_dot(w16 a, w16 b, vk c)
{
    return _mm512_dpbf16_ps(c, (__m512bh)a, (__m512bh)b);
}
#endif
/* bf16 numbers; of two that are as near the larger one (not for NaNs whose lower half is not 0). */
INLINE vk vk_near(vk a)
{
    return w16_as_v16(w16_and(w16_add(v16_as_w16(a), w16_set1(0x8000)), w16_set1(0xffff0000u)));
}

#endif
