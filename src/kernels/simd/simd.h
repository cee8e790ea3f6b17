/* simd.h - sixteen floats at a time, three times over: AVX-512 registers, pairs of AVX2 registers, plain C. The three
 * give the same bits: each operation is one correctly rounded IEEE operation per lane, and fma means fused in all of
 * them (fmaf in plain C). Only the payload and sign of a NaN are left open.
 *
 *   v16   16 floats                          w16   16 words of 32 bits (wrap-around arithmetic)
 *   m16   16 truth values                    d16   16 doubles
 *   vk    the vector a register-blocked kernel works in, VK floats: all 16 lanes, or half of them on AVX2, where two
 *         halves at once would spill; such a kernel runs 16 / VK times. */
#ifndef KERNELS_SIMD_SIMD_H
#define KERNELS_SIMD_SIMD_H

#include "kernels/kernels.h"

#include <math.h>
#include <string.h>

#define INLINE static inline __attribute__((always_inline, unused))
/* For the larger ones: where a fused multiply-add is a hundred instructions there is one copy of them in an object, as
 * one in each place would be compiled for minutes. */
#if defined(ISA_ref) && !defined(__FP_FAST_FMAF)
#define INLINE_BIG static __attribute__((noinline, unused))
#else
#define INLINE_BIG INLINE
#endif
#define JOIN_(a, b) a##_##b
#define JOIN(a, b) JOIN_(a, b)
#define EXPORT(name) JOIN(name, ISA)

/* What multiplies is compiled twice a level: for floats, and with -DBF16 for bf16 numbers, under another name. */
#ifdef BF16
#define EXPORT_PRODUCT(name) EXPORT(name##_bf16)
#else
#define EXPORT_PRODUCT(name) EXPORT(name)
#endif

/* Register-blocked kernels are written once, with sizes as arguments; FIXED_SIZES says that each size wanted is made a
 * function of its own in which they are constants. UNROLL stands before a loop over such a size whose body indexes
 * arrays that must become registers. The plain C level has neither: one function, loops as they stand; nor have builds
 * without optimization, which cannot profit. */
#if defined(ISA_ref) || !defined(__OPTIMIZE__)
#define UNROLL
#else
#define FIXED_SIZES
#ifdef __clang__
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 32")
#endif
#endif

#if defined(BF16) && (defined(ISA_ref) || defined(ISA_avx512bf16))
#define PAIRS
#endif
#if defined(ISA_avx512)
#include "kernels/simd/avx512.h"
#elif defined(ISA_avx2)
#include "kernels/simd/avx2.h"
#else
#include "kernels/simd/ref.h"
#endif

/* What follows is built from the above, once for all levels. */

INLINE v16 v16_zero(void)
{
    return v16_set1(0.0f);
}

INLINE v16 v16_abs(v16 a)
{
    return w16_as_v16(w16_and(v16_as_w16(a), w16_set1(0x7fffffffu)));
}

/* The magnitude of `a` (>= 0) with the sign of `s`. */
INLINE v16 v16_with_sign(v16 a, v16 s)
{
    return w16_as_v16(w16_or(v16_as_w16(a), w16_and(v16_as_w16(s), w16_set1(0x80000000u))));
}

INLINE v16 v16_keep(m16 m, v16 a)
{
    return v16_select(m, a, v16_zero());
}

/* bf16: the upper half of a float. The nearest one, of two the even one, in the upper half of each word; the lower half
 * is of no account. What overflows becomes infinite, a NaN stays one. (The instruction for it takes denormals for 0.)
 */
#ifndef v16_bf16
INLINE w16 v16_bf16(v16 x)
{
    w16 u = v16_as_w16(x), odd = w16_and(w16_shr(u, 16), w16_set1(1));
    w16 r = w16_add(w16_add(u, w16_set1(0x7fff)), odd);
    return v16_as_w16(v16_select(v16_nan(x), w16_as_v16(w16_set1(0x7fc00000)), w16_as_v16(r)));
}
#endif

/* The number that it stands for. */
INLINE v16 v16_bf16_value(w16 r)
{
    return w16_as_v16(w16_and(r, w16_set1(0xffff0000u)));
}

INLINE v16 v16_bf16_round(v16 x)
{
    return v16_bf16_value(v16_bf16(x));
}

INLINE v16 v16_bf16_load(const uint16_t *p)
{
    return w16_as_v16(w16_load_high(p));
}

/* What kernels of products multiply: an operand holds one number of each lane, or, where PAIRS is defined, the two
 * numbers of a pair, the even one in the lower half of each word. Otherwise a kernel of bf16 numbers takes the odd one
 * of a pair first and then the even one, which gives the same bits. EACH_OPERAND: numbers in one. */
#ifdef PAIRS
typedef w16 operand;
#define EACH_OPERAND 2
#define operand_load w16_load
#define operand_multiply vk_dot
INLINE operand operand_set1(const float *p)
{
    uint32_t word;
    memcpy(&word, p, sizeof word);
    return w16_set1(word);
}
/* The upper halves of two vectors, as pairs. */
INLINE w16 pairs_of(w16 even, w16 odd)
{
    return w16_or(w16_shr(even, 16), w16_and(odd, w16_set1(0xffff0000u)));
}
/* The nearest bf16 numbers of two vectors, of two that are as near the larger ones (not for NaNs whose lower half is
 * not 0), as pairs. */
INLINE w16 near_pairs(v16 even, v16 odd)
{
    return pairs_of(w16_add(v16_as_w16(even), w16_set1(0x8000)), w16_add(v16_as_w16(odd), w16_set1(0x8000)));
}
#else
typedef vk operand;
#define EACH_OPERAND 1
#define operand_load vk_load
#define operand_multiply vk_fma
INLINE operand operand_set1(const float *p)
{
    return vk_set1(*p);
}
#endif
/* What a sum is in the end: of bf16 numbers, where zeros may have been left out or put in, one of zeros is +0. */
INLINE vk sum_of(vk a)
{
#ifdef BF16
    return vk_add(a, vk_set1(0.0f));
#else
    return a;
#endif
}
/* Operands that n numbers make. */
INLINE int operands(int n)
{
    return (n + EACH_OPERAND - 1) / EACH_OPERAND;
}

/* Products of bf16 numbers take denormals for 0 and make none, as the instruction for pairs does. So that the other
 * instructions do the same, the kernels are called between these two (plain C has operations of its own). */
INLINE unsigned products_begin(void)
{
    unsigned mode = 0;
#if defined(BF16) && !defined(ISA_ref)
    mode = _mm_getcsr();
    _mm_setcsr(mode | _MM_FLUSH_ZERO_ON | 0x40); /* and denormals are zeros */
    __asm__ volatile("" ::: "memory");           /* no operation passes this point */
#endif
    return mode;
}
INLINE void products_end(unsigned mode)
{
    (void)mode;
#if defined(BF16) && !defined(ISA_ref)
    __asm__ volatile("" ::: "memory");
    _mm_setcsr(mode);
#endif
}

/* True in the lanes below n. */
INLINE m16 m16_first(int n)
{
    static const float lane[LANES]
        __attribute__((aligned(64))) = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    return v16_gt(v16_set1((float)n), v16_load(lane));
}

/* Passes over arrays in the second cache: what they come to a kilobyte later is on its way into the first. */
#define SOON 1024 /* bytes */
INLINE void prefetch_read(const void *p)
{
    __builtin_prefetch((const char *)p + SOON);
}
INLINE void prefetch_written(const void *p)
{
    __builtin_prefetch((const char *)p + SOON, 1);
}

/* Sum of the lanes below `live`, in the tree of lane_sum. */
INLINE double d16_sum(d16 a, int live)
{
    double s[LANES];
    d16_store(s, a);
    for (int i = live; i < LANES; i++)
        s[i] = 0;
    for (int half = LANES / 2; half > 0; half /= 2)
        for (int i = 0; i < half; i++)
            s[i] += s[i + half];
    return s[0];
}

/* How many lanes of block b hold one of the n images. */
INLINE int live_lanes(int n, int b)
{
    int live = n - b * LANES;
    return live < LANES ? live : LANES;
}

#endif
