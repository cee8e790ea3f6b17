/* conv_tile.h - the inside of conv.c: XB output columns times COB output channels of one row in registers. For each
 * input row, channel and tap a tile takes COB broadcast weights and XB vectors of 16 images (of 8, twice, where VK =
 * 8). Included once; every tile is a function of its own with its sizes as constants. */
#ifndef KERNELS_OPS_CONV_CONV_TILE_H
#define KERNELS_OPS_CONV_CONV_TILE_H

#include "kernels/ops/conv/register_tile.h"
#include "kernels/simd/simd.h"

#define XB_MAX_ALONE 12 /* for a single output channel */

/* Strides in floats unless said; words of two bf16 numbers are as large. */
struct tile {
    int rows, ci, taps; /* rows: the ky inside the input; ci: operands of the channels */
    int col, len;       /* input column of output 0 and tap 0 (may be outside); width of the input */
    int stride, gap;    /* from output to output, from tap to tap, in input columns */
    int row_gap;        /* from tap to tap, in input rows */
    ptrdiff_t x_at;     /* channel 0, column `col` in a row of the input */
    ptrdiff_t x_ch;     /* to the next channel */
    ptrdiff_t w_row, w_ch, w_tap;
    ptrdiff_t y_col, y_ch;
    const char *fetch; /* memory that is asked for while the tile computes, `fetch_step` bytes for each channel */
    ptrdiff_t fetch_step;
};
/* x: the rows of the input from that of the first ky on; w at the first row and tap; b[COB] or NULL; y at output 0 of
 * channel 0. */
typedef void tile_fn(const struct tile *t, const float *const *x, const float *w, const float *b, float *y);

/* One tap of all outputs: skipped where `edge` is set and the input column is outside. */
INLINE void tile_tap(int xb, int cob, int edge, int col, int stride, int len, const float *x, const float *w,
                     vk acc[XB_MAX_ALONE][COB_MAX])
{
    operand weight[COB_MAX];
    UNROLL
    for (int c = 0; c < cob; c++)
        weight[c] = operand_set1(w + c);
    UNROLL
    for (int i = 0; i < xb; i++) {
        if (edge && (unsigned)(col + i * stride) >= (unsigned)len)
            continue;
        operand v = operand_load(x + (ptrdiff_t)i * stride * LANES);
        UNROLL
        for (int c = 0; c < cob; c++)
            acc[i][c] = operand_multiply(v, weight[c], acc[i][c]);
    }
}

/* The taps of one row of a channel, or of two, tap by tap, the second channel first. */
INLINE void tile_channels(int channels, int kx, int edge, int xb, int cob, const struct tile *t, const float *x,
                          const float *w, vk acc[XB_MAX_ALONE][COB_MAX])
{
    if (kx) {
        UNROLL
        for (int j = 0; j < kx; j++) {
            UNROLL
            for (int c = channels - 1; c >= 0; c--)
                tile_tap(xb, cob, edge, t->col + j, 1, t->len, x + c * t->x_ch + j * LANES, w + c * t->w_ch + j * cob,
                         acc);
        }
    } else {
        for (int j = 0; j < t->taps; j++) {
            UNROLL
            for (int c = channels - 1; c >= 0; c--)
                tile_tap(xb, cob, edge, t->col + j * t->gap, t->stride, t->len,
                         x + c * t->x_ch + (ptrdiff_t)j * t->gap * LANES, w + c * t->w_ch + j * t->w_tap, acc);
        }
    }
}

#if defined(BF16) && !defined(PAIRS)
#define TOGETHER 2 /* channels, the numbers of a pair */
#else
#define TOGETHER 1
#endif

/* kx = 0: any number and distance of taps, any stride; otherwise kx neighbouring taps and stride 1. */
INLINE void tile_run(int kx, int edge, int xb, int cob, const struct tile *t, const float *const *x, const float *w,
                     const float *b, float *y)
{
    vk acc[XB_MAX_ALONE][COB_MAX];
    const char *fetch = t->fetch;
    UNROLL
    for (int i = 0; i < xb; i++) {
        UNROLL
        for (int c = 0; c < cob; c++)
            acc[i][c] = vk_set1(b ? b[c] : 0.0f);
    }
    for (int r = 0; r < t->rows; r++, x += t->row_gap, w += t->w_row) {
        const float *xc = *x + t->x_at, *wc = w;
        for (int c = t->ci; c >= TOGETHER; c -= TOGETHER, xc += TOGETHER * t->x_ch, wc += TOGETHER * t->w_ch) {
            UNROLL
            for (int i = 0; i < TOGETHER; i++, fetch += t->fetch_step) {
                __builtin_prefetch(fetch, 0, 2);
                __builtin_prefetch(fetch + 64, 0, 2);
            }
            tile_channels(TOGETHER, kx, edge, xb, cob, t, xc, wc, acc);
        }
        if (TOGETHER > 1 && t->ci % 2)
            tile_channels(1, kx, edge, xb, cob, t, xc, wc, acc);
    }
    UNROLL
    for (int i = 0; i < xb; i++) {
        UNROLL
        for (int c = 0; c < cob; c++)
            vk_store(y + i * t->y_col + c * t->y_ch, sum_of(acc[i][c]));
    }
}

#ifdef FIXED_SIZES
#define TILE(K, E, C, X)                                                                                               \
    static void tile_##K##E##C##_##X(const struct tile *t, const float *const *x, const float *w, const float *b,      \
                                     float *y)                                                                         \
    {                                                                                                                  \
        tile_run(K, E, X, C, t, x, w, b, y);                                                                           \
    }
#define ENTRY(K, E, C, X) [K][E][C - 1][X - 1] = tile_##K##E##C##_##X,
// clang-format off
#define TILES_6(M, K, E, C) M(K, E, C, 1) M(K, E, C, 2) M(K, E, C, 3) M(K, E, C, 4) M(K, E, C, 5) M(K, E, C, 6)
#define TILES_12(M, K, E, C) TILES_6(M, K, E, C) \
    M(K, E, C, 7) M(K, E, C, 8) M(K, E, C, 9) M(K, E, C, 10) M(K, E, C, 11) M(K, E, C, 12)
#if COB_MAX == 4
#define TILES_C(M, K, E) TILES_12(M, K, E, 1) TILES_6(M, K, E, 2) TILES_6(M, K, E, 3) TILES_6(M, K, E, 4)
#else
#define TILES_C(M, K, E) TILES_12(M, K, E, 1) TILES_6(M, K, E, 2)
#endif
#define TILES(M) TILES_C(M, 0, 0) TILES_C(M, 0, 1) TILES_C(M, 1, 0) TILES_C(M, 1, 1) TILES_C(M, 3, 0) TILES_C(M, 3, 1)
TILES(TILE)
/* [kx][edge][COB - 1][XB - 1] */
static tile_fn *const tiles[4][2][COB_MAX][XB_MAX_ALONE] = {TILES(ENTRY)};
// clang-format on

#define TILE_CALL(K, E, X, C, ...) tiles[K][E][(C)-1][(X)-1](__VA_ARGS__)
#else
#define TILE_CALL(K, E, X, C, ...) tile_run(K, E, X, C, __VA_ARGS__)
#endif

#endif
