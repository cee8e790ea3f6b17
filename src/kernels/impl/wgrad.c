/* wgrad.c - gradient of a convolution's weights. A weight's gradient is 16 lane sums over blocks, rows and columns, in
 * that order and in steps of one fma, reduced by lane_sum at the end.
 *
 * A tile is COB output channels times T streams in registers, a stream being an input channel at one tap kx: for each
 * column it takes COB vectors of dy and T of x. Streams do not care about kernel size, stride or dilation. The lane
 * sums of all tiles stay in the scratch while a few rows of x and dy are in the cache; if they do not fit there, each
 * tile runs over all rows at once. Dead lanes need no care, dy is zero there. */
#include "kernels/impl/impl.h"
#include "kernels/impl/tiles.h"

#ifdef ISA_avx512
#define COB_MAX 4 /* 4 x 6 sums, 4 of dy, 1 of x: 29 of 32 registers */
#else
#define COB_MAX 2 /* 2 x 6 + 2 + 1: 15 of 16 */
#endif
#define T_MAX 6

struct wtile {
    const struct conv_dims *d;
    ptrdiff_t at[T_MAX];      /* stream t, input column of output 0, from the start of the group's row; floats */
    int lo[T_MAX], hi[T_MAX]; /* its outputs whose column is inside */
    int all_lo, all_hi;       /* where that is so for all streams */
};

/* The outputs ox of 0..n-1 for which at + ox*s lies in 0..len-1: *lo..*hi-1, 0 <= *lo <= *hi <= n. */
static void valid_outputs(int n, int at, int s, int len, int *lo, int *hi)
{
    int first = at < 0 ? (-at + s - 1) / s : 0, end = at < len ? (len - 1 - at) / s + 1 : 0;
    *lo = first < n ? first : n;
    *hi = end < n ? end : n;
    if (*hi < *lo)
        *hi = *lo;
}

static struct wtile streams_of(const struct conv_dims *d, int first, int count)
{
    struct wtile t = {.d = d, .all_hi = d->wo};
    for (int i = 0; i < count; i++) {
        int c = (first + i) / d->kw, col = (first + i) % d->kw * d->dw - d->pw;
        t.at[i] = ((ptrdiff_t)c * d->w + col) * LANES;
        valid_outputs(d->wo, col, d->sw, d->w, &t.lo[i], &t.hi[i]);
        t.all_lo = t.lo[i] > t.all_lo ? t.lo[i] : t.all_lo;
        t.all_hi = t.hi[i] < t.all_hi ? t.hi[i] : t.all_hi;
    }
    if (t.all_hi < t.all_lo)
        t.all_hi = t.all_lo;
    return t;
}

/* Column ox: x at its input column, at[] the streams from there. */
INLINE void wtile_column(int cob, int n, int edge, const struct wtile *t, int ox, const float *x, const ptrdiff_t *at,
                         const float *dy, ptrdiff_t dy_ch, vk acc[COB_MAX][T_MAX])
{
    vk g[COB_MAX];
    UNROLL
    for (int c = 0; c < cob; c++) {
        g[c] = vk_load(dy + c * dy_ch);
        vk_pin(g[c]);
    }
    UNROLL
    for (int i = 0; i < n; i++) {
        if (edge && (ox < t->lo[i] || ox >= t->hi[i]))
            continue;
        vk v = vk_load(x + at[i]);
        UNROLL
        for (int c = 0; c < cob; c++)
            acc[c][i] = vk_fma(g[c], v, acc[c][i]);
    }
}

/* Rows q0..q1-1 of the outputs of the batch (row q is row q % ho of block q / ho) into sums[COB][T][16]. x and dy: the
 * tile's first channel, or its group, in row 0. */
INLINE void wtile_run(int cob, int n, const struct wtile *t, int ky, int q0, int q1, const float *x, const float *dy,
                      float *sums)
{
    const struct conv_dims *d = t->d;
    const ptrdiff_t x_row = (ptrdiff_t)d->ci * d->w * LANES, dy_ch = (ptrdiff_t)d->wo * LANES, dy_row = d->co * dy_ch;
    const ptrdiff_t step = (ptrdiff_t)d->sw * LANES;
    const int lo = t->all_lo, hi = t->all_hi;
    vk acc[COB_MAX][T_MAX];
    ptrdiff_t at[T_MAX];
    UNROLL
    for (int i = 0; i < n; i++) {
        at[i] = t->at[i];
        UNROLL
        for (int c = 0; c < cob; c++)
            acc[c][i] = vk_load(sums + (c * n + i) * LANES);
    }
    int top, bottom;
    valid_outputs(d->ho, ky * d->dh - d->ph, d->sh, d->h, &top, &bottom);
    for (int block = q0 / d->ho; block * d->ho < q1; block++) {
        int first = q0 - block * d->ho, end = q1 - block * d->ho;
        first = first > top ? first : top;
        end = end < bottom ? end : bottom;
        const float *xr = x + ((ptrdiff_t)block * d->h + first * d->sh - d->ph + ky * d->dh) * x_row;
        const float *gr = dy + ((ptrdiff_t)block * d->ho + first) * dy_row;
        for (int rows = end - first; rows > 0; rows--, xr += d->sh * x_row, gr += dy_row) {
            const float *xc = xr, *gc = gr;
            int ox = 0;
            for (; ox < lo; ox++, xc += step, gc += LANES)
                wtile_column(cob, n, 1, t, ox, xc, at, gc, dy_ch, acc);
            for (; ox < hi; ox++, xc += step, gc += LANES)
                wtile_column(cob, n, 0, t, ox, xc, at, gc, dy_ch, acc);
            for (; ox < d->wo; ox++, xc += step, gc += LANES)
                wtile_column(cob, n, 1, t, ox, xc, at, gc, dy_ch, acc);
        }
    }
    UNROLL
    for (int c = 0; c < cob; c++) {
        UNROLL
        for (int i = 0; i < n; i++)
            vk_store(sums + (c * n + i) * LANES, acc[c][i]);
    }
}

#ifdef FIXED_SIZES
typedef void wtile_fn(const struct wtile *t, int ky, int q0, int q1, const float *x, const float *dy, float *sums);
#define WTILE(C, T)                                                                                                    \
    static void wtile_##C##T(const struct wtile *t, int ky, int q0, int q1, const float *x, const float *dy,           \
                             float *sums)                                                                              \
    {                                                                                                                  \
        wtile_run(C, T, t, ky, q0, q1, x, dy, sums);                                                                   \
    }
#define WENTRY(C, T) [C - 1][T - 1] = wtile_##C##T,
// clang-format off
#define WTILES_6(M, C) M(C, 1) M(C, 2) M(C, 3) M(C, 4) M(C, 5) M(C, 6)
#if COB_MAX == 4
#define WTILES(M) WTILES_6(M, 1) WTILES_6(M, 2) WTILES_6(M, 3) WTILES_6(M, 4)
#else
#define WTILES(M) WTILES_6(M, 1) WTILES_6(M, 2)
#endif
WTILES(WTILE)
static wtile_fn *const wtiles[COB_MAX][T_MAX] = {WTILES(WENTRY)};
// clang-format on
#define WTILE_CALL(C, T, ...) wtiles[(C)-1][(T)-1](__VA_ARGS__)
#else
#define WTILE_CALL(C, T, ...) wtile_run(C, T, __VA_ARGS__)
#endif

/* Which tile: group, first stream and channel (in the group), their numbers, and the row of the kernel. */
struct which {
    const struct wtile *streams;
    int g, stream, n, c0, cob, ky;
};

/* Calls `visit` for every tile, in an order that keeps a tile's rows in the cache for the next: `span` pieces of output
 * channels take part until all streams are through. */
struct wjob {
    const struct conv_dims *d;
    const float *x, *dy;
    float *dw, *sums;
    int q0, q1, span;
    void (*visit)(struct wjob *j, const struct which *k);
};

static void each_tile_of(struct wjob *j, int g, int piece, int pieces_end)
{
    const struct conv_dims *d = j->d;
    int streams = d->ci / d->groups * d->kw, co = d->co / d->groups;
    for (int s = 0; s < pieces(streams, T_MAX); s++) {
        int first = piece_at(streams, T_MAX, s), n = piece_at(streams, T_MAX, s + 1) - first;
        struct wtile t = streams_of(d, first, n);
        for (int i = piece; i < pieces_end; i++) {
            int c0 = piece_at(co, COB_MAX, i), cob = piece_at(co, COB_MAX, i + 1) - c0;
            for (int ky = 0; ky < d->kh; ky++) {
                struct which k = {&t, g, first, n, c0, cob, ky};
                j->visit(j, &k);
            }
        }
    }
}

static void each_tile(struct wjob *j)
{
    int all = pieces(j->d->co / j->d->groups, COB_MAX);
    for (int g = 0; g < j->d->groups; g++)
        for (int i = 0; i < all; i += j->span)
            each_tile_of(j, g, i, i + j->span < all ? i + j->span : all);
}

static void accumulate(struct wjob *j, const struct which *k)
{
    const struct conv_dims *d = j->d;
    const float *x = j->x + (ptrdiff_t)k->g * (d->ci / d->groups) * d->w * LANES;
    const float *dy = j->dy + (ptrdiff_t)(k->g * (d->co / d->groups) + k->c0) * d->wo * LANES;
    for (int part = 0; part < LANES; part += VK)
        WTILE_CALL(k->cob, k->n, k->streams, k->ky, j->q0, j->q1, x + part, dy + part, j->sums + part);
}

static void accumulate_next(struct wjob *j, const struct which *k)
{
    accumulate(j, k);
    j->sums += k->cob * k->n * LANES;
}

static void reduce(struct wjob *j, const struct which *k)
{
    const struct conv_dims *d = j->d;
    ptrdiff_t plane = (ptrdiff_t)d->kh * d->kw, filter = d->ci / d->groups * plane;
    float *dw = j->dw + (k->g * (d->co / d->groups) + k->c0) * filter + k->ky * d->kw;
    int ci = k->stream / d->kw, kx = k->stream % d->kw;
    for (int i = 0; i < k->n; i++) {
        for (int c = 0; c < k->cob; c++)
            dw[c * filter + ci * plane + kx] = lane_sum(v16_load(j->sums + (c * k->n + i) * LANES));
        if (++kx == d->kw) {
            kx = 0;
            ci++;
        }
    }
}

static void reduce_next(struct wjob *j, const struct which *k)
{
    reduce(j, k);
    j->sums += k->cob * k->n * LANES;
}

static void whole_tile(struct wjob *j, const struct which *k)
{
    memset(j->sums, 0, (size_t)(k->cob * k->n * LANES) * sizeof *j->sums);
    accumulate(j, k);
    reduce(j, k);
}

/* Rows of output worked on at a time: what one tile reads of them about fills the first cache (or half
 * of it, where a tile reads half of each line). */
static int rows_at_a_time(const struct conv_dims *d)
{
    int channels = (T_MAX + d->kw - 1) / d->kw, floats = (channels * d->w * d->sh + COB_MAX * d->wo) * LANES;
    int rows = 768 * VK / floats;
    return rows > 0 ? rows : 1;
}

/* Pieces of output channels whose dy in the whole batch fills a quarter of the second cache. */
static int pieces_at_a_time(const struct conv_dims *d, int blocks)
{
    int floats = COB_MAX * blocks * d->ho * d->wo * LANES, n = 131072 / floats;
    return n > 0 ? n : 1;
}

static void bias_gradient(const struct conv_dims *d, int blocks, const float *dy, float *db)
{
    for (int c = 0; c < d->co; c++) {
        v16 sum = v16_zero();
        for (int q = 0; q < blocks * d->ho; q++) {
            const float *row = dy + ((ptrdiff_t)q * d->co + c) * d->wo * LANES;
            for (int i = 0; i < d->wo; i++)
                sum = v16_add(sum, v16_load(row + i * LANES));
        }
        db[c] = lane_sum(sum);
    }
}

void EXPORT(conv_backward_weights)(const struct conv_dims *d, int blocks, const float *x, const float *dy, float *dw,
                                   float *db, float *scratch)
{
    size_t sums = (size_t)d->co * (size_t)(d->ci / d->groups * d->kh * d->kw) * LANES;
    struct wjob j = {.d = d, .x = x, .dy = dy, .dw = dw, .sums = scratch};
    int all = blocks * d->ho, rows = rows_at_a_time(d);
    if (db)
        bias_gradient(d, blocks, dy, db);
    if (sums > CONV_SUMS) {
        j.q1 = all;
        j.span = pieces_at_a_time(d, blocks);
        j.visit = whole_tile;
        each_tile(&j);
        return;
    }
    memset(scratch, 0, sums * sizeof *scratch);
    j.span = d->co;
    for (j.q0 = 0; j.q0 < all; j.q0 += rows) {
        j.q1 = j.q0 + rows < all ? j.q0 + rows : all;
        j.sums = scratch;
        j.visit = accumulate_next;
        each_tile(&j);
    }
    j.sums = scratch;
    j.visit = reduce_next;
    each_tile(&j);
}
