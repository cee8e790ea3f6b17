/* depthwise.c - see depthwise.h. Each tile is a function of its own with its sizes as constants. */
#include "kernels/ops/conv/depthwise.h"
#include "kernels/ops/tiles.h"

#ifdef ISA_avx512
#define SUMS_ROWS(taps) ((taps) == 7 ? 3 : 4) /* of weights in registers; 7 of dy, 1 of x: 29 of 32 registers */
#else
#define SUMS_ROWS(taps) ((taps) == 3 ? 4 : (taps) == 5 ? 2 : 1) /* 15 or 16 of 16 */
#endif
#define SUMS_MAX 21
#define XB_MAX 8 /* columns; with 7 weights and one of x all 16 registers of AVX2 */

/* --- rows of the output --- */

/* Which of the columns col, col + 1, ... are in 0..len-1. */
INLINE uint32_t columns_inside(int col, int columns, int len)
{
    const int first = col < 0 ? -col : 0, end = len - col < columns ? len - col : columns;
    return first < end ? ((uint32_t)1 << end) - ((uint32_t)1 << first) : 0;
}

/* Forgets where a value came from: gcc would keep an address and a truth for each column, where there are no registers
 * for them. */
#define ON_ITS_OWN(value) __asm__("" : "+r"(value))

/* edge: some input columns may be outside. */
INLINE void depthwise_run(int taps, int stride, int edge, int xb, const struct depthwise_row *t, int first,
                          const float *const *x, ptrdiff_t x_at, const float *w, float b, float *y)
{
    vk acc[XB_MAX];
    const int col = t->at + first * stride, columns = (xb - 1) * stride + taps;
    uint32_t inside = edge ? columns_inside(col, columns, t->len) : 0; /* a bit a column */
    x_at += (ptrdiff_t)col * LANES;
    UNROLL
    for (int i = 0; i < xb; i++)
        acc[i] = vk_set1(b);
    for (int r = 0; r < t->rows; r++, x += t->row_gap, w += t->w_row) {
        const float *xr = *x + x_at;
        vk weight[DEPTHWISE_TAPS];
        ON_ITS_OWN(xr);
        ON_ITS_OWN(inside);
        UNROLL
        for (int k = 0; k < taps; k++)
            weight[k] = vk_set1(w[k * t->w_tap]);
        UNROLL
        for (int j = 0; j < columns; j++) {
            if (edge && !(inside >> j & 1))
                continue;
            vk v = vk_load(xr + j * LANES);
            UNROLL
            for (int k = 0; k < taps; k++)
                if (j >= k && (j - k) % stride == 0 && (j - k) / stride < xb)
                    acc[(j - k) / stride] = vk_fma(v, weight[k], acc[(j - k) / stride]);
        }
    }
    UNROLL
    for (int i = 0; i < xb; i++)
        vk_store(y + i * t->y_col, acc[i]);
}

/* --- rows whose output is as wide as the input and lies in its middle --- */

#define HALVES (LANES / VK)
#define SAME_MAX (XB_MAX / HALVES) /* columns of a tile: both halves of each (one_tap.h) */

/* left, right: so many of the columns that the tile would read are outside. */
INLINE void depthwise_same_tile(int taps, int left, int right, const struct depthwise_row *t, const float *const *x,
                                ptrdiff_t x_at, const float *w, float b, float *y)
{
    vk acc[SAME_MAX][HALVES];
    UNROLL
    for (int i = 0; i < SAME_MAX; i++) {
        UNROLL
        for (int h = 0; h < HALVES; h++)
            acc[i][h] = vk_set1(b);
    }
    for (int r = 0; r < t->rows; r++, x += t->row_gap, w += t->w_row) {
        const float *xr = *x + x_at;
        vk weight[DEPTHWISE_TAPS];
        UNROLL
        for (int k = 0; k < taps; k++)
            weight[k] = vk_set1(w[k * t->w_tap]);
        UNROLL
        for (int j = left; j < SAME_MAX + taps - 1 - right; j++) {
            UNROLL
            for (int h = 0; h < HALVES; h++) {
                vk v = vk_load(xr + j * LANES + h * VK);
                vk_pin(v);
                UNROLL
                for (int k = 0; k < taps; k++)
                    if (j >= k && j - k < SAME_MAX)
                        acc[j - k][h] = vk_fma(v, weight[k], acc[j - k][h]);
            }
        }
    }
    UNROLL
    for (int i = 0; i < SAME_MAX; i++) {
        UNROLL
        for (int h = 0; h < HALVES; h++)
            vk_store(y + i * LANES + h * VK, acc[i][h]);
    }
}

INLINE void depthwise_same_run(int taps, const struct depthwise_row *t, const float *const *x, ptrdiff_t x_at,
                               const float *w, float b, float *y)
{
    const int border = taps / 2, step = SAME_MAX * LANES;
    x_at -= border * LANES;
    depthwise_same_tile(taps, border, 0, t, x, x_at, w, b, y);
    for (int i = SAME_MAX; i < t->n - SAME_MAX; i += SAME_MAX) {
        x_at += step;
        y += step;
        depthwise_same_tile(taps, 0, 0, t, x, x_at, w, b, y);
    }
    depthwise_same_tile(taps, 0, border, t, x, x_at + step, w, b, y + step);
}

static int depthwise_is_same(const struct depthwise_row *t)
{
    return t->taps > 1 && t->taps % 2 && t->stride == 1 && t->at == -(t->taps / 2) && t->n == t->len &&
           t->n % SAME_MAX == 0 && t->n >= 2 * SAME_MAX && t->y_col == LANES;
}

typedef void depthwise_same_row(const struct depthwise_row *t, const float *const *x, ptrdiff_t x_at, const float *w,
                                float b, float *y);
#ifdef FIXED_SIZES
#define SAME(T)                                                                                                        \
    static void depthwise_same_##T(const struct depthwise_row *t, const float *const *x, ptrdiff_t x_at,               \
                                   const float *w, float b, float *y)                                                  \
    {                                                                                                                  \
        depthwise_same_run(T, t, x, x_at, w, b, y);                                                                    \
    }
SAME(3)
SAME(5)
SAME(7)
/* [taps / 2 - 1] */
static depthwise_same_row *const same_rows[] = {depthwise_same_3, depthwise_same_5, depthwise_same_7};
#define SAME_CALL(T, ...) same_rows[(T) / 2 - 1](__VA_ARGS__)
#else
#define SAME_CALL(T, ...) depthwise_same_run(T, __VA_ARGS__)
#endif

typedef void depthwise_tile(const struct depthwise_row *t, int first, const float *const *x, ptrdiff_t x_at,
                            const float *w, float b, float *y);
#ifdef FIXED_SIZES
#define TILE(T, S, E, X)                                                                                               \
    static void depthwise_##T##S##E##X(const struct depthwise_row *t, int first, const float *const *x,                \
                                       ptrdiff_t x_at, const float *w, float b, float *y)                              \
    {                                                                                                                  \
        depthwise_run(T, S, E, X, t, first, x, x_at, w, b, y);                                                         \
    }
#define ENTRY(T, S, E, X) [S - 1][T - 1][E][X - 1] = depthwise_##T##S##E##X,
// clang-format off
#define TILES_X(M, T, S) M(T, S, 0, 8) M(T, S, 1, 1) M(T, S, 1, 2) M(T, S, 1, 3) M(T, S, 1, 4) \
    M(T, S, 1, 5) M(T, S, 1, 6) M(T, S, 1, 7) M(T, S, 1, 8)
#define TILES(M) TILES_X(M, 1, 1) TILES_X(M, 2, 1) TILES_X(M, 3, 1) TILES_X(M, 4, 1) TILES_X(M, 5, 1) \
    TILES_X(M, 6, 1) TILES_X(M, 7, 1) TILES_X(M, 3, 2) TILES_X(M, 5, 2) TILES_X(M, 7, 2)
TILES(TILE)
/* [stride - 1][taps - 1][edge][columns - 1] */
static depthwise_tile *const depthwise_tiles[2][DEPTHWISE_TAPS][2][XB_MAX] = {TILES(ENTRY)};
// clang-format on
#define DEPTHWISE_CALL(T, S, E, X, ...) depthwise_tiles[(S)-1][(T)-1][E][(X)-1](__VA_ARGS__)
#else
#define DEPTHWISE_CALL(T, S, E, X, ...) depthwise_run(T, S, E, X, __VA_ARGS__)
#endif

void EXPORT(depthwise_row)(const struct depthwise_row *t, const float *const *x, ptrdiff_t x_at, const float *w,
                           float b, float *y)
{
    if (depthwise_is_same(t)) {
        SAME_CALL(t->taps, t, x, x_at, w, b, y);
        return;
    }
    for (int half = 0; half < LANES; half += VK)
        for (int i = 0, xb; i < t->n; i += xb) {
            xb = t->n - i < XB_MAX ? t->n - i : XB_MAX;
            int col = t->at + i * t->stride;
            int edge = xb < XB_MAX || col < 0 || col + (xb - 1) * t->stride + t->taps > t->len;
            DEPTHWISE_CALL(t->taps, t->stride, edge, xb, t, i, x, x_at + half, w, b, y + half + i * t->y_col);
        }
}

/* --- the gradient of the weights --- */

/* Rows of the output and of the kernel whose input rows are all inside. */
struct depthwise_band {
    const float *const *dy; /* [n] */
    const float *const *x;  /* the row of the input for row 0 of the output and row 0 of the kernel here */
    int n, x_step, x_gap;   /* from row to row of the output, and of the kernel */
    ptrdiff_t x_at, dy_at;  /* where the first tap reads for column 0, and column 0 of dy; from the rows' starts */
    int wo, len, at, stride;
    int lo, hi; /* columns of the output all of whose taps are inside */
};

INLINE void depthwise_column(int kys, int taps, const struct depthwise_band *m, int edge, int o, const float *dy,
                             const float *const x[], vk acc[SUMS_MAX])
{
    vk g = vk_load(dy + (ptrdiff_t)o * LANES);
    ptrdiff_t at = (ptrdiff_t)o * m->stride * LANES;
    vk_pin(g);
    UNROLL
    for (int k = 0; k < taps; k++) {
        if (edge && (unsigned)(m->at + o * m->stride + k) >= (unsigned)m->len)
            continue;
        UNROLL
        for (int ky = 0; ky < kys; ky++)
            acc[ky * taps + k] = vk_fma(g, vk_load(x[ky] + at + k * LANES), acc[ky * taps + k]);
    }
}

#define BESIDE 4 /* columns of x at a time */

/* Column t of x, counted from where the first tap reads for column 0, by all dy that it meets: for tap k column t - k
 * of the output, which is g[taps - 1 - k]. */
INLINE void depthwise_x_column(int kys, int taps, int t, const vk *g, const float *const x[], vk acc[SUMS_MAX])
{
    UNROLL
    for (int ky = 0; ky < kys; ky++) {
        vk v = vk_load(x[ky] + (ptrdiff_t)t * LANES);
        vk_pin(v);
        UNROLL
        for (int k = 0; k < taps; k++)
            acc[ky * taps + k] = vk_fma(g[taps - 1 - k], v, acc[ky * taps + k]);
    }
}

/* The same where some of these columns are outside. */
INLINE void depthwise_x_edge(int kys, int taps, int wo, int t, const float *dy, const float *const x[],
                             vk acc[SUMS_MAX])
{
    UNROLL
    for (int k = 0; k < taps; k++) {
        if ((unsigned)(t - k) >= (unsigned)wo)
            continue;
        vk g = vk_load(dy + (ptrdiff_t)(t - k) * LANES);
        vk_pin(g);
        UNROLL
        for (int ky = 0; ky < kys; ky++)
            acc[ky * taps + k] = vk_fma(g, vk_load(x[ky] + (ptrdiff_t)t * LANES), acc[ky * taps + k]);
    }
}

/* A row with neighbouring columns: each vector of x is read once, each of dy once and a few more where a piece of the
 * row begins. */
INLINE void depthwise_sums_row(int kys, int taps, const struct depthwise_band *m, const float *dy,
                               const float *const x[], vk acc[SUMS_MAX])
{
    const int end = m->len - m->at;
    int t = m->at < 0 ? -m->at : 0;
    for (; t < end && t < taps - 1; t++)
        depthwise_x_edge(kys, taps, m->wo, t, dy, x, acc);
    for (; t + BESIDE <= end && t + BESIDE <= m->wo; t += BESIDE) {
        vk g[BESIDE + DEPTHWISE_TAPS];
        UNROLL
        for (int i = 0; i < taps - 1; i++) {
            g[i] = vk_load(dy + (ptrdiff_t)(t + i - taps + 1) * LANES);
            vk_pin(g[i]);
        }
        UNROLL
        for (int i = 0; i < BESIDE; i++) {
            g[i + taps - 1] = vk_load(dy + (ptrdiff_t)(t + i) * LANES);
            vk_pin(g[i + taps - 1]);
            depthwise_x_column(kys, taps, t + i, g + i, x, acc);
        }
    }
    for (; t < end && t < m->wo + taps - 1; t++)
        depthwise_x_edge(kys, taps, m->wo, t, dy, x, acc);
}

INLINE void depthwise_sums(int kys, int taps, const struct depthwise_band *m, float *sums)
{
    vk acc[SUMS_MAX];
    UNROLL
    for (int i = 0; i < kys * taps; i++)
        acc[i] = vk_load(sums + i * LANES);
    for (int r = 0; r < m->n; r++) {
        const float *dy = m->dy[r] + m->dy_at, *x[SUMS_MAX];
        UNROLL
        for (int ky = 0; ky < kys; ky++)
            x[ky] = m->x[r * m->x_step + ky * m->x_gap] + m->x_at;
        if (m->stride == 1) {
            depthwise_sums_row(kys, taps, m, dy, x, acc);
            continue;
        }
        for (int o = 0; o < m->lo; o++)
            depthwise_column(kys, taps, m, 1, o, dy, x, acc);
        for (int o = m->lo; o < m->hi; o++)
            depthwise_column(kys, taps, m, 0, o, dy, x, acc);
        for (int o = m->hi; o < m->wo; o++)
            depthwise_column(kys, taps, m, 1, o, dy, x, acc);
    }
    UNROLL
    for (int i = 0; i < kys * taps; i++)
        vk_store(sums + i * LANES, acc[i]);
}

#ifdef FIXED_SIZES
typedef void depthwise_sums_tile(const struct depthwise_band *m, float *sums);
#define SUMS(K, T)                                                                                                     \
    static void depthwise_sums_##K##T(const struct depthwise_band *m, float *sums)                                     \
    {                                                                                                                  \
        depthwise_sums(K, T, m, sums);                                                                                 \
    }
#define SUMS_ENTRY(K, T) [T / 2 - 1][K - 1] = depthwise_sums_##K##T,
// clang-format off
#ifdef ISA_avx512
#define ALL_SUMS(M) M(1, 3) M(2, 3) M(3, 3) M(4, 3) M(1, 5) M(2, 5) M(3, 5) M(4, 5) M(1, 7) M(2, 7) M(3, 7)
#else
#define ALL_SUMS(M) M(1, 3) M(2, 3) M(3, 3) M(4, 3) M(1, 5) M(2, 5) M(1, 7)
#endif
// clang-format on
ALL_SUMS(SUMS)
/* [taps / 2 - 1][rows of the kernel - 1] */
static depthwise_sums_tile *const sums_tiles[3][4] = {ALL_SUMS(SUMS_ENTRY)};
#define SUMS_CALL(K, T, ...) sums_tiles[(T) / 2 - 1][(K)-1](__VA_ARGS__)
#else
#define SUMS_CALL(K, T, ...) depthwise_sums(K, T, __VA_ARGS__)
#endif

/* Outputs i of `from`..`to`-1 for which at + i * stride lies in 0..len-1: *lo..*hi-1. */
static void inside(int from, int to, int at, int stride, int len, int *lo, int *hi)
{
    *lo = from;
    *hi = to;
    while (*lo < *hi && at + *lo * stride < 0)
        ++*lo;
    while (*hi > *lo && at + (*hi - 1) * stride >= len)
        --*hi;
}

/* Rows k0..k1-1 of the kernel of one channel, over the rows r0..r1-1 of the output in pieces that the same rows of the
 * kernel find an input for. A row of the kernel meets the rows of the output in their order. */
static void kernel_rows(const struct conv_dims *d, struct depthwise_band *m, int r0, int r1, int k0, int k1,
                        const float *const *x, const float *const *dy, float *sums)
{
    for (int r = r0, end; r < r1; r = end) {
        int first, last; /* rows of the kernel that row r can use */
        inside(k0, k1, r * d->sh - d->ph, d->dh, d->h, &first, &last);
        for (end = r + 1; end < r1; end++) {
            int a, b;
            inside(k0, k1, end * d->sh - d->ph, d->dh, d->h, &a, &b);
            if (a != first || b != last)
                break;
        }
        if (first == last)
            continue;
        m->dy = dy + r;
        m->n = end - r;
        m->x = x + r * d->sh - d->ph + first * d->dh;
        m->x_step = d->sh;
        m->x_gap = d->dh;
        for (int half = 0; half < LANES; half += VK) {
            struct depthwise_band part = *m;
            part.x_at += half;
            part.dy_at += half;
            SUMS_CALL(last - first, d->kw, &part, sums + (ptrdiff_t)first * d->kw * LANES + half);
        }
    }
}

void EXPORT(depthwise_weight_rows)(const struct conv_dims *d, int c0, int c1, int r0, int r1, const float *const *x,
                                   const float *const *dy, float *sums)
{
    const int most = SUMS_ROWS(d->kw);
    struct depthwise_band m = {.wo = d->wo, .len = d->w, .at = -d->pw, .stride = d->sw};
    int first, last;
    inside(0, d->wo, m.at, d->sw, d->w, &m.lo, &last);
    inside(0, d->wo, m.at + d->kw - 1, d->sw, d->w, &first, &m.hi);
    m.hi = m.hi < m.lo ? m.lo : m.hi;
    for (int c = c0; c < c1; c++, sums += (ptrdiff_t)d->kh * d->kw * LANES) {
        m.x_at = ((ptrdiff_t)c * d->w - d->pw) * LANES;
        m.dy_at = (ptrdiff_t)c * d->wo * LANES;
        for (int i = 0; i < pieces(d->kh, most); i++)
            kernel_rows(d, &m, r0, r1, piece_at(d->kh, most, i), piece_at(d->kh, most, i + 1), x, dy, sums);
    }
}
