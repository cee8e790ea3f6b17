/* dropout.c - the generator is xorshift32 (Marsaglia, "Xorshift RNGs", Journal of Statistical Software 8(14), 2003):
 * period 2^32 - 1 in each lane, three shifts a step, one step for two elements: the upper half of a word decides the
 * first, the lower half the second. p is thus rounded to a multiple of 2^-16 (but not to 0 or 1); the scale 1/(1 - p)
 * is the exact one. Good enough for masks, not for statistics. */
#include "kernels/impl/impl.h"

INLINE w16 xorshift(w16 s)
{
    s = w16_xor(s, w16_shl(s, 13));
    s = w16_xor(s, w16_shr(s, 17));
    return w16_xor(s, w16_shl(s, 5));
}

/* Kept where the 16-bit number in r is above the threshold - 1. */
INLINE void drop(w16 r, w16 below, v16 scale, const float *x, float *y)
{
    v16_store(y, v16_keep(w16_gt(r, below), v16_mul(v16_load(x), scale)));
}

static void drop_block(size_t vectors, w16 below, v16 scale, w16 state, const float *x, float *y)
{
    w16 low = w16_set1(0xffffu);
    size_t i = 0;
    for (; i + 1 < vectors; i += 2) {
        state = xorshift(state);
        drop(w16_shr(state, 16), below, scale, x + i * LANES, y + i * LANES);
        drop(w16_and(state, low), below, scale, x + (i + 1) * LANES, y + (i + 1) * LANES);
    }
    if (i < vectors)
        drop(w16_shr(xorshift(state), 16), below, scale, x + i * LANES, y + i * LANES);
}

void EXPORT(dropout)(int blocks, size_t vectors, float p, const uint32_t *seed, const float *x, float *y)
{
    int32_t threshold = (int32_t)(p * 65536.0f + 0.5f);
    if (p > 0 && threshold < 1)
        threshold = 1;
    if (threshold > 65535)
        threshold = 65535;
    v16 scale = v16_set1(1.0f / (1.0f - p));
    for (int b = 0; b < blocks; b++) {
        size_t at = (size_t)b * vectors * LANES;
        w16 state = w16_load(seed + (size_t)b * LANES);
        drop_block(vectors, w16_set1((uint32_t)(threshold - 1)), scale, state, x + at, y + at);
    }
}
