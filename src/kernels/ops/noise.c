/* noise.c - normal noise, a stream for each image. */
#include "kernels/ops/dropout_masks.h"
#include "kernels/ops/ops.h"
#include "kernels/simd/vmath.h"

/* A step of the generator of dropout, as a number in (0, 1): the middles of 2^24 cells. */
INLINE v16 uniform_step(struct masks *m)
{
    masks_step(m);
    v16 cell = w16_float(w16_shr(m->state, 8));
    return v16_mul(v16_add(cell, v16_set1(0.5f)), v16_set1(0x1p-24f));
}

/* sin(pi t) and cos(pi t) for -1/2 <= t <= 1/2: Taylor's series, whose next terms are below 2e-8 and 1e-7. */
INLINE void sine_cosine(v16 t, v16 *sine, v16 *cosine)
{
    static const float s[] = {3.14159265f, -5.16771278f, 2.55016404f, -0.599264529f, 0.0821458866f, -0.00737043094f};
    static const float c[] = {1.0f,         -4.93480220f,   4.05871213f,   -1.33526277f,
                              0.235330630f, -0.0258068913f, 0.00192957431f};
    v16 square = v16_mul(t, t);
    *sine = v16_mul(t, v16_poly(square, s, 6));
    *cosine = v16_poly(square, c, 7);
}

/* Two independent standard normal numbers a lane (Box & Muller 1958, doi:10.1214/aoms/1177706645), the angle in a half
 * plane and a sign. */
INLINE void two_normals(struct masks *m, v16 *first, v16 *second)
{
    v16 radius = v16_sqrt(v16_mul(v16_set1(-2.0f), v16_log(uniform_step(m)))), angle = uniform_step(m);
    v16 half = v16_set1(0.5f), sine, cosine;
    m16 left = v16_gt(half, angle);
    v16 turn = v16_sub(v16_add(angle, angle), v16_select(left, half, v16_set1(1.5f)));
    sine_cosine(turn, &sine, &cosine);
    radius = v16_select(left, radius, v16_sub(v16_zero(), radius));
    *first = v16_mul(radius, cosine);
    *second = v16_mul(radius, sine);
}

void EXPORT(add_noise)(int blocks, size_t vectors, float std, const uint32_t *seed, const float *x, float *y)
{
    v16 s = v16_set1(std);
    for (int b = 0; b < blocks; b++, seed += LANES, x += vectors * LANES, y += vectors * LANES) {
        struct masks m = masks_start(0, seed);
        for (size_t i = 0; i < vectors; i += 2) {
            v16 first, second;
            two_normals(&m, &first, &second);
            v16_store(y + i * LANES, v16_fma(s, first, v16_load(x + i * LANES)));
            if (i + 1 < vectors)
                v16_store(y + (i + 1) * LANES, v16_fma(s, second, v16_load(x + (i + 1) * LANES)));
        }
    }
}
