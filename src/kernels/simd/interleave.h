/* interleave.h - bytes of two rows in turn. */
#ifndef KERNELS_SIMD_INTERLEAVE_H
#define KERNELS_SIMD_INTERLEAVE_H

#include "kernels/simd/simd.h"

typedef uint8_t bytes16 __attribute__((vector_size(LANES)));

/* A byte of a and one of b in turn, from their first and from their second halves. */
#define FIRST(a, b) __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)
#define SECOND(a, b) __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31)

/* 32 bytes: a[0], b[0], a[1], b[1] ... */
INLINE void interleave(bytes16 a, bytes16 b, void *out)
{
    bytes16 first = FIRST(a, b), second = SECOND(a, b);
    memcpy(out, &first, sizeof first);
    memcpy((uint8_t *)out + sizeof first, &second, sizeof second);
}

#endif
