/* one_tap.c - see one_tap.h. Each tile is a function of its own with its sizes as constants. */
#include "kernels/ops/conv/one_tap.h"
#include "kernels/ops/tiles.h"

#define NEAR 64      /* operands of channels that are near at a time: 24 kB with six columns */
#define NEAR_ROW 384 /* columns of all channels, one after the other, that are near without being copied: 24 kB */

struct one_tap_tile {
    int ci;               /* operands of channels */
    int resumed;          /* the sums go on from what y holds */
    ptrdiff_t x_ch, y_ch; /* to the next channel, in floats */
    ptrdiff_t fetch_step; /* bytes asked for with each channel */
};
typedef void one_tap_fn(const struct one_tap_tile *t, const float *x, const float *w, const float *b, const char *fetch,
                        float *y);

/* `n` operands of channels, those of a bf16 pair the second one first. */
INLINE void one_tap_channels(int n, int xb, int cob, const float *x, ptrdiff_t x_ch, const float *w,
                             vk acc[XB_MAX][COB_MAX])
{
    UNROLL
    for (int k = 0; k < n; k++) {
#if defined(BF16) && !defined(PAIRS)
        const int c = n - 1 - k;
#else
        const int c = k;
#endif
        operand weight[COB_MAX];
        UNROLL
        for (int o = 0; o < cob; o++)
            weight[o] = operand_set1(w + c * cob + o);
        UNROLL
        for (int i = 0; i < xb; i++) {
            operand v = operand_load(x + c * x_ch + (ptrdiff_t)i * LANES);
            vk_pin(v); /* gcc would load it for each output */
            UNROLL
            for (int o = 0; o < cob; o++)
                acc[i][o] = operand_multiply(v, weight[o], acc[i][o]);
        }
    }
}

INLINE void one_tap_run(int xb, int cob, const struct one_tap_tile *t, const float *x, const float *w, const float *b,
                        const char *fetch, float *y)
{
    vk acc[XB_MAX][COB_MAX];
    const ptrdiff_t x_ch = t->x_ch, y_ch = t->y_ch, step = t->fetch_step;
    int c = t->ci;
    UNROLL
    for (int o = 0; o < cob; o++) {
        UNROLL
        for (int i = 0; i < xb; i++)
            acc[i][o] = t->resumed ? vk_load(y + o * y_ch + i * LANES) : vk_set1(b ? b[o] : 0.0f);
    }
    for (; c >= 2; c -= 2, x += 2 * x_ch, w += 2 * cob, fetch += 2 * step) {
        __builtin_prefetch(fetch, 0, 2);
        __builtin_prefetch(fetch + step, 0, 2);
        one_tap_channels(2, xb, cob, x, x_ch, w, acc);
    }
    if (c)
        one_tap_channels(1, xb, cob, x, x_ch, w, acc);
    UNROLL
    for (int o = 0; o < cob; o++) {
        UNROLL
        for (int i = 0; i < xb; i++)
            vk_store(y + o * y_ch + i * LANES, sum_of(acc[i][o]));
    }
}

#ifdef FIXED_SIZES
#define TILE(C, X)                                                                                                     \
    static void one_tap_##C##_##X(const struct one_tap_tile *t, const float *x, const float *w, const float *b,        \
                                  const char *fetch, float *y)                                                         \
    {                                                                                                                  \
        one_tap_run(X, C, t, x, w, b, fetch, y);                                                                       \
    }
#define ENTRY(C, X) [C - 1][X - 1] = one_tap_##C##_##X,
// clang-format off
#define TILES_X(M, C) M(C, 1) M(C, 2) M(C, 3) M(C, 4) M(C, 5) M(C, 6)
#ifdef ISA_avx512
#define TILES(M) TILES_X(M, 1) TILES_X(M, 2) TILES_X(M, 3) TILES_X(M, 4)
#else
#define TILES(M) TILES_X(M, 1) TILES_X(M, 2)
#endif
TILES(TILE)
/* [outputs - 1][columns - 1] */
static one_tap_fn *const one_tap_tiles[COB_MAX][XB_MAX] = {TILES(ENTRY)};
// clang-format on
#define ONE_TAP_CALL(C, X, ...) one_tap_tiles[(C)-1][(X)-1](__VA_ARGS__)
#else
#define ONE_TAP_CALL(C, X, ...) one_tap_run(X, C, __VA_ARGS__)
#endif

/* Some columns of a row, of operands c0..c0+tile.ci-1. */
struct one_tap_part {
    const struct one_tap_row *r;
    struct one_tap_tile tile;
    int columns, c0;
    const float *packed, *bias;
    struct fetch *fetch;
    const float *soon; /* channel 0 of the columns after these, or NULL */
    int soon_columns;
};

/* What a tile asks for: with the first ones the columns that come next, a column each, then what the caller wishes. */
static const char *one_tap_ahead(struct one_tap_part *p, int i)
{
    const float *ahead =
        i < p->soon_columns ? p->soon + (ptrdiff_t)i * LANES : fetch_next(p->fetch, (size_t)p->tile.ci * LANES);
    ptrdiff_t step = i < p->soon_columns ? (ptrdiff_t)p->r->columns * LANES : LANES;
    p->tile.fetch_step = ahead ? step * (ptrdiff_t)sizeof *ahead : 0;
    return (const char *)ahead;
}

/* All outputs of the part, from x on to y on. */
static void one_tap_outputs(struct one_tap_part *p, const float *x, float *y)
{
    const int co = p->r->co, count = pieces(co, COB_MAX);
    for (int i = 0, o0 = 0, o1; i < count; i++, o0 = o1) {
        o1 = piece_at(co, COB_MAX, i + 1);
        const char *ahead = one_tap_ahead(p, i);
        const float *w = p->packed + (ptrdiff_t)o0 * p->r->ci + (ptrdiff_t)p->c0 * (o1 - o0);
        for (int half = 0; half < LANES; half += VK) {
            p->tile.fetch_step = half ? 0 : p->tile.fetch_step;
            ONE_TAP_CALL(o1 - o0, p->columns, &p->tile, x + half, w, p->bias ? p->bias + o0 : NULL,
                         ahead ? ahead : (const char *)x, y + o0 * p->tile.y_ch + half);
        }
    }
}

/* Puts xb columns of n operands side by side. */
static void copy_columns(int n, int xb, const float *x, ptrdiff_t x_ch, float *to)
{
    for (int c = 0; c < n; c++, x += x_ch)
        for (int i = 0; i < xb; i++, to += LANES)
            v16_store(to, v16_load(x + (ptrdiff_t)i * LANES));
}

void EXPORT_PRODUCT(one_tap_row)(const struct one_tap_row *r, const float *x, const float *x_next, const float *packed,
                                 const float *bias, float *y, struct fetch *fetch)
{
    _Alignas(64) float near[NEAR * XB_MAX * LANES];
    const ptrdiff_t row = (ptrdiff_t)r->columns * LANES;
    const int copied = r->ci * r->columns > NEAR_ROW, most = copied ? NEAR : r->ci;
    struct one_tap_part p = {.r = r, .packed = packed, .bias = bias, .fetch = fetch};
    p.tile.y_ch = row;
    for (int i = 0, t0 = 0, t1; t0 < r->columns; i++, t0 = t1) {
        t1 = piece_at(r->columns, XB_MAX, i + 1);
        p.columns = t1 - t0;
        p.tile.x_ch = copied ? (ptrdiff_t)p.columns * LANES : row;
        for (p.c0 = 0; p.c0 < r->ci; p.c0 += p.tile.ci) {
            const float *from = x + p.c0 * row + (ptrdiff_t)t0 * LANES;
            const int more = r->ci - p.c0 > most;
            p.soon = more ? from + most * row : t1 < r->columns ? x + (ptrdiff_t)t1 * LANES : x_next;
            p.soon_columns = copied && p.soon ? p.columns : 0;
            p.tile.ci = r->ci - p.c0 < most ? r->ci - p.c0 : most;
            p.tile.resumed = p.c0 > 0;
            if (copied)
                copy_columns(p.tile.ci, p.columns, from, row, near);
            one_tap_outputs(&p, copied ? near : from, y + (ptrdiff_t)t0 * LANES);
        }
    }
}
