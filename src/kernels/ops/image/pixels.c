/* pixels.c - puts images as they lie in a dataset into the layout of the kernels: 16 streams of bytes become vectors of
 * 16 images, squares of 16 x 16 at a time. */
#include "kernels/ops/ops.h"
#include "kernels/simd/interleave.h"

/* to[2i], to[2i+1] = from[i] and from[i+8], a byte of each in turn; done four times it is a transposition. */
INLINE void shuffle(const bytes16 from[LANES], bytes16 to[LANES])
{
    UNROLL
    for (int i = 0; i < LANES / 2; i++) {
        to[2 * i] = FIRST(from[i], from[i + LANES / 2]);
        to[2 * i + 1] = SECOND(from[i], from[i + LANES / 2]);
    }
}

INLINE void put(const uint8_t *v, v16 scale, v16 shift, float *x)
{
    v16_store(x, v16_add(v16_mul(w16_float(w16_from_bytes(v)), scale), shift));
}

/* Inlined: gcc 12 forgets the vzeroupper of a function that ends after a call, and the plain code behind it then runs
 * at a tenth of its speed. */
INLINE void square(const uint8_t *const in[LANES], size_t from, v16 scale, v16 shift, float *x)
{
    bytes16 r[LANES], t[LANES];
    UNROLL
    for (int i = 0; i < LANES; i++)
        memcpy(&r[i], in[i] + from, sizeof r[i]);
    shuffle(r, t);
    shuffle(t, r);
    shuffle(r, t);
    shuffle(t, r);
    UNROLL
    for (int i = 0; i < LANES; i++) {
        uint8_t v[LANES];
        memcpy(v, &r[i], sizeof v);
        put(v, scale, shift, x + i * LANES);
    }
}

void EXPORT(pixels)(size_t n, const uint8_t *const in[LANES], float scale, float shift, float *x)
{
    v16 a = v16_set1(scale), b = v16_set1(shift);
    size_t i = 0;
    for (; n - i >= LANES; i += LANES)
        square(in, i, a, b, x + i * LANES);
    if (i < n && n >= LANES) { /* some of them once more */
        i = n - LANES;
        square(in, i, a, b, x + i * LANES);
        i = n;
    }
    for (; i < n; i++) {
        uint8_t v[LANES];
        for (int k = 0; k < LANES; k++)
            v[k] = in[k][i];
        put(v, a, b, x + i * LANES);
    }
}
