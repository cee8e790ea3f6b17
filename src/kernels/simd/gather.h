/* gather.h - what warp.c needs beyond simd.h, three times over: whole numbers, the same by their nature.
 *
 *   w16_gather(base, i, where)    the 32 bits that begin 2 * i[lane] bytes behind base; elsewhere 0, nothing is read
 *   bytes_mad(q, a)               of each half: its two bytes of q, times signed bytes of a, summed up
 *   halves_add(a, b)              each half for itself
 *   halves_part(a, b)             a * b / 2^15 of signed halves, rounded half up
 *   halves_shr(a, n)              of unsigned halves
 *   halves_mad(a, b)              the products of both signed halves, summed up */
#ifndef KERNELS_SIMD_GATHER_H
#define KERNELS_SIMD_GATHER_H

#include "kernels/simd/simd.h"

#if defined(ISA_avx512)

/* Into zeros, through a mask the compiler knows nothing about: it would else gather into whatever register is there,
 * and wait for what was in it. */
INLINE w16 w16_gather(uintptr_t base, w16 i, m16 where)
{
    __asm__("" : "+Yk"(where));
    return _mm512_mask_i32gather_epi32(_mm512_setzero_si512(), where, i, (const void *)base, 2);
}

#define bytes_mad(q, a) _mm512_maddubs_epi16(q, a)
#define halves_add(a, b) _mm512_add_epi16(a, b)
#define halves_part(a, b) _mm512_mulhrs_epi16(a, b)
#define halves_shr(a, n) _mm512_srli_epi16(a, n)
#define halves_mad(a, b) _mm512_madd_epi16(a, b)

#elif defined(ISA_avx2)

/* As for AVX-512. */
INLINE w16 w16_gather(uintptr_t base, w16 i, m16 where)
{
    __m256i zero = _mm256_setzero_si256(), a = _mm256_castps_si256(where.a), b = _mm256_castps_si256(where.b);
    __asm__("" : "+x"(a), "+x"(b));
    return (w16){_mm256_mask_i32gather_epi32(zero, (const void *)base, i.a, a, 2),
                 _mm256_mask_i32gather_epi32(zero, (const void *)base, i.b, b, 2)};
}

INLINE w16 bytes_mad(w16 q, w16 a)
{
    return (w16){_mm256_maddubs_epi16(q.a, a.a), _mm256_maddubs_epi16(q.b, a.b)};
}
INLINE w16 halves_add(w16 a, w16 b)
{
    return (w16){_mm256_add_epi16(a.a, b.a), _mm256_add_epi16(a.b, b.b)};
}
INLINE w16 halves_part(w16 a, w16 b)
{
    return (w16){_mm256_mulhrs_epi16(a.a, b.a), _mm256_mulhrs_epi16(a.b, b.b)};
}
#define halves_shr(x, n) ((w16){_mm256_srli_epi16((x).a, n), _mm256_srli_epi16((x).b, n)})
INLINE w16 halves_mad(w16 a, w16 b)
{
    return (w16){_mm256_madd_epi16(a.a, b.a), _mm256_madd_epi16(a.b, b.b)};
}

#else

INLINE w16 w16_gather(uintptr_t base, w16 i, m16 where)
{
    uint32_t at[LANES], wanted[LANES], r[LANES] = {0};
    memcpy(at, &i, sizeof at);
    memcpy(wanted, &where, sizeof wanted);
    for (int l = 0; l < LANES; l++)
        if (wanted[l])
            memcpy(&r[l], (const void *)(base + (uintptr_t)2 * at[l]), sizeof r[l]);
    return w16_load(r);
}

/* The halves of each word as signed numbers, and words of such halves. */
INLINE lanes_int low(w16 a)
{
    return (lanes_int)(a.v << 16) >> 16;
}
INLINE lanes_int high(w16 a)
{
    return (lanes_int)a.v >> 16;
}
INLINE w16 word(lanes_int high, lanes_int low)
{
    return (w16){(lanes_word)high << 16 | ((lanes_word)low & 0xffff)};
}

/* The four bytes of a word one by one, those of `a` with their signs. */
INLINE w16 bytes_mad(w16 q, w16 a)
{
    const lanes_int even = (lanes_int)(q.v & 255) * ((lanes_int)(a.v << 24) >> 24);
    const lanes_int next = (lanes_int)(q.v >> 8 & 255) * ((lanes_int)(a.v << 16) >> 24);
    const lanes_int third = (lanes_int)(q.v >> 16 & 255) * ((lanes_int)(a.v << 8) >> 24);
    const lanes_int last = (lanes_int)(q.v >> 24) * ((lanes_int)a.v >> 24);
    return word(third + last, even + next);
}
INLINE w16 halves_add(w16 a, w16 b)
{
    return word(high(a) + high(b), low(a) + low(b));
}
INLINE w16 halves_part(w16 a, w16 b)
{
    return word((high(a) * high(b) + 0x4000) >> 15, (low(a) * low(b) + 0x4000) >> 15);
}
INLINE w16 halves_shr(w16 a, int n)
{
    return (w16){a.v >> 16 >> n << 16 | (a.v & 0xffff) >> n};
}
INLINE w16 halves_mad(w16 a, w16 b)
{
    return (w16){(lanes_word)(high(a) * high(b)) + (lanes_word)(low(a) * low(b))};
}

#endif
#endif
