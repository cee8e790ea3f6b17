/* simd_avx2.h - the operations of simd.h in two registers each; meanings and corner cases stand in simd_ref.h. */
#ifndef KERNELS_SIMD_AVX2_H
#define KERNELS_SIMD_AVX2_H

#include <immintrin.h>

typedef struct {
    __m256 a, b;
} v16;
typedef struct {
    __m256i a, b;
} w16;
typedef struct {
    __m256 a, b; /* all bits of a lane, or none */
} m16;
typedef struct {
    __m256d q[4];
} d16;

INLINE v16 v16_load(const float *p)
{
    return (v16){_mm256_load_ps(p), _mm256_load_ps(p + 8)};
}
INLINE void v16_store(float *p, v16 a)
{
    _mm256_store_ps(p, a.a);
    _mm256_store_ps(p + 8, a.b);
}
INLINE v16 v16_set1(float x)
{
    return (v16){_mm256_set1_ps(x), _mm256_set1_ps(x)};
}
INLINE v16 v16_add(v16 a, v16 b)
{
    return (v16){_mm256_add_ps(a.a, b.a), _mm256_add_ps(a.b, b.b)};
}
INLINE v16 v16_sub(v16 a, v16 b)
{
    return (v16){_mm256_sub_ps(a.a, b.a), _mm256_sub_ps(a.b, b.b)};
}
INLINE v16 v16_mul(v16 a, v16 b)
{
    return (v16){_mm256_mul_ps(a.a, b.a), _mm256_mul_ps(a.b, b.b)};
}
INLINE v16 v16_div(v16 a, v16 b)
{
    return (v16){_mm256_div_ps(a.a, b.a), _mm256_div_ps(a.b, b.b)};
}
INLINE v16 v16_sqrt(v16 a)
{
    return (v16){_mm256_sqrt_ps(a.a), _mm256_sqrt_ps(a.b)};
}
INLINE v16 v16_fma(v16 a, v16 b, v16 c)
{
    return (v16){_mm256_fmadd_ps(a.a, b.a, c.a), _mm256_fmadd_ps(a.b, b.b, c.b)};
}
INLINE v16 v16_max(v16 a, v16 b)
{
    return (v16){_mm256_max_ps(a.a, b.a), _mm256_max_ps(a.b, b.b)};
}
INLINE v16 v16_min(v16 a, v16 b)
{
    return (v16){_mm256_min_ps(a.a, b.a), _mm256_min_ps(a.b, b.b)};
}

INLINE m16 v16_gt(v16 a, v16 b)
{
    return (m16){_mm256_cmp_ps(a.a, b.a, _CMP_GT_OQ), _mm256_cmp_ps(a.b, b.b, _CMP_GT_OQ)};
}
INLINE m16 v16_eq(v16 a, v16 b)
{
    return (m16){_mm256_cmp_ps(a.a, b.a, _CMP_EQ_OQ), _mm256_cmp_ps(a.b, b.b, _CMP_EQ_OQ)};
}
INLINE m16 v16_nan(v16 a)
{
    return (m16){_mm256_cmp_ps(a.a, a.a, _CMP_UNORD_Q), _mm256_cmp_ps(a.b, a.b, _CMP_UNORD_Q)};
}
INLINE m16 m16_all(void)
{
    __m256 ones = _mm256_castsi256_ps(_mm256_set1_epi32(-1));
    return (m16){ones, ones};
}
INLINE m16 m16_and(m16 a, m16 b)
{
    return (m16){_mm256_and_ps(a.a, b.a), _mm256_and_ps(a.b, b.b)};
}
INLINE m16 m16_or(m16 a, m16 b)
{
    return (m16){_mm256_or_ps(a.a, b.a), _mm256_or_ps(a.b, b.b)};
}
INLINE m16 m16_less(m16 a, m16 b)
{
    return (m16){_mm256_andnot_ps(b.a, a.a), _mm256_andnot_ps(b.b, a.b)};
}
INLINE v16 v16_select(m16 m, v16 a, v16 b)
{
    return (v16){_mm256_blendv_ps(b.a, a.a, m.a), _mm256_blendv_ps(b.b, a.b, m.b)};
}

INLINE w16 w16_load(const void *p)
{
    return (w16){_mm256_load_si256(p), _mm256_load_si256((const __m256i *)p + 1)};
}
INLINE void w16_store(void *p, w16 a)
{
    _mm256_store_si256(p, a.a);
    _mm256_store_si256((__m256i *)p + 1, a.b);
}
INLINE w16 w16_from_bytes(const uint8_t *p)
{
    return (w16){_mm256_cvtepu8_epi32(_mm_loadl_epi64((const void *)p)),
                 _mm256_cvtepu8_epi32(_mm_loadl_epi64((const void *)(p + 8)))};
}
INLINE w16 w16_load_high(const uint16_t *p)
{
    return (w16){_mm256_slli_epi32(_mm256_cvtepu16_epi32(_mm_load_si128((const void *)p)), 16),
                 _mm256_slli_epi32(_mm256_cvtepu16_epi32(_mm_load_si128((const void *)(p + 8))), 16)};
}
INLINE void w16_store_high(uint16_t *p, w16 a)
{
    __m256i mixed = _mm256_packus_epi32(_mm256_srli_epi32(a.a, 16), _mm256_srli_epi32(a.b, 16));
    _mm256_store_si256((void *)p, _mm256_permute4x64_epi64(mixed, 0xd8));
}
INLINE w16 w16_set1(uint32_t x)
{
    return (w16){_mm256_set1_epi32((int)x), _mm256_set1_epi32((int)x)};
}
INLINE w16 w16_add(w16 a, w16 b)
{
    return (w16){_mm256_add_epi32(a.a, b.a), _mm256_add_epi32(a.b, b.b)};
}
INLINE w16 w16_sub(w16 a, w16 b)
{
    return (w16){_mm256_sub_epi32(a.a, b.a), _mm256_sub_epi32(a.b, b.b)};
}
INLINE w16 w16_and(w16 a, w16 b)
{
    return (w16){_mm256_and_si256(a.a, b.a), _mm256_and_si256(a.b, b.b)};
}
INLINE w16 w16_or(w16 a, w16 b)
{
    return (w16){_mm256_or_si256(a.a, b.a), _mm256_or_si256(a.b, b.b)};
}
INLINE w16 w16_xor(w16 a, w16 b)
{
    return (w16){_mm256_xor_si256(a.a, b.a), _mm256_xor_si256(a.b, b.b)};
}
#define w16_shl(x, n) ((w16){_mm256_slli_epi32((x).a, n), _mm256_slli_epi32((x).b, n)})
#define w16_shr(x, n) ((w16){_mm256_srli_epi32((x).a, n), _mm256_srli_epi32((x).b, n)})
#define w16_sar(x, n) ((w16){_mm256_srai_epi32((x).a, n), _mm256_srai_epi32((x).b, n)})
INLINE m16 w16_eq(w16 a, w16 b)
{
    return (m16){_mm256_castsi256_ps(_mm256_cmpeq_epi32(a.a, b.a)), _mm256_castsi256_ps(_mm256_cmpeq_epi32(a.b, b.b))};
}
INLINE m16 w16_gt(w16 a, w16 b)
{
    return (m16){_mm256_castsi256_ps(_mm256_cmpgt_epi32(a.a, b.a)), _mm256_castsi256_ps(_mm256_cmpgt_epi32(a.b, b.b))};
}
INLINE v16 w16_float(w16 a)
{
    return (v16){_mm256_cvtepi32_ps(a.a), _mm256_cvtepi32_ps(a.b)};
}
INLINE w16 v16_as_w16(v16 a)
{
    return (w16){_mm256_castps_si256(a.a), _mm256_castps_si256(a.b)};
}
INLINE v16 w16_as_v16(w16 a)
{
    return (v16){_mm256_castsi256_ps(a.a), _mm256_castsi256_ps(a.b)};
}

INLINE d16 d16_zero(void)
{
    __m256d z = _mm256_setzero_pd();
    return (d16){{z, z, z, z}};
}
INLINE d16 d16_add(d16 a, v16 b)
{
    return (d16){{_mm256_add_pd(a.q[0], _mm256_cvtps_pd(_mm256_castps256_ps128(b.a))),
                  _mm256_add_pd(a.q[1], _mm256_cvtps_pd(_mm256_extractf128_ps(b.a, 1))),
                  _mm256_add_pd(a.q[2], _mm256_cvtps_pd(_mm256_castps256_ps128(b.b))),
                  _mm256_add_pd(a.q[3], _mm256_cvtps_pd(_mm256_extractf128_ps(b.b, 1)))}};
}
INLINE void d16_store(double *p, d16 a)
{
    for (int i = 0; i < 4; i++)
        _mm256_storeu_pd(p + 4 * i, a.q[i]);
}

INLINE float lane_sum(v16 a)
{
    __m256 h = _mm256_add_ps(a.a, a.b);
    __m128 q = _mm_add_ps(_mm256_castps256_ps128(h), _mm256_extractf128_ps(h, 1));
    q = _mm_add_ps(q, _mm_movehl_ps(q, q));
    q = _mm_add_ss(q, _mm_movehdup_ps(q));
    return _mm_cvtss_f32(q);
}

/* The tree of lane_sum for 8 vectors whose halves are added up already. */
INLINE __m256 lane_sums8(const __m256 r[8])
{
    __m256 q[4], p[2];
    for (int m = 0; m < 4; m++)
        q[m] =
            _mm256_add_ps(_mm256_permute2f128_ps(r[m], r[4 + m], 0x20), _mm256_permute2f128_ps(r[m], r[4 + m], 0x31));
    for (int m = 0; m < 2; m++) {
        __m256d a = _mm256_castps_pd(q[2 * m]), b = _mm256_castps_pd(q[2 * m + 1]);
        p[m] = _mm256_add_ps(_mm256_castpd_ps(_mm256_unpacklo_pd(a, b)), _mm256_castpd_ps(_mm256_unpackhi_pd(a, b)));
    }
    return _mm256_add_ps(_mm256_shuffle_ps(p[0], p[1], 0x88), _mm256_shuffle_ps(p[0], p[1], 0xdd));
}
INLINE v16 lane_sums(const v16 r[LANES])
{
    __m256 s[LANES];
    for (int i = 0; i < LANES; i++)
        s[i] = _mm256_add_ps(r[i].a, r[i].b);
    return (v16){lane_sums8(s), lane_sums8(s + 8)};
}

/* Pairs of 1, 2 and 4 rows change places. */
INLINE void transpose8(__m256 r[8])
{
    __m256 t[8];
    for (int i = 0; i < 8; i += 2) {
        t[i] = _mm256_unpacklo_ps(r[i], r[i + 1]);
        t[i + 1] = _mm256_unpackhi_ps(r[i], r[i + 1]);
    }
    for (int i = 0; i < 8; i += 4)
        for (int k = 0; k < 2; k++) {
            r[i + 2 * k] = _mm256_shuffle_ps(t[i + k], t[i + k + 2], 0x44);
            r[i + 2 * k + 1] = _mm256_shuffle_ps(t[i + k], t[i + k + 2], 0xee);
        }
    for (int k = 0; k < 4; k++) {
        t[k] = _mm256_permute2f128_ps(r[k], r[k + 4], 0x20);
        t[k + 4] = _mm256_permute2f128_ps(r[k], r[k + 4], 0x31);
    }
    for (int k = 0; k < 8; k++)
        r[k] = t[k];
}
INLINE void v16_transpose(v16 r[LANES])
{
    __m256 q[4][8];
    for (int i = 0; i < 8; i++) {
        q[0][i] = r[i].a;
        q[1][i] = r[i + 8].a;
        q[2][i] = r[i].b;
        q[3][i] = r[i + 8].b;
    }
    for (int k = 0; k < 4; k++)
        transpose8(q[k]);
    for (int i = 0; i < 8; i++) {
        r[i] = (v16){q[0][i], q[1][i]};
        r[i + 8] = (v16){q[2][i], q[3][i]};
    }
}

#define VK 8
typedef __m256 vk;
/* Keeps a value in its register: gcc would rather load it again for each use. */
#define vk_pin(a) __asm__("" : "+x"(a))
#define vk_load _mm256_load_ps
#define vk_store _mm256_store_ps
#define vk_set1 _mm256_set1_ps
#define vk_add _mm256_add_ps
#define vk_sub _mm256_sub_ps
#define vk_mul _mm256_mul_ps
#define vk_max _mm256_max_ps
#define vk_fma _mm256_fmadd_ps
INLINE vk vk_near(vk a)
{
    __m256i r = _mm256_add_epi32(_mm256_castps_si256(a), _mm256_set1_epi32(0x8000));
    return _mm256_castsi256_ps(_mm256_and_si256(r, _mm256_set1_epi32(~0xffff)));
}

#endif
