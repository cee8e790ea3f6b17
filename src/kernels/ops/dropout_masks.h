/* masks.h - the masks of dropout. The generator is xorshift32 (Marsaglia, "Xorshift RNGs", Journal of Statistical
 * Software 8(14), 2003): period 2^32 - 1 in each lane, three shifts a step, one step for two elements: the upper half
 * of a word decides the first, the lower half the second. p is thus rounded to a multiple of 2^-16 (but not to 0 or 1);
 * the scale 1/(1 - p) is the exact one. Good enough for masks, not for statistics. */
#ifndef KERNELS_OPS_DROPOUT_MASKS_H
#define KERNELS_OPS_DROPOUT_MASKS_H

#include "kernels/simd/simd.h"

struct masks {
    w16 state, below; /* an element is kept where its 16-bit number is above `below` */
    v16 scale;
};

INLINE struct masks masks_start(float p, const uint32_t *seed)
{
    int32_t threshold = (int32_t)(p * 65536.0f + 0.5f);
    if (p > 0 && threshold < 1)
        threshold = 1;
    if (threshold > 65535)
        threshold = 65535;
    return (struct masks){w16_load(seed), w16_set1((uint32_t)(threshold - 1)), v16_set1(1.0f / (1.0f - p))};
}

INLINE void masks_step(struct masks *m)
{
    w16 s = m->state;
    s = w16_xor(s, w16_shl(s, 13));
    s = w16_xor(s, w16_shr(s, 17));
    m->state = w16_xor(s, w16_shl(s, 5));
}

/* Of the two elements of a step. */
INLINE m16 masks_first(const struct masks *m)
{
    return w16_gt(w16_shr(m->state, 16), m->below);
}

INLINE m16 masks_second(const struct masks *m)
{
    return w16_gt(w16_and(m->state, w16_set1(0xffffu)), m->below);
}

#endif
