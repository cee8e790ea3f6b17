/* wgrad_tile.h - the inside of wgrad.c: some output channels times some taps in registers. For each column of a row a
 * tile takes a vector of dy for each channel and one of x for each tap. Included once; every tile is a function of its
 * own with its sizes as constants.
 *
 * Column streams are COB channels times T streams, a stream being an input channel at one tap kx of one row of the
 * kernel; kernel size, stride and dilation may be any. Tiles of 3x3 taps are up to 3 channels times the 9 taps of one
 * input channel, so that what a tile reads it reads once; their 27 sums need the 32 registers of AVX-512.
 *
 *   row ky of x   . a b c d .      stream kx = 0 reads a, kx = 1 reads b, kx = 2 reads c for output column 0,
 *                   | | |          then all move on by one column (or by the stride)
 *   row of dy       o p q r        each is multiplied by o of every channel and added to a sum in a register
 *
 * Of bf16 numbers two columns go together, first r, then q: with the same sums, or as pairs in words (operand.c).
 *
 *   x, at every column       (a b) (b c) (c d) (d  )       stream kx = 1 reads (b c) and (d  ): it moves on by two
 *   dy, at every second      (o p) (q r)                   columns (or strides)
 */
#ifndef KERNELS_OPS_CONV_WGRAD_TILE_H
#define KERNELS_OPS_CONV_WGRAD_TILE_H

#include "kernels/simd/simd.h"

#ifdef ISA_avx512
#define COB_MAX 5 /* 4 x 6 sums, 4 of dy, 1 of x: 29 of 32 registers; or 5 x 5 + 5 + 1: 31 */
#define TILES_3X3 /* 3 x 9 + 3 + 1: 31 of 32 */
#else
#define COB_MAX 2 /* 2 x 6 + 2 + 1: 15 of 16 */
#endif
#define T_MAX 6
#define TILE_3X3_MAX 3

/* What is needed once a row stays in memory. Compilers would keep it in vector registers, as all others are taken by
 * the loop over columns, or add to two pointers there at once, and there it waits for the fmas of the row before. */
#define IN_MEMORY(struct) __asm__("" : "+m"(struct))
/* Forgets that a pointer was near another one: gcc would keep what the next column loads again, where there is no
 * register for it. */
#define ON_ITS_OWN(pointer) __asm__("" : "+r"(pointer))

#define TILE_MAX 27 /* sums of a tile, at most */

/* What all rows have in common for tiles of 3x3 taps; steps are floats. */
struct row_3x3 {
    ptrdiff_t x_at, dy_at; /* from the start of a row to where kx = 0 of column 0 reads it, and to the first channel */
    ptrdiff_t dy_col, dy_ch;
    int lo, hi, wo; /* columns lo..hi-1 have all kx inside */
    int pw, w;
    int left, right; /* column 0 lacks kx = 0 alone and is the only one before lo; the last one kx = 2, after hi */
};

/* n rows of the output, each with the rows of the input that it is multiplied with. dy of row r begins at dy[r] +
 * dy_at. The row of x for r at ky is x[r * kys + ky], NULL if it is outside; x_at leads to the tile's channels. In
 * floats. */
struct row_pairs {
    const struct conv_dims *d;
    int n, kys;
    const float *const *x, *const *dy;
    ptrdiff_t x_at, dy_at;
    struct row_3x3 row_3x3;
};

/* Vectors of a row of dy, or of words of two columns each. */
static int dy_operands(const struct conv_dims *d)
{
    return operands(d->wo);
}

/* The outputs ox of 0..n-1 for which at + ox*s lies in 0..len-1: *lo..*hi-1, 0 <= *lo <= *hi <= n. */
static void valid_outputs(int n, int at, int s, int len, int *lo, int *hi)
{
    int first = at < 0 ? -at : 0, end = at < len ? len - at : 0;
    if (s > 1) {
        first = (first + s - 1) / s;
        end = (end + s - 1) / s;
    }
    *lo = first < n ? first : n;
    *hi = end < n ? end : n;
    if (*hi < *lo)
        *hi = *lo;
}

/* n streams, from number `first` on in the order channel, kx. */
struct column_streams {
    int n;
    ptrdiff_t w_at[T_MAX];    /* the weight, from the filter's start and the row of the kernel */
    ptrdiff_t x_at[T_MAX];    /* the input column of output 0, from the start of the group's row; floats */
    int lo[T_MAX], hi[T_MAX]; /* the outputs whose column is inside */
    int all_lo, all_hi;       /* where that is so for all streams */
};

static struct column_streams column_streams_of(const struct conv_dims *d, int first, int n)
{
    struct column_streams s = {.n = n, .all_hi = d->wo};
    int c = first / d->kw, kx = first % d->kw;
    for (int i = 0; i < n; i++) {
        int col = kx * d->dw - d->pw;
        s.w_at[i] = (ptrdiff_t)c * d->kh * d->kw + kx;
        s.x_at[i] = ((ptrdiff_t)c * d->w + col) * LANES;
        valid_outputs(d->wo, col, d->sw, d->w, &s.lo[i], &s.hi[i]);
        s.all_lo = s.lo[i] > s.all_lo ? s.lo[i] : s.all_lo;
        s.all_hi = s.hi[i] < s.all_hi ? s.hi[i] : s.all_hi;
        if (++kx == d->kw) {
            kx = 0;
            c++;
        }
    }
    if (s.all_hi < s.all_lo)
        s.all_hi = s.all_lo;
    return s;
}

/* dy of a column. Pinned, as x is below: gcc would rather load either again for each use. */
INLINE void dy_load(int cob, const float *dy, ptrdiff_t dy_ch, operand g[COB_MAX])
{
    UNROLL
    for (int c = 0; c < cob; c++) {
        g[c] = operand_load(dy + c * dy_ch);
        vk_pin(g[c]);
    }
}

#ifdef PAIRS
/* One column of a pair alone, zeros in the place of the other: x, which is the pair's even column, at `next` from there
 * the odd one; and dy. */
INLINE operand column_of_x(int odd, const float *x, ptrdiff_t next)
{
    return odd ? w16_shl(w16_load(x + next), 16) : w16_and(w16_load(x), w16_set1(0xffffu));
}
INLINE operand column_of_dy(int odd, operand dy)
{
    return w16_and(dy, w16_set1(odd ? 0xffff0000u : 0xffffu));
}

/* Columns ox and ox + 1: x at the input column of the first, `next` to that of the second, at[] the streams from there.
 */
INLINE void stream_column(int cob, int n, int edge, const struct column_streams *s, int ox, const float *x,
                          const ptrdiff_t *at, ptrdiff_t next, const float *dy, ptrdiff_t dy_ch, vk acc[COB_MAX][T_MAX])
{
    operand g[COB_MAX];
    dy_load(cob, dy, dy_ch, g);
    UNROLL
    for (int i = 0; i < n; i++) {
        const int even = !edge || (ox >= s->lo[i] && ox < s->hi[i]);
        const int odd = !edge || (ox + 1 >= s->lo[i] && ox + 1 < s->hi[i]);
        if (even && odd) {
            operand v = operand_load(x + at[i]);
            vk_pin(v);
            UNROLL
            for (int c = 0; c < cob; c++)
                acc[c][i] = vk_dot(g[c], v, acc[c][i]);
        } else if (even || odd) {
            const operand v = column_of_x(odd, x + at[i], next);
            UNROLL
            for (int c = 0; c < cob; c++)
                acc[c][i] = vk_dot(column_of_dy(odd, g[c]), v, acc[c][i]);
        }
    }
}
#else
/* Column ox: x at its input column, at[] the streams from there. */
INLINE void stream_column(int cob, int n, int edge, const struct column_streams *s, int ox, const float *x,
                          const ptrdiff_t *at, const float *dy, ptrdiff_t dy_ch, vk acc[COB_MAX][T_MAX])
{
    vk g[COB_MAX];
    dy_load(cob, dy, dy_ch, g);
    UNROLL
    for (int i = 0; i < n; i++) {
        if (edge && (ox < s->lo[i] || ox >= s->hi[i]))
            continue;
        vk v = vk_load(x + at[i]);
        vk_pin(v);
        UNROLL
        for (int c = 0; c < cob; c++)
            acc[c][i] = vk_fma(g[c], v, acc[c][i]);
    }
}
#endif

/* to = from (NULL: 0) + the sums over all rows, both [COB][T][16]. */
INLINE void stream_run(int cob, int n, const struct row_pairs *m, const struct column_streams *s, int ky,
                       const float *from, float *to)
{
    const struct conv_dims *d = m->d;
    const ptrdiff_t dy_ch = (ptrdiff_t)dy_operands(d) * LANES, step = (ptrdiff_t)d->sw * LANES;
    struct {
        const float *const *x, *const *dy, *const *end;
        ptrdiff_t kys, x_at, dy_at;
        const struct column_streams *s;
        int lo, hi, wo;
        float *to;
    } row = {m->x + ky, m->dy,     m->dy + m->n, m->kys, m->x_at + s->x_at[0], m->dy_at, s,
             s->all_lo, s->all_hi, d->wo,        to};
    vk acc[COB_MAX][T_MAX];
    ptrdiff_t at[T_MAX];
    UNROLL
    for (int i = 0; i < n; i++) {
        at[i] = s->x_at[i] - s->x_at[0];
        UNROLL
        for (int c = 0; c < cob; c++)
            acc[c][i] = from ? vk_load(from + (c * n + i) * LANES) : vk_set1(0.0f);
    }
    while (row.dy < row.end) {
        const float *x = *row.x, *dy = *row.dy + row.dy_at;
        row.x += row.kys;
        row.dy++;
        IN_MEMORY(row);
        if (!x)
            continue;
        x += row.x_at;
#if defined(PAIRS)
        int ox = 0;
        for (; ox < row.lo; ox += 2, x += 2 * step, dy += LANES)
            stream_column(cob, n, 1, row.s, ox, x, at, step, dy, dy_ch, acc);
        for (; ox + 1 < row.hi; ox += 2, x += 2 * step, dy += LANES)
            stream_column(cob, n, 0, row.s, 0, x, at, step, dy, dy_ch, acc);
        for (; ox < row.wo; ox += 2, x += 2 * step, dy += LANES)
            stream_column(cob, n, 1, row.s, ox, x, at, step, dy, dy_ch, acc);
#elif defined(BF16)
#define EDGE_PAIR()                                                                                                    \
    do {                                                                                                               \
        if (ox + 1 < row.wo)                                                                                           \
            stream_column(cob, n, 1, row.s, ox + 1, x + step, at, dy + LANES, dy_ch, acc);                             \
        stream_column(cob, n, 1, row.s, ox, x, at, dy, dy_ch, acc);                                                    \
    } while (0)
        int ox = 0;
        for (; ox < row.lo; ox += 2, x += 2 * step, dy += 2 * LANES)
            EDGE_PAIR();
        for (; ox + 1 < row.hi; ox += 2, x += 2 * step, dy += 2 * LANES) {
            const float *second = x + step;
            ON_ITS_OWN(second);
            stream_column(cob, n, 0, row.s, 0, second, at, dy + LANES, dy_ch, acc);
            stream_column(cob, n, 0, row.s, 0, x, at, dy, dy_ch, acc);
        }
        if (ox + 1 == row.wo && row.hi == row.wo) {
            stream_column(cob, n, 0, row.s, 0, x, at, dy, dy_ch, acc);
            continue;
        }
        for (; ox < row.wo; ox += 2, x += 2 * step, dy += 2 * LANES)
            EDGE_PAIR();
#undef EDGE_PAIR
#else
        for (int ox = 0; ox < row.lo; ox++, x += step, dy += LANES)
            stream_column(cob, n, 1, row.s, ox, x, at, dy, dy_ch, acc);
        for (int left = row.hi - row.lo; left > 0; left--, x += step, dy += LANES)
            stream_column(cob, n, 0, row.s, 0, x, at, dy, dy_ch, acc);
        for (int ox = row.hi; ox < row.wo; ox++, x += step, dy += LANES)
            stream_column(cob, n, 1, row.s, ox, x, at, dy, dy_ch, acc);
#endif
    }
    UNROLL
    for (int c = 0; c < cob; c++) {
        UNROLL
        for (int i = 0; i < n; i++)
            vk_store(row.to + (c * n + i) * LANES, acc[c][i]);
    }
}

/* The largest tiles. */
static const struct {
    int cob, t;
} stream_sizes[] = {
#if COB_MAX == 5
    {5, 5},
    {4, 6},
#else
    {COB_MAX, T_MAX},
#endif
};

#ifdef FIXED_SIZES
typedef void stream_fn(const struct row_pairs *m, const struct column_streams *s, int ky, const float *from, float *to);
#define STREAM(C, T)                                                                                                   \
    static void stream_##C##T(const struct row_pairs *m, const struct column_streams *s, int ky, const float *from,    \
                              float *to)                                                                               \
    {                                                                                                                  \
        stream_run(C, T, m, s, ky, from, to);                                                                          \
    }
#define STREAM_ENTRY(C, T) [C - 1][T - 1] = stream_##C##T,
// clang-format off
#define STREAMS_6(M, C) M(C, 1) M(C, 2) M(C, 3) M(C, 4) M(C, 5) M(C, 6)
#if COB_MAX == 5
#define STREAMS(M) STREAMS_6(M, 1) STREAMS_6(M, 2) STREAMS_6(M, 3) STREAMS_6(M, 4) \
    M(5, 1) M(5, 2) M(5, 3) M(5, 4) M(5, 5)
#else
#define STREAMS(M) STREAMS_6(M, 1) STREAMS_6(M, 2)
#endif
STREAMS(STREAM)
static stream_fn *const stream_tiles[COB_MAX][T_MAX] = {STREAMS(STREAM_ENTRY)};
// clang-format on
#define STREAM_CALL(C, T, ...) stream_tiles[(C)-1][(T)-1](__VA_ARGS__)
#else
#define STREAM_CALL(C, T, ...) stream_run(C, T, __VA_ARGS__)
#endif

#ifdef TILES_3X3
#ifdef PAIRS
/* Columns ox and ox + 1: x[ky] at the input column of kx = 0 of the first, `next` to that of the second, for ky in
 * ky0..ky1-1; edge: kx of even[0]..even[1]-1 lie inside for the first, of odd[0]..odd[1]-1 for the second. */
INLINE void column_of_tile_3x3(int cob, int ky0, int ky1, int edge, const int even[2], const int odd[2],
                               const float *const x[3], ptrdiff_t next, const float *dy, ptrdiff_t dy_ch,
                               vk acc[TILE_3X3_MAX][9])
{
    operand g[COB_MAX];
    dy_load(cob, dy, dy_ch, g);
    UNROLL
    for (int i = 0; i < 9; i++) {
        const int kx = i % 3, in_even = !edge || (kx >= even[0] && kx < even[1]),
                  in_odd = !edge || (kx >= odd[0] && kx < odd[1]);
        if (i / 3 < ky0 || i / 3 >= ky1 || !(in_even || in_odd))
            continue;
        if (in_even && in_odd) {
            operand v = operand_load(x[i / 3] + kx * LANES);
            vk_pin(v);
            UNROLL
            for (int c = 0; c < cob; c++)
                acc[c][i] = vk_dot(g[c], v, acc[c][i]);
        } else {
            const operand v = column_of_x(in_odd, x[i / 3] + kx * LANES, next);
            UNROLL
            for (int c = 0; c < cob; c++)
                acc[c][i] = vk_dot(column_of_dy(in_odd, g[c]), v, acc[c][i]);
        }
    }
}
#else
/* A column: x[ky] at the input column of kx = 0, for ky in ky0..ky1-1 and kx in kx0..kx1-1. */
INLINE void column_of_tile_3x3(int cob, int ky0, int ky1, int kx0, int kx1, const float *const x[3], const float *dy,
                               ptrdiff_t dy_ch, vk acc[TILE_3X3_MAX][9])
{
    vk g[COB_MAX];
    dy_load(cob, dy, dy_ch, g);
    UNROLL
    for (int i = 0; i < 9; i++) {
        if (i / 3 < ky0 || i / 3 >= ky1 || i % 3 < kx0 || i % 3 >= kx1)
            continue;
        vk v = vk_load(x[i / 3] + i % 3 * LANES);
        vk_pin(v);
        UNROLL
        for (int c = 0; c < cob; c++)
            acc[c][i] = vk_fma(g[c], v, acc[c][i]);
    }
}
#endif

/* Which columns lack what, kx at neighbouring columns. */
static struct row_3x3 row_3x3_of(const struct conv_dims *d)
{
    struct row_3x3 r = {.wo = d->wo, .pw = d->pw, .w = d->w};
    int any;
    valid_outputs(d->wo, -d->pw, d->sw, d->w, &r.lo, &any);
    valid_outputs(d->wo, 2 - d->pw, d->sw, d->w, &any, &r.hi);
    r.hi = r.hi > r.lo ? r.hi : r.lo;
    r.left = r.lo == 1 && d->pw == 1 && d->w > 1;
    r.right = r.hi == d->wo - 1 && d->w + d->pw - r.hi * d->sw == 2 && d->pw <= r.hi * d->sw;
    return r;
}

#ifdef BF16
/* Columns ox and ox + 1; edge: some taps of them, or the second one, may be outside. */
INLINE void columns_of_tile_3x3(int step, int cob, int ky0, int ky1, int edge, const struct row_3x3 *r, int ox,
                                const float *const x[3], const float *dy, vk acc[TILE_3X3_MAX][9])
{
    const int even[2] = {r->pw - ox * step, r->w + r->pw - ox * step};
    const int odd[2] = {even[0] - step, ox + 1 < r->wo ? even[1] - step : 0};
#ifdef PAIRS
#define COLUMNS_OF_DY 1
    column_of_tile_3x3(cob, ky0, ky1, edge, even, odd, x, step * LANES, dy, r->dy_ch, acc);
#else
#define COLUMNS_OF_DY 2
    const float *const next[3] = {x[0] + step * LANES, x[1] + step * LANES, x[2] + step * LANES};
    if (!edge || ox + 1 < r->wo)
        column_of_tile_3x3(cob, ky0, ky1, edge ? odd[0] : 0, edge ? odd[1] : 3, next, dy + r->dy_col, r->dy_ch, acc);
    column_of_tile_3x3(cob, ky0, ky1, edge ? even[0] : 0, edge ? even[1] : 3, x, dy, r->dy_ch, acc);
#endif
}
#endif

/* A row of the output and the rows of the input x[ky] that it reads, for ky in ky0..ky1-1. */
INLINE void row_of_tile_3x3(int step, int cob, int ky0, int ky1, const struct row_3x3 *r, const float *const *rows,
                            const float *dy, vk acc[TILE_3X3_MAX][9])
{
    const float *x[3];
    const ptrdiff_t dy_col = r->dy_col;
    int ox = 0;
    UNROLL
    for (int ky = 0; ky < 3; ky++)
        x[ky] = ky >= ky0 && ky < ky1 ? rows[ky] + r->x_at : dy;
    dy += r->dy_at;
#ifdef BF16
    while (ox < r->wo) {
        for (; ox >= r->lo && ox + 1 < r->hi; ox += 2) {
            columns_of_tile_3x3(step, cob, ky0, ky1, 0, r, ox, x, dy, acc);
            dy += COLUMNS_OF_DY * dy_col;
            UNROLL
            for (int ky = 0; ky < 3; ky++) {
                x[ky] += 2 * step * LANES;
                ON_ITS_OWN(x[ky]);
            }
        }
        if (ox >= r->wo)
            break;
        columns_of_tile_3x3(step, cob, ky0, ky1, 1, r, ox, x, dy, acc);
        ox += 2;
        dy += COLUMNS_OF_DY * dy_col;
        UNROLL
        for (int ky = 0; ky < 3; ky++)
            x[ky] += 2 * step * LANES;
    }
#else
#define COLUMN(KX0, KX1)                                                                                               \
    do {                                                                                                               \
        column_of_tile_3x3(cob, ky0, ky1, KX0, KX1, x, dy, r->dy_ch, acc);                                             \
        UNROLL                                                                                                         \
        for (int ky = 0; ky < 3; ky++) {                                                                               \
            x[ky] += step * LANES;                                                                                     \
            ON_ITS_OWN(x[ky]);                                                                                         \
        }                                                                                                              \
        dy += dy_col;                                                                                                  \
        ox++;                                                                                                          \
    } while (0)
    if (r->left)
        COLUMN(1, 3);
    while (ox < r->lo)
        COLUMN(r->pw - ox * step, r->w + r->pw - ox * step);
    while (ox < r->hi)
        COLUMN(0, 3);
    if (r->right)
        COLUMN(0, 2);
    while (ox < r->wo)
        COLUMN(r->pw - ox * step, r->w + r->pw - ox * step);
#undef COLUMN
#endif
}

/* to = from (NULL: 0) + the sums over all rows, both [COB][9][16]; outputs are `step` columns apart. */
INLINE void run_tile_3x3(int step, int cob, const struct row_pairs *m, const float *from, float *to)
{
    const struct row_3x3 *r = &m->row_3x3;
    struct {
        const float *const *x, *const *dy, *const *end;
        float *to;
    } all = {m->x, m->dy, m->dy + m->n, to};
    vk acc[TILE_3X3_MAX][9];
    UNROLL
    for (int c = 0; c < cob; c++) {
        UNROLL
        for (int i = 0; i < 9; i++)
            acc[c][i] = from ? vk_load(from + (c * 9 + i) * LANES) : vk_set1(0.0f);
    }
    while (all.dy < all.end) {
        const float *const *x = all.x, *dy = *all.dy;
        all.x += 3;
        all.dy++;
        IN_MEMORY(all);
        if (x[0] && x[2])
            row_of_tile_3x3(step, cob, 0, 3, r, x, dy, acc);
        else if (x[1] && x[2])
            row_of_tile_3x3(step, cob, 1, 3, r, x, dy, acc);
        else if (x[0] && x[1])
            row_of_tile_3x3(step, cob, 0, 2, r, x, dy, acc);
        else if (x[0] || x[1] || x[2]) {
            int ky = x[0] ? 0 : x[1] ? 1 : 2;
            row_of_tile_3x3(step, cob, ky, ky + 1, r, x, dy, acc);
        }
        IN_MEMORY(all);
    }
    UNROLL
    for (int c = 0; c < cob; c++) {
        UNROLL
        for (int i = 0; i < 9; i++)
            vk_store(all.to + (c * 9 + i) * LANES, acc[c][i]);
    }
}

typedef void tile_3x3_fn(const struct row_pairs *m, const float *from, float *to);
#define TILE_3X3(S, C)                                                                                                 \
    static void tile_3x3_##S##C(const struct row_pairs *m, const float *from, float *to)                               \
    {                                                                                                                  \
        run_tile_3x3(S, C, m, from, to);                                                                               \
    }
TILE_3X3(1, 1)
TILE_3X3(1, 2)
TILE_3X3(1, 3)
TILE_3X3(2, 1)
TILE_3X3(2, 2)
TILE_3X3(2, 3)
/* [step - 1][COB - 1] */
static tile_3x3_fn *const table_of_tiles_3x3[2][TILE_3X3_MAX] = {{tile_3x3_11, tile_3x3_12, tile_3x3_13},
                                                                 {tile_3x3_21, tile_3x3_22, tile_3x3_23}};

static int is_3x3(const struct conv_dims *d)
{
    return d->kh == 3 && d->kw == 3 && d->sw <= 2 && d->dw == 1;
}
#endif

#endif
