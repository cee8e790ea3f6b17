/* one_tap.c - see one_tap.h. Each tile is a function of its own with its sizes as constants. */
#include "kernels/ops/conv/one_tap.h"
#include "kernels/ops/tiles.h"

#define OUTPUTS ONE_TAP_OUTPUTS
#define NEAR_COLUMNS 6 /* of x that all outputs are made of before the next ones */
#ifdef ISA_avx512
#define COLUMNS NEAR_COLUMNS /* of a tile */
#else
#define COLUMNS 1
#endif
#define VECTORS (COLUMNS * LANES / VK) /* of VK lanes in a row of a tile */
#define NEAR 64                        /* operands of channels that are near at a time: 24 kB with six columns */
#define NEAR_ROW 384 /* columns of all channels, one after the other, that are near without being copied: 24 kB */
#define STEPS (NEAR_COLUMNS / COLUMNS)

struct one_tap_tile {
    int ci;                   /* operands of channels */
    int resumed;              /* the sums go on from what y holds */
    ptrdiff_t x_ch, y_ch;     /* to the next channel, in floats */
    int steps;                /* tiles side by side, all with the same weights */
    const char *fetch[STEPS]; /* what each of them asks for while it computes, so many bytes for each channel */
    ptrdiff_t fetch_step[STEPS];
};
typedef void one_tap_fn(const struct one_tap_tile *t, const float *x, const float *w, const float *b, float *y);

/* One operand of all outputs: what is more, of x and of weights, is taken one by one. */
INLINE void one_tap_channel(int vectors, int cob, const float *x, const float *w, vk acc[VECTORS][OUTPUTS])
{
    operand few[VECTORS < OUTPUTS ? VECTORS : OUTPUTS];
#if VECTORS < OUTPUTS
    UNROLL
    for (int i = 0; i < vectors; i++) {
        few[i] = operand_load(x + (ptrdiff_t)i * VK);
        vk_pin(few[i]); /* gcc would load it for each output */
    }
    UNROLL
    for (int o = 0; o < cob; o++) {
        operand weight = operand_set1(w + o);
        UNROLL
        for (int i = 0; i < vectors; i++)
            acc[i][o] = operand_multiply(few[i], weight, acc[i][o]);
    }
#else
    UNROLL
    for (int o = 0; o < cob; o++)
        few[o] = operand_set1(w + o);
    UNROLL
    for (int i = 0; i < vectors; i++) {
        operand v = operand_load(x + (ptrdiff_t)i * VK);
        vk_pin(v);
        UNROLL
        for (int o = 0; o < cob; o++)
            acc[i][o] = operand_multiply(v, few[o], acc[i][o]);
    }
#endif
}

#if defined(BF16) && !defined(PAIRS)
#define TOGETHER 2 /* channels, the numbers of a pair: the second one first */
#else
#define TOGETHER 1
#endif

INLINE void one_tap_channels(int n, int vectors, int cob, const float *x, ptrdiff_t x_ch, const float *w,
                             vk acc[VECTORS][OUTPUTS])
{
    UNROLL
    for (int c = n - 1; c >= 0; c--)
        one_tap_channel(vectors, cob, x + c * x_ch, w + c * cob, acc);
}

INLINE void one_tap_run(int vectors, int cob, const struct one_tap_tile *t, const float *x, const float *w,
                        const float *b, const char *fetch, ptrdiff_t step, float *y)
{
    vk acc[VECTORS][OUTPUTS];
    const ptrdiff_t x_ch = t->x_ch, y_ch = t->y_ch;
    int c = t->ci;
    UNROLL
    for (int o = 0; o < cob; o++) {
        UNROLL
        for (int i = 0; i < vectors; i++)
            acc[i][o] = t->resumed ? vk_load(y + o * y_ch + i * VK) : vk_set1(b ? b[o] : 0.0f);
    }
    for (; c >= TOGETHER; c -= TOGETHER, x += TOGETHER * x_ch, w += TOGETHER * cob) {
        UNROLL
        for (int i = 0; i < TOGETHER; i++, fetch += step)
            __builtin_prefetch(fetch, 0, 2);
        one_tap_channels(TOGETHER, vectors, cob, x, x_ch, w, acc);
    }
    if (TOGETHER > 1 && c)
        one_tap_channels(1, vectors, cob, x, x_ch, w, acc);
    UNROLL
    for (int o = 0; o < cob; o++) {
        UNROLL
        for (int i = 0; i < vectors; i++)
            vk_store(y + o * y_ch + i * VK, sum_of(acc[i][o]));
    }
}

INLINE void one_tap_steps(int vectors, int cob, const struct one_tap_tile *t, const float *x, const float *w,
                          const float *b, float *y)
{
    for (int s = 0; s < t->steps; s++)
        one_tap_run(vectors, cob, t, x + s * vectors * VK, w, b, t->fetch[s], t->fetch_step[s], y + s * vectors * VK);
}

#ifdef FIXED_SIZES
#define TILE(C, V)                                                                                                     \
    static void one_tap_##C##_##V(const struct one_tap_tile *t, const float *x, const float *w, const float *b,        \
                                  float *y)                                                                            \
    {                                                                                                                  \
        one_tap_steps(V, C, t, x, w, b, y);                                                                            \
    }
#define ENTRY(C, V) [C - 1][V / (VECTORS / COLUMNS) - 1] = one_tap_##C##_##V,
// clang-format off
#if COLUMNS == 1
#define TILES(M) M(1, 2) M(2, 2) M(3, 2) M(4, 2) M(5, 2) M(6, 2)
#else
#define TILES_V(M, C) M(C, 1) M(C, 2) M(C, 3) M(C, 4) M(C, 5) M(C, 6)
#define TILES(M) TILES_V(M, 1) TILES_V(M, 2) TILES_V(M, 3) TILES_V(M, 4)
#endif
TILES(TILE)
/* [outputs - 1][columns - 1] */
static one_tap_fn *const one_tap_tiles[OUTPUTS][COLUMNS] = {TILES(ENTRY)};
// clang-format on
#define ONE_TAP_CALL(C, X, ...) one_tap_tiles[(C)-1][(X)-1](__VA_ARGS__)
#else
#define ONE_TAP_CALL(C, X, ...) one_tap_steps((X) * (VECTORS / COLUMNS), C, __VA_ARGS__)
#endif

/* Some columns of a row, of operands c0..c0+tile.ci-1. */
struct one_tap_part {
    const struct one_tap_row *r;
    struct one_tap_tile tile;
    int columns, c0;
    const float *packed, *bias;
    struct fetch *fetch;
    const float *soon; /* channel 0 of the columns after these, or NULL */
    int soon_columns, asked;
};

/* What the tiles of the same outputs ask for: the first ones of all the columns that come next, a column each, then
 * what the caller wishes. */
static void one_tap_ahead(struct one_tap_part *p, const float *x)
{
    struct one_tap_tile *t = &p->tile;
    for (int s = 0; s < t->steps; s++, p->asked++) {
        const int soon = p->asked < p->soon_columns;
        const float *ahead = soon ? p->soon + (ptrdiff_t)p->asked * LANES : fetch_next(p->fetch, (size_t)t->ci * LANES);
        ptrdiff_t step = soon ? (ptrdiff_t)p->r->columns * LANES : LANES;
        t->fetch[s] = (const char *)(ahead ? ahead : x);
        t->fetch_step[s] = ahead ? step * (ptrdiff_t)sizeof *ahead : 0;
    }
}

/* All outputs of the part, from x on to y on. */
static void one_tap_outputs(struct one_tap_part *p, const float *x, float *y)
{
    const int co = p->r->co, count = pieces(co, OUTPUTS), columns = p->columns < COLUMNS ? p->columns : COLUMNS;
    p->asked = 0;
    p->tile.steps = p->columns / columns;
    for (int i = 0, o0 = 0, o1; i < count; i++, o0 = o1) {
        o1 = piece_at(co, OUTPUTS, i + 1);
        one_tap_ahead(p, x);
        ONE_TAP_CALL(o1 - o0, columns, &p->tile, x, p->packed + (ptrdiff_t)o0 * p->r->ci + (ptrdiff_t)p->c0 * (o1 - o0),
                     p->bias ? p->bias + o0 : NULL, y + o0 * p->tile.y_ch);
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
    _Alignas(64) float near[NEAR * NEAR_COLUMNS * LANES];
    const ptrdiff_t row = (ptrdiff_t)r->columns * LANES;
    const int copied = r->ci * r->columns > NEAR_ROW, most = copied ? NEAR : r->ci;
    struct one_tap_part p = {.r = r, .packed = packed, .bias = bias, .fetch = fetch};
    p.tile.y_ch = row;
    for (int i = 0, t0 = 0, t1; t0 < r->columns; i++, t0 = t1) {
        t1 = piece_at(r->columns, NEAR_COLUMNS, i + 1);
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
