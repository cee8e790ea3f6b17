/* gate.c - one value of a sample for all positions of a channel, and its gradient. */
#include "kernels/ops/ops.h"

void EXPORT(gate)(int c, int h, int w, int blocks, const float *x, const float *gate, float *y)
{
    for (int b = 0; b < blocks; b++, gate += (ptrdiff_t)c * LANES)
        for (int row = 0; row < h; row++)
            for (int ch = 0; ch < c; ch++) {
                v16 g = v16_load(gate + (ptrdiff_t)ch * LANES);
                for (int i = 0; i < w; i++, x += LANES, y += LANES)
                    v16_store(y, v16_mul(v16_load(x), g));
            }
}

void EXPORT(gate_sums)(int c, int h, int w, int blocks, const float *x, const float *dy, float *sums)
{
    for (int b = 0; b < blocks; b++, sums += (ptrdiff_t)c * LANES) {
        memset(sums, 0, (size_t)c * LANES * sizeof *sums);
        for (int row = 0; row < h; row++)
            for (int ch = 0; ch < c; ch++) {
                v16 s = v16_load(sums + (ptrdiff_t)ch * LANES);
                for (int i = 0; i < w; i++, x += LANES, dy += LANES)
                    s = v16_fma(v16_load(x), v16_load(dy), s);
                v16_store(sums + (ptrdiff_t)ch * LANES, s);
            }
    }
}
