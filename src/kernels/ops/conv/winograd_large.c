/* winograd_large.c - see winograd_large.h. A strip of up to three squares side by side is transformed for a chunk of
 * input channels; then each of the 36 products is a multiplication of matrices, weights [output channel][input channel]
 * times [input channel][squares and lanes], small enough for the first cache; then the products of a few output
 * channels become their outputs. x  ->  v[half of the lanes][36][input channel][squares]  ->  m[output
 * channel][36][squares]  ->  y Weights lie as [chunk of input channels][36][piece of output channels][input
 * channel][output channel]. */
#include "kernels/ops/conv/winograd_large.h"

#include "kernels/ops/ops.h"
#include "kernels/ops/tiles.h"
#include "kernels/simd/simd.h"

#define T_MAX LARGE_TILES
#ifdef ISA_avx2
#define COB_MAX 4 /* 4 x 3 sums, 3 of v, 1 weight: 16 registers */
#else
#define COB_MAX 8 /* 8 x 3 sums, 3 of v, 1 weight: 28 of 32 */
#endif
#define GROUP 16 /* output channels whose products are made, and become outputs, together */

#define A 0.625f
#define AA 0.390625f
#define AAA 0.244140625f
#define B 1.5f
#define BB 2.25f
#define BBB 3.375f
#define AABB 0.87890625f
#define AA_BB 2.640625f /* AA + BB */
#define N0 ((float)(1 / 0.87890625))
#define NA ((float)(1 / (2 * 0.390625 * (0.390625 - 2.25))))
#define NB ((float)(1 / (2 * 2.25 * (2.25 - 0.390625))))

/* What the strips of a band of four output rows share: the input rows under them (zeros where outside) and how far the
 * next channel is there; the rows of the output, NULL where there are no more. */
struct large_band {
    const struct winograd *d;
    const float *x[6], *packed, *b;
    ptrdiff_t x_ch[6];
    float *y[LARGE_STEP];
    struct fetch *fetch;
    float *zeros, *v, *m;
};

/* bt of six inputs along a row or column. */
INLINE_BIG void inputs_of(const vk d[6], vk v[6])
{
    vk w = vk_fma(vk_set1(-BB), d[1], d[3]), u = vk_fma(vk_set1(-BB), d[2], d[4]);
    vk W = vk_fma(vk_set1(-AA), d[1], d[3]), U = vk_fma(vk_set1(-AA), d[2], d[4]);
    v[0] = vk_fma(vk_set1(AABB), d[0], vk_fma(vk_set1(-AA_BB), d[2], d[4]));
    v[1] = vk_fma(vk_set1(A), w, u);
    v[2] = vk_fma(vk_set1(-A), w, u);
    v[3] = vk_fma(vk_set1(B), W, U);
    v[4] = vk_fma(vk_set1(-B), W, U);
    v[5] = vk_fma(vk_set1(AABB), d[1], vk_fma(vk_set1(-AA_BB), d[3], d[5]));
}

/* v[36][channel][tiles] of one channel; x: its rows from input column `col` on, which may be outside of 0..w-1. */
INLINE void transform_run(int edge, int tiles, const float *const x[6], int col, int w, ptrdiff_t product, float *v)
{
    const int columns = LARGE_STEP * tiles + 2;
    float down[6][LARGE_COLUMNS + 2][VK] __attribute__((aligned(64)));
    for (int k = 0; k < columns; k++) {
        vk d[6], t[6];
        UNROLL
        for (int i = 0; i < 6; i++)
            d[i] = edge && (unsigned)(col + k) >= (unsigned)w ? vk_set1(0.0f) : vk_load(x[i] + (ptrdiff_t)k * LANES);
        inputs_of(d, t);
        UNROLL
        for (int i = 0; i < 6; i++)
            vk_store(down[i][k], t[i]);
    }
    for (int i = 0; i < 6; i++)
        for (int t = 0; t < tiles; t++) {
            vk d[6], row[6];
            UNROLL
            for (int k = 0; k < 6; k++)
                d[k] = vk_load(down[i][LARGE_STEP * t + k]);
            inputs_of(d, row);
            UNROLL
            for (int k = 0; k < 6; k++)
                vk_store(v + (6 * i + k) * product + (ptrdiff_t)t * VK, row[k]);
        }
}

/* A chunk of input channels of one of the 36 products of `cob` output channels: m[output channel][36][tiles]. more: m
 * has the sum over the channels before. fetch: asked for on the way, fetch_step apart. */
INLINE_BIG void piece_run(int tiles, int cob, int ci, int more, const float *v, const float *u, float *m,
                          const float *fetch, ptrdiff_t fetch_step)
{
    const ptrdiff_t m_ch = (ptrdiff_t)36 * tiles * VK;
    vk sum[COB_MAX][T_MAX];
    UNROLL
    for (int o = 0; o < cob; o++) {
        UNROLL
        for (int i = 0; i < tiles; i++)
            sum[o][i] = more ? vk_load(m + o * m_ch + i * VK) : vk_set1(0.0f);
    }
    for (int c = ci; c > 0; c--, v += tiles * VK, u += cob, fetch += fetch_step) {
        vk in[T_MAX];
        __builtin_prefetch(fetch, 0, 2);
        UNROLL
        for (int i = 0; i < tiles; i++) {
            in[i] = vk_load(v + i * VK);
            vk_pin(in[i]);
        }
        UNROLL
        for (int o = 0; o < cob; o++) {
            vk weight = vk_set1(u[o]);
            UNROLL
            for (int i = 0; i < tiles; i++)
                sum[o][i] = vk_fma(in[i], weight, sum[o][i]);
        }
    }
    UNROLL
    for (int o = 0; o < cob; o++) {
        UNROLL
        for (int i = 0; i < tiles; i++)
            vk_store(m + o * m_ch + i * VK, sum[o][i]);
    }
}

/* All products of output channels o0..o1-1 and a chunk of `ci` input channels; u: the chunk's weights. fetch may be
 * NULL. */
INLINE void products_run(int tiles, const struct large_band *k, int o0, int o1, int ci, int more, const float *v,
                         const float *u, struct fetch *fetch)
{
    const ptrdiff_t v_product = (ptrdiff_t)ci * tiles * VK, u_product = (ptrdiff_t)ci * k->d->co;
    const size_t lines = (size_t)ci * (size_t)pieces(o1 - o0, COB_MAX);
    float *m = k->m + (ptrdiff_t)36 * o0 * tiles * VK;
    u += (ptrdiff_t)o0 * ci;
    for (int q = 0; q < 36; q++, v += v_product, u += u_product, m += tiles * VK) {
        const float *next = fetch ? fetch_next(fetch, lines * LANES) : NULL, *at = next ? next : v, *w = u;
        const ptrdiff_t step = next ? LANES : 0;
        float *to = m;
        int o = o0;
#define PIECES(COB)                                                                                                    \
    for (; o + COB <= o1; o += COB, w += COB * ci, to += (ptrdiff_t)36 * COB * tiles * VK, at += ci * step)            \
        piece_run(tiles, COB, ci, more, v, w, to, at, step);
#if COB_MAX > 4
        PIECES(8)
#endif
        PIECES(4)
        PIECES(2)
        PIECES(1)
#undef PIECES
    }
}

/* Outputs 0..3 of six products along a row or column; with `biased` the bias on top. */
INLINE_BIG void outputs_of(int biased, vk bias, const vk m[6], vk y[LARGE_STEP])
{
    vk s = vk_add(m[1], m[2]), t = vk_sub(m[1], m[2]), S = vk_add(m[3], m[4]), T = vk_sub(m[3], m[4]);
    vk a = vk_set1(A), aa = vk_set1(AA);
    y[0] = vk_add(vk_add(biased ? vk_add(m[0], bias) : m[0], s), S);
    y[1] = vk_fma(vk_set1(B), T, biased ? vk_fma(a, t, bias) : vk_mul(a, t));
    y[2] = vk_fma(vk_set1(BB), S, biased ? vk_fma(aa, s, bias) : vk_mul(aa, s));
    y[3] = vk_fma(vk_set1(BBB), T, vk_fma(vk_set1(AAA), t, biased ? vk_add(m[5], bias) : m[5]));
}

/* What one output channel needs, and what is done to it: nothing, normalization, and a relu as well. */
enum { AS_IT_IS, NORMALIZED, RELU };
struct output_channel {
    vk bias, scale, shift;
};

INLINE vk finished(int how, const struct output_channel *c, vk y)
{
    y = how >= NORMALIZED ? vk_fma(y, c->scale, c->shift) : y;
    return how == RELU ? vk_max(vk_set1(0.0f), y) : y;
}

/* The outputs of one square of one channel from its 36 products, `next` floats apart, to y[r] + at; whole: it is in the
 * output with all its rows and columns, not just `cols` of these. */
INLINE_BIG void square_run(int how, int whole, const float *m, ptrdiff_t next, const struct output_channel *c,
                           float *const y[LARGE_STEP], ptrdiff_t at, int cols)
{
    float *to[LARGE_STEP];
    vk z[6][LARGE_STEP];
    UNROLL
    for (int r = 0; r < LARGE_STEP; r++)
        to[r] = whole || y[r] ? y[r] + at : NULL;
    UNROLL
    for (int p = 0; p < 6; p++) {
        vk row[6];
        UNROLL
        for (int q = 0; q < 6; q++)
            row[q] = vk_load(m + (6 * p + q) * next);
        outputs_of(0, c->bias, row, z[p]);
    }
    UNROLL
    for (int k = 0; k < LARGE_STEP; k++) {
        vk column[6], out[LARGE_STEP];
        UNROLL
        for (int p = 0; p < 6; p++)
            column[p] = z[p][k];
        outputs_of(1, c->bias, column, out);
        UNROLL
        for (int r = 0; r < LARGE_STEP; r++)
            if (whole || (to[r] && k < cols))
                vk_store(to[r] + (ptrdiff_t)k * LANES, finished(how, c, out[r]));
    }
}

#ifdef FIXED_SIZES
typedef void transform_fn(const float *const x[6], int col, int w, ptrdiff_t product, float *v);
typedef void products_fn(const struct large_band *k, int o0, int o1, int ci, int more, const float *v, const float *u,
                         struct fetch *fetch);
#define TRANSFORM(T, E)                                                                                                \
    static void transform_##T##E(const float *const x[6], int col, int w, ptrdiff_t product, float *v)                 \
    {                                                                                                                  \
        transform_run(E, T, x, col, w, product, v);                                                                    \
    }
#define PRODUCTS(T)                                                                                                    \
    static void products_##T(const struct large_band *k, int o0, int o1, int ci, int more, const float *v,             \
                             const float *u, struct fetch *fetch)                                                      \
    {                                                                                                                  \
        products_run(T, k, o0, o1, ci, more, v, u, fetch);                                                             \
    }
#define TRANSFORM_ENTRY(T, E) [T - 1][E] = transform_##T##E,
#define PRODUCTS_ENTRY(T) [T - 1] = products_##T,
// clang-format off
#define TRANSFORMS(M) M(1, 0) M(1, 1) M(2, 0) M(2, 1) M(3, 0) M(3, 1)
#define ALL_PRODUCTS(M) M(1) M(2) M(3)
TRANSFORMS(TRANSFORM)
ALL_PRODUCTS(PRODUCTS)
static transform_fn *const transforms[T_MAX][2] = {TRANSFORMS(TRANSFORM_ENTRY)};
static products_fn *const products[T_MAX] = {ALL_PRODUCTS(PRODUCTS_ENTRY)};
// clang-format on
#define TRANSFORM_CALL(E, T, ...) transforms[(T)-1][E](__VA_ARGS__)
#define PRODUCTS_CALL(T, ...) products[(T)-1](__VA_ARGS__)
#else
#define TRANSFORM_CALL(E, T, ...) transform_run(E, T, __VA_ARGS__)
#define PRODUCTS_CALL(T, ...) products_run(T, __VA_ARGS__)
#endif

/* How many output channels go with number o in a piece of `co` in all. */
static int large_piece(int o, int co)
{
    int left = co - o;
    for (int cob = COB_MAX; cob > 1; cob /= 2)
        if (left >= cob)
            return cob;
    return 1;
}

/* v of input channels c0..c0+channels-1 of `n` squares from input column `col` on. */
static void transform(const struct large_band *k, int col, int n, int c0, int channels)
{
    const int w = k->d->w, edge = col < 0 || col + LARGE_STEP * n + 2 > w;
    const ptrdiff_t product = (ptrdiff_t)channels * n * VK;
    for (int c = 0; c < channels; c++)
        for (int part = 0; part < LANES; part += VK) {
            const float *x[6];
            for (int i = 0; i < 6; i++)
                x[i] = k->x_ch[i] ? k->x[i] + (c0 + c) * k->x_ch[i] + (ptrdiff_t)col * LANES + part : k->zeros;
            TRANSFORM_CALL(edge, n, x, col, w, product, k->v + 36 * product * (part / VK) + (ptrdiff_t)c * n * VK);
        }
}

/* Outputs of channels o0..o1-1 in the lanes from `part` on; `cols` columns of output from `col` on. */
INLINE_BIG void outputs_run(int how, const struct large_band *k, int n, int o0, int o1, int col, int cols, int part)
{
    const ptrdiff_t product = (ptrdiff_t)n * VK;
    for (int o = o0; o < o1; o++) {
        const struct output_channel c = {vk_set1(k->b ? k->b[o] : 0.0f),
                                         vk_set1(how >= NORMALIZED ? k->d->finish->scale[o] : 1.0f),
                                         vk_set1(how >= NORMALIZED ? k->d->finish->shift[o] : 0.0f)};
        for (int i = 0; i < n; i++) {
            const int left = cols - LARGE_STEP * i;
            const float *m = k->m + ((ptrdiff_t)36 * o * n + i) * VK;
            const ptrdiff_t at = ((ptrdiff_t)o * k->d->wo + col + LARGE_STEP * i) * LANES + part;
            if (left >= LARGE_STEP && k->y[LARGE_STEP - 1])
                square_run(how, 1, m, product, &c, k->y, at, LARGE_STEP);
            else
                square_run(how, 0, m, product, &c, k->y, at, left);
        }
    }
}

static void make_outputs(const struct large_band *k, int n, int o0, int o1, int col, int cols, int part)
{
    if (!k->d->finish)
        outputs_run(AS_IT_IS, k, n, o0, o1, col, cols, part);
    else if (k->d->finish->act == NO_ACT)
        outputs_run(NORMALIZED, k, n, o0, o1, col, cols, part);
    else
        outputs_run(RELU, k, n, o0, o1, col, cols, part);
}

/* `n` squares from number t0 on. */
static void run_large_strip(const struct large_band *k, int t0, int n)
{
    const struct winograd *d = k->d;
    const int col = LARGE_STEP * t0, cols = d->wo - col < LARGE_STEP * n ? d->wo - col : LARGE_STEP * n;
    const int chunks = pieces(d->ci, LARGE_CHUNK), halves = LANES / VK;
    const float *u = k->packed;
    for (int i = 0; i < chunks; i++) {
        const int c0 = piece_at(d->ci, LARGE_CHUNK, i), channels = piece_at(d->ci, LARGE_CHUNK, i + 1) - c0;
        transform(k, col - d->pw, n, c0, channels);
        for (int half = 0; half < halves; half++) {
            struct large_band part = *k; /* products of one half wait for the next chunk in a place of their own */
            const float *v = k->v + (ptrdiff_t)36 * channels * n * VK * half;
            part.m += (ptrdiff_t)36 * d->co * n * VK * half;
            for (int o = 0; o < d->co; o += GROUP) {
                const int end = o + GROUP < d->co ? o + GROUP : d->co;
                PRODUCTS_CALL(n, &part, o, end, channels, i > 0, v, u, half ? NULL : k->fetch);
                if (i == chunks - 1)
                    make_outputs(&part, n, o, end, col, cols, half * VK);
            }
        }
        u += (ptrdiff_t)36 * channels * d->co;
    }
}

void EXPORT(winograd_large_rows)(const struct winograd *d, int r0, int r1, const float *const *x, const float *packed,
                                 const float *b, float *const *y, struct fetch *fetch, float *scratch)
{
    const int tiles = (d->wo + LARGE_STEP - 1) / LARGE_STEP;
    struct winograd_large_room room;
    winograd_large_scratch(d, &room);
    struct large_band k = {.d = d, .packed = packed, .b = b, .fetch = fetch, .zeros = scratch};
    k.v = scratch + room.v;
    k.m = scratch + room.m;
    memset(k.zeros, 0, (LARGE_COLUMNS + 2) * LANES * sizeof(float));
    for (int r = r0; r < r1; r += LARGE_STEP) {
        for (int i = 0; i < 6; i++) {
            const int row = r - d->ph + i, inside = row >= 0 && row < d->h;
            k.x[i] = inside ? x[row] : k.zeros;
            k.x_ch[i] = inside ? (ptrdiff_t)d->w * LANES : 0;
        }
        for (int i = 0; i < LARGE_STEP; i++)
            k.y[i] = r + i < r1 ? y[r + i] : NULL;
        for (int i = 0; i < pieces(tiles, T_MAX); i++) {
            int t0 = piece_at(tiles, T_MAX, i);
            run_large_strip(&k, t0, piece_at(tiles, T_MAX, i + 1) - t0);
        }
    }
}

/* gt of three numbers in each of 16 lanes. */
INLINE_BIG void weights_of(v16 g0, v16 g1, v16 g2, v16 u[6])
{
    v16 e = v16_fma(v16_set1(AA), g2, g0), f = v16_mul(v16_set1(A), g1);
    u[0] = v16_mul(g0, v16_set1(N0));
    u[1] = v16_mul(v16_add(e, f), v16_set1(NA));
    u[2] = v16_mul(v16_sub(e, f), v16_set1(NA));
    e = v16_fma(v16_set1(BB), g2, g0), f = v16_mul(v16_set1(B), g1);
    u[3] = v16_mul(v16_add(e, f), v16_set1(NB));
    u[4] = v16_mul(v16_sub(e, f), v16_set1(NB));
    u[5] = g2;
}

/* The weights of output channels o0..o1-1 (at most 16, a whole number of pieces) and one input channel, number c of
 * `channels` in its chunk. w: of the first of them; out: those of the chunk. */
static void pack_channels(int o0, int o1, int co, int c, int channels, const float *w, ptrdiff_t s_o, ptrdiff_t step,
                          float *out)
{
    float g[9][LANES] __attribute__((aligned(64))) = {{0}}, packed[LANES] __attribute__((aligned(64)));
    v16 down[3][6], u[6];
    for (int o = 0; o < o1 - o0; o++)
        for (int k = 0; k < 9; k++)
            g[k][o] = w[o * s_o + k * step];
    for (int x = 0; x < 3; x++)
        weights_of(v16_load(g[x]), v16_load(g[3 + x]), v16_load(g[6 + x]), down[x]);
    for (int q = 0; q < 36; q++, out += (ptrdiff_t)channels * co) {
        if (q % 6 == 0)
            weights_of(down[0][q / 6], down[1][q / 6], down[2][q / 6], u);
        v16_store(packed, u[q % 6]);
        int o = o0;
        for (; o + COB_MAX <= o1; o += COB_MAX) /* of one size, so that it is but a load and a store */
            memcpy(out + (ptrdiff_t)o * channels + (ptrdiff_t)c * COB_MAX, packed + o - o0, COB_MAX * sizeof *out);
        for (int cob; o < o1; o += cob) {
            cob = large_piece(o, co);
            memcpy(out + (ptrdiff_t)o * channels + (ptrdiff_t)c * cob, packed + o - o0, (size_t)cob * sizeof *out);
        }
    }
}

void EXPORT(winograd_large_pack)(const struct winograd *d, ptrdiff_t s_o, ptrdiff_t s_c, int flip, const float *w,
                                 float *out)
{
    const ptrdiff_t step = flip ? -1 : 1;
    w += flip ? 8 : 0;
    for (int i = 0; i < pieces(d->ci, LARGE_CHUNK); i++) {
        int c0 = piece_at(d->ci, LARGE_CHUNK, i), channels = piece_at(d->ci, LARGE_CHUNK, i + 1) - c0;
        for (int o = 0; o < d->co; o += LANES)
            for (int c = 0; c < channels; c++)
                pack_channels(o, o + LANES < d->co ? o + LANES : d->co, d->co, c, channels,
                              w + o * s_o + (c0 + c) * s_c, s_o, step, out);
        out += (ptrdiff_t)36 * channels * d->co;
    }
}
