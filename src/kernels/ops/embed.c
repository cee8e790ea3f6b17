/* embed.c - rows of a table by their numbers, and weighted sums of positions. */
#include "kernels/ops/ops.h"

/* Sixteen elements of the row of each lane, or as many as there are, zeros after them; as vectors of lanes. */
static void rows_of_lanes(const float *const from[LANES], int n, v16 t[LANES])
{
    float row[LANES] __attribute__((aligned(64)));
    for (int l = 0; l < LANES; l++) {
        if (n < LANES)
            memset(row, 0, sizeof row);
        memcpy(row, from[l], (size_t)(n < LANES ? n : LANES) * sizeof *row);
        t[l] = v16_load(row);
    }
    v16_transpose(t);
}

void EXPORT(embed_forward)(int rows, int width, const float *ids, const float *table, float *y)
{
    for (int r = 0; r < rows; r++, ids += LANES, y += (ptrdiff_t)width * LANES)
        for (int d = 0; d < width; d += LANES) {
            const float *from[LANES];
            v16 t[LANES];
            for (int l = 0; l < LANES; l++)
                from[l] = table + (ptrdiff_t)ids[l] * width + d;
            rows_of_lanes(from, width - d, t);
            for (int i = 0; i < LANES && d + i < width; i++)
                v16_store(y + (ptrdiff_t)(d + i) * LANES, t[i]);
        }
}

/* to[n] += from[16], n <= 16. */
static void add_lane_row(int n, const float *from, float *to)
{
    if (n >= LANES)
        for (int i = 0; i < LANES; i++)
            to[i] += from[i];
    else
        for (int i = 0; i < n; i++)
            to[i] += from[i];
}

void EXPORT(embed_backward)(int rows, int width, int vocabulary, const float *ids, const float *dy, float *dtable)
{
    memset(dtable, 0, (size_t)vocabulary * (size_t)width * sizeof *dtable);
    for (int r = 0; r < rows; r++, ids += LANES, dy += (ptrdiff_t)width * LANES)
        for (int d = 0; d < width; d += LANES) {
            float row[LANES] __attribute__((aligned(64)));
            v16 t[LANES];
            for (int i = 0; i < LANES; i++)
                t[i] = d + i < width ? v16_load(dy + (ptrdiff_t)(d + i) * LANES) : v16_zero();
            v16_transpose(t);
            for (int l = 0; l < LANES; l++) {
                v16_store(row, t[l]);
                add_lane_row(width - d, row, dtable + (ptrdiff_t)ids[l] * width + d);
            }
        }
}

void EXPORT(weigh_positions)(int positions, int c, const float *weight, const float *x, float *y)
{
    for (int ch = 0; ch < c; ch++, x += LANES, y += LANES) {
        v16 sum = v16_zero();
        for (ptrdiff_t t = 0; t < positions; t++)
            sum = v16_fma(v16_load(x + t * c * LANES), v16_load(weight + t * LANES), sum);
        v16_store(y, sum);
    }
}

void EXPORT(spread_positions)(int positions, int c, const float *weight, const float *dy, float *dx)
{
    for (int t = 0; t < positions; t++, weight += LANES) {
        const v16 share = v16_load(weight);
        for (int ch = 0; ch < c; ch++, dx += LANES)
            v16_store(dx, v16_mul(v16_load(dy + (ptrdiff_t)ch * LANES), share));
    }
}
