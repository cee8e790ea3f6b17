/* winograd_wgrad.c - see winograd_wgrad.h. A band goes through four passes, one for each row of the 4x4 products. A
 * pass transforms the band's inputs and gradients, then takes a few output times a few input channels in registers
 * through all squares.
 *
 *     v  [product][piece of input channels][square][channel]
 *     z  [product][piece of output channels][square][channel]    what a tile reads lies one after the other
 *     sums  [pass][product][piece of output channels][input channel][output channel], the pieces in whole vectors */
#include "kernels/ops/conv/winograd_wgrad.h"
#include "kernels/ops/cut.h"
#include "kernels/ops/ops.h"

#define CO_MAX WINOGRAD_WGRAD_CO
#ifdef ISA_avx512
#define CI_MAX 6 /* 6 x 4 sums, 6 of v, 1 of z: 31 of 32 registers */
#else
#define CI_MAX 3 /* 3 x 4 + 3 + 1: 16 */
#endif

/* A pass over a band. Where a vector holds half of the lanes (part 0, part VK), each half has its own v and z. */
struct pass {
    const struct winograd_wgrad *d;
    int number;
    int t0, t1; /* rows of squares */
    int n;      /* squares */
    const float *const *x, *const *dy;
    const float *zeros;
    float *v, *z, *made, *sums;
};

/* A column of a pair of rows one step down. */
INLINE vk column(int way, const float *a, const float *b)
{
    vk p = vk_load(a);
    if (way == 0)
        return p;
    vk q = vk_load(b);
    return way > 0 ? vk_add(p, q) : vk_sub(p, q);
}

/* Column k, 0 where it is outside. */
INLINE vk column_inside(int way, int k, int columns, const float *a, const float *b)
{
    return (unsigned)k < (unsigned)columns ? column(way, a + k * LANES, b + k * LANES) : vk_set1(0.0f);
}

/* v of the square with the columns c; the next product is `product` floats away. */
INLINE void store_input(const vk c[4], ptrdiff_t product, float *v)
{
    vk_store(v, vk_sub(c[0], c[2]));
    vk_store(v + product, vk_add(c[1], c[2]));
    vk_store(v + 2 * product, vk_sub(c[2], c[1]));
    vk_store(v + 3 * product, vk_sub(c[1], c[3]));
}

/* v of one channel in a row of squares; the next square is `square` floats away. */
INLINE void transform_input(int way, const struct winograd_wgrad *d, const float *a, const float *b, ptrdiff_t product,
                            ptrdiff_t square, float *v)
{
    const int whole = (d->w + d->pw) / 2 - 1; /* squares before this one end inside */
    vk c[4] = {column_inside(way, -d->pw, d->w, a, b), column_inside(way, 1 - d->pw, d->w, a, b)};
    int k = 2 - d->pw;
    for (int i = 0; i < d->tiles; i++, v += square, k += 2) {
        if (k >= 0 && i < whole) {
            c[2] = column(way, a + k * LANES, b + k * LANES);
            c[3] = column(way, a + (k + 1) * LANES, b + (k + 1) * LANES);
        } else {
            c[2] = column_inside(way, k, d->w, a, b);
            c[3] = column_inside(way, k + 1, d->w, a, b);
        }
        store_input(c, product, v);
        c[0] = c[2];
        c[1] = c[3];
    }
}

/* z of one channel, likewise. */
INLINE void store_gradient(vk p, vk q, ptrdiff_t product, float *z)
{
    vk_store(z, p);
    vk_store(z + product, vk_add(p, q));
    vk_store(z + 2 * product, vk_sub(p, q));
    vk_store(z + 3 * product, q);
}

INLINE void transform_gradient(int way, const struct winograd_wgrad *d, const float *a, const float *b,
                               ptrdiff_t product, ptrdiff_t square, float *z)
{
    for (int i = 0; i < d->wo / 2; i++, z += square, a += 2 * LANES, b += 2 * LANES)
        store_gradient(column(way, a, b), column(way, a + LANES, b + LANES), product, z);
    if (d->wo % 2)
        store_gradient(column(way, a, b), vk_set1(0.0f), product, z);
}

typedef void transform_fn(const struct winograd_wgrad *d, const float *a, const float *b, ptrdiff_t product,
                          ptrdiff_t square, float *to);
#define TRANSFORM(name, of, way)                                                                                       \
    static void name(const struct winograd_wgrad *d, const float *a, const float *b, ptrdiff_t product,                \
                     ptrdiff_t square, float *to)                                                                      \
    {                                                                                                                  \
        of(way, d, a, b, product, square, to);                                                                         \
    }
TRANSFORM(input_sum, transform_input, 1)
TRANSFORM(input_difference, transform_input, -1)
TRANSFORM(gradient_row, transform_gradient, 0)
TRANSFORM(gradient_sum, transform_gradient, 1)
TRANSFORM(gradient_difference, transform_gradient, -1)

/* All channels of a row of squares that is number t of the band. A piece at a time, whose rows stay in the first cache
 * for both halves, and whose v or z for all its channels. a, b: NULL for zeros. */
static void transform_channels(const struct pass *p, transform_fn *transform, int channels, int most, int columns,
                               int t, const float *a, const float *b, float *to)
{
    const ptrdiff_t product = (ptrdiff_t)channels * p->n * VK, ch = (ptrdiff_t)columns * LANES;
    for (int i = 0; i < pieces(channels, most); i++) {
        const int c0 = piece_at(channels, most, i), c1 = piece_at(channels, most, i + 1);
        const ptrdiff_t square = (ptrdiff_t)(c1 - c0) * VK;
        float *piece = to + (ptrdiff_t)c0 * p->n * VK + t * p->d->tiles * square;
        for (int part = 0; part < LANES; part += VK)
            for (int c = c0; c < c1; c++)
                transform(p->d, a ? a + c * ch + part : p->zeros, b ? b + c * ch + part : p->zeros, product, square,
                          piece + (c - c0) * VK + part / VK * 4 * product);
    }
}

static const float *row_inside(const float *const *rows, int i, int n)
{
    return i >= 0 && i < n ? rows[i] : NULL;
}

static void transform_band(const struct pass *p)
{
    static const int upper[4] = {0, 1, 2, 1}, lower[4] = {2, 2, 1, 3};
    static transform_fn *const of_gradient[4] = {gradient_row, gradient_sum, gradient_difference, gradient_row};
    const struct winograd_wgrad *d = p->d;
    const int i = p->number;
    for (int t = p->t0; t < p->t1; t++) {
        const int r = 2 * t, x = r - d->ph;
        transform_channels(p, i == 1 ? input_sum : input_difference, d->ci, CI_MAX, d->w, t - p->t0,
                           row_inside(p->x, x + upper[i], d->h), row_inside(p->x, x + lower[i], d->h), p->v);
        const float *first = p->dy[r], *second = row_inside(p->dy, r + 1, d->ho);
        transform_channels(p, of_gradient[i], d->co, CO_MAX, d->wo, t - p->t0, i == 3 ? second : first, second, p->z);
    }
}

/* Lane sums of cob times cib products over n squares, to made[cib][cob][16]. */
INLINE void tile_run(int cob, int cib, int n, const float *z, const float *v, float *made)
{
    vk m[CI_MAX][CO_MAX];
    UNROLL
    for (int i = 0; i < cib; i++) {
        UNROLL
        for (int o = 0; o < cob; o++)
            m[i][o] = vk_set1(0.0f);
    }
    for (; n > 0; n--, z += cob * VK, v += cib * VK) {
        vk in[CI_MAX];
        UNROLL
        for (int i = 0; i < cib; i++) {
            in[i] = vk_load(v + i * VK);
            vk_pin(in[i]);
        }
        UNROLL
        for (int o = 0; o < cob; o++) {
            vk grad = vk_load(z + o * VK);
            UNROLL
            for (int i = 0; i < cib; i++)
                m[i][o] = vk_fma(grad, in[i], m[i][o]);
        }
    }
    UNROLL
    for (int i = 0; i < cib; i++) {
        UNROLL
        for (int o = 0; o < cob; o++)
            vk_store(made + (i * cob + o) * LANES, m[i][o]);
    }
}

#ifdef FIXED_SIZES
typedef void tile_fn(int n, const float *z, const float *v, float *made);
#define TILE(C, I)                                                                                                     \
    static void tile_##C##_##I(int n, const float *z, const float *v, float *made)                                     \
    {                                                                                                                  \
        tile_run(C, I, n, z, v, made);                                                                                 \
    }
#define ENTRY(C, I) [C - 1][I - 1] = tile_##C##_##I,
#define TILES_3(M, C) M(C, 1) M(C, 2) M(C, 3)
#if CI_MAX == 6
#define TILES_OF(M, C) TILES_3(M, C) M(C, 4) M(C, 5) M(C, 6)
#else
#define TILES_OF(M, C) TILES_3(M, C)
#endif
#define TILES(M) TILES_OF(M, 1) TILES_OF(M, 2) TILES_OF(M, 3) TILES_OF(M, 4)
// clang-format off
TILES(TILE)
static tile_fn *const tiles[CO_MAX][CI_MAX] = {TILES(ENTRY)};
// clang-format on
#define TILE_CALL(C, I, ...) tiles[(C)-1][(I)-1](__VA_ARGS__)
#else
#define TILE_CALL(C, I, ...) tile_run(C, I, __VA_ARGS__)
#endif

/* sums[i] += the lane_sum of vector i, n of them, a multiple of 16. */
static void add_lane_sums(size_t n, const float *made, float *sums)
{
    for (size_t i = 0; i < n; i += LANES, made += LANES * LANES) {
        v16 r[LANES];
        UNROLL
        for (int k = 0; k < LANES; k++)
            r[k] = v16_load(made + k * LANES);
        v16_store(sums + i, v16_add(v16_load(sums + i), lane_sums(r)));
    }
}

/* Pieces k0..k1-1 of the output channels, from z on, times all input channels, from v on, in half of the lanes. */
static void multiply_pieces(const struct pass *p, struct cut co, int k0, int k1, const float *z, const float *v,
                            float *made)
{
    const struct cut ci = cut_of(p->d->ci, CI_MAX);
    for (int k = k0; k < k1; k++) {
        const int cob = cut_size(&co, k);
        const float *in = v;
        float *to = made;
        for (int i = 0; i < ci.pieces; i++) {
            const int cib = cut_size(&ci, i);
            TILE_CALL(cob, cib, p->n, z, in, to);
            in += (ptrdiff_t)cib * p->n * VK;
            to += (ptrdiff_t)cib * cob * LANES;
        }
        z += (ptrdiff_t)cob * p->n * VK;
        made += winograd_wgrad_piece(p->d, cob) * LANES;
    }
}

/* The sums of all tiles. v of a product and half of the lanes stays in the first cache for as many pieces of output
 * channels as leave their lane sums there. */
static void multiply_band(const struct pass *p)
{
    const struct winograd_wgrad *d = p->d;
    const struct cut co = cut_of(d->co, CO_MAX);
    const int together = winograd_wgrad_together(d);
    float *sums = p->sums + (size_t)(4 * p->number) * winograd_wgrad_product(d);
    for (int product = 0; product < 4; product++)
        for (int k = 0, end; k < co.pieces; k = end) {
            end = k + together < co.pieces ? k + together : co.pieces;
            const int first = k * co.each + (k < co.more ? k : co.more);
            size_t floats = 0;
            for (int i = k; i < end; i++)
                floats += winograd_wgrad_piece(d, cut_size(&co, i));
            for (int part = 0; part < LANES; part += VK) {
                const ptrdiff_t at = part * 4 + product * VK;
                multiply_pieces(p, co, k, end, p->z + (at * d->co + (ptrdiff_t)first * VK) * p->n,
                                p->v + at * d->ci * p->n, p->made + part);
            }
            add_lane_sums(floats, p->made, sums);
            sums += floats;
        }
}

void EXPORT(winograd_wgrad_rows)(const struct winograd_wgrad *d, int r0, int r1, const float *const *x,
                                 const float *const *dy, float *sums, float *scratch)
{
    struct winograd_wgrad_room room;
    const size_t end = winograd_wgrad_scratch(d, &room);
    struct pass p = {.d = d, .x = x, .dy = dy, .v = scratch, .sums = sums};
    p.z = scratch + room.z;
    p.made = scratch + room.made;
    p.zeros = scratch + room.zeros;
    memset(p.made, 0, (end - room.made) * sizeof *scratch);
    for (p.t0 = r0 / 2; 2 * p.t0 < r1; p.t0 = p.t1) {
        p.t1 = p.t0 + d->band < d->tile_rows ? p.t0 + d->band : d->tile_rows;
        p.n = (p.t1 - p.t0) * d->tiles;
        for (p.number = 0; p.number < 4; p.number++) {
            transform_band(&p);
            multiply_band(&p);
        }
    }
}

/* t of s[0], s[step], ... */
INLINE void weights_of(const v16 *s, int step, v16 g[3])
{
    const v16 one_half = v16_set1(0.5f), half = v16_mul(v16_add(s[step], s[2 * step]), one_half);
    g[0] = v16_add(s[0], half);
    g[1] = v16_mul(v16_sub(s[step], s[2 * step]), one_half);
    g[2] = v16_sub(half, s[3 * step]);
}

/* The gradients of 16 pairs of channels: g[tap][pair] from their sums. */
static void some_weights(const float *sums, size_t product, float g[9][LANES])
{
    v16 s[16], t[3][4];
    for (int i = 0; i < 16; i++)
        s[i] = v16_load(sums + (size_t)i * product);
    for (int i = 0; i < 4; i++) {
        v16 column[3];
        weights_of(s + i, 4, column);
        for (int k = 0; k < 3; k++)
            t[k][i] = column[k];
    }
    for (int k = 0; k < 3; k++) {
        v16 row[3];
        weights_of(t[k], 1, row);
        for (int i = 0; i < 3; i++)
            v16_store(g[3 * k + i], row[i]);
    }
}

void EXPORT(winograd_wgrad_sums)(const struct winograd_wgrad *d, const float *sums, float *dw)
{
    const size_t product = winograd_wgrad_product(d);
    for (int k = 0; k < pieces(d->co, CO_MAX); k++) {
        const int o = piece_at(d->co, CO_MAX, k), cob = piece_at(d->co, CO_MAX, k + 1) - o;
        for (int i = 0; i < d->ci * cob; i += LANES, sums += LANES) {
            float g[9][LANES] __attribute__((aligned(64)));
            some_weights(sums, product, g);
            for (int pair = i; pair < i + LANES && pair < d->ci * cob; pair++)
                for (int tap = 0; tap < 9; tap++)
                    dw[((ptrdiff_t)(o + pair % cob) * d->ci + pair / cob) * 9 + tap] = g[tap][pair - i];
        }
    }
}
