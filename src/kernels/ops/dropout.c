/* dropout.c - dropout by itself; stage.c has it together with what usually stands before it. */
#include "kernels/ops/dropout_masks.h"
#include "kernels/ops/ops.h"

INLINE void drop(const struct masks *m, m16 keep, const float *x, float *y)
{
    v16_store(y, v16_keep(keep, v16_mul(v16_load(x), m->scale)));
}

static void drop_block(size_t vectors, struct masks m, const float *x, float *y)
{
    size_t i = 0;
    for (; i + 1 < vectors; i += 2) {
        masks_step(&m);
        drop(&m, masks_first(&m), x + i * LANES, y + i * LANES);
        drop(&m, masks_second(&m), x + (i + 1) * LANES, y + (i + 1) * LANES);
    }
    if (i < vectors) {
        masks_step(&m);
        drop(&m, masks_first(&m), x + i * LANES, y + i * LANES);
    }
}

void EXPORT(dropout)(int blocks, size_t vectors, float p, const uint32_t *seed, const float *x, float *y)
{
    for (int b = 0; b < blocks; b++) {
        size_t at = (size_t)b * vectors * LANES;
        drop_block(vectors, masks_start(p, seed + (size_t)b * LANES), x + at, y + at);
    }
}
