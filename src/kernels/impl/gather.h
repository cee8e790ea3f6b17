/* gather.h - what warp.c needs beyond simd.h, three times over with the same bits.
 *
 *   w16_gather(base, i)           the 32 bits that begin 2 * i[lane] bytes behind base
 *   v16_floor(a, place, &at)      floor(a); at = place + floor(a), for whole numbers `place` with both sums in 2^23 ..
 *                                 2^24, where floats are whole numbers; |a| < 2^22
 *   v16_mad(a, b, c)              a * b + c, where both are exact in floats
 *   corners_of(q)                 the bytes of a word as floats */
#ifndef KERNELS_IMPL_GATHER_H
#define KERNELS_IMPL_GATHER_H

#include "kernels/impl/simd.h"

/* Bytes 0 to 3 are a, c, b, d: a and b side by side, c and d below them. Wanted are a, c and two differences. */
struct corners {
    v16 a, c, b_less_a, d_less_c;
};

#if defined(ISA_avx512)

/* Bytes where they stand, with the exponent of a float over them: 2^23 + byte 0, 2^15 + byte 1. */
INLINE v16 byte_0(w16 q)
{
    return w16_as_v16(_mm512_ternarylogic_epi32(q, _mm512_set1_epi32(0xff), v16_as_w16(v16_set1(0x1p23f)), 0xea));
}
INLINE v16 byte_1(w16 q)
{
    return w16_as_v16(_mm512_ternarylogic_epi32(q, _mm512_set1_epi32(0xff00), v16_as_w16(v16_set1(0x1p15f)), 0xea));
}
INLINE struct corners corners_of(w16 q)
{
    w16 right = w16_shr(q, 16);
    v16 a = byte_0(q), b = byte_0(right), c = byte_1(q), d = byte_1(right);
    return (struct corners){v16_sub(a, v16_set1(0x1p23f)), v16_sub(c, v16_set1(0x1p15f)), v16_sub(b, a), v16_sub(d, c)};
}

/* Into zeros, through a mask the compiler knows nothing about: it would else gather into whatever register is there,
 * and wait for what was in it. */
INLINE w16 w16_gather(uintptr_t base, w16 i)
{
    __mmask16 all = 0xffff;
    __asm__("" : "+Yk"(all));
    return _mm512_mask_i32gather_epi32(_mm512_setzero_si512(), all, i, (const void *)base, 2);
}

INLINE v16 v16_floor(v16 a, v16 place, v16 *at)
{
    *at = _mm512_add_round_ps(a, place, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC);
    return _mm512_sub_ps(*at, place);
}

#define v16_mad v16_fma

#elif defined(ISA_avx2)

/* Halves of each word: the second less the first. */
INLINE w16 difference(w16 halves)
{
    __m256i weights = _mm256_set1_epi32(0x0001ffff);
    return (w16){_mm256_madd_epi16(halves.a, weights), _mm256_madd_epi16(halves.b, weights)};
}
INLINE struct corners corners_of(w16 q)
{
    w16 a_b = w16_and(q, w16_set1(0x00ff00ff)), c_d = {_mm256_srli_epi16(q.a, 8), _mm256_srli_epi16(q.b, 8)};
    return (struct corners){w16_float(w16_and(q, w16_set1(0xff))), w16_float(w16_and(c_d, w16_set1(0xff))),
                            w16_float(difference(a_b)), w16_float(difference(c_d))};
}

/* As for AVX-512. */
INLINE w16 w16_gather(uintptr_t base, w16 i)
{
    __m256i zero = _mm256_setzero_si256(), all = _mm256_set1_epi32(-1);
    __asm__("" : "+x"(all));
    return (w16){_mm256_mask_i32gather_epi32(zero, (const void *)base, i.a, all, 2),
                 _mm256_mask_i32gather_epi32(zero, (const void *)base, i.b, all, 2)};
}

INLINE v16 v16_floor(v16 a, v16 place, v16 *at)
{
    v16 whole = {_mm256_floor_ps(a.a), _mm256_floor_ps(a.b)};
    *at = v16_add(whole, place);
    return whole;
}

#define v16_mad v16_fma

#else

INLINE struct corners corners_of(w16 q)
{
    w16 byte = w16_set1(255), right = w16_shr(q, 16);
    v16 a = w16_float(w16_and(q, byte)), b = w16_float(w16_and(right, byte));
    v16 c = w16_float(w16_and(w16_shr(q, 8), byte)), d = w16_float(w16_shr(right, 8));
    return (struct corners){a, c, v16_sub(b, a), v16_sub(d, c)};
}

INLINE w16 w16_gather(uintptr_t base, w16 i)
{
    w16 r;
    for (int l = 0; l < LANES; l++)
        memcpy(&r.v[l], (const void *)(base + 2 * (uintptr_t)i.v[l]), sizeof r.v[l]);
    return r;
}

INLINE v16 v16_floor(v16 a, v16 place, v16 *at)
{
    for (int i = 0; i < LANES; i++) {
        float whole = (float)(int)a.v[i];
        a.v[i] = whole > a.v[i] ? whole - 1 : whole;
    }
    *at = v16_add(a, place);
    return a;
}

INLINE v16 v16_mad(v16 a, v16 b, v16 c)
{
    return v16_add(v16_mul(a, b), c);
}

#endif
#endif
